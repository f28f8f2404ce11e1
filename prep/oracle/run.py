"""Examples in, candidates out: k independent attempts of the teacher for each person, resumable at any point."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from prep.errors import OutputError
from prep.files.journal import Journal
from prep.files.jsonl import write_rows
from prep.files.manifest import ANEW, ASK_ANEW, Manifest, Work, sha256_file, write_manifest
from prep.files.names import beside
from prep.files.rejects import Rejects
from prep.llm.ask import ask_all
from prep.llm.call import Call, json_answer, question_key, request_options, seed_of
from prep.llm.endpoint import Endpoint
from prep.onet.digest import taxonomy_identity
from prep.onet.taxonomy import Taxonomy
from prep.oracle.attempt import attempt_schema
from prep.oracle.candidates import Origin, ask_about, attempt_key, to_candidates
from prep.oracle.folder import RunFolder
from prep.progress import Bar
from prep.prompts.template import generation_prompt
from prep.schema.example import Example
from prep.schema.run import Candidate
from prep.split.read import read_examples

Answers = Literal["free", "taxonomy"]
Structured = Literal["json-schema", "none"]


@dataclass(frozen=True)
class Teaching:
    """How the teacher is asked. Everything but `attempts` is part of what the run is."""

    attempts: int
    temperature: float
    max_tokens: int
    seed: int
    answers: Answers
    structured: Structured
    min_reason_chars: int | None
    max_reason_chars: int | None
    omit: tuple[str, ...] = ()  # request parameters that the endpoint does not take

    def schema(self, taxonomy: Taxonomy) -> dict[str, Any]:
        """Return the JSON schema that answers are held to."""
        titles = taxonomy.titles if self.answers == "taxonomy" else None
        return attempt_schema(titles, self.min_reason_chars, self.max_reason_chars)

    def identity(self, model: str, taxonomy: Taxonomy) -> dict[str, Any]:
        """Return what the run *is*."""
        return {
            "command": "prep oracle",
            "model": model,
            "prompt_sha256": generation_prompt("oracle").sha256,
            "temperature": self.temperature,
            "max_tokens": self.max_tokens,
            "seed": self.seed,
            "answers": self.answers,
            "structured": self.structured,
            "min_reason_chars": self.min_reason_chars,
            "max_reason_chars": self.max_reason_chars,
            "omit": sorted(self.omit),
            "onet": taxonomy_identity(taxonomy),
        }


def run_oracle(
    source: Path,
    folder: RunFolder,
    endpoint: Endpoint,
    taxonomy: Taxonomy,
    teaching: Teaching,
    *,
    concurrency: int,
    limit: int | None = None,
    overwrite: bool = False,
) -> dict[str, Any]:
    """Make the attempts that are missing, write candidates.jsonl, and return the counts.

    `limit` takes the first people of `source` only; a later run with more extends this one.
    """
    examples = read_examples(source, taxonomy, limit)
    identity = teaching.identity(endpoint.model, taxonomy)
    questions = {question_key(example.example_id, ask_about(example)): example for example in examples}
    with Journal(folder.journal("oracle"), identity, overwrite=overwrite, derived=folder.derived("oracle")) as journal:
        if not overwrite:
            _refuse_other_people(folder, questions, journal)
        missing = sum(1 for _ in _missing(questions, teaching.attempts, journal))
        with Bar("oracle", missing) as bar:
            ask_all(endpoint, _calls(questions, teaching, taxonomy, journal), journal, concurrency, bar)
        origin = Origin(endpoint.model, identity["prompt_sha256"], teaching.seed)
        with Rejects(folder.candidates) as rejects:
            candidates = to_candidates(journal.entries(), questions, taxonomy, origin, rejects)
        write_rows(folder.examples, examples)
        write_rows(folder.candidates, candidates)
        counts = count(examples, candidates, rejects)
        work = Work(command="prep oracle", settings=identity, inputs={"examples": sha256_file(folder.examples)})
        manifest = Manifest(work=work, sources={"examples": str(source)}, counts=counts)
        write_manifest(beside(folder.candidates, "manifest.json"), manifest, [folder.candidates])
    return {**counts, "candidates": str(folder.candidates)}


def count(examples: list[Example], candidates: list[Candidate], rejects: Rejects) -> dict[str, Any]:
    """Return the yield of a run: people, attempts, and how many of each were right."""
    unreadable: Counter[str] = Counter()
    for reason, times in rejects.dropped.items():
        unreadable[reason.split(":")[0]] += times
    return {
        "people": len(examples),
        "attempts": len(candidates) + unreadable.total(),
        "unreadable_attempts": dict(unreadable),
        "off_taxonomy_attempts": sum(candidate.occupation is None for candidate in candidates),
        "correct_attempts": sum(candidate.correct for candidate in candidates),
        "people_solved": sum(candidate.sampled for candidate in candidates),
    }


def _refuse_other_people(folder: RunFolder, questions: Mapping[str, Example], journal: Journal) -> None:
    """Raise OutputError where somebody who was asked about has changed or is gone, or nobody knows whose candidates these are."""
    if folder.candidates.exists() and not len(journal):
        raise OutputError(f"{folder.candidates} exists, and no journal says how it was made.", ANEW)
    people = {example.example_id for example in questions.values()}
    for entry in journal.entries():
        question, _, _ = entry["key"].rpartition("/")
        if question not in questions:
            example_id, _, _ = question.rpartition("/")
            what = "has changed" if example_id in people else "is not in the input, or lies behind --limit"
            raise OutputError(f"{folder.path} holds another run: its example {example_id} {what}.", ASK_ANEW)


def _missing(questions: Collection[str], attempts: int, journal: Journal) -> Iterator[tuple[str, int]]:
    """Yield (question, attempt) of what was not asked yet, everybody's first attempt first."""
    return ((each, n) for n in range(attempts) for each in questions if attempt_key(each, n) not in journal)


def _calls(questions: Mapping[str, Example], teaching: Teaching, taxonomy: Taxonomy, journal: Journal) -> Iterator[Call]:
    held = json_answer("attempt", teaching.schema(taxonomy)) if teaching.structured == "json-schema" else {}
    for question, attempt in _missing(questions, teaching.attempts, journal):
        example = questions[question]
        seed = seed_of(teaching.seed, attempt_key(example.example_id, attempt))
        options = request_options(teaching.temperature, teaching.max_tokens, seed, teaching.omit)
        yield Call(attempt_key(question, attempt), ask_about(example), {**options, **held})
