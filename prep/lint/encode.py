"""A recipe → its rows as LLaMA-Factory encodes them, at full length: nothing cut, every token and label.

The only module that calls LLaMA-Factory (0.9.5). It runs in the training environment.
"""

from __future__ import annotations

import os
from contextlib import redirect_stdout
from dataclasses import dataclass
from importlib.util import find_spec
from io import StringIO
from pathlib import Path
from typing import Any

from prep.errors import InputError, UserError
from prep.foreign import stdout_to_stderr

IGNORED = -100  # the label of a token that bears no loss
_NO_CUTOFF = 1 << 20


@dataclass(frozen=True)
class Sequence:
    """One prompt with one answer: an SFT row, or one side of a preference pair. Lengths are in tokens."""

    prompt: str
    answer: str
    prompt_tokens: int
    answer_tokens: int


@dataclass(frozen=True)
class Encoded:
    """The data of one recipe. `rows` holds one sequence an SFT row and two (chosen, rejected) a preference pair."""

    dataset: str
    cutoff_len: int
    rows: list[tuple[Sequence, ...]]


def require_llamafactory() -> None:
    """Raise UserError where LLaMA-Factory is missing in this environment."""
    if find_spec("llamafactory") is None:
        raise UserError(
            "LLaMA-Factory is not installed in this environment.",
            "Run the command in the training environment: .venv-train/bin/prep lint …",
        )


def read_recipe(path: Path) -> dict[str, Any]:
    """Read the YAML of a recipe. Raises InputError where it is missing or no mapping."""
    import yaml

    if not path.is_file():
        raise InputError(f"{path}: there is no such recipe.", "See `nextocc recipes list`, or `nextocc recipes copy .`.")
    try:
        settings = yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise InputError(f"{path}: not valid YAML: {error}", "Mend it, or copy the recipes anew.") from None
    if not isinstance(settings, dict) or "dataset" not in settings:
        raise InputError(f"{path}: this is no training recipe: it names no dataset.", "See `nextocc recipes list`.")
    return settings


def encode(path: Path, settings: dict[str, Any]) -> Encoded:
    """Encode the dataset of a recipe with LLaMA-Factory's own parser, template and converter.

    DeepSpeed is left out and a CPU asked for: neither touches the data, and a machine without GPU refuses the recipe
    otherwise. Raises UserError where LLaMA-Factory refuses the recipe.
    """
    local = {name: value for name, value in settings.items() if name not in ("deepspeed", "tokenized_path")}
    local |= {"use_cpu": True, "overwrite_output_dir": True}  # nothing is written; a finished model there is no reason to stop
    try:
        # LLaMA-Factory logs where our results belong, and prints a row with all its token ids
        with stdout_to_stderr(), redirect_stdout(StringIO()):
            return _encode(str(settings["dataset"]), local)
    except (ValueError, OSError, KeyError, RuntimeError, TypeError) as error:
        problem = f"{path}: LLaMA-Factory refuses this recipe: {error}"
        raise UserError(problem, "Mend the recipe, or the data that it names.") from error


def _encode(dataset: str, settings: dict[str, Any]) -> Encoded:
    os.environ.setdefault("LLAMAFACTORY_VERBOSITY", "WARN")
    from llamafactory.data import get_dataset, get_template_and_fix_tokenizer
    from llamafactory.hparams import get_train_args
    from llamafactory.model import load_tokenizer

    model_args, data_args, training_args, finetuning_args, _ = get_train_args(settings)
    cutoff, data_args.cutoff_len = data_args.cutoff_len, _NO_CUTOFF
    tokenizer_module = load_tokenizer(model_args)
    tokenizer = tokenizer_module["tokenizer"]
    template = get_template_and_fix_tokenizer(tokenizer, data_args)
    stage = "rm" if finetuning_args.stage == "dpo" else finetuning_args.stage
    module = get_dataset(template, model_args, data_args, training_args, stage, **tokenizer_module)
    sides = ("chosen_", "rejected_") if stage == "rm" else ("",)
    rows = [tuple(_sequence(tokenizer, row, side) for side in sides) for row in module["train_dataset"]]
    return Encoded(dataset, cutoff, rows)


def _sequence(tokenizer: Any, row: dict[str, list[int]], side: str) -> Sequence:
    tokens, labels = row[f"{side}input_ids"], row[f"{side}labels"]
    answer = [token for token, label in zip(tokens, labels, strict=True) if label != IGNORED]
    prompt = tokens[: len(tokens) - len(answer)]
    return Sequence(tokenizer.decode(prompt), tokenizer.decode(answer), len(prompt), len(answer))
