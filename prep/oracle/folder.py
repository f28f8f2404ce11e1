"""The folder of one run of the oracle: its examples, candidates and judgements, under the names of the design."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from prep.errors import InputError
from prep.files.jsonl import read_rows
from prep.files.manifest import read_manifest, sha256_file
from prep.files.names import beside
from prep.schema.example import Example
from prep.schema.run import Candidate, Judgement

Step = Literal["oracle", "judge"]

_AGAIN = "Run the same `prep oracle` again: it writes the file anew, without a new call."


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

    def journal(self, step: Step) -> Path:
        """The journal of a step."""
        return self.path / f"{step}.journal.jsonl"

    def derived(self, step: Step) -> list[Path]:
        """All that is made of the answers in a journal, and goes with them."""
        outputs = {"oracle": [self.candidates, self.judgements], "judge": [self.judgements]}[step]
        files = [file for path in outputs for file in (path, beside(path, "manifest.json"), beside(path, "rejects.jsonl"))]
        return [self.examples, *files] if step == "oracle" else files

    def read_examples(self) -> list[Example]:
        """Read the people. Raises InputError where this is no run."""
        if not self.examples.is_file():
            if self.journal("oracle").is_file():
                raise InputError(f"{self.path}: the oracle has not finished.", "Run the same `prep oracle` again: it goes on.")
            raise InputError(f"{self.path} is no run of the oracle: it has no {self.examples.name}.", "Run `prep oracle` first.")
        return list(read_rows(self.examples, Example))

    def read_candidates(self, examples: Iterable[Example]) -> list[Candidate]:
        """Read the attempts of `examples`; none where not one was readable.

        Raises InputError where an attempt comes twice or is of somebody else.
        """
        if not self.candidates.is_file():
            raise InputError(f"{self.path} has no {self.candidates.name}.", "Run `prep oracle` first, to its end.")
        people = {example.example_id for example in examples}
        attempts: dict[tuple[str, int], Candidate] = {}
        for candidate in read_rows(self.candidates, Candidate) if self.candidates.stat().st_size else ():
            key = candidate.example_id, candidate.attempt
            if candidate.example_id not in people:
                raise InputError(f"{self.candidates}: {key[0]} is not in {self.examples.name}.", _AGAIN)
            if key in attempts:
                raise InputError(f"{self.candidates}: attempt {key[1]} of {key[0]} comes twice.", _AGAIN)
            attempts[key] = candidate
        return list(attempts.values())

    def read_judgements(self) -> list[Judgement]:
        """Read the scores; none where not one was readable."""
        if not self.judgements.is_file():
            raise InputError(f"{self.path} has no {self.judgements.name}.", f"Run `prep judge {self.path} …` first, to its end.")
        return list(read_rows(self.judgements, Judgement)) if self.judgements.stat().st_size else []

    def refuse_stale(self) -> None:
        """Raise InputError where examples and candidates are not of one run of `prep oracle`, or were not all judged since."""
        _refuse_changed(self.candidates, self.examples, f"Run `prep oracle … -o {self.path}` again, to its end: it goes on.")
        again = f"Run `prep judge {self.path} …` again: it asks only for the scores that are missing."
        _refuse_changed(self.judgements, self.candidates, again)


def _refuse_changed(output: Path, source: Path, fix: str) -> None:
    """Raise InputError where `output` was made of another `source` than the one that is here."""
    manifest, now = beside(output, "manifest.json"), sha256_file(source)
    if manifest.is_file() and read_manifest(manifest).work.inputs.get(source.stem, now) != now:
        raise InputError(f"{source} has changed since {output.name} was made.", fix)
