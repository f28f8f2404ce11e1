"""A career → the one example it gives, as design and paper define it, or the reason why it gives none."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from prep.dates import is_after
from prep.schema.career import Career, Education, Job, Record
from prep.schema.example import Example, Occupation
from prep.sources.order import job_order, oldest_first

EXTRA_FIELDS = "records whose extra fields stay in careers.jsonl"
LATER_EDUCATION = "education records that end after the target's start"
OPEN_ENDS = "job ends hidden because they outlast the target's start"
INVALID_JOBS = "jobs without start or occupation"


@dataclass(frozen=True)
class Bounds:
    """How many valid jobs a person must have, the target counted."""

    min_jobs: int = 5
    max_jobs: int = 15


def to_example(career: Career, bounds: Bounds, left_out: Counter[str]) -> Example | str:
    """Return the example of a career, or why the person is left out. `left_out` counts what the history does not show.

    The target is the occupation of the last valid job by (start, end, order of the source); an open end comes last. The
    history is every earlier valid job, and the education that does not end after the target's start, at the coarser
    precision of the two. Fields of the source without a name of ours are not shown: they may tell of later years.
    """
    valid = sorted((job for job in career.jobs if job.is_valid), key=job_order)
    if len(valid) < bounds.min_jobs:
        return f"fewer than {bounds.min_jobs} valid jobs"
    if len(valid) > bounds.max_jobs:
        return f"more than {bounds.max_jobs} valid jobs"
    left_out[INVALID_JOBS] += len(career.jobs) - len(valid)
    *earlier, target = valid
    assert target.start is not None and target.occupation is not None  # what makes a job valid
    studies = [record for record in career.records if isinstance(record, Education)]
    finished = [study for study in studies if not (study.end and is_after(study.end, target.start))]
    left_out[LATER_EDUCATION] += len(studies) - len(finished)
    history = [_shown(record, target.start, left_out) for record in oldest_first([*finished, *earlier])]
    return Example(
        example_id=f"{career.person_id}#{len(earlier)}",
        person_id=career.person_id,
        history=tuple(history),
        target=Occupation(code=target.occupation.code, title=target.occupation.title),
    )


def _shown(record: Record, target_start: str, left_out: Counter[str]) -> Record:
    hidden: dict[str, object] = {}
    occupation = record.occupation if isinstance(record, Job) else None
    if record.extra or (occupation and occupation.extra):
        left_out[EXTRA_FIELDS] += 1
        hidden["extra"] = {}
        if occupation:
            hidden["occupation"] = occupation.model_copy(update={"extra": {}})
    if isinstance(record, Job) and record.end and is_after(record.end, target_start):
        left_out[OPEN_ENDS] += 1
        hidden["end"] = None
    return record.model_copy(update=hidden) if hidden else record
