import ast
import re
import resource
import shlex
import subprocess
import sys
from pathlib import Path

import click
import pytest

import prep
from nextocc.cli import main as nextocc
from prep.cli import main

ROOT = Path(prep.__file__).parents[1]
HEAVY = {
    "pandas",
    "openai",
    "pydantic",
    "datasets",
    "pyarrow",
    "scipy",
    "orjson",
    "rich",
    "torch",
    "transformers",
    "vllm",
    "yaml",
}


def leaves(command, name="prep"):
    """Yield (command line, command) of every command that does something."""
    if isinstance(command, click.Group):
        for each, child in command.commands.items():
            yield from leaves(child, f"{name} {each}")
    else:
        yield name, command


COMMANDS = dict(leaves(main))
EVERY = {**COMMANDS, **dict(leaves(nextocc, "nextocc"))}
# These two last as long as somebody wants them to: a server, and a walk that talks all the way.
WITHOUT_RESULT = {"nextocc embedded serve", "nextocc demo"}


def imported(code):
    """Return the top-level modules that a fresh Python has imported after `code`."""
    script = f"import contextlib, io, sys\nwith contextlib.redirect_stdout(io.StringIO()):\n    {code}\nprint(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return {name.split(".")[0] for name in done.stdout.split()}


def test_the_commands_of_the_design():
    assert set(COMMANDS) == {
        f"prep {name}"
        for name in ("ingest", "split", "oracle", "judge", "build-sft", "build-dpo", "lint", "onet fetch", "onet show")
    }


def test_help_answers_at_once():
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run([sys.executable, "-m", "prep", "--help"], capture_output=True, text=True, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert done.stdout.startswith("Usage: prep ")
    assert done.stderr == ""
    # seconds of the processor: a busy machine makes no difference
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 0.3


def test_help_imports_nothing_heavy():
    helps = "; ".join(f"{name.split()[0]}({[*name.split()[1:], '--help']}, standalone_mode=False)" for name in EVERY)
    groups = "from prep.cli import main as prep; from nextocc.cli import main as nextocc"
    modules = imported(f"{groups}; prep(['--help'], standalone_mode=False); {helps}")
    assert "click" in modules  # the list is what was imported
    assert not modules & HEAVY


@pytest.mark.parametrize("name", EVERY)
def test_every_command_has_help_with_an_example_that_it_understands(name):
    command = EVERY[name]
    assert all(
        option.help or option.type.name == "choice" or option.show_default
        for option in command.params
        if option.opts[0][0] == "-"
    )
    (example,) = re.findall(rf"Example:\s+{name}(.*)", command.help)
    command.make_context(name, shlex.split(example))  # raises at an unknown option, a wrong value, a missing argument


@pytest.mark.parametrize("name", sorted(EVERY.keys() - WITHOUT_RESULT))
def test_every_command_has_the_options_of_every_command(name):
    assert {"-q", "--json"} <= {option for parameter in EVERY[name].params for option in parameter.opts}


def test_every_variable_names_one_option_of_one_command():
    options = [
        (name, option) for name, command in COMMANDS.items() for option in command.params if isinstance(option, click.Option)
    ]
    own = [option.envvar[0] for _, option in options]
    assert len(own) == len(set(own))
    for name, option in options:
        flag = max(option.opts, key=len)
        assert option.envvar[0] == f"NEXTOCC_{name.removeprefix('prep ')}_{flag[2:]}".upper().replace("-", "_").replace(" ", "_")


def rooms(file):
    """Return the top-level packages that a file imports, anywhere in it."""
    for node in ast.walk(ast.parse(file.read_text(), file)):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: a relative import"
            yield str(node.module).split(".")[0]


@pytest.mark.parametrize(("room", "forbidden"), [("prep", {"eval", "nextocc"}), ("eval", {"nextocc"})])
def test_a_room_imports_no_room_above_it(room, forbidden):
    imports = {str(file.relative_to(ROOT)): set(rooms(file)) for file in (ROOT / room).rglob("*.py")}
    assert any(room in each for each in imports.values())  # the files were found and read
    assert {file: each & forbidden for file, each in imports.items() if each & forbidden} == {}


def test_no_file_is_longer_than_a_head_holds():
    lengths = {
        str(file.relative_to(ROOT)): len(file.read_text().splitlines())
        for room in ("prep", "eval", "nextocc")
        for file in (ROOT / room).rglob("*.py")
    }
    assert {file: length for file, length in lengths.items() if length > 250} == {}
