"""`prep judge`: the candidates of a run → judgements.jsonl."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from prep.commands.oracle import structured_option
from prep.console import FiniteRange, endpoint_options, overwrite_option, path_argument, reporting, with_options


@click.command()
@path_argument("run")
@with_options(endpoint_options)
@click.option("--all", "every", is_flag=True, help="Judge every correct attempt, not only the drawn one of each person.")
@click.option("--temperature", type=FiniteRange(0), default=0.0, show_default=True)
@click.option("--max-tokens", type=click.IntRange(1), default=512, show_default=True, help="Longest answer, in tokens.")
@click.option("--max-justification-chars", type=click.IntRange(1), help="Longest justification (part of the JSON schema).")
@structured_option
@click.option("--seed", default=7, show_default=True)
@overwrite_option
@reporting
def judge(
    run: Path, model: str, base_url: str | None, concurrency: int, every: bool, overwrite: bool, **judging: Any
) -> dict[str, Any]:
    """Score the reasons of RUN for factuality, coherence and utility, each by a prompt of its own.

    Example: prep judge runs/oracle --model gpt-4.1
    """
    from prep.judge.run import Judging, run_judges
    from prep.llm.endpoint import find_endpoint
    from prep.oracle.folder import RunFolder

    endpoint = find_endpoint(model, base_url)
    return run_judges(RunFolder(run), endpoint, Judging(**judging), concurrency=concurrency, every=every, overwrite=overwrite)
