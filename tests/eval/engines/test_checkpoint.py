"""What tells one checkpoint from another."""

import json

import pytest

from eval.engines.checkpoint import fingerprint
from prep.errors import InputError

MEBIBYTE = 1 << 20


@pytest.fixture
def checkpoint(tmp_path):
    """A checkpoint of two shards, with what a trainer leaves beside them."""
    folder = tmp_path / "checkpoint"
    folder.mkdir()
    shards = {"model-00001-of-00002.safetensors": b"a" * 3 * MEBIBYTE, "model-00002-of-00002.safetensors": b"b" * 10}
    for name, content in shards.items():
        (folder / name).write_bytes(content)
    (folder / "model.safetensors.index.json").write_text(json.dumps({"weight_map": dict(zip("xy", shards, strict=True))}))
    (folder / "config.json").write_text('{"model_type": "llama"}')
    (folder / "tokenizer_config.json").write_text("{}")
    (folder / "training_args.bin").write_bytes(b"arguments")
    return folder


def change(path, content, at=0):
    with path.open("r+b") as stream:
        stream.seek(at)
        stream.write(content)


def test_the_same_weights_under_another_path(checkpoint, tmp_path):
    before = fingerprint(checkpoint)
    checkpoint.rename(tmp_path / "moved")
    assert fingerprint(tmp_path / "moved") == before == fingerprint(tmp_path / "moved")


@pytest.mark.parametrize(
    ("name", "at"),
    [
        ("model-00001-of-00002.safetensors", 0),
        ("model-00001-of-00002.safetensors", 3 * MEBIBYTE - 1),
        ("model-00002-of-00002.safetensors", 5),
        ("model-00002-of-00002.safetensors", 10),  # one byte longer
        ("config.json", 5),
        ("tokenizer_config.json", 0),
    ],
)
def test_another_byte_is_another_checkpoint(checkpoint, name, at):
    before = fingerprint(checkpoint)
    change(checkpoint / name, b"Z", at)
    assert fingerprint(checkpoint) != before


def test_a_chat_template_of_its_own_is_another_checkpoint(checkpoint):
    before = fingerprint(checkpoint)
    (checkpoint / "chat_template.jinja").write_text("{{ messages }}")
    assert fingerprint(checkpoint) != before


def test_what_the_trainer_notes_does_not_count(checkpoint):
    before = fingerprint(checkpoint)
    (checkpoint / "training_args.bin").write_bytes(b"other arguments")
    (checkpoint / "trainer_state.json").write_text("{}")
    assert fingerprint(checkpoint) == before


@pytest.mark.parametrize("name", ["model.safetensors", "pytorch_model.bin", "pytorch_model-00001-of-00001.bin"])
def test_one_file_of_weights(tmp_path, name):
    (tmp_path / "config.json").write_text("{}")
    (tmp_path / name).write_bytes(b"weights")
    assert len(fingerprint(tmp_path)) == 64


@pytest.mark.parametrize("kept", [[], ["config.json"], ["model.safetensors"], ["config.json", "training_args.bin"]])
def test_no_checkpoint(tmp_path, kept):
    for name in kept:
        (tmp_path / name).write_text("{}")
    with pytest.raises(InputError, match=r"is no checkpoint: it lacks config\.json or weights") as caught:
        fingerprint(tmp_path)
    assert "output_dir" in caught.value.fix


@pytest.mark.parametrize("number", [1, 2])
def test_half_a_checkpoint(checkpoint, number):
    shard = f"model-0000{number}-of-00002.safetensors"
    (checkpoint / shard).unlink()
    with pytest.raises(InputError, match=f"is a part of a checkpoint: it lacks {shard}"):
        fingerprint(checkpoint)


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"weight_map": null}', '{"weight_map": 3}'])
def test_a_half_written_index(checkpoint, content):
    (checkpoint / "model.safetensors.index.json").write_text(content)
    with pytest.raises(InputError, match="is no index of weights"):
        fingerprint(checkpoint)
