"""Files that appear under their name only when they are complete."""

from __future__ import annotations

import errno
import gzip
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO


@contextmanager
def writing(path: Path) -> Iterator[IO[bytes]]:
    """Open a temporary neighbour of `path`; rename it to `path` at the end, remove it when anything fails.

    A name that ends in `.gz` is compressed, without a time stamp, so that equal content gives equal bytes.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.is_dir():  # said before the work, not at the renaming
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    partial = path.with_name(f".{path.name}.partial")
    try:
        with partial.open("wb") as raw:
            if path.suffix == ".gz":
                with gzip.GzipFile(filename="", fileobj=raw, mode="wb", mtime=0) as stream:
                    yield stream  # type: ignore[misc]
            else:
                yield raw
            raw.flush()
            os.fsync(raw.fileno())
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write `text` as UTF-8; the file appears only when complete."""
    with writing(path) as stream:
        stream.write(text.encode())
