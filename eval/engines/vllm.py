"""A checkpoint in this process, run by vLLM in chunks: each chunk's answers reach the journal before the next one starts."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

from eval.engines.checkpoint import fingerprint
from eval.engines.vllm_cpu import CPU_ENVIRONMENT, CPU_OPTIONS, ENVIRONMENT, MAX_MODEL_LEN
from prep.errors import InputError, UserError
from prep.files.journal import Journal
from prep.foreign import stdout_to_stderr
from prep.llm.call import Call, Reply
from prep.progress import Bar
from prep.schema.run import Usage

# vLLM keeps a chunk's requests in flight at once; larger chunks are faster, smaller ones lose less to a kill.
CHUNK = 256


class VllmEngine:
    """Loads the checkpoint at the first call, and frees it when the answers are there."""

    def __init__(self, model: str) -> None:
        """Name a checkpoint folder, or a model that vLLM finds itself. Raises InputError where the folder is no checkpoint."""
        self.model = model
        looks_like_a_path = "/" in model and (model.startswith((".", "/")) or model.count("/") > 1)
        if not Path(model).is_dir() and looks_like_a_path:
            raise InputError(f"{model}: there is no such checkpoint.", "Give the output_dir of a training, or a model's name.")
        self._fingerprint = fingerprint(Path(model)) if Path(model).is_dir() else ""

    @property
    def identity(self) -> dict[str, str]:
        """A checkpoint's weights; for a model by name, the name."""
        return {"weights": self._fingerprint} if self._fingerprint else {"model": self.model}

    @stdout_to_stderr()  # vLLM and its workers print what they like
    def answer(self, calls: Iterable[Call], journal: Journal, bar: Bar) -> None:
        """Answer the calls that the journal does not hold yet."""
        waiting = (call for call in calls if call.key not in journal)
        chunk = list(islice(waiting, CHUNK))
        if not chunk:
            return
        llm = load(self.model)
        try:
            while chunk:
                for call, reply in zip(chunk, _replies(llm, chunk), strict=True):
                    journal.append(call.key, reply.to_json())
                    bar.advance()
                chunk = list(islice(waiting, CHUNK))
        finally:
            llm.llm_engine.engine_core.shutdown()


def load(model: str) -> Any:
    """Start vLLM on a checkpoint. Raises UserError where vLLM is not installed here or cannot load it."""
    _set_defaults({"VLLM_LOGGING_LEVEL": "ERROR", **ENVIRONMENT})
    try:
        from vllm import LLM
        from vllm.platforms import current_platform
    except ImportError:
        raise UserError(
            "vLLM is not installed in this environment.",
            "Run the command in the inference environment (.venv-vllm/bin/nextocc …), or ask a server with --base-url.",
        ) from None
    options: dict[str, Any] = {"model": model, "max_model_len": MAX_MODEL_LEN}
    if current_platform.is_cpu():
        _set_defaults(CPU_ENVIRONMENT)
        options |= CPU_OPTIONS
    try:
        return LLM(**options)
    except Exception as error:
        raise UserError(
            f"vLLM cannot load {model}: {error}", "See vLLM's own messages above; check the path and the memory."
        ) from error


def _set_defaults(variables: Mapping[str, str]) -> None:
    for name, value in variables.items():
        os.environ.setdefault(name, value)


def _replies(llm: Any, calls: list[Call]) -> Iterator[Reply]:
    try:
        outputs = llm.chat([call.messages for call in calls], [_sampling(call) for call in calls], use_tqdm=False)
    except ValueError as error:  # a prompt that is longer than the context; vLLM then answers none of the chunk
        if len(calls) == 1:
            yield Reply(error=f"vLLM refused the request: {error}")
            return
        for call in calls:
            yield from _replies(llm, [call])
        return
    for output in outputs:
        best = output.outputs[0]
        usage = Usage(prompt_tokens=len(output.prompt_token_ids), completion_tokens=len(best.token_ids))
        yield Reply(text=best.text, finish_reason=best.finish_reason, usage=usage)


def _sampling(call: Call) -> Any:
    from vllm import SamplingParams
    from vllm.sampling_params import StructuredOutputsParams

    options = dict(call.options)
    held = StructuredOutputsParams(regex=call.pattern) if call.pattern else None
    return SamplingParams(max_tokens=options.pop("max_completion_tokens", None), structured_outputs=held, **options)
