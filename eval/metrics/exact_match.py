"""Exact match: the share of people whose next occupation was named (paper equation 9)."""

from __future__ import annotations


def exact_match(truth: str, answer: str | None) -> float:
    """Return 1 where `answer` is the true occupation, else 0. Both are titles, or both are codes; None is no answer."""
    return float(answer == truth)
