"""dataset_info.json, which other datasets share."""

import json

import pytest

from prep.dataset.info import merge_entry
from prep.errors import InputError


def read(folder):
    return json.loads((folder / "dataset_info.json").read_bytes())


def test_entries_of_both_stages(tmp_path):
    merge_entry(tmp_path, "nextocc_joint_sft", "sft")
    merge_entry(tmp_path, "nextocc_joint_dpo", "dpo")
    assert read(tmp_path) == {
        "nextocc_joint_sft": {
            "file_name": "nextocc_joint_sft.json",
            "formatting": "alpaca",
            "columns": {"prompt": "instruction", "response": "output"},
        },
        "nextocc_joint_dpo": {
            "file_name": "nextocc_joint_dpo.json",
            "formatting": "alpaca",
            "ranking": True,
            "columns": {"prompt": "instruction", "chosen": "chosen", "rejected": "rejected"},
        },
    }


def test_entries_of_others_are_kept_and_ours_are_renewed(tmp_path):
    theirs = {"alpaca_en": {"hf_hub_url": "llamafactory/alpaca_en", "num": 1.5, "süß": None}}
    (tmp_path / "dataset_info.json").write_text(json.dumps({**theirs, "nextocc_joint_sft": {"old": True}}))
    merge_entry(tmp_path, "nextocc_joint_sft", "sft")
    assert {name: value for name, value in read(tmp_path).items() if name != "nextocc_joint_sft"} == theirs
    assert "old" not in read(tmp_path)["nextocc_joint_sft"]


@pytest.mark.parametrize("content", ["", "[]", "{broken", '"text"', "null"])
def test_a_file_that_is_no_object_is_not_overwritten(tmp_path, content):
    (tmp_path / "dataset_info.json").write_text(content)
    with pytest.raises(InputError, match="is not a JSON object"):
        merge_entry(tmp_path, "nextocc_joint_sft", "sft")
    assert (tmp_path / "dataset_info.json").read_text() == content
