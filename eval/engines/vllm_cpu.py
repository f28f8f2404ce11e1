"""What vLLM is told here, and on a machine without a GPU: the same for the engine in the process and for a server of it."""

from __future__ import annotations

from collections.abc import Mapping

MAX_MODEL_LEN = 4096  # tokens of prompt and answer: the longest histories with the longest reasons, and little memory for more

ENVIRONMENT = {"VLLM_NO_USAGE_STATS": "1"}
CPU_ENVIRONMENT = {"VLLM_CPU_KVCACHE_SPACE": "2"}  # GiB

# measured with vLLM's CPU build
CPU_OPTIONS: Mapping[str, str | int | bool] = {
    "dtype": "float32",  # bfloat16 gives wrong text
    "enable_chunked_prefill": False,  # a seeded request that is prefilled in pieces stops the engine
    "max_num_batched_tokens": MAX_MODEL_LEN,  # so that the longest prompt is prefilled in one piece
    "max_num_seqs": 32,
    "enforce_eager": True,  # compiling takes a minute at every start, and a small model is no faster for it
}


def as_flags(options: Mapping[str, str | int | bool]) -> list[str]:
    """Return options of `vllm.LLM` as those of vLLM's server: {"enable_x": False, "n": 3} → --no-enable-x --n 3."""
    flags = []
    for name, value in options.items():
        name = name.replace("_", "-")
        if isinstance(value, bool):
            flags.append(f"--{name}" if value else f"--no-{name}")
        else:
            flags += [f"--{name}", str(value)]
    return flags
