"""The front door: the `nextocc` command, recipes, the embedded model and the demo. Nobody imports it."""
