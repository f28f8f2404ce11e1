"""A small taxonomy, test people, and a model that a test scripts."""

import json

import pytest

from prep.llm.call import Reply
from prep.onet.taxonomy import build_taxonomy
from prep.schema.example import Example

TITLES = {
    "11-1011.00": "Chief Executives",
    "15-1252.00": "Software Developers",
    "15-1254.00": "Web Developers",
    "55-1011.00": "Air Crew Officers",
}
RELATED = [
    ("15-1252.00", "15-1254.00", "Primary-Short", 1),
    ("15-1252.00", "11-1011.00", "Supplemental", 2),
    ("15-1254.00", "15-1252.00", "Primary-Short", 1),
    ("11-1011.00", "15-1254.00", "Primary-Short", 1),
]


@pytest.fixture
def taxonomy():
    """Four occupations, one of them without a related list; `coder` is an alternate title of one, `developer` of two."""
    alternates = [("Coder", "15-1252.00"), ("Developer", "15-1252.00"), ("Developer", "15-1254.00")]
    return build_taxonomy("tiny", TITLES.items(), alternates, RELATED)


@pytest.fixture
def make_example():
    """Return a function that makes an example: a person, the target's code, and the codes of the jobs before it."""

    def make(person, target="15-1252.00", history=("15-1254.00",)):
        records = [
            {
                "kind": "job",
                "title": f"Clerk {person}",
                "start": f"{2000 + year}",
                "occupation": code and {"code": code, "title": TITLES[code]},
            }
            for year, code in enumerate(history)
        ]
        return Example.model_validate(
            {
                "example_id": f"{person}#{len(history)}",
                "person_id": person,
                "history": records,
                "target": {"code": target, "title": TITLES[target]},
                "split": "test",
            }
        )

    return make


@pytest.fixture
def write_test(tmp_path):
    """Return a function that writes examples as test.jsonl."""

    def write(examples, name="test.jsonl"):
        path = tmp_path / name
        path.write_text("".join(json.dumps(example.to_json()) + "\n" for example in examples))
        return path

    return write


class Scripted:
    """An engine whose answers come from a function of the user turn; None loses the call, a Reply is taken as it is."""

    def __init__(self, script, name="scripted"):
        self.script, self.identity, self.asked = script, {"model": name}, []

    def answer(self, calls, journal, bar):
        for call in calls:
            if call.key in journal:
                continue
            self.asked.append(call)
            reply = self.script(call.messages[-1]["content"])
            if reply is not None:
                journal.append(call.key, (Reply(text=reply) if isinstance(reply, str) else reply).to_json())
                bar.advance()


@pytest.fixture
def scripted():
    """The engine class, to be made with a function of the user turn."""
    return Scripted
