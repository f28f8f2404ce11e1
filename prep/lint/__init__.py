"""What LLaMA-Factory would really train on: asked of LLaMA-Factory itself, before a GPU is rented."""
