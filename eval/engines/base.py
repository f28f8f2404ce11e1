"""What an engine is: it answers calls, and puts each answer into the journal as it is finished."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from prep.files.journal import Journal
from prep.llm.call import Call
from prep.progress import Bar


class Engine(Protocol):
    """Runs one model."""

    @property
    def identity(self) -> dict[str, str]:
        """What makes its answers what they are: the model, not the machine or the address."""

    def answer(self, calls: Iterable[Call], journal: Journal, bar: Bar) -> None:
        """Answer the calls that the journal does not hold yet. Raises UserError where the model cannot be used."""
