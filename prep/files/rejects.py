"""What was not used, and why: `NAME.rejects.jsonl` beside an output `NAME.*`."""

from __future__ import annotations

from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import IO, Any

import orjson

from prep.files.atomic import writing
from prep.files.names import beside


class Rejects:
    """A rejects file being written; it replaces an older one when the block ends well.

    Two kinds are counted apart: what is *malformed* (the input breaks its format: the user should mend it) and what is
    *dropped* (the input is fine, but cannot be used here).
    """

    def __init__(self, output: Path) -> None:
        self.path = beside(output, "rejects.jsonl")
        self.malformed = 0
        self.dropped: Counter[str] = Counter()
        self.first: str | None = None

    def __enter__(self) -> Rejects:
        self._stack = ExitStack()
        self._stream: IO[bytes] = self._stack.enter_context(writing(self.path))
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._stack.__exit__(kind, error, trace)

    def add(self, where: str, reason: str, record: Any) -> None:
        """Put a malformed record aside."""
        self.malformed += 1
        self.first = self.first or f"{where}: {reason}"
        self._write(where, reason, record)

    def drop(self, where: str, reason: str, record: Any) -> None:
        """Put a sound record aside that cannot be used; `reason` is counted, so it should be one of a few."""
        self.dropped[reason] += 1
        self._write(where, reason, record)

    def _write(self, where: str, reason: str, record: Any) -> None:
        if isinstance(record, bytes):  # a broken line: what is no UTF-8 is shown with replacement signs rather than lost
            record = record.decode(errors="replace")
        row = {"where": where, "reason": reason, "record": record}
        try:
            line = orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE, default=str)
        except orjson.JSONEncodeError:  # nested too deeply to be written
            line = orjson.dumps({**row, "record": None}, option=orjson.OPT_APPEND_NEWLINE)
        self._stream.write(line)
