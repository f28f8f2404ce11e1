import pytest

from nextocc.demo.shell import Shell
from prep.errors import UserError


@pytest.fixture
def shell(tmp_path):
    program = tmp_path / "bin" / "speak"
    program.parent.mkdir()
    program.write_text('#!/bin/sh\nfor word in "$@"; do echo "$word"; done\ntest "$1" != fail\n')
    program.chmod(0o755)
    return Shell(tmp_path, program.parent, program.parent, program.parent)


def test_a_command_is_shown_and_run_in_the_folder(shell, capfd):
    shell.run(shell.train, "speak", "one")
    captured = capfd.readouterr()
    assert "$ speak one" in captured.err
    assert captured.out == "one\n"


def test_a_noisy_command_shows_only_the_lines_that_were_asked_for(shell, tmp_path, capfd):
    shell.run_logged(shell.train, tmp_path / "logs/x.log", "speak", "noise", "loss 1", show="loss")
    assert "loss 1" in (shown := capfd.readouterr().err)
    assert "\nnoise" not in shown
    assert (tmp_path / "logs/x.log").read_text() == "noise\nloss 1\n"


def test_a_command_that_fails_ends_the_demo(shell, tmp_path):
    with pytest.raises(UserError, match=r"`speak fail` failed \(exit 1\)"):
        shell.run(shell.train, "speak", "fail")
    with pytest.raises(UserError, match=r"(?s)failed \(exit 1\).*the last words"):
        shell.run_logged(shell.train, tmp_path / "x.log", "speak", "fail", "the last words", show="-")


def test_steps_are_timed(shell):
    with shell.step("first"):
        pass
    assert list(shell.seconds) == ["first"]
