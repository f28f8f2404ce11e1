"""Recipes: rendered from fragments, without drift, without overrides; listed and copied by `nextocc recipes`."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st

from nextocc.commands.recipes import SHIPPED, recipes
from nextocc.recipes import render as module
from nextocc.recipes.render import render_all
from prep.console import command_group
from prep.errors import UserError
from prep.prompts.template import system_text

FRAGMENTS = SHIPPED / "fragments"
MODELS = {"qwen3_8b", "llama31_8b", "smollm2_135m_cpu"}
RUNS = {"joint_sft", "joint_dpo", "reasoner_sft", "reasoner_dpo", "predictor_sft", "direct_sft"}


def invoke(*arguments: str | Path) -> Result:
    return CliRunner().invoke(command_group("nextocc", "…", [recipes]), ["recipes", *map(str, arguments)])


@pytest.fixture
def configs(tmp_path: Path) -> Path:
    """Return a copy of the recipes that a test may spoil."""
    return Path(shutil.copytree(SHIPPED, tmp_path / "configs"))


def test_every_model_has_every_run() -> None:
    assert set(render_all(FRAGMENTS)) == {f"{model}/{run}.yaml" for model in MODELS for run in RUNS}


def test_rendering_is_deterministic_and_touches_nothing(configs: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in configs.rglob("*")}
    assert render_all(configs / "fragments") == render_all(FRAGMENTS)
    assert before == {path: path.stat().st_mtime_ns for path in configs.rglob("*")}


def test_files_equal_their_fragments_and_no_recipe_is_left_over() -> None:
    files = [path for path in SHIPPED.rglob("*.yaml") if FRAGMENTS not in path.parents]
    assert {str(path.relative_to(SHIPPED)): path.read_text() for path in files} == render_all(FRAGMENTS)


def test_every_fragment_is_used() -> None:
    text = "".join(render_all(FRAGMENTS).values())
    for path in FRAGMENTS.rglob("*.yaml"):
        plain = [line for line in path.read_text().splitlines() if line and "$" not in line]
        assert path.name == "matrix.yaml" or all(line in text for line in plain), path


def test_header_names_the_command_and_the_origin() -> None:
    for path, text in render_all(FRAGMENTS).items():
        header = text.partition("\n### ")[0]
        assert f"llamafactory-cli train llamafactory_configs/{path}\n" in header
        assert "Rendered from llamafactory_configs/fragments/" in header
        assert ("FORCE_TORCHRUN=1" in header) == ("deepspeed:" in text)


def test_system_text_arrives_exactly() -> None:
    for path, text in render_all(FRAGMENTS).items():
        dated = "Cutting Knowledge Date: December 2023\nToday Date: 26 Jul 2024\n\n" if path.startswith("llama31") else ""
        assert yaml.safe_load(text)["default_system"] == dated + system_text()


@settings(deadline=None)
@given(st.text())
def test_any_system_text_survives_the_quoting(system: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "system_text", lambda: system)
        assert yaml.safe_load(render_all(FRAGMENTS)["qwen3_8b/joint_sft.yaml"])["default_system"] == system


@pytest.mark.parametrize(
    ("fragment", "line", "problem"),
    [
        ("output.yaml", "stage: kto\n", "stage stands in it twice"),
        ("output.yaml", "seed: 1\n", "seed stands in it twice"),
        ("output.yaml", "run_name: $nickname\n", "output.yaml: there is no variable 'nickname'"),
        ("output.yaml", "# costs 5 $\n", "output.yaml: a $ that begins no variable"),
        ("output.yaml", "run_name: [\n", "do not make YAML"),
        ("matrix.yaml", "  rm: {method: reward}\nfragments: [nowhere.yaml]\n", "nowhere.yaml: there is no such fragment"),
        ("matrix.yaml", "fragments: [header.yaml]\n", "do not make a mapping"),
    ],
)
def test_a_bad_fragment_is_a_users_error(configs: Path, fragment: str, line: str, problem: str) -> None:
    with (configs / "fragments" / fragment).open("a") as file:
        file.write(line)
    with pytest.raises(UserError, match=re.escape(problem)):
        render_all(configs / "fragments")


def test_render_mends_drift_and_check_names_it(configs: Path) -> None:
    assert invoke("render", "--check", "--configs", configs).exit_code == 0
    drifted, missing = configs / "qwen3_8b/joint_sft.yaml", configs / "llama31_8b/direct_sft.yaml"
    drifted.write_text(drifted.read_text().replace("2.0e-5", "3.0e-5"))
    missing.unlink()
    result = invoke("render", "--check", "--configs", configs)
    assert result.exit_code == 1
    assert "qwen3_8b/joint_sft.yaml, llama31_8b/direct_sft.yaml" in result.stderr
    assert "3.0e-5" in drifted.read_text()
    assert json.loads(invoke("render", "--json", "--configs", configs).stdout) == {"written": 2, "unchanged": 16}
    assert invoke("render", "--check", "--configs", configs).exit_code == 0


def test_shipped_recipes_pass_the_check() -> None:
    assert invoke("render", "--check").exit_code == 0


def test_list_shows_every_recipe() -> None:
    rows = json.loads(invoke("list", "--json").stdout)["recipes"]
    assert len(rows) == len(MODELS) * len(RUNS)
    assert rows[1] == {
        "path": "llamafactory_configs/qwen3_8b/joint_dpo.yaml",
        "model": "saves/qwen3_8b/joint_sft",
        "variant": "joint",
        "stage": "dpo",
        "dataset": "nextocc_joint_dpo",
        "output_dir": "saves/qwen3_8b/joint_dpo",
        "needs": "4 GPUs of 80 GB",
    }
    lines = invoke("list").stdout.splitlines()
    assert len(lines) == 1 + len(rows)
    assert lines[0].split()[:3] == ["path", "model", "variant"]
    assert all(row["path"] in line and row["needs"] in line for row, line in zip(rows, lines[1:], strict=True))


def test_copy_works_twice(tmp_path: Path) -> None:
    first = json.loads(invoke("copy", tmp_path, "--json").stdout)
    assert first["copied"] >= 18
    assert first["unchanged"] == 0
    assert render_all(tmp_path / "llamafactory_configs/fragments") == render_all(FRAGMENTS)
    assert (tmp_path / "llamafactory_configs/deepspeed/zero3.json").is_file()
    again = invoke("copy", tmp_path)
    assert again.exit_code == 0
    assert "Nothing to do" in again.stderr


def test_copy_refuses_changed_files_before_it_writes_anything(tmp_path: Path) -> None:
    invoke("copy", tmp_path)
    target = tmp_path / "llamafactory_configs"
    changed, missing = target / "qwen3_8b/joint_sft.yaml", target / "llama31_8b/joint_sft.yaml"
    original = changed.read_text()
    changed.write_text("mine: true\n")
    missing.unlink()
    result = invoke("copy", tmp_path)
    assert result.exit_code == 1
    assert "qwen3_8b/joint_sft.yaml" in result.stderr
    assert "--overwrite" in result.stderr
    assert changed.read_text() == "mine: true\n"
    assert not missing.exists()
    assert json.loads(invoke("copy", tmp_path, "--overwrite", "--json").stdout)["copied"] == 2
    assert changed.read_text() == original


def test_copy_leaves_other_files_alone(tmp_path: Path) -> None:
    own = tmp_path / "llamafactory_configs/my_model/joint_sft.yaml"
    own.parent.mkdir(parents=True)
    own.write_text("mine: true\n")
    assert invoke("copy", tmp_path).exit_code == 0
    assert own.read_text() == "mine: true\n"


def test_readme_names_every_model_and_only_files_that_exist() -> None:
    readme = (SHIPPED / "README.md").read_text()
    named = set(re.findall(r"llamafactory_configs/([\w/]+\.(?:yaml|json))", readme))
    assert named
    assert all((SHIPPED / name).is_file() for name in named)
    assert all(f"`{model}`" in readme for model in MODELS)
    assert all(run in readme for run in RUNS)
