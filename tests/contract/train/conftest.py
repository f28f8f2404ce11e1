"""A workplace as a user of LLaMA-Factory has it: recipes, data, and a tiny model with the real tokenizer of SmolLM2."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from nextocc.cli import main as nextocc
from prep.cli import main as prep

ROOT = Path(__file__).parents[3]
SMOLLM2 = ROOT / "models" / "SmolLM2-135M-Instruct"


@pytest.fixture(scope="session")
def workplace(tmp_path_factory: pytest.TempPathFactory, judged_run: Path) -> Path:
    """Return a folder with llamafactory_configs/, data/llamafactory/ and models/SmolLM2-135M-Instruct, its weights shrunk."""
    if not SMOLLM2.is_dir():
        pytest.skip(f"{SMOLLM2} is missing: `make models` makes it")
    folder = tmp_path_factory.mktemp("workplace")
    for command, arguments in (
        (nextocc, ["recipes", "copy", str(folder)]),
        (prep, ["build-sft", str(judged_run), "-o", str(folder / "data/llamafactory")]),
        (prep, ["build-dpo", str(judged_run), "-o", str(folder / "data/llamafactory")]),
    ):
        command.main(arguments, standalone_mode=False)
    shrink(SMOLLM2, folder / "models" / SMOLLM2.name)
    return folder


def shrink(model: Path, target: Path) -> None:
    """Make a random model of the same architecture and vocabulary, two layers of 32, beside the real tokenizer."""
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM

    shutil.copytree(model, target, ignore=shutil.ignore_patterns("*.safetensors", "config.json"))
    config = AutoConfig.from_pretrained(model)
    config.update(
        {"hidden_size": 64, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 2, "num_key_value_heads": 2}
    )
    config.head_dim = 32
    torch.manual_seed(7)
    AutoModelForCausalLM.from_config(config).to(torch.float32).save_pretrained(target)
    assert json.loads((target / "config.json").read_text())["vocab_size"] == config.vocab_size
