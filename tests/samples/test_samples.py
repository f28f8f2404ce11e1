"""The embedded careers: valid, shaped as samples/README.md says, scored with the packaged facts, and made again to the byte."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from click.testing import CliRunner

from prep.dates import is_after
from prep.errors import InputError
from prep.files.jsonl import read_lines, read_rows
from prep.onet.packaged import FACTS, packaged_taxonomy
from prep.schema.career import Career, Job
from samples.make import main, read_step

ROOT = Path(__file__).parents[2]
CAREERS = ROOT / "samples" / "careers.jsonl"
RELATED = FACTS / "related_of_samples.csv"
RELEASE = ROOT.parent / "shared" / "data" / "onet-29.3"


@pytest.fixture(scope="module")
def people() -> list[Career]:
    return list(read_rows(CAREERS, Career))


def valid(person: Career) -> list[Job]:
    return [job for job in person.jobs if job.is_valid]


def codes(person: Career) -> list[str]:
    return [job.occupation.code for job in valid(person) if job.occupation]


def share(people: list[Career], kind: str) -> float:
    turns = []
    for *earlier, before, last in (codes(person) for person in people if len(valid(person)) >= 5):
        turns.append("stay" if last == before else "return" if last in earlier else "climb")
    return turns.count(kind) / len(turns)


def test_every_line_is_a_career_and_nothing_is_extra() -> None:
    for line in read_lines(CAREERS):
        assert Career.model_validate(line.value).to_json() == line.value
        assert "extra" not in str(line.value)


def test_person_ids_are_unique(people: list[Career]) -> None:
    assert len({person.person_id for person in people}) == len(people) == 72


def test_the_read_me_counts_right(people: list[Career]) -> None:
    jobs = [job for person in people for job in person.jobs]
    education = sum(len(person.records) for person in people) - len(jobs)
    occupations = {job.occupation.code for job in jobs if job.occupation}
    text = (ROOT / "samples" / "README.md").read_text(encoding="utf-8")
    for count, noun in (
        (len(people), "people"),
        (len(jobs), "jobs"),
        (education, "education"),
        (len(occupations), "occupations"),
    ):
        assert f"| {noun} | {count} |" in text


def test_last_jobs_follow_in_the_shares_of_the_read_me(people: list[Career]) -> None:
    assert 0.5 <= share(people, "stay") <= 0.7
    assert 0.1 <= share(people, "return") <= 0.2
    assert 0.2 <= share(people, "climb") <= 0.35


def test_histories_hold_few_occupations(people: list[Career]) -> None:
    distinct = [len(set(codes(person)[:-1])) for person in people if len(valid(person)) >= 5]
    assert max(distinct) <= 3
    assert sum(count >= 2 for count in distinct) > len(distinct) / 2


def test_every_rule_of_the_split_has_something_to_do(people: list[Career]) -> None:
    assert sum(len(valid(person)) < 5 for person in people) == 4
    assert sum(len(valid(person)) > 15 for person in people) == 1
    assert any(job.occupation is None for person in people for job in person.jobs)
    assert any(job.start is None for person in people for job in person.jobs)
    assert any(len(job.start or "") == 4 for person in people for job in person.jobs)
    assert sum(not person.model_dump_json().isascii() for person in people) == 1
    late = [person for person in people if ends_after_the_last_job_began(person)]
    assert len(late) == 1


def ends_after_the_last_job_began(person: Career) -> bool:
    start = valid(person)[-1].start or ""
    return any(record.kind == "education" and record.end and is_after(record.end, start) for record in person.records)


def test_records_stand_oldest_first_and_jobs_seldom_overlap(people: list[Career]) -> None:
    pairs = [pair for person in people for pair in pairwise(valid(person))]
    assert all(not is_after(earlier.start or "", later.start or "") for earlier, later in pairs)
    overlaps = sum(is_after(earlier.end or "9999", later.start or "") for earlier, later in pairs)
    assert 0 < overlaps < 0.1 * len(pairs)
    for person in people:
        dates = [record.end if record.kind == "education" else record.start for record in person.records]
        known = [date for date in dates if date]
        assert all(not is_after(earlier, later) for earlier, later in pairwise(known)), person.person_id
        assert 1 <= sum(record.kind == "education" for record in person.records) <= 2


def test_the_packaged_facts_know_every_occupation_and_its_related_ones(people: list[Career]) -> None:
    taxonomy = packaged_taxonomy()
    for coding in (job.occupation for person in people for job in person.jobs if job.occupation):
        occupation = taxonomy.by_code(coding.code)
        assert occupation is not None
        assert occupation.title == coding.title
        assert len(taxonomy.related(coding.code)) == 20


def test_the_related_rows_are_sorted() -> None:
    rows = [row.split(",") for row in RELATED.read_text(encoding="utf-8").splitlines()[1:]]
    assert rows == sorted(rows, key=lambda row: (row[0], int(row[3])))


def test_an_unknown_title_is_named() -> None:
    with pytest.raises(InputError, match="'Dragon Tamers' is no occupation title"):
        read_step("Dragon Tamers", {}, packaged_taxonomy())


def test_making_the_samples_again_gives_equal_bytes(tmp_path: Path) -> None:
    if not RELEASE.is_dir():
        pytest.skip(f"needs the O*NET 29.3 release in {RELEASE}")
    careers, related = tmp_path / "careers.jsonl", tmp_path / "related.csv"
    arguments = ["--onet", RELEASE, "--careers", careers, "--related", related]
    result = CliRunner().invoke(main, [str(argument) for argument in arguments])
    assert result.exit_code == 0, result.output
    assert careers.read_bytes() == CAREERS.read_bytes()
    assert related.read_bytes() == RELATED.read_bytes()
    assert b"\r" not in careers.read_bytes() + related.read_bytes()
