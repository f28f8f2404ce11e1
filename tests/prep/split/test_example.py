"""The definition of an example, word by word; then what holds for every career."""

from collections import Counter

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from prep.dates import is_after
from prep.prompts.history import render_history
from prep.schema.career import Career
from prep.schema.example import Example
from prep.sources.order import job_order, oldest_first
from prep.split.example import EXTRA_FIELDS, INVALID_JOBS, LATER_EDUCATION, OPEN_ENDS, Bounds, to_example

ANY = Bounds(2, 100)
CODES = ["11-1011.00", "15-1252.00", "15-1254.00"]


def job(start, end=None, code="15-1252.00", **fields):
    """Return a job record; `code` None leaves it unclassified."""
    occupation = code and {"code": code, "title": f"Title of {code}"}
    return {"kind": "job", "title": None, "start": start, "end": end, "occupation": occupation, **fields}


def school(end, **fields):
    return {"kind": "education", "end": end, **fields}


def career(*records, person="p1"):
    return Career.model_validate({"person_id": person, "records": records})


def example_of(*records, bounds=ANY):
    """Return the example of these records and what it leaves out."""
    left_out = Counter()
    return to_example(career(*records), bounds, left_out), +left_out


def titles(example):
    return [record.title if record.kind == "job" else record.school for record in example.history]


def test_the_target_is_the_occupation_of_the_last_job():
    example, left_out = example_of(job("2001", code=CODES[0]), job("2005", code=CODES[1]), job("2003", code=CODES[2]))
    assert example.target.model_dump() == {"code": CODES[1], "title": f"Title of {CODES[1]}"}
    assert [record.start for record in example.history] == ["2001", "2003"]
    assert (example.person_id, example.example_id, example.split) == ("p1", "p1#2", None)
    assert not left_out


@pytest.mark.parametrize(
    ("records", "last"),
    [
        pytest.param([job("2001", "2009"), job("2002", "2003")], 1, id="start before end"),
        pytest.param([job("2001", "2009"), job("2001", "2003")], 0, id="equal start: the later end"),
        pytest.param([job("2001", None), job("2001", "2030")], 0, id="an open end is later than any"),
        pytest.param([job("2001", "2003"), job("2001", "2003")], 1, id="equal dates: the later one in the source"),
        pytest.param([job("2001", None), job("2001", None)], 1, id="equal open ends: the later one in the source"),
        pytest.param([job("2001-03"), job("2001")], 0, id="a coarse start before the finer ones within it"),
        pytest.param([job("2001-03-31"), job("2001-04")], 1, id="day against month"),
        pytest.param([job("2001", "2003-05"), job("2001", "2003")], 0, id="ends of two precisions"),
        pytest.param([job("2009", code=None), job("2001"), job(None), job("2003")], 3, id="invalid jobs never"),
    ],
)
def test_which_job_is_the_last(records, last):
    marked = [{**record, "title": str(number)} for number, record in enumerate(records)]
    marked[last]["occupation"] = {"code": CODES[0], "title": "the last"}
    example, _ = example_of(*marked)
    assert example.target.title == "the last"
    assert str(last) not in titles(example)


@pytest.mark.parametrize(("jobs", "verdict"), [(4, "fewer than 5"), (5, None), (15, None), (16, "more than 15")])
def test_five_to_fifteen_jobs_with_the_target_counted(jobs, verdict):
    example, left_out = example_of(*(job(f"20{year:02}") for year in range(jobs)), bounds=Bounds())
    if verdict:
        assert example == f"{verdict} valid jobs"
        assert not left_out
    else:
        assert len(example.history) == jobs - 1


def test_jobs_without_start_or_occupation_do_not_count_and_are_not_shown():
    noise = [job(None), job("2002", code=None), job(None, code=None)]
    example, left_out = example_of(job("2001"), *noise, job("2003"))
    assert [record.start for record in example.history] == ["2001"]
    assert left_out == {INVALID_JOBS: 3}
    assert example_of(*(job(f"200{year}") for year in range(4)), *noise, bounds=Bounds())[0] == "fewer than 5 valid jobs"


@pytest.mark.parametrize(
    ("end", "target", "shown"),
    [
        ("2009", "2010", True),
        ("2010", "2010", True),
        ("2011", "2010", False),
        ("2010-12", "2010", True),  # the coarser precision is the year
        ("2011-01", "2010", False),
        ("2010", "2010-01", True),
        ("2011", "2010-12", False),
        ("2010-06", "2010-05", False),
        ("2010-05-31", "2010-05", True),
        ("2010-05", "2010-05-01", True),
        ("2010-05-02", "2010-05-01", False),
        ("2010-05-01", "2010-05-01", True),
        (None, "2010", True),
    ],
)
def test_education_that_ends_after_the_start_of_the_target_is_left_out_and_counted(end, target, shown):
    example, left_out = example_of(school(end, school="School"), job("2001"), job(target))
    assert ("School" in titles(example)) is shown
    assert left_out == ({} if shown else {LATER_EDUCATION: 1})


def test_oldest_first_with_undated_education_before_everything():
    records = [job("2005", title="B"), school("2004", school="S"), job("2001", title="A"), school(None, school="U"), job("2009")]
    assert titles(example_of(*records)[0]) == ["U", "A", "S", "B"]


