"""The order of a career's records: oldest first."""

from __future__ import annotations

from collections.abc import Iterable

from prep.schema.career import Education, Job, Record

LAST = "9999"  # an open end: later than any date


def oldest_first(records: Iterable[Record]) -> list[Record]:
    """Sort records by when they began to count: a job by its start, education by its end, undated ones first.

    Education stands before a job of the same date, equal jobs by their ends; otherwise the order of the source is kept.
    """
    return sorted(records, key=_when)


def _when(record: Record) -> tuple[str, int, str]:
    if isinstance(record, Education):
        return record.end or "", 0, ""
    return record.start or "", 1, record.end or LAST


def job_order(job: Job) -> tuple[str, str]:
    """Return the key that the target is the last one by: (start, end); the order of the source decides the rest."""
    return job.start or "", job.end or LAST
