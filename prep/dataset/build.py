"""A judged run in; LLaMA-Factory JSON, its manifest and its entry in dataset_info.json out, equal to the byte each time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import orjson

from prep.dataset.accepted import Accepted, Selection, refuse_held_out, require_some, select_accepted
from prep.dataset.info import Stage, dataset_name, merge_entry
from prep.dataset.rows import preference_pair, sft_row
from prep.dataset.targets import Variant
from prep.errors import InputError
from prep.files.atomic import writing
from prep.files.manifest import Manifest, Work, is_done, read_manifest, sha256_file, write_manifest
from prep.files.names import beside
from prep.oracle.folder import RunFolder
from prep.prompts.template import generation_prompt
from prep.schema.example import Example

SFT_VARIANTS: tuple[Variant, ...] = ("joint", "reasoner", "predictor", "direct")
DPO_VARIANTS: tuple[Variant, ...] = ("joint", "reasoner")
People = Literal["accepted", "all"]


@dataclass(frozen=True)
class Judged:
    """A run as the builders see it."""

    folder: RunFolder
    inputs: dict[str, str]  # sha256 of the run's files, by role
    examples: tuple[Example, ...]
    selection: Selection
    threshold: float


def read_judged(folder: RunFolder, threshold: float) -> Judged:
    """Read a run.

    Raises InputError where it is incomplete, holds people who are held out, or was judged before its attempts changed.
    """
    examples = folder.read_examples()
    refuse_held_out(examples)
    selection = select_accepted(examples, folder.read_candidates(), folder.read_judgements(), threshold)
    files = {"examples": folder.examples, "candidates": folder.candidates, "judgements": folder.judgements}
    inputs = {role: sha256_file(path) for role, path in files.items()}
    _refuse_stale_judgements(folder, inputs["candidates"])
    return Judged(folder, inputs, tuple(examples), selection, threshold)


def build_sft(
    run: Judged, variants: Sequence[Variant], folder: Path, *, people: People = "accepted", overwrite: bool = False
) -> dict[str, Any]:
    """Write the SFT data of each variant; `people` all gives direct, which needs no reason, everybody of the run.

    Raises UserError where nobody was accepted.
    """
    result: dict[str, Any] = run.selection.counts()
    for variant in variants:
        who = people if variant == "direct" else "accepted"
        name = dataset_name(variant, "sft")
        if who == "all":
            rows = (sft_row(variant, example, "") for example in run.examples)
        else:
            require_some(run.selection.people, run.selection, run.threshold, name)
            rows = (sft_row(variant, person.example, person.chosen.reason) for person in run.selection.people)
        result[name] = _write(run, variant, "sft", rows, {"people": who}, folder, overwrite)
    return {**result, "folder": str(folder)}


def build_dpo(run: Judged, variants: Sequence[Variant], folder: Path, *, seed: int, overwrite: bool = False) -> dict[str, Any]:
    """Write the preference pairs of each variant. Raises UserError where there is not one pair."""
    pairable: tuple[Accepted, ...] = tuple(person for person in run.selection.people if person.wrong)
    result: dict[str, Any] = {
        **run.selection.counts(),
        "accepted_without_a_wrong_attempt": len(run.selection.people) - len(pairable),
    }
    for variant in variants:
        name = dataset_name(variant, "dpo")
        require_some(pairable, run.selection, run.threshold, name)
        rows = (pair for person in pairable if (pair := preference_pair(variant, person, seed)))
        result[name] = _write(run, variant, "dpo", rows, {"seed": seed}, folder, overwrite)
    return {**result, "folder": str(folder)}


def _write(
    run: Judged,
    variant: Variant,
    stage: Stage,
    rows: Iterable[dict[str, str]],
    settings: dict[str, Any],
    folder: Path,
    overwrite: bool,
) -> int:
    name = dataset_name(variant, stage)
    output, manifest = folder / f"{name}.json", folder / f"{name}.manifest.json"
    prompt = generation_prompt(variant).sha256
    work = Work(
        command=f"prep build-{stage}",
        settings={"variant": variant, "threshold": run.threshold, "prompt_sha256": prompt, **settings},
        inputs=run.inputs,
    )
    if not is_done(manifest, work, [output], overwrite):
        write_manifest(manifest, Manifest(work=work), [])  # a run that is stopped from here on can be run again
        counts = {**run.selection.counts(), "rows": _write_json(output, rows)}
        write_manifest(manifest, Manifest(work=work, sources={"run": str(run.folder.path)}, counts=counts), [output])
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


def _refuse_stale_judgements(folder: RunFolder, candidates: str) -> None:
    manifest = beside(folder.judgements, "manifest.json")
    if manifest.is_file() and read_manifest(manifest).work.inputs.get("candidates", candidates) != candidates:
        raise InputError(
            f"{folder.path}: {folder.candidates.name} has changed since it was judged.",
            f"Run `prep judge {folder.path} …` again: it asks only for the scores that are missing.",
        )
