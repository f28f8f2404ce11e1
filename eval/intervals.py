"""Scores of people → the 95 % interval of their mean."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

CONFIDENCE, RESAMPLES, SEED = 0.95, 9_999, 7
_DRAWS_AT_ONCE = 10_000_000  # of one person each: bounds the memory, whatever the size of the test


def interval(values: Sequence[float]) -> tuple[float, float]:
    """Return the 95 % interval of a mean over people.

    Wilson's for shares of 0 and 1; else the percentile bootstrap, seeded. Where all people score the same the bootstrap
    has nothing to say, and the interval is that point.
    """
    from scipy import stats

    if set(values) <= {0.0, 1.0}:
        low, high = stats.binomtest(int(sum(values)), len(values)).proportion_ci(CONFIDENCE, method="wilson")
    elif len(set(values)) == 1:
        low = high = values[0]
    else:
        low, high = stats.bootstrap(
            (values,),
            _mean,
            confidence_level=CONFIDENCE,
            n_resamples=RESAMPLES,
            batch=max(1, _DRAWS_AT_ONCE // len(values)),
            method="percentile",
            rng=SEED,
        ).confidence_interval
    return float(low), float(high)


def _mean(sample: Any, axis: int) -> Any:
    return sample.mean(axis=axis)
