"""A job's occupation as a source gives it → an occupation of the taxonomy."""

from __future__ import annotations

from prep.onet.taxonomy import Taxonomy, is_code
from prep.schema.career import Career, Coding, Job


def code_occupation(text: str, taxonomy: Taxonomy) -> Coding | None:
    """Code an O*NET-SOC code or an occupation's title; None where no occupation, or no single one, has that title.

    Raises ValueError at a code that the taxonomy does not have; a text without any letter is a code, of whatever classification.
    """
    text = text.strip()
    if is_code(text) or not any(map(str.isalpha, text)):
        occupation, method = taxonomy.by_code(text), "given code"
        if occupation is None:
            raise ValueError(_unknown(text, taxonomy))
    elif occupation := taxonomy.by_exact_title(text):
        method = "exact title"
    elif occupation := taxonomy.by_normalised_title(text):
        method = "normalised title"
    else:
        return None
    return Coding(code=occupation.code, title=occupation.title, method=method, score=1.0)


def label_problem(career: Career, taxonomy: Taxonomy) -> str | None:
    """Tell which occupation of a career is not one of the taxonomy, if any: an unknown code, or a title of another code."""
    for index, record in enumerate(career.records):
        if not isinstance(record, Job) or record.occupation is None:
            continue
        known = taxonomy.by_code(record.occupation.code)
        field = f"records[{index}].occupation"
        if known is None:
            return f"{field}.code: {_unknown(record.occupation.code, taxonomy)}"
        if known.title != record.occupation.title:
            return f"{field}.title: {record.occupation.title!r} is not the title of {known.code}, which is {known.title!r}"
    return None


def _unknown(code: str, taxonomy: Taxonomy) -> str:
    return f"{code!r} is no O*NET-SOC 2019 code of {taxonomy.release}; recode it, or leave the occupation null"
