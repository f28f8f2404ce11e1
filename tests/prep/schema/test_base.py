import pytest
from pydantic import ValidationError

from prep.schema.base import explain
from prep.schema.career import Career
from prep.schema.run import Judgement


def problem(row_type, value):
    with pytest.raises(ValidationError) as caught:
        row_type.model_validate(value)
    return explain(caught.value)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ({"records": [{"kind": "job"}]}, "person_id: Field required"),
        (
            {"person_id": "a", "records": [{"kind": "job"}, {"kind": "job", "end": "x"}]},
            "records[1].end: 'x' is no date; write YYYY",
        ),
        ({"person_id": "a", "records": [{"kind": "education", "end": "x"}]}, "records[0].end: 'x' is no date"),
        (
            {"person_id": "a", "records": [{"title": "Cook"}]},
            'records[0]: the record does not say its kind; write "kind": "job" or "kind": "education"',
        ),
        (
            {"person_id": "a", "records": [{"kind": "job"}, {"kind": "hobby"}]},
            'records[1]: there is no kind \'hobby\'; write "kind": "job" or "kind": "education"',
        ),
        (
            {"person_id": "a", "records": [{"kind": "job", "start": 2010.5}]},
            "records[0].start: 2010.5 is no date; write YYYY, YYYY-MM or YYYY-MM-DD",
        ),
        (
            {"person_id": "a", "records": [{"kind": "job", "start": "2010", "end": "2009"}]},
            "records[0]: the job ends (2009) before",
        ),
        ({"person_id": "a", "records": []}, "records: a has no job; a career needs at least one"),
        ("text", "Input should be a valid dictionary"),
    ],
)
def test_a_mistake_is_said_with_its_field_as_the_file_writes_it(value, said):
    assert problem(Career, value).startswith(said)
    assert "\n" not in problem(Career, value)


def test_the_number_of_further_mistakes_is_said():
    assert problem(Career, {}) == "person_id: Field required (and 1 more)"
    assert problem(Judgement, {}).endswith("(and 6 more)")


def test_unknown_fields_of_our_own_files_are_mistakes():
    row = {"example_id": "a", "attempt": 0, "dimension": "utility", "score": 4, "justification": "", "judge": "m"}
    assert (
        problem(Judgement, {**row, "prompt_sha256": "", "grade": 4})
        == "grade: there is no such field; mend its name or remove it"
    )


def test_a_row_cannot_be_changed():
    career = Career.model_validate({"person_id": "a", "records": [{"kind": "job"}]})
    with pytest.raises(ValidationError, match="frozen"):
        career.person_id = "b"
