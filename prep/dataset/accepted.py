"""Examples, candidates and judgements → the people whose drawn reason the judges accept, and their wrong attempts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from prep.errors import InputError, UserError
from prep.schema.example import Example
from prep.schema.run import DIMENSIONS, Candidate, Judgement


@dataclass(frozen=True)
class Accepted:
    """One person to train on: history and truth, the accepted reason, and the attempts that named another occupation."""

    example: Example
    chosen: Candidate
    wrong: tuple[Candidate, ...]

    @property
    def rejectable(self) -> tuple[Candidate, ...]:
        """The wrong attempts of another reason: beside an equal one, a pair of reasons alone would prefer nothing."""
        return tuple(attempt for attempt in self.wrong if attempt.reason != self.chosen.reason)


@dataclass(frozen=True)
class Selection:
    """Who passes the threshold, and where the others were lost. The counts add up to the people of the run."""

    people: tuple[Accepted, ...]
    unsolved: int
    unjudged: int  # a score is missing or was unreadable
    below_threshold: int

    def counts(self) -> dict[str, int]:
        """Return the counts for a manifest."""
        return {
            "people": len(self.people) + self.unsolved + self.unjudged + self.below_threshold,
            "unsolved": self.unsolved,
            "unjudged": self.unjudged,
            "below_threshold": self.below_threshold,
            "accepted": len(self.people),
        }


def select_accepted(
    examples: Iterable[Example], candidates: Iterable[Candidate], judgements: Iterable[Judgement], threshold: float
) -> Selection:
    """Return the people whose drawn attempt scores at least `threshold` on every dimension (paper section 4: 4.0)."""
    attempts: dict[str, list[Candidate]] = defaultdict(list)
    for candidate in candidates:
        attempts[candidate.example_id].append(candidate)
    scores: dict[tuple[str, int], dict[str, float]] = defaultdict(dict)
    for judgement in judgements:
        scores[judgement.example_id, judgement.attempt][judgement.dimension] = judgement.score
    people, lost = [], {"unsolved": 0, "unjudged": 0, "below_threshold": 0}
    for example in examples:
        own = attempts[example.example_id]
        chosen = next((candidate for candidate in own if candidate.sampled), None)
        if chosen is None:
            lost["unsolved"] += 1
            continue
        given = scores[chosen.example_id, chosen.attempt]
        if given.keys() != set(DIMENSIONS):
            lost["unjudged"] += 1
        elif min(given.values()) < threshold:
            lost["below_threshold"] += 1
        else:
            wrong = tuple(c for c in own if c.occupation is not None and not c.correct)
            people.append(Accepted(example, chosen, wrong))
    return Selection(tuple(people), **lost)


def refuse_held_out(examples: Iterable[Example]) -> None:
    """Raise InputError where a run holds people that were held out: nothing may be trained on them."""
    for example in examples:
        if example.split in ("test", "valid"):
            raise InputError(
                f"{example.example_id} is a {example.split} example: this run was made of people who are held out.",
                "Build training data from a run of train.jsonl.",
            )


def require_some(people: tuple[Accepted, ...], selection: Selection, threshold: float, what: str) -> None:
    """Raise UserError where a dataset would be empty."""
    if people:
        return
    lost = ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in selection.counts().items())
    if selection.people:
        raise UserError(
            f"{what} would be empty: nobody who was accepted has a wrong attempt of another reason ({lost}).",
            "Make more attempts (prep oracle --attempts) at a higher --temperature, or use a weaker model: some must go wrong.",
        )
    raise UserError(
        f"{what} would be empty at threshold {threshold:g}: {lost}.",
        "Make more attempts (prep oracle --attempts), use a stronger model, or lower --threshold.",
    )
