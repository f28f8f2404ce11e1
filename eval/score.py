"""A folder of predictions and the test examples in, scores.json out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson

from eval.folder import PredictionFolder
from eval.scores import score_all
from prep.console import voice
from prep.errors import InputError
from prep.files.atomic import writing
from prep.files.manifest import Manifest, Work, sha256_file, write_manifest
from prep.onet.digest import taxonomy_identity
from prep.onet.taxonomy import Taxonomy
from prep.schema.example import Example
from prep.split.read import read_examples


def score_run(folder: PredictionFolder, test: Path, taxonomy: Taxonomy) -> dict[str, Any]:
    """Score the predictions of `folder` against `test`, aligned by example_id, and write scores.json there.

    Says so where people of the training split are scored. Raises InputError where an id comes twice or belongs to no test
    example: then these predictions are of another test.
    """
    examples = read_examples(test, taxonomy)
    predictions = folder.read_predictions()
    if strangers := sorted(predictions.keys() - {example.example_id for example in examples}):
        raise InputError(
            f"{folder.path}: {len(strangers)} predictions belong to no example of {test}, the first of {strangers[0]}.",
            "Score them against the examples that they were made of.",
        )
    onet = taxonomy_identity(taxonomy)
    scores = {
        "mode": next((prediction.mode for prediction in predictions.values()), None),
        **score_all(examples, predictions, taxonomy),
        "onet": onet,
    }
    if seen := scores["splits"].get("train"):
        voice.say(f"Warning: {seen} of {len(examples)} people in {test} are training people: their scores show what was learnt.")
    with writing(folder.scores) as stream:
        stream.write(orjson.dumps(scores, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))
    inputs = {"predictions": sha256_file(folder.predictions), "test": sha256_file(test)}
    work = Work(command="nextocc score", settings={"onet": onet}, inputs=inputs)
    counts = {"examples": len(examples), "predictions": len(predictions)}
    manifest = Manifest(work=work, sources={"test": str(test)}, counts=counts)
    write_manifest(folder.scores_manifest, manifest, [folder.scores])
    return scores


def read_scorable(test: Path, taxonomy: Taxonomy) -> list[Example]:
    """Read test examples that can be scored: a missing related list is better told before a model runs for hours.

    Raises InputError at a malformed example, UserError where the related list of a target is not at hand.
    """
    examples = read_examples(test, taxonomy)
    for example in examples:
        taxonomy.related(example.target.code)
    return examples
