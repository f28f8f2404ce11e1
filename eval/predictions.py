"""Predictions: what a model said of each test person, one a line of predictions.jsonl."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from prep.schema.base import Row
from prep.schema.example import Occupation

Mode = Literal["joint", "two-model", "direct", "zero-shot"]


class Ranked(Row):
    """One entry of a ranking of the whole label set."""

    code: str
    probability: float = Field(ge=0, le=1)


class Prediction(Row):
    """One model's answer for one example; the raw text stands in the run's journal."""

    example_id: str
    mode: Mode
    reason: str | None = Field(description="null: the mode has none, or none could be read")
    answer: str | None = Field(description="the occupation in the model's words; null: unparsed")
    occupation: Occupation | None = Field(description="what the answer resolves to; null: unparsed or not in the taxonomy")
    ranked: tuple[Ranked, ...] | None = Field(default=None, description="most probable first, where a ranking was asked for")
