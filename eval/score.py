"""A folder of predictions and the test examples in, scores.json out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson

from eval.predictions import Prediction
from eval.scores import score_all
from prep.errors import InputError
from prep.files.atomic import writing
from prep.files.jsonl import read_rows
from prep.files.manifest import Manifest, Work, sha256_file, write_manifest
from prep.onet.taxonomy import Taxonomy
from prep.schema.example import Example
from prep.split.read import read_examples

PREDICTIONS = "predictions.jsonl"


def score_run(folder: Path, test: Path, taxonomy: Taxonomy) -> dict[str, Any]:
    """Score `folder`/predictions.jsonl against `test`, aligned by example_id, and write `folder`/scores.json.

    Raises InputError where an id comes twice or belongs to no test example: then these predictions are of another test.
    """
    examples = read_examples(test, taxonomy)
    predictions = read_predictions(folder)
    if strangers := sorted(predictions.keys() - {example.example_id for example in examples}):
        raise InputError(
            f"{folder}: {len(strangers)} predictions belong to no example of {test}, the first of {strangers[0]}.",
            "Score them against the examples that they were made of.",
        )
    scores = {
        "mode": next((prediction.mode for prediction in predictions.values()), None),
        **score_all(examples, predictions, taxonomy),
        "onet": taxonomy.release,
    }
    with writing(folder / "scores.json") as stream:
        stream.write(orjson.dumps(scores, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))
    inputs = {"predictions": sha256_file(folder / PREDICTIONS), "test": sha256_file(test)}
    work = Work(command="nextocc score", settings={"onet": taxonomy.release}, inputs=inputs)
    counts = {"examples": len(examples), "predictions": len(predictions)}
    manifest = Manifest(work=work, sources={"test": str(test)}, counts=counts)
    write_manifest(folder / "scores.manifest.json", manifest, [folder / "scores.json"])
    return scores


def read_scorable(test: Path, taxonomy: Taxonomy) -> list[Example]:
    """Read test examples that can be scored: a missing related list is better told before a model runs for hours.

    Raises InputError at a malformed example, UserError where the related list of a target is not at hand.
    """
    examples = read_examples(test, taxonomy)
    for example in examples:
        taxonomy.related(example.target.code)
    return examples


def read_predictions(folder: Path) -> dict[str, Prediction]:
    """Read the predictions of a run by example_id; an empty file holds none, so that everybody counts as missing.

    Raises InputError where there is no file, a line is malformed, or an id comes twice.
    """
    path = folder / PREDICTIONS
    if not path.is_file():
        raise InputError(f"{folder} has no {path.name}.", "Run `nextocc predict` first, to its end.")
    predictions: dict[str, Prediction] = {}
    for prediction in read_rows(path, Prediction) if path.stat().st_size else ():
        if prediction.example_id in predictions:
            raise InputError(f"{path}: {prediction.example_id} comes twice.", "Delete one of the two lines.")
        predictions[prediction.example_id] = prediction
    return predictions
