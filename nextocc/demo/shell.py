"""Run the commands of the road as a user would type them, and show them."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click

from prep.errors import UserError
from prep.onet.packaged import FACTS


@dataclass
class Shell:
    """Runs commands in `folder`, each in the environment that it needs, and keeps the seconds that each step took."""

    folder: Path
    toolkit: Path  # the bin folders of the three environments
    train: Path
    vllm: Path
    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def step(self, title: str) -> Iterator[None]:
        """Announce a step and time it."""
        click.secho(f"\n[{len(self.seconds) + 1}] {title}", bold=True, err=True)
        started = time.monotonic()
        yield
        self.seconds[title] = time.monotonic() - started

    def run(self, environment: Path, *command: str) -> None:
        """Run a command whose output is for the user. Raises UserError where it fails; its own message stands above then."""
        self._show(command)
        program = [str(environment / command[0]), *command[1:]]
        done = subprocess.run(program, cwd=self.folder, env=_variables(environment), check=False)
        if done.returncode:
            problem = f"`{' '.join(command)}` failed (exit {done.returncode})."
            raise UserError(problem, "See its message above, and run the demo again: it goes on from there.")

    def run_logged(self, environment: Path, log: Path, *command: str, show: str) -> None:
        """Run a noisy command: everything goes to `log`, lines that hold `show` to the user too."""
        self._show(command)
        log.parent.mkdir(parents=True, exist_ok=True)
        program = [str(environment / command[0]), *command[1:]]
        pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True, "errors": "replace"}
        with log.open("w") as file, subprocess.Popen(program, cwd=self.folder, env=_variables(environment), **pipes) as process:
            for line in process.stdout or ():
                file.write(line)
                if show in line:
                    click.echo(f"  {line.strip()}", err=True)
        if process.returncode:
            tail = "\n".join(log.read_text(errors="replace").splitlines()[-8:])
            problem = f"`{' '.join(command)}` failed (exit {process.returncode}):\n{tail}"
            raise UserError(problem, f"See {log}, and run the demo again: it goes on from there.")

    def _show(self, command: tuple[str, ...]) -> None:
        click.secho("$ " + " ".join(command), fg="cyan", err=True)


def _variables(environment: Path) -> dict[str, str]:
    path = f"{environment}{os.pathsep}{os.environ.get('PATH', '')}"
    # the facts that ship, whatever release the user has: the demo is the same everywhere
    ours = {"NEXTOCC_ONET": str(FACTS), "HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false"}
    return {**os.environ, **ours, "PATH": path}
