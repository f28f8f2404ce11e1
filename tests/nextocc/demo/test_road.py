"""The demo's own decisions; the road itself is walked by `make demo`, its parts by the contract tests."""

from pathlib import Path

import pytest

from nextocc.demo import road
from nextocc.demo.shell import Shell
from prep.errors import OutputError, UserError
from prep.files.jsonl import write_rows
from prep.files.manifest import Manifest, Work, sha256_file, write_manifest
from prep.onet.packaged import packaged_taxonomy
from prep.oracle.folder import RunFolder
from prep.schema.career import Coding, Job
from prep.schema.example import Example
from prep.schema.run import DIMENSIONS, Candidate, Judgement, Usage

TRUTH, OTHER = packaged_taxonomy().occupations[:2]


class Teacher(Shell):
    """A shell whose oracle solves `solved(attempts)` people and whose judges give everybody `score`."""

    def __init__(self, folder, solved, score, wrong=True):
        super().__init__(folder, Path(), Path(), Path())
        self.solved, self.score, self.wrong = solved, score, wrong
        self.asked = []

    def run(self, environment, *command):
        run = RunFolder(self.folder / "runs/oracle")
        if command[1] == "oracle":
            self.asked.append(int(command[command.index("--attempts") + 1]))
            write_rows(run.examples, [example(n) for n in range(20)])
            right = [candidate(n, 0, TRUTH) for n in range(self.solved(self.asked[-1]))]
            wrong = [candidate(n, 1, OTHER) for n in range(20)] if self.wrong else []
            write_rows(run.candidates, [*right, *wrong])
        else:
            scores = [judgement(n, dimension, self.score) for n in range(self.solved(self.asked[-1])) for dimension in DIMENSIONS]
            write_rows(run.judgements, scores)
            work = Work(command="prep judge", inputs={"candidates": sha256_file(run.candidates)})
            write_manifest(run.path / "judgements.manifest.json", Manifest(work=work), [run.judgements])


def example(n):
    job = Job(occupation=Coding(code=TRUTH.code, title=TRUTH.title), start="2001")
    return Example(example_id=f"p{n}", person_id=f"p{n}", history=(job,), target=TRUTH, split="train")


def candidate(n, attempt, occupation):
    right = occupation == TRUTH
    values = {"answer": occupation.title, "occupation": occupation, "correct": right, "sampled": right}
    return Candidate(
        example_id=f"p{n}", attempt=attempt, reason=f"So {attempt}.", model="m", prompt_sha256="0", usage=Usage(), **values
    )


def judgement(n, dimension, score):
    return Judgement(
        example_id=f"p{n}", attempt=0, dimension=dimension, score=score, justification="", judge="m", prompt_sha256="0"
    )


@pytest.fixture
def environments(tmp_path):
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in ("llamafactory-cli", "python"):
        (programs / name).write_text("")
    return programs


def test_a_folder_of_somebody_else_is_not_walked_in(tmp_path, environments):
    folder = tmp_path / "mine"
    (folder / "saves").mkdir(parents=True)
    with pytest.raises(OutputError, match="did not make"):
        road.claim(Shell(folder, environments, environments, environments))


def test_an_empty_folder_is_claimed_and_known_again(tmp_path, environments):
    shell = Shell(tmp_path / "demo", environments, environments, environments)
    road.claim(shell)
    (tmp_path / "demo" / "data").mkdir()
    road.claim(shell)


def test_a_missing_environment_is_told_before_anything_is_done(tmp_path):
    with pytest.raises(UserError, match=r"llamafactory-cli is missing.*\n.*make setup"):
        road.claim(Shell(tmp_path / "demo", tmp_path, tmp_path, tmp_path))
    assert not (tmp_path / "demo").exists()


def test_enough_at_once_is_not_asked_again(tmp_path):
    teacher = Teacher(tmp_path, lambda attempts: 9, 5)
    judged = road.reasons(teacher, ())
    assert teacher.asked == [5]
    assert (judged.threshold, len(judged.selection.people)) == (4.0, 9)


def test_more_attempts_come_before_a_lower_threshold(tmp_path, capsys):
    teacher = Teacher(tmp_path, lambda attempts: attempts - 2, 5)
    assert road.reasons(teacher, ()).threshold == 4.0
    assert teacher.asked == [5, 10]
    said = capsys.readouterr().err
    assert "5 attempts a person, threshold 4: 3 accepted reasons" in said
    assert "10 attempts a person, threshold 4: 8 accepted reasons" in said


def test_then_the_threshold_is_lowered_and_said(tmp_path, capsys):
    teacher = Teacher(tmp_path, lambda attempts: 12, 2)
    judged = road.reasons(teacher, ())
    assert (judged.threshold, len(judged.selection.people)) == (2.0, 12)
    assert teacher.asked == [5, 10, 15]
    assert "15 attempts a person, threshold 3: 0 accepted reasons" in capsys.readouterr().err


@pytest.mark.parametrize(("solved", "wrong"), [(0, True), (12, False)])
def test_nothing_to_train_on_is_an_error_and_never_filled(tmp_path, solved, wrong):
    with pytest.raises(UserError, match="no preference pair"):
        road.reasons(Teacher(tmp_path, lambda attempts: solved, 5, wrong=wrong), ())


def test_a_checkpoint_is_reused_only_for_the_same_work_and_weights(tmp_path):
    weights, manifest, work = tmp_path / "model.safetensors", tmp_path / "m.json", Work(command="train", inputs={"data": "1"})
    assert not road.is_made(manifest, work, [weights])
    weights.write_text("weights")
    write_manifest(manifest, Manifest(work=work), [weights])
    assert road.is_made(manifest, work, [weights])
    assert not road.is_made(manifest, work.model_copy(update={"inputs": {"data": "2"}}), [weights])
    weights.write_text("others")
    assert not road.is_made(manifest, work, [weights])
