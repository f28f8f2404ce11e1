"""How a prediction is made: one step or two, each a prompt, a variant's target, and a model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from eval.predictions import Mode
from prep.dataset.targets import Variant
from prep.prompts.template import Prompt, generation_prompt

Role = Literal["model", "predictor"]
Part = Literal["reason", "answer"]

_PARTS: dict[Variant, tuple[Part, ...]] = {
    "joint": ("reason", "answer"),
    "reasoner": ("reason",),
    "predictor": ("answer",),
    "direct": ("answer",),
}


@dataclass(frozen=True)
class Step:
    """One call of a model for each person."""

    prompt_name: str
    variant: Variant  # which target the answer has
    role: Role  # which of the command's models is asked

    @property
    def prompt(self) -> Prompt:
        """The prompt, the same one that training data is built with."""
        return generation_prompt(self.prompt_name)

    @property
    def parts(self) -> tuple[Part, ...]:
        """What the target holds."""
        return _PARTS[self.variant]


STEPS: dict[Mode, tuple[Step, ...]] = {
    "joint": (Step("joint", "joint", "model"),),
    "two-model": (Step("reasoner", "reasoner", "model"), Step("predictor", "predictor", "predictor")),
    "direct": (Step("direct", "direct", "model"),),
    "zero-shot": (Step("zero_shot", "joint", "model"),),
}


def has_reason(mode: Mode) -> bool:
    """Tell whether a prediction of this mode holds a reason."""
    return any("reason" in step.parts for step in STEPS[mode])
