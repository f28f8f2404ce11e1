"""Libraries that write to standard output, where a command's results belong: their text goes to standard error."""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout


@contextmanager
def stdout_to_stderr() -> Iterator[None]:
    """Send what is written to standard output to standard error, for as long as the block lasts.

    That holds for `print`, for C libraries, and for processes that are started in the block, to their end. Works as a
    decorator too.
    """
    _flush()
    kept = os.dup(1)
    os.dup2(2, 1)
    try:
        with redirect_stdout(sys.stderr):  # a test's or a notebook's own stdout has nothing to do with descriptor 1
            yield
    finally:
        _flush()  # what waits in a buffer was written in the block
        os.dup2(kept, 1)
        os.close(kept)


def _flush() -> None:
    for stream in (sys.stdout, sys.__stdout__):
        if stream is not None:
            stream.flush()
    ctypes.CDLL(None).fflush(None)  # every buffer of C's stdio
