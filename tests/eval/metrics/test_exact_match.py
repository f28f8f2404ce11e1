import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.metrics.exact_match import exact_match


@pytest.mark.parametrize(
    ("answer", "score"), [("Actors", 1.0), ("actors", 0.0), ("Actors ", 0.0), ("Actor", 0.0), ("", 0.0), (None, 0.0)]
)
def test_letter_by_letter(answer, score):
    assert exact_match("Actors", answer) == score


@given(st.text(), st.text() | st.none())
def test_one_or_nothing(truth, answer):
    assert exact_match(truth, truth) == 1.0
    assert exact_match(truth, answer) == (1.0 if answer == truth else 0.0)
