"""dataset_info.json: how LLaMA-Factory reads our files. Entries of others in the same file are kept."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import orjson

from prep.errors import InputError
from prep.files.atomic import writing

Stage = Literal["sft", "dpo"]


def dataset_name(variant: str, stage: Stage) -> str:
    """Return the name by which recipes call a dataset."""
    return f"nextocc_{variant}_{stage}"


def entry(name: str, stage: Stage) -> dict[str, Any]:
    """Return the entry of one dataset. Every column that holds something is named: LLaMA-Factory empties the others."""
    if stage == "dpo":
        columns = {"prompt": "instruction", "chosen": "chosen", "rejected": "rejected"}
        return {"file_name": f"{name}.json", "formatting": "alpaca", "ranking": True, "columns": columns}
    return {"file_name": f"{name}.json", "formatting": "alpaca", "columns": {"prompt": "instruction", "response": "output"}}


def merge_entry(folder: Path, name: str, stage: Stage) -> None:
    """Put the entry of a dataset into the folder's dataset_info.json, by key.

    Raises InputError where the file that is there is no JSON object.
    """
    path = folder / "dataset_info.json"
    try:
        entries = orjson.loads(path.read_bytes()) if path.is_file() else {}
    except orjson.JSONDecodeError:
        entries = None
    if not isinstance(entries, dict):
        raise InputError(f"{path} is not a JSON object.", "Mend it, or move it away: it is written anew.")
    entries[name] = entry(name, stage)
    with writing(path) as stream:
        stream.write(orjson.dumps(entries, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE | orjson.OPT_SORT_KEYS))
