"""What both contracts share: a judged run of invented people, and the place where one environment leaves files for the other."""

from __future__ import annotations

from pathlib import Path

import pytest

from prep.files.jsonl import read_rows, write_rows
from prep.files.manifest import Manifest, Work, sha256_file, write_manifest
from prep.onet.packaged import packaged_taxonomy
from prep.oracle.folder import RunFolder
from prep.schema.career import Career
from prep.schema.example import Example
from prep.schema.run import DIMENSIONS, Candidate, Judgement, Usage
from prep.split.example import Bounds, to_example

ROOT = Path(__file__).parents[2]
HANDOVER = ROOT / "cache" / "contract"  # written by the tests of the training environment, read by those of the other one
PEOPLE = 8


@pytest.fixture(scope="session")
def examples() -> list[Example]:
    """Return the first usable sample people as training examples."""
    from collections import Counter

    found = (to_example(career, Bounds(), Counter()) for career in read_rows(ROOT / "samples/careers.jsonl", Career))
    usable = [example for example in found if isinstance(example, Example)]
    return [example.model_copy(update={"split": "train"}) for example in usable[:PEOPLE]]


@pytest.fixture(scope="session")
def judged_run(tmp_path_factory: pytest.TempPathFactory, examples: list[Example]) -> Path:
    """Return a run in which everybody has one accepted reason and one wrong attempt."""
    folder = RunFolder(tmp_path_factory.mktemp("run"))
    titles = packaged_taxonomy().occupations
    candidates, judgements = [], []
    for number, example in enumerate(examples):
        other = next(each for each in titles[number:] if each.code != example.target.code)
        for attempt, occupation in enumerate((example.target, other)):
            candidates.append(
                Candidate(
                    example_id=example.example_id,
                    attempt=attempt,
                    reason=f"The jobs so far, number {number}, lead to {occupation.title.lower()}.",
                    answer=occupation.title,
                    occupation=occupation,
                    correct=attempt == 0,
                    sampled=attempt == 0,
                    model="teacher",
                    prompt_sha256="0" * 64,
                    usage=Usage(),
                )
            )
        judgements += [
            Judgement(
                example_id=example.example_id,
                attempt=0,
                dimension=dimension,
                score=5,
                justification="Fine.",
                judge="judge",
                prompt_sha256="0" * 64,
            )
            for dimension in DIMENSIONS
        ]
    write_rows(folder.examples, examples)
    write_rows(folder.candidates, candidates)
    write_rows(folder.judgements, judgements)
    work = Work(command="prep judge", inputs={"candidates": sha256_file(folder.candidates)})
    write_manifest(folder.path / "judgements.manifest.json", Manifest(work=work), [folder.judgements])
    return folder.path
