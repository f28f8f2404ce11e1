"""`nextocc evaluate` and `python -m eval`: a checkpoint → its scores."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from eval.commands.predict import model_options, run_predict
from prep.console import path_option, reporting, with_options


@click.command()
@click.argument("checkpoint")
@path_option("--test", required=True, help="The test examples.")
@with_options(model_options)
@reporting
def evaluate(checkpoint: str, test: Path, **options: Any) -> dict[str, Any]:
    """Predict with CHECKPOINT, then score.

    Example: nextocc evaluate saves/qwen3_8b/joint_sft --mode joint --test data/test.jsonl -o runs/eval/joint
    """
    from eval.folder import PredictionFolder
    from eval.score import read_scorable, score_run
    from prep.onet.locate import load_taxonomy

    taxonomy = load_taxonomy(options["onet"])
    read_scorable(test, taxonomy)
    run_predict(test, model=checkpoint, **options)
    return score_run(PredictionFolder(options["output"]), test, taxonomy)
