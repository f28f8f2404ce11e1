"""Recipes from fragments: a matrix of models, variants and stages, and fragments of YAML text → the text of each recipe.

A recipe is a concatenation, comments and all. No key may stand in it twice, so nothing is ever overridden.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import Any

import yaml

from prep.errors import UserError
from prep.prompts.template import system_text


@dataclass(frozen=True)
class Recipe:
    """A rendered recipe: its place under llamafactory_configs/, its text, and the variables that it was rendered with."""

    path: str
    text: str
    variables: dict[str, Any]

    @property
    def settings(self) -> dict[str, Any]:
        """Return what LLaMA-Factory reads from the text."""
        settings: dict[str, Any] = yaml.safe_load(self.text)
        return settings


def render_all(fragments: Path) -> dict[str, str]:
    """Return the text of every recipe by its path under llamafactory_configs/."""
    return {recipe.path: recipe.text for recipe in recipes(fragments)}


def recipes(fragments: Path) -> Iterator[Recipe]:
    """Yield every recipe of the matrix.

    Raises UserError at a fragment that is missing, an unknown variable, text that is not YAML, or a key that stands twice.
    """
    matrix = yaml.safe_load(read(fragments / "matrix.yaml"))
    system = escape(system_text())
    for model, of_model in matrix["models"].items():
        for variant, of_variant in matrix["variants"].items():
            for stage in of_variant["stages"]:
                names = {"model": model, "variant": variant, "stage": stage, "system": system}
                variables = {**of_model, **of_variant, **matrix["stages"][stage], **names}
                parts = [fill(name, variables, "matrix.yaml") for name in matrix["fragments"]]
                text = "".join(fill(read(fragments / part), variables, part) for part in parts)
                path = f"{model}/{variant}_{stage}.yaml"
                check_keys(text, path)
                yield Recipe(path, text, variables)


def escape(text: str) -> str:
    """Return `text` as it stands between the quotes of a double-quoted YAML string."""
    return yaml.safe_dump(text, default_style='"', allow_unicode=True, width=float("inf")).strip()[1:-1]


def read(path: Path) -> str:
    """Return the text of a fragment."""
    if not path.is_file():
        raise UserError(f"{path}: there is no such fragment.", "Write it, or mend its name in matrix.yaml.")
    return path.read_text(encoding="utf-8")


def fill(text: str, variables: dict[str, Any], where: str) -> str:
    """Put the variables into a fragment."""
    try:
        return Template(text).substitute(variables)
    except KeyError as error:
        raise UserError(f"{where}: there is no variable {error}.", f"Use one of {', '.join(sorted(variables))}.") from None
    except ValueError as error:
        raise UserError(f"{where}: a $ that begins no variable ({error}).", "Write $$ for a dollar sign.") from None


def check_keys(text: str, path: str) -> None:
    """Refuse a recipe that is no flat mapping or holds a key twice: PyYAML would take the last one in silence."""
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        raise UserError(f"{path}: its fragments do not make YAML: {error}", "Mend the fragment.") from None
    if not isinstance(root, yaml.MappingNode):
        raise UserError(f"{path}: its fragments do not make a mapping.", "Write `key: value` lines.")
    keys = [key.value for key, _ in root.value]
    if twice := sorted({key for key in keys if keys.count(key) > 1}):
        raise UserError(f"{path}: {', '.join(twice)} stands in it twice.", "Keep each key in one of its fragments.")
