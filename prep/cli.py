"""The `prep` command: careers → training data. One file a command in prep/commands/."""

from __future__ import annotations

from prep.commands.build import build_dpo, build_sft
from prep.commands.ingest import ingest
from prep.commands.judge import judge
from prep.commands.lint import lint
from prep.commands.onet import onet
from prep.commands.oracle import oracle
from prep.commands.split import split
from prep.console import command_group

main = command_group(
    "prep",
    "Turn careers into LLaMA-Factory training data: ingest, split, oracle, judge, build-sft, build-dpo, lint.",
    [onet, ingest, split, oracle, judge, build_sft, build_dpo, lint],
    example="{oracle: {attempts: 8}}",
)
