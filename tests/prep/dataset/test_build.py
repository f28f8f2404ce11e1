"""`prep build-sft` and `prep build-dpo` on a judged run, as a user runs them."""

import json

import pytest
from click.testing import CliRunner

from prep.commands.build import build_dpo, build_sft
from prep.console import command_group
from prep.dataset import build
from prep.dataset.build import DPO_VARIANTS, SFT_VARIANTS
from prep.dataset.rows import sft_row
from prep.files.manifest import Manifest, Work, sha256_file, write_manifest
from prep.schema.example import Example

SFT = [f"nextocc_{variant}_sft" for variant in SFT_VARIANTS]
DPO = [f"nextocc_{variant}_dpo" for variant in DPO_VARIANTS]
PREP = command_group("prep", "", [build_sft, build_dpo])


@pytest.fixture
def out(tmp_path):
    return tmp_path / "llamafactory"


@pytest.fixture
def prep(run, out):
    """Return a function that runs a command on the run; the result is its JSON, or its message where it fails."""

    def invoke(command, *options, fails=False):
        result = CliRunner().invoke(PREP, [command, str(run.path), "-o", str(out), "--json", *map(str, options)])
        assert result.exit_code == int(fails), result.output
        return result.stderr if fails else json.loads(result.stdout)

    return invoke


def rows_of(out, name):
    return json.loads((out / f"{name}.json").read_bytes())


def people_of(out, name):
    return [row["example_id"].removesuffix("#1") for row in rows_of(out, name)]


def contents(out):
    return {path.name: path.read_bytes() for path in out.iterdir()}


def test_every_variant_trains_on_the_accepted_people(prep, out):
    result = prep("build-sft")
    assert result == {
        "people": 7,
        "unsolved": 1,
        "unjudged": 1,
        "below_threshold": 1,
        "accepted": 4,
        **dict.fromkeys(SFT, 4),
        "folder": str(out),
    }
    assert all(people_of(out, name) == ["ann", "bob", "cyd", "dan"] for name in SFT)


def test_pairs_of_the_accepted_people_with_a_readable_wrong_attempt(prep, out):
    result = prep("build-dpo")
    assert {name: result[name] for name in DPO} == dict.fromkeys(DPO, 2)
    assert result["accepted_without_a_wrong_attempt"] == 2
    assert all(people_of(out, name) == ["ann", "bob"] for name in DPO)
    for row in rows_of(out, "nextocc_joint_dpo"):
        assert any(title in row["rejected"] for title in ("Web Developers", "Chief Executives"))
        assert "Software Developers" in row["chosen"]


def test_accepted_people_without_another_reason_are_counted(prep, out, rows, write_run):
    for row in rows["candidates"]:
        if row["example_id"] == "bob#1":
            row["reason"] = "The one reason of bob."
    write_run()
    result = prep("build-dpo")
    lost = {"accepted_without_a_wrong_attempt": 2, "accepted_without_another_reason": 1}
    assert {name: result[name] for name in DPO} == dict.fromkeys(DPO, 1)
    for name in DPO:
        counts = json.loads((out / f"{name}.manifest.json").read_bytes())["counts"]
        assert counts | lost == counts
        assert (result | lost, counts["rows"]) == (result, 1)


def test_the_parts_of_a_pair_are_of_one_person(prep, out):
    prep("build-dpo")
    for name in DPO:
        for row in rows_of(out, name):
            person = row["example_id"].removesuffix("#1")
            assert f"Clerk {person}" in row["instruction"]
            assert f"of {person}." in row["chosen"]
            assert f"of {person}." in row["rejected"]
            assert row["chosen"] != row["rejected"]


def test_pairs_and_rows_share_their_prompts_to_the_byte(prep, out):
    prep("build-sft")
    prep("build-dpo")
    for variant in DPO_VARIANTS:
        rows = {row["example_id"]: row for row in rows_of(out, f"nextocc_{variant}_sft")}
        for pair in rows_of(out, f"nextocc_{variant}_dpo"):
            assert pair["instruction"] == rows[pair["example_id"]]["instruction"]
            assert pair["chosen"] == rows[pair["example_id"]]["output"]


@pytest.mark.parametrize("command", ["build-sft", "build-dpo"])
def test_the_same_bytes_each_time(prep, out, command):
    prep(command)
    first = contents(out)
    prep(command, "--overwrite")
    assert contents(out) == first


