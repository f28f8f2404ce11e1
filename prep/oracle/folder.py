"""The folder of one run of the oracle: its examples, candidates and judgements, under the names of the design."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from prep.errors import InputError, OutputError
from prep.files.jsonl import read_rows, write_rows
from prep.files.manifest import ANEW
from prep.files.names import beside
from prep.schema.example import Example
from prep.schema.run import Candidate, Judgement


@dataclass(frozen=True)
class RunFolder:
    """Paths and readers of a run."""

    path: Path

    @property
    def examples(self) -> Path:
        """The people of the run."""
        return self.path / "examples.jsonl"

    @property
    def candidates(self) -> Path:
        """Every readable attempt."""
        return self.path / "candidates.jsonl"

    @property
    def judgements(self) -> Path:
        """Every readable score."""
        return self.path / "judgements.jsonl"

    def journal(self, step: str) -> Path:
        """The journal of `oracle` or `judge`."""
        return self.path / f"{step}.journal.jsonl"

    def read_examples(self) -> list[Example]:
        """Read the people. Raises InputError where this is no run."""
        if not self.examples.is_file():
            raise InputError(f"{self.path} is no run of the oracle: it has no {self.examples.name}.", "Run `prep oracle` first.")
        return list(read_rows(self.examples, Example))

    def read_candidates(self) -> list[Candidate]:
        """Read the attempts; none where not one was readable."""
        if not self.candidates.is_file():
            raise InputError(f"{self.path} has no {self.candidates.name}.", "Run `prep oracle` first, to its end.")
        return list(read_rows(self.candidates, Candidate)) if self.candidates.stat().st_size else []

    def read_judgements(self) -> list[Judgement]:
        """Read the scores; none where not one was readable."""
        if not self.judgements.is_file():
            raise InputError(f"{self.path} has no {self.judgements.name}.", f"Run `prep judge {self.path} …` first, to its end.")
        return list(read_rows(self.judgements, Judgement)) if self.judgements.stat().st_size else []

    def take_examples(self, examples: list[Example], overwrite: bool, *, begun: bool = True) -> None:
        """Make `examples` the people of the run: new ones extend it.

        Raises OutputError where a person of a run that has `begun` has changed or is gone, or where there are candidates of
        which the journal of a run that has not begun knows nothing.
        """
        if overwrite:
            for made in (self.candidates, self.judgements):  # of the run that was here before
                made.unlink(missing_ok=True)
                beside(made, "manifest.json").unlink(missing_ok=True)
        elif begun and self.examples.is_file():
            now = {example.example_id: example for example in examples}
            for earlier in read_rows(self.examples, Example):
                if now.get(earlier.example_id) != earlier:
                    what = "has changed" if earlier.example_id in now else "is not in the input"
                    raise OutputError(f"{self.path} holds another run: its example {earlier.example_id} {what}.", ANEW)
        elif not begun and self.candidates.exists():
            raise OutputError(f"{self.candidates} exists, and no journal says how it was made.", ANEW)
        write_rows(self.examples, examples)
