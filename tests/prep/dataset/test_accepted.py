"""Who is accepted, and where the others were lost."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prep.dataset.accepted import refuse_held_out, require_some, select_accepted
from prep.errors import InputError, UserError
from prep.schema.example import Example
from prep.schema.run import DIMENSIONS, Candidate, Judgement


def selected(rows, threshold=4.0):
    examples = [Example.model_validate(row) for row in rows["examples"]]
    candidates = [Candidate.model_validate(row) for row in rows["candidates"]]
    judgements = [Judgement.model_validate(row) for row in rows["judgements"]]
    return select_accepted(examples, candidates, judgements, threshold)


def names(selection):
    return [person.example.person_id for person in selection.people]


def test_the_counts_add_up(rows):
    selection = selected(rows)
    assert names(selection) == ["ann", "bob", "cyd", "dan"]
    assert selection.counts() == {"people": 7, "unsolved": 1, "unjudged": 1, "below_threshold": 1, "accepted": 4}


@pytest.mark.parametrize(
    ("threshold", "accepted"),
    [
        (1, ["ann", "bob", "cyd", "dan", "eve"]),
        (3.5, ["ann", "bob", "cyd", "dan", "eve"]),
        (3.6, ["ann", "bob", "cyd", "dan"]),
        (4.1, ["bob", "cyd"]),
        (4.5, ["bob", "cyd"]),
        (5, ["cyd"]),
    ],
)
def test_the_lowest_score_reaches_the_threshold(rows, threshold, accepted):
    assert names(selected(rows, threshold)) == accepted


@pytest.mark.parametrize("dimension", DIMENSIONS)
def test_each_dimension_counts(rows, dimension):
    for row in rows["judgements"]:
        if row["example_id"] == "cyd#1" and row["dimension"] == dimension:
            row["score"] = 3.9
    assert "cyd" not in names(selected(rows))


@pytest.mark.parametrize("dimension", DIMENSIONS)
def test_a_missing_score_is_no_good_score(rows, dimension):
    rows["judgements"] = [row for row in rows["judgements"] if (row["example_id"], row["dimension"]) != ("cyd#1", dimension)]
    selection = selected(rows)
    assert "cyd" not in names(selection)
    assert selection.unjudged == 2


def test_scores_of_another_attempt_do_not_count(rows):
    for row in rows["judgements"]:
        row["attempt"] += row["example_id"] == "cyd#1"
    assert "cyd" not in names(selected(rows))


def test_the_drawn_attempt_is_chosen_and_the_wrong_ones_are_known(rows):
    ann, bob, cyd, dan = selected(rows).people
    assert [(person.chosen.attempt, person.chosen.sampled) for person in (ann, bob, cyd, dan)] == [(1, True)] * 4
    assert [wrong.attempt for wrong in ann.wrong] == [3, 4]  # 0 is off the taxonomy, 2 is right
    assert [wrong.attempt for wrong in bob.wrong] == [3, 4]
    assert cyd.wrong == dan.wrong == ()


def test_correct_attempts_of_which_none_was_drawn_are_unsolved(rows):
    for row in rows["candidates"]:
        row["sampled"] = False
    selection = selected(rows)
    assert (selection.people, selection.unsolved) == ((), 7)


scores = st.fixed_dictionaries({}, optional=dict.fromkeys(DIMENSIONS, st.sampled_from([1.0, 3.9, 4.0, 5.0])))
people = st.lists(st.tuples(st.sampled_from(["right", "wrong", "silent"]), scores), max_size=8)


@given(people, st.sampled_from([1.0, 4.0, 5.0]))
def test_everybody_is_accepted_or_counted(people, threshold):
    examples, candidates, judgements, expected = [], [], [], []
    for number, (luck, given_scores) in enumerate(people):
        key = {"example_id": str(number), "attempt": 0}
        truth = {"code": "15-1252.00", "title": "Software Developers"}
        examples.append(Example(example_id=str(number), person_id=str(number), history=(), target=truth))
        if luck != "silent":
            right = luck == "right"
            rest = {"reason": "", "answer": "", "occupation": truth, "model": "", "prompt_sha256": "", "usage": {}}
            candidates.append(Candidate(**key, correct=right, sampled=right, **rest))
        for name, score in given_scores.items():
            judgements.append(Judgement(**key, dimension=name, score=score, justification="", judge="", prompt_sha256=""))
        if luck == "right" and len(given_scores) == 3 and all(score >= threshold for score in given_scores.values()):
            expected.append(str(number))
    selection = select_accepted(examples, candidates, judgements, threshold)
    assert names(selection) == expected
    counts = selection.counts()
    assert counts["people"] == len(people) == sum(counts.values()) - counts["people"]
    assert counts["unsolved"] == sum(luck != "right" for luck, _ in people)


@pytest.mark.parametrize("split", ["test", "valid"])
def test_held_out_people_are_refused(rows, split):
    rows["examples"][3]["split"] = split
    with pytest.raises(InputError, match=f"dan#1 is a {split} example") as caught:
        refuse_held_out([Example.model_validate(row) for row in rows["examples"]])
    assert "train.jsonl" in caught.value.fix


def test_people_without_a_split_may_be_trained_on(rows):
    rows["examples"][3]["split"] = None
    refuse_held_out([Example.model_validate(row) for row in rows["examples"]])


def test_an_empty_dataset_says_where_everybody_was_lost(rows):
    selection = selected(rows)
    require_some(selection.people, selection, 4.0, "NAME")
    rows["judgements"] = rows["judgements"][:1]
    nobody = selected(rows)
    with pytest.raises(UserError) as caught:
        require_some(nobody.people, nobody, 4.5, "NAME")
    lost = "7 people, 1 unsolved, 6 unjudged, 0 below threshold, 0 accepted"
    assert caught.value.problem == f"NAME would be empty at threshold 4.5: {lost}."
    assert "lower --threshold" in caught.value.fix


def test_accepted_people_without_pairs_get_another_advice(rows):
    selection = selected(rows, 5)
    with pytest.raises(UserError, match="nobody who was accepted has a wrong attempt") as caught:
        require_some((), selection, 5, "NAME")
    assert "stronger" not in caught.value.fix
