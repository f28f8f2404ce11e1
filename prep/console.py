"""What every command shares: exit codes, results to stdout, progress to stderr, options from flags, environment and YAML.

Exit codes: 0 done, 1 a mistake that the user can mend (one message, no traceback), 2 wrong usage, 130 stopped by Ctrl-C.
"""

from __future__ import annotations

import errno
import json
import math
import sys
from collections.abc import Callable, Iterable, Mapping
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
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                problem, fix = "the disk is full", "Free some space and run the same command again: it goes on."
            elif error.filename is not None:
                problem, fix = f"{error.filename}: {error.strerror}", "Check the path and its permissions."
            else:
                raise  # no path of the user's: a defect
            click.echo(f"Error: {problem}.\n  → {fix}", err=True)
        sys.exit(1)


def command_group(
    name: str, summary: str, commands: Iterable[click.Command], example: str = "{COMMAND: {OPTION: VALUE}}"
) -> Group:
    """Return the group of a console command, with --version, options from the environment and from a YAML file.

    `example` shows what such a file holds.
    """

    @click.group(name=name, cls=Group, help=summary, context_settings={"max_content_width": 110})
    @click.version_option(version("nextocc"), prog_name=name)
    @click.option(
        "--config",
        envvar="NEXTOCC_CONFIG",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        help=f"A YAML file of options by command: {example}. Flags come first, then the environment: NEXTOCC_COMMAND_OPTION.",
    )
    @click.pass_context
    def group(context: click.Context, config: Path | None) -> None:
        if config is not None:
            context.default_map = read_options(config, {command.name or "": command for command in commands})

    commands = list(commands)
    for command in commands:
        group.add_command(command)
        _name_variables(command, f"NEXTOCC_{command.name}")
    return group


def _name_variables(command: click.Command, prefix: str) -> None:
    """Let every option be set in the environment under the name of its flag: --max-tokens in NEXTOCC_ORACLE_MAX_TOKENS.

    The name that an option shares with others, such as OPENAI_BASE_URL, comes second. (click's own prefix would go by the
    names of Python arguments, and take a NEXTOCC_VERSION of the user's for --version.)
    """
    for flag, parameter in _by_flag(command).items():
        if isinstance(parameter, click.Option):
            shared = [parameter.envvar] if isinstance(parameter.envvar, str) else parameter.envvar or []
            parameter.envvar = list(dict.fromkeys([f"{prefix}_{flag}".upper().replace("-", "_"), *shared]))
    if isinstance(command, click.Group):
        for name, child in command.commands.items():
            _name_variables(child, f"{prefix}_{name}")


def _by_flag(command: click.Command) -> dict[str, click.Parameter]:
    return {max(parameter.opts, key=len).lstrip("-").replace("-", "_"): parameter for parameter in command.params}


def read_options(path: Path, commands: dict[str, click.Command]) -> dict[str, Any]:
    """Read a YAML file of options by command. Raises UserError at a command or an option that does not exist."""
    import yaml

    try:
        options = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise UserError(f"{path} is not valid YAML: {error}", "Mend the file.") from None
    return _of_commands(path, options, commands)


def _of_commands(path: Path, options: Any, commands: Mapping[str, click.Command]) -> dict[str, Any]:
    if not isinstance(options, dict) or not all(isinstance(values, dict) for values in options.values()):
        raise UserError(f"{path} does not hold options by command.", "Write it like: {oracle: {attempts: 8}}.")
    if unknown := [name for name in options if name not in commands]:
        raise UserError(f"{path}: there is no command {unknown[0]!r}.", f"Use one of {', '.join(sorted(commands))}.")
    return {
        name: _of_commands(path, values, command.commands)
        if isinstance(command := commands[name], click.Group)
        else _of_flags(path, values, command)
        for name, values in options.items()
    }


def _of_flags(path: Path, values: dict[Any, Any], command: click.Command) -> dict[str, Any]:
    known, found = _by_flag(command), {}
    for key, value in values.items():
        parameter = known.get(str(key).replace("-", "_"))
        if parameter is None:
            raise UserError(f"{path}: {command.name} has no option {key!r}.", f"See the options of `{command.name} --help`.")
        many = parameter.nargs != 1 or (isinstance(parameter, click.Option) and parameter.multiple)
        if isinstance(value, dict) or (isinstance(value, list) and not many):
            raise UserError(f"{path}: {command.name}: {key} takes one value.", "Write it like: {oracle: {attempts: 8}}.")
        if value is not None:  # `attempts:` with nothing behind it says nothing
            found[str(parameter.name)] = [value] if many and not isinstance(value, list) else value
    return found


def path_option(*names: str, **attributes: Any) -> Callable[[F], F]:
    """Return a click option that takes a path."""
    return click.option(*names, type=click.Path(path_type=Path), **attributes)


def path_argument(name: str, **attributes: Any) -> Callable[[F], F]:
    """Return a click argument that takes a path."""
    return click.argument(name, type=click.Path(path_type=Path), **attributes)


class FiniteRange(click.FloatRange):
    """A range of numbers. `nan`, which lies within any range, and `inf` are no numbers."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the number."""
        number = super().convert(value, param, ctx)
        return number if math.isfinite(number) else self.fail(f"{value!r} is no number.", param, ctx)


onet_option = path_option(
    "--onet",
    envvar="NEXTOCC_ONET",
    help="O*NET release: folder or zip.  [default: the fetched one, else the facts that ship with nextocc]",
)
overwrite_option = click.option("--overwrite", is_flag=True, help="Make the output anew, whatever is there.")
omit_option = click.option(
    "--omit",
    type=click.Choice(["temperature", "seed", "max_completion_tokens"]),
    multiple=True,
    help="A request parameter that the endpoint does not take; may be given several times.",
)
endpoint_options = [
    click.option("--model", required=True, help="Model name as the endpoint knows it."),
    click.option("--base-url", envvar="OPENAI_BASE_URL", help="OpenAI-compatible endpoint.  [default: OpenAI's own]"),
    click.option("--concurrency", type=click.IntRange(1), default=64, show_default=True, help="Requests in flight."),
    omit_option,
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
        voice.quiet = quiet
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


class Voice:
    """Says on stderr what a command does, unless it was asked to be quiet."""

    quiet = False

    def say(self, text: str) -> None:
        """Print one line of progress."""
        if not self.quiet:
            click.echo(text, err=True)


voice = Voice()


def lines_of(result: dict[str, Any], indent: str = "") -> Iterable[str]:
    """Yield a mapping of results as lines for a person, nested mappings indented."""
    width = max((len(name) for name in result), default=0)
    for name, value in result.items():
        label = name if "/" in name else name.replace("_", " ")  # a path stays as it is
        if isinstance(value, list) and value and isinstance(value[0], dict):
            yield from table_of(value)
        elif isinstance(value, dict):
            if value:
                yield f"{indent}{label}:"
                yield from lines_of(value, indent + "  ")
        else:
            yield f"{indent}{label:<{width}}  {_shown(value)}"


def table_of(rows: list[dict[str, Any]]) -> Iterable[str]:
    """Yield rows with the same fields as the lines of a table, with a line of headings."""
    cells = [[name.replace("_", " ") for name in rows[0]], *([_shown(value) for value in row.values()] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for row in cells:
        yield "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip()


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:.4g}"
    return " to ".join(map(_shown, value)) if isinstance(value, (tuple, list)) else str(value)
