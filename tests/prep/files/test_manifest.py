import hashlib
from importlib.metadata import version

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prep.errors import OutputError
from prep.files.manifest import Manifest, Work, differences, is_done, read_manifest, sha256_file, sha256_text, write_manifest

WORK = Work(command="prep x", settings={"seed": 7, "bounds": {"least": 1}}, inputs={"careers": "abc"})


@pytest.fixture
def output(tmp_path):
    """An output that was made by WORK."""
    path = tmp_path / "out.jsonl"
    path.write_text("content")
    write_manifest(tmp_path / "out.manifest.json", Manifest(work=WORK, counts={"rows": 1}), [path])
    return path


def done(output, work=WORK, overwrite=False):
    return is_done(output.with_name("out.manifest.json"), work, [output], overwrite)


def test_nothing_there_is_not_done(tmp_path):
    assert done(tmp_path / "out.jsonl") is False


def test_equal_work_with_its_output_is_done(output):
    assert done(output) is True
    assert done(output, overwrite=True) is False


def test_a_manifest_says_how_it_was_made(output):
    manifest = read_manifest(output.with_name("out.manifest.json"))
    assert (manifest.work, manifest.counts) == (WORK, {"rows": 1})
    assert manifest.outputs == {"out.jsonl": hashlib.sha256(b"content").hexdigest()}


def test_equal_work_gives_equal_bytes(tmp_path, output):
    first = output.with_name("out.manifest.json").read_bytes()
    write_manifest(tmp_path / "second.json", Manifest(work=WORK, counts={"rows": 1}), [output])
    assert (tmp_path / "second.json").read_bytes() == first


def test_a_newer_version_does_not_make_it_other_work(output):
    path = output.with_name("out.manifest.json")
    path.write_text(path.read_text().replace(f'"{version("nextocc")}"', '"0.0.1"'))
    assert read_manifest(path).nextocc == "0.0.1"
    assert done(output) is True


def test_other_work_is_refused_with_the_difference_alone(output):
    other = WORK.model_copy(
        update={"settings": {"seed": 8, "bounds": {"least": 2}}, "inputs": {"careers": "abc", "map": "d" * 99}}
    )
    with pytest.raises(OutputError) as caught:
        done(output, other)
    assert caught.value.problem.splitlines()[1:] == [
        f"  inputs.map: was absent, now {'d' * 77}…",
        "  settings.bounds.least: was 1, now 2",
        "  settings.seed: was 7, now 8",
    ]
    assert "--overwrite" in caught.value.fix
    assert done(output, other, overwrite=True) is False


def test_other_work_whose_output_is_gone_is_no_obstacle(output):
    output.unlink()
    assert done(output, Work(command="prep y")) is False


def test_an_output_that_nobody_explains_is_refused(output):
    output.with_name("out.manifest.json").unlink()
    with pytest.raises(OutputError, match=r"no out\.manifest\.json says how it was made"):
        done(output)
    assert done(output, overwrite=True) is False


def test_an_output_that_is_lost_is_made_again(output):
    output.unlink()
    assert done(output) is False


def test_an_output_that_somebody_changed_is_not_written_over(output):
    output.write_text("contenT")
    with pytest.raises(OutputError, match="was changed after it was made"):
        done(output)
    assert done(output, overwrite=True) is False


def test_one_of_two_outputs_is_not_enough(tmp_path, output):
    second = tmp_path / "second.jsonl"
    manifest = tmp_path / "out.manifest.json"
    assert is_done(manifest, WORK, [output, second], False) is False
    second.write_text("of another hand")
    assert is_done(manifest, WORK, [output, second], False) is False


def test_a_manifest_without_outputs_marks_unfinished_work(output):
    write_manifest(output.with_name("out.manifest.json"), Manifest(work=WORK), [])
    assert done(output) is False
    with pytest.raises(OutputError, match="settings"):
        done(output, WORK.model_copy(update={"settings": {}}))


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"work": 1}', b"\xff"])
def test_a_damaged_manifest_is_refused(output, content):
    output.with_name("out.manifest.json").write_bytes(content)
    with pytest.raises(OutputError, match=r"out\.manifest\.json is no manifest"):
        done(output)


def test_the_hash_of_a_folder_follows_names_and_contents(tmp_path):
    folder = tmp_path / "folder"
    (folder / "inner").mkdir(parents=True)
    (folder / "b").write_text("2")
    (folder / "a").write_text("1")
    whole = sha256_file(folder)
    assert whole == sha256_text(f"a {sha256_text('1')}\nb {sha256_text('2')}\n")
    (folder / "a").write_text("2")
    assert sha256_file(folder) != whole
    (folder / "a").write_text("1")
    assert sha256_file(folder) == whole
    (folder / "a").rename(folder / "c")
    assert sha256_file(folder) != whole


def test_the_hash_of_a_large_file(tmp_path):
    content = bytes(range(256)) * 5000  # more than one block
    (tmp_path / "large").write_bytes(content)
    assert sha256_file(tmp_path / "large") == hashlib.sha256(content).hexdigest()


def test_an_absent_field_and_a_null_are_the_same():
    assert differences({"a": {"x": None}, "b": {"y": None}}, {"a": {}, "b": {}}) == ""


objects = st.recursive(st.integers(0, 2), lambda inner: st.dictionaries(st.sampled_from("abc"), inner, max_size=3)).filter(
    lambda value: isinstance(value, dict)
)


@given(objects, objects)
def test_there_are_differences_where_objects_differ(left, right):
    assert bool(differences(left, right)) == (left != right)
    assert all(line.startswith("  ") for line in differences(left, right).splitlines())
