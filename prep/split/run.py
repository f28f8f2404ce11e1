"""careers.jsonl in; train.jsonl, valid.jsonl and test.jsonl out: people held out by seed, before any LLM sees one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any, get_args

from prep.draw import lot
from prep.errors import InputError, UserError
from prep.files.jsonl import read_rows_or_reject, write_rows
from prep.files.manifest import Manifest, Work, is_done, read_manifest, sha256_file, write_manifest
from prep.files.rejects import Rejects
from prep.schema.career import Career
from prep.schema.example import Example, Split
from prep.split.example import Bounds, to_example

NAMES: tuple[Split, ...] = get_args(Split)


def split_careers(
    source: Path, folder: Path, bounds: Bounds, *, test_size: int, validation_size: int, seed: int, overwrite: bool = False
) -> dict[str, Any]:
    """Write the three files to `folder` and return the counts.

    Raises UserError where fewer people are left than are to be held out, InputError where a line is malformed or a person
    comes twice; the sound ones are not split then, since a later correction would move people between the sides.
    """
    settings = {"test_size": test_size, "validation_size": validation_size, "seed": seed, **vars(bounds)}
    if not source.is_file():
        raise InputError(f"{source}: there is no such file.", "Run `prep ingest` first.")
    work = Work(command="prep split", settings=settings, inputs={"careers": sha256_file(source)})
    sizes: dict[Split, int] = {"train": 1, "valid": validation_size, "test": test_size}
    files = {name: folder / f"{name}.jsonl" for name in NAMES if sizes[name]}
    manifest = folder / "split.manifest.json"
    if is_done(manifest, work, list(files.values()), overwrite):
        return {"nothing_to_do": True, **read_manifest(manifest).counts, "folder": str(folder)}
    left_out: Counter[str] = Counter()
    people = 0
    examples: dict[str, Example] = {}
    with Rejects(folder / "split.jsonl") as rejects:
        for where, career in read_rows_or_reject(source, Career, rejects):
            people += 1
            example = to_example(career, bounds, left_out)
            if isinstance(example, str):
                rejects.drop(where, example, {"person_id": career.person_id})
            elif career.person_id in examples:
                rejects.add(where, f"person_id: {career.person_id!r} comes twice", {"person_id": career.person_id})
            else:
                examples[career.person_id] = example
    if rejects.malformed:
        raise InputError(
            f"{rejects.first}\n{rejects.malformed} malformed, nothing split.", f"See {rejects.path}; run `prep ingest` again."
        )
    sides = hold_out(examples.values(), test_size, validation_size, seed)
    written = {name: write_rows(path, sides[name]) for name, path in files.items()}
    counts: dict[str, Any] = {"people_in": people, "left_out": dict(rejects.dropped), **written, "not_shown": dict(+left_out)}
    write_manifest(manifest, Manifest(work=work, sources={"careers": str(source)}, counts=counts), list(files.values()))
    return {**counts, "folder": str(folder)}


def hold_out(examples: Iterable[Example], test_size: int, validation_size: int, seed: int) -> dict[Split, list[Example]]:
    """Return the examples of each side, in their given order; who is held out depends on (seed, person_id) alone.

    Raises UserError where nobody would be left to train on.
    """
    examples = list(examples)
    if test_size + validation_size >= len(examples):
        raise UserError(
            f"{len(examples)} people have a usable career; holding out {test_size} + {validation_size} leaves none to train on.",
            "Lower --test-size and --validation-size, widen --min-jobs and --max-jobs, or bring more careers.",
        )
    ranked = sorted(examples, key=lambda example: lot(seed, example.person_id))
    test = {example.person_id for example in ranked[:test_size]}
    valid = {example.person_id for example in ranked[test_size : test_size + validation_size]}
    sides: dict[Split, list[Example]] = {name: [] for name in NAMES}
    for example in examples:
        side: Split = "test" if example.person_id in test else "valid" if example.person_id in valid else "train"
        sides[side].append(example.model_copy(update={"split": side}))
    return sides
