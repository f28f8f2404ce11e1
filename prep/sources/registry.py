"""The formats that `prep ingest` reads, by name."""

from __future__ import annotations

from pathlib import Path

from prep.errors import UserError
from prep.files.jsonl import read_lines
from prep.sources.base import Source
from prep.sources.csv import read_csv
from prep.sources.formats import FORMATS
from prep.sources.jsonl import read_jsonl
from prep.sources.nlsy97 import COLUMNS as NLSY97_COLUMNS
from prep.sources.nlsy97 import read_nlsy97
from prep.sources.table import header

SOURCES: dict[str, Source] = {"jsonl": read_jsonl, "csv": read_csv, "nlsy97": read_nlsy97}


def recognise(path: Path) -> str:
    """Return the name of the format that `path` is written in.

    Raises UserError where none fits.
    """
    name = path.name.removesuffix(".gz")
    if name.endswith(".csv"):
        return "nlsy97" if set(NLSY97_COLUMNS) <= set(header(path)) else "csv"
    if name.endswith((".jsonl", ".parquet")):
        first = next(read_lines(path))
        if first.problem or (isinstance(first.value, dict) and "records" in first.value):  # the reader says what is broken
            return "jsonl"
    raise UserError(f"{path}: the format is not recognised.", f"Name it with --format: {', '.join(FORMATS)}.")
