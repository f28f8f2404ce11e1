"""Checkpoints that the real LLaMA-Factory wrote, asked by the real vLLM; the tests of training leave them in cache/."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

pytest.importorskip("vllm", reason="needs the inference environment")

from eval.predictions import Prediction
from nextocc.cli import main as nextocc
from prep.files.jsonl import read_rows
from prep.onet.packaged import packaged_taxonomy
from prep.schema.example import Example

pytestmark = [pytest.mark.vllm, pytest.mark.filterwarnings("ignore")]

HANDOVER = Path(__file__).parents[3] / "cache" / "contract"
HELD = ("--answers", "taxonomy", "--max-reason-chars", "60", "--max-tokens", "200")


@pytest.fixture(scope="module", autouse=True)
def handover() -> None:
    if not (HANDOVER / "prompts.json").is_file():
        pytest.skip(f"{HANDOVER} holds no checkpoints: run tests/contract/train in the training environment first")


def run(*arguments: str) -> dict[str, Any]:
    result = CliRunner().invoke(nextocc, [*arguments, "--json"])
    assert result.exit_code == 0, result.stderr
    output: dict[str, Any] = json.loads(result.stdout)
    return output


def predictions(folder: Path) -> list[Prediction]:
    return list(read_rows(folder / "predictions.jsonl", Prediction))


def test_the_chat_template_makes_the_prompts_that_were_trained_on() -> None:
    from transformers import AutoTokenizer

    from prep.prompts.history import render_history
    from prep.prompts.template import generation_prompt

    tokenizer = AutoTokenizer.from_pretrained(HANDOVER / "joint_dpo")
    trained = json.loads((HANDOVER / "prompts.json").read_text())
    for example, text in zip(read_rows(HANDOVER / "examples.jsonl", Example), trained, strict=True):
        messages = generation_prompt("joint").messages(history=render_history(example.history))
        sent = tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
        assert sent == text
        assert tokenizer(sent)["input_ids"] == tokenizer(text)["input_ids"]


@pytest.fixture(scope="module")
def joint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("joint")
    arguments = ("evaluate", str(HANDOVER / "joint_dpo"), "--mode", "joint", "--test", str(HANDOVER / "examples.jsonl"))
    scores = run(*arguments, *HELD, "-o", str(folder))
    assert scores["n"] == 8
    return folder


def test_a_joint_checkpoint_answers_within_the_taxonomy(joint: Path) -> None:
    made = predictions(joint)
    assert [prediction.example_id for prediction in made] == [
        e.example_id for e in read_rows(HANDOVER / "examples.jsonl", Example)
    ]
    titles = set(packaged_taxonomy().titles)
    # random weights write any reason, but what was held to the titles is one of them; a reason may run into the token limit
    assert all(prediction.answer in titles for prediction in made if prediction.answer)
    assert sum(prediction.answer is not None for prediction in made) >= 4


def test_a_second_run_asks_nothing(joint: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import eval.engines.vllm

    def refuse(model: str) -> None:
        raise AssertionError(f"{model} was loaded although everything is answered")

    monkeypatch.setattr(eval.engines.vllm, "load", refuse)
    before = (joint / "predictions.jsonl").read_bytes()
    arguments = ("predict", str(HANDOVER / "examples.jsonl"), "--mode", "joint", "--model", str(HANDOVER / "joint_dpo"))
    run(*arguments, *HELD, "-o", str(joint))
    assert (joint / "predictions.jsonl").read_bytes() == before


def test_two_models_run_one_after_the_other(tmp_path: Path) -> None:
    arguments = ("predict", str(HANDOVER / "examples.jsonl"), "--mode", "two-model", "--model", str(HANDOVER / "reasoner_dpo"))
    counts = run(*arguments, "--predictor", str(HANDOVER / "predictor_sft"), *HELD, "-o", str(tmp_path))
    assert counts["predictions"] == 8
    assert all(prediction.occupation for prediction in predictions(tmp_path))
