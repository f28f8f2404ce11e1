import json

import pytest

from prep.files.jsonl import write_rows
from prep.files.manifest import sha256_text
from prep.oracle.folder import RunFolder
from prep.schema.career import Coding, Job
from prep.schema.example import Example, Occupation
from prep.schema.run import Candidate, Usage

TRUE = Occupation(code="13-2011.00", title="Accountants and Auditors")


@pytest.fixture
def example():
    """Return a function that makes the example of a person, who will be an accountant."""

    def make(name):
        job = Job(title="Bookkeeper", start="2001", occupation=Coding(code="43-3031.00", title="Bookkeeping Clerks"))
        return Example(example_id=name, person_id=name, history=(job,), target=TRUE)

    return make


@pytest.fixture
def run_folder(tmp_path, example):
    """Return a function that writes a run: for each person the reasons that were right, the first of them drawn."""

    def write(reasons):
        folder = RunFolder(tmp_path / "run")
        candidates = [
            Candidate(
                example_id=name,
                attempt=attempt,
                reason=reason or "Wrong.",
                answer=TRUE.title,
                occupation=TRUE if reason else None,
                correct=bool(reason),
                sampled=bool(reason) and not any(each[:attempt]),
                model="teacher",
                prompt_sha256=sha256_text("oracle"),
                usage=Usage(),
            )
            for name, each in reasons.items()
            for attempt, reason in enumerate(each)
        ]
        write_rows(folder.examples, [example(name) for name in reasons])
        write_rows(folder.candidates, candidates)
        return folder

    return write


@pytest.fixture
def judge(fake_endpoint):
    """The endpoint, which scores 2 for coherence, 5 for what it is told the true occupation of, else 4."""

    def answer(request):
        user = request["messages"][1]["content"]
        score = 2 if "How coherent" in user else 5 if TRUE.title in user else 4
        return json.dumps({"justification": "Because.", "score": score})

    fake_endpoint.answer = answer
    return fake_endpoint


@pytest.fixture
def run_judge(run_prep, tmp_path):
    """Return a function that runs `prep judge` on tmp_path/run."""
    return lambda *options: run_prep("judge", tmp_path / "run", "--model", "judge", "--json", *options)
