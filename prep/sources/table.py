"""Tables as texts: CSV files, gzipped or not, a dictionary a row with its line number."""

from __future__ import annotations

import csv
import gzip
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from prep.errors import InputError


def header(path: Path) -> list[str]:
    """Return the column names of a CSV file. Raises InputError where it has none, or cannot be read."""
    with _reading(path, lambda: f"{path}:1"), _open(path) as stream:
        names = next(csv.reader(stream), None)
    if not names:
        raise InputError(f"{path}: the file is empty.", "Write it again, with a line of column names first.")
    return names


def read_table(path: Path) -> Iterator[tuple[str, dict[str, str | None]]]:
    """Yield (`file:line`, row); empty cells are None, surplus cells are found under the name ''.

    Raises InputError where the file is missing, empty, not UTF-8 or cut off.
    """
    names = header(path)
    line = 1
    with _reading(path, lambda: f"{path}:{line + 1}"), _open(path) as stream:
        reader = csv.DictReader(stream, fieldnames=names, restkey="", strict=True)
        next(reader)
        for row in reader:
            line = reader.line_num
            yield f"{path}:{line}", {name: (value or None) for name, value in row.items()}


@contextmanager
def _reading(path: Path, where: Callable[[], str]) -> Iterator[None]:
    """Turn every reader's own error for a damaged file into ours; `where` is asked only then."""
    try:
        yield
    except (EOFError, gzip.BadGzipFile, zlib.error, UnicodeDecodeError, csv.Error) as error:
        raise InputError(
            f"{where()}: the table cannot be read on from here ({error}).", "The file is damaged or half-written."
        ) from None


def _open(path: Path) -> IO[str]:
    if not path.is_file():
        raise InputError(f"{path}: there is no such file.", "Check the path.")
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8-sig", newline="")
    return path.open(encoding="utf-8-sig", newline="")
