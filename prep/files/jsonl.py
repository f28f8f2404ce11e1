"""JSON Lines (`.jsonl`, `.jsonl.gz`) and Parquet in, typed rows out; rows in, a complete JSON Lines file out."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, Any, NamedTuple, TypeVar

import jsonlines
import orjson
from pydantic import ValidationError

from prep.errors import InputError, OutputError
from prep.files.atomic import writing
from prep.files.rejects import Rejects
from prep.schema.base import Row, explain

R = TypeVar("R", bound=Row)


class Line(NamedTuple):
    """One line of a file: where it stands, and its JSON value or why there is none."""

    where: str
    value: Any
    problem: str | None = None


def read_lines(path: Path) -> Iterator[Line]:
    """Yield every line of `path` that is not blank, unreadable ones included.

    Raises InputError where the file is missing, holds no line at all, or is so damaged that no line can be trusted.
    """
    if not path.is_file():
        raise InputError(f"{path}: there is no such file.", "Check the path, or run the command that writes it first.")
    lines = _parquet_lines(path) if path.suffix == ".parquet" else _json_lines(path)
    empty = True
    for line in lines:
        empty = False
        yield line
    if empty:
        raise InputError(f"{path}: the file is empty.", "Write it again: the command that made it may have been stopped.")


def read_rows(path: Path, row_type: type[R]) -> Iterator[R]:
    """Yield the rows of a file that nextocc wrote.

    Raises InputError at the first line that is not a `row_type`, with file, line and field.
    """
    for line in read_lines(path):
        row = parse_row(line, row_type)
        if isinstance(row, str):
            raise InputError(f"{line.where}: {row}", "Mend that line, or run the command that wrote the file again.")
        yield row


def read_rows_or_reject(path: Path, row_type: type[R], rejects: Rejects) -> Iterator[tuple[str, R]]:
    """Yield (where, row) for the good lines of a user's file; the others go to `rejects` with their reason."""
    for line in read_lines(path):
        row = parse_row(line, row_type)
        if isinstance(row, str):
            rejects.add(line.where, row, line.value)
        else:
            yield line.where, row


def parse_row(line: Line, row_type: type[R]) -> R | str:
    """Return the line as a `row_type`, or what is wrong with it."""
    if line.problem:
        return line.problem
    try:
        return row_type.model_validate_json(orjson.dumps(line.value, default=str))  # str: Parquet's decimals and durations
    except ValidationError as error:
        return explain(error)
    except orjson.JSONEncodeError as error:
        return f"not JSON that can be written again ({error})"


def write_rows(path: Path, rows: Iterable[Row]) -> int:
    """Write `rows` to `path`, which appears only when complete, and return how many there were.

    Raises OutputError where the name promises another format than JSON Lines.
    """
    if path.suffix == ".parquet":
        raise OutputError(f"{path}: nextocc reads Parquet, and writes JSON Lines.", "Name it NAME.jsonl or NAME.jsonl.gz.")
    count = 0
    with writing(path) as stream:
        for row in rows:
            stream.write(encode(row.to_json()))
            count += 1
    return count


def encode(value: Any) -> bytes:
    """Return `value` as one line of JSON."""
    return orjson.dumps(value, option=orjson.OPT_APPEND_NEWLINE)


def _json_lines(path: Path) -> Iterator[Line]:
    number, torn = 0, False

    def numbered(stream: IO[bytes]) -> Iterator[bytes]:
        nonlocal number, torn
        for text in stream:
            number += 1
            torn = not text.endswith(b"\n")
            yield text

    with _open(path) as stream, jsonlines.Reader(numbered(stream), loads=orjson.loads) as reader:
        while True:
            try:
                value = reader.read(skip_empty=True)
            except jsonlines.InvalidLineError as error:
                what = "the file ends in the middle of a line: it is half-written" if torn else "not valid JSON"
                yield Line(f"{path}:{number}", error.line, what)
            except EOFError as end:
                # jsonlines ends with a bare EOFError, a gzip stream that was cut off with one that says so
                if str(end):
                    yield Line(f"{path}:{number + 1}", None, f"the compressed file is half-written ({end})")
                return
            except (gzip.BadGzipFile, zlib.error) as error:
                # unlike a file that was cut, one with false bytes has given lines that read well and are not what they were
                raise InputError(
                    f"{path}:{number + 1}: the compressed file is damaged ({error}).", "Copy it or make it again."
                ) from None
            else:
                yield Line(f"{path}:{number}", value)


def _open(path: Path) -> IO[bytes]:
    return gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb")  # type: ignore[return-value]


def _parquet_lines(path: Path) -> Iterator[Line]:
    import pyarrow
    import pyarrow.parquet

    try:
        batches = pyarrow.parquet.ParquetFile(path).iter_batches(batch_size=1024)
        rows = (row for batch in batches for row in batch.to_pylist())
        for number, row in enumerate(rows, start=1):
            yield Line(f"{path}:row {number}", row)
    except (pyarrow.ArrowException, OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: not a readable Parquet file ({error}).", "Write it again: it may be half-written.") from None
