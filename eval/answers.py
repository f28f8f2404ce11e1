"""A model's text → reason and answer, by the tags that it was trained to write. Pure; never guesses."""

from __future__ import annotations

import re
from dataclasses import dataclass

from prep.dataset.targets import ANSWER, END_ANSWER, END_THINK, THINK

_ANSWER = re.compile(rf"{ANSWER}(.*?){END_ANSWER}", re.IGNORECASE | re.DOTALL)
_THINK = re.compile(rf"{THINK}(.*?){END_THINK}", re.IGNORECASE | re.DOTALL)
_END_THINK = re.compile(END_THINK, re.IGNORECASE)


@dataclass(frozen=True)
class Parsed:
    """What a text holds; None for a part that is missing or blank."""

    reason: str | None
    answer: str | None


def parse(text: str) -> Parsed:
    """Read a text of any mode.

    The answer is the last complete answer block after the end of thinking, if there is one: blocks within the thinking are
    drafts. The reason is the last complete think block. A block that was cut off counts as missing.
    """
    conclusion = _END_THINK.split(text)[-1]
    answers, reasons = _ANSWER.findall(conclusion), _THINK.findall(text)
    return Parsed(reason=_last(reasons), answer=_last(answers))


def _last(blocks: list[str]) -> str | None:
    return (blocks[-1].strip() or None) if blocks else None
