"""The texts that models are trained to write, and their tags. The one place that spells them."""

from __future__ import annotations

from typing import Literal

from prep.onet.taxonomy import Taxonomy

Variant = Literal["joint", "reasoner", "predictor", "direct"]
THINK, END_THINK, ANSWER, END_ANSWER = "<think>", "</think>", "<answer>", "</answer>"


def target(variant: Variant, reason: str, title: str) -> str:
    """Return what a model of this variant answers.

    joint: reason and answer; reasoner: the reason; predictor (which reads the reason) and direct: the answer.
    """
    if variant == "reasoner":
        return think_block(reason)
    if variant == "joint":
        return f"{think_block(reason)}\n{answer_block(title)}"
    return answer_block(title)


def think_block(reason: str) -> str:
    """Return a reason between its tags."""
    return f"{THINK}\n{reason}\n{END_THINK}"


def answer_block(title: str) -> str:
    """Return an occupation's title between its tags."""
    return f"{ANSWER}\n{title}\n{END_ANSWER}"


def target_pattern(variant: Variant, taxonomy: Taxonomy, max_reason_chars: int | None) -> str:
    """Return the regular expression of a variant's targets, with the answer held to the taxonomy's titles.

    It holds a model's output while it is written, so it stays within what every grammar engine knows. There, a reason that
    cannot hold a tag is one without `<`; the reasons of training data may hold that sign.
    """
    length = "+" if max_reason_chars is None else f"{{1,{max_reason_chars}}}"
    reason = rf"{THINK}\n[^<]{length}\n{END_THINK}"
    titles = "|".join(_escape(title) for title in taxonomy.titles)
    answer = rf"{ANSWER}\n({titles})\n{END_ANSWER}"
    return {"joint": rf"{reason}\n{answer}", "reasoner": reason, "predictor": answer, "direct": answer}[variant]


def _escape(title: str) -> str:
    return "".join(f"\\{sign}" if sign in r"\.^$*+?()[]{}|/-" else sign for sign in title)
