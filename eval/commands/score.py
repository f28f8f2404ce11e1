"""`nextocc score`: predictions.jsonl → scores.json."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from prep.console import onet_option, path_argument, path_option, reporting


@click.command()
@path_argument("run")
@path_option("--test", required=True, help="The examples that were predicted.")
@onet_option
@reporting
def score(run: Path, test: Path, onet: Path | None) -> dict[str, Any]:
    """Score the predictions in RUN: exact match and related match, strict and normalised.

    Example: nextocc score runs/eval/joint --test data/test.jsonl
    """
    from eval.folder import PredictionFolder
    from eval.score import score_run
    from prep.onet.locate import load_taxonomy

    return score_run(PredictionFolder(run), test, load_taxonomy(onet))
