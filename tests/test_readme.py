"""The commands in the documentation are commands that exist, with options that exist."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest

from nextocc.cli import main as nextocc
from prep.cli import main as prep

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", ROOT / "llamafactory_configs/README.md", ROOT / "benchmarks/nlsy97/README.md"]
GROUPS = {"prep": prep, "nextocc": nextocc}


def commands(page: Path) -> list[str]:
    """Return the lines of a page's code blocks that start one of our commands, without their comments."""
    blocks = re.findall(r"^```(?:\w*)\n(.*?)^```", page.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    lines = [line.split("  #")[0].strip() for block in blocks for line in block.splitlines()]
    return [line for line in lines if line.split(" ")[0] in GROUPS]


@pytest.mark.parametrize("line", [line for page in PAGES for line in commands(page)])
def test_a_documented_command_is_understood(line: str) -> None:
    name, *arguments = shlex.split(line)
    command: click.Command = GROUPS[name]
    while isinstance(command, click.Group):
        assert arguments[0] in command.commands, line
        command = command.commands[arguments.pop(0)]
    command.make_context(command.name, arguments)


def test_the_pages_hold_commands_at_all() -> None:
    assert len(commands(PAGES[0])) >= 9


def test_the_targets_of_the_makefile_are_documented() -> None:
    makefile = (ROOT / "Makefile").read_text()
    phony = set(re.search(r"^\.PHONY: (.*)$", makefile, re.MULTILINE).group(1).split())  # type: ignore[union-attr]
    assert set(re.findall(r"^([a-z-]+):.*## ", makefile, re.MULTILINE)) == phony
    for target in re.findall(r"(?:^|`)make ([a-z-]+)", (ROOT / "README.md").read_text(), re.MULTILINE):
        assert target in phony
