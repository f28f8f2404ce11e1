"""What `prep ingest` can be told, by name. It imports nothing: the help of the command shows it."""

from __future__ import annotations

FORMATS = ("jsonl", "csv", "nlsy97")

# our fields that a column of a CSV file may hold
FIELDS = (
    "person_id",
    "kind",
    "school",
    "degree",
    "major",
    "title",
    "employer",
    "occupation",
    "industry",
    "start",
    "end",
    "salary",
)
