"""`prep lint`: what LLaMA-Factory would train on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from prep.console import path_argument, reporting


@click.command()
@path_argument("recipes", nargs=-1, required=True)
@reporting
def lint(recipes: tuple[Path, ...]) -> dict[str, Any]:
    """Load each recipe with LLaMA-Factory, encode its data at full length, and name the rows that training would cut.

    Runs in the training environment. Example: prep lint llamafactory_configs/qwen3_8b/joint_sft.yaml
    """
    from prep.lint.run import lint_recipes

    return lint_recipes(recipes)
