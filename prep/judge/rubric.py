"""A judge: its prompt file, the JSON schema of its answer, and its answer → a score."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from pydantic import BaseModel, Field, ValidationError, create_model

from prep.errors import InputError
from prep.llm.call import json_text
from prep.prompts.history import render_history
from prep.prompts.template import Prompt, read_prompt
from prep.schema.base import explain
from prep.schema.example import Example
from prep.schema.run import Dimension, Score
from prep.shipped import shipped

FOLDER = shipped("judge_prompts")


@cache
def judge_prompt(dimension: Dimension, folder: Path = FOLDER) -> Prompt:
    """Read the prompt of one judge. Raises InputError where it does not name its score field."""
    prompt = read_prompt(folder / f"{dimension}.md")
    if not prompt.score:
        raise InputError(f"{folder / dimension}.md names no score field.", "Add `score: score` to its front matter.")
    return prompt


def judge_schema(prompt: Prompt, max_justification_chars: int | None) -> dict[str, Any]:
    """Return the JSON schema of a judge's answer: the justification first, so that the score follows from it."""
    justification: dict[str, Any] = {"type": "string"}
    if max_justification_chars is not None:
        justification["maxLength"] = max_justification_chars
    score = str(prompt.score)
    return {
        "type": "object",
        "properties": {"justification": justification, score: {"type": "integer", "enum": [1, 2, 3, 4, 5]}},
        "required": ["justification", score],
        "additionalProperties": False,
    }


def judge_messages(prompt: Prompt, example: Example, reason: str) -> list[dict[str, str]]:
    """Return the chat that asks a judge; the true occupation is shown only to a judge that declares it."""
    known = {"history": render_history(example.history), "reason": reason, "occupation": example.target.title}
    return prompt.messages(**{name: value for name, value in known.items() if name in prompt.variables})


def parse_judgement(prompt: Prompt, text: str) -> tuple[float, str] | str:
    """Return (score, justification), or what is wrong with a judge's answer. A score is a number from 1 to 5, nothing else."""
    try:
        answer = _answer_type(str(prompt.score)).model_validate_json(json_text(text))
    except ValidationError as error:
        return f"malformed answer: {explain(error)}"
    return getattr(answer, str(prompt.score)), answer.justification  # type: ignore[attr-defined]


@cache
def _answer_type(score: str) -> type[BaseModel]:
    fields: dict[str, Any] = {"justification": (str, Field()), score: (Score, Field())}
    return create_model("Judgement", **fields)
