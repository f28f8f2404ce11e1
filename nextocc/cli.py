"""The `nextocc` command: recipes, prediction, scores, the embedded model and the demo. One file a command."""

from __future__ import annotations

from eval.commands.evaluate import evaluate
from eval.commands.predict import predict
from eval.commands.score import score
from nextocc.commands.demo import demo
from nextocc.commands.embedded import embedded
from nextocc.commands.recipes import recipes
from prep.console import command_group

main = command_group(
    "nextocc",
    "Train and score next-occupation models: recipes, predict, score, evaluate, demo.",
    [recipes, predict, score, evaluate, embedded, demo],
    example="{predict: {max-tokens: 512}}",
)
