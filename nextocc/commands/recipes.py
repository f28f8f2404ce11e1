"""`nextocc recipes`: the LLaMA-Factory recipes that ship with nextocc → a table, a copy in the working directory, a check."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

import prep
from prep.console import overwrite_option, path_argument, path_option, progress, reporting
from prep.errors import OutputError, UserError

SHIPPED = Path(prep.__file__).parent.parent / "llamafactory_configs"

configs_option = path_option("--configs", default=SHIPPED, help="Folder of recipes and fragments.  [default: the shipped one]")


@click.group()
def recipes() -> None:
    """List, copy and render the LLaMA-Factory recipes."""


@recipes.command("list")
@configs_option
@click.option("--json", "as_json", is_flag=True, help="Print the recipes as one JSON object.")
def list_recipes(configs: Path, as_json: bool) -> None:
    """List the recipes: what each trains, on which dataset, into which folder, and what it needs.

    Example: nextocc recipes list
    """
    rows = table(configs / "fragments")
    if as_json:
        click.echo(json.dumps({"recipes": rows}, ensure_ascii=False))
        return
    widths = {name: max(len(name), *(len(row[name]) for row in rows)) for name in rows[0]}
    for row in [{name: name.replace("_", " ") for name in widths}, *rows]:
        click.echo("  ".join(f"{row[name]:<{width}}" for name, width in widths.items()).rstrip())


@recipes.command()
@path_argument("folder", metavar="DIR")
@overwrite_option
@reporting
def copy(folder: Path, overwrite: bool) -> dict[str, Any]:
    """Copy the recipes to DIR/llamafactory_configs: LLaMA-Factory resolves their paths from the working directory.

    Example: nextocc recipes copy .
    """
    from prep.files.atomic import writing

    target = folder / SHIPPED.name
    ours = {str(path.relative_to(SHIPPED)): path.read_bytes() for path in shipped_files()}
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
        progress.say(f"Nothing to do: {target} holds all {len(ours)} files already.")
    return {"copied": len(changed) + len(missing), "unchanged": len(ours) - len(changed) - len(missing), "folder": str(target)}


@recipes.command()
@configs_option
@click.option("--check", is_flag=True, help="Write nothing; exit 1 where a recipe differs from its fragments.")
@reporting
def render(configs: Path, check: bool) -> dict[str, Any]:
    """Write every recipe anew from llamafactory_configs/fragments/.

    Example: nextocc recipes render --check
    """
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


def table(fragments: Path) -> list[dict[str, str]]:
    """Return a row a recipe, with everything that `recipes list` shows."""
    from nextocc.recipes.render import recipes

    rows = []
    for recipe in recipes(fragments):
        settings, variables = recipe.settings, recipe.variables
        row = {"path": f"{SHIPPED.name}/{recipe.path}", "model": settings["model_name_or_path"], "variant": variables["variant"]}
        row |= {name: settings[name] for name in ("stage", "dataset", "output_dir")}
        rows.append(row | {"needs": variables["needs"]})
    return rows


def shipped_files() -> list[Path]:
    """Return the files that ship, without what an editor or an interrupted write left behind."""
    return sorted(
        path
        for path in SHIPPED.rglob("*")
        if path.is_file() and not path.name.startswith(".") and path.parent.name != "__pycache__"
    )


def compare(folder: Path, ours: dict[str, bytes]) -> tuple[list[str], list[str]]:
    """Return the names whose file in `folder` holds something else, and those that have no file there."""
    missing = [name for name in ours if not (folder / name).exists()]
    changed = [name for name in ours if name not in missing and (folder / name).read_bytes() != ours[name]]
    return changed, missing
