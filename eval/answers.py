"""A model's text → reason and answer, by the tags that it was trained to write. Pure; never guesses."""

from __future__ import annotations

import re
from dataclasses import dataclass

from prep.dataset.targets import ANSWER, END_ANSWER, END_THINK, THINK


def _block(opening: str, closing: str) -> re.Pattern[str]:
    # no opening tag within: a block that was cut off and begun again counts from its new beginning
    return re.compile(rf"{opening}((?:(?!{opening}).)*?){closing}", re.IGNORECASE | re.DOTALL)


_ANSWER, _THINK = _block(ANSWER, END_ANSWER), _block(THINK, END_THINK)


@dataclass(frozen=True)
class Parsed:
    """What a text holds; None for a part that is missing or blank."""

    reason: str | None
    answer: str | None


def parse(text: str) -> Parsed:
    """Read a text of any mode.

    The answer is the last complete answer block outside the thinking: blocks within it are drafts, also where the thinking
    was cut off. The reason is the last complete think block. A block that was cut off counts as missing.
    """
    return Parsed(reason=_last(_THINK.findall(text)), answer=_last(_ANSWER.findall(_conclusion(text))))


def _conclusion(text: str) -> str:
    """Return what stands after the last end of thinking, up to thinking that begins anew."""
    after = re.split(END_THINK, text, flags=re.IGNORECASE)[-1]
    return re.split(THINK, after, maxsplit=1, flags=re.IGNORECASE)[0]


def _last(blocks: list[str]) -> str | None:
    return (blocks[-1].strip() or None) if blocks else None
