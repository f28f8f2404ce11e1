"""Predictions and truths → scores: EM and RM, strict and normalised, with intervals, slices, and what was not answered."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from eval.intervals import interval
from eval.metrics.exact_match import exact_match
from eval.metrics.related_match import related_match
from eval.modes import has_reason
from eval.predictions import Prediction
from eval.slices import SLICES
from prep.onet.taxonomy import Taxonomy
from prep.schema.example import Example

METRICS = ("acc_em", "acc_rm", "acc_em_normalised", "acc_rm_normalised")
FLAGS = ("unparsed", "unparsed_reasons", "off_taxonomy", "missing", "without_related_list")


@dataclass(frozen=True)
class PersonScore:
    """The four metrics of one person, each 0–1, and what kind of answer there was."""

    example: Example
    acc_em: float
    acc_rm: float
    acc_em_normalised: float
    acc_rm_normalised: float
    missing: bool
    unparsed: bool
    unparsed_reasons: bool
    off_taxonomy: bool
    without_related_list: bool


def score_person(example: Example, prediction: Prediction | None, taxonomy: Taxonomy) -> PersonScore:
    """Score one person. A missing or unparsed answer is wrong.

    Strict takes the answer, as parsed, for an official title as published, letter by letter; normalised also for one that
    differs in case and spacing, or for an alternate title of exactly one occupation. Raises UserError where the related
    list is not at hand.
    """
    answer = prediction.answer if prediction else None
    exact = taxonomy.by_exact_title(answer) if answer else None
    resolved = taxonomy.by_normalised_title(answer) if answer else None
    strict, normalised = exact.code if exact else None, resolved.code if resolved else None
    truth = example.target.code
    related = [entry.code for entry in taxonomy.related(truth)]
    return PersonScore(
        example=example,
        acc_em=exact_match(truth, strict),
        acc_rm=related_match(truth, related, strict),
        acc_em_normalised=exact_match(truth, normalised),
        acc_rm_normalised=related_match(truth, related, normalised),
        missing=prediction is None,
        unparsed=prediction is not None and answer is None,
        unparsed_reasons=prediction is not None and prediction.reason is None and has_reason(prediction.mode),
        off_taxonomy=answer is not None and resolved is None,
        without_related_list=not related,
    )


def score_all(examples: Iterable[Example], predictions: Mapping[str, Prediction], taxonomy: Taxonomy) -> dict[str, Any]:
    """Return scores.json: every test person counts, whatever was lost on the way. Shares are fractions."""
    people = [score_person(example, predictions.get(example.example_id), taxonomy) for example in examples]
    return {
        "n": len(people),
        "splits": dict(sorted(Counter(person.example.split or "unsplit" for person in people).items())),
        **means(people),
        "intervals": {name: interval([getattr(person, name) for person in people]) for name in METRICS},
        **{flag: sum(getattr(person, flag) for person in people) for flag in FLAGS},
        "slices": {name: slices(people, slice_of) for name, slice_of in SLICES.items()},
    }


def means(people: Sequence[PersonScore]) -> dict[str, float]:
    """Return the mean of every metric. `people` must not be empty."""
    return {name: sum(getattr(person, name) for person in people) / len(people) for name in METRICS}


def slices(people: Sequence[PersonScore], slice_of: Callable[[Example], str]) -> dict[str, dict[str, float]]:
    """Return n and the means of every slice."""
    groups: dict[str, list[PersonScore]] = {}
    for person in people:
        groups.setdefault(slice_of(person.example), []).append(person)
    return {name: {"n": len(group), **means(group)} for name, group in sorted(groups.items())}
