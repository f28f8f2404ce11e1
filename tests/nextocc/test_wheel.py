"""The built wheel: what it holds, and that it works away from the repository."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TOP_LEVEL = {"prep", "eval", "nextocc", "llamafactory_configs", "judge_prompts", "samples"}


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel of a copy of the tracked files, and unpack it as an installation would."""
    source = tmp_path_factory.mktemp("source")
    tracked = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    for name in filter(None, tracked.split("\0")):
        if (ROOT / name).is_file():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, source / name)
    target = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(target)]
    subprocess.run(command, cwd=source, check=True, capture_output=True)
    [wheel] = target.glob("nextocc-*.whl")
    place = tmp_path_factory.mktemp("site")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(place)
    return place


def run(installed: Path, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(installed)}
    del environment["NEXTOCC_ONET"]  # the wheel brings its own facts
    command = [sys.executable, "-P", "-m", *arguments]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def test_its_top_level_is_ours_and_nothing_else(installed: Path) -> None:
    assert {path.name for path in installed.iterdir() if not path.name.endswith(".dist-info")} == TOP_LEVEL


def test_recipes_are_copied_from_anywhere(installed: Path, tmp_path: Path) -> None:
    done = run(installed, tmp_path, "nextocc", "recipes", "copy", str(tmp_path))
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "llamafactory_configs/qwen3_8b/joint_sft.yaml").read_bytes() == (
        ROOT / "llamafactory_configs/qwen3_8b/joint_sft.yaml"
    ).read_bytes()
    where = run(installed, tmp_path, "nextocc", "--version")
    assert where.returncode == 0


def test_samples_facts_and_prompts_are_found(installed: Path, tmp_path: Path) -> None:
    done = run(installed, tmp_path, "prep", "ingest", str(installed / "samples/careers.jsonl"), "-o", "careers.jsonl")
    assert done.returncode == 0, done.stderr
    done = run(installed, tmp_path, "prep", "split", "careers.jsonl", "--test-size", "16", "-o", "data")
    assert done.returncode == 0, done.stderr
    code = "from prep.judge.rubric import FOLDER, judge_prompt; print(judge_prompt('utility').name, FOLDER)"
    environment = {**os.environ, "PYTHONPATH": str(installed)}
    command = [sys.executable, "-P", "-c", code]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.stdout.split() == ["utility", str(installed / "judge_prompts")], done.stderr
