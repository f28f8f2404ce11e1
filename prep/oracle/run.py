"""Examples in, candidates out: k independent attempts of the teacher for each person, resumable at any point."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from prep.files.journal import Journal
from prep.files.jsonl import write_rows
from prep.files.manifest import Manifest, Work, sha256_file, write_manifest
from prep.files.names import beside
from prep.files.rejects import Rejects
from prep.llm.ask import ask_all
from prep.llm.call import Call, json_answer, seed_of
from prep.llm.endpoint import Endpoint
from prep.onet.taxonomy import Taxonomy
from prep.oracle.attempt import attempt_schema
from prep.oracle.candidates import Origin, call_key, to_candidates
from prep.oracle.folder import RunFolder
from prep.progress import Bar
from prep.prompts.history import render_history
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
    max_reason_chars: int | None

    def schema(self, taxonomy: Taxonomy) -> dict[str, Any]:
        """Return the JSON schema that answers are held to."""
        return attempt_schema(taxonomy.titles if self.answers == "taxonomy" else None, self.max_reason_chars)

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
            "max_reason_chars": self.max_reason_chars,
            "onet": taxonomy.release,
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
    with Journal(folder.journal("oracle"), identity, overwrite=overwrite) as journal:
        folder.take_examples(examples, overwrite, begun=len(journal) > 0)
        planned = ((example, attempt) for attempt in range(teaching.attempts) for example in examples)
        missing = [(example, attempt) for example, attempt in planned if call_key(example.example_id, attempt) not in journal]
        with Bar("oracle", len(missing)) as bar:
            ask_all(endpoint, _calls(missing, teaching, taxonomy), journal, concurrency, bar)
        origin = Origin(endpoint.model, identity["prompt_sha256"], teaching.seed)
        with Rejects(folder.candidates) as rejects:
            candidates = to_candidates(journal.entries(), examples, taxonomy, origin, rejects)
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


def _calls(missing: list[tuple[Example, int]], teaching: Teaching, taxonomy: Taxonomy) -> Iterator[Call]:
    prompt = generation_prompt("oracle")
    options: dict[str, Any] = {"temperature": teaching.temperature, "max_completion_tokens": teaching.max_tokens}
    if teaching.structured == "json-schema":
        options |= json_answer("attempt", teaching.schema(taxonomy))
    for example, attempt in missing:
        key = call_key(example.example_id, attempt)
        messages = prompt.messages(history=render_history(example.history))
        yield Call(key, messages, {**options, "seed": seed_of(teaching.seed, key)})
