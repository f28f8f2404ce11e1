"""`prep build-sft` and `prep build-dpo`: a judged run → LLaMA-Factory data."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import click

from prep.console import overwrite_option, path_argument, path_option, reporting, with_options

_common = [
    path_argument("run"),
    click.option(
        "--threshold", type=click.FloatRange(1, 5), default=4.0, show_default=True, help="Least score on every dimension."
    ),
    path_option("-o", "--output", required=True, help="The dataset_dir of LLaMA-Factory."),
    overwrite_option,
]


@click.command("build-sft")
@with_options(_common)
@click.option(
    "--variant", type=click.Choice(["joint", "reasoner", "predictor", "direct", "all"]), default="all", show_default=True
)
@click.option(
    "--people", type=click.Choice(["accepted", "all"]), default="accepted", show_default=True, help="all: direct gets everybody."
)
@reporting
def build_sft(
    run: Path, threshold: float, output: Path, overwrite: bool, variant: Any, people: Literal["accepted", "all"]
) -> dict[str, Any]:
    """Write supervised fine-tuning data of the accepted people of RUN.

    Example: prep build-sft runs/oracle --variant all -o data/llamafactory
    """
    from prep.dataset import build
    from prep.oracle.folder import RunFolder

    judged = build.read_judged(RunFolder(run), threshold)
    return build.build_sft(judged, _variants(variant, build.SFT_VARIANTS), output, people=people, overwrite=overwrite)


@click.command("build-dpo")
@with_options(_common)
@click.option("--variant", type=click.Choice(["joint", "reasoner", "all"]), default="all", show_default=True)
@click.option("--seed", default=7, show_default=True, help="Draws the rejected attempt.")
@reporting
def build_dpo(run: Path, threshold: float, output: Path, overwrite: bool, variant: Any, seed: int) -> dict[str, Any]:
    """Write preference pairs of the accepted people of RUN who have a wrong attempt.

    Example: prep build-dpo runs/oracle --variant all -o data/llamafactory
    """
    from prep.dataset import build
    from prep.oracle.folder import RunFolder

    judged = build.read_judged(RunFolder(run), threshold)
    return build.build_dpo(judged, _variants(variant, build.DPO_VARIANTS), output, seed=seed, overwrite=overwrite)


def _variants(name: Any, every: tuple[Any, ...]) -> tuple[Any, ...]:
    return every if name == "all" else (name,)
