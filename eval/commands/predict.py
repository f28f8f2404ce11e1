"""`nextocc predict`: test examples → predictions.jsonl."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from prep.console import (
    FiniteRange,
    omit_option,
    onet_option,
    overwrite_option,
    path_argument,
    path_option,
    reporting,
    with_options,
)
from prep.errors import UserError

if TYPE_CHECKING:
    from eval.engines.base import Engine

model_options = [
    click.option("--mode", type=click.Choice(["joint", "two-model", "direct", "zero-shot"]), required=True),
    click.option("--predictor", help="The second model of --mode two-model."),
    click.option(
        "--engine", type=click.Choice(["vllm", "server"]), help="[default: server where --base-url is given, else vllm]"
    ),
    click.option(
        "--base-url",
        help="OpenAI-compatible endpoint that serves the model.  [default with --engine server: OPENAI_BASE_URL, else OpenAI's "
        "own; without --engine server that variable does not count]",
    ),
    click.option("--predictor-base-url", help="Endpoint of the predictor.  [default: that of the model]"),
    click.option("--concurrency", type=click.IntRange(1), default=64, show_default=True, help="Requests in flight to a server."),
    click.option("--temperature", type=FiniteRange(0), default=0.0, show_default=True),
    click.option("--max-tokens", type=click.IntRange(1), default=1024, show_default=True, help="Longest answer, in tokens."),
    click.option("--max-reason-chars", type=click.IntRange(1), help="Longest reason, where answers are held to the taxonomy."),
    click.option(
        "--answers",
        type=click.Choice(["free", "taxonomy"]),
        default="free",
        show_default=True,
        help="Hold answers to the titles.",
    ),
    click.option("--seed", default=7, show_default=True),
    omit_option,
    onet_option,
    path_option("-o", "--output", required=True, help="Folder of this run of the model."),
    overwrite_option,
]


@click.command()
@path_argument("examples")
@click.option("--model", required=True, help="Checkpoint folder for vllm, model name for server.")
@with_options(model_options)
@reporting
def predict(examples: Path, **options: Any) -> dict[str, Any]:
    """Name the next occupation of every person in EXAMPLES.

    Example: nextocc predict data/test.jsonl --mode joint --model saves/qwen3_8b/joint_sft -o runs/eval/joint
    """
    return run_predict(examples, **options)


def run_predict(
    examples: Path,
    *,
    mode: Any,
    model: str,
    predictor: str | None,
    engine: str | None,
    base_url: str | None,
    predictor_base_url: str | None,
    concurrency: int,
    onet: Path | None,
    output: Path,
    overwrite: bool,
    **asking: Any,
) -> dict[str, Any]:
    """Choose the engines and predict; `nextocc evaluate` does the same before it scores.

    Raises UserError where an option would have no effect.
    """
    from eval.folder import PredictionFolder
    from eval.predict import Asking
    from eval.predict import predict as predict_examples
    from prep.onet.locate import load_taxonomy

    if (mode == "two-model") != (predictor is not None):
        raise UserError(f"--mode {mode} and --predictor do not fit.", "Give --predictor with --mode two-model, and only there.")
    if predictor is None and predictor_base_url is not None:
        raise UserError("There is no predictor to ask at --predictor-base-url.", "Leave it out, or give --predictor.")
    server = engine == "server" or (engine is None and base_url is not None)
    if not server and (base_url or predictor_base_url):
        raise UserError("vLLM in this process asks no endpoint, but one is given.", "Leave it out, or give --engine server.")
    engines: dict[Any, Engine] = {"model": _engine(model, base_url, server, concurrency)}
    if predictor is not None:
        engines["predictor"] = _engine(predictor, predictor_base_url or base_url, server, concurrency)
    run = load_taxonomy(onet), Asking(**asking), PredictionFolder(output)
    return predict_examples(examples, mode, engines, *run, overwrite=overwrite)


def _engine(model: str, base_url: str | None, server: bool, concurrency: int) -> Engine:
    if server:
        import os

        from eval.engines.server import ServerEngine
        from prep.llm.endpoint import find_endpoint

        return ServerEngine(find_endpoint(model, base_url or os.environ.get("OPENAI_BASE_URL")), concurrency)
    from eval.engines.vllm import VllmEngine

    return VllmEngine(model)
