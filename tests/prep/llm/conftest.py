import pytest

from prep.files.journal import Journal
from prep.llm import ask
from prep.llm.call import Call
from prep.llm.endpoint import find_endpoint
from prep.progress import Bar


@pytest.fixture
def no_wait(monkeypatch):
    """Try again at once where the server does not say when."""
    monkeypatch.setattr(ask, "_LONGEST_WAIT", 0.0)


@pytest.fixture
def calls():
    """Return a function that plans `count` calls; the user turn is the key."""
    return lambda count: [Call(f"k{n}", [{"role": "user", "content": f"k{n}"}], {"temperature": 0.5}) for n in range(count)]


@pytest.fixture
def ask_them(fake_endpoint, tmp_path):
    """Return a function that asks calls, and then what the journal holds: entries by key."""

    def run(calls, concurrency=4):
        with Journal(tmp_path / "run" / "journal.jsonl", {"model": "teacher"}) as journal, Bar("test", 0) as bar:
            ask.ask_all(find_endpoint("teacher", fake_endpoint.base_url), calls, journal, concurrency, bar)
            return {entry["key"]: entry for entry in journal.entries()}

    return run


@pytest.fixture
def journaled(tmp_path):
    """Return a function that gives the journal's calls as text, without its header."""
    path = tmp_path / "run" / "journal.jsonl"
    return lambda: path.read_text().partition("\n")[2] if path.exists() else ""
