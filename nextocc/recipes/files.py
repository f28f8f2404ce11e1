"""The recipe files that ship, and how a folder's files differ from them."""

from __future__ import annotations

from pathlib import Path


def shipped_files(folder: Path) -> list[Path]:
    """Return the files that ship, without what an editor or an interrupted write left behind."""
    return sorted(
        path
        for path in folder.rglob("*")
        if path.is_file() and not path.name.startswith(".") and path.parent.name != "__pycache__"
    )


def compare(folder: Path, ours: dict[str, bytes]) -> tuple[list[str], list[str]]:
    """Return the names whose file in `folder` holds something else, and those that have no file there."""
    missing = [name for name in ours if not (folder / name).exists()]
    changed = [name for name in ours if name not in missing and (folder / name).read_bytes() != ours[name]]
    return changed, missing
