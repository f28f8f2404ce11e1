"""A vLLM server on the CPU for a small model, in the inference environment, for as long as a `with` block lasts."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from eval.engines.vllm_cpu import CPU_ENVIRONMENT, CPU_OPTIONS, ENVIRONMENT, MAX_MODEL_LEN, as_flags
from prep.errors import UserError

_SECONDS_TO_START = 420


def server_arguments(checkpoint: Path, name: str, port: int) -> list[str]:
    """Return the arguments of vLLM's server.

    JSON has no white space of the model's own choice, which a small model fills its answer with.
    """
    return [
        *("--model", str(checkpoint), "--served-model-name", name, "--host", "127.0.0.1", "--port", str(port)),
        *as_flags({"max_model_len": MAX_MODEL_LEN, **CPU_OPTIONS}),
        *("--structured-outputs-config", '{"backend": "xgrammar", "disable_any_whitespace": true}'),
    ]


def server_command(python: Path, checkpoint: Path, name: str, port: int) -> list[str]:
    """Return the command line; `python` is the inference environment's (the CPU build's own `vllm` command does not start)."""
    return [str(python), "-m", "vllm.entrypoints.openai.api_server", *server_arguments(checkpoint, name, port)]


def server_environment(python: Path) -> dict[str, str]:
    """Return the environment of the server: its own programs first on PATH, the cache of attention kept small."""
    path = f"{python.parent}{os.pathsep}{os.environ.get('PATH', '')}"
    return {**ENVIRONMENT, **CPU_ENVIRONMENT, "HF_HUB_OFFLINE": "1", **os.environ, "PATH": path}


@contextmanager
def serving(python: Path, checkpoint: Path, name: str, log: Path) -> Iterator[str]:
    """Serve `checkpoint` under `name`; yield the base URL once it answers, and stop the server at the end.

    Raises UserError, with the end of the log, where it does not come up.
    """
    port = _free_port()
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as stream:
        process = _start(server_command(python, checkpoint, name, port), server_environment(python), stream.fileno())
        try:
            _wait(process, f"http://127.0.0.1:{port}/health", log)
            yield f"http://127.0.0.1:{port}/v1"
        finally:
            _stop(process)


def _start(command: Sequence[str], environment: Mapping[str, str], output: int) -> subprocess.Popen[bytes]:
    # a session of its own: the engine's worker processes are stopped with it, and Ctrl-C reaches us first
    return subprocess.Popen(command, env=environment, stdout=output, stderr=output, start_new_session=True)


def _wait(process: subprocess.Popen[bytes], health: str, log: Path) -> None:
    deadline = time.monotonic() + _SECONDS_TO_START
    while process.poll() is None and time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(health, timeout=2):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.5)
    what = f"ended with status {process.returncode}" if process.poll() is not None else f"was not up after {_SECONDS_TO_START} s"
    tail = "\n".join(log.read_text(errors="replace").splitlines()[-8:])
    raise UserError(f"The vLLM server {what}:\n{tail}", f"See {log}.")


def _stop(process: subprocess.Popen[bytes]) -> None:
    for sign in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, sign)
        except ProcessLookupError:
            return
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            continue


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
