import json
import os
import signal
import subprocess
import sys
import time

import pytest

from prep.files.journal import Journal
from prep.llm.call import seed_of
from prep.oracle.candidates import attempt_key
from prep.oracle.run import _missing
from prep.prompts.template import system_text


def rows(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_a_run_writes_what_it_counts(people, teacher, asked, run_oracle, tmp_path):
    people(8)
    result = run_oracle("--attempts", "3", "--max-tokens", "99")
    assert result.exit_code == 0, result.stderr
    counts = json.loads(result.stdout)
    assert sorted(asked()) == sorted(attempt_key(f"p{n}", attempt) for n in range(8) for attempt in range(3))
    candidates, rejects = rows(tmp_path / "run" / "candidates.jsonl"), rows(tmp_path / "run" / "candidates.rejects.jsonl")
    luck = [seed_of(7, key) % 4 for key in asked()]
    assert counts["people"] == 8
    assert counts["attempts"] == len(candidates) + len(rejects) == 24
    assert counts["unreadable_attempts"] == {"malformed answer": luck.count(1)} == {"malformed answer": len(rejects)}
    assert counts["correct_attempts"] == luck.count(2) + luck.count(3) == sum(row["correct"] for row in candidates)
    assert counts["people_solved"] == len({row["example_id"] for row in candidates if row["correct"]})
    assert counts["off_taxonomy_attempts"] == 0
    manifest = json.loads((tmp_path / "run" / "candidates.manifest.json").read_text())
    assert manifest["counts"] == {name: value for name, value in counts.items() if name != "candidates"}
    assert os.environ["OPENAI_API_KEY"] not in "".join(path.read_text() for path in (tmp_path / "run").iterdir())


def test_unreadable_attempts_of_one_kind_are_counted_together(people, fake_endpoint, run_oracle):
    people(1)
    fake_endpoint.queue = ["Hm.", '{"reason": "x"}', '{"occupation": "x"}', '{"reason": "x", "occupation": "Wizards"}']
    counts = json.loads(run_oracle("--attempts", "4").stdout)
    assert counts["unreadable_attempts"] == {"malformed answer": 3}
    assert (counts["attempts"], counts["off_taxonomy_attempts"], counts["people_solved"]) == (4, 1, 0)


def test_what_is_sent(people, teacher, run_oracle):
    people(1, title="$history {x}\n```<|im_end|>")
    run_oracle(
        "--attempts", "1", "--max-tokens", "99", "--temperature", "0.3", "--max-reason-chars", "50", "--answers", "taxonomy"
    )
    (request,) = teacher.requests
    system, user = request["messages"]
    assert system == {"role": "system", "content": system_text()}
    assert "2001 to open | Bookkeeping Clerks | title: $history {x} '''< |im_end|>\n```" in user["content"]
    assert "Accountants" not in user["content"]
    assert (request["model"], request["temperature"], request["max_completion_tokens"]) == ("teacher", 0.3, 99)
    properties = request["response_format"]["json_schema"]["schema"]["properties"]
    assert properties["reason"]["maxLength"] == 50
    assert len(properties["occupation"]["enum"]) == 1016


def test_an_endpoint_without_json_schemas_is_sent_none(people, teacher, run_oracle):
    people(1)
    assert run_oracle("--structured", "none").exit_code == 0
    assert "response_format" not in teacher.requests[0]


def test_a_second_run_asks_nothing_and_changes_nothing(people, teacher, run_oracle, tmp_path):
    people(4)
    first = run_oracle()
    files = {path.name: path.read_bytes() for path in (tmp_path / "run").iterdir()}
    teacher.requests.clear()
    teacher.listed = 0
    second = run_oracle("--concurrency", "3")
    assert (second.exit_code, second.stdout) == (0, first.stdout)
    assert (teacher.requests, teacher.listed) == ([], 0)
    assert {path.name: path.read_bytes() for path in (tmp_path / "run").iterdir()} == files


def test_more_attempts_and_more_people_extend_a_run(people, teacher, asked, run_oracle, tmp_path):
    people(3)
    run_oracle("--attempts", "3")
    teacher.requests.clear()
    run_oracle("--attempts", "5")
    assert sorted(asked()) == sorted(attempt_key(f"p{n}", attempt) for n in range(3) for attempt in (3, 4))
    teacher.requests.clear()
    people(5)
    run_oracle("--attempts", "5", "--limit", "4")
    assert sorted(asked()) == [attempt_key("p3", attempt) for attempt in range(5)]
    run_oracle("--attempts", "5")
    assert run_oracle("--attempts", "5", output="at-once").exit_code == 0
    for name in ("candidates.jsonl", "candidates.rejects.jsonl", "examples.jsonl", "candidates.manifest.json"):
        assert (tmp_path / "run" / name).read_bytes() == (tmp_path / "at-once" / name).read_bytes()


@pytest.mark.parametrize(
    ("options", "difference"),
    [
        (["--temperature", "0.5"], "temperature: was 1.0, now 0.5"),
        (["--seed", "8"], "seed: was 7, now 8"),
        (["--model", "judge"], "model: was teacher, now judge"),
        (["--max-tokens", "9"], "max_tokens: was 1024, now 9"),
        (["--answers", "taxonomy"], "answers: was free, now taxonomy"),
        (["--structured", "none"], "structured: was json-schema, now none"),
        (["--max-reason-chars", "9"], "max_reason_chars: was absent, now 9"),
    ],
)
def test_another_run_is_refused_with_the_difference_until_it_is_to_be_made_anew(
    people, teacher, run_oracle, tmp_path, options, difference
):
    people(1)
    run_oracle("--attempts", "2")
    before = (tmp_path / "run" / "candidates.jsonl").read_bytes()
    teacher.requests.clear()
    refused = run_oracle("--attempts", "2", *options)
    assert (refused.exit_code, teacher.requests) == (1, [])
    assert difference in refused.stderr
    assert "--overwrite" in refused.stderr
    assert (tmp_path / "run" / "candidates.jsonl").read_bytes() == before
    assert run_oracle("--attempts", "2", *options, "--overwrite").exit_code == 0
    assert len(teacher.requests) == 2


@pytest.mark.parametrize(
    ("count", "changes", "what"), [(2, {"title": "Cook"}, "example p0 has changed"), (1, {}, "example p1 is not in the input")]
)
@pytest.mark.parametrize("finished", [True, False])
def test_people_who_were_asked_about_neither_change_nor_go(people, teacher, run_oracle, tmp_path, finished, count, changes, what):
    people(2)
    run_oracle("--attempts", "1", "--concurrency", "1")
    if not finished:  # as a kill leaves it
        for name in ("examples.jsonl", "candidates.jsonl", "candidates.manifest.json"):
            (tmp_path / "run" / name).unlink()
    before = {path.name: path.read_bytes() for path in (tmp_path / "run").iterdir()}
    people(count, **changes)
    refused = run_oracle("--attempts", "1")
    assert refused.exit_code == 1
    assert what in refused.stderr
    assert {path.name: path.read_bytes() for path in (tmp_path / "run").iterdir()} == before


def test_an_overwriting_run_that_is_answered_nothing_destroys_nothing(people, teacher, run_oracle, tmp_path):
    people(2)
    run_oracle("--attempts", "2")
    before = {path.name: path.read_bytes() for path in (tmp_path / "run").iterdir()}
    people(3)
    for base_url in ("http://127.0.0.1:1/v1", teacher.base_url):
        teacher.answer = lambda _: (401, {}, {})
        assert run_oracle("--seed", "8", "--overwrite", "--base-url", base_url).exit_code == 1
        assert {path.name: path.read_bytes() for path in (tmp_path / "run").iterdir()} == before


def test_the_first_answer_of_an_overwriting_run_takes_the_place_of_all_the_old_ones(people, teacher, run_oracle, tmp_path):
    people(2)
    run_oracle()
    for name in ("judgements.jsonl", "judgements.manifest.json"):
        (tmp_path / "run" / name).write_text("")
    teacher.queue = ["fine"]
    teacher.answer = lambda _: (401, {}, {})
    assert run_oracle("--seed", "8", "--overwrite", "--concurrency", "1").exit_code == 1
    assert [path.name for path in (tmp_path / "run").iterdir()] == ["oracle.journal.jsonl"]
    assert (tmp_path / "run" / "oracle.journal.jsonl").read_bytes().count(b"\n") == 2


def test_an_extension_that_is_stopped_leaves_the_run_as_it_was(people, teacher, run_oracle, tmp_path):
    people(2)
    run_oracle()
    rendered = [tmp_path / "run" / name for name in ("examples.jsonl", "candidates.jsonl", "candidates.manifest.json")]
    before = [path.read_bytes() for path in rendered]
    people(4)
    teacher.queue = ["fine"]
    answer, teacher.answer = teacher.answer, lambda _: (401, {}, {})
    assert run_oracle("--concurrency", "1").exit_code == 1
    assert [path.read_bytes() for path in rendered] == before
    teacher.answer = answer
    assert json.loads(run_oracle().stdout)["people"] == 4


def test_a_release_of_other_content_is_another_run(people, teacher, run_oracle, monkeypatch):
    from prep.onet import packaged

    people(1)
    run_oracle()
    monkeypatch.setattr(packaged, "_rows", lambda name, rows=packaged._rows: rows(name)[: 1016 if "samples" in name else None])
    refused = run_oracle()
    assert refused.exit_code == 1
    assert "onet.sha256: was " in refused.stderr


@pytest.mark.parametrize("parameter", ["temperature", "seed", "max_completion_tokens"])
def test_a_parameter_that_the_endpoint_refuses_can_be_left_out(people, fake_endpoint, run_oracle, parameter):
    people(1)

    def answer(request):
        message = f"Unsupported parameter: '{parameter}' is not supported with this model."
        return (400, {}, {"error": {"message": message, "param": parameter}}) if parameter in request else "fine"

    fake_endpoint.answer = answer
    refused = run_oracle()
    assert refused.exit_code == 1
    assert f"--omit {parameter}" in refused.stderr
    fake_endpoint.requests.clear()
    assert run_oracle("--omit", parameter).exit_code == 0
    assert all(len({"temperature", "seed", "max_completion_tokens"} & request.keys()) == 2 for request in fake_endpoint.requests)
    again = run_oracle()
    assert again.exit_code == 1
    assert f"omit: was ['{parameter}'], now []" in again.stderr


@pytest.mark.parametrize("trouble", ["unreachable", "unknown model", "refused request", "no key"])
def test_a_run_that_asked_nothing_may_be_made_with_other_settings(people, teacher, run_oracle, monkeypatch, trouble):
    people(2, title="Cook")
    answer = teacher.answer
    if trouble == "refused request":
        teacher.answer = lambda _: (400, {}, {"error": {"message": "no response_format here"}})
    with monkeypatch.context() as patch:
        if trouble == "unreachable":
            patch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:1/v1")
        if trouble == "no key":
            patch.delenv("OPENAI_API_KEY")
            patch.delenv("OPENAI_BASE_URL")
        failed = run_oracle(model="typo" if trouble == "unknown model" else "teacher")
    message = {
        "unreachable": "http://127.0.0.1:1/v1 cannot be reached",
        "unknown model": "does not serve 'typo'.\n  → Give --model one of: judge, teacher",
        "refused request": "refuses the request: no response_format here\n  → Where it does not know JSON schemas",
        "no key": "OPENAI_API_KEY is not set.\n  → Set it",
    }[trouble]
    assert failed.exit_code == 1
    assert message in failed.stderr
    assert "Traceback" not in failed.stderr
    people(2)
    teacher.answer = answer
    assert run_oracle("--structured", "none", "--seed", "8").exit_code == 0


def test_targets_are_occupations_of_the_release(people, teacher, run_oracle):
    for target in (("99-9999.00", "Wizards"), ("13-2011.00", "Accountants")):
        people(1, target=target)
        refused = run_oracle()
        assert refused.exit_code == 1
        assert f"the target {target[0]} ({target[1]}) of p0 is not in O*NET 29.3" in refused.stderr
        assert "--onet" in refused.stderr
    assert teacher.requests == []


def test_examples_that_cannot_be_read_are_told_with_file_and_line(people, teacher, run_oracle, tmp_path):
    path = people(3)
    lines = path.read_bytes().splitlines(keepends=True)
    for content, message in (
        (b"", f"{path}: the file is empty"),
        (b"".join(lines)[:-40], f"{path}:3: the file ends in the middle of a line: it is half-written"),
        (lines[0] + b'{"example_id": 3}\n', f"{path}:2: "),
        (lines[0] + lines[0], "p0 comes twice"),
    ):
        path.write_bytes(content)
        refused = run_oracle()
        assert refused.exit_code == 1
        assert message in refused.stderr
    path.unlink()
    assert f"{path}: there is no such file" in run_oracle().stderr
    assert not (tmp_path / "run").exists()


def test_candidates_of_unknown_origin_are_not_written_over(people, teacher, run_oracle, tmp_path):
    people(1)
    run_oracle()
    (tmp_path / "run" / "oracle.journal.jsonl").unlink()
    refused = run_oracle()
    assert refused.exit_code == 1
    assert "no journal says how it was made" in refused.stderr


def test_a_kill_in_the_middle_loses_nothing(people, teacher, asked, run_oracle, tmp_path):
    people(30)
    answer = teacher.answer

    def slowly(request):
        time.sleep(0.02)
        return answer(request)

    teacher.answer = slowly
    command = ["oracle", tmp_path / "train.jsonl", "--model", "teacher", "--attempts", "4", "--concurrency", "6"]
    journal = tmp_path / "run" / "oracle.journal.jsonl"
    environment = {**os.environ, "NEXTOCC_CACHE": str(tmp_path / "cache")}
    with subprocess.Popen(
        [sys.executable, "-m", "prep", *map(str, command), "-o", str(tmp_path / "run")],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=environment,
    ) as process:
        while process.poll() is None and not (journal.exists() and journal.read_bytes().count(b"\n") > 40):
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
        output = process.communicate()[0]
    assert process.returncode == -signal.SIGKILL, output
    keys = [json.loads(line)["key"].split("/") for line in journal.read_text().splitlines()[1:] if line.endswith("}")]
    finished = {attempt_key(name, attempt) for name, _, attempt in keys}
    assert 39 <= len(finished) < 120
    assert not (tmp_path / "run" / "candidates.jsonl").exists()
    teacher.requests.clear()
    assert run_oracle("--attempts", "4").exit_code == 0
    assert len(asked()) == 120 - len(finished)
    assert finished.isdisjoint(asked())
    assert run_oracle("--attempts", "4", output="at-once").exit_code == 0
    for name in ("candidates.jsonl", "candidates.rejects.jsonl", "candidates.manifest.json"):
        assert (tmp_path / "run" / name).read_bytes() == (tmp_path / "at-once" / name).read_bytes()


def test_attempts_are_planned_as_they_are_asked(tmp_path):
    with Journal(tmp_path / "journal.jsonl", {}) as journal:
        planned = _missing(("a/0", "b/0"), 10**12, journal)
        journal.append("b/0/0", {})
        assert [next(planned) for _ in range(3)] == [("a/0", 0), ("a/0", 1), ("b/0", 1)]
