from hypothesis import given
from hypothesis import strategies as st

from prep.lint.losses import kept_lengths, losses

lengths = st.integers(1, 6000)


@given(lengths, lengths, st.integers(16, 4096))
def test_what_is_kept_fits_and_is_no_more_than_there_was(prompt, answer, cutoff):
    kept_prompt, kept_answer = kept_lengths(prompt, answer, cutoff)
    assert 0 <= kept_prompt <= prompt
    assert 0 <= kept_answer <= answer
    assert kept_prompt + kept_answer <= cutoff


@given(lengths, lengths, st.integers(16, 4096))
def test_a_row_loses_something_exactly_where_it_does_not_fit(prompt, answer, cutoff):
    assert bool(losses(prompt, answer, cutoff)) == (prompt + answer > cutoff)


def test_a_long_prompt_loses_its_question():
    assert losses(3000, 200, 2048) == ["the last 1152 tokens of the prompt, the question among them"]


def test_a_long_answer_loses_its_end():
    assert losses(100, 3000, 2048) == ["the last 1052 tokens of the answer, its end token among them"]


def test_two_long_halves_lose_both():
    assert len(losses(3000, 3000, 2048)) == 2
