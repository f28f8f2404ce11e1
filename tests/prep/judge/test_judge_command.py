import json

import pytest

from prep.errors import EndpointError, OutputError
from prep.files.journal import Journal
from prep.files.jsonl import write_rows
from prep.files.manifest import read_manifest, sha256_file
from prep.prompts.template import system_text
from prep.schema.run import DIMENSIONS

REASONS = {"p0": ["First.", "Second."], "p1": ["", "Third."], "p2": [""]}


def rows(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def scored(folder):
    return {(row["example_id"], row["attempt"], row["dimension"]): row["score"] for row in rows(folder.judgements)}


def test_the_drawn_attempt_of_each_person_is_scored_on_every_dimension(run_folder, judge, run_judge):
    folder = run_folder(REASONS)
    result = run_judge()
    assert result.exit_code == 0, result.stderr
    scores = {"factuality": 4, "coherence": 2, "utility": 5}
    assert scored(folder) == {
        (name, attempt, dimension): score for name, attempt in (("p0", 0), ("p1", 1)) for dimension, score in scores.items()
    }
    assert json.loads(result.stdout) == {
        "reasons": 2,
        "scores": 6,
        "unreadable_scores": 0,
        "mean_score": scores,
        "judgements": str(folder.judgements),
    }
    assert {row["judge"] for row in rows(folder.judgements)} == {"judge"}
    assert len({row["prompt_sha256"] for row in rows(folder.judgements)}) == 3


def test_what_is_sent(run_folder, judge, run_judge):
    run_folder({"p": ["First."]})
    run_judge("--max-tokens", "99", "--max-justification-chars", "80")
    assert len(judge.requests) == 3
    for request in judge.requests:
        assert request["messages"][0]["content"] == system_text()
        assert (request["model"], request["temperature"], request["max_completion_tokens"]) == ("judge", 0.0, 99)
        schema = request["response_format"]["json_schema"]["schema"]
        assert schema["properties"]["justification"] == {"type": "string", "maxLength": 80}
    assert len({request["seed"] for request in judge.requests}) == 3


def test_all_scores_every_right_attempt_and_asks_only_what_is_missing(run_folder, judge, run_judge):
    folder = run_folder(REASONS)
    run_judge()
    first = folder.judgements.read_bytes().splitlines()
    judge.requests.clear()
    assert json.loads(run_judge("--all").stdout)["scores"] == 9
    assert {key[:2] for key in scored(folder)} == {("p0", 0), ("p0", 1), ("p1", 1)}
    assert len(judge.requests) == 3
    assert all("Second." in request["messages"][1]["content"] for request in judge.requests)
    assert set(first) < set(folder.judgements.read_bytes().splitlines())


def test_scores_that_were_given_once_are_written_each_time(run_folder, judge, run_judge):
    folder = run_folder(REASONS)
    every = run_judge("--all")
    files = {path.name: path.read_bytes() for path in folder.path.iterdir()}
    judge.requests.clear()
    assert run_judge().stdout == every.stdout
    assert {path.name: path.read_bytes() for path in folder.path.iterdir()} == files
    assert judge.requests == []


def test_a_second_run_asks_nothing_and_changes_nothing(run_folder, judge, run_judge):
    folder = run_folder(REASONS)
    first = run_judge()
    files = {path.name: path.read_bytes() for path in folder.path.iterdir()}
    judge.requests.clear()
    judge.listed = 0
    assert run_judge("--concurrency", "2").stdout == first.stdout
    assert (judge.requests, judge.listed) == ([], 0)
    assert {path.name: path.read_bytes() for path in folder.path.iterdir()} == files


def test_a_reason_made_anew_is_judged_anew(run_folder, judge, run_judge):
    run_folder(REASONS)
    run_judge()
    judge.requests.clear()
    folder = run_folder({**REASONS, "p0": ["Quite another.", "Second."]})
    run_judge()
    assert len(judge.requests) == len(DIMENSIONS)
    assert all("Quite another." in request["messages"][1]["content"] for request in judge.requests)
    assert len(scored(folder)) == 6


def test_a_history_that_changed_is_judged_anew(run_folder, judge, run_judge):
    folder = run_folder(REASONS)
    run_judge()
    judge.requests.clear()
    folder.examples.write_text(folder.examples.read_text().replace('"title":"Bookkeeper"', '"title":"Cook"', 1))
    assert run_judge().exit_code == 0
    assert len(judge.requests) == len(DIMENSIONS)
    assert all("Cook" in request["messages"][1]["content"] for request in judge.requests)


def test_an_overwriting_judge_that_gives_no_score_destroys_none(run_folder, judge, run_judge):
    folder = run_folder({"p": ["First."]})
    run_judge()
    files = {path.name: path.read_bytes() for path in folder.path.iterdir()}
    judge.answer = lambda _: (401, {}, {})
    assert run_judge("--seed", "8", "--overwrite").exit_code == 1
    assert {path.name: path.read_bytes() for path in folder.path.iterdir()} == files


def test_the_scores_are_written_while_the_journal_is_locked(run_folder, judge, run_judge, monkeypatch):
    folder = run_folder({"p": ["First."]})
    written = []

    def write(path, rows):
        written.append(path)
        with pytest.raises(OutputError, match="another process"), Journal(folder.journal("judge"), {}):
            pass
        return write_rows(path, rows)

    monkeypatch.setattr("prep.judge.run.write_rows", write)
    assert run_judge().exit_code == 0
    assert written == [folder.judgements]


def test_the_manifest_says_what_was_judged(run_folder, judge, run_judge):
    folder = run_folder({"p": ["First."]})
    run_judge()
    manifest = read_manifest(folder.path / "judgements.manifest.json")
    files = {"candidates": folder.candidates, "examples": folder.examples}
    assert manifest.sources == {role: str(path) for role, path in files.items()}
    assert manifest.work.inputs == {role: sha256_file(path) for role, path in files.items()}


def test_a_candidate_of_nobody_is_told(run_folder, judge, run_judge):
    folder = run_folder({"p": ["First."]})
    folder.candidates.write_text(folder.candidates.read_text().replace('"example_id":"p"', '"example_id":"q"'))
    failed = run_judge()
    assert (failed.exit_code, judge.requests) == (1, [])
    assert f"{folder.candidates}: q is not in examples.jsonl" in failed.stderr


def test_unreadable_scores_are_counted_and_put_aside(run_folder, judge, run_judge):
    folder = run_folder({"p": ["First."]})
    judge.queue = ['{"justification": "x", "score": 6}', "Four out of five.", '{"justification": "x", "score": "4"}']
    counts = json.loads(run_judge().stdout)
    assert (counts["reasons"], counts["scores"], counts["unreadable_scores"], counts["mean_score"]) == (1, 0, 3, {})
    rejects = rows(folder.path / "judgements.rejects.jsonl")
    assert {reject["where"].split("/")[2] for reject in rejects} == set(DIMENSIONS)
    assert all(reject["reason"].startswith("malformed answer: ") for reject in rejects)
    assert folder.read_judgements() == []


def test_without_a_right_attempt_there_is_nothing_to_judge(run_folder, judge, run_judge):
    run_folder({"p": ["", ""]})
    result = run_judge()
    assert result.exit_code == 1
    assert "no attempt named the true occupation" in result.stderr
    assert "--attempts" in result.stderr
    assert judge.requests == []


def test_what_is_no_run_is_told(judge, run_judge, tmp_path):
    result = run_judge()
    assert result.exit_code == 1
    assert f"{tmp_path / 'run'} is no run of the oracle" in result.stderr
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("options", "difference"),
    [
        (["--temperature", "0.5"], "temperature: was 0.0, now 0.5"),
        (["--seed", "8"], "seed: was 7, now 8"),
        (["--model", "teacher"], "model: was judge, now teacher"),
        (["--structured", "none"], "structured: was json-schema, now none"),
    ],
)
def test_another_judging_is_refused_with_the_difference_until_it_is_to_be_made_anew(
    run_folder, judge, run_judge, options, difference
):
    folder = run_folder({"p": ["First."]})
    run_judge()
    before = folder.judgements.read_bytes()
    judge.requests.clear()
    refused = run_judge(*options)
    assert (refused.exit_code, judge.requests, folder.judgements.read_bytes()) == (1, [], before)
    assert difference in refused.stderr
    assert run_judge(*options, "--overwrite").exit_code == 0
    assert len(judge.requests) == 3


