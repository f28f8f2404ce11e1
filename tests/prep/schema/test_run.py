import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from prep.schema.run import DIMENSIONS, Candidate, Judgement

JUDGEMENT = {
    "example_id": "a",
    "attempt": 0,
    "dimension": "utility",
    "score": 4,
    "justification": "j",
    "judge": "m",
    "prompt_sha256": "0",
}
CANDIDATE = {
    "example_id": "a",
    "attempt": 0,
    "reason": "r",
    "answer": "x",
    "occupation": None,
    "correct": False,
    "sampled": False,
    "model": "m",
    "prompt_sha256": "0",
    "usage": {"prompt_tokens": 5},
}


@pytest.mark.parametrize("score", [1, 5, 3.5, 1.0])
def test_a_score_from_1_to_5(score):
    assert Judgement(**{**JUDGEMENT, "score": score}).score == score
    assert Judgement.model_validate_json(json.dumps({**JUDGEMENT, "score": score})).score == score


@pytest.mark.parametrize(
    "score", [0, 6, 0.99, 5.01, -1, float("nan"), float("inf"), "4/5", "4", "four", True, None, [4], {"score": 4}]
)
def test_whatever_else_is_no_score(score):
    with pytest.raises(ValidationError, match="score"):
        Judgement(**{**JUDGEMENT, "score": score})
    with pytest.raises(ValidationError, match="score"):
        Judgement.model_validate_json(json.dumps({**JUDGEMENT, "score": score}))


@given(st.floats() | st.integers())
def test_a_number_is_a_score_exactly_where_it_lies_between_1_and_5(number):
    try:
        Judgement(**{**JUDGEMENT, "score": number})
    except ValidationError:
        assert not 1 <= number <= 5
    else:
        assert 1 <= number <= 5


@pytest.mark.parametrize("change", [{"attempt": -1}, {"dimension": "style"}, {"justification": None}])
def test_what_is_no_judgement(change):
    with pytest.raises(ValidationError, match=next(iter(change))):
        Judgement(**{**JUDGEMENT, **change})


def test_the_dimensions_are_those_of_a_judgement():
    assert [Judgement(**{**JUDGEMENT, "dimension": each}).dimension for each in DIMENSIONS] == [
        "factuality",
        "coherence",
        "utility",
    ]


def test_a_candidate_comes_back():
    candidate = Candidate(**CANDIDATE)
    assert candidate.usage.completion_tokens is None
    assert Candidate.model_validate(candidate.to_json()) == candidate


@pytest.mark.parametrize("missing", sorted(CANDIDATE))
def test_every_field_of_a_candidate_is_written(missing):
    with pytest.raises(ValidationError, match=missing):
        Candidate(**{name: value for name, value in CANDIDATE.items() if name != missing})
