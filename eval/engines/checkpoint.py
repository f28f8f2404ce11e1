"""A checkpoint on disk → what identifies it, without reading all of its weights."""

from __future__ import annotations

import hashlib
from pathlib import Path

import orjson

from prep.errors import InputError

_SAMPLE = 1 << 20
# beside the weights, these decide what a model reads and writes
_SETTINGS = ("config.json", "generation_config.json", "tokenizer.json", "tokenizer_config.json", "chat_template.jinja")
_FIX = "Give the output_dir of a training that ended well; `llamafactory-cli train` writes both at its end."


def fingerprint(folder: Path) -> str:
    """Return a hash over the names, sizes, first and last mebibyte of a checkpoint's weights, its configuration and tokeniser.

    Training changes every weight, so that a checkpoint that was trained anew is told apart. Raises InputError where the
    folder is no checkpoint, or only a part of one.
    """
    # not *.bin: the trainer keeps its own arguments in training_args.bin
    weights = sorted([*folder.glob("*.safetensors"), *folder.glob("pytorch_model*.bin")])
    if not (folder / "config.json").is_file() or not weights:
        raise InputError(f"{folder} is no checkpoint: it lacks config.json or weights.", _FIX)
    if missing := sorted(_shards(folder) - {path.name for path in weights}):
        raise InputError(f"{folder} is a part of a checkpoint: it lacks {missing[0]}.", "Copy the whole folder, or train again.")
    digest = hashlib.sha256()
    for name in _SETTINGS:
        if (folder / name).is_file():
            digest.update(f"{name} {hashlib.sha256((folder / name).read_bytes()).hexdigest()}\n".encode())
    for path in weights:
        size = path.stat().st_size
        digest.update(f"{path.name} {size}\n".encode())
        with path.open("rb") as stream:
            digest.update(stream.read(_SAMPLE))
            stream.seek(max(0, size - _SAMPLE))
            digest.update(stream.read())
    return digest.hexdigest()


def _shards(folder: Path) -> set[str]:
    """Return the names of the weight files that the indexes of a checkpoint list."""
    names: set[str] = set()
    for index in folder.glob("*.index.json"):
        try:
            names |= set(orjson.loads(index.read_bytes())["weight_map"].values())
        except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError):
            raise InputError(f"{index} is no index of weights.", _FIX) from None
    return names
