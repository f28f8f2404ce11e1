"""Folders of scores → the table that the demo ends with, and what to think of it."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from eval.scores import METRICS
from nextocc.demo.shell import Shell

CAUTION = """What these numbers mean: nothing about careers. {n} invented test people and a model of 135 million parameters,
trained for a few steps, show that every part works, not that the method does. Most of them stay in their occupation, and that is
what the model learns to repeat. The judge is the same small model, to which nearly every reason is perfect: what it accepts means
nothing either. Answers were held to the 1,016 titles, or hardly one would be readable."""


def scores_of(runs: dict[str, Path]) -> dict[str, dict[str, Any]]:
    """Read the scores of each run."""
    return {name: json.loads((folder / "scores.json").read_bytes()) for name, folder in runs.items()}


def print_summary(shell: Shell, scores: dict[str, dict[str, Any]]) -> None:
    """Print EM and RM side by side, the seconds of every step, and where everything lies."""
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 100)
    console.print()
    console.print(_scores(scores))
    click.echo(CAUTION.format(n=next(iter(scores.values()))["n"]))
    console.print()
    console.print(_times(shell.seconds))
    click.echo(f"Everything lies in {shell.folder}:")
    for path, what in PLACES.items():
        click.echo(f"  {path:<36} {what}")


PLACES = {
    "data/train.jsonl, data/test.jsonl": "examples",
    "runs/oracle/": "reasons (candidates.jsonl) and scores of the judges (judgements.jsonl)",
    "data/llamafactory/": "SFT rows, preference pairs, dataset_info.json",
    "llamafactory_configs/": "the recipes",
    "saves/smollm2_135m_cpu/": "the checkpoints: joint_sft, joint_dpo",
    "runs/eval/": "predictions.jsonl and scores.json of each model",
    "logs/": "what vLLM and LLaMA-Factory said",
}
_LABELS = {"base": "SmolLM2-135M, untrained", "joint_sft": "joint SFT", "joint_dpo": "joint SFT + DPO"}


def _scores(scores: dict[str, dict[str, Any]]) -> Table:
    table = Table(title="Next occupation, joint mode")
    table.add_column("model")
    for heading in ("n", "EM", "RM", "EM norm.", "RM norm.", "unparsed", "off taxonomy", "missing"):
        table.add_column(heading, justify="right")
    for name, each in scores.items():
        shares = [f"{100 * each[metric]:.1f} %" for metric in METRICS]
        table.add_row(
            _LABELS[name], str(each["n"]), *shares, *(str(each[kind]) for kind in ("unparsed", "off_taxonomy", "missing"))
        )
    return table


def _times(seconds: dict[str, float]) -> Table:
    table = Table(title="Seconds", show_header=False, box=None)
    for title, each in {**seconds, "together": sum(seconds.values())}.items():
        table.add_row(title, f"{each:.0f}")
    return table
