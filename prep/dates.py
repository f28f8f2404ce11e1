"""Partial dates: `YYYY`, `YYYY-MM` or `YYYY-MM-DD`, compared as texts.

A coarse date sorts before the finer ones that it contains: 2010 < 2010-03 < 2010-03-31.
"""

from __future__ import annotations

import datetime
import re

_PATTERN = re.compile(r"[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?")


def parse_date(value: object) -> str:
    """Return `value` where it is a partial date of the calendar; a whole number may stand for a year.

    Raises ValueError that says how to write one.
    """
    text = value if isinstance(value, str) else str(value) if type(value) is int else ""
    if _PATTERN.fullmatch(text):
        year, month, day = (*(int(part) for part in text.split("-")), 1, 1)[:3]
        try:
            datetime.date(year, month, day)
            return text
        except ValueError:
            pass
    raise ValueError(f"{value!r} is no date; write YYYY, YYYY-MM or YYYY-MM-DD")


def is_after(left: str, right: str) -> bool:
    """Tell whether `left` lies after `right`, at the coarser precision of the two."""
    precision = min(len(left), len(right))
    return left[:precision] > right[:precision]
