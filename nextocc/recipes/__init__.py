"""The LLaMA-Factory recipes: llamafactory_configs/fragments/ → one flat YAML a run."""