@pytest.mark.parametrize(
    ("end", "target", "shown"),
    [
        ("2012", "2010", None),
        ("2010", "2010", "2010"),
        ("2010-07", "2010-06", None),
        ("2010-06", "2010-06", "2010-06"),
        ("2010-12", "2010", "2010-12"),
        (None, "2010", None),
    ],
)
def test_an_end_that_outlasts_the_start_of_the_target_becomes_null(end, target, shown):
    example, left_out = example_of(job("2001", end), job(target))
    assert example.history[0].end == shown
    assert left_out == ({OPEN_ENDS: 1} if end and not shown else {})


def test_fields_without_a_name_of_ours_are_not_shown():
    records = [school("2000", honours="later prize"), job("2001", promoted="2020"), job("2002"), job("2010", raise_="2021")]
    example, left_out = example_of(*records)
    assert "extra" not in str(example.to_json())
    assert left_out == {EXTRA_FIELDS: 2}


def test_neither_are_those_of_an_occupation():
    records = [job("2001"), job("2002"), job("2010")]
    records[0]["occupation"]["recoded"] = "2020"
    example, left_out = example_of(*records)
    assert example.history == example_of(job("2001"), job("2002"), job("2010"))[0].history
    assert left_out == {EXTRA_FIELDS: 1}


@pytest.mark.parametrize("end", ["2010", "2031-12", None])
def test_of_the_record_of_the_target_nothing_but_its_occupation_is_shown(end):
    start = "2010"
    before = [school("2009"), job("2001", "2012"), job("2005")]
    plain, counted = example_of(*before, job(start))
    changed = job(start, end, title="SECRET", employer="SECRET", industry="SECRET", salary="SECRET", note="SECRET")
    changed["occupation"] |= {"method": "SECRET", "score": 0.5}
    assert example_of(*before, changed) == (plain, counted)
    assert "SECRET" not in render_history(plain.history)


# --- every career ---

dates = st.builds(
    lambda year, month, day, length: f"{year}-{month:02}-{day:02}"[:length],
    st.integers(1990, 1996),
    st.integers(1, 12),
    st.integers(1, 28),
    st.sampled_from([4, 7, 10]),
)
words = st.none() | st.sampled_from(["a", "b", "c"])


@st.composite
def jobs(draw):
    start, end = draw(st.none() | dates), draw(st.none() | dates)
    if start and end and is_after(start, end):
        start, end = end, start
    return job(start, end, draw(st.sampled_from([None, *CODES])), title=draw(words), note=draw(words))


educations = st.builds(lambda end, name: school(end, school=name), st.none() | dates, words)
careers = st.lists(jobs() | jobs() | educations, max_size=12).filter(lambda rs: any(r["kind"] == "job" for r in rs))


@given(careers)
def test_every_record_is_shown_or_counted(records):
    example, left_out = example_of(*records)
    person = career(*records)
    valid = [each for each in person.jobs if each.is_valid]
    if isinstance(example, str):
        assert len(valid) < 2
        assert not left_out
        return
    shown = Counter(record.kind for record in example.history)
    assert shown["job"] + 1 == len(valid)
    assert shown["job"] + 1 + left_out[INVALID_JOBS] == len(person.jobs)
    assert shown["education"] + left_out[LATER_EDUCATION] == len(records) - len(person.jobs)


@given(careers)
def test_the_history_is_sorted_and_knows_nothing_of_later_years(records):
    example, left_out = example_of(*records)
    assume(isinstance(example, Example))
    person = career(*records)
    *earlier, target = sorted((each for each in person.jobs if each.is_valid), key=job_order)
    assert example.target.code == target.occupation.code
    assert list(example.history) == oldest_first(example.history)
    ends = [record.end for record in example.history if record.end]
    assert not any(is_after(end, target.start) for end in ends)
    assert all(record.start <= target.start for record in example.history if record.kind == "job")
    hidden = sum(bool(each.end) and is_after(each.end, target.start) for each in earlier)
    assert left_out[OPEN_ENDS] == hidden
    assert Example.model_validate(example.to_json()) == example


@given(careers, st.randoms(use_true_random=False))
def test_the_order_of_the_source_decides_among_equal_dates_only(records, random):
    example, left_out = example_of(*records)
    keys = [job_order(each) for each in career(*records).jobs if each.is_valid]
    ends = [record["end"] for record in records if record["kind"] == "education"]
    assume(len(set(keys)) == len(keys) and len(set(ends)) == len(ends))
    shuffled = list(records)
    random.shuffle(shuffled)
    assert example_of(*shuffled) == (example, left_out)


@given(careers, dates, words)
def test_no_other_field_of_the_target_changes_the_example(records, start, word):
    person = [record for record in records if not (record["start" if record["kind"] == "job" else "end"] or "") >= start]
    assume(len(person) > 1)
    plain = example_of(*person, job(start, start))
    assume(isinstance(plain[0], Example))
    other = job(start, None, title=word, employer=word, industry=word, salary=word, note=word)
    assert example_of(*person, other) == plain
