"""The steps of the demo. Each is a command of the README; each is skipped or continued where its result is there already."""

from __future__ import annotations

import shutil
from contextlib import ExitStack
from pathlib import Path

import click

from nextocc.demo.shell import Shell
from nextocc.embedded.server import serving
from prep.dataset.build import Judged, read_judged
from prep.errors import OutputError, UserError
from prep.files.manifest import Manifest, Work, read_manifest, sha256_file, write_manifest
from prep.oracle.folder import RunFolder
from prep.shipped import shipped

SAMPLES = shipped("samples") / "careers.jsonl"
NAME = "smollm2-135m"
MARK = "made-by-the-demo.txt"
MODEL = Path("models/SmolLM2-135M-Instruct")
RECIPES = Path("llamafactory_configs/smollm2_135m_cpu")
SAVES = Path("saves/smollm2_135m_cpu")
TAUGHT = (
    *("runs/oracle/candidates.jsonl", "runs/oracle/judgements.jsonl", "runs/eval/base/predictions.jsonl"),
    *(f"data/llamafactory/nextocc_{name}.json" for name in ("joint_sft", "reasoner_sft", "predictor_sft", "direct_sft")),
    *(f"data/llamafactory/nextocc_{name}.json" for name in ("joint_dpo", "reasoner_dpo")),
)
STAGES = ("joint_sft", "joint_dpo")
PEOPLE, TEST_PEOPLE = 32, 16
# What the datasets of the demo should hold at least, and what is tried until they do: (attempts, threshold).
WANTED_TRIPLES, WANTED_PAIRS = 8, 4
LADDER = ((5, 4.0), (10, 4.0), (15, 4.0), (15, 3.0), (15, 2.0), (15, 1.0))
# The same length for every model, since a small model that is not held to one never comes to its answer.
ANSWERS = ("--answers", "taxonomy", "--max-reason-chars", "400", "--max-tokens", "300")


def walk(shell: Shell) -> dict[str, Path]:
    """Walk the whole road in `shell.folder`; return the folder of scores of each model."""
    claim(shell)
    with shell.step("the embedded model, SmolLM2-135M-Instruct"):
        log = shell.folder / "logs/embedded.log"
        shell.run_logged(shell.train, log, "nextocc", "embedded", "make", "-o", str(MODEL), show="checkpoint  ")
        shell.run(shell.toolkit, "nextocc", "recipes", "copy", "-q", ".")
    with shell.step("samples → careers → examples"):
        shell.run(shell.toolkit, "prep", "ingest", str(SAMPLES), "-o", "data/careers.jsonl")
        shell.run(shell.toolkit, "prep", "split", "data/careers.jsonl", "--test-size", str(TEST_PEOPLE), "-o", "data")
    teach_and_ask_base(shell)
    for stage in STAGES:
        with shell.step(f"lint and train {stage}"):
            train(shell, stage)
    for stage in STAGES:
        with shell.step(f"predict with {stage} (vLLM in the process)"):
            command = ("nextocc", "predict", "data/test.jsonl", "--mode", "joint", "--model", str(SAVES / stage), *ANSWERS)
            log = shell.folder / "logs" / f"predict_{stage}.log"
            shell.run_logged(shell.vllm, log, *command, "-o", f"runs/eval/{stage}", show="joint: ")
    with shell.step("scores"):
        for name in ("base", *STAGES):
            shell.run(shell.toolkit, "nextocc", "score", f"runs/eval/{name}", "--test", "data/test.jsonl", "-q")
    return {name: shell.folder / "runs/eval" / name for name in ("base", *STAGES)}


def claim(shell: Shell) -> None:
    """Mark the folder as the demo's own, which removes what is stale in it.

    Raises UserError where an environment is missing, OutputError where the folder holds something else.
    """
    for program in (shell.train / "llamafactory-cli", shell.vllm / "python"):
        if not program.is_file():
            raise UserError(f"{program} is missing.", "Run `make setup`, or name the environments with the options of `demo`.")
    mark = shell.folder / MARK
    if not mark.is_file() and shell.folder.is_dir() and any(shell.folder.iterdir()):
        raise OutputError(f"{shell.folder} holds something that the demo did not make.", "Give an empty folder with -o.")
    shell.folder.mkdir(parents=True, exist_ok=True)
    mark.write_text("Made by `nextocc demo`, which removes and remakes what is stale in this folder.\n")


