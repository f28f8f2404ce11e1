"""The O*NET facts that ship with the package → a Taxonomy without alternate titles.

All 1,016 codes and titles, and the related lists of the occupations that samples/ uses. Attribution: NOTICE.
"""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

from prep.onet.taxonomy import Taxonomy, build_taxonomy

FACTS = Path(__file__).parent / "facts"
RELEASE = "O*NET 29.3, the facts that ship with nextocc"


def packaged_taxonomy() -> Taxonomy:
    """Read the facts in `prep/onet/facts/`."""
    related = ((code, other, tier, int(index)) for code, other, tier, index in _rows("related_of_samples.csv"))
    taxonomy = build_taxonomy(RELEASE, ((code, title) for code, title in _rows("occupations.csv")), (), related)
    # A list that is not shipped must not be taken for a list that O*NET leaves empty.
    return replace(taxonomy, related_complete=False)


def _rows(name: str) -> list[list[str]]:
    with (FACTS / name).open(newline="", encoding="utf-8") as stream:
        return list(csv.reader(stream))[1:]
