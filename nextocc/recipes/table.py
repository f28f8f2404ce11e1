"""The recipes as a table: what each trains, on which dataset, into which folder, and what it needs."""

from __future__ import annotations

from pathlib import Path

from nextocc.recipes.render import recipes


def table(fragments: Path) -> list[dict[str, str]]:
    """Return a row a recipe, with everything that `recipes list` shows."""
    rows = []
    for recipe in recipes(fragments):
        settings, variables = recipe.settings, recipe.variables
        row = {
            "path": f"{fragments.parent.name}/{recipe.path}",
            "model": settings["model_name_or_path"],
            "variant": variables["variant"],
        }
        row |= {name: settings[name] for name in ("stage", "dataset", "output_dir")}
        rows.append(row | {"needs": variables["needs"]})
    return rows
