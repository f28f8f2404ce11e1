"""A judged run of seven people: what an oracle and its judges leave behind."""

import json

import pytest

from prep.oracle.folder import RunFolder
from prep.schema.run import DIMENSIONS

TRUTH = {"code": "15-1252.00", "title": "Software Developers"}
OTHERS = [{"code": "15-1254.00", "title": "Web Developers"}, {"code": "11-1011.00", "title": "Chief Executives"}]


def example(person, split="train"):
    history = [
        {"kind": "education", "school": f"School of {person}", "degree": None, "major": "Law", "end": "1999"},
        {"kind": "job", "title": f"Clerk {person}", "start": "2000", "end": "2004", "occupation": OTHERS[0]},
    ]
    return {"example_id": f"{person}#1", "person_id": person, "history": history, "target": TRUTH, "split": split}


def candidate(person, attempt, occupation, sampled=False):
    return {
        "example_id": f"{person}#1",
        "attempt": attempt,
        "reason": f"Reason {attempt} of {person}.",
        "answer": occupation["title"] if occupation else "Wizard",
        "occupation": occupation,
        "correct": occupation == TRUTH,
        "sampled": sampled,
        "model": "teacher",
        "prompt_sha256": "0",
        "usage": {},
    }


def judgements(person, attempt, *scores):
    common = {"example_id": f"{person}#1", "attempt": attempt, "justification": "", "judge": "judge", "prompt_sha256": "0"}
    return [{**common, "dimension": name, "score": score} for name, score in zip(DIMENSIONS, scores, strict=False)]


def write(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


@pytest.fixture
def rows():
    """The rows of the run, which a test may change before they are written."""
    return {
        # ann, bob: accepted, two different wrong attempts and one off the taxonomy; cyd: accepted, never wrong
        # dan: accepted, wrong only off the taxonomy; eve: a score too low; fay: a score is missing; gus: never right
        "examples": [example(person) for person in ("ann", "bob", "cyd", "dan", "eve", "fay", "gus")],
        "candidates": [
            *(candidate(person, 0, None) for person in ("ann", "bob", "dan")),
            *(candidate(person, 1, TRUTH, sampled=True) for person in ("ann", "bob", "cyd", "dan", "eve", "fay")),
            *(candidate(person, 2, TRUTH) for person in ("ann", "cyd")),
            *(candidate(person, 3, OTHERS[0]) for person in ("ann", "bob", "eve", "fay", "gus")),
            *(candidate(person, 4, OTHERS[1]) for person in ("ann", "bob")),
        ],
        "judgements": [
            *judgements("ann", 1, 4, 4, 4),
            *judgements("ann", 2, 1, 1, 1),
            *judgements("bob", 1, 5, 4.5, 5),
            *judgements("cyd", 1, 5, 5, 5),
            *judgements("dan", 1, 5, 5, 4),
            *judgements("eve", 1, 5, 3.5, 5),
            *judgements("fay", 1, 5, 5),
        ],
    }


@pytest.fixture
def write_run(tmp_path, rows):
    """Return a function that writes the rows as a run's folder."""

    def write_rows(name="oracle"):
        folder = RunFolder(tmp_path / "runs" / name)
        folder.path.mkdir(parents=True, exist_ok=True)
        write(folder.examples, rows["examples"])
        write(folder.candidates, rows["candidates"])
        write(folder.judgements, rows["judgements"])
        return folder

    return write_rows


@pytest.fixture
def run(write_run):
    """The folder of the run."""
    return write_run()