@pytest.mark.parametrize("command", ["build-sft", "build-dpo"])
def test_a_second_run_writes_no_data(prep, out, command, monkeypatch):
    first = prep(command)
    times = {path.name: path.stat().st_mtime_ns for path in out.glob("nextocc*")}
    monkeypatch.setattr(build, "_write_json", None)  # would raise
    assert prep(command) == first
    assert {path.name: path.stat().st_mtime_ns for path in out.glob("nextocc*")} == times


def test_a_stopped_run_can_be_run_again(prep, out, monkeypatch):
    def stop(path, rows):
        path.write_text("[\n")
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(build, "_write_json", stop)
        result = CliRunner().invoke(PREP, ["build-sft", str(out.parent / "runs" / "oracle"), "-o", str(out)])
        assert result.exit_code == 130
    assert prep("build-sft")["nextocc_joint_sft"] == 4
    assert len(rows_of(out, "nextocc_joint_sft")) == 4


@pytest.mark.parametrize("command", ["build-sft", "build-dpo"])
def test_another_threshold_is_refused_with_the_difference(prep, out, command):
    prep(command)
    before = contents(out)
    message = prep(command, "--threshold", 4.5, fails=True)
    assert "settings.threshold: was 4.0, now 4.5" in message
    assert "--overwrite" in message
    assert contents(out) == before
    prep(command, "--threshold", 4.5, "--overwrite")
    assert contents(out) != before


def test_another_seed_is_refused(prep, out):
    prep("build-dpo")
    assert "settings.seed: was 7, now 8" in prep("build-dpo", "--seed", 8, fails=True)


def test_one_variant(prep, out):
    prep("build-sft", "--variant", "predictor")
    prep("build-dpo", "--variant", "reasoner")
    names = {"nextocc_predictor_sft", "nextocc_reasoner_dpo"}
    assert {path.stem for path in out.glob("nextocc_*.json")} == names | {f"{name}.manifest" for name in names}
    assert json.loads((out / "dataset_info.json").read_bytes()).keys() == names


def test_dataset_info_keeps_the_entries_of_others(prep, out):
    out.mkdir()
    (out / "dataset_info.json").write_text('{"mine": {"file_name": "mine.json"}}')
    prep("build-sft")
    prep("build-dpo")
    info = json.loads((out / "dataset_info.json").read_bytes())
    assert info["mine"] == {"file_name": "mine.json"}
    assert info.keys() == {"mine", *SFT, *DPO}


@pytest.fixture
def train(tmp_path, rows):
    """The training examples: three people, two of whom the run does not know."""
    path, (row, *_) = tmp_path / "train.jsonl", rows["examples"]
    path.write_text("".join(json.dumps({**row, "example_id": f"{name}#1"}) + "\n" for name in ("ann", "hal", "ida")))
    return path


def test_direct_may_train_on_everybody(prep, out, train):
    result = prep("build-sft", "--people", "all", "--examples", train)
    assert [result[name] for name in SFT] == [4, 4, 4, 3]
    assert people_of(out, "nextocc_direct_sft") == ["ann", "hal", "ida"]
    manifest = json.loads((out / "nextocc_direct_sft.manifest.json").read_bytes())
    assert manifest["work"]["inputs"] == {"examples": sha256_file(train)}
    assert (manifest["sources"], manifest["counts"]) == ({"examples": str(train)}, {"rows": 3})
    assert "settings.people: was all, now accepted" in prep("build-sft", fails=True)


def test_everybody_needs_no_run(out, train):
    command = ["build-sft", "--variant", "direct", "--people", "all", "--examples", str(train), "-o", str(out), "--json"]
    result = CliRunner().invoke(PREP, command)
    assert json.loads(result.stdout) == {"nextocc_direct_sft": 3, "folder": str(out)}
    examples = [Example.model_validate_json(line) for line in train.read_text().splitlines()]
    assert rows_of(out, "nextocc_direct_sft") == [sft_row("direct", example, "") for example in examples]


def test_nobody_of_everybody_is_held_out(prep, out, train):
    train.write_text("test".join(train.read_text().rsplit("train", 1)))
    message = prep("build-sft", "--variant", "direct", "--people", "all", "--examples", train, fails=True)
    assert "ida#1 is a test example" in message
    assert not out.exists()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["RUN", "--people", "all"], "--people all and --examples come together"),
        (["RUN", "--examples", "train.jsonl"], "--people all and --examples come together"),
        (["RUN", "--people", "all", "--examples", "train.jsonl", "--variant", "joint"], "--variant joint does not write"),
        (["--people", "all", "--examples", "train.jsonl"], "Missing argument 'RUN'"),
        (["--variant", "direct"], "Missing argument 'RUN'"),
        (["RUN", "--threshold", "nan"], "'nan' is no number"),
    ],
)
def test_wrong_usage(out, options, message):
    result = CliRunner().invoke(PREP, ["build-sft", *options, "-o", str(out)])
    assert (result.exit_code, message in result.stderr) == (2, True), result.stderr
    assert not out.exists()


