"""Kinds of test people, so that a mean does not hide who is predicted well and who is not."""

from __future__ import annotations

from prep.schema.career import Job
from prep.schema.example import Example


def last_occupation(example: Example) -> str:
    """Tell whether the target is the occupation that the person had last (stay), once had (return), or neither (new)."""
    codes = [record.occupation.code for record in example.history if isinstance(record, Job) and record.occupation]
    if codes and codes[-1] == example.target.code:
        return "stay"
    return "return" if example.target.code in codes else "new"


# name of the slicing → the function that names a person's slice
SLICES = {"last_occupation": last_occupation}
