"""How an output was made: `NAME.manifest.json` beside an output `NAME.*`.

A manifest tells the reader where a file came from, and the next run whether there is anything left to do. It holds no
secrets, no addresses and no times: equal work gives equal manifests.
"""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import orjson
from pydantic import Field, ValidationError

from prep.errors import OutputError
from prep.files.atomic import writing
from prep.schema.base import Row

ANEW = "Give another output with -o, or pass --overwrite to make it anew."
ASK_ANEW = "Give another output with -o. --overwrite asks everything anew, and drops the answers that are here."


class Work(Row):
    """What decides the content of an output. Two equal works give the same bytes, as long as nextocc is the same."""

    command: str
    settings: dict[str, Any] = Field(default_factory=dict, description="options that change the content, seeds included")
    inputs: dict[str, str] = Field(default_factory=dict, description="sha256 of each input, by its role")


class Manifest(Row):
    """A work, what it counted, what it wrote, and with which versions: a newer one does not make an output another one."""

    work: Work
    sources: dict[str, str] = Field(default_factory=dict, description="the path of each input as it was given, by its role")
    counts: dict[str, Any] = Field(default_factory=dict, description="rows in and out, each drop by its reason")
    outputs: dict[str, str] = Field(default_factory=dict, description="sha256 of each file written, by its name")
    nextocc: str = Field(default_factory=lambda: version("nextocc"))
    python: str = Field(default_factory=platform.python_version)


def sha256_file(path: Path) -> str:
    """Return the sha256 of a file, or of a folder's files in the order of their names."""
    digest = hashlib.sha256()
    if path.is_dir():
        for file in sorted(path.iterdir()):
            if file.is_file():
                digest.update(f"{file.name} {sha256_file(file)}\n".encode())
        return digest.hexdigest()
    with path.open("rb") as stream:
        while chunk := stream.read(1 << 20):
            digest.update(chunk)
    return digest.hexdigest()


def sha256_text(text: str) -> str:
    """Return the sha256 of a text's UTF-8 bytes."""
    return hashlib.sha256(text.encode()).hexdigest()


def is_done(manifest: Path, work: Work, outputs: Sequence[Path], overwrite: bool) -> bool:
    """Tell whether `outputs` were already made by `work`, so that there is nothing left to do.

    A manifest that records no outputs was written before the work: what lies there is unfinished, and is made again. Raises
    OutputError where the outputs belong to other work, were changed since, or where nobody says how they were made.
    """
    if overwrite:
        return False
    there = [path for path in outputs if path.exists()]
    if not manifest.exists():
        if there:
            raise OutputError(f"{there[0]} exists, and no {manifest.name} says how it was made.", ANEW)
        return False
    earlier = read_manifest(manifest)
    if there and (changes := differences(earlier.work.to_json(), work.to_json())):
        raise OutputError(f"{manifest.parent} holds the result of other work:\n{changes}", ANEW)
    for path in there:
        if earlier.outputs.get(path.name, sha256_file(path)) != sha256_file(path):
            raise OutputError(f"{path} was changed after it was made.", ANEW)
    return all(path.is_file() and path.name in earlier.outputs for path in outputs)


def read_manifest(path: Path) -> Manifest:
    """Read a manifest. Raises OutputError where it is damaged."""
    try:
        return Manifest.model_validate_json(path.read_bytes())
    except ValidationError:
        raise OutputError(f"{path} is no manifest of this version.", ANEW) from None


def write_manifest(path: Path, manifest: Manifest, outputs: Sequence[Path]) -> None:
    """Write `manifest` with the sha256 of `outputs`."""
    complete = manifest.model_copy(update={"outputs": {file.name: sha256_file(file) for file in outputs}})
    with writing(path) as stream:
        stream.write(orjson.dumps(complete.to_json(), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))


def differences(earlier: Mapping[str, Any], now: Mapping[str, Any], prefix: str = "") -> str:
    """Return the fields in which two JSON objects differ, a line each; empty where they are equal."""
    lines = []
    for name in sorted({*earlier, *now}):
        was, is_ = earlier.get(name), now.get(name)
        if was == is_:
            continue
        if isinstance(was, dict) and isinstance(is_, dict):
            lines += [nested] if (nested := differences(was, is_, f"{prefix}{name}.")) else []
        else:
            lines.append(f"  {prefix}{name}: was {_short(was)}, now {_short(is_)}")
    return "\n".join(lines)


def _short(value: Any) -> str:
    text = "absent" if value is None else str(value)
    return text if len(text) <= 80 else f"{text[:77]}…"