def test_the_manifest_tells_where_the_data_came_from(prep, out, run):
    prep("build-sft")
    manifest = json.loads((out / "nextocc_joint_sft.manifest.json").read_bytes())
    assert manifest["counts"] == {
        "people": 7,
        "unsolved": 1,
        "unjudged": 1,
        "below_threshold": 1,
        "accepted": 4,
        "rows": 4,
    }
    assert manifest["work"]["inputs"] == {
        "examples": sha256_file(run.examples),
        "candidates": sha256_file(run.candidates),
        "judgements": sha256_file(run.judgements),
    }
    assert manifest["outputs"] == {"nextocc_joint_sft.json": sha256_file(out / "nextocc_joint_sft.json")}


def test_an_empty_dataset_is_no_dataset(prep, out, rows, write_run):
    rows["judgements"] = [row for row in rows["judgements"] if row["example_id"] != "cyd#1"]
    write_run()
    message = prep("build-sft", "--threshold", 5, fails=True)
    counts = "7 people, 1 unsolved, 2 unjudged, 4 below threshold, 0 accepted"
    assert f"nextocc_joint_sft would be empty at threshold 5: {counts}" in message
    assert "lower --threshold" in message
    assert not out.exists()


def test_no_pairs_is_no_dataset(prep, out):
    assert "nobody who was accepted has a wrong attempt" in prep("build-dpo", "--threshold", 5, fails=True)
    assert not out.exists()


@pytest.mark.parametrize("command", ["build-sft", "build-dpo"])
def test_a_run_of_test_people_is_refused(prep, out, rows, write_run, command):
    rows["examples"][-1]["split"] = "test"
    write_run()
    assert "gus#1 is a test example" in prep(command, fails=True)
    assert not out.exists()


def test_judgements_of_earlier_attempts_are_refused(prep, run, rows, write_run):
    work = Work(command="prep judge", inputs={"candidates": sha256_file(run.candidates)})
    write_manifest(run.path / "judgements.manifest.json", Manifest(work=work), [])
    prep("build-sft")
    rows["candidates"][3]["reason"] = "Another reason."
    write_run()
    message = prep("build-sft", "--overwrite", fails=True)
    assert "candidates.jsonl has changed since judgements.jsonl was made" in message
    assert "prep judge" in message


def test_people_who_were_never_asked_about_are_not_taken_for_unsolved(prep, run, rows, write_run):
    work = Work(command="prep oracle", inputs={"examples": sha256_file(run.examples)})
    write_manifest(run.path / "candidates.manifest.json", Manifest(work=work), [])
    prep("build-sft")
    rows["examples"].append({**rows["examples"][0], "example_id": "hal#1"})
    write_run()
    message = prep("build-sft", "--overwrite", fails=True)
    assert "examples.jsonl has changed since candidates.jsonl was made" in message
    assert "prep oracle" in message


@pytest.mark.parametrize(
    ("name", "command"), [("examples", "prep oracle"), ("candidates", "prep oracle"), ("judgements", "prep judge")]
)
def test_an_incomplete_run_says_what_to_run(prep, run, name, command):
    getattr(run, name).unlink()
    message = prep("build-sft", fails=True)
    assert f"{name}.jsonl" in message
    assert command in message


@pytest.mark.parametrize("name", ["examples", "candidates", "judgements"])
def test_a_half_written_file_is_an_error(prep, run, out, name):
    path = getattr(run, name)
    path.write_bytes(path.read_bytes()[:-9])
    assert "half-written" in prep("build-sft", fails=True)
    assert not out.exists()


def test_datasets_reads_every_file(prep, out, tmp_path, monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    from datasets import load_dataset

    prep("build-sft")
    prep("build-dpo")
    for name in [*SFT, *DPO]:
        table = load_dataset("json", data_files=str(out / f"{name}.json"), cache_dir=str(tmp_path / "cache"), split="train")
        answers = ["output"] if name in SFT else ["chosen", "rejected"]
        assert table.column_names == ["example_id", "instruction", *answers]
        assert table.to_list() == rows_of(out, name)
