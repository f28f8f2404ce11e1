"""`nextocc predict`, `nextocc evaluate` and `python -m eval`, up to the model."""

import importlib.util
import json
import subprocess
import sys

import pytest
from click.testing import CliRunner

from eval.commands import predict as predict_module
from eval.commands.evaluate import evaluate
from eval.commands.predict import predict
from prep.console import command_group
from prep.dataset.targets import target
from prep.onet.packaged import packaged_taxonomy

NEXTOCC = command_group("nextocc", "", [predict, evaluate])
TAXONOMY = packaged_taxonomy()
TRUTH = TAXONOMY.by_code(sorted(TAXONOMY.related_of)[0])

without_vllm = pytest.mark.skipif(importlib.util.find_spec("vllm") is not None, reason="vLLM is installed here")


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A folder with a test person, a checkpoint in name only, and no O*NET release but the packaged one."""
    monkeypatch.setenv("NEXTOCC_CACHE", str(tmp_path / "cache"))
    for name in ("NEXTOCC_ONET", "OPENAI_BASE_URL", "OPENAI_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    write_people(tmp_path, TRUTH)
    (tmp_path / "checkpoint").mkdir()
    (tmp_path / "checkpoint" / "config.json").write_text("{}")
    (tmp_path / "checkpoint" / "model.safetensors").write_bytes(b"weights")
    return tmp_path


def write_people(place, *targets):
    people = [
        {"example_id": f"e{number}", "person_id": f"p{number}", "history": [], "target": each.to_json(), "split": "test"}
        for number, each in enumerate(targets)
    ]
    (place / "test.jsonl").write_text("".join(json.dumps(person) + "\n" for person in people))


def nextocc(*args):
    return CliRunner().invoke(NEXTOCC, [str(arg) for arg in args])


@pytest.fixture
def engines(monkeypatch, scripted):
    """The engines that a command makes, each of which names the truth."""
    made = []

    def make(model, base_url, server, concurrency):
        made.append((model, base_url, server))
        return scripted(lambda _: target("joint", "R", TRUTH.title), model)

    monkeypatch.setattr(predict_module, "_engine", make)
    return made


def test_a_checkpoint_becomes_scores(place, engines):
    result = nextocc(
        "evaluate", place / "checkpoint", "--mode", "joint", "--test", place / "test.jsonl", "-o", place / "run", "--json"
    )
    assert result.exit_code == 0, result.output
    scores = json.loads(result.stdout)
    assert (scores["n"], scores["acc_em"], scores["mode"]) == (1, 1, "joint")
    assert json.loads((place / "run" / "scores.json").read_bytes()) == scores
    assert engines == [(str(place / "checkpoint"), None, False)]


def test_a_missing_related_list_is_told_before_the_model_runs(place, engines):
    missing = next(each for each in TAXONOMY if each.code not in TAXONOMY.related_of)
    write_people(place, TRUTH, missing)
    result = nextocc("evaluate", place / "checkpoint", "--mode", "joint", "--test", place / "test.jsonl", "-o", place / "run")
    assert result.exit_code == 1
    assert f"no related occupations for {missing.code}" in result.stderr
    assert not engines
    assert not (place / "run").exists()


@pytest.mark.parametrize(
    ("options", "made"),
    [
        ([], [("M", None, False)]),
        (["--base-url", "http://a/v1"], [("M", "http://a/v1", True)]),
        (["--engine", "server"], [("M", None, True)]),
        (["--base-url", "http://a/v1", "--predictor", "P"], [("M", "http://a/v1", True), ("P", "http://a/v1", True)]),
        (
            ["--base-url", "http://a/v1", "--predictor", "P", "--predictor-base-url", "http://b/v1"],
            [("M", "http://a/v1", True), ("P", "http://b/v1", True)],
        ),
    ],
)
def test_which_engines_are_made(place, engines, options, made):
    mode = "two-model" if "--predictor" in options else "joint"
    result = nextocc("predict", place / "test.jsonl", "--mode", mode, "--model", "M", "-o", place / "run", *options)
    assert result.exit_code == 0, result.output
    assert engines == made


@pytest.mark.parametrize("options", [["--mode", "two-model"], ["--mode", "joint", "--predictor", "P"]])
def test_a_predictor_where_and_only_where_there_are_two_models(place, engines, options):
    result = nextocc("predict", place / "test.jsonl", "--model", "M", "-o", place / "run", *options)
    assert result.exit_code == 1
    assert "Give --predictor with --mode two-model" in result.stderr
    assert not engines


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--mode", "joint", "--engine", "vllm", "--base-url", "http://a/v1"], "vLLM in this process asks no endpoint"),
        (["--mode", "joint", "--base-url", "http://a/v1", "--predictor-base-url", "http://b/v1"], "There is no predictor to ask"),
        (["--mode", "two-model", "--predictor", "P", "--predictor-base-url", "http://b/v1"], "give --engine server"),
    ],
)
def test_an_address_that_nobody_would_ask(place, engines, options, message):
    result = nextocc("predict", place / "test.jsonl", "--model", "M", "-o", place / "run", *options)
    assert result.exit_code == 1
    assert message in result.stderr
    assert not engines


@pytest.mark.parametrize(("engine", "server"), [([], False), (["--engine", "vllm"], False), (["--engine", "server"], True)])
def test_the_shared_address_counts_only_where_a_server_is_asked_for(place, engines, monkeypatch, engine, server):
    monkeypatch.setenv("OPENAI_BASE_URL", "http://a/v1")
    result = nextocc("predict", place / "test.jsonl", "--mode", "joint", "--model", "M", "-o", place / "run", *engine)
    assert result.exit_code == 0, result.output
    assert engines == [("M", None, server)]
    assert "OPENAI_BASE_URL" in nextocc("predict", "--help").output


@without_vllm
@pytest.mark.parametrize("command", ["predict", "evaluate"])
def test_without_vllm(place, command):
    test, checkpoint = place / "test.jsonl", place / "checkpoint"
    args = [test, "--model", checkpoint] if command == "predict" else [checkpoint, "--test", test]
    result = nextocc(command, *args, "--mode", "joint", "-o", place / "run")
    assert result.exit_code == 1
    assert "vLLM is not installed in this environment" in result.stderr
    assert ".venv-vllm/bin/nextocc" in result.stderr
    assert not (place / "run" / "predictions.jsonl").exists()


def test_a_retrained_checkpoint_is_another_run(place, monkeypatch, scripted):
    run = ["--test", place / "test.jsonl", "--mode", "joint", "-o", place / "run"]
    monkeypatch.setattr(
        "eval.engines.vllm.VllmEngine.answer", scripted(lambda _: target("joint", "R", TRUTH.title)).answer, raising=True
    )
    assert nextocc("evaluate", place / "checkpoint", *run).exit_code == 0
    (place / "checkpoint" / "model.safetensors").write_bytes(b"retrained")
    result = nextocc("evaluate", place / "checkpoint", *run)
    assert result.exit_code == 1
    assert "models.model.weights: was " in result.stderr
    assert "--overwrite" in result.stderr
    assert nextocc("evaluate", place / "checkpoint", *run, "--overwrite").exit_code == 0


def test_no_checkpoint(place):
    result = nextocc("evaluate", place / "no/such", "--mode", "joint", "--test", place / "test.jsonl", "-o", place / "run")
    assert result.exit_code == 1
    assert "there is no such checkpoint" in result.stderr


def test_as_a_module():
    result = subprocess.run([sys.executable, "-m", "eval", "--help"], capture_output=True, text=True, check=True)
    assert result.stdout.startswith("Usage: nextocc evaluate [OPTIONS] CHECKPOINT")
    assert "Example: nextocc evaluate saves/" in result.stdout
