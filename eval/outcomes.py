"""The replies of a step → what became of each example: what was read, and why the rest could not be. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from eval.answers import parse
from eval.modes import Part, Step
from eval.predictions import Mode, Prediction
from prep.dataset.targets import think_block
from prep.llm.call import Reply
from prep.onet.taxonomy import Taxonomy

NO_BLOCK = "no complete block of the tags that were asked for"


@dataclass(frozen=True)
class Outcome:
    """What became of one example. A part that was asked for stands in one of the two."""

    texts: Mapping[Part, str] = field(default_factory=dict)
    problems: Mapping[Part, str] = field(default_factory=dict)


def read_reply(step: Step, reply: Reply, before: Outcome) -> Outcome:
    """Add to what the steps `before` gave the parts that this one was asked for, and no others."""
    parsed = parse(f"{think_block(reply.reasoning)}\n{reply.text}" if reply.reasoning else reply.text)
    texts, problems = dict(before.texts), dict(before.problems)
    for part in step.parts:
        if text := getattr(parsed, part):
            texts[part] = text
        else:
            problems[part] = reply.problem or NO_BLOCK
    return Outcome(texts, problems)


def to_predictions(mode: Mode, outcomes: Mapping[str, Outcome], taxonomy: Taxonomy) -> Iterator[Prediction]:
    """Yield the prediction of every example that was answered, readable or not."""
    for example_id, outcome in outcomes.items():
        answer = outcome.texts.get("answer")
        yield Prediction(
            example_id=example_id,
            mode=mode,
            reason=outcome.texts.get("reason"),
            answer=answer,
            occupation=taxonomy.by_normalised_title(answer) if answer else None,
        )


def count_problems(outcomes: Mapping[str, Outcome], part: Part) -> dict[str, int]:
    """Return how often each problem kept this part from being read."""
    return dict(Counter(outcome.problems[part] for outcome in outcomes.values() if part in outcome.problems))
