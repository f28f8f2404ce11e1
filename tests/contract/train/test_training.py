"""Every CPU recipe takes a real step with the real LLaMA-Factory, on data that `prep build-*` wrote."""

from __future__ import annotations

import json
import math
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("llamafactory", reason="needs the training environment")

from prep.files.jsonl import write_rows
from prep.schema.example import Example

pytestmark = [pytest.mark.train, pytest.mark.filterwarnings("ignore")]

ROOT = Path(__file__).parents[3]
HANDOVER = ROOT / "cache" / "contract"
RECIPES = "llamafactory_configs/smollm2_135m_cpu"
CLI = Path(sys.executable).parent / "llamafactory-cli"
# SFT first: a preference recipe starts from the checkpoint of its SFT recipe.
STAGES = ("joint_sft", "reasoner_sft", "predictor_sft", "direct_sft", "joint_dpo", "reasoner_dpo")


def train(workplace: Path, stage: str) -> Path:
    """Train one recipe as a user does, for one step of two rows, and return its checkpoint."""
    command = [str(CLI), "train", f"{RECIPES}/{stage}.yaml", "max_steps=1", "per_device_train_batch_size=2"]
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", "PATH": f"{CLI.parent}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(command, cwd=workplace, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return workplace / "saves/smollm2_135m_cpu" / stage


@pytest.fixture(scope="module")
def checkpoints(workplace: Path) -> dict[str, Path]:
    """Train all six, and leave those that the inference environment runs where it finds them."""
    made = {stage: train(workplace, stage) for stage in STAGES}
    shutil.rmtree(HANDOVER, ignore_errors=True)
    for stage in ("joint_dpo", "reasoner_dpo", "predictor_sft"):
        shutil.copytree(made[stage], HANDOVER / stage)
    return made


@pytest.mark.parametrize("stage", STAGES)
def test_the_recipe_trains(checkpoints: dict[str, Path], stage: str) -> None:
    folder = checkpoints[stage]
    assert (folder / "model.safetensors").is_file()
    state = json.loads((folder / "trainer_state.json").read_text())
    assert state["global_step"] == 1
    losses = [entry["loss"] for entry in state["log_history"] if "loss" in entry]
    assert losses and all(math.isfinite(float(loss)) and float(loss) > 0 for loss in losses)


def test_the_first_preference_loss_is_that_of_equal_models(checkpoints: dict[str, Path]) -> None:
    # before the first step policy and reference are the same model, so that equation 5 gives -log σ(0)
    state = json.loads((checkpoints["joint_dpo"] / "trainer_state.json").read_text())
    loss = next(float(entry["loss"]) for entry in state["log_history"] if "loss" in entry)
    assert loss == pytest.approx(math.log(2), abs=2e-2)


@pytest.mark.parametrize("variant", ["joint", "reasoner", "predictor", "direct"])
def test_what_is_trained_on_is_prompt_and_target_to_the_letter(
    workplace: Path, checkpoints: dict[str, Path], variant: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from prep.lint.encode import encode, read_recipe
    from prep.prompts.template import system_text

    monkeypatch.chdir(workplace)
    recipe = Path(f"{RECIPES}/{variant}_sft.yaml")
    rows = json.loads((workplace / f"data/llamafactory/nextocc_{variant}_sft.json").read_text())
    encoded = encode(recipe, read_recipe(recipe))
    assert len(encoded.rows) == len(rows)
    for row, (sequence,) in zip(rows, encoded.rows, strict=True):
        assert sequence.answer == f"{row['output']}<|im_end|>\n"
        assert sequence.prompt == (
            f"<|im_start|>system\n{system_text()}<|im_end|>\n<|im_start|>user\n{row['instruction']}<|im_end|>\n<|im_start|>assistant\n"
        )


def test_training_prompts_are_left_for_the_inference_environment(
    workplace: Path, checkpoints: dict[str, Path], examples: list[Example], monkeypatch: pytest.MonkeyPatch
) -> None:
    from prep.lint.encode import encode, read_recipe

    monkeypatch.chdir(workplace)
    recipe = Path(f"{RECIPES}/joint_sft.yaml")
    prompts = [sequence.prompt for (sequence,) in encode(recipe, read_recipe(recipe)).rows]
    (HANDOVER / "prompts.json").write_text(json.dumps(prompts))
    assert write_rows(HANDOVER / "examples.jsonl", examples) == len(prompts)
