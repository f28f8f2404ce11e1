"""Related match: credit for an occupation that O*NET lists as related to the true one (paper equations 10 and 11)."""

from __future__ import annotations

from collections.abc import Sequence


def related_match(truth: str, related: Sequence[str], answer: str | None) -> float:
    """Return 1/k where `answer` stands at rank k of [truth, *related], else 0.

    `related` are the related occupations of the truth, the closest first, so that O*NET's Index i is rank i + 1. All are
    titles, or all are codes; None is no answer. An occupation without related list has R = [truth].
    """
    ranking = [truth, *related]
    return 1 / (ranking.index(answer) + 1) if answer in ranking else 0.0
