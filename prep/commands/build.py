"""`prep build-sft` and `prep build-dpo`: a judged run → LLaMA-Factory data."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from prep.console import FiniteRange, overwrite_option, path_argument, path_option, reporting, with_options

_common = [
    click.option("--threshold", type=FiniteRange(1, 5), default=4.0, show_default=True, help="Least score on every dimension."),
    path_option("-o", "--output", required=True, help="The dataset_dir of LLaMA-Factory."),
    overwrite_option,
]


@click.command("build-sft")
@path_argument("run", required=False)
@with_options(_common)
@click.option(
    "--variant", type=click.Choice(["joint", "reasoner", "predictor", "direct", "all"]), default="all", show_default=True
)
@click.option(
    "--people",
    type=click.Choice(["accepted", "all"]),
    default="accepted",
    show_default=True,
    help="all: direct, which needs no reasons, gets everybody in --examples.",
)
@path_option("--examples", help="The training examples that --people all takes.")
@reporting
def build_sft(
    run: Path | None, threshold: float, output: Path, overwrite: bool, variant: Any, people: str, examples: Path | None
) -> dict[str, Any]:
    """Write supervised fine-tuning data of the accepted people of RUN.

    RUN is needed for all but `--variant direct --people all`. Example: prep build-sft runs/oracle -o data/llamafactory
    """
    from prep.dataset import build
    from prep.oracle.folder import RunFolder

    variants = _variants(variant, build.SFT_VARIANTS)
    if (people == "all") != (examples is not None):
        raise click.UsageError("--people all and --examples come together.")
    if examples is not None and "direct" not in variants:
        raise click.UsageError(f"--people all is for direct, which --variant {variant} does not write.")
    of_run = [each for each in variants if each != "direct" or examples is None]
    if of_run and run is None:
        raise click.UsageError("Missing argument 'RUN'.")
    result: dict[str, Any] = {}
    if run is not None and of_run:
        result |= build.build_sft(build.read_judged(RunFolder(run), threshold), of_run, output, overwrite=overwrite)
    if examples is not None:
        result |= build.build_direct(examples, output, overwrite=overwrite)
    return result


@click.command("build-dpo")
@path_argument("run")
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