def teach_and_ask_base(shell: Shell) -> None:
    """Write oracle reasons, judge them and build the datasets, then let the untrained model predict: one server for all."""
    manifest = shell.folder / "runs/teaching.manifest.json"
    sources = {"train": "data/train.jsonl", "test": "data/test.jsonl", "model": str(MODEL / "model.safetensors")}
    work = work_on(shell, "teach and ask", sources)
    outputs = [shell.folder / path for path in TAUGHT]
    if is_made(manifest, work, outputs):
        click.echo("\nReasons, datasets and the untrained model's predictions are there already", err=True)
        return
    with ExitStack() as stack:
        with shell.step("vLLM serves the embedded model (about half a minute)"):
            log = shell.folder / "logs/server.log"
            url = stack.enter_context(serving(shell.vllm / "python", shell.folder / MODEL, NAME, log))
        endpoint = ("--model", NAME, "--base-url", url, "--concurrency", "32")
        with shell.step("oracle reasons, judged, as LLaMA-Factory data"):
            build(shell, reasons(shell, endpoint))
        with shell.step("predict with the untrained model (vLLM server)"):
            command = ("nextocc", "predict", "data/test.jsonl", "--mode", "joint")
            shell.run(shell.toolkit, *command, *endpoint, *ANSWERS, "-o", "runs/eval/base")
    write_manifest(manifest, Manifest(work=work, sources=sources), outputs)


def reasons(shell: Shell, endpoint: tuple[str, ...]) -> Judged:
    """Make attempts and judge them until there is enough to train on; then lower the threshold, saying so."""
    asked = 0
    for attempts, threshold in LADDER:
        if attempts > asked:
            asked = attempts
            command = ("prep", "oracle", "data/train.jsonl", "--limit", str(PEOPLE), "--attempts", str(attempts))
            options = ("--temperature", "0.7", "--min-reason-chars", "40", *ANSWERS)
            shell.run(shell.toolkit, *command, *endpoint, *options, "-o", "runs/oracle")
            limits = ("--max-justification-chars", "150", "--max-tokens", "200")
            shell.run(shell.toolkit, "prep", "judge", "runs/oracle", *endpoint, *limits)
        judged = read_judged(RunFolder(shell.folder / "runs/oracle"), threshold)
        triples = len(judged.selection.people)
        pairs = sum(bool(person.rejectable) for person in judged.selection.people)
        found = f"{triples} accepted reasons, {pairs} preference pairs"
        click.echo(f"{attempts} attempts a person, threshold {threshold:g}: {found}", err=True)
        if triples >= WANTED_TRIPLES and pairs >= WANTED_PAIRS:
            return judged
    if not pairs:
        problem = "No accepted reason has a wrong attempt beside it: there is no preference pair to train on."
        raise UserError(problem, "Remove the folder and walk again.")
    return judged


def build(shell: Shell, judged: Judged) -> None:
    """Write all datasets at the threshold that was reached."""
    settings = ("--threshold", f"{judged.threshold:g}", "--overwrite", "-o", "data/llamafactory")
    for command in ("build-sft", "build-dpo"):
        shell.run(shell.toolkit, "prep", command, "runs/oracle", *settings)


def train(shell: Shell, stage: str) -> None:
    """Lint and train one recipe, unless its checkpoint was made of the same data, recipe and model."""
    output = shell.folder / SAVES / stage
    weights, manifest = output / "model.safetensors", output.with_name(f"{stage}.manifest.json")
    recipe = f"{RECIPES}/{stage}.yaml"
    start = MODEL if stage == "joint_sft" else SAVES / "joint_sft"
    sources = {"data": f"data/llamafactory/nextocc_{stage}.json", "recipe": recipe, "model": str(start / "model.safetensors")}
    work = work_on(shell, f"llamafactory-cli train {recipe}", sources)
    if is_made(manifest, work, [weights]):
        click.echo(f"{SAVES / stage} is there already", err=True)
        return
    for stale in (output, shell.folder / "runs/eval" / stage):
        shutil.rmtree(stale, ignore_errors=True)
    shell.run_logged(shell.train, shell.folder / "logs" / f"lint_{stage}.log", "prep", "lint", recipe, show="longest")
    shell.run_logged(shell.train, shell.folder / "logs" / f"{stage}.log", "llamafactory-cli", "train", recipe, show="'loss'")
    write_manifest(manifest, Manifest(work=work, sources=sources), [weights])


def work_on(shell: Shell, command: str, sources: dict[str, str]) -> Work:
    """Return a step as a manifest names it: its command, and its inputs by sha256."""
    return Work(command=command, inputs={role: sha256_file(shell.folder / path) for role, path in sources.items()})


def is_made(manifest: Path, work: Work, outputs: list[Path]) -> bool:
    """Tell whether these files came out of this work, and are as they were."""
    if not manifest.is_file() or not all(path.is_file() for path in outputs):
        return False
    earlier = read_manifest(manifest)
    return earlier.work == work and all(earlier.outputs.get(path.name) == sha256_file(path) for path in outputs)
