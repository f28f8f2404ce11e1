"""Intervals against published values, and what they must hold whatever the scores."""

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eval import intervals
from eval.intervals import interval


@pytest.mark.parametrize(
    ("hits", "of", "low", "high"),
    # Newcombe, Statistics in Medicine 17 (1998), table I, method 3 (score without continuity correction)
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0000, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson(hits, of, low, high):
    assert interval([1.0] * hits + [0.0] * (of - hits)) == pytest.approx((low, high), abs=5e-5)


shares = st.lists(st.sampled_from([0.0, 1 / 4, 1 / 3, 1 / 2, 1.0]), min_size=1, max_size=30)


@settings(max_examples=15)
@given(shares)
def test_the_mean_lies_within(values):
    low, high = interval(values)
    assert 0 <= low <= sum(values) / len(values) + 1e-12
    assert sum(values) / len(values) - 1e-12 <= high <= 1


def test_the_bootstrap_is_seeded_and_near_the_normal_interval():
    random = Random(7)
    values = [random.choice([0.0, 0.0, 1 / 3, 1 / 2, 1.0]) for _ in range(400)]
    mean = sum(values) / 400
    half = 1.96 * (sum((value - mean) ** 2 for value in values) / 399 / 400) ** 0.5
    assert interval(values) == interval(values) == pytest.approx((mean - half, mean + half), abs=0.005)


def test_the_memory_of_the_bootstrap_does_not_change_it(monkeypatch):
    values = [0.0, 1 / 2, 1.0, 1 / 3] * 5
    whole = interval(values)
    monkeypatch.setattr(intervals, "_DRAWS_AT_ONCE", 1000)
    assert interval(values) == whole


def test_equal_credit_for_everybody_is_a_point():
    assert interval([1 / 2] * 10) == (0.5, 0.5)
