"""The settings of vLLM on a CPU, in both of their spellings."""

from eval.engines.vllm_cpu import CPU_OPTIONS, as_flags


def test_options_as_flags():
    flags = as_flags({"max_num_seqs": 32, "dtype": "float32", "enable_x": False, "trust_y": True})
    assert flags == ["--max-num-seqs", "32", "--dtype", "float32", "--no-enable-x", "--trust-y"]


def test_what_was_measured_holds():
    assert {"--no-enable-chunked-prefill", "float32"} < set(as_flags(CPU_OPTIONS))
