"""Predictions and truths → scores: EM and RM, strict and normalised, with intervals, slices, and what was not answered."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from eval.metrics.exact_match import exact_match
from eval.metrics.related_match import related_match
from eval.predictions import Prediction
from prep.onet.taxonomy import Taxonomy
from prep.schema.career import Job
from prep.schema.example import Example

METRICS = ("acc_em", "acc_rm", "acc_em_normalised", "acc_rm_normalised")
_RESAMPLES, _CONFIDENCE = 9_999, 0.95


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
    off_taxonomy: bool
    without_related_list: bool


def score_person(example: Example, prediction: Prediction | None, taxonomy: Taxonomy) -> PersonScore:
    """Score one person. A missing or unparsed answer is wrong.

    Strict compares the answer, as parsed, with official titles as published; normalised resolves it first: case and
    spacing, or an alternate title of exactly one occupation. Raises UserError where the related list is not at hand.
    """
    answer = prediction.answer if prediction else None
    resolved = taxonomy.by_normalised_title(answer) if answer else None
    code = resolved.code if resolved else None
    truth = taxonomy.by_code(example.target.code) or example.target
    related = [entry.code for entry in taxonomy.related(truth.code)]
    titles = [occupation.title for other in related if (occupation := taxonomy.by_code(other))]
    return PersonScore(
        example=example,
        acc_em=exact_match(truth.title, answer),
        acc_rm=related_match(truth.title, titles, answer),
        acc_em_normalised=exact_match(truth.code, code),
        acc_rm_normalised=related_match(truth.code, related, code),
        missing=prediction is None,
        unparsed=prediction is not None and answer is None,
        off_taxonomy=answer is not None and resolved is None,
        without_related_list=not related,
    )


def score_all(examples: Iterable[Example], predictions: Mapping[str, Prediction], taxonomy: Taxonomy) -> dict[str, Any]:
    """Return scores.json: every test person counts, whatever was lost on the way. Shares are fractions."""
    people = [score_person(example, predictions.get(example.example_id), taxonomy) for example in examples]
    flags = ("unparsed", "off_taxonomy", "missing", "without_related_list")
    return {
        "n": len(people),
        **means(people),
        "intervals": {name: interval([getattr(person, name) for person in people]) for name in METRICS},
        **{flag: sum(getattr(person, flag) for person in people) for flag in flags},
        "slices": {"last occupation": slices(people, last_occupation)},
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


def last_occupation(example: Example) -> str:
    """Tell whether the target is the occupation that the person had last (stay), once had (return), or neither (new)."""
    codes = [record.occupation.code for record in example.history if isinstance(record, Job) and record.occupation]
    if codes and codes[-1] == example.target.code:
        return "stay"
    return "return" if example.target.code in codes else "new"


def interval(values: Sequence[float]) -> tuple[float, float]:
    """Return the 95 % interval of a mean over people.

    Wilson's for shares of 0 and 1; else the percentile bootstrap, seeded. Where all people score the same the bootstrap
    has nothing to say, and the interval is that point.
    """
    from scipy import stats

    if set(values) <= {0.0, 1.0}:
        low, high = stats.binomtest(int(sum(values)), len(values)).proportion_ci(_CONFIDENCE, method="wilson")
    elif len(set(values)) == 1:
        low = high = values[0]
    else:
        result = stats.bootstrap(
            (values,), _mean, confidence_level=_CONFIDENCE, n_resamples=_RESAMPLES, method="percentile", rng=7
        )
        low, high = result.confidence_interval
    return float(low), float(high)


def _mean(sample: Any, axis: int) -> Any:
    return sample.mean(axis=axis)
