"""A checkpoint on disk → what identifies it, without reading all of its weights."""

from __future__ import annotations

import hashlib
from pathlib import Path

from prep.errors import InputError

_SAMPLE = 1 << 20


def fingerprint(folder: Path) -> str:
    """Return a hash over the names, sizes, first and last mebibyte of a checkpoint's weights, and its configuration.

    Training changes every weight, so that a checkpoint that was trained anew is told apart. Raises InputError where the
    folder is no checkpoint.
    """
    weights = sorted([*folder.glob("*.safetensors"), *folder.glob("*.bin")])
    config = folder / "config.json"
    if not config.is_file() or not weights:
        raise InputError(
            f"{folder} is no checkpoint: it lacks config.json or weights.",
            "Give the output_dir of a training that ended well; `llamafactory-cli train` writes both at its end.",
        )
    digest = hashlib.sha256(config.read_bytes())
    for path in weights:
        size = path.stat().st_size
        digest.update(f"{path.name} {size}\n".encode())
        with path.open("rb") as stream:
            digest.update(stream.read(_SAMPLE))
            stream.seek(max(0, size - _SAMPLE))
            digest.update(stream.read())
    return digest.hexdigest()
