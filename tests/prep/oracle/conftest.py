import json

import pytest

from prep.files.jsonl import write_rows
from prep.llm.call import seed_of
from prep.onet.packaged import packaged_taxonomy
from prep.oracle.candidates import attempt_key
from prep.schema.career import Coding, Job
from prep.schema.example import Example, Occupation

RIGHT, WRONG = ("13-2011.00", "Accountants and Auditors"), ("29-1141.00", "Registered Nurses")


@pytest.fixture(scope="session")
def taxonomy():
    return packaged_taxonomy()


@pytest.fixture
def example():
    """Return a function that makes the example of a person, who will be an accountant."""

    def make(name, title="Bookkeeper", target=RIGHT):
        job = Job(title=title, start="2001", occupation=Coding(code="43-3031.00", title="Bookkeeping Clerks"))
        return Example(
            example_id=name, person_id=name, history=(job,), target=Occupation(code=target[0], title=target[1]), split="train"
        )

    return make


@pytest.fixture
def people(example, tmp_path):
    """Return a function that writes the examples of `count` people."""

    def write(count, **changes):
        path = tmp_path / "train.jsonl"
        write_rows(path, [example(f"p{n}", **changes) for n in range(count)])
        return path

    return write


@pytest.fixture
def teacher(fake_endpoint):
    """The endpoint, whose answer depends on the request's seed alone: of four, two right, one wrong, one no JSON."""

    def answer(request):
        seed = request["seed"]
        title = WRONG[1] if seed % 4 == 0 else RIGHT[1].upper()
        return "I would rather not." if seed % 4 == 1 else json.dumps({"reason": f"Reason {seed}.", "occupation": title})

    fake_endpoint.answer = answer
    return fake_endpoint


@pytest.fixture
def asked(fake_endpoint):
    """Return a function that names the calls which reached the endpoint, in order, by the seed that each has of its own."""
    keys = [attempt_key(f"p{n}", attempt) for n in range(100) for attempt in range(8)]
    names = {seed_of(7, key): key for key in keys}
    return lambda: [names[request["seed"]] for request in fake_endpoint.requests]


@pytest.fixture
def run_oracle(run_prep, tmp_path):
    """Return a function that runs `prep oracle` on tmp_path/train.jsonl into tmp_path/run."""

    def run(*options, model="teacher", output="run"):
        return run_prep("oracle", tmp_path / "train.jsonl", "--model", model, "-o", tmp_path / output, "--json", *options)

    return run
