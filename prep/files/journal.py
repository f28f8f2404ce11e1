"""The durable journal of finished model calls: an append-only JSON Lines file.

The first line says which run the journal belongs to; every other line is one finished call under its key. A call counts
only once its line is on disk. A kill can tear the last line at most: it is cut off at the next opening, and that call is
made again. So is a call that ended in an `error`: it counts as finished in the run that made it, and its next line replaces it.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

import orjson

from prep.errors import InputError, OutputError
from prep.files.manifest import ANEW, ASK_ANEW, differences

_SECONDS_BETWEEN_SYNCS = 1.0
_BLOCK = 1 << 16


class Journal:
    """The finished calls of one run, by key. One process writes at a time."""

    def __init__(self, path: Path, identity: Mapping[str, Any], *, overwrite: bool = False, derived: Sequence[Path] = ()) -> None:
        """Name the journal and what its run *is*; the work starts on entering the `with` block.

        With `overwrite`, the calls of an earlier run are dropped, and the files that are `derived` from them removed, but not
        before the first new call is finished: a server that does not answer costs nothing.
        """
        self.path, self._identity, self._derived = path, orjson.loads(orjson.dumps(identity)), derived
        self._stale = overwrite
        self._last: dict[str, int] = {}  # where the last line of each call begins
        self._refused: set[str] = set()  # calls that ended in an error, and are to be made again
        self._synced = 0.0

    def __enter__(self) -> Journal:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._file = self.path.open("ab", buffering=0)
        try:
            self._lock()
            self._mend_torn_tail()
            if self.path.stat().st_size and not self._stale:
                self._take_over()
            self._stale = not self._last  # a journal without calls binds nobody
        except BaseException:
            self._file.close()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        os.fsync(self._file.fileno())
        self._file.close()

    def __contains__(self, key: str) -> bool:
        return key in self._last and key not in self._refused

    def __len__(self) -> int:
        return len(self._last)

    def was_refused(self, key: str) -> bool:
        """Tell whether a call ended in an error when an earlier run made it, and was not made again yet."""
        return key in self._refused

    def append(self, key: str, entry: Mapping[str, Any]) -> None:
        """Put a finished call on disk. A key that is there already is a defect of the caller."""
        if key in self:
            raise ValueError(f"{key} is in the journal already")
        if self._stale:
            self._begin()
        self._last[key] = self._write({"key": key, **entry})
        self._refused.discard(key)

    def entries(self) -> Iterator[dict[str, Any]]:
        """Yield every finished call of this run as it ended last, in the order in which they finished."""
        return (entry for start, entry in self._lines() if self._last[entry["key"]] == start)

    def _lines(self) -> Iterator[tuple[int, dict[str, Any]]]:
        """Yield the calls of this run, replaced ones included, each with the byte that its line begins on."""
        if self._stale:
            return
        start = 0
        with self.path.open("rb") as stream:
            for number, line in enumerate(stream, start=1):
                entry = self._parse(line, number)
                if number > 1:
                    yield start, entry
                start += len(line)

    def _begin(self) -> None:
        for path in self._derived:
            path.unlink(missing_ok=True)
        self._file.truncate(0)
        self._write({"run": self._identity})
        self._stale = False

    def _write(self, value: Mapping[str, Any]) -> int:
        """Put a line on disk, and return where it begins."""
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
        return end

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

    def _take_over(self) -> None:
        """Take the calls of the run that is here for ours. Raises OutputError at the first one where it is another run."""
        self._stale = False
        with self.path.open("rb") as stream:
            header = self._parse(stream.readline(), 1)
        changes = differences(header["run"], self._identity)
        for start, entry in self._lines():
            if changes:
                raise OutputError(f"{self.path.parent} holds another run:\n{changes}", ASK_ANEW)
            self._last[entry["key"]] = start
            self._refused.discard(entry["key"])
            if entry.get("error"):
                self._refused.add(entry["key"])

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
