"""`nextocc score` on a folder of predictions, as a user runs it."""

import json
from random import Random

import pytest
from click.testing import CliRunner

from eval.commands.score import score
from prep.console import command_group
from prep.files.manifest import sha256_file
from prep.onet.digest import taxonomy_identity
from prep.onet.packaged import packaged_taxonomy

NEXTOCC = command_group("nextocc", "", [score])
TAXONOMY = packaged_taxonomy()
TARGETS = [TAXONOMY.by_code(code) for code in sorted(TAXONOMY.related_of)[:12]]


def row(number, answer):
    return {"example_id": f"e{number}", "mode": "joint", "reason": None, "answer": answer, "occupation": None, "ranked": None}


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A folder with twelve test people, and an empty run; no O*NET release but the packaged one."""
    monkeypatch.setenv("NEXTOCC_CACHE", str(tmp_path / "cache"))
    people = [
        {"example_id": f"e{number}", "person_id": f"p{number}", "history": [], "target": target.to_json(), "split": "test"}
        for number, target in enumerate(TARGETS)
    ]
    (tmp_path / "test.jsonl").write_text("".join(json.dumps(person) + "\n" for person in people))
    (tmp_path / "run").mkdir()
    return tmp_path


@pytest.fixture
def scored(place):
    """Return a function that scores predictions; the result is scores.json, or the message where it fails."""

    def run(predictions, *options, fails=False):
        if predictions is not None:
            text = predictions if isinstance(predictions, str) else "".join(json.dumps(each) + "\n" for each in predictions)
            (place / "run" / "predictions.jsonl").write_text(text)
        test = place / "test.jsonl"
        result = CliRunner().invoke(NEXTOCC, ["score", str(place / "run"), "--test", str(test), "--json", *options])
        assert result.exit_code == int(fails), result.output
        if fails:
            assert not (place / "run" / "scores.json").exists()
            return result.stderr
        printed = json.loads(result.stdout)
        assert printed == json.loads((place / "run" / "scores.json").read_bytes())
        return printed

    return run


RIGHT = [row(number, target.title) for number, target in enumerate(TARGETS)]


def test_all_right(scored):
    scores = scored(RIGHT)
    assert (scores["n"], scores["acc_em"], scores["acc_rm"], scores["mode"]) == (12, 1, 1, "joint")
    assert scores["onet"] == taxonomy_identity(TAXONOMY)
    assert scores["splits"] == {"test": 12}


@pytest.mark.parametrize("seed", range(5))
def test_predictions_are_found_by_id_whatever_their_order_and_whatever_is_lost(scored, seed):
    random = Random(seed)
    kept = random.sample(RIGHT, random.randint(1, 11))  # in random order
    scores = scored(kept)
    assert (scores["n"], scores["missing"]) == (12, 12 - len(kept))
    assert scores["acc_em"] == scores["acc_em_normalised"] == pytest.approx(len(kept) / 12)


def test_predictions_of_nobody_are_all_missing(scored):
    scores = scored("")
    assert (scores["n"], scores["missing"], scores["acc_em"], scores["mode"]) == (12, 12, 0, None)


def test_strangers(scored):
    message = scored([*RIGHT, row(98, None), row(97, None)], fails=True)
    assert "2 predictions belong to no example" in message
    assert "e97" in message


def test_duplicates(scored):
    assert "e3 comes twice" in scored([*RIGHT, row(3, "Wizards")], fails=True)


def test_a_half_written_file(scored, place):
    text = "".join(json.dumps(each) + "\n" for each in RIGHT)
    message = scored(text[:-10], fails=True)
    assert f"{place / 'run' / 'predictions.jsonl'}:12: the file ends in the middle of a line" in message


@pytest.mark.parametrize("field", ["example_id", "mode", "answer"])
def test_a_line_without_a_field(scored, field):
    broken = {name: value for name, value in RIGHT[1].items() if name != field}
    assert f"predictions.jsonl:2: {field}: " in scored([RIGHT[0], broken], fails=True)


def test_no_predictions(scored):
    message = scored(None, fails=True)
    assert "has no predictions.jsonl" in message
    assert "nextocc predict" in message


def test_a_test_person_who_comes_twice(scored, place):
    with (place / "test.jsonl").open("a") as stream:
        stream.write((place / "test.jsonl").read_text().splitlines()[0] + "\n")
    assert "e0 comes twice" in scored(RIGHT, fails=True)


def test_a_target_whose_related_list_is_not_at_hand(scored, place):
    missing = next(each for each in TAXONOMY if each.code not in TAXONOMY.related_of)
    person = {"example_id": "e99", "person_id": "p99", "history": [], "target": missing.to_json()}
    with (place / "test.jsonl").open("a") as stream:
        stream.write(json.dumps(person) + "\n")
    message = scored(RIGHT, fails=True)
    assert f"no related occupations for {missing.code}" in message
    assert "--onet" in message


def test_scores_are_renewed(scored):
    assert scored(RIGHT[:6])["acc_em"] == 0.5
    assert scored(RIGHT)["acc_em"] == 1


def test_the_manifest_says_what_was_scored(scored, place):
    scored(RIGHT[:6])
    manifest = json.loads((place / "run" / "scores.manifest.json").read_bytes())
    assert manifest["work"]["inputs"] == {
        "predictions": sha256_file(place / "run" / "predictions.jsonl"),
        "test": sha256_file(place / "test.jsonl"),
    }
    assert manifest["outputs"] == {"scores.json": sha256_file(place / "run" / "scores.json")}
    assert manifest["counts"] == {"examples": 12, "predictions": 6}
    assert manifest["work"]["settings"] == {"onet": taxonomy_identity(TAXONOMY)}


def test_scores_of_training_people_come_with_a_warning(place):
    rows = "".join(json.dumps(each) + "\n" for each in RIGHT)
    (place / "run" / "predictions.jsonl").write_text(rows)
    args = ["score", str(place / "run"), "--test", str(place / "test.jsonl"), "--json"]
    assert CliRunner().invoke(NEXTOCC, args).stderr == ""
    test = place / "test.jsonl"
    test.write_text(test.read_text().replace('"split": "test"', '"split": "train"', 3))
    result = CliRunner().invoke(NEXTOCC, args)
    assert "Warning: 3 of 12 people" in result.stderr and "training people" in result.stderr
    assert json.loads(result.stdout)["splits"] == {"test": 9, "train": 3}
