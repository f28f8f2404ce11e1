"""What runs a model: vLLM in this process, or any OpenAI-compatible server."""
