"""A judged run in; LLaMA-Factory JSON, its manifest and its entry in dataset_info.json out, equal to the byte each time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from prep.dataset.accepted import Selection, refuse_held_out, require_some, select_accepted
from prep.dataset.info import Stage, dataset_name, merge_entry
from prep.dataset.rows import preference_pair, sft_row
from prep.dataset.targets import Variant
from prep.files.atomic import writing
from prep.files.jsonl import read_rows
from prep.files.manifest import Manifest, Work, is_done, read_manifest, sha256_file, write_manifest
from prep.oracle.folder import RunFolder
from prep.prompts.template import generation_prompt
from prep.schema.example import Example

SFT_VARIANTS: tuple[Variant, ...] = ("joint", "reasoner", "predictor", "direct")
DPO_VARIANTS: tuple[Variant, ...] = ("joint", "reasoner")


@dataclass(frozen=True)
class Judged:
    """A run as the builders see it."""

    folder: RunFolder
    inputs: dict[str, str]  # sha256 of the run's files, by role
    selection: Selection
    threshold: float

    def origin(self, **settings: Any) -> Origin:
        """Return the run as the origin of a dataset."""
        return Origin({"threshold": self.threshold, **settings}, self.inputs, {"run": str(self.folder.path)})


@dataclass(frozen=True)
class Origin:
    """What a dataset is made of: settings, and the sha256 and the paths of what was read."""

    settings: dict[str, Any]
    inputs: dict[str, str]
    sources: dict[str, str]


def read_judged(folder: RunFolder, threshold: float) -> Judged:
    """Read a run.

    Raises InputError where it is incomplete, holds people who are held out, or one of its files is older than what it is made of.
    """
    examples = folder.read_examples()
    refuse_held_out(examples)
    selection = select_accepted(examples, folder.read_candidates(examples), folder.read_judgements(), threshold)
    folder.refuse_stale()
    files = {"examples": folder.examples, "candidates": folder.candidates, "judgements": folder.judgements}
    return Judged(folder, {role: sha256_file(path) for role, path in files.items()}, selection, threshold)


def build_sft(run: Judged, variants: Sequence[Variant], folder: Path, *, overwrite: bool = False) -> dict[str, Any]:
    """Write the SFT data of the accepted people, for each variant. Raises UserError where nobody was accepted."""
    counts: dict[str, int] = run.selection.counts()
    result: dict[str, Any] = dict(counts)
    for variant in variants:
        name = dataset_name(variant, "sft")
        require_some(run.selection.people, run.selection, run.threshold, name)
        rows = (sft_row(variant, person.example, person.chosen.reason) for person in run.selection.people)
        result[name] = _write(variant, "sft", rows, run.origin(people="accepted"), counts, folder, overwrite)
    return {**result, "folder": str(folder)}


def build_direct(examples: Path, folder: Path, *, overwrite: bool = False) -> dict[str, Any]:
    """Write the SFT data of direct, which needs no reason, for everybody in `examples`, accepted or not.

    Raises InputError where somebody there is held out.
    """
    refuse_held_out(read_rows(examples, Example))
    rows = (sft_row("direct", example, "") for example in read_rows(examples, Example))
    origin = Origin({"people": "all"}, {"examples": sha256_file(examples)}, {"examples": str(examples)})
    return {dataset_name("direct", "sft"): _write("direct", "sft", rows, origin, {}, folder, overwrite), "folder": str(folder)}


def build_dpo(run: Judged, variants: Sequence[Variant], folder: Path, *, seed: int, overwrite: bool = False) -> dict[str, Any]:
    """Write the preference pairs of each variant. Raises UserError where there is not one pair."""
    accepted = run.selection.people
    pairable = tuple(person for person in accepted if person.rejectable)
    counts = {
        **run.selection.counts(),
        "accepted_without_a_wrong_attempt": sum(not person.wrong for person in accepted),
        "accepted_without_another_reason": sum(bool(person.wrong and not person.rejectable) for person in accepted),
    }
    result: dict[str, Any] = dict(counts)
    for variant in variants:
        name = dataset_name(variant, "dpo")
        require_some(pairable, run.selection, run.threshold, name)
        rows = (pair for person in pairable if (pair := preference_pair(variant, person, seed)))
        result[name] = _write(variant, "dpo", rows, run.origin(seed=seed), counts, folder, overwrite)
    return {**result, "folder": str(folder)}


def _write(
    variant: Variant,
    stage: Stage,
    rows: Iterable[dict[str, str]],
    origin: Origin,
    counts: dict[str, int],
    folder: Path,
    overwrite: bool,
) -> int:
    name = dataset_name(variant, stage)
    output, manifest = folder / f"{name}.json", folder / f"{name}.manifest.json"
    settings = {"variant": variant, "prompt_sha256": generation_prompt(variant).sha256, **origin.settings}
    work = Work(command=f"prep build-{stage}", settings=settings, inputs=origin.inputs)
    if not is_done(manifest, work, [output], overwrite):
        write_manifest(manifest, Manifest(work=work), [])  # a run that is stopped from here on can be run again
        complete = {**counts, "rows": _write_json(output, rows)}
        write_manifest(manifest, Manifest(work=work, sources=origin.sources, counts=complete), [output])
    merge_entry(folder, name, stage)
    rows_written: int = read_manifest(manifest).counts["rows"]
    return rows_written


def _write_json(path: Path, rows: Iterable[dict[str, str]]) -> int:
    count = 0
    with writing(path) as stream:
        for row in rows:
            stream.write((b",\n" if count else b"[\n") + orjson.dumps(row))
            count += 1
        stream.write(b"\n]\n")
    return count
