"""What a run of the oracle and of its judges writes: candidates.jsonl and judgements.jsonl."""

from __future__ import annotations

import math
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, Strict

from prep.schema.base import Row
from prep.schema.example import Occupation

Dimension = Literal["factuality", "coherence", "utility"]
DIMENSIONS: tuple[Dimension, ...] = ("factuality", "coherence", "utility")


def _from_1_to_5(score: float) -> float:
    if not math.isfinite(score) or not 1 <= score <= 5:
        raise ValueError(f"{score} is no score from 1 to 5")
    return score


Score = Annotated[float, Strict(), AfterValidator(_from_1_to_5)]  # strict: neither "4" nor true is a number


class Usage(Row):
    """Tokens of one call, as the endpoint counted them; null where it did not."""

    prompt_tokens: int | None = None
    completion_tokens: int | None = None


class Candidate(Row):
    """One attempt of the teacher to explain and name the next occupation (paper equation 2)."""

    example_id: str
    attempt: int = Field(ge=0, description="index of the independent attempt, from 0")
    reason: str
    answer: str = Field(description="the occupation in the teacher's words")
    occupation: Occupation | None = Field(description="what the answer resolves to; null: not in the taxonomy")
    correct: bool = Field(description="the occupation is the true one: equality of codes")
    sampled: bool = Field(description="the one correct attempt of this person that was drawn")
    model: str
    prompt_sha256: str
    usage: Usage


class Judgement(Row):
    """One judge's score of one reason on one dimension (paper section 4)."""

    example_id: str
    attempt: int = Field(ge=0)
    dimension: Dimension
    score: Score = Field(description="1 (worst) to 5 (best)")
    justification: str
    judge: str = Field(description="the model that judged")
    prompt_sha256: str
