"""Draw invented people: paths.yaml and an O*NET release → careers.jsonl, and the related lists of their occupations.

    python samples/make.py --onet DIR

Equal paths, seed and release give equal bytes. Months are counted as year × 12 + month - 1.
"""

from __future__ import annotations

import csv
import io
import random
import re
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import click
import yaml

from prep.errors import InputError, UserError
from prep.files.atomic import write_text
from prep.files.jsonl import write_rows
from prep.onet.packaged import FACTS
from prep.onet.release import read_release
from prep.onet.taxonomy import Taxonomy
from prep.schema.career import Career, Coding, Education, Job
from prep.schema.example import Occupation

HERE = Path(__file__).parent
PATHS = HERE / "paths.yaml"
SEED = 2019
PEOPLE = 72
# How the last job follows from the one before. People change employers within an occupation more often than anything else.
STAY, RETURN, CLIMB = "stay", "return", "climb"
SHARES = {STAY: 43, RETURN: 11, CLIMB: 18}
LAST_START = (2019 * 12 + 5, 2024 * 12 + 8)
TODAY = 2025 * 12 + 5
A_YEAR = {"hour": 2080, "week": 52, "year": 1}
ROUNDED_TO = {"hour": 0.25, "week": 10, "year": 500}
WAGE_GROWTH = 1.024


@dataclass(frozen=True)
class Step:
    """A rung of a ladder; paths.yaml says what its fields mean. `low` and `high` are dollars per `period`."""

    occupation: Occupation
    called: list[str]
    industry: str
    low: float
    high: float
    period: str
    needs: str | None = None
    way_back: bool = True


Ladder = list[Step]


@dataclass
class Stint:
    """One job while it is being drawn: months of its start and its end, and pay in dollars a year."""

    step: Step
    employer: str
    start: int = 0
    end: int | None = None
    salary: float = 0


def read_fields(paths: dict[str, Any], taxonomy: Taxonomy) -> list[list[Ladder]]:
    """Return the ladders of every field.

    Raises InputError where an occupation is not in the release or has no related list there.
    """
    return [
        [[read_step(title, field["steps"][title], taxonomy) for title in ladder] for ladder in field["ladders"]]
        for field in paths["fields"].values()
    ]


def read_step(title: str, step: dict[str, Any], taxonomy: Taxonomy) -> Step:
    """Return one step of paths.yaml."""
    occupation = taxonomy.by_exact_title(title)
    if occupation is None:
        raise InputError(f"{PATHS}: {title!r} is no occupation title of {taxonomy.release}.", "Write its official title.")
    if not taxonomy.related(occupation.code):
        raise InputError(f"{PATHS}: {taxonomy.release} has no related occupations of {title!r}.", "Choose another occupation.")
    pay = re.fullmatch(r"\$([\d,]+) to \$([\d,]+) an? (hour|week|year)", step["pay"])
    if pay is None:
        raise InputError(f"{PATHS}: the pay of {title!r} cannot be read.", "Write it like $15 to $22 an hour.")
    low, high = (float(amount.replace(",", "")) for amount in pay.group(1, 2))
    rest = {name: value for name, value in step.items() if name != "pay"}
    return Step(occupation, low=low, high=high, period=pay.group(3), **rest)


@dataclass(frozen=True)
class Schools:
    """Where one person studies. A degree is written like Bachelor of Science in Nursing."""

    kinds: dict[str, dict[str, Any]]
    names: list[str]
    rng: random.Random

    def months(self, degree: str) -> int:
        """Return how long a degree takes."""
        return 12 * int(self.kinds[degree.split()[0]]["years"])

    def education(self, degree: str, end: int) -> Education:
        """Return the record of a degree."""
        school = f"{self.names.pop()} {self.rng.choice(self.kinds[degree.split()[0]]['called'])}"
        degree, _, major = degree.partition(" in ")
        return Education(school=school, degree=degree, major=major or None, end=date(end))


def walk(ladders: list[Ladder], turn: str, jobs: int, rng: random.Random) -> tuple[Ladder, list[Step]]:
    """Return a ladder and the step of every job; the last job follows as `turn` says."""
    for rungs in (min(rng.choice((2, 2, 3)), jobs - 1), 2):
        windows = [(ladder, at, at + rungs) for ladder in ladders for at in range(len(ladder) - rungs + 1)]
        # nobody begins in the middle of a ladder, but where an education leads
        windows = [(ladder, at, end) for ladder, at, end in windows if at == 0 or ladder[at].needs]
        if turn == RETURN:
            windows = [(ladder, at, end) for ladder, at, end in windows if ladder[end - 1].way_back]
        if windows:
            break
    ladder, first, end = rng.choice(windows)
    climbed = ladder[first:end]
    before = spread(climbed[:-1] if turn == CLIMB else climbed, jobs - 1, rng)
    return ladder[:end], [*before, climbed[-2] if turn == RETURN else climbed[-1]]


