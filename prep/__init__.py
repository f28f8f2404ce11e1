"""From careers to training data. Imports neither `eval` nor `nextocc`."""
