"""The folder of one run of predictions: its journal, predictions and scores, under the names of the design."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from eval.predictions import Prediction
from prep.errors import InputError, OutputError
from prep.files.jsonl import read_rows
from prep.files.manifest import read_manifest, sha256_file
from prep.files.names import beside


@dataclass(frozen=True)
class PredictionFolder:
    """Paths and readers of a run of predictions."""

    path: Path

    @property
    def journal(self) -> Path:
        """Every finished call, in the models' own words."""
        return self.path / "predictions.journal.jsonl"

    @property
    def predictions(self) -> Path:
        """Every answered example."""
        return self.path / "predictions.jsonl"

    @property
    def predictions_manifest(self) -> Path:
        """How the predictions were made."""
        return beside(self.predictions, "manifest.json")

    @property
    def scores(self) -> Path:
        """The scores of the predictions."""
        return self.path / "scores.json"

    @property
    def scores_manifest(self) -> Path:
        """What was scored."""
        return beside(self.scores, "manifest.json")

    @property
    def derived(self) -> tuple[Path, ...]:
        """All that comes from the journal, and goes with it."""
        rejects = beside(self.predictions, "rejects.jsonl")
        return self.predictions, self.predictions_manifest, rejects, self.scores, self.scores_manifest

    def read_predictions(self) -> dict[str, Prediction]:
        """Read the predictions by example_id; an empty file holds none, so that everybody counts as missing.

        Raises InputError where there is no file, a line is malformed, or an id comes twice.
        """
        path = self.predictions
        if not path.is_file():
            raise InputError(f"{self.path} has no {path.name}.", "Run `nextocc predict` first, to its end.")
        predictions: dict[str, Prediction] = {}
        for prediction in read_rows(path, Prediction) if path.stat().st_size else ():
            if prediction.example_id in predictions:
                raise InputError(f"{path}: {prediction.example_id} comes twice.", "Delete one of the two lines.")
            predictions[prediction.example_id] = prediction
        return predictions

    def drop_stale_scores(self) -> None:
        """Remove the scores, unless their manifest says that they are of the predictions that are here."""
        try:
            scored = read_manifest(self.scores_manifest).work.inputs.get("predictions")
        except (FileNotFoundError, OutputError):
            scored = None
        if scored != sha256_file(self.predictions):
            self.scores.unlink(missing_ok=True)
            self.scores_manifest.unlink(missing_ok=True)
