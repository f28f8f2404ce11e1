import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.metrics.exact_match import exact_match
from eval.metrics.related_match import related_match


@pytest.mark.parametrize(
    ("answer", "score"), [("truth", 1), ("first", 1 / 2), ("second", 1 / 3), ("third", 1 / 4), ("none", 0), ("", 0), (None, 0)]
)
def test_the_index_of_the_list_is_one_less_than_the_rank(answer, score):
    assert related_match("truth", ["first", "second", "third"], answer) == score


def test_an_occupation_without_list_is_related_to_itself_alone():
    assert related_match("truth", [], "truth") == 1
    assert related_match("truth", [], "other") == 0


names = st.text(max_size=2)


@given(names, st.lists(names, unique=True, max_size=20), names | st.none())
def test_credit_falls_with_the_rank_and_is_never_below_exact_match(truth, related, answer):
    score = related_match(truth, related, answer)
    assert exact_match(truth, answer) <= score <= 1
    assert (score == 1) is (answer == truth)
    assert (score > 0) is (answer is not None and answer in {truth, *related})
    ranked = [related_match(truth, related, each) for each in related if each != truth]
    assert ranked == sorted(ranked, reverse=True)
