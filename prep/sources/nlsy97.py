"""NLSY97 person-years (csv, csv.gz) → careers coded in O*NET-SOC 2019.

The National Longitudinal Survey of Youth 1997 (U.S. Bureau of Labor Statistics, public use) follows people born 1980–1984. The
file has one row a person and year, a person's rows together, and names at most one job a year, the main one. What becomes of it:

job         the rows of one job_id, other jobs between them or not. The survey publishes neither title nor employer
start, end  first and last year in which it was the main job. `end` is null where the person never has a later job: rows after the
            last interview read "Not employed" too, so the file does not tell the end of a job from the loss of a respondent
occupation  from the job's first codable Census 2010 code (1–9839). 9 % of the jobs change code: the later ones go to `extra`
industry    the first industry group in words (a bare number goes to `extra`); salary: the first positive hourly wage. Later
            ones are left out: they may have been earned after the start of the job that is to be predicted
education   a record for each degree date, and an undated one, which stands first, where the file dates no degree of the highest
            level. It gives a person one field of study and not the degree: every post-secondary degree bears it

Records are sorted by year, a degree before the job that starts in the same year.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import takewhile
from pathlib import Path
from typing import NamedTuple

from prep.errors import InputError
from prep.files.rejects import Rejects
from prep.schema.career import Career, Coding, Education, Job
from prep.sources.base import Setting
from prep.sources.crosswalk import read_census_crosswalk
from prep.sources.order import oldest_first
from prep.sources.table import header, read_table

_DEGREES = {  # column → name of the degree, and its level in `edu_degree`; lowest first
    "date_HS": ("High school diploma or GED", "HS/GED"),
    "date_AA": ("Associate's degree", "AA"),
    "date_BA": ("Bachelor's degree", "BA"),
    "date_MA": ("Master's degree", "BA+"),
    "date_PHD": ("Doctorate", "BA+"),
    "date_PROF": ("Professional degree", "BA+"),
}
_UNDATED = {level: name for name, level in _DEGREES.values()} | {"BA+": "Degree above a bachelor's"}

_OF_A_PERSON = ("bdate", "edu_degree", *_DEGREES, "major_field")  # the same on all rows of a person
COLUMNS = ("id", "year", "job_id", "job_occ", "job_ind", "job_full", "job_wage", *_OF_A_PERSON)
_YEAR, _WHOLE, _NUMBER = re.compile(r"(19|20)\d\d"), re.compile(r"-?\d+(\.0)?"), re.compile(r"-?\d+(\.\d+)?")
_FORM_NAMES = {_YEAR: "a year, YYYY", _WHOLE: "a whole number", _NUMBER: "a number"}
_FORMS = dict.fromkeys(("year", *_DEGREES), _YEAR) | dict.fromkeys(("job_id", "job_occ", "bdate"), _WHOLE) | {"job_wage": _NUMBER}
_UNCODABLE = 9840  # from here on: military, uncodable, missing
_FORMAT = "Pass the NLSY97 file of person-years: a .csv or .csv.gz with the columns " + ", ".join(COLUMNS) + "."

Fields = Mapping[str, str]


class PersonYear(NamedTuple):
    """One row of the file, and where it stands (`file:line`). An empty cell is an empty text."""

    where: str
    fields: Fields


def read_nlsy97(path: Path, setting: Setting, rejects: Rejects) -> Iterator[tuple[str, Career]]:
    """Yield (where, career) for every respondent with a job; one person is in memory at a time.

    A respondent with a malformed row is rejected whole, since a job missing in the middle would make a false transition; one
    without any job is dropped. Raises InputError where the file is unreadable, lacks a column, or scatters a person's rows.
    """
    codings = {code: match.coding() for code, match in read_census_crosswalk(setting.crosswalks, setting.taxonomy).items()}
    seen: set[str] = set()
    for person in group_by_person(_read(path)):
        where, rows = person[0].where, [row.fields for row in person]
        if (identity := _first(rows, "id")) in seen:
            raise InputError(f"{where}: id {identity} comes back.", "Sort the file by id and year.")
        seen.add(identity)
        if malformed := find_malformed(person):
            rejects.add(*malformed, rows)
        elif not _first(rows, "job_id"):
            rejects.drop(where, "no job in the survey", rows)
        else:
            yield where, career_of(rows, codings)
    if not seen:
        raise InputError(f"{path}: there is no row under the column names.", _FORMAT)


def group_by_person(rows: Iterable[PersonYear]) -> Iterator[list[PersonYear]]:
    """Yield the rows of each person. A row without id between two people may be of either, and is given to both."""
    person: list[PersonYear] = []
    identity = ""
    for row in rows:
        if row.fields["id"] and identity and row.fields["id"] != identity:
            yield person
            person = list(takewhile(lambda each: not each.fields["id"], reversed(person)))[::-1]
        identity = row.fields["id"] or identity
        person.append(row)
    if person:
        yield person


def find_malformed(person: Sequence[PersonYear]) -> tuple[str, str] | None:
    """Return where a person's rows first break the format, and how."""
    years: set[str] = set()
    first = person[0]
    for where, row in person:
        if reason := _broken_field(row):
            return where, reason
        if row["year"] in years:
            return where, f"year: {row['year']} comes twice for id {row['id']}"
        years.add(row["year"])
        for column in _OF_A_PERSON:
            if row[column] != first.fields[column]:
                return where, f"{column}: {row[column]!r}, but {first.fields[column]!r} at {first.where} for id {row['id']}"
    return None


