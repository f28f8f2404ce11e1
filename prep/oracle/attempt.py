"""One answer of the teacher: JSON text → a reason and an occupation title, or what is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from prep.schema.base import explain

# A reason that spells our tags or a chat template's special token would break the training target around it.
_MARKUP = re.compile(r"</?(?:think|answer)\b|<\|", re.IGNORECASE)


class Attempt(BaseModel):
    """What the teacher is asked for."""

    model_config = ConfigDict(str_strip_whitespace=True)

    reason: str = Field(min_length=1)
    occupation: str = Field(min_length=1)


def attempt_schema(titles: Sequence[str] | None, max_reason_chars: int | None) -> dict[str, Any]:
    """Return the JSON schema of an attempt; `titles` holds the occupation to these, None leaves it free."""
    reason: dict[str, Any] = {"type": "string"}
    if max_reason_chars is not None:
        reason["maxLength"] = max_reason_chars
    return {
        "type": "object",
        "properties": {"reason": reason, "occupation": {"type": "string"} if titles is None else {"enum": list(titles)}},
        "required": ["reason", "occupation"],
        "additionalProperties": False,
    }


def parse_attempt(text: str) -> Attempt | str:
    """Return the attempt that `text` holds, or what is wrong with it."""
    try:
        attempt = Attempt.model_validate_json(text.strip().removeprefix("```json").removesuffix("```"))
    except ValidationError as error:
        return f"malformed answer: {explain(error)}"
    if found := _MARKUP.search(attempt.reason):
        return f"malformed answer: the reason holds the markup {found.group()!r}"
    return attempt
