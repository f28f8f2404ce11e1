import json
from collections import Counter

import pytest

from prep.files.rejects import Rejects
from prep.llm.call import Reply
from prep.onet.taxonomy import build_taxonomy
from prep.oracle.candidates import Origin, attempt_key, to_candidates

TAXONOMY = build_taxonomy(
    "test",
    [("13-2011.00", "Accountants and Auditors"), ("29-1141.00", "Registered Nurses"), ("15-1254.00", "Web Developers")],
    [("CPA", "13-2011.00"), ("Consultant", "13-2011.00"), ("Consultant", "15-1254.00")],
)


def entry(name, attempt, reply):
    if isinstance(reply, str):
        reply = Reply(text=json.dumps({"reason": f"{name} {attempt}", "occupation": reply}), finish_reason="stop")
    return {"key": attempt_key(f"{name}/0123456789ab", attempt), **reply.to_json()}


@pytest.fixture
def render(example, tmp_path):
    """Return a function from {person: [replies]} to the candidates and the rejects."""

    def run(replies, seed=7, order=1):
        entries = [entry(name, n, reply) for name, each in replies.items() for n, reply in enumerate(each)]
        people = {f"{name}/0123456789ab": example(name) for name in replies}
        with Rejects(tmp_path / "candidates.jsonl") as rejects:
            candidates = to_candidates(entries[::order], people, TAXONOMY, Origin("teacher", "0" * 64, seed), rejects)
        lines = rejects.path.read_text().splitlines()
        return candidates, [json.loads(line) for line in lines]

    return run


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ("Accountants and Auditors", "13-2011.00"),
        ("  accountants AND\nauditors ", "13-2011.00"),
        ("cpa", "13-2011.00"),
        ("Registered Nurses", "29-1141.00"),
        ("Consultant", None),  # of two occupations
        ("Accountant", None),
        ("13-2011.00", None),
    ],
)
def test_right_is_equality_of_codes_after_normalisation(render, answer, code):
    (candidate,), _ = render({"p": [answer]})
    assert (candidate.occupation.code if candidate.occupation else None) == code
    assert candidate.correct == candidate.sampled == (code == "13-2011.00")
    assert candidate.answer == answer.strip()


def test_what_is_no_answer_goes_to_the_rejects_with_its_reason(render):
    replies = [
        Reply(text="Hm."),
        Reply(refusal="No."),
        Reply(text='{"reason": "and th', finish_reason="length"),
        Reply(error="the endpoint refused the request: HTTP 400: too long"),
        Reply(),
        Reply(text='{"reason": "</think>", "occupation": "CPA"}'),
        "CPA",
    ]
    candidates, rejects = render({"p": replies})
    assert [candidate.attempt for candidate in candidates] == [6]
    assert [reject["where"] for reject in rejects] == [f"p/{n}" for n in range(6)]
    assert [reject["reason"].split(":")[0] for reject in rejects] == [
        "malformed answer",
        "the model refused",
        "the answer was cut off at the token limit",
        "the endpoint refused the request",
        "the answer is empty",
        "malformed answer",
    ]
    assert rejects[0]["record"]["text"] == "Hm."


def test_one_right_attempt_of_each_person_is_drawn_and_no_wrong_one(render):
    replies = {f"p{n}": ["CPA", "Registered Nurses", "CPA", "none", "CPA"][: n % 6] for n in range(60)}
    candidates, _ = render(replies)
    drawn = Counter(candidate.example_id for candidate in candidates if candidate.sampled)
    assert drawn == {name: 1 for name, each in replies.items() if "CPA" in each}
    assert all(candidate.correct for candidate in candidates if candidate.sampled)
    assert len(candidates) == sum(map(len, replies.values()))


def draws(candidates):
    return {candidate.example_id: candidate.attempt for candidate in candidates if candidate.sampled}


def test_the_draw_depends_on_seed_and_name_alone(render):
    replies = {f"p{n}": ["CPA"] * 4 for n in range(80)}
    once = draws(render(replies)[0])
    assert draws(render(replies, order=-1)[0]) == once
    assert draws(render({f"p{n}": ["CPA"] * 4 for n in range(40)})[0]).items() <= once.items()
    assert draws(render(replies, seed=8)[0]) != once


def test_a_further_attempt_changes_only_the_draws_that_it_wins(render):
    four = draws(render({f"p{n}": ["CPA"] * 4 for n in range(80)})[0])
    five = draws(render({f"p{n}": ["CPA"] * 5 for n in range(80)})[0])
    changed = {name for name in four if four[name] != five[name]}
    assert {five[name] for name in changed} == {4}
    assert 4 < len(changed) < 36  # one in five


def test_every_right_attempt_has_the_same_chance(render):
    counts = Counter(draws(render({f"p{n}": ["CPA"] * 4 for n in range(2000)})[0]).values())
    assert sorted(counts) == [0, 1, 2, 3]
    assert all(420 < count < 580 for count in counts.values())  # 500 ± 4 standard deviations


def test_candidates_come_by_person_and_attempt_in_whatever_order_they_were_finished(render):
    replies = {name: ["CPA"] * 11 for name in ("b/1", "a", "b")}
    candidates, _ = render(replies, order=-1)
    assert [(c.example_id, c.attempt) for c in candidates] == [(name, n) for name in replies for n in range(11)]


def test_attempts_of_others_are_left_alone(example, tmp_path):
    with Rejects(tmp_path / "candidates.jsonl") as rejects:
        entries = [entry("gone", 0, "CPA"), entry("p", 0, "CPA"), {**entry("p", 1, "CPA"), "key": "p/another/1"}]
        candidates = to_candidates(entries, {"p/0123456789ab": example("p")}, TAXONOMY, Origin("t", "0", 7), rejects)
    assert [(candidate.example_id, candidate.attempt) for candidate in candidates] == [("p", 0)]
