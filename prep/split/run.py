"""careers.jsonl in; train.jsonl, valid.jsonl and test.jsonl out: people held out by seed, before any LLM sees one.

Memory holds the ids of the people, not their careers: the examples wait in an unnamed file until everybody is known.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any, get_args

import orjson

from prep.draw import lot
from prep.errors import InputError, UserError
from prep.files.atomic import writing
from prep.files.jsonl import encode, read_rows_or_reject
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
    people: set[str] = set()
    usable: list[str] = []
    folder.mkdir(parents=True, exist_ok=True)
    with TemporaryFile(dir=folder) as waiting:
        with Rejects(folder / "split.jsonl") as rejects:
            for example in _examples(source, bounds, rejects, left_out, people):
                usable.append(example.person_id)
                waiting.write(encode(example.to_json()))
        if rejects.malformed:
            raise InputError(
                f"{rejects.first}\n{rejects.malformed} malformed, nothing split.", f"See {rejects.path}; run `prep ingest` again."
            )
        held_out = _hold_out_some(usable, test_size, validation_size, seed, rejects)
        write_manifest(manifest, Manifest(work=work), [])  # a run that is stopped from here on can be run again
        for name in NAMES:
            if overwrite and name not in files:  # an older split's people would stand in training now
                (folder / f"{name}.jsonl").unlink(missing_ok=True)
        waiting.seek(0)
        written = _write_sides(waiting, held_out, files)
    counts = {"people_in": len(people), "left_out": dict(rejects.dropped), **written, "not_shown": dict(+left_out)}
    write_manifest(manifest, Manifest(work=work, sources={"careers": str(source)}, counts=counts), list(files.values()))
    return {**counts, "folder": str(folder)}


def _hold_out_some(
    people: Collection[str], test_size: int, validation_size: int, seed: int, rejects: Rejects
) -> dict[str, Split]:
    try:
        return hold_out(people, test_size, validation_size, seed)
    except UserError as error:
        lost = "; ".join(f"{count} people have {reason}" for reason, count in rejects.dropped.items())
        why = f"\n{lost}: see their dates and occupations in the careers file." if lost else ""
        raise UserError(f"{error.problem}{why}", error.fix) from None


def hold_out(people: Collection[str], test_size: int, validation_size: int, seed: int) -> dict[str, Split]:
    """Return the side of everybody who is held out, by person_id; it depends on the seed and who there is, not on their order.

    Raises UserError where nobody would be left to train on.
    """
    if test_size + validation_size >= len(people):
        raise UserError(
            f"{len(people)} people have a usable career; holding out {test_size} + {validation_size} leaves none to train on.",
            "Lower --test-size and --validation-size, widen --min-jobs and --max-jobs, or bring more careers.",
        )
    ranked = sorted(people, key=lambda person: lot(seed, person))[: test_size + validation_size]
    return {person: "test" if rank < test_size else "valid" for rank, person in enumerate(ranked)}


def _examples(source: Path, bounds: Bounds, rejects: Rejects, left_out: Counter[str], people: set[str]) -> Iterator[Example]:
    for where, career in read_rows_or_reject(source, Career, rejects):
        if career.person_id in people:
            rejects.add(where, f"person_id: {career.person_id!r} comes twice", {"person_id": career.person_id})
            continue
        people.add(career.person_id)
        example = to_example(career, bounds, left_out)
        if isinstance(example, Example):
            yield example
        else:
            rejects.drop(where, example, {"person_id": career.person_id})


def _write_sides(lines: Iterable[bytes], held_out: Mapping[str, Split], files: Mapping[Split, Path]) -> dict[str, int]:
    counts: dict[str, int] = dict.fromkeys(files, 0)
    with ExitStack() as stack:
        streams = {name: stack.enter_context(writing(path)) for name, path in files.items()}
        for line in lines:
            row = orjson.loads(line)
            side = held_out.get(row["person_id"], "train")
            streams[side].write(encode({**row, "split": side}))
            counts[side] += 1
    return counts
