"""What a source of careers is: a function that reads a user's files and yields careers coded in O*NET-SOC 2019.

A source yields sound careers and hands everything else to `rejects`, so that the counts add up: what breaks the format goes to
`rejects.add`, what is sound but of no use (a survey respondent who never worked) to `rejects.drop`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from prep.files.rejects import Rejects
from prep.onet.taxonomy import Taxonomy
from prep.schema.career import Career


@dataclass(frozen=True)
class Setting:
    """What a source may need beside its own file."""

    taxonomy: Taxonomy
    mapping: Path | None = None  # YAML that names the columns of a table
    crosswalks: Path | None = None  # folder of crosswalk files


class Source(Protocol):
    """Reads one format."""

    def __call__(self, path: Path, setting: Setting, rejects: Rejects) -> Iterator[tuple[str, Career]]:
        """Yield (where it stands in the source, career)."""
