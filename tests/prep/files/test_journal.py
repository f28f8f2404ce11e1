import resource
import signal
import subprocess
import sys

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prep.errors import InputError, OutputError
from prep.files.journal import _BLOCK, Journal

RUN = {"model": "m", "seed": 7}

APPENDER = """
import pathlib, sys
from prep.files.journal import Journal
with Journal(pathlib.Path(sys.argv[1]), {"model": "m", "seed": 7}) as journal:
    for number in range(len(journal), 10**6):
        journal.append(f"k{number}", {"text": "x" * (number % 3000)})
        print(f"k{number}", flush=True)
"""
HOLDER = """
import pathlib, sys
from prep.files.journal import Journal
with Journal(pathlib.Path(sys.argv[1]), {"model": "m", "seed": 7}) as journal:
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def path(tmp_path):
    return tmp_path / "run" / "oracle.journal.jsonl"


def write(path, *keys, **entry):
    with Journal(path, RUN) as journal:
        for key in keys:
            journal.append(key, entry)


def keys(path, run=RUN):
    with Journal(path, run) as journal:
        return [entry["key"] for entry in journal.entries()]


def test_a_second_run_goes_on(path):
    write(path, "a", "b", text="é")
    with Journal(path, RUN) as journal:
        assert ("a" in journal, "c" in journal, len(journal)) == (True, False, 2)
        journal.append("c", {"text": "z"})
        assert list(journal.entries()) == [
            {"key": "a", "text": "é"},
            {"key": "b", "text": "é"},
            {"key": "c", "text": "z"},
        ]
    assert keys(path) == ["a", "b", "c"]


def test_a_call_is_in_the_file_once_it_is_appended(path):
    with Journal(path, RUN) as journal:
        journal.append("a", {"n": 1})
        assert path.read_bytes().splitlines()[1:] == [b'{"key":"a","n":1}']


def test_a_key_comes_once(path):
    write(path, "a")
    with Journal(path, RUN) as journal, pytest.raises(ValueError, match="a is in the journal already"):
        journal.append("a", {})
    assert keys(path) == ["a"]


def test_a_call_that_ended_in_an_error_is_finished_in_its_run_alone_and_replaced_by_the_next_one(path):
    with Journal(path, RUN) as journal:
        journal.append("a", {"error": "no"})
        journal.append("b", {"error": None})
        assert ("a" in journal, journal.was_refused("a")) == (True, False)
        with pytest.raises(ValueError, match="a is in the journal already"):
            journal.append("a", {})
    for error in ("no again", None):
        with Journal(path, RUN) as journal:
            assert ("a" in journal, journal.was_refused("a"), "b" in journal, len(journal)) == (False, True, True, 2)
            assert {entry["key"] for entry in journal.entries()} == {"a", "b"}
            journal.append("a", {"error": error})
            assert list(journal.entries()) == [{"key": "b", "error": None}, {"key": "a", "error": error}]
            assert ("a" in journal, journal.was_refused("a")) == (True, False)
    with Journal(path, RUN) as journal:
        assert ("a" in journal, len(journal)) == (True, 2)


def test_overwriting_destroys_nothing_before_the_first_finished_call(path):
    write(path, "a")
    made = path.with_name("made.jsonl")
    made.write_text("of a")
    before = path.read_bytes()
    with Journal(path, {"seed": 8}, overwrite=True, derived=[made]) as journal:
        assert (len(journal), list(journal.entries())) == (0, [])
    assert (path.read_bytes(), made.read_text()) == (before, "of a")
    with Journal(path, {"seed": 8}, overwrite=True, derived=[made, path.with_name("gone")]) as journal:
        journal.append("b", {})
        assert not made.exists()
        made.write_text("of b")
        journal.append("c", {})
    assert made.exists()
    assert keys(path, {"seed": 8}) == ["b", "c"]


def test_another_run_is_refused_with_the_difference_and_left_alone(path):
    write(path, "a")
    before = path.read_bytes()
    with pytest.raises(OutputError) as caught, Journal(path, {**RUN, "seed": 8, "prompt": "p"}):
        pass
    assert caught.value.problem.splitlines()[1:] == ["  prompt: was absent, now p", "  seed: was 7, now 8"]
    assert path.read_bytes() == before
    assert keys(path) == ["a"]  # and no lock is left


def test_an_identity_of_tuples_is_the_same_run(path):
    with Journal(path, {"dims": ("a", "b")}) as journal:
        journal.append("k", {})
    assert keys(path, {"dims": ["a", "b"]}) == ["k"]


def test_overwrite_begins_anew(path):
    write(path, "a")
    with Journal(path, {"seed": 8}, overwrite=True) as journal:
        assert len(journal) == 0
        journal.append("b", {})
    assert keys(path, {"seed": 8}) == ["b"]


@pytest.mark.parametrize("size", [1, 100, _BLOCK - 1, _BLOCK, _BLOCK + 1, 3 * _BLOCK + 5])
def test_a_torn_tail_is_cut_off_and_whole_lines_are_kept(path, size):
    write(path, "a", "b", text="x" * size)
    whole = path.read_bytes()
    for torn in (b"{", b'{"key":"c","text":"' + b"y" * size, bytes(size)):
        path.write_bytes(whole + torn)
        assert keys(path) == ["a", "b"]
        assert path.read_bytes() == whole


def test_a_torn_first_line_is_written_again(path):
    write(path)
    whole = path.read_bytes()
    path.write_bytes(whole[:5])
    assert keys(path) == []
    assert path.read_bytes() == whole


@settings(max_examples=50)
@given(data=st.data())
def test_a_cut_anywhere_loses_the_torn_line_alone(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("journal") / "j.jsonl"
    write(path, *"abcde", text="wörter")
    whole = path.read_bytes()
    cut = data.draw(st.integers(0, len(whole)))
    path.write_bytes(whole[:cut])
    assert keys(path) == list("abcde")[: max(0, whole[:cut].count(b"\n") - 1)]


@pytest.mark.parametrize(
    ("line", "what"),
    [
        (b'{"key":"b"', "not valid JSON"),
        (b"\x00\x00", "not valid JSON"),
        (b'{"run":{"model":"m","seed":7}}', "no finished call"),
        (b'{"text":1}', "no finished call"),
        (b'{"key":["b"]}', "no finished call"),
        (b"[]", "no finished call"),
    ],
)
def test_a_broken_line_in_the_middle_is_named(path, line, what):
    write(path, "a")
    with path.open("ab") as stream:
        stream.write(line + b'\n{"key":"c"}\n')
    before = path.read_bytes()
    with pytest.raises(InputError) as caught, Journal(path, RUN):
        pass
    assert caught.value.problem == f"{path}:3: {what}."
    assert "Delete that line" in caught.value.fix
    assert path.read_bytes() == before


@pytest.mark.parametrize("line", [b'{"key":"a"}\n', b"broken\n", b'{"run":5}\n', b"[]\n", b"\n"])
def test_a_file_that_is_no_journal_is_refused_and_left_alone(path, line):
    path.parent.mkdir()
    path.write_bytes(line)
    with pytest.raises(OutputError, match="no journal") as caught, Journal(path, RUN):
        pass
    assert "--overwrite" in caught.value.fix
    assert path.read_bytes() == line


def test_a_second_process_is_locked_out(path):
    child = subprocess.Popen([sys.executable, "-c", HOLDER, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    with child:
        assert child.stdout.readline() == b"held\n"
        for overwrite in (False, True):
            with pytest.raises(OutputError, match="written by another process"), Journal(path, RUN, overwrite=overwrite):
                pass
    assert child.returncode == 0
    assert keys(path) == []  # free again, and not overwritten


def test_a_killed_process_loses_nothing_that_it_reported(path):
    reported = []
    for _ in range(3):
        child = subprocess.Popen([sys.executable, "-c", APPENDER, path], stdout=subprocess.PIPE, text=True)
        with child:
            reported += [child.stdout.readline().strip() for _ in range(300)]
            child.send_signal(signal.SIGKILL)
            reported += [line.strip() for line in child.stdout if line.endswith("\n")]
        assert child.returncode == -signal.SIGKILL
    with Journal(path, RUN) as journal:
        entries = {entry["key"]: entry["text"] for entry in journal.entries()}
    assert len(reported) >= 900
    assert set(reported) <= entries.keys()
    assert all(len(text) == int(key[1:]) % 3000 for key, text in entries.items())


def test_a_line_that_the_disk_takes_in_part_is_taken_back(path):
    """A limit on the size of files stands for a full disk: it too takes the first part of a line without an error."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    with Journal(path, RUN) as journal:
        journal.append("a", {})
        resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size + 10, hard))
        try:
            with pytest.raises(OSError, match="File too large"):
                journal.append("b", {"text": "x" * 100})
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        assert "b" not in journal
        journal.append("c", {})
    assert keys(path) == ["a", "c"]
    assert all(orjson.loads(line) for line in path.read_bytes().splitlines())


def test_a_journal_without_calls_binds_nobody(tmp_path):
    path = tmp_path / "journal.jsonl"
    with Journal(path, {"model": "a"}):
        pass
    with Journal(path, {"model": "b"}) as journal:
        journal.append("k", {})
    with pytest.raises(OutputError, match="model: was b, now c"), Journal(path, {"model": "c"}):
        pass
    with Journal(path, {"model": "b"}) as journal:
        assert "k" in journal
