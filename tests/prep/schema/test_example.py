import pytest
from pydantic import ValidationError

from prep.schema.example import Example

EXAMPLE = {
    "example_id": "a#1",
    "person_id": "a",
    "history": [{"kind": "education", "school": "S"}, {"kind": "job", "title": "Cook", "start": "2010", "shift": "late"}],
    "target": {"code": "35-2014.00", "title": "Cooks, Restaurant"},
    "split": "test",
}


def test_an_example_comes_back():
    example = Example.model_validate(EXAMPLE)
    assert example.history[1].extra == {"shift": "late"}
    assert Example.model_validate(example.to_json()) == example
    assert list(example.to_json()) == ["example_id", "person_id", "history", "target", "split"]


def test_an_example_of_the_users_own_needs_no_split():
    assert Example.model_validate({name: value for name, value in EXAMPLE.items() if name != "split"}).split is None


def test_a_history_may_be_empty():
    assert Example.model_validate({**EXAMPLE, "history": []}).history == ()


@pytest.mark.parametrize(
    "change",
    [
        {"example_id": ""},
        {"person_id": ""},
        {"split": "dev"},
        {"target": {"code": "35-2014.00"}},
        {"target": None},
        {"target": {"code": "35-2014.00", "title": "Cooks, Restaurant", "start": "2011"}},  # nothing else of the target is shown
        {"history": [{"kind": "hobby"}]},
        {"next_title": "Chef"},
    ],
)
def test_what_is_no_example(change):
    with pytest.raises(ValidationError, match=next(iter(change))):
        Example.model_validate({**EXAMPLE, **change})
