"""What every command shares: exit codes, results to stdout, progress to stderr, options from flags, environment and YAML.

Exit codes: 0 done, 1 a mistake that the user can mend (one message, no traceback), 2 wrong usage, 130 stopped by Ctrl-C.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable
from importlib.metadata import version
from pathlib import Path
from typing import Any, TypeVar

import click

from prep.errors import UserError

F = TypeVar("F", bound=Callable[..., Any])


class Group(click.Group):
    """A group of commands whose user errors are one message and exit status 1."""

    def main(self, *args: Any, **kwargs: Any) -> Any:
        """Run the command line."""
        try:
            return super().main(*args, **kwargs)
        except UserError as error:
            click.secho("Error: ", fg="red", bold=True, nl=False, err=True)
            click.echo(f"{error.problem}\n  → {error.fix}", err=True)
        except (PermissionError, IsADirectoryError, NotADirectoryError) as error:
            click.echo(f"Error: {error.filename}: {error.strerror}.\n  → Check the path and its permissions.", err=True)
        except OSError as error:
            if error.errno != 28:  # ENOSPC: the only other one that is the user's to mend
                raise
            click.echo("Error: the disk is full.\n  → Free some space and run the same command again: it goes on.", err=True)
        sys.exit(1)


def command_group(name: str, summary: str, commands: Iterable[click.Command]) -> Group:
    """Return the group of a console command, with --version and a YAML file of options."""

    @click.group(name=name, cls=Group, help=summary, context_settings={"auto_envvar_prefix": "NEXTOCC", "max_content_width": 110})
    @click.version_option(version("nextocc"), prog_name=name)
    @click.option(
        "--config",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        help="A YAML file of options by command: {oracle: {attempts: 8}}. Flags and environment come first.",
    )
    @click.pass_context
    def group(context: click.Context, config: Path | None) -> None:
        if config is not None:
            context.default_map = read_options(config, {command.name or "": command for command in commands})

    commands = list(commands)
    for command in commands:
        group.add_command(command)
    return group


def read_options(path: Path, commands: dict[str, click.Command]) -> dict[str, Any]:
    """Read a YAML file of options by command. Raises UserError at a command or an option that does not exist."""
    import yaml

    try:
        options = yaml.safe_load(path.read_text()) or {}
    except yaml.YAMLError as error:
        raise UserError(f"{path} is not valid YAML: {error}", "Mend the file.") from None
    if not isinstance(options, dict) or not all(isinstance(value, dict) for value in options.values()):
        raise UserError(f"{path} does not hold options by command.", "Write it like: {oracle: {attempts: 8}}.")
    for name, values in options.items():
        if name not in commands:
            raise UserError(f"{path}: there is no command {name!r}.", f"Use one of {', '.join(sorted(commands))}.")
        known = {parameter.name for parameter in commands[name].params}
        if unknown := sorted({key.replace("-", "_") for key in values} - known):
            raise UserError(f"{path}: {name} has no option {unknown[0]!r}.", f"See the options of `{name} --help`.")
    return {name: {key.replace("-", "_"): value for key, value in values.items()} for name, values in options.items()}


def path_option(*names: str, **attributes: Any) -> Callable[[F], F]:
    """Return a click option that takes a path."""
    return click.option(*names, type=click.Path(path_type=Path), **attributes)


def path_argument(name: str, **attributes: Any) -> Callable[[F], F]:
    """Return a click argument that takes a path."""
    return click.argument(name, type=click.Path(path_type=Path), **attributes)


onet_option = path_option(
    "--onet",
    envvar="NEXTOCC_ONET",
    help="O*NET release: folder or zip.  [default: the fetched one, else the facts that ship with nextocc]",
)
overwrite_option = click.option("--overwrite", is_flag=True, help="Make the output anew, whatever is there.")
endpoint_options = [
    click.option("--model", required=True, help="Model name as the endpoint knows it."),
    click.option("--base-url", envvar="OPENAI_BASE_URL", help="OpenAI-compatible endpoint.  [default: OpenAI's own]"),
    click.option("--concurrency", type=click.IntRange(1), default=64, show_default=True, help="Requests in flight."),
]


def with_options(options: Iterable[Callable[[F], F]]) -> Callable[[F], F]:
    """Return a decorator that adds several options, in their order."""

    def decorate(function: F) -> F:
        for option in reversed(list(options)):
            function = option(function)
        return function

    return decorate


def reporting(function: F) -> F:
    """Add `-q` and `--json` to a command that returns a mapping of its results, and print that mapping.

    Plain output is a line a field; `--json` is one JSON object; `-q` prints nothing but errors.
    """
    from functools import wraps

    @click.option("-q", "--quiet", is_flag=True, help="Print errors only.")
    @click.option("--json", "as_json", is_flag=True, help="Print the result as one JSON object.")
    @wraps(function)
    def wrapped(*args: Any, quiet: bool, as_json: bool, **kwargs: Any) -> None:
        progress.quiet = quiet
        try:
            result = function(*args, **kwargs)
        except KeyboardInterrupt:
            click.echo("Stopped. What was finished is on disk: run the same command again and it goes on.", err=True)
            sys.exit(130)
        if as_json:
            click.echo(json.dumps(result, ensure_ascii=False))
        elif not quiet:
            for line in lines_of(result):
                click.echo(line)

    return wrapped  # type: ignore[return-value]


class Progress:
    """Says on stderr what a command does, unless it was asked to be quiet."""

    quiet = False

    def say(self, text: str) -> None:
        """Print one line of progress."""
        if not self.quiet:
            click.echo(text, err=True)


progress = Progress()


def lines_of(result: dict[str, Any], indent: str = "") -> Iterable[str]:
    """Yield a mapping of results as lines for a person, nested mappings indented."""
    width = max((len(name) for name in result), default=0)
    for name, value in result.items():
        label = name.replace("_", " ")
        if isinstance(value, dict):
            if value:
                yield f"{indent}{label}:"
                yield from lines_of(value, indent + "  ")
        else:
            counted = isinstance(value, int) and not isinstance(value, bool)
            yield f"{indent}{label:<{width}}  {value:,}" if counted else f"{indent}{label:<{width}}  {value}"
