"""Test examples in, predictions.jsonl out: durable, resumable, aligned by example_id."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from eval.engines.base import Engine
from eval.folder import PredictionFolder
from eval.modes import STEPS, Role, Step
from eval.outcomes import Outcome, count_problems, read_reply, to_predictions
from eval.predictions import Mode
from prep.dataset.targets import target_pattern
from prep.errors import OutputError
from prep.files.journal import Journal
from prep.files.jsonl import write_rows
from prep.files.manifest import ANEW, ASK_ANEW, Manifest, Work, sha256_file, sha256_text, write_manifest
from prep.files.rejects import Rejects
from prep.llm.call import Call, Reply, request_options, seed_of
from prep.onet.digest import taxonomy_identity
from prep.onet.taxonomy import Taxonomy
from prep.progress import Bar
from prep.prompts.history import as_block, render_history
from prep.schema.example import Example
from prep.split.read import read_examples


@dataclass(frozen=True)
class Asking:
    """How the models are asked; all of it is part of what the run is."""

    temperature: float
    max_tokens: int
    seed: int
    answers: Literal["free", "taxonomy"]
    max_reason_chars: int | None
    omit: tuple[str, ...] = ()  # request parameters that the endpoint does not take


def predict(
    source: Path,
    mode: Mode,
    engines: Mapping[Role, Engine],
    taxonomy: Taxonomy,
    asking: Asking,
    folder: PredictionFolder,
    *,
    overwrite: bool = False,
) -> dict[str, Any]:
    """Ask what was not asked yet, write predictions.jsonl, and return the counts.

    A later run with more examples extends this one. Raises InputError at a malformed example, OutputError where the folder
    holds another run, UserError where a model cannot be used.
    """
    examples = read_examples(source, taxonomy)
    identity = _identity(mode, engines, taxonomy, asking)
    outcomes = {example.example_id: Outcome() for example in examples}
    with Journal(folder.journal, identity, overwrite=overwrite, derived=folder.derived) as journal:
        if folder.predictions.exists() and not (len(journal) or overwrite):
            raise OutputError(f"{folder.predictions} exists, and no journal says how it was made.", ANEW)
        for step in STEPS[mode]:
            calls = _calls(examples, step, outcomes, taxonomy, asking)
            _refuse_other_examples(folder, step, calls, outcomes, journal)
            with Bar(step.prompt_name, sum(call.key not in journal for call in calls.values())) as bar:
                engines[step.role].answer(calls.values(), journal, bar)
            outcomes = _outcomes(calls, step, outcomes, journal)
        counts = {"examples": len(examples), **_write(folder, mode, outcomes, taxonomy)}
        work = Work(command="nextocc predict", settings=identity, inputs={"examples": sha256_file(source)})
        manifest = Manifest(work=work, sources={"examples": str(source)}, counts=counts)
        write_manifest(folder.predictions_manifest, manifest, [folder.predictions])
    return {**counts, "folder": str(folder.path)}


def _identity(mode: Mode, engines: Mapping[Role, Engine], taxonomy: Taxonomy, asking: Asking) -> dict[str, Any]:
    return {
        "command": "nextocc predict",
        "mode": mode,
        "models": {role: engine.identity for role, engine in engines.items()},
        "prompts_sha256": {step.prompt_name: step.prompt.sha256 for step in STEPS[mode]},
        "onet": taxonomy_identity(taxonomy),
        **vars(asking),
    }


def _calls(
    examples: list[Example], step: Step, before: Mapping[str, Outcome], taxonomy: Taxonomy, asking: Asking
) -> dict[str, Call]:
    """Return the call of each example, by its id; an example that is not in `before` was lost on the way.

    It stays missing, rather than be asked with half of the question. One whose reason could not be read is asked with an
    empty one, as its person counts in the scores.
    """
    held = asking.answers == "taxonomy"
    pattern = target_pattern(step.variant, taxonomy, asking.max_reason_chars) if held else None
    calls = {}
    for example in examples:
        if example.example_id not in before:
            continue
        values = {"history": render_history(example.history)}
        if step.variant == "predictor":
            values["reason"] = as_block(before[example.example_id].texts.get("reason", ""))
        messages = step.prompt.messages(**values)
        # what is asked is part of the key: an example that changed, or another reason, is another call
        key = f"{example.example_id}/{step.prompt_name}/{sha256_text(messages[-1]['content'])[:12]}"
        options = request_options(asking.temperature, asking.max_tokens, seed_of(asking.seed, key), asking.omit)
        calls[example.example_id] = Call(key, messages, options, pattern)
    return calls


def _refuse_other_examples(
    folder: PredictionFolder, step: Step, calls: Mapping[str, Call], examples: Mapping[str, Any], journal: Journal
) -> None:
    """Raise OutputError where this step was asked of an example that is now gone, or was asked otherwise."""
    planned = {call.key for call in calls.values()}
    for entry in journal.entries():
        example_id, prompt_name, _ = entry["key"].rsplit("/", 2)
        if prompt_name == step.prompt_name and entry["key"] not in planned:
            what = "has changed" if example_id in examples else "is not in the input"
            raise OutputError(f"{folder.path} holds another run: its example {example_id} {what}.", ASK_ANEW)


def _outcomes(calls: Mapping[str, Call], step: Step, before: Mapping[str, Outcome], journal: Journal) -> dict[str, Outcome]:
    asked = {call.key for call in calls.values()}
    replies = {entry["key"]: Reply.from_json(entry) for entry in journal.entries() if entry["key"] in asked}
    return {
        example_id: read_reply(step, replies[call.key], before[example_id])
        for example_id, call in calls.items()
        if call.key in replies
    }


def _write(folder: PredictionFolder, mode: Mode, outcomes: Mapping[str, Outcome], taxonomy: Taxonomy) -> dict[str, Any]:
    """Write the predictions and what could not be read; scores of other predictions go."""
    with Rejects(folder.predictions) as rejects:
        for example_id, outcome in outcomes.items():
            for part, problem in outcome.problems.items():
                rejects.drop(example_id, f"no {part}: {problem}", outcome.texts)
    count = write_rows(folder.predictions, to_predictions(mode, outcomes, taxonomy))
    folder.drop_stale_scores()
    return {
        "predictions": count,
        "unparsed": count_problems(outcomes, "answer"),
        "unparsed_reasons": count_problems(outcomes, "reason"),
    }
