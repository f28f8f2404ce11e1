"""careers.jsonl as nextocc writes it, from a user → careers with labels of the taxonomy, records oldest first."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from prep.files.jsonl import read_rows_or_reject
from prep.files.rejects import Rejects
from prep.schema.career import Career
from prep.sources.base import Setting
from prep.sources.coding import label_problem
from prep.sources.order import oldest_first


def read_jsonl(path: Path, setting: Setting, rejects: Rejects) -> Iterator[tuple[str, Career]]:
    """Yield the careers of a JSON Lines or Parquet file with the schema of careers.jsonl."""
    for where, career in read_rows_or_reject(path, Career, rejects):
        problem = label_problem(career, setting.taxonomy)
        if problem:
            rejects.add(where, problem, career.to_json())
        else:
            yield where, career.model_copy(update={"records": tuple(oldest_first(career.records))})
