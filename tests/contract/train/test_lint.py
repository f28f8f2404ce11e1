"""`prep lint` against the real LLaMA-Factory: what it says would be lost is what LLaMA-Factory cuts."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("llamafactory", reason="needs the training environment")

from llamafactory.data.processor.processor_utils import infer_seqlen

from prep.cli import main as prep
from prep.lint.losses import kept_lengths

pytestmark = [pytest.mark.train, pytest.mark.filterwarnings("ignore")]

RECIPE = "llamafactory_configs/smollm2_135m_cpu/joint_sft.yaml"


@pytest.fixture
def place(workplace: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a workplace of its own, as the working directory."""
    folder = tmp_path / "place"
    shutil.copytree(workplace, folder, ignore=shutil.ignore_patterns("saves"))
    monkeypatch.chdir(folder)
    return folder


def lint(*arguments: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(prep, ["lint", *arguments])
    return result.exit_code, result.stdout, result.stderr


@given(st.integers(1, 5000), st.integers(1, 5000), st.integers(16, 4096))
def test_our_rule_of_cutting_is_theirs(prompt: int, answer: int, cutoff: int) -> None:
    assert kept_lengths(prompt, answer, cutoff) == infer_seqlen(prompt, answer, cutoff)


def test_a_recipe_that_fits_is_summarised(place: Path) -> None:
    code, out, err = lint(RECIPE, "--json")
    assert code == 0, err
    [summary] = json.loads(out).values()
    assert summary["rows"] == 8
    assert summary["longest"] < summary["cutoff_len"] == 2048
    assert summary["first_answer"].startswith("<think>\n")


def test_rows_that_would_be_cut_are_named(place: Path) -> None:
    data = place / "data/llamafactory/nextocc_joint_sft.json"
    rows = json.loads(data.read_text())
    rows[3]["instruction"] += " and so on" * 1500
    data.write_text(json.dumps(rows))
    code, _, err = lint(RECIPE)
    assert code == 1
    assert f"row 3 ({rows[3]['example_id']})" in err
    assert "tokens of the prompt" in err
    assert "row 2 " not in err


def test_rows_that_llamafactory_drops_are_missed(place: Path) -> None:
    (place / RECIPE).write_text((place / RECIPE).read_text() + "\nmax_samples: 5\n")
    code, _, err = lint(RECIPE)
    assert code == 1
    assert "takes 5 of 8 rows" in err


def test_a_dataset_that_was_not_built_is_named(place: Path) -> None:
    (place / "data/llamafactory/dataset_info.json").unlink()
    code, _, err = lint(RECIPE)
    assert code == 1
    assert "nextocc_joint_sft is not in data/llamafactory" in err
    assert "prep build-sft" in err


def test_a_recipe_that_llamafactory_refuses_is_an_error_without_traceback(place: Path) -> None:
    (place / RECIPE).write_text((place / RECIPE).read_text() + "\nlerning_rate: 1\n")
    code, _, err = lint(RECIPE)
    assert code == 1
    assert "LLaMA-Factory refuses this recipe" in err
    assert "Traceback" not in err
