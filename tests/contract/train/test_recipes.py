"""Every recipe goes through LLaMA-Factory's own reader and argument parser.

The parser refuses `deepspeed` where the deepspeed package or torchrun is missing, and `bf16` where there is no GPU. These tests
run without all three: they take `deepspeed` out of the settings and put `use_cpu` in, and check the DeepSpeed file by itself.
"""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

pytest.importorskip("llamafactory", reason="needs the training environment")

pytestmark = [pytest.mark.train, pytest.mark.filterwarnings("ignore")]

ROOT = Path(__file__).parents[3]
CONFIGS = ROOT / "llamafactory_configs"
RECIPES = sorted(path for path in CONFIGS.rglob("*.yaml") if CONFIGS / "fragments" not in path.parents)

TEMPLATES = {"qwen3_8b": "qwen3_nothink", "llama31_8b": "llama3", "smollm2_135m_cpu": "smollm2"}
STARTS = {
    "qwen3_8b": "Qwen/Qwen3-8B",
    "llama31_8b": "meta-llama/Llama-3.1-8B-Instruct",
    "smollm2_135m_cpu": "models/SmolLM2-135M-Instruct",
}
# What the paper states, by stage, as the parsed arguments name it.
PAPER: dict[str, dict[str, Any]] = {
    "sft": {
        "per_device_train_batch_size": 8,
        "gradient_accumulation_steps": 1,
        "learning_rate": 2e-5,
        "num_train_epochs": 8.0,
        "lr_scheduler_type": "cosine",
        "bf16": True,
        "cutoff_len": 2048,
        "finetuning_type": "full",
    },
    "dpo": {
        "per_device_train_batch_size": 2,
        "gradient_accumulation_steps": 4,
        "learning_rate": 5e-6,
        "num_train_epochs": 5.0,
        "cutoff_len": 2048,
        "pref_beta": 0.1,
        "pref_loss": "sigmoid",
    },
}


@pytest.fixture(params=RECIPES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def recipe(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> SimpleNamespace:
    """Return a recipe: its model, variant and stage by its path, the settings as read, and the arguments as parsed."""
    from llamafactory.hparams import get_train_args
    from llamafactory.hparams.parser import read_args

    path: Path = request.param
    monkeypatch.chdir(tmp_path)  # an output folder left in the repository would change what the parser says
    monkeypatch.setattr("sys.argv", ["llamafactory-cli", str(path)])
    settings = read_args()
    parsed = get_train_args({key: value for key, value in settings.items() if key != "deepspeed"} | {"use_cpu": True})
    arguments = {name: value for part in parsed for name, value in vars(part).items()}
    variant, _, stage = path.stem.partition("_")
    return SimpleNamespace(model=path.parent.name, variant=variant, stage=stage, settings=settings, arguments=arguments)


def test_all_recipes_are_found() -> None:
    assert len(RECIPES) >= 18
    assert {path.parent.name for path in RECIPES} == set(TEMPLATES)


def test_what_is_trained_on_what(recipe: SimpleNamespace) -> None:
    name = f"{recipe.variant}_{recipe.stage}"
    start = STARTS[recipe.model] if recipe.stage == "sft" else f"saves/{recipe.model}/{recipe.variant}_sft"
    expected = {
        "model_name_or_path": start,
        "template": TEMPLATES[recipe.model],
        "stage": recipe.stage,
        "do_train": True,
        "finetuning_type": "full",
        "dataset_dir": "data/llamafactory",
        "dataset": [f"nextocc_{name}"],
        "output_dir": f"saves/{recipe.model}/{name}",
    }
    assert {key: recipe.arguments[key] for key in expected} == expected


def test_hyperparameters_are_those_of_the_paper(recipe: SimpleNamespace) -> None:
    if recipe.model == "smollm2_135m_cpu":
        assert 0 < recipe.arguments["max_steps"] <= 12
        assert recipe.arguments["bf16"] is True
        return
    expected = PAPER[recipe.stage]
    assert {key: recipe.arguments[key] for key in expected} == expected
    assert recipe.arguments["max_steps"] == -1


def test_nothing_is_cut_cached_resumed_or_sent_in_silence(recipe: SimpleNamespace) -> None:
    expected = {
        "max_samples": None,
        "tokenized_path": None,
        "packing": False,
        "overwrite_cache": True,
        "save_strategy": "no",
        "save_only_model": True,
        "save_total_limit": 2,
        "resume_from_checkpoint": None,
        "overwrite_output_dir": False,
        "report_to": [],
        "push_to_hub": False,
    }
    assert {key: recipe.arguments[key] for key in expected} == expected


def test_every_path_exists_or_is_made_by_another_recipe(recipe: SimpleNamespace) -> None:
    import yaml

    outputs = {yaml.safe_load(path.read_text())["output_dir"] for path in RECIPES}
    assert len(outputs) == len(RECIPES)
    made_elsewhere = {*outputs, *STARTS.values()}  # the embedded model is unpacked by nextocc, the others come from the Hub
    assert recipe.settings["model_name_or_path"] in made_elsewhere
    if "deepspeed" in recipe.settings:
        assert (ROOT / recipe.settings["deepspeed"]).is_file()
        assert not recipe.settings.get("use_cpu")
    else:
        assert recipe.settings["use_cpu"] is True


def test_deepspeed_file_is_stage_3_and_saves_whole_weights() -> None:
    config = json.loads((CONFIGS / "deepspeed/zero3.json").read_text())
    assert config["zero_optimization"]["stage"] == 3
    assert config["zero_optimization"]["stage3_gather_16bit_weights_on_model_save"] is True
    assert config["bf16"] == {"enabled": "auto"}
    batch = ["train_batch_size", "train_micro_batch_size_per_gpu", "gradient_accumulation_steps", "gradient_clipping"]
    assert {config[key] for key in batch} == {"auto"}


def test_system_turn_is_what_the_models_own_chat_template_makes(recipe: SimpleNamespace) -> None:
    from llamafactory.data.template import TEMPLATES as templates

    from prep.prompts.template import system_text

    chatml = f"<|im_start|>system\n{system_text()}<|im_end|>\n"
    dated = "Cutting Knowledge Date: December 2023\nToday Date: 26 Jul 2024\n\n"
    llama = f"<|start_header_id|>system<|end_header_id|>\n\n{dated}{system_text()}<|eot_id|>"
    expected = {"qwen3_nothink": chatml, "smollm2": chatml, "llama3": llama}
    turn = templates[recipe.arguments["template"]].format_system.apply(content=recipe.arguments["default_system"])
    assert turn == [expected[recipe.arguments["template"]]]
