"""A model behind an OpenAI-compatible endpoint, such as a vLLM server."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from prep.files.journal import Journal
from prep.llm.ask import ask_all
from prep.llm.call import Call
from prep.llm.endpoint import Endpoint
from prep.progress import Bar


@dataclass(frozen=True)
class ServerEngine:
    """Asks `endpoint`, `concurrency` requests at a time."""

    endpoint: Endpoint
    concurrency: int

    @property
    def identity(self) -> dict[str, str]:
        """The model's name is all that a server tells of it."""
        return {"model": self.endpoint.model}

    def answer(self, calls: Iterable[Call], journal: Journal, bar: Bar) -> None:
        """Answer the calls that the journal does not hold yet."""
        ask_all(self.endpoint, calls, journal, self.concurrency, bar)
