"""Candidates in, judgements out: every judge scores the drawn attempt of each person, resumable at any point."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from statistics import mean
from typing import Any, Literal

from prep.errors import InputError
from prep.files.journal import Journal
from prep.files.jsonl import write_rows
from prep.files.manifest import Manifest, Work, sha256_file, write_manifest
from prep.files.names import beside
from prep.files.rejects import Rejects
from prep.judge.rubric import judge_messages, judge_prompt, judge_schema, parse_judgement
from prep.llm.ask import ask_all
from prep.llm.call import Call, Reply, json_answer, question_key, request_options, seed_of
from prep.llm.endpoint import Endpoint
from prep.oracle.folder import RunFolder
from prep.progress import Bar
from prep.prompts.template import Prompt
from prep.schema.example import Example
from prep.schema.run import DIMENSIONS, Candidate, Dimension, Judgement


@dataclass(frozen=True)
class Judging:
    """How the judges are asked; all of it is part of what the run is."""

    temperature: float
    max_tokens: int
    seed: int
    structured: Literal["json-schema", "none"]
    max_justification_chars: int | None
    omit: tuple[str, ...] = ()  # request parameters that the endpoint does not take

    def identity(self, model: str) -> dict[str, Any]:
        """Return what the run *is*."""
        prompts = {dimension: judge_prompt(dimension).sha256 for dimension in DIMENSIONS}
        return {"command": "prep judge", "model": model, "prompts_sha256": prompts, **vars(self), "omit": sorted(self.omit)}


@dataclass(frozen=True)
class _Question:
    """One reason before one judge."""

    example: Example
    candidate: Candidate
    dimension: Dimension

    @property
    def prompt(self) -> Prompt:
        return judge_prompt(self.dimension)

    @property
    def messages(self) -> list[dict[str, str]]:
        return judge_messages(self.prompt, self.example, self.candidate.reason)

    @cached_property
    def key(self) -> str:
        return question_key(f"{self.candidate.example_id}/{self.candidate.attempt}/{self.dimension}", self.messages)


def run_judges(
    folder: RunFolder, endpoint: Endpoint, judging: Judging, *, concurrency: int, every: bool = False, overwrite: bool = False
) -> dict[str, Any]:
    """Ask for the scores that are missing, write judgements.jsonl, and return the counts.

    `every` asks about all correct attempts instead of the drawn one of each person; what was asked once is written each time.
    Raises InputError where no attempt is correct.
    """
    examples = {example.example_id: example for example in folder.read_examples()}
    correct = [candidate for candidate in folder.read_candidates(examples.values()) if candidate.correct]
    if not correct:
        raise InputError(
            f"{folder.path}: no attempt named the true occupation, so there is nothing to judge.",
            "Make more attempts (prep oracle --attempts), or use a stronger model.",
        )
    questions = [_Question(examples[c.example_id], c, dimension) for c in correct for dimension in DIMENSIONS]
    wanted = [question for question in questions if every or question.candidate.sampled]
    identity, sources = judging.identity(endpoint.model), {"candidates": folder.candidates, "examples": folder.examples}
    work = Work(command="prep judge", settings=identity, inputs={role: sha256_file(path) for role, path in sources.items()})
    with Journal(folder.journal("judge"), identity, overwrite=overwrite, derived=folder.derived("judge")) as journal:
        with Bar("judge", sum(question.key not in journal for question in wanted)) as bar:
            ask_all(endpoint, _calls(wanted, judging), journal, concurrency, bar)
        replies = {entry["key"]: Reply.from_json(entry) for entry in journal.entries()}
        judged = [question for question in questions if question.key in replies]
        with Rejects(folder.judgements) as rejects:
            judgements = list(_judgements(judged, replies, endpoint.model, rejects))
        write_rows(folder.judgements, judgements)
        counts = _count(judged, judgements, rejects)
        manifest = Manifest(work=work, sources={role: str(path) for role, path in sources.items()}, counts=counts)
        write_manifest(beside(folder.judgements, "manifest.json"), manifest, [folder.judgements])
    return {**counts, "judgements": str(folder.judgements)}


def _calls(questions: list[_Question], judging: Judging) -> Iterator[Call]:
    for question in questions:
        seed = seed_of(judging.seed, question.key)
        options = request_options(judging.temperature, judging.max_tokens, seed, judging.omit)
        if judging.structured == "json-schema":
            options |= json_answer("judgement", judge_schema(question.prompt, judging.max_justification_chars))
        yield Call(question.key, question.messages, options)


def _judgements(questions: list[_Question], replies: dict[str, Reply], judge: str, rejects: Rejects) -> Iterator[Judgement]:
    for question in questions:
        reply = replies[question.key]
        parsed = reply.problem or parse_judgement(question.prompt, reply.text)
        if isinstance(parsed, str):
            rejects.drop(question.key, parsed, reply.to_json())
            continue
        score, justification = parsed
        yield Judgement(
            example_id=question.candidate.example_id,
            attempt=question.candidate.attempt,
            dimension=question.dimension,
            score=score,
            justification=justification,
            judge=judge,
            prompt_sha256=question.prompt.sha256,
        )


def _count(judged: list[_Question], judgements: list[Judgement], rejects: Rejects) -> dict[str, Any]:
    scores = {dimension: [j.score for j in judgements if j.dimension == dimension] for dimension in DIMENSIONS}
    return {
        "reasons": len({(question.candidate.example_id, question.candidate.attempt) for question in judged}),
        "scores": len(judgements),
        "unreadable_scores": sum(rejects.dropped.values()),
        "mean_score": {dimension: round(mean(each), 3) for dimension, each in scores.items() if each},
    }
