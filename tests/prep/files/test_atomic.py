import gzip
import signal
import subprocess
import sys

import pytest

from prep.files.atomic import write_text, writing

WRITER = """
import pathlib, sys, time
from prep.files.atomic import writing
with writing(pathlib.Path(sys.argv[1])) as stream:
    stream.write(b"new" * 1000)
    stream.flush()
    print("written", flush=True)
    time.sleep(60)
"""


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_the_file_appears_with_its_folders(tmp_path):
    path = tmp_path / "a" / "b" / "text.txt"
    write_text(path, "é\n")
    assert path.read_bytes() == b"\xc3\xa9\n"
    assert names(path.parent) == ["text.txt"]


def test_nothing_stands_under_the_name_before_the_end(tmp_path):
    path = tmp_path / "text.txt"
    with writing(path) as stream:
        stream.write(b"half")
        stream.flush()
        assert not path.exists()
    assert path.read_bytes() == b"half"


@pytest.mark.parametrize("name", ["text.txt", "text.txt.gz"])
@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_what_fails_leaves_the_old_file(tmp_path, name, error):
    path = tmp_path / name
    path.write_bytes(b"old")
    with pytest.raises(error), writing(path) as stream:
        stream.write(b"new")
        raise error
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == [name]


@pytest.mark.parametrize("name", ["text.txt", "text.txt.gz"])
def test_a_killed_process_leaves_the_old_file_and_the_next_one_is_not_disturbed(tmp_path, name):
    path = tmp_path / name
    path.write_bytes(b"old")
    child = subprocess.Popen([sys.executable, "-c", WRITER, path], stdout=subprocess.PIPE)
    with child:
        assert child.stdout.readline() == b"written\n"
        child.send_signal(signal.SIGKILL)
    assert child.returncode == -signal.SIGKILL
    assert path.read_bytes() == b"old"
    assert len(names(tmp_path)) == 2  # what the child had begun
    write_text(path, "short")
    assert (gzip.decompress if name.endswith(".gz") else bytes)(path.read_bytes()) == b"short"
    assert names(tmp_path) == [name]


def test_equal_content_gives_equal_bytes_whatever_the_name(tmp_path):
    write_text(tmp_path / "one.gz", "same" * 100)
    write_text(tmp_path / "two.gz", "same" * 100)
    packed = (tmp_path / "one.gz").read_bytes()
    assert packed == (tmp_path / "two.gz").read_bytes()
    assert packed[4:8] == bytes(4)  # the time stamp of the format
    assert gzip.decompress(packed) == b"same" * 100


def test_a_full_disk_leaves_the_old_file(tmp_path):
    path = tmp_path / "text.txt"
    path.write_text("old")
    (tmp_path / ".text.txt.partial").symlink_to("/dev/full")
    with pytest.raises(OSError, match="No space left"):
        write_text(path, "new")
    assert path.read_text() == "old"
    assert names(tmp_path) == ["text.txt"]


def test_a_folder_is_refused_before_the_work(tmp_path):
    with pytest.raises(IsADirectoryError) as caught, writing(tmp_path / "."):
        raise AssertionError("the work began")
    assert caught.value.filename == str(tmp_path)
