"""One call of a model: what is asked, and what came back."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from prep.files.manifest import sha256_text
from prep.schema.run import Usage

_FENCED = re.compile(r"\s*```(?:json)?(.*)```\s*", re.DOTALL | re.IGNORECASE)


@dataclass(frozen=True)
class Call:
    """One chat request. `key` names it in the journal and includes the attempt's index."""

    key: str
    messages: list[dict[str, str]]
    options: dict[str, Any] = field(default_factory=dict)  # further parameters of the request: temperature, response_format …
    pattern: str | None = None  # a regular expression that the whole answer is held to (vLLM's structured outputs)


@dataclass(frozen=True)
class Reply:
    """What the endpoint answered, as it is kept in the journal.

    `error` is set where it refused this very request, or answered it with no chat completion.
    """

    text: str = ""
    reasoning: str | None = None  # set where the server's reasoning parser took the thinking out of the text
    finish_reason: str | None = None
    refusal: str | None = None
    usage: Usage = field(default_factory=Usage)
    error: str | None = None

    @property
    def problem(self) -> str | None:
        """Why this is no answer to work with; None where it is one."""
        if self.error:
            return self.error
        if self.refusal:
            return f"the model refused: {self.refusal}"
        if self.finish_reason == "length":
            return "the answer was cut off at the token limit"
        if self.finish_reason == "content_filter":
            return "the endpoint's content filter cut the answer"
        if self.text.strip():
            return None
        return "the model reasoned, but wrote no answer" if self.reasoning else "the answer is empty"

    def to_json(self) -> dict[str, Any]:
        """Return what goes into the journal."""
        return {
            "text": self.text,
            "reasoning": self.reasoning,
            "finish_reason": self.finish_reason,
            "refusal": self.refusal,
            "usage": self.usage.to_json(),
            "error": self.error,
        }

    @classmethod
    def from_json(cls, entry: dict[str, Any]) -> Reply:
        """Return the reply of a journal entry."""
        return cls(
            **{name: entry[name] for name in ("text", "reasoning", "finish_reason", "refusal", "error")},
            usage=Usage(**entry["usage"]),
        )


def question_key(name: str, messages: Sequence[Mapping[str, str]]) -> str:
    """Return the key of a question: its name, and a digest of what is asked. A question that changed is another one."""
    return f"{name}/{sha256_text(messages[-1]['content'])[:12]}"


def seed_of(seed: int, key: str) -> int:
    """Return a sampling seed of its own for each call, so that attempts are independent and repeatable."""
    return int.from_bytes(hashlib.sha256(f"{seed}/{key}".encode()).digest()[:4]) >> 1


def request_options(temperature: float, max_tokens: int, seed: int, omit: Container[str] = ()) -> dict[str, Any]:
    """Return the request options of sampling, without those that the endpoint does not take."""
    options = {"temperature": temperature, "max_completion_tokens": max_tokens, "seed": seed}
    return {name: value for name, value in options.items() if name not in omit}


def json_answer(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    """Return the request option that holds the answer to a JSON schema."""
    return {"response_format": {"type": "json_schema", "json_schema": {"name": name, "schema": schema, "strict": True}}}


def json_text(text: str) -> str:
    """Return the JSON of an answer without the Markdown fence that a model may put around it."""
    fenced = _FENCED.fullmatch(text)
    return fenced[1] if fenced else text
