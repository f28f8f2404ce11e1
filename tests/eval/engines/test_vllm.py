"""The vLLM engine where vLLM is not installed, and its bookkeeping with a stand-in for the model."""

import importlib.util
import os
from types import SimpleNamespace

import pytest

from eval.engines import vllm as engine_module
from eval.engines.vllm import VllmEngine, load
from prep.errors import InputError, UserError
from prep.files.journal import Journal
from prep.llm.call import Call, Reply
from prep.progress import Bar

without_vllm = pytest.mark.skipif(importlib.util.find_spec("vllm") is not None, reason="vLLM is installed here")


@pytest.fixture
def checkpoint(tmp_path):
    folder = tmp_path / "checkpoint"
    folder.mkdir()
    (folder / "config.json").write_text("{}")
    (folder / "model.safetensors").write_bytes(b"weights")
    return folder


@pytest.fixture
def journal(tmp_path):
    with Journal(tmp_path / "journal.jsonl", {}) as journal:
        yield journal


@pytest.fixture
def bar():
    with Bar("predict", 5) as bar:
        yield bar


def calls(*names):
    return [Call(name, [{"role": "user", "content": name}], {"max_completion_tokens": 9, "seed": 1}) for name in names]


class Model:
    """Answers like `vllm.LLM`: echoes each question, and notes how it was asked."""

    def __init__(self, fails_at=None):
        self.chunks, self.closed, self.fails_at = [], 0, fails_at
        self.llm_engine = SimpleNamespace(engine_core=SimpleNamespace(shutdown=self.close))

    def close(self):
        self.closed += 1

    def chat(self, messages, params, use_tqdm):
        assert len(messages) == len(params)
        assert not use_tqdm
        if len(self.chunks) == self.fails_at:
            raise RuntimeError("out of memory")
        self.chunks.append([message[-1]["content"] for message in messages])
        return [
            SimpleNamespace(
                prompt_token_ids=[1, 2],
                outputs=[SimpleNamespace(text=f"echo {name}", finish_reason="stop", token_ids=[1, 2, 3])],
            )
            for name in self.chunks[-1]
        ]


@pytest.fixture
def model(monkeypatch):
    """Return a function that puts a stand-in in the place of vLLM, in chunks of two."""

    def install(**how):
        model = Model(**how)
        monkeypatch.setattr(engine_module, "load", lambda _: model)
        monkeypatch.setattr(engine_module, "_sampling", lambda call: call.options)
        monkeypatch.setattr(engine_module, "CHUNK", 2)
        return model

    return install


def test_every_answer_goes_to_its_call(model, checkpoint, journal, bar):
    llm = model()
    VllmEngine(str(checkpoint)).answer(calls(*"abcde"), journal, bar)
    assert llm.chunks == [["a", "b"], ["c", "d"], ["e"]]
    assert {entry["key"]: entry["text"] for entry in journal.entries()} == {name: f"echo {name}" for name in "abcde"}
    reply = Reply.from_json(next(journal.entries()))
    assert (reply.finish_reason, reply.usage.prompt_tokens, reply.usage.completion_tokens) == ("stop", 2, 3)
    assert (llm.closed, bar.done) == (1, 5)


def test_what_the_model_prints_stays_out_of_the_results(model, checkpoint, journal, bar, capfd, monkeypatch):
    llm = model()

    def load(_):
        os.write(1, b"loading\n")
        return llm

    monkeypatch.setattr(engine_module, "load", load)
    VllmEngine(str(checkpoint)).answer(calls("a"), journal, bar)
    os.write(1, b"result\n")
    out, err = capfd.readouterr()
    assert out == "result\n"
    assert "loading" in err


def test_a_failure_loses_its_own_chunk_only(model, checkpoint, journal, bar):
    llm = model(fails_at=1)
    with pytest.raises(RuntimeError):
        VllmEngine(str(checkpoint)).answer(calls(*"abcde"), journal, bar)
    assert sorted(entry["key"] for entry in journal.entries()) == ["a", "b"]
    assert llm.closed == 1
    again = model()
    VllmEngine(str(checkpoint)).answer(calls(*"abcde"), journal, bar)
    assert again.chunks == [["c", "d"], ["e"]]


def test_a_finished_run_does_not_load_the_model(checkpoint, journal, bar, monkeypatch):
    journal.append("a", Reply(text="x").to_json())
    monkeypatch.setattr(engine_module, "load", None)  # a call would raise
    VllmEngine(str(checkpoint)).answer(calls("a"), journal, bar)


def test_a_checkpoint_is_its_weights_and_a_name_is_a_name(checkpoint):
    identity = VllmEngine(str(checkpoint)).identity
    assert identity.keys() == {"weights"}
    (checkpoint / "model.safetensors").write_bytes(b"retrained")
    assert VllmEngine(str(checkpoint)).identity != identity
    assert VllmEngine("Qwen/Qwen3-8B").identity == {"model": "Qwen/Qwen3-8B"}


@pytest.mark.parametrize("path", ["./saves/joint", "/saves/joint", "saves/qwen3_8b/joint"])
def test_a_folder_that_is_not_there(path, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match="there is no such checkpoint"):
        VllmEngine(path)


@without_vllm
def test_without_vllm_the_message_says_which_environment_to_use():
    with pytest.raises(UserError, match="vLLM is not installed in this environment") as caught:
        load("anything")
    assert ".venv-vllm/bin/nextocc" in caught.value.fix
    assert "--base-url" in caught.value.fix