def spread(steps: list[Step], jobs: int, rng: random.Random) -> list[Step]:
    """Return `steps`, each repeated once or more, `jobs` in all."""
    cuts = [0, *sorted(rng.sample(range(1, jobs), len(steps) - 1)), jobs]
    return [step for step, (left, right) in zip(steps, pairwise(cuts), strict=True) for _ in range(right - left)]


def draw_stints(steps: list[Step], paths: dict[str, Any], names: list[str], rng: random.Random) -> list[Stint]:
    """Return the jobs with their employers, dates and pay."""
    stints: list[Stint] = []
    for step in steps:
        new = step not in [stint.step for stint in stints]
        if stints and new and step.industry == stints[-1].step.industry and rng.random() < 0.35:
            stints.append(Stint(step, stints[-1].employer))  # promoted
        else:
            stints.append(Stint(step, f"{names.pop()} {rng.choice(paths['industries'][step.industry])}"))
    _date(stints, rng)
    _pay(stints, rng)
    return stints


def _date(stints: list[Stint], rng: random.Random) -> None:
    shortest, longest = (5, 14) if len(stints) > 10 else (12, 44)
    last = stints[-1]
    last.start = rng.randint(*LAST_START)
    last.end = rng.randint(last.start + 4, TODAY) if rng.random() < 0.2 else None
    for earlier, later in reversed(list(pairwise(stints))):
        # -3: two jobs at once, for a while
        gap = 0 if earlier.employer == later.employer else rng.choice((0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 3, 3, 6, 6, -3))
        length = rng.randint(shortest, longest)
        earlier.end = later.start - 1 - gap
        earlier.start = min(earlier.end, later.start) - length


def _pay(stints: list[Stint], rng: random.Random) -> None:
    left: Step | None = None
    held: dict[str, int] = {}
    best = 0.0
    for stint, later in zip(stints, [*stints[1:], None], strict=True):
        step = stint.step
        known = held.get(step.occupation.code, 0)
        share = 0.85 * min(1.0, known / 120) + 0.15 * rng.random()
        drawn = (step.low + (step.high - step.low) * share) * WAGE_GROWTH ** (stint.start / 12 - 2024) * A_YEAR[step.period]
        went_back = known and left != step
        stint.salary = drawn if went_back else max(drawn, best * 1.02)
        best, left = stint.salary, step
        held[step.occupation.code] = known + (later.start - stint.start if later else 0)


def draw_education(ladder: Ladder, stints: list[Stint], schools: Schools) -> list[tuple[int, Education]]:
    """Return the one or two last degrees that the rungs need, each with its month: before the first job that needs it."""
    begun = stints[0].start
    needed: dict[str, int] = {}
    for step in ladder:
        if step.needs:
            needed.setdefault(step.needs, next((each.start for each in stints if each.step == step), begun))
    ends: list[tuple[int, str]] = []
    for degree, before in reversed([*needed.items()][-2:]):
        # no later than the studies for the next degree begin
        ends.insert(0, (min([graduation(before), *(end - schools.months(later) for end, later in ends)]), degree))
    if not ends or (len(ends) == 1 and schools.rng.random() < 0.4):
        studies = (end - schools.months(degree) for end, degree in ends)
        ends.insert(0, (min([graduation(begun), *studies]), "High School Diploma"))
    return [(end, schools.education(degree, end)) for end, degree in ends]


def graduation(before: int) -> int:
    """Return the last May before a month."""
    return (before - 5) // 12 * 12 + 4


