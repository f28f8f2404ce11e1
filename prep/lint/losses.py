"""What a cutoff would take from a row: the rule by which LLaMA-Factory 0.9.5 shortens prompt and answer, both at their ends.

Source: `infer_seqlen` in llamafactory/data/processor/processor_utils.py; a contract test compares the two.
"""

from __future__ import annotations


def kept_lengths(prompt: int, answer: int, cutoff: int) -> tuple[int, int]:
    """Return how many tokens of the prompt and of the answer are kept.

    A short answer is kept and the prompt cut; beside a short prompt the answer is cut; otherwise both, in proportion.
    """
    if answer * 2 < cutoff:
        most = cutoff
    elif prompt * 2 < cutoff:
        most = cutoff - prompt
    else:
        most = int(cutoff * (answer / (prompt + answer)))
    kept_answer = min(most, answer)
    return min(max(cutoff - kept_answer, 0), prompt), kept_answer


def losses(prompt: int, answer: int, cutoff: int) -> list[str]:
    """Name what training at `cutoff` tokens would not see; empty where the row fits."""
    kept_prompt, kept_answer = kept_lengths(prompt, answer, cutoff)
    lost = []
    if kept_prompt < prompt:
        lost.append(f"the last {prompt - kept_prompt} tokens of the prompt, the question among them")
    if kept_answer < answer:
        lost.append(f"the last {answer - kept_answer} tokens of the answer, its end token among them")
    return lost