def test_a_judge_that_cannot_be_asked_leaves_no_mark(run_folder, judge, run_judge):
    folder = run_folder({"p": ["First."]})
    judge.models = {"data": [{"id": "teacher"}]}
    failed = run_judge()
    assert failed.exit_code == 1
    assert EndpointError.__name__ not in failed.stderr
    assert "does not serve 'judge'.\n  → Give --model one of: teacher" in failed.stderr
    assert not folder.judgements.exists()
    # nothing was asked, so that nothing binds the next run
    assert run_judge("--model", "teacher", "--seed", "8").exit_code == 0


def test_a_fault_in_the_middle_keeps_the_scores_that_were_given(run_folder, judge, run_judge, monkeypatch):
    monkeypatch.setattr("prep.llm.ask._LONGEST_WAIT", 0.0)
    folder = run_folder({f"p{n}": [f"Reason {n}."] for n in range(4)})
    answer = judge.answer
    judge.answer = lambda request: (500, {}, {}) if "Reason 2." in request["messages"][1]["content"] else answer(request)
    assert run_judge("--concurrency", "1").exit_code == 1
    assert not folder.judgements.exists()
    judge.answer = answer
    judge.requests.clear()
    assert run_judge().exit_code == 0
    assert len(judge.requests) == 6
    assert len(scored(folder)) == 12
