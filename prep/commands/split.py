"""`prep split`: careers.jsonl → train.jsonl, valid.jsonl, test.jsonl."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from prep.console import overwrite_option, path_argument, path_option, reporting


@click.command()
@path_argument("careers")
@click.option("--test-size", type=click.IntRange(1), default=1000, show_default=True, help="People held out for the test.")
@click.option("--validation-size", type=click.IntRange(0), default=0, show_default=True, help="People held out beside them.")
@click.option("--min-jobs", type=click.IntRange(2), default=5, show_default=True, help="Fewest valid jobs, the target counted.")
@click.option("--max-jobs", type=click.IntRange(2), default=15, show_default=True, help="Most valid jobs, the target counted.")
@click.option("--seed", default=7, show_default=True)
@path_option("-o", "--output", required=True, help="Folder for the three files.")
@overwrite_option
@reporting
def split(
    careers: Path, test_size: int, validation_size: int, min_jobs: int, max_jobs: int, seed: int, output: Path, overwrite: bool
) -> dict[str, Any]:
    """Make one example of each career and hold people out, before any LLM sees one.

    Example: prep split data/careers.jsonl --test-size 16 -o data
    """
    from prep.split.example import Bounds
    from prep.split.run import split_careers

    if min_jobs > max_jobs:
        raise click.UsageError(f"--min-jobs {min_jobs} is above --max-jobs {max_jobs}.")
    bounds = Bounds(min_jobs, max_jobs)
    return split_careers(
        careers, output, bounds, test_size=test_size, validation_size=validation_size, seed=seed, overwrite=overwrite
    )
