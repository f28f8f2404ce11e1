"""`python -m nextocc` is the `nextocc` command."""

from nextocc.cli import main

main(prog_name="nextocc")
