"""Candidates in, judgements out: every judge scores the drawn attempt of each person, resumable at any point."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from statistics import mean
from typing import Any, Literal

from prep.errors import InputError
from prep.files.journal import Journal
from prep.files.jsonl import write_rows
from prep.files.manifest import Manifest, Work, sha256_file, sha256_text, write_manifest
from prep.files.names import beside
from prep.files.rejects import Rejects
from prep.judge.rubric import judge_messages, judge_prompt, judge_schema, parse_judgement
from prep.llm.ask import ask_all
from prep.llm.call import Call, Reply, json_answer, seed_of
from prep.llm.endpoint import Endpoint
from prep.oracle.folder import RunFolder
from prep.progress import Bar
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

    def identity(self, model: str) -> dict[str, Any]:
        """Return what the run *is*."""
        prompts = {dimension: judge_prompt(dimension).sha256 for dimension in DIMENSIONS}
        return {"command": "prep judge", "model": model, "prompts_sha256": prompts, **vars(self)}


@dataclass(frozen=True)
class _Question:
    """One reason before one judge."""

    candidate: Candidate
    dimension: Dimension

    @property
    def key(self) -> str:
        # the reason is part of the key: an attempt that was made anew must be judged anew
        c = self.candidate
        return f"{c.example_id}/{c.attempt}/{self.dimension}/{sha256_text(c.reason)[:12]}"


def run_judges(
    folder: RunFolder, endpoint: Endpoint, judging: Judging, *, concurrency: int, every: bool = False, overwrite: bool = False
) -> dict[str, Any]:
    """Ask for the scores that are missing, write judgements.jsonl, and return the counts.

    `every` judges all correct attempts instead of the drawn one of each person. Raises InputError where no attempt is correct.
    """
    examples = {example.example_id: example for example in folder.read_examples()}
    wanted = [c for c in folder.read_candidates() if c.sampled or (every and c.correct)]
    if not wanted:
        raise InputError(
            f"{folder.path}: no attempt named the true occupation, so there is nothing to judge.",
            "Make more attempts (prep oracle --attempts), or use a stronger model.",
        )
    inputs = {"candidates": sha256_file(folder.candidates)}
    questions = [_Question(candidate, dimension) for candidate in wanted for dimension in DIMENSIONS]
    with Journal(folder.journal("judge"), judging.identity(endpoint.model), overwrite=overwrite) as journal:
        with Bar("judge", sum(question.key not in journal for question in questions)) as bar:
            ask_all(endpoint, _calls(questions, examples, judging), journal, concurrency, bar)
        replies = {entry["key"]: Reply.from_json(entry) for entry in journal.entries()}
    with Rejects(folder.judgements) as rejects:
        judgements = list(_judgements(questions, replies, endpoint.model, rejects))
    write_rows(folder.judgements, judgements)
    counts = _count(wanted, judgements, rejects)
    work = Work(command="prep judge", settings=judging.identity(endpoint.model), inputs=inputs)
    write_manifest(beside(folder.judgements, "manifest.json"), Manifest(work=work, counts=counts), [folder.judgements])
    return {**counts, "judgements": str(folder.judgements)}


def _calls(questions: list[_Question], examples: dict[str, Example], judging: Judging) -> Iterator[Call]:
    for question in questions:
        prompt = judge_prompt(question.dimension)
        options: dict[str, Any] = {"temperature": judging.temperature, "max_completion_tokens": judging.max_tokens}
        if judging.structured == "json-schema":
            options |= json_answer("judgement", judge_schema(prompt, judging.max_justification_chars))
        messages = judge_messages(prompt, examples[question.candidate.example_id], question.candidate.reason)
        yield Call(question.key, messages, {**options, "seed": seed_of(judging.seed, question.key)})


def _judgements(questions: list[_Question], replies: dict[str, Reply], judge: str, rejects: Rejects) -> Iterator[Judgement]:
    for question in questions:
        reply, prompt = replies[question.key], judge_prompt(question.dimension)
        parsed = reply.problem or parse_judgement(prompt, reply.text)
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
            prompt_sha256=prompt.sha256,
        )


def _count(wanted: list[Candidate], judgements: list[Judgement], rejects: Rejects) -> dict[str, Any]:
    scores = {dimension: [j.score for j in judgements if j.dimension == dimension] for dimension in DIMENSIONS}
    return {
        "reasons": len(wanted),
        "scores": len(judgements),
        "unreadable_scores": sum(rejects.dropped.values()),
        "mean_score": {dimension: round(mean(each), 3) for dimension, each in scores.items() if each},
    }
