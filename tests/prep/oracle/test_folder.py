import pytest

from prep.errors import InputError
from prep.files.jsonl import write_rows
from prep.files.manifest import Manifest, Work, sha256_file, write_manifest
from prep.files.names import beside
from prep.oracle.folder import RunFolder
from prep.schema.run import Candidate, Usage


@pytest.fixture
def folder(tmp_path):
    return RunFolder(tmp_path / "run")


def candidate(name, attempt=0):
    return Candidate(
        example_id=name,
        attempt=attempt,
        reason="r",
        answer="a",
        occupation=None,
        correct=False,
        sampled=False,
        model="m",
        prompt_sha256="0",
        usage=Usage(),
    )


def test_the_answers_of_a_step_go_with_all_that_is_made_of_them(folder):
    judged = {"judgements.jsonl", "judgements.manifest.json", "judgements.rejects.jsonl"}
    assert {path.name for path in folder.derived("judge")} == judged
    asked = {"examples.jsonl", "candidates.jsonl", "candidates.manifest.json", "candidates.rejects.jsonl"}
    assert {path.name for path in folder.derived("oracle")} == asked | judged


def test_what_is_missing_is_told_with_the_command_that_makes_it(folder, example):
    with pytest.raises(InputError, match=r"no run of the oracle(.|\n)*prep oracle"):
        folder.read_examples()
    with pytest.raises(InputError, match=r"no candidates.jsonl(.|\n)*prep oracle"):
        folder.read_candidates([example("a")])
    with pytest.raises(InputError, match=r"no judgements.jsonl(.|\n)*prep judge"):
        folder.read_judgements()


def test_a_run_without_one_readable_answer_has_no_candidates_and_no_scores(folder, example):
    write_rows(folder.candidates, [])
    write_rows(folder.judgements, [])
    assert folder.read_candidates([example("a")]) == folder.read_judgements() == []


@pytest.mark.parametrize(
    ("candidates", "problem"),
    [
        ([candidate("a"), candidate("b")], "b is not in examples.jsonl"),
        ([candidate("a"), candidate("a", 1), candidate("a")], "attempt 0 of a comes twice"),
    ],
)
def test_an_attempt_comes_once_and_is_of_somebody_of_the_run(folder, example, candidates, problem):
    write_rows(folder.candidates, candidates)
    with pytest.raises(InputError, match=rf"candidates\.jsonl: {problem}(.|\n)*prep oracle"):
        folder.read_candidates([example("a")])


def test_a_file_that_is_older_than_what_it_was_made_of_is_refused(folder, example):
    write_rows(folder.examples, [example("a")])
    write_rows(folder.candidates, [candidate("a")])
    write_rows(folder.judgements, [])
    for source, output, command in (
        (folder.examples, folder.candidates, "prep oracle"),
        (folder.candidates, folder.judgements, "prep judge"),
    ):
        folder.refuse_stale()
        work = Work(command=command, inputs={source.stem: sha256_file(source)})
        write_manifest(beside(output, "manifest.json"), Manifest(work=work), [output])
        folder.refuse_stale()
        before = source.read_bytes()
        source.write_bytes(before * 2)
        with pytest.raises(InputError, match=rf"{source.name} has changed since {output.name} was made(.|\n)*{command}"):
            folder.refuse_stale()
        source.write_bytes(before)


def test_a_run_that_was_stopped_is_told_from_no_run_at_all(tmp_path):
    folder = RunFolder(tmp_path)
    with pytest.raises(InputError, match="is no run of the oracle"):
        folder.read_examples()
    folder.journal("oracle").write_text("")
    with pytest.raises(InputError, match=r"has not finished.*\n.*it goes on"):
        folder.read_examples()
