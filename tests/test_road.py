"""The README's own commands, one after the other, against a fake endpoint: from careers to datasets, and scores at the end."""

from __future__ import annotations

import json
import re
import shlex
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from nextocc.cli import main as nextocc
from prep.cli import main as prep

ROOT = Path(__file__).parents[1]
GROUPS = {"prep": prep, "nextocc": nextocc}
# What differs here: samples instead of the reader's careers, fewer people, no download, and nothing that needs a GPU.
LEFT_OUT = ("prep onet fetch", "prep lint")


def block(heading: str) -> list[str]:
    """Return the lines of the first code block under a heading of the README, comments removed."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    found = re.search(rf"^## {heading}\n.*?^```\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    assert found is not None
    return [line.split("  #")[0].strip() for line in found.group(1).splitlines()]


def answer(request: dict[str, Any]) -> str:
    """Answer as teacher (the last occupation of the history, or now and then another one), as judge, or as trained model."""
    user = request["messages"][-1]["content"]
    jobs = re.findall(r"^\S+ to \S+ \| ([^|]+?)(?: \||$)", user, re.MULTILINE)
    title = "Chief Executives" if request.get("seed", 0) % 4 == 0 else jobs[-1]
    if "How factual" in user or "How coherent" in user or "How useful" in user:
        return json.dumps({"justification": "It rests on the history.", "score": 5})
    if "Answer as JSON" in user:
        return json.dumps({"reason": f"The jobs so far, up to {jobs[-1].lower()}, lead to {title}.", "occupation": title})
    return f"<think>\nThe last job tells.\n</think>\n<answer>\n{title}\n</answer>"


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, fake_endpoint: Any) -> Callable[[str], dict[str, Any]]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("NEXTOCC_ONET", raising=False)
    monkeypatch.setenv("NEXTOCC_CACHE", str(tmp_path / "cache"))
    shutil.copy(ROOT / "samples/careers.jsonl", tmp_path / "my_careers.jsonl")
    fake_endpoint.models = {"data": [{"id": "gpt-4.1"}]}
    fake_endpoint.answer = answer

    def one(line: str) -> dict[str, Any]:
        name, *arguments = shlex.split(line)
        result = CliRunner().invoke(GROUPS[name], [*arguments, "--json"])
        assert result.exit_code == 0, f"{line}\n{result.stderr}"
        output: dict[str, Any] = json.loads(result.stdout)
        return output

    return one


def test_the_readmes_road_is_walked_to_its_datasets_and_scores(
    run: Callable[[str], dict[str, Any]], tmp_path: Path, fake_endpoint: Any
) -> None:
    lines = [line for line in block("The road") if line.split(" ")[0] == "prep" and not line.startswith(LEFT_OUT)]
    assert [line.split(" ")[1] for line in lines] == ["ingest", "split", "oracle", "judge", "build-sft", "build-dpo"]
    results = {line.split(" ")[1]: run(line.replace("--test-size 1000", "--test-size 16")) for line in lines}
    assert results["split"]["train"] == 51
    assert results["oracle"]["attempts"] == 255
    assert results["oracle"]["people_solved"] > 20
    assert results["judge"]["scores"] == 3 * results["judge"]["reasons"]
    for variant in ("joint", "reasoner", "predictor", "direct"):
        rows = json.loads((tmp_path / f"data/llamafactory/nextocc_{variant}_sft.json").read_text())
        assert len(rows) == results["build-sft"]["accepted"] > 20
    asked = len(fake_endpoint.requests)
    for line in lines:  # a second run of everything asks nothing
        run(line.replace("--test-size 1000", "--test-size 16"))
    assert len(fake_endpoint.requests) == asked
    endpoint = f"--engine server --model gpt-4.1 --base-url {fake_endpoint.base_url}"
    run(f"nextocc predict data/test.jsonl --mode joint {endpoint} -o runs/eval/joint")
    scores = run("nextocc score runs/eval/joint --test data/test.jsonl")
    assert scores["n"] == 16
    assert 0.3 < scores["acc_em"] <= scores["acc_rm"] <= 1
    assert scores["unparsed"] == scores["missing"] == 0


def test_every_recipe_that_the_documentation_trains_is_there() -> None:
    for page in (ROOT / "README.md", ROOT / "llamafactory_configs/README.md"):
        named = re.findall(r"llamafactory-cli train (\S+\.yaml)", page.read_text(encoding="utf-8"))
        assert named
        assert all((ROOT / recipe).is_file() for recipe in named)
