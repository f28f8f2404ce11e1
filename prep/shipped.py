"""The data folders that ship beside the packages: in the repository and in an installed wheel they are neighbours of `prep`."""

from __future__ import annotations

from pathlib import Path

import prep


def shipped(name: str) -> Path:
    """Return a data folder: llamafactory_configs, judge_prompts or samples."""
    return Path(prep.__file__).parent.parent / name
