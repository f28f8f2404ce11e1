"""Where the companions of an output stand: `careers.jsonl.gz` → `careers.rejects.jsonl`, `careers.manifest.json`."""

from __future__ import annotations

from pathlib import Path


def beside(output: Path, ending: str) -> Path:
    """Return the file `NAME.ending` beside an output `NAME.*`."""
    return output.with_name(f"{Path(output.name.removesuffix('.gz')).stem}.{ending}")
