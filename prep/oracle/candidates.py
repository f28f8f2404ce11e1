"""Journal of the oracle's calls → candidates: parsed, resolved to the taxonomy, compared with the truth, one drawn a person."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from prep.draw import draw
from prep.files.rejects import Rejects
from prep.llm.call import Reply
from prep.onet.taxonomy import Taxonomy
from prep.oracle.attempt import parse_attempt
from prep.prompts.history import render_history
from prep.prompts.template import generation_prompt
from prep.schema.example import Example
from prep.schema.run import Candidate


@dataclass(frozen=True)
class Origin:
    """Who wrote the attempts of a run, and how one of the correct ones is drawn."""

    model: str
    prompt_sha256: str
    seed: int


def ask_about(example: Example) -> list[dict[str, str]]:
    """Return the chat that asks for a person's next occupation."""
    return generation_prompt("oracle").messages(history=render_history(example.history))


def attempt_key(name: str, attempt: int) -> str:
    """Return the name of one attempt; in the journal, `name` is the question's."""
    return f"{name}/{attempt}"


def to_candidates(
    entries: Iterable[Mapping[str, Any]],
    questions: Mapping[str, Example],
    taxonomy: Taxonomy,
    origin: Origin,
    rejects: Rejects,
) -> list[Candidate]:
    """Return the candidates of every example, by example and attempt; attempts that are no answer go to `rejects`.

    `questions` holds the examples by the names under which the journal knows them.

    `correct` is equality of O*NET-SOC codes, after the answer is resolved as a normalised title. Of a person's correct
    attempts one is drawn by (seed, example_id).
    """
    replies: dict[str, list[tuple[int, Reply]]] = {}
    for entry in entries:
        question, _, attempt = entry["key"].rpartition("/")
        replies.setdefault(question, []).append((int(attempt), Reply.from_json(dict(entry))))
    candidates = []
    for question, example in questions.items():
        attempts = sorted(replies.get(question, []), key=lambda pair: pair[0])
        candidates += _of_person(example, attempts, taxonomy, origin, rejects)
    return candidates


def _of_person(
    example: Example, attempts: list[tuple[int, Reply]], taxonomy: Taxonomy, origin: Origin, rejects: Rejects
) -> list[Candidate]:
    candidates = []
    for attempt, reply in attempts:
        parsed = reply.problem or parse_attempt(reply.text)
        if isinstance(parsed, str):
            rejects.drop(attempt_key(example.example_id, attempt), parsed, reply.to_json())
            continue
        occupation = taxonomy.by_normalised_title(parsed.occupation)
        candidates.append(
            Candidate(
                example_id=example.example_id,
                attempt=attempt,
                reason=parsed.reason,
                answer=parsed.occupation,
                occupation=occupation,
                correct=occupation is not None and occupation.code == example.target.code,
                sampled=False,
                model=origin.model,
                prompt_sha256=origin.prompt_sha256,
                usage=reply.usage,
            )
        )
    chosen = draw((c for c in candidates if c.correct), origin.seed, lambda c: (c.example_id, c.attempt))
    return [c.model_copy(update={"sampled": True}) if c is chosen else c for c in candidates]
