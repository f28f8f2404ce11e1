"""An accepted person → one SFT row or one preference pair, in LLaMA-Factory's alpaca format.

The prompt of a row is the user turn that inference sends, to the byte; the system text stands in the recipe
(`default_system`), since each model family renders it in its own way.
"""

from __future__ import annotations

from prep.dataset.accepted import Accepted
from prep.dataset.targets import Variant, target
from prep.draw import draw
from prep.prompts.history import as_block, render_history
from prep.prompts.template import generation_prompt
from prep.schema.example import Example


def user_turn(variant: Variant, example: Example, reason: str) -> str:
    """Return the user turn of a variant; only the predictor is shown the reason."""
    values = {"history": render_history(example.history)}
    if variant == "predictor":
        values["reason"] = as_block(reason)
    return generation_prompt(variant).render(**values)


def sft_row(variant: Variant, example: Example, reason: str) -> dict[str, str]:
    """Return the row that teaches a variant one person's target."""
    return {
        "example_id": example.example_id,
        "instruction": user_turn(variant, example, reason),
        "output": target(variant, reason, example.target.title),
    }


def preference_pair(variant: Variant, person: Accepted, seed: int) -> dict[str, str] | None:
    """Return one pair of a person: the accepted reason, and another one that led to another occupation, drawn by seed.

    None where there is no such attempt (paper section 5, DPO: such people are left out). The reasoner's pair holds the reasons
    alone, of the same two attempts.
    """
    rejected = draw(person.rejectable, seed, lambda candidate: (candidate.example_id, candidate.attempt))
    if rejected is None or rejected.occupation is None:
        return None
    return {
        "example_id": person.example.example_id,
        "instruction": user_turn(variant, person.example, person.chosen.reason),
        "chosen": target(variant, person.chosen.reason, person.example.target.title),
        "rejected": target(variant, rejected.reason, rejected.occupation.title),
    }
