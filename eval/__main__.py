"""`python -m eval CHECKPOINT …` is `nextocc evaluate CHECKPOINT …`."""

import sys

from eval.commands.evaluate import evaluate
from prep.console import command_group

command_group("nextocc", "Score checkpoints.", [evaluate]).main(["evaluate", *sys.argv[1:]], prog_name="nextocc")
