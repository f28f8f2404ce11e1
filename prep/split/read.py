"""A file of examples, checked against the taxonomy that their targets come from."""

from __future__ import annotations

from pathlib import Path

from prep.errors import InputError
from prep.files.jsonl import read_rows
from prep.onet.taxonomy import Taxonomy
from prep.schema.example import Example


def read_examples(source: Path, taxonomy: Taxonomy, limit: int | None = None) -> list[Example]:
    """Read examples whose targets are occupations of `taxonomy`.

    Raises InputError at a malformed line, a target outside the taxonomy, or an example_id that comes twice.
    """
    examples: dict[str, Example] = {}
    for example in read_rows(source, Example):
        if limit is not None and len(examples) == limit:
            break
        if taxonomy.by_code(example.target.code) != example.target:
            target = f"{example.target.code} ({example.target.title})"
            raise InputError(
                f"{source}: the target {target} of {example.example_id} is not in {taxonomy.release}.",
                "Pass --onet with the release that the data was coded with.",
            )
        if example.example_id in examples:
            raise InputError(f"{source}: {example.example_id} comes twice.", "Give every example an id of its own.")
        examples[example.example_id] = example
    return list(examples.values())
