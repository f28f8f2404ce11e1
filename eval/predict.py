"""Test examples in, predictions.jsonl out: durable, resumable, aligned by example_id."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from eval.answers import Parsed, parse
from eval.engines.base import Engine
from eval.modes import STEPS, Role, Step
from eval.predictions import Mode, Prediction
from prep.dataset.targets import target_pattern, think_block
from prep.files.journal import Journal
from prep.files.jsonl import write_rows
from prep.files.manifest import Manifest, Work, sha256_file, sha256_text, write_manifest
from prep.files.rejects import Rejects
from prep.llm.call import Call, Reply, seed_of
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


@dataclass(frozen=True)
class Outcome:
    """What became of one example: what its texts held, and why there is no answer where there is none."""

    parsed: Parsed
    problem: str | None = None


def predict(
    source: Path,
    mode: Mode,
    engines: Mapping[Role, Engine],
    taxonomy: Taxonomy,
    asking: Asking,
    folder: Path,
    *,
    overwrite: bool = False,
) -> dict[str, Any]:
    """Ask what was not asked yet, write `folder`/predictions.jsonl, and return the counts.

    Raises InputError at a malformed example, OutputError where the folder holds another run, UserError where a model
    cannot be used.
    """
    examples = read_examples(source, taxonomy)
    identity = _identity(mode, engines, taxonomy, asking)
    output, manifest, scores = folder / "predictions.jsonl", folder / "predictions.manifest.json", folder / "scores.json"
    outcomes: dict[str, Outcome] | None = None  # of the step before
    with Journal(folder / "predictions.journal.jsonl", identity, overwrite=overwrite) as journal:
        if overwrite:  # what another run left here must not be taken for this one's, should it be stopped
            for path in (output, manifest, scores):
                path.unlink(missing_ok=True)
        for step in STEPS[mode]:
            calls = _calls(examples, step, outcomes, taxonomy, asking)
            with Bar(step.prompt_name, sum(call.key not in journal for call in calls.values())) as bar:
                engines[step.role].answer(calls.values(), journal, bar)
            outcomes = _outcomes(calls, step, outcomes, journal)
    before = sha256_file(output) if output.is_file() else None
    with Rejects(output) as rejects:
        count = write_rows(output, _predictions(mode, outcomes or {}, taxonomy, rejects))
    if sha256_file(output) != before:
        scores.unlink(missing_ok=True)  # they are of other predictions
    counts = {"examples": len(examples), "predictions": count, "unparsed": dict(rejects.dropped)}
    work = Work(command="nextocc predict", settings=identity, inputs={"examples": sha256_file(source)})
    write_manifest(manifest, Manifest(work=work, sources={"examples": str(source)}, counts=counts), [output])
    return {**counts, "folder": str(folder)}


def _identity(mode: Mode, engines: Mapping[Role, Engine], taxonomy: Taxonomy, asking: Asking) -> dict[str, Any]:
    return {
        "command": "nextocc predict",
        "mode": mode,
        "models": {role: engine.identity for role, engine in engines.items()},
        "prompts_sha256": {step.prompt_name: step.prompt.sha256 for step in STEPS[mode]},
        "onet": taxonomy.release,
        **vars(asking),
    }


def _calls(
    examples: list[Example], step: Step, before: Mapping[str, Outcome] | None, taxonomy: Taxonomy, asking: Asking
) -> dict[str, Call]:
    """Return the call of each example, by its id; `before` is what the step before gave, None at the first one."""
    held = asking.answers == "taxonomy"
    pattern = target_pattern(step.variant, taxonomy, asking.max_reason_chars) if held else None
    calls = {}
    for example in examples:
        values = {"history": render_history(example.history)}
        if before is not None:
            if example.example_id not in before:
                continue  # lost on the way: missing rather than asked with half of the question
            values["reason"] = as_block(before[example.example_id].parsed.reason or "")
        messages = step.prompt.messages(**values)
        # what is asked is part of the key: an example that changed, or another reason, is asked anew
        key = f"{example.example_id}/{step.prompt_name}/{sha256_text(messages[-1]['content'])[:12]}"
        options = {
            "temperature": asking.temperature,
            "max_completion_tokens": asking.max_tokens,
            "seed": seed_of(asking.seed, key),
        }
        calls[example.example_id] = Call(key, messages, options, pattern)
    return calls


def _outcomes(
    calls: Mapping[str, Call], step: Step, before: Mapping[str, Outcome] | None, journal: Journal
) -> dict[str, Outcome]:
    asked = {call.key for call in calls.values()}
    replies = {entry["key"]: Reply.from_json(entry) for entry in journal.entries() if entry["key"] in asked}
    return {
        example_id: _outcome(step, replies[call.key], before[example_id] if before is not None else None)
        for example_id, call in calls.items()
        if call.key in replies
    }


def _outcome(step: Step, reply: Reply, before: Outcome | None) -> Outcome:
    text = f"{think_block(reply.reasoning)}\n{reply.text}" if reply.reasoning else reply.text
    parsed = parse(text)
    if before:
        parsed = Parsed(before.parsed.reason, parsed.answer)
    wanted = parsed.reason if step.variant == "reasoner" else parsed.answer
    return Outcome(parsed, None if wanted else reply.problem or "no complete block of the tags that were asked for")


def _predictions(mode: Mode, outcomes: Mapping[str, Outcome], taxonomy: Taxonomy, rejects: Rejects) -> Iterator[Prediction]:
    for example_id, outcome in outcomes.items():
        if outcome.problem:
            rejects.drop(example_id, outcome.problem, {"reason": outcome.parsed.reason, "answer": outcome.parsed.answer})
        answer = outcome.parsed.answer
        yield Prediction(
            example_id=example_id,
            mode=mode,
            reason=outcome.parsed.reason,
            answer=answer,
            occupation=taxonomy.by_normalised_title(answer) if answer else None,
        )
