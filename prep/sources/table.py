"""Tables as texts: CSV files, gzipped or not, a dictionary a row with its line number."""

from __future__ import annotations

import csv
import gzip
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from prep.errors import InputError


def header(path: Path) -> list[str]:
    """Return the column names of a CSV file; the third one, where it has no name, is called `column 3`.

    Raises InputError where there are none, a name comes twice, or the file cannot be read.
    """
    with _reading(path, lambda: f"{path}:1"), _open(path) as stream:
        cells = next(csv.reader(_texts(stream), strict=True), None)
    if not cells:
        raise InputError(f"{path}: the file is empty.", "Write it again, with a line of column names first.")
    names = [name or f"column {number}" for number, name in enumerate(cells, start=1)]
    if twice := [name for name, times in Counter(names).items() if times > 1]:
        raise InputError(f"{path}:1: the column {twice[0]!r} comes twice.", "Give every column a name of its own.")
    return names


def read_table(path: Path) -> Iterator[tuple[str, dict[str, str | None]]]:
    """Yield (`file:line`, row); the line is the one that the row begins on, empty cells are None.

    A row that has not as many cells as there are columns is torn or shifted: what is wrong with it stands under the name ''.
    Raises InputError where the file is missing, empty, not UTF-8 or cut off.
    """
    names = header(path)
    line = 1
    with _reading(path, lambda: f"{path}:{line}"), _open(path) as stream:
        reader = csv.reader(_texts(stream), strict=True)
        next(reader)
        line = reader.line_num + 1
        for cells in reader:
            if cells:
                row: dict[str, str | None] = dict.fromkeys(names)
                row.update((name, cell or None) for name, cell in zip(names, cells, strict=False))
                if len(cells) != len(names):
                    row[""] = f"the row has {len(cells)} cells, but there are {len(names)} columns"
                yield f"{path}:{line}", row
            line = reader.line_num + 1


@contextmanager
def _reading(path: Path, where: Callable[[], str]) -> Iterator[None]:
    """Turn every reader's own error for a damaged file into ours; `where` is asked only then."""
    try:
        yield
    except UnicodeDecodeError as error:
        raise InputError(f"{where()}: the table is not UTF-8 ({error}).", "Save it as UTF-8.") from None
    except (EOFError, gzip.BadGzipFile, zlib.error, csv.Error) as error:
        raise InputError(
            f"{where()}: the table cannot be read on from here ({error}).", "The file is damaged or half-written."
        ) from None


def _open(path: Path) -> IO[bytes]:
    if not path.is_file():
        raise InputError(f"{path}: there is no such file.", "Check the path.")
    return gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb")  # type: ignore[return-value]


def _texts(stream: IO[bytes]) -> Iterator[str]:
    """Yield the lines as texts; each is decoded alone, so that a broken one is known by its number."""
    encoding = "utf-8-sig"  # a byte order mark may stand on the first line
    for line in stream:
        yield line.decode(encoding)
        encoding = "utf-8"
