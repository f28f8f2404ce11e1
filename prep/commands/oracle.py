"""`prep oracle`: examples → candidates.jsonl, k attempts of a teacher for each person."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from prep.console import (
    FiniteRange,
    endpoint_options,
    onet_option,
    overwrite_option,
    path_argument,
    path_option,
    reporting,
    with_options,
)

structured_option = click.option(
    "--structured",
    type=click.Choice(["json-schema", "none"]),
    default="json-schema",
    show_default=True,
    help="Hold answers to a JSON schema; none for an endpoint that does not know them.",
)


@click.command()
@path_argument("examples")
@with_options(endpoint_options)
@click.option("--attempts", type=click.IntRange(1), default=5, show_default=True, help="Independent attempts a person.")
@click.option("--temperature", type=FiniteRange(0), default=1.0, show_default=True)
@click.option("--max-tokens", type=click.IntRange(1), default=1024, show_default=True, help="Longest answer, in tokens.")
@click.option("--min-reason-chars", type=click.IntRange(1), help="Shortest reason, in characters (part of the JSON schema).")
@click.option("--max-reason-chars", type=click.IntRange(1), help="Longest reason, in characters (part of the JSON schema).")
@click.option(
    "--answers", type=click.Choice(["free", "taxonomy"]), default="free", show_default=True, help="Hold answers to the titles."
)
@structured_option
@click.option("--seed", default=7, show_default=True)
@click.option("--limit", type=click.IntRange(1), help="Take the first people only; a later run with more goes on from there.")
@onet_option
@path_option("-o", "--output", required=True, help="Folder of the run.")
@overwrite_option
@reporting
def oracle(
    examples: Path,
    model: str,
    base_url: str | None,
    concurrency: int,
    limit: int | None,
    onet: Path | None,
    output: Path,
    overwrite: bool,
    **teaching: Any,
) -> dict[str, Any]:
    """Let a strong model explain and name each person's next occupation, several times; keep what is right.

    Example: prep oracle data/train.jsonl --model gpt-4.1 --attempts 5 -o runs/oracle
    """
    from prep.llm.endpoint import find_endpoint
    from prep.onet.locate import load_taxonomy
    from prep.oracle.folder import RunFolder
    from prep.oracle.run import Teaching, run_oracle

    run = RunFolder(output), find_endpoint(model, base_url), load_taxonomy(onet), Teaching(**teaching)
    return run_oracle(examples, *run, concurrency=concurrency, limit=limit, overwrite=overwrite)
