"""The road's calls of an LLM against a real vLLM server: oracle, judge and prediction over HTTP, held to schemas."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

pytest.importorskip("vllm", reason="needs the inference environment")

from nextocc.cli import main as nextocc
from nextocc.embedded.server import serving
from prep.cli import main as prep
from prep.files.jsonl import read_rows, write_rows
from prep.onet.packaged import packaged_taxonomy
from prep.oracle.folder import RunFolder
from prep.schema.example import Example

pytestmark = [pytest.mark.vllm, pytest.mark.filterwarnings("ignore")]

HANDOVER = Path(__file__).parents[3] / "cache" / "contract"


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    if not (HANDOVER / "prompts.json").is_file():
        pytest.skip(f"{HANDOVER} holds no checkpoints: run tests/contract/train in the training environment first")
    with serving(Path(sys.executable), HANDOVER / "joint_dpo", "tiny", tmp_path_factory.mktemp("log") / "server.log") as address:
        yield address


def run(command: Any, *arguments: str) -> dict[str, Any]:
    result = CliRunner().invoke(command, [*arguments, "--json"])
    assert result.exit_code == 0, result.stderr
    output: dict[str, Any] = json.loads(result.stdout)
    return output


def test_attempts_and_scores_are_held_to_their_schemas(url: str, tmp_path: Path) -> None:
    endpoint = ("--model", "tiny", "--base-url", url)
    held = ("--answers", "taxonomy", "--max-reason-chars", "40", "--max-tokens", "300")
    counts = run(prep, "oracle", str(HANDOVER / "examples.jsonl"), *endpoint, *held, "--attempts", "2", "-o", str(tmp_path))
    assert counts["attempts"] == 16
    assert counts["off_taxonomy_attempts"] == 0
    folder = RunFolder(tmp_path)
    candidates = folder.read_candidates(folder.read_examples())
    assert {candidate.answer for candidate in candidates} <= set(packaged_taxonomy().titles)
    # random weights are hardly ever right: call every first attempt so, to have something to judge
    firsts = [c.model_copy(update={"correct": True, "sampled": True}) for c in candidates if c.attempt == 0]
    write_rows(folder.candidates, firsts)
    judged = run(prep, "judge", str(tmp_path), *endpoint, "--max-justification-chars", "40", "--max-tokens", "300")
    assert judged["reasons"] == len(firsts)
    assert judged["scores"] + judged["unreadable_scores"] == 3 * len(firsts)
    assert judged["scores"] > len(firsts)
    assert {judgement.score for judgement in folder.read_judgements()} <= {1, 2, 3, 4, 5}


def test_a_server_predicts_like_the_engine_in_the_process(url: str, tmp_path: Path) -> None:
    arguments = ("predict", str(HANDOVER / "examples.jsonl"), "--mode", "direct", "--model", "tiny", "--base-url", url)
    counts = run(nextocc, *arguments, "--answers", "taxonomy", "-o", str(tmp_path))
    assert counts["predictions"] == len(list(read_rows(HANDOVER / "examples.jsonl", Example)))
    assert counts["unparsed"] == {}


def test_an_unknown_model_is_named_before_anything_is_asked(url: str, tmp_path: Path) -> None:
    arguments = [
        "oracle",
        str(HANDOVER / "examples.jsonl"),
        "--model",
        "gigantic",
        "--base-url",
        url,
        "-o",
        str(tmp_path / "run"),
    ]
    result = CliRunner().invoke(prep, arguments)
    assert result.exit_code == 1
    assert "gigantic" in result.stderr and "tiny" in result.stderr
