"""A history → the lines that stand for it in every prompt, in training and at inference alike.

A résumé is data: whatever its text says, it cannot leave its line, close the fence around it, or spell a chat
template's special token or one of our tags.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from prep.schema.career import Education, Job, Record

# <|im_end|>, <tool_call>, </s>, </think> …: the first character of each is pushed away from the rest
MARKUP = re.compile(r"<(?=[/|｜_A-Za-z])")


def render_history(records: Iterable[Record]) -> str:
    """Return one line a record, in the order given."""
    return "\n".join(_education(record) if isinstance(record, Education) else _job(record) for record in records)


def as_data(text: str) -> str:
    """Return `text` on one line, with fences and special tokens made harmless."""
    return as_block(" ".join(text.split()))


def as_block(text: str) -> str:
    """Return `text` with fences and special tokens made harmless: what a model wrote, inside the fence of another prompt."""
    return MARKUP.sub("< ", text.replace("```", "'''"))


def _education(record: Education) -> str:
    parts = [_named("degree", record.degree), _named("major", record.major), _named("school", record.school)]
    return _line(record.end or "undated", "education", parts)


def _job(record: Job) -> str:
    occupation = as_data(record.occupation.title) if record.occupation else "not classified"
    parts = [
        _named("title", record.title),
        _named("employer", record.employer),
        _named("industry", record.industry),
        _named("salary", record.salary),
    ]
    return _line(f"{record.start or 'undated'} to {record.end or 'open'}", occupation, parts)


def _named(name: str, value: str | None) -> str:
    return f"{name}: {text}" if (text := as_data(value or "")) else ""


def _line(when: str, what: str, parts: Iterable[str]) -> str:
    return " | ".join([when, what, *(part for part in parts if part)])
