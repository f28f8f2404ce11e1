"""The durable journal of finished model calls: an append-only JSON Lines file.

The first line says which run the journal belongs to; every other line is one finished call under its key. A call counts
only once its line is on disk. A kill can tear the last line at most: it is cut off at the next opening, and that call is
made again.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

import orjson

from prep.errors import InputError, OutputError
from prep.files.manifest import ANEW, differences

_SECONDS_BETWEEN_SYNCS = 1.0
_BLOCK = 1 << 16


class Journal:
    """The finished calls of one run, by key. One process writes at a time."""

    def __init__(self, path: Path, identity: Mapping[str, Any], *, overwrite: bool = False) -> None:
        """Name the journal and what its run *is*; the work starts on entering the `with` block."""
        self.path, self._identity, self._overwrite = path, orjson.loads(orjson.dumps(identity)), overwrite
        self._keys: set[str] = set()
        self._synced = 0.0

    def __enter__(self) -> Journal:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._file = self.path.open("ab", buffering=0)
        try:
            self._lock()
            if self._overwrite:
                self._file.truncate(0)
            self._mend_torn_tail()
            if self.path.stat().st_size:
                self._keys = {entry["key"] for entry in self._take_over()}
            if not self._keys:  # nothing was asked yet: this place is free for any run
                self._file.truncate(0)
                self._write({"run": self._identity})
        except BaseException:
            self._file.close()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        os.fsync(self._file.fileno())
        self._file.close()

    def __contains__(self, key: str) -> bool:
        return key in self._keys

    def __len__(self) -> int:
        return len(self._keys)

    def append(self, key: str, entry: Mapping[str, Any]) -> None:
        """Put a finished call on disk. A key that is there already is a defect of the caller."""
        if key in self._keys:
            raise ValueError(f"{key} is in the journal already")
        self._write({"key": key, **entry})
        self._keys.add(key)

    def entries(self) -> Iterator[dict[str, Any]]:
        """Yield every finished call, in the order in which they finished."""
        with self.path.open("rb") as stream:
            for number, line in enumerate(stream, start=1):
                entry = self._parse(line, number)
                if number > 1:
                    yield entry

    def _write(self, value: Mapping[str, Any]) -> None:
        # unbuffered: after it a kill of this process loses nothing; the sync guards against a power cut
        line, end = orjson.dumps(value, option=orjson.OPT_APPEND_NEWLINE), self.path.stat().st_size
        try:
            while line:  # a disk that fills up takes the first part of a line without an error
                line = line[self._file.write(line) :]
        except OSError:
            os.truncate(self.path, end)
            raise
        if time.monotonic() - self._synced > _SECONDS_BETWEEN_SYNCS:
            os.fsync(self._file.fileno())
            self._synced = time.monotonic()

    def _lock(self) -> None:
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise OutputError(f"{self.path} is being written by another process.", "Wait for it, or give another -o.") from None

    def _mend_torn_tail(self) -> None:
        end = whole = self.path.stat().st_size
        with self.path.open("rb") as stream:
            while end:  # a line may be longer than a block: look further back until one ends
                start = max(0, end - _BLOCK)
                stream.seek(start)
                newline = stream.read(end - start).rfind(b"\n")
                end = start
                if newline >= 0:
                    end += newline + 1
                    break
        if end < whole:
            os.truncate(self.path, end)

    def _take_over(self) -> Iterator[dict[str, Any]]:
        """Yield the calls of the run that is here. Raises OutputError at the first one where it is another run."""
        with self.path.open("rb") as stream:
            header = self._parse(stream.readline(), 1)
        changes = differences(header["run"], self._identity)
        for entry in self.entries():
            if changes:
                raise OutputError(f"{self.path.parent} holds another run:\n{changes}", ANEW)
            yield entry

    def _parse(self, line: bytes, number: int) -> dict[str, Any]:
        try:
            value = orjson.loads(line)
        except orjson.JSONDecodeError:
            value = None
        if number == 1:
            if not isinstance(value, dict) or not isinstance(value.get("run"), dict):
                raise OutputError(f"{self.path}:1: this is no journal: it does not say which run it belongs to.", ANEW)
        elif not isinstance(value, dict) or not isinstance(value.get("key"), str):
            what = "not valid JSON" if value is None else "no finished call"
            raise InputError(f"{self.path}:{number}: {what}.", "Delete that line: its call is made again.")
        return value