def career_of(person: Iterable[Fields], codings: Mapping[str, Coding]) -> Career:
    """Return the career of a person whose rows are well-formed and name at least one job."""
    rows = sorted(person, key=lambda row: row["year"])
    about = rows[0]  # _OF_A_PERSON are the same on the others
    education = _education(about)
    extra = {
        "birth_year": birth if (birth := int(float(about["bdate"] or 0))) > 0 else None,
        "edu_degree": about["edu_degree"],
        "major_field": None if any(degree.major for degree in education) else about["major_field"],
        # a code on a row that names no job cannot be given to one
        "census_2010_codes_without_job": {row["year"]: code for row in rows if (code := _census(row)) and not row["job_id"]},
        # columns that the user added
        **{name: {row["year"]: row[name] for row in rows if row[name]} for name in about if name not in COLUMNS},
    }
    records = tuple(oldest_first([*education, *_jobs(rows, codings)]))
    return Career(person_id=f"nlsy97-{about['id']}", records=records, extra=_without_blanks(extra))


def _jobs(rows: Iterable[Fields], codings: Mapping[str, Coding]) -> list[Job]:
    """Return the jobs in order of their start, which no two share: there is one main job a year."""
    spells: dict[str, list[Fields]] = {}
    for row in rows:
        if row["job_id"]:
            spells.setdefault(row["job_id"], []).append(row)
    last_year = max(spell[-1]["year"] for spell in spells.values())
    return [_job(spell, spell[-1]["year"] == last_year, codings) for spell in spells.values()]


def _job(spell: Sequence[Fields], is_last: bool, codings: Mapping[str, Coding]) -> Job:
    codes = list(dict.fromkeys(code for row in spell if (code := _census(row))))
    industry = next((row["job_ind"] for row in spell if row["job_ind"] and not _WHOLE.fullmatch(row["job_ind"])), None)
    wage = next((wage for row in spell if (wage := round(float(row["job_wage"] or 0), 2)) > 0), None)
    extra = {
        "job_id": spell[0]["job_id"],
        "census_2010_code": codes[0] if codes else _first(spell, "job_occ"),
        "later_census_2010_codes": codes[1:],
        "job_ind": None if industry else _first(spell, "job_ind"),
        "job_full": _first(spell[::-1], "job_full"),
        "years_seen": len(spell),
    }
    return Job(
        occupation=codings.get(codes[0]) if codes else None,
        industry=industry,
        start=spell[0]["year"],
        end=None if is_last else spell[-1]["year"],
        salary=f"US$ {wage:.2f} an hour" if wage else None,
        extra=_without_blanks(extra),
    )


def _census(row: Fields) -> str | None:
    code = int(float(row["job_occ"] or 0))
    return f"{code:04d}" if 0 < code < _UNCODABLE else None


def _education(about: Fields) -> list[Education]:
    major = None if about["major_field"] in ("", "None or not yet declared") else about["major_field"]
    degrees = [(name, level, about[column]) for column, (name, level) in _DEGREES.items() if about[column]]
    highest = about["edu_degree"]
    if highest in _UNDATED and highest not in {level for _, level, _ in degrees}:
        degrees.insert(0, (_UNDATED[highest], highest, ""))
    return [Education(degree=name, major=None if level == "HS/GED" else major, end=end or None) for name, level, end in degrees]


def _first(rows: Iterable[Fields], column: str) -> str:
    return next((row[column] for row in rows if row[column]), "")


def _without_blanks(extra: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in extra.items() if value not in (None, "", [], {})}


def _broken_field(row: Fields) -> str | None:
    if shifted := row.get(""):
        return shifted
    if missing := [column for column in ("id", "year") if not row[column]]:
        return f"{missing[0]}: missing"
    broken = ((column, form) for column, form in _FORMS.items() if row[column] and not form.fullmatch(row[column]))
    return next((f"{column}: {row[column]!r} is not {_FORM_NAMES[form]}" for column, form in broken), None)


def _read(path: Path) -> Iterator[PersonYear]:
    if missing := sorted(set(COLUMNS).difference(header(path))):
        raise InputError(f"{path}: the column {missing[0]!r} is missing.", _FORMAT)
    for where, cells in read_table(path):
        yield PersonYear(where, {column: cell or "" for column, cell in cells.items()})
