"""What every data type of nextocc shares: frozen, closed, written as one JSON line."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

_TAGS = ("job", "education")
# what pydantic says in words of its own, by the type of the mistake
_PLAIN = {
    "extra_forbidden": "there is no such field; mend its name or remove it",
    "union_tag_not_found": 'the record does not say its kind; write "kind": "job" or "kind": "education"',
    "union_tag_invalid": 'there is no kind {tag!r}; write "kind": "job" or "kind": "education"',
}


class Row(BaseModel):
    """One line of a nextocc file. Unknown fields are errors, unless a type says that it keeps them."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    def to_json(self) -> dict[str, Any]:
        """Return the row as JSON values, fields in the order of the type, nulls included."""
        return self.model_dump(mode="json")


def explain(error: ValidationError) -> str:
    """Return the first mistake that `error` holds as `field: what is wrong`, and how many more there are."""
    first, *others = error.errors(include_url=False)
    # the tag of a union ("job") stands behind an index in pydantic's location, but not in the user's file
    before = (None, *first["loc"])
    parts = [part for last, part in zip(before, first["loc"], strict=False) if not (isinstance(last, int) and part in _TAGS)]
    field = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in parts).lstrip(".")
    plain = _PLAIN.get(first["type"])
    message = plain.format(**first.get("ctx", {})) if plain else first["msg"].removeprefix("Value error, ")
    more = f" (and {len(others)} more)" if others else ""
    return f"{field}: {message}{more}" if field else f"{message}{more}"
