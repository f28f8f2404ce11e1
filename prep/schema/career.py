"""Careers: what `prep ingest` writes and `prep split` reads, one person a line of careers.jsonl."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, Field, SerializerFunctionWrapHandler, model_serializer, model_validator

from prep.dates import is_after, parse_date
from prep.schema.base import Row

PartialDate = Annotated[str, BeforeValidator(parse_date)]


class _SourceRow(Row):
    """A row of a source: fields that we have no name for are kept under `extra`, never dropped."""

    extra: dict[str, Any] = Field(default_factory=dict, description="fields of the source that have no place above")

    @model_validator(mode="before")
    @classmethod
    def _keep_unknown_fields(cls, data: Any) -> Any:
        if not isinstance(data, dict) or not isinstance(data.get("extra"), dict | None):
            return data
        # a null holds nothing: Parquet writes one for every field that only other rows have
        extra = {name: value for name, value in (data.get("extra") or {}).items() if value is not None}
        known = {name: value for name, value in data.items() if name in cls.model_fields}
        unknown = {name: value for name, value in data.items() if name not in known and value is not None}
        if twice := sorted(extra.keys() & unknown.keys()):
            raise ValueError(f"{twice[0]} stands beside `extra` and in it")
        return {**known, "extra": {**extra, **unknown}}

    @model_serializer(mode="wrap")
    def _leave_out_empty_extra(self, serialise: SerializerFunctionWrapHandler) -> dict[str, Any]:
        row: dict[str, Any] = serialise(self)
        extra = row.pop("extra", None)
        return {**row, "extra": extra} if extra else row


class Coding(_SourceRow):
    """The O*NET-SOC 2019 occupation of a job, and how it was found."""

    code: str = Field(description="O*NET-SOC 2019 code, such as 15-1252.00")
    title: str = Field(description="official O*NET title of that code")
    method: str = Field(default="given", description="how the job was coded: given, exact title, crosswalk …")
    score: float | None = Field(default=None, ge=0, le=1, description="how sure the method is, 0–1; null where it does not say")


class Education(_SourceRow):
    """An education record."""

    kind: Literal["education"] = "education"
    school: str | None = None
    degree: str | None = None
    major: str | None = None
    end: PartialDate | None = Field(default=None, description="when the degree was received")


class Job(_SourceRow):
    """A job record."""

    kind: Literal["job"] = "job"
    title: str | None = Field(default=None, description="the job title in the person's or the employer's words")
    employer: str | None = None
    occupation: Coding | None = Field(default=None, description="null: the job could not be classified")
    industry: str | None = None
    start: PartialDate | None = None
    end: PartialDate | None = Field(default=None, description="null: not known, or it goes on")
    salary: str | None = Field(default=None, description="in words, with currency and period: US$ 24.50 an hour")

    @model_validator(mode="after")
    def _end_follows_start(self) -> Job:
        if self.start and self.end and is_after(self.start, self.end):
            raise ValueError(f"the job ends ({self.end}) before it starts ({self.start})")
        return self

    @property
    def is_valid(self) -> bool:
        """Tell whether the job counts (paper section 3): it has a start date and a classified occupation."""
        return self.start is not None and self.occupation is not None


Record = Annotated[Education | Job, Field(discriminator="kind")]


class Career(_SourceRow):
    """One person's education and jobs, oldest first."""

    person_id: str = Field(min_length=1)
    records: tuple[Record, ...] = Field(description="education and jobs, oldest first")

    noun: ClassVar[str] = "career"

    @model_validator(mode="after")
    def _has_a_job(self) -> Career:
        if not self.jobs:
            raise ValueError(f"records: {self.person_id} has no job; a career needs at least one")
        return self

    @property
    def jobs(self) -> tuple[Job, ...]:
        """The job records, in the order of the source."""
        return tuple(record for record in self.records if isinstance(record, Job))
