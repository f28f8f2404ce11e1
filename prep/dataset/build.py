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
from prep.files.atomic import writing
from prep.files.manifest import Manifest, Work, is_done, sha256_file, write_manifest
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
    examples: tuple[Example, ...]
    selection: Selection
    threshold: float


def read_judged(folder: RunFolder, threshold: float) -> Judged:
    """Read a run. Raises InputError where it is incomplete, or holds people who are held out."""
    examples = folder.read_examples()
    refuse_held_out(examples)
    selection = select_accepted(examples, folder.read_candidates(), folder.read_judgements(), threshold)
    return Judged(folder, tuple(examples), selection, threshold)


def build_sft(
    run: Judged, variants: Sequence[Variant], folder: Path, *, people: People = "accepted", overwrite: bool = False
) -> dict[str, Any]:
    """Write the SFT data of each variant; `people` all gives direct, which needs no reason, everybody of the run.

    Raises UserError where nobody was accepted.
    """
    result: dict[str, Any] = run.selection.counts()
    for variant in variants:
        name = dataset_name(variant, "sft")
        if people == "all" and variant == "direct":
            rows = [sft_row(variant, example, "") for example in run.examples]
        else:
            require_some(run.selection.people, run.selection, run.threshold, name)
            rows = [sft_row(variant, person.example, person.chosen.reason) for person in run.selection.people]
        settings = {"people": people if variant == "direct" else "accepted"}
        result[name] = _write(run, variant, "sft", rows, settings, folder, overwrite)
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
        rows = [pair for person in pairable if (pair := preference_pair(variant, person, seed))]
        result[name] = _write(run, variant, "dpo", rows, {"seed": seed}, folder, overwrite)
    return {**result, "folder": str(folder)}


def _write(
    run: Judged,
    variant: Variant,
    stage: Stage,
    rows: list[dict[str, str]],
    settings: dict[str, Any],
    folder: Path,
    overwrite: bool,
) -> int:
    name = dataset_name(variant, stage)
    output, manifest = folder / f"{name}.json", folder / f"{name}.manifest.json"
    work = Work(
        command=f"prep build-{stage}",
        settings={"variant": variant, "threshold": run.threshold, "prompt_sha256": generation_prompt(variant).sha256, **settings},
        inputs={
            "examples": sha256_file(run.folder.examples),
            "candidates": sha256_file(run.folder.candidates),
            "judgements": sha256_file(run.folder.judgements),
        },
    )
    if not is_done(manifest, work, [output], overwrite):
        with writing(output) as stream:
            stream.writelines(_json_array(rows))
        counts = {**run.selection.counts(), "rows": len(rows)}
        write_manifest(manifest, Manifest(work=work, sources={"run": str(run.folder.path)}, counts=counts), [output])
    merge_entry(folder, name, stage)
    return len(rows)


def _json_array(rows: Iterable[dict[str, str]]) -> Iterable[bytes]:
    opening = b"[\n"
    for row in rows:
        yield opening + orjson.dumps(row)
        opening = b",\n"
    yield b"\n]\n"
