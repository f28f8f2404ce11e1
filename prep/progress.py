"""How far a long piece of work is: a bar on a terminal, a line a minute in a log, nothing when quiet. On stderr."""

from __future__ import annotations

import sys
import time
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from prep.console import voice

_SECONDS_BETWEEN_LINES = 60.0


class Bar:
    """Counts finished pieces of `total`."""

    def __init__(self, label: str, total: int) -> None:
        self.label, self.total, self.done = label, total, 0

    def __enter__(self) -> Bar:
        self._started = self._said = time.monotonic()
        self._rich: Progress | None = None
        if sys.stderr.isatty() and not voice.quiet:
            columns = (
                TextColumn("{task.description}"),
                BarColumn(),
                MofNCompleteColumn(),
                TimeElapsedColumn(),
                TimeRemainingColumn(),
            )
            self._rich = Progress(*columns, console=Console(stderr=True), transient=True)
            self._rich.start()
            self._task: TaskID = self._rich.add_task(self.label, total=self.total)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._rich:
            self._rich.stop()
        if self.done:
            voice.say(self._line())

    def advance(self, count: int = 1) -> None:
        """Count `count` more pieces as finished."""
        self.done += count
        if self._rich:
            self._rich.advance(self._task, count)
        elif time.monotonic() - self._said > _SECONDS_BETWEEN_LINES:
            self._said = time.monotonic()
            voice.say(self._line())

    def _line(self) -> str:
        seconds = time.monotonic() - self._started
        return f"{self.label}: {self.done} of {self.total} in {seconds:.0f} s ({self.done / max(seconds, 1e-9):.1f} a second)"
