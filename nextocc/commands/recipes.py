"""`nextocc recipes`: the LLaMA-Factory recipes that ship with nextocc → a table, a copy in the working directory, a check."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from prep.console import overwrite_option, path_argument, path_option, reporting, voice
from prep.errors import OutputError, UserError
from prep.shipped import shipped

SHIPPED = shipped("llamafactory_configs")

configs_option = path_option("--configs", default=SHIPPED, help="Folder of recipes and fragments.  [default: the shipped one]")


@click.group()
def recipes() -> None:
    """List, copy and render the LLaMA-Factory recipes."""


@recipes.command("list")
@configs_option
@reporting
def list_recipes(configs: Path) -> dict[str, Any]:
    """List the recipes: what each trains, on which dataset, into which folder, and what it needs.

    Example: nextocc recipes list
    """
    from nextocc.recipes.table import table

    return {"recipes": table(configs / "fragments")}


@recipes.command()
@path_argument("folder", metavar="DIR")
@overwrite_option
@reporting
def copy(folder: Path, overwrite: bool) -> dict[str, Any]:
    """Copy the recipes to DIR/llamafactory_configs: LLaMA-Factory resolves their paths from the working directory.

    Example: nextocc recipes copy .
    """
    from nextocc.recipes.files import compare, shipped_files
    from prep.files.atomic import writing

    target = folder / SHIPPED.name
    ours = {str(path.relative_to(SHIPPED)): path.read_bytes() for path in shipped_files(SHIPPED)}
    changed, missing = compare(target, ours)
    if changed and not overwrite:
        raise OutputError(
            f"{target} holds other texts of {', '.join(changed)}.",
            "Keep them and copy elsewhere, or replace them with --overwrite.",
        )
    for name in [*changed, *missing]:
        with writing(target / name) as stream:
            stream.write(ours[name])
    if not changed and not missing:
        voice.say(f"Nothing to do: {target} holds all {len(ours)} files already.")
    return {"copied": len(changed) + len(missing), "unchanged": len(ours) - len(changed) - len(missing), "folder": str(target)}


@recipes.command()
@configs_option
@click.option("--check", is_flag=True, help="Write nothing; exit 1 where a recipe differs from its fragments.")
@reporting
def render(configs: Path, check: bool) -> dict[str, Any]:
    """Write every recipe anew from llamafactory_configs/fragments/.

    Example: nextocc recipes render --check
    """
    from nextocc.recipes.files import compare
    from nextocc.recipes.render import render_all
    from prep.files.atomic import write_text

    texts = render_all(configs / "fragments")
    changed, missing = compare(configs, {name: text.encode() for name, text in texts.items()})
    drifted = [*changed, *missing]
    if check and drifted:
        raise UserError(f"These recipes differ from their fragments: {', '.join(drifted)}.", "Run `nextocc recipes render`.")
    for name in drifted:
        write_text(configs / name, texts[name])
    return {"written": len(drifted), "unchanged": len(texts) - len(drifted)}
