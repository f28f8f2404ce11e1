"""Seeded draws that depend on names alone: the order of the input, the machine and what else is drawn make no difference.

Every candidate of a draw gets a number from the hash of (seed, names); the lowest wins. So a draw among more candidates
changes only where a new one wins.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from typing import TypeVar

T = TypeVar("T")


def lot(seed: int, *names: object) -> bytes:
    """Return the lot of (seed, names): bytes that are spread evenly and compare like numbers."""
    return hashlib.sha256("\x1f".join(map(str, (seed, *names))).encode()).digest()


def draw(items: Iterable[T], seed: int, name: Callable[[T], tuple[object, ...]]) -> T | None:
    """Return one of `items`, each with the same chance; None where there are none. `name` tells them apart."""
    return min(items, key=lambda item: lot(seed, *name(item)), default=None)
