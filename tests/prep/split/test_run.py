"""Who is held out, what is written, and what is counted."""

import json
from collections import Counter
from itertools import islice

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from prep.commands.split import split
from prep.console import command_group
from prep.errors import InputError, OutputError, UserError
from prep.files import atomic
from prep.files.jsonl import read_rows
from prep.schema.example import Example
from prep.split.example import LATER_EDUCATION, OPEN_ENDS, Bounds
from prep.split.run import hold_out, split_careers

SIZES = {"test_size": 6, "validation_size": 4, "seed": 7}


def person(number, jobs=6):
    occupation = {"code": "15-1252.00", "title": "Software Developers"}
    records = [
        {"kind": "job", "title": f"Job {year}", "occupation": occupation, "start": f"{2000 + year}", "end": f"{2001 + year}"}
        for year in range(jobs)
    ]
    return {"person_id": f"p{number:03}", "records": records}


def write(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def ids(path):
    return [example.person_id for example in read_rows(path, Example)]


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture
def careers(tmp_path):
    return write(tmp_path / "careers.jsonl", [person(number) for number in range(40)])


@pytest.fixture
def out(tmp_path):
    return tmp_path / "data"


def test_everybody_stands_on_one_side_in_the_order_of_the_input(careers, out):
    counts = split_careers(careers, out, Bounds(), **SIZES)
    sides = {name: ids(out / f"{name}.jsonl") for name in ("train", "valid", "test")}
    assert {name: len(each) for name, each in sides.items()} == {"train": 30, "valid": 4, "test": 6}
    assert {name: counts[name] for name in sides} == {"train": 30, "valid": 4, "test": 6}
    assert Counter(name for each in sides.values() for name in each) == Counter(f"p{number:03}" for number in range(40))
    assert all(each == sorted(each) for each in sides.values())


def test_every_row_says_which_side_it_is_of(careers, out):
    split_careers(careers, out, Bounds(), **SIZES)
    for name in ("train", "valid", "test"):
        assert {example.split for example in read_rows(out / f"{name}.jsonl", Example)} == {name}


def test_the_order_of_the_input_does_not_decide_who_is_held_out(careers, out, tmp_path):
    split_careers(careers, out, Bounds(), **SIZES)
    reversed_careers = write(tmp_path / "reversed.jsonl", [person(number) for number in reversed(range(40))])
    split_careers(reversed_careers, tmp_path / "other", Bounds(), **SIZES)
    for name in ("train", "valid", "test"):
        assert ids(tmp_path / "other" / f"{name}.jsonl") == ids(out / f"{name}.jsonl")[::-1]


def test_the_seed_decides(careers, out, tmp_path):
    split_careers(careers, out, Bounds(), **SIZES)
    split_careers(careers, tmp_path / "other", Bounds(), **{**SIZES, "seed": 8})
    assert set(ids(out / "test.jsonl")) != set(ids(tmp_path / "other" / "test.jsonl"))


@given(st.sets(st.text(min_size=1), min_size=3, max_size=30), st.integers(0, 99), st.data())
def test_hold_out_takes_as_many_as_asked_whatever_their_order(people, seed, data):
    test_size = data.draw(st.integers(1, len(people) - 1))
    validation_size = data.draw(st.integers(0, len(people) - 1 - test_size))
    sides = hold_out(sorted(people), test_size, validation_size, seed)
    wanted = {"test": test_size, "valid": validation_size}
    assert Counter(sides.values()) == {name: size for name, size in wanted.items() if size}
    assert sides.keys() <= people
    assert hold_out(data.draw(st.permutations(sorted(people))), test_size, validation_size, seed) == sides


def test_a_larger_test_keeps_the_people_of_a_smaller_one():
    people = [str(number) for number in range(50)]
    small, large = (hold_out(people, size, 0, 7).keys() for size in (5, 20))
    assert small < large


def test_hold_out_draws_evenly():
    people = [str(number) for number in range(20)]
    times = Counter(name for seed in range(2000) for name in hold_out(people, 5, 0, seed))
    assert max(abs(times[name] - 500) for name in people) < 100  # five standard deviations


def test_too_few_people(careers, out):
    with pytest.raises(UserError, match=r"^40 people have a usable career; holding out 36 \+ 4 leaves none") as caught:
        split_careers(careers, out, Bounds(), test_size=36, validation_size=4, seed=7)
    assert "Lower --test-size" in caught.value.fix
    assert not (out / "train.jsonl").exists()
    split_careers(careers, out, Bounds(), test_size=35, validation_size=4, seed=7)
    assert len(ids(out / "train.jsonl")) == 1


def test_every_person_is_counted(tmp_path, out):
    rows = [person(number) for number in range(20)] + [person(number, 4) for number in range(20, 23)] + [person(30, 16)]
    rows[0]["records"][0]["end"] = "2020"
    rows[1]["records"].append({"kind": "education", "school": "Late", "end": "2030"})
    counts = split_careers(write(tmp_path / "careers.jsonl", rows), out, Bounds(), **SIZES)
    assert counts["left_out"] == {"fewer than 5 valid jobs": 3, "more than 15 valid jobs": 1}
    assert counts["people_in"] == 24 == sum(counts["left_out"].values()) + counts["train"] + counts["valid"] + counts["test"]
    assert counts["not_shown"] == {OPEN_ENDS: 1, LATER_EDUCATION: 1}
    rejected = [json.loads(line) for line in (out / "split.rejects.jsonl").read_text().splitlines()]
    assert [row["record"]["person_id"] for row in rejected] == ["p020", "p021", "p022", "p030"]
    assert rejected[0]["where"].endswith("careers.jsonl:21")
    manifest = json.loads((out / "split.manifest.json").read_bytes())
    assert manifest["counts"] == {name: value for name, value in counts.items() if name != "folder"}


def test_a_second_run_does_nothing(careers, out):
    first = split_careers(careers, out, Bounds(), **SIZES)
    times = {path.name: path.stat().st_mtime_ns for path in out.iterdir()}
    assert split_careers(careers, out, Bounds(), **SIZES) == {"nothing_to_do": True, **first}
    assert {path.name: path.stat().st_mtime_ns for path in out.iterdir()} == times


def test_a_file_that_was_lost_is_written_again(careers, out):
    split_careers(careers, out, Bounds(), **SIZES)
    before = contents(out)
    (out / "valid.jsonl").unlink()
    assert "nothing_to_do" not in split_careers(careers, out, Bounds(), **SIZES)
    assert contents(out) == before


def test_other_settings_are_refused_with_the_difference(careers, out):
    split_careers(careers, out, Bounds(), **SIZES)
    before = contents(out)
    with pytest.raises(OutputError, match=r"settings\.seed: was 7, now 8"):
        split_careers(careers, out, Bounds(), **{**SIZES, "seed": 8})
    with pytest.raises(OutputError, match=r"settings\.min_jobs: was 5, now 4"):
        split_careers(careers, out, Bounds(4), **SIZES)
    write(careers, [person(number) for number in range(39)])
    with pytest.raises(OutputError, match=r"inputs\.careers"):
        split_careers(careers, out, Bounds(), **SIZES)
    assert contents(out) == before


def test_files_of_somebody_else_are_not_touched(careers, out):
    out.mkdir()
    (out / "train.jsonl").write_text("mine")
    with pytest.raises(OutputError, match=r"train\.jsonl exists"):
        split_careers(careers, out, Bounds(), **SIZES)
    assert contents(out) == {"train.jsonl": b"mine"}


def test_without_validation_people_there_is_no_such_file(careers, out):
    counts = split_careers(careers, out, Bounds(), **{**SIZES, "validation_size": 0})
    assert "valid" not in counts
    assert not (out / "valid.jsonl").exists()
    assert len(ids(out / "train.jsonl")) == 34


def test_overwriting_leaves_no_people_of_an_older_split(careers, out):
    split_careers(careers, out, Bounds(), **SIZES)
    split_careers(careers, out, Bounds(), **{**SIZES, "validation_size": 0}, overwrite=True)
    assert not (out / "valid.jsonl").exists()


def test_a_run_that_was_stopped_while_writing_can_be_run_again(careers, out, tmp_path, monkeypatch):
    split_careers(careers, tmp_path / "whole", Bounds(), **SIZES)
    syncs = []

    def sync(file):
        syncs.append(file)
        if len(syncs) == 4:  # after the rejects, the manifest and the first of three files
            raise OSError("power cut")

    monkeypatch.setattr(atomic.os, "fsync", sync)
    with pytest.raises(OSError, match="power cut"):
        split_careers(careers, out, Bounds(), **SIZES)
    monkeypatch.undo()
    assert sorted(path.name for path in out.iterdir()) == ["split.manifest.json", "split.rejects.jsonl", "test.jsonl"]
    split_careers(careers, out, Bounds(), **SIZES)
    assert contents(out) == contents(tmp_path / "whole")


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ('{"person_id": "x", "records": [', "not valid JSON"),
        (json.dumps({"person_id": "x", "records": []}), "a career needs at least one"),
        (json.dumps(person(3)), "person_id: 'p003' comes twice"),
        (json.dumps(person(50)), "person_id: 'p050' comes twice"),
    ],
)
def test_a_malformed_line_splits_nothing(careers, out, line, reason):
    rows = [*map(json.dumps, islice(map(person, range(40)), 20)), json.dumps(person(50, jobs=2)), line, json.dumps(person(60))]
    careers.write_text("\n".join(rows) + "\n")
    with pytest.raises(InputError) as caught:
        split_careers(careers, out, Bounds(), **SIZES)
    assert f"{careers}:22: " in caught.value.problem
    assert reason in caught.value.problem
    assert "1 malformed, nothing split" in caught.value.problem
    assert [path.name for path in out.iterdir()] == ["split.rejects.jsonl"]


def test_a_half_written_file(careers, out):
    careers.write_bytes(careers.read_bytes()[:-20])
    with pytest.raises(InputError, match="half-written"):
        split_careers(careers, out, Bounds(), **SIZES)


@pytest.fixture
def prep():
    group = command_group("prep", "", [split])
    return lambda *args: CliRunner().invoke(group, ["split", *map(str, args)])


def test_the_command(prep, careers, out):
    result = prep(careers, "--test-size", 5, "-o", out, "--json")
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["train"] == 35


def test_fewest_jobs_above_most_is_wrong_usage(prep, careers, out):
    result = prep(careers, "--min-jobs", 9, "--max-jobs", 3, "-o", out)
    assert (result.exit_code, "--min-jobs 9 is above --max-jobs 3" in result.stderr) == (2, True)
    assert not out.exists()


@pytest.mark.parametrize("content", ["", None])
def test_no_careers(prep, careers, out, content):
    careers.unlink()
    if content is not None:
        careers.write_text(content)
    result = prep(careers, "-o", out)
    assert result.exit_code == 1
    assert ("the file is empty" if content == "" else "there is no such file") in result.stderr
    assert not list(out.glob("t*.jsonl"))
