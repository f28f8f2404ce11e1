"""The embedded model, SmolLM2-135M-Instruct: small enough for any CPU, taken from a Python package, served by vLLM."""
