import orjson
import pytest

from prep.files.rejects import Rejects
from prep.onet.taxonomy import build_taxonomy


@pytest.fixture(scope="session")
def taxonomy():
    """Three occupations; Manager is an alternate title of two of them, Coder of one."""
    occupations = [("11-1011.00", "Chief Executives"), ("15-1252.00", "Software Developers"), ("15-1254.00", "Web Developers")]
    alternates = [("Coder", "15-1252.00"), ("Manager", "11-1011.00"), ("Manager", "15-1254.00")]
    return build_taxonomy("O*NET tiny", occupations, alternates)


@pytest.fixture
def collect(tmp_path):
    """Return a function that runs a source and returns (careers, lines of the rejects file, Rejects)."""

    def run(source, path, setting):
        with Rejects(tmp_path / "collected.jsonl") as rejects:
            careers = list(source(path, setting, rejects))
        return careers, [orjson.loads(line) for line in rejects.path.read_bytes().splitlines()], rejects

    return run
