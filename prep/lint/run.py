"""Recipes in; what they would train on out. An error where training would lose anything."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import orjson

from prep.errors import InputError, UserError
from prep.lint.encode import Encoded, encode, read_recipe, require_llamafactory
from prep.lint.losses import losses

_SHOWN = 10


def lint_recipes(recipes: Sequence[Path]) -> dict[str, Any]:
    """Return what each recipe trains on.

    Raises UserError, naming the rows by 0-based index and example_id, where a row would be cut or dropped.
    """
    require_llamafactory()
    result, findings = {}, []
    for path in recipes:
        settings = read_recipe(path)
        source = rows_of(path, settings)
        encoded = encode(path, settings)
        result[str(path)] = summarise(encoded, settings)
        findings += [f"{path}: {finding}" for finding in find(encoded, source, settings)]
    if findings:
        more = [f"… and {len(findings) - _SHOWN} more"] if len(findings) > _SHOWN else []
        raise UserError(
            "\n".join([*findings[:_SHOWN], *more]), "Shorten these histories or leave the rows out, or raise cutoff_len."
        )
    return result


def rows_of(path: Path, settings: dict[str, Any]) -> list[dict[str, Any]]:
    """Read the rows of a recipe's dataset as `prep build-*` wrote them. Raises InputError where they are not there."""
    names = [name.strip() for name in str(settings["dataset"]).split(",")]
    return [row for name in names for row in _rows_of(path, settings, name)]


def _rows_of(path: Path, settings: dict[str, Any], name: str) -> list[dict[str, Any]]:
    folder = Path(str(settings.get("dataset_dir", "data")))
    try:
        info = orjson.loads((folder / "dataset_info.json").read_bytes())
        file = folder / info[name]["file_name"]
        content = file.read_bytes()
        lines = content.splitlines() if file.suffix == ".jsonl" else []
        rows: list[dict[str, Any]] = [orjson.loads(line) for line in lines] or orjson.loads(content)
    except (FileNotFoundError, KeyError):
        raise InputError(
            f"{path}: the dataset {name} is not in {folder}.",
            f"Run `prep build-{settings.get('stage', 'sft')}` with -o {folder} first.",
        ) from None
    except orjson.JSONDecodeError as error:
        raise InputError(
            f"{path}: the dataset {name} in {folder} is not valid JSON: {error}.", "Build it again with --overwrite."
        ) from None
    return rows


def find(encoded: Encoded, source: list[dict[str, Any]], settings: dict[str, Any]) -> list[str]:
    """Name everything that training would lose or spoil in silence."""
    findings = []
    if settings.get("tokenized_path"):
        findings.append("tokenized_path is set: an older cache there is trained on, whatever dataset is named")
    names = [f"row {index} ({row.get('example_id', 'no example_id')})" for index, row in enumerate(source)]
    for name, row in zip(names, source, strict=True):
        if blank := [field for field in ("output", "chosen", "rejected") if field in row and not str(row[field] or "").strip()]:
            findings.append(f"{name}: {blank[0]} is empty")
        if "chosen" in row and row["chosen"] == row.get("rejected"):
            findings.append(f"{name}: chosen and rejected are equal")
    if len(encoded.rows) != len(source):
        findings.append(f"LLaMA-Factory takes {len(encoded.rows)} of {len(source)} rows; see max_samples and the columns")
        names = [f"row {index} of those that are taken" for index in range(len(encoded.rows))]
    for name, sequences in zip(names, encoded.rows, strict=True):
        for sequence in sequences:
            for loss in losses(sequence.prompt_tokens, sequence.answer_tokens, encoded.cutoff_len):
                total = sequence.prompt_tokens + sequence.answer_tokens
                findings.append(f"{name} has {total} tokens, {encoded.cutoff_len} fit: {loss} would be lost")
    return findings


def summarise(encoded: Encoded, settings: dict[str, Any]) -> dict[str, Any]:
    """Return sizes, and the first row as the model sees it."""
    lengths = [sequence.prompt_tokens + sequence.answer_tokens for sequences in encoded.rows for sequence in sequences]
    first = encoded.rows[0]
    return {
        "dataset": encoded.dataset,
        "template": settings.get("template"),
        "rows": len(encoded.rows),
        "longest": max(lengths),
        "cutoff_len": encoded.cutoff_len,
        "first_prompt": first[0].prompt,
        **dict(zip(("first_answer", "first_rejected_answer"), (sequence.answer for sequence in first), strict=False)),
    }
