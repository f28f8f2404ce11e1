"""The commands that `nextocc` takes from this room: predict, score, evaluate."""
