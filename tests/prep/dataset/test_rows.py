"""One person → one row or one pair."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prep.dataset.accepted import Accepted
from prep.dataset.build import DPO_VARIANTS, SFT_VARIANTS
from prep.dataset.rows import preference_pair, sft_row
from prep.dataset.targets import target
from prep.prompts.history import render_history
from prep.prompts.template import generation_prompt, system_text
from prep.schema.example import Example
from prep.schema.run import Candidate

TRUTH = {"code": "15-1252.00", "title": "Software Developers"}
WRONG = {"code": "15-1254.00", "title": "Web Developers"}
EXAMPLE = Example.model_validate(
    {
        "example_id": "ann#1",
        "person_id": "ann",
        "history": [{"kind": "job", "title": "Clerk $reason {x}", "start": "2000", "occupation": WRONG}],
        "target": TRUTH,
    }
)


def attempt(number, occupation, answer=None, reason=None):
    return Candidate(
        example_id="ann#1",
        attempt=number,
        reason=reason or f"Reason {number} with $history.",
        answer=answer or occupation["title"].upper(),
        occupation=occupation,
        correct=occupation == TRUTH,
        sampled=occupation == TRUTH,
        model="",
        prompt_sha256="",
        usage={},
    )


CHOSEN = attempt(0, TRUTH)


def person(*wrong):
    return Accepted(EXAMPLE, CHOSEN, wrong)


@pytest.mark.parametrize("variant", SFT_VARIANTS)
def test_a_row_holds_the_turn_of_inference_and_the_target(variant):
    row = sft_row(variant, EXAMPLE, CHOSEN.reason)
    values = {"history": render_history(EXAMPLE.history)}
    if variant == "predictor":
        values["reason"] = CHOSEN.reason
    system, user = generation_prompt(variant).messages(**values)
    assert row == {
        "example_id": "ann#1",
        "instruction": user["content"],
        "output": target(variant, CHOSEN.reason, TRUTH["title"]),
    }
    assert system["content"] == system_text()
    assert system_text() not in row["instruction"]


@pytest.mark.parametrize("variant", SFT_VARIANTS)
def test_only_the_predictor_reads_the_reason_and_only_reasoners_write_it(variant):
    row = sft_row(variant, EXAMPLE, CHOSEN.reason)
    assert (CHOSEN.reason in row["instruction"]) is (variant == "predictor")
    assert (CHOSEN.reason in row["output"]) is (variant in ("joint", "reasoner"))


@pytest.mark.parametrize("variant", SFT_VARIANTS)
def test_the_truth_is_not_in_the_question(variant):
    assert TRUTH["title"] not in sft_row(variant, EXAMPLE, CHOSEN.reason)["instruction"]


@pytest.mark.parametrize("variant", DPO_VARIANTS)
def test_the_prompt_of_a_pair_is_that_of_its_row_to_the_byte(variant):
    pair, row = preference_pair(variant, person(attempt(1, WRONG)), 7), sft_row(variant, EXAMPLE, CHOSEN.reason)
    assert pair["instruction"].encode() == row["instruction"].encode()
    assert pair["chosen"] == row["output"]
    assert pair["example_id"] == row["example_id"]


def test_a_joint_pair_is_two_whole_targets_with_official_titles():
    pair = preference_pair("joint", person(attempt(1, WRONG, "web dev")), 7)
    assert pair["rejected"] == "<think>\nReason 1 with $history.\n</think>\n<answer>\nWeb Developers\n</answer>"
    assert pair["chosen"] == "<think>\nReason 0 with $history.\n</think>\n<answer>\nSoftware Developers\n</answer>"


def test_the_pair_of_a_reasoner_holds_the_reasons_alone():
    pair = preference_pair("reasoner", person(attempt(1, WRONG)), 7)
    assert pair["chosen"] == "<think>\nReason 0 with $history.\n</think>"
    assert pair["rejected"] == "<think>\nReason 1 with $history.\n</think>"


@pytest.mark.parametrize("variant", DPO_VARIANTS)
def test_without_a_wrong_attempt_there_is_no_pair(variant):
    assert preference_pair(variant, person(), 7) is None


@pytest.mark.parametrize("variant", DPO_VARIANTS)
def test_the_chosen_reason_is_never_rejected(variant):
    same = attempt(1, WRONG, reason=CHOSEN.reason)
    assert preference_pair(variant, person(same), 7) is None
    another = attempt(2, WRONG)
    for seed in range(20):
        assert preference_pair(variant, person(same, another), seed) == preference_pair(variant, person(another), seed)


@given(st.integers(0, 99), st.permutations([attempt(number, WRONG) for number in range(1, 5)]))
def test_the_seed_draws_whatever_the_order(seed, wrong):
    drawn = preference_pair("joint", person(*wrong), seed)
    assert drawn == preference_pair("joint", person(*sorted(wrong, key=lambda each: each.attempt)), seed)


def test_every_wrong_attempt_has_the_same_chance():
    wrong = [attempt(number, WRONG) for number in range(1, 5)]
    times = Counter(preference_pair("reasoner", person(*wrong), seed)["rejected"] for seed in range(1000))
    assert len(times) == 4
    assert max(abs(count - 250) for count in times.values()) < 70  # five standard deviations


def test_both_variants_reject_the_same_attempt():
    wrong = [attempt(number, WRONG) for number in range(1, 5)]
    for seed in range(20):
        joint, reasoner = (preference_pair(variant, person(*wrong), seed)["rejected"] for variant in ("joint", "reasoner"))
        assert joint.startswith(reasoner)
