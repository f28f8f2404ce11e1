"""From a judged run of the oracle to LLaMA-Factory data: SFT rows, preference pairs, dataset_info.json."""