def title_of(steps: list[Step], at: int) -> str:
    """Return the job title of the job at `at`: the titles of its step in order, from the first job there to the last."""
    step = steps[at]
    return step.called[steps[:at].count(step) * len(step.called) // max(steps.count(step), len(step.called))]


def draw_job(stint: Stint, title: str, rng: random.Random) -> Job:
    """Return the job record of a stint."""
    return Job(
        title=title,
        employer=stint.employer,
        occupation=Coding(code=stint.step.occupation.code, title=stint.step.occupation.title),
        industry=stint.step.industry,
        start=date(stint.start),
        end=date(stint.end) if stint.end is not None else None,
        salary=None if rng.random() < 0.07 else in_words(stint.salary, stint.step.period),
    )


def in_words(salary: float, period: str) -> str:
    """Return a yearly salary per period, like $18.50 an hour."""
    amount = round(salary / A_YEAR[period] / ROUNDED_TO[period]) * ROUNDED_TO[period]
    return f"${amount:,.2f} an hour" if period == "hour" else f"${amount:,.0f} a {period}"


def date(month: int) -> str:
    """Return a month as YYYY-MM."""
    return f"{month // 12}-{month % 12 + 1:02}"


def draw_person(number: int, ladders: list[Ladder], turn: str, paths: dict[str, Any]) -> Career:
    """Return one person. Each has a random stream of their own, so that a change to one leaves the others alone."""
    rng = random.Random(f"{SEED}/{number}")
    odd = paths["oddities"].get(number, {})
    names = rng.sample(odd.get("names", paths["names"]), k=len(odd.get("names", paths["names"])))
    ladder, steps = walk(ladders, turn, odd.get("jobs", rng.choice((5, 6, 6, 7, 7, 8, 9))), rng)
    stints = draw_stints(steps, paths, names, rng)
    schools = Schools(paths["schools"], names, rng)
    schooling = draw_education(ladder, stints, schools)
    jobs = [draw_job(stint, title_of(steps, at), rng) for at, stint in enumerate(stints)]
    for oddity, changed in (
        ("uncoded", {"title": "Team Member", "occupation": None, "industry": None}),
        ("undated", {"start": None}),
    ):
        if oddity in odd:
            jobs[odd[oddity]] = jobs[odd[oddity]].model_copy(update=changed)
    if "late_degree" in odd:
        end = graduation(stints[-1].start) + 12
        schooling = [schooling[-1], (end, schools.education(odd["late_degree"], end))]
        jobs[-1] = jobs[-1].model_copy(update={"end": None})
    if "no_graduation" in odd:
        schooling[0] = (0, schooling[0][1].model_copy(update={"end": None}))
    dated: list[tuple[int, Education | Job]] = [*schooling, *zip((stint.start for stint in stints), jobs, strict=True)]
    records = [record for _, record in sorted(dated, key=lambda each: each[0])]
    if "years_only" in odd:
        records = [_years_only(record) for record in records]
    # validated once more as a whole: model_copy above does not look
    return Career.model_validate({"person_id": f"sample-{number:03}", "records": [record.model_dump() for record in records]})


def _years_only(record: Education | Job) -> Education | Job:
    dates = {name: getattr(record, name) for name in ("start", "end") if getattr(record, name, None)}
    return record.model_copy(update={name: value[:4] for name, value in dates.items()})


def draw_people(paths: dict[str, Any], taxonomy: Taxonomy) -> list[Career]:
    """Return all people, the fields in turn."""
    fields = read_fields(paths, taxonomy)
    turns = [turn for turn, people in SHARES.items() for _ in range(people)]
    random.Random(SEED).shuffle(turns)
    return [draw_person(number, fields[number % len(fields)], turns[number - 1], paths) for number in range(1, PEOPLE + 1)]


def related_csv(people: list[Career], taxonomy: Taxonomy) -> str:
    """Return the related lists of every occupation that the people have, as CSV."""
    codes = {job.occupation.code for person in people for job in person.jobs if job.occupation}
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(("code", "related_code", "tier", "index"))
    rows.writerows((code, each.code, each.tier, each.index) for code in sorted(codes) for each in taxonomy.related(code))
    return text.getvalue()


@click.command()
@click.option("--onet", type=click.Path(path_type=Path), required=True, help="Folder or zip of an O*NET release.")
@click.option("--careers", type=click.Path(path_type=Path), default=HERE / "careers.jsonl", help="Where the people go.")
@click.option("--related", type=click.Path(path_type=Path), default=FACTS / "related_of_samples.csv", help="Where the lists go.")
def main(onet: Path, careers: Path, related: Path) -> None:
    """Write the sample careers and the related occupations that scoring them needs."""
    try:
        taxonomy = read_release(onet)
        people = draw_people(yaml.safe_load(PATHS.read_text(encoding="utf-8")), taxonomy)
    except UserError as error:
        raise click.ClickException(str(error)) from None
    write_rows(careers, people)
    write_text(related, related_csv(people, taxonomy))


if __name__ == "__main__":
    main()
