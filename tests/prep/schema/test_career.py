import json

import pytest
from pydantic import ValidationError

from prep.schema.career import Career, Coding, Education, Job

JOB = {"kind": "job", "title": "Cook"}


def career(*records, **fields):
    return Career.model_validate({"person_id": "a", "records": list(records or [JOB]), **fields})


def test_a_line_of_the_design():
    line = {
        "person_id": "a",
        "records": [
            {"kind": "education", "school": "S", "degree": "BA", "major": None, "end": "2001"},
            {
                "kind": "job",
                "title": "Cook",
                "employer": "E",
                "occupation": {"code": "35-2014.00", "title": "Cooks, Restaurant", "method": "given", "score": 0.5},
                "industry": None,
                "start": "2001-09",
                "end": "2004-08-31",
                "salary": "US$ 20 an hour",
            },
        ],
    }
    assert Career.model_validate(line).to_json() == line
    assert [list(record) for record in Career.model_validate(line).to_json()["records"]] == [
        list(each) for each in line["records"]
    ]


def test_all_but_the_kind_may_be_null_or_absent():
    whole = career({"kind": "education"}, {"kind": "job", **dict.fromkeys(set(Job.model_fields) - {"kind"})})
    assert whole.records == (Education(), Job())


def test_unknown_fields_are_kept_under_extra_at_their_own_level():
    whole = career({**JOB, "grade": 4}, {"kind": "education", "title": "Dr"}, region="North")
    assert whole.extra == {"region": "North"}
    assert [record.extra for record in whole.records] == [{"grade": 4}, {"title": "Dr"}]
    assert whole.to_json()["extra"] == {"region": "North"}
    assert Career.model_validate(whole.to_json()) == whole


def test_unknown_fields_of_an_occupation_are_kept_with_it():
    occupation = {"code": "35-2014.00", "title": "Cooks, Restaurant", "vintage": 2019}
    (job,) = career({**JOB, "occupation": occupation}).jobs
    assert job.occupation.extra == {"vintage": 2019}
    assert Job.model_validate(job.to_json()) == job
    assert "extra" not in Coding(code="35-2014.00", title="Cooks, Restaurant").to_json()


def test_a_year_may_be_a_number():
    line = {"person_id": "a", "records": [{"kind": "education", "end": 1999}, {"kind": "job", "start": 2010, "end": None}]}
    study, job = Career.model_validate_json(json.dumps(line)).records
    assert (study.end, job.start, job.end) == ("1999", "2010", None)


def test_unknown_fields_join_what_is_under_extra():
    assert career(region="North", extra={"town": "Ode"}).extra == {"region": "North", "town": "Ode"}
    assert list(career(region="North").to_json()) == ["person_id", "records", "extra"]


def test_an_unknown_field_does_not_overwrite_one_under_extra():
    with pytest.raises(ValidationError, match="region stands beside `extra` and in it"):
        career(region="North", extra={"region": "South"})


def test_a_field_under_extra_may_have_the_name_of_one_of_ours():
    record = Job(title="Cook", extra={"title": "Chef", "start": "never"})
    assert (record.title, record.start) == ("Cook", None)
    assert Job.model_validate(record.to_json()) == record


@pytest.mark.parametrize("fields", [{"extra": None}, {"extra": {}}, {"extra": {"region": None}}, {"region": None}])
def test_nothing_is_written_where_nothing_is_kept(fields):
    assert career(**fields).to_json() == career().to_json()
    assert "extra" not in career(**fields).to_json()


@pytest.mark.parametrize("extra", [5, "text", [], 0, ""])
@pytest.mark.parametrize("others", [{}, {"region": "North"}])
def test_an_extra_that_is_no_object_is_a_mistake(extra, others):
    with pytest.raises(ValidationError, match="extra"):
        career(extra=extra, **others)


@pytest.mark.parametrize("records", [[], [{"kind": "education"}]])
def test_a_career_has_a_job(records):
    with pytest.raises(ValidationError, match="a has no job"):
        Career.model_validate({"person_id": "a", "records": records})


@pytest.mark.parametrize("name", ["", None, 5])
def test_a_career_has_a_person(name):
    with pytest.raises(ValidationError, match="person_id"):
        career(person_id=name)


@pytest.mark.parametrize(
    ("start", "end"), [("2010", "2009"), ("2010-05", "2010-04"), ("2010-05-02", "2010-05-01"), ("2010-05", "2009")]
)
def test_a_job_does_not_end_before_it_starts(start, end):
    with pytest.raises(ValidationError, match=rf"ends \({end}\) before it starts \({start}\)"):
        Job(start=start, end=end)


@pytest.mark.parametrize(
    ("start", "end"), [("2010", "2010"), ("2010-05", "2010"), ("2010", "2010-01"), (None, "2009"), ("2010", None)]
)
def test_a_job_may_end_within_what_its_dates_leave_open(start, end):
    assert Job(start=start, end=end).end == end


def test_only_a_dated_and_classified_job_is_valid():
    coding = Coding(code="35-2014.00", title="Cooks, Restaurant")
    assert Job(start="2010", occupation=coding).is_valid
    assert not Job(start="2010").is_valid
    assert not Job(occupation=coding).is_valid


@pytest.mark.parametrize("score", [-0.1, 1.1, 87, float("nan")])
def test_how_sure_a_coding_is_lies_between_0_and_1(score):
    with pytest.raises(ValidationError, match="score"):
        Coding(code="c", title="t", score=score)


def test_jobs_are_those_of_the_records_in_their_order():
    whole = career({"kind": "job", "title": "1"}, {"kind": "education"}, {"kind": "job", "title": "2"})
    assert [job.title for job in whole.jobs] == ["1", "2"]
