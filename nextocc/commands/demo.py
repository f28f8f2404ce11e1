"""`nextocc demo`: the whole road with the embedded model; `make demo` calls it."""

from __future__ import annotations

from pathlib import Path

import click

from prep.console import path_option


@click.command()
@path_option("--train-environment", default=Path(".venv-train"), show_default=True, help="Environment that holds LLaMA-Factory.")
@path_option("--vllm-environment", default=Path(".venv-vllm"), show_default=True, help="Environment that holds vLLM.")
@path_option("-o", "--output", default=Path("runs/demo"), show_default=True, help="Folder for everything that the demo makes.")
@click.option("--json", "as_json", is_flag=True, help="End with the scores as one JSON object instead of the table.")
def demo(train_environment: Path, vllm_environment: Path, output: Path, as_json: bool) -> None:
    """Walk the whole road on the CPU, from sample careers to a scored checkpoint. Run again, it reuses what is there.

    Example: nextocc demo -o runs/demo
    """
    import json
    import sys

    from nextocc.demo.road import walk
    from nextocc.demo.shell import Shell
    from nextocc.demo.summary import print_summary, scores_of

    train, vllm = (each.absolute() / "bin" for each in (train_environment, vllm_environment))
    shell = Shell(output.absolute(), toolkit=Path(sys.executable).parent, train=train, vllm=vllm)
    runs = walk(shell)
    if as_json:
        click.echo(json.dumps(scores_of(runs)))
    else:
        print_summary(shell, scores_of(runs))
