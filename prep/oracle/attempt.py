"""One answer of the teacher: JSON text → a reason and an occupation title, or what is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, Field, ValidationError

from prep.llm.call import json_text
from prep.prompts.history import MARKUP
from prep.schema.base import explain

# A reason that spells our tags or a chat template's special token would break the training target around it, and one that
# spells a fence the prompts of the judges and of the predictor.
_MARKUP = re.compile(rf"{MARKUP.pattern}.|```")

_Words = Annotated[str, AfterValidator(str.strip), Field(min_length=1)]


class Attempt(BaseModel):
    """What the teacher is asked for."""

    reason: _Words
    occupation: _Words


def attempt_schema(
    titles: Sequence[str] | None, min_reason_chars: int | None = None, max_reason_chars: int | None = None
) -> dict[str, Any]:
    """Return the JSON schema of an attempt; `titles` holds the occupation to these, None leaves it free."""
    bounds = {"minLength": min_reason_chars, "maxLength": max_reason_chars}
    reason: dict[str, Any] = {"type": "string", **{name: bound for name, bound in bounds.items() if bound is not None}}
    return {
        "type": "object",
        "properties": {"reason": reason, "occupation": {"type": "string"} if titles is None else {"enum": list(titles)}},
        "required": ["reason", "occupation"],
        "additionalProperties": False,
    }


def parse_attempt(text: str) -> Attempt | str:
    """Return the attempt that `text` holds, or what is wrong with it."""
    try:
        attempt = Attempt.model_validate_json(json_text(text))
    except ValidationError as error:
        return f"malformed answer: {explain(error)}"
    if not any(map(str.isalpha, attempt.reason)):  # a bracket or a comma, whatever a lenient judge would say of it
        return "malformed answer: the reason holds no letter"
    if found := _MARKUP.search(attempt.reason):
        return f"malformed answer: the reason holds the markup {found.group()!r}"
    return attempt
