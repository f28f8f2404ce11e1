"""Asking an OpenAI-compatible endpoint: which one, what, and how the answers reach the disk."""
