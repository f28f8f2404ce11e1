"""Examples: a history and the occupation that followed it, one a line of train.jsonl, valid.jsonl and test.jsonl."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from prep.schema.base import Row
from prep.schema.career import Record

Split = Literal["train", "valid", "test"]


class Occupation(Row):
    """An occupation of the label set."""

    code: str = Field(description="O*NET-SOC 2019 code")
    title: str = Field(description="official O*NET title, as published")


class Example(Row):
    """One person's history up to the start of the target job, and that job's occupation."""

    example_id: str = Field(min_length=1)
    person_id: str = Field(min_length=1)
    history: tuple[Record, ...] = Field(description="earlier jobs and education, oldest first")
    target: Occupation
    # The split travels with the row: a test person stays recognisable in a renamed, cut or joined file.
    split: Split | None = Field(default=None, description="null: the user's own example, treated as training data")
