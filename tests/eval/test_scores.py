"""What is counted, and how."""

import re
from dataclasses import replace

import pytest

from eval.predictions import Prediction
from eval.scores import FLAGS, METRICS, score_all, score_person
from eval.slices import last_occupation
from prep.errors import UserError


def prediction(example, answer, mode="joint", reason="R"):
    return Prediction(example_id=example.example_id, mode=mode, reason=reason, answer=answer, occupation=None)


# the truth is Software Developers; its related list: Web Developers, Chief Executives
@pytest.mark.parametrize(
    ("answer", "em", "rm", "em_normalised", "rm_normalised", "off"),
    [
        ("Software Developers", 1, 1, 1, 1, False),
        ("Web Developers", 0, 1 / 2, 0, 1 / 2, False),
        ("Chief Executives", 0, 1 / 3, 0, 1 / 3, False),
        ("Air Crew Officers", 0, 0, 0, 0, False),
        ("software  developers", 0, 0, 1, 1, False),
        ("Software Developers ", 0, 0, 1, 1, False),
        ("WEB DEVELOPERS", 0, 0, 0, 1 / 2, False),
        ("coder", 0, 0, 1, 1, False),
        ("Coder", 0, 0, 1, 1, False),
        ("Developer", 0, 0, 0, 0, True),  # an alternate title of two occupations
        ("15-1252.00", 0, 0, 0, 0, True),
        ("Wizards", 0, 0, 0, 0, True),
        ("", 0, 0, 0, 0, True),
        (None, 0, 0, 0, 0, False),
    ],
)
def test_one_answer(taxonomy, make_example, answer, em, rm, em_normalised, rm_normalised, off):
    example = make_example("ann")
    score = score_person(example, prediction(example, answer), taxonomy)
    assert [getattr(score, name) for name in METRICS] == [em, rm, em_normalised, rm_normalised]
    assert {flag for flag in FLAGS if getattr(score, flag)} == {
        name for name, flag in [("off_taxonomy", off), ("unparsed", answer is None)] if flag
    }


def test_the_published_title_counts_not_the_one_in_the_file(taxonomy, make_example):
    example = make_example("ann")
    example = example.model_copy(update={"target": example.target.model_copy(update={"title": "software developers"})})
    assert score_person(example, prediction(example, "Software Developers"), taxonomy).acc_em == 1
    assert score_person(example, prediction(example, "software developers"), taxonomy).acc_em == 0


def test_the_answer_is_resolved_with_the_taxonomy_of_the_scoring(taxonomy, make_example):
    example = make_example("ann")
    wrong = {"code": "11-1011.00", "title": "Chief Executives"}
    stale = Prediction(example_id="ann#1", mode="joint", reason=None, answer="coder", occupation=wrong)
    assert score_person(example, stale, taxonomy).acc_em_normalised == 1


def test_everybody_counts_whatever_was_lost(taxonomy, make_example):
    right, near, unparsed, off, lost, unlisted = (
        make_example(name, target) for name, target in zip("abcdef", ["15-1252.00"] * 5 + ["55-1011.00"], strict=True)
    )
    answers = [
        (right, "Software Developers"),
        (near, "Web Developers"),
        (unparsed, None),
        (off, "Wizards"),
        (unlisted, "Air Crew Officers"),
    ]
    predictions = {example.example_id: prediction(example, answer) for example, answer in answers}
    scores = score_all([right, near, unparsed, off, lost, unlisted], predictions, taxonomy)
    assert {name: scores[name] for name in ("n", *FLAGS)} == {
        "n": 6,
        "unparsed": 1,
        "unparsed_reasons": 0,
        "off_taxonomy": 1,
        "missing": 1,
        "without_related_list": 1,
    }
    assert scores["acc_em"] == pytest.approx(2 / 6)
    assert scores["acc_rm"] == pytest.approx(2.5 / 6)
    for name in METRICS:
        low, high = scores["intervals"][name]
        assert low <= scores[name] <= high


def test_an_occupation_without_related_list_is_related_to_itself(taxonomy, make_example):
    example = make_example("ann", "55-1011.00")
    score = score_person(example, prediction(example, "Air Crew Officers"), taxonomy)
    assert (score.acc_rm, score.without_related_list) == (1, True)
    assert score_person(example, prediction(example, "Web Developers"), taxonomy).acc_rm == 0


def test_a_table_that_is_not_at_hand_is_an_error(taxonomy, make_example):
    partial = replace(taxonomy, related_complete=False)
    example = make_example("ann", "55-1011.00")
    with pytest.raises(UserError, match=r"no related occupations for 55-1011\.00"):
        score_person(example, None, partial)


@pytest.mark.parametrize(
    ("history", "slice_"),
    [
        (["15-1254.00", "15-1252.00"], "stay"),
        (["15-1252.00", "15-1252.00"], "stay"),
        (["15-1252.00", "15-1254.00"], "return"),
        (["15-1254.00", "11-1011.00"], "new"),
        (["15-1252.00", None], "stay"),
        ([], "new"),
    ],
)
def test_stay_return_and_new(make_example, history, slice_):
    assert last_occupation(make_example("ann", "15-1252.00", history)) == slice_


def test_slices_add_up(taxonomy, make_example):
    histories = [["15-1252.00"], ["15-1252.00"], ["15-1252.00", "11-1011.00"], ["11-1011.00"]]
    people = [make_example(name, "15-1252.00", history) for name, history in zip("abcd", histories, strict=True)]
    predictions = {example.example_id: prediction(example, "Software Developers") for example in people[:1]}
    scores = score_all(people, predictions, taxonomy)
    slices = scores["slices"]["last_occupation"]
    assert {name: (part["n"], part["acc_em"]) for name, part in slices.items()} == {
        "stay": (2, 0.5),
        "return": (1, 0.0),
        "new": (1, 0.0),
    }
    for name in METRICS:
        assert sum(part["n"] * part[name] for part in slices.values()) / scores["n"] == pytest.approx(scores[name])


@pytest.mark.parametrize(("mode", "expected"), [("joint", 1), ("two-model", 1), ("zero-shot", 1), ("direct", 0)])
def test_reasons_that_could_not_be_read_are_counted_where_there_should_be_one(taxonomy, make_example, mode, expected):
    people = [make_example(name) for name in "abc"]
    predictions = {
        "a#1": prediction(people[0], "Web Developers", mode, reason=None),
        "b#1": prediction(people[1], None, mode),
    }
    assert score_all(people, predictions, taxonomy)["unparsed_reasons"] == expected


def test_people_are_counted_by_split(taxonomy, make_example):
    splits = ["test", "train", "test", None]
    people = [make_example(name).model_copy(update={"split": split}) for name, split in zip("abcd", splits, strict=True)]
    assert score_all(people, {}, taxonomy)["splits"] == {"test": 2, "train": 1, "unsplit": 1}


def test_names_of_scores_are_in_snake_case(taxonomy, make_example):
    def names(value):
        if isinstance(value, dict):
            for name, inner in value.items():
                yield name
                yield from names(inner)

    people = [make_example(name, "15-1252.00", history) for name, history in zip("ab", [["15-1252.00"], []], strict=True)]
    assert all(re.fullmatch("[a-z][a-z0-9_]*", name) for name in names(score_all(people, {}, taxonomy)))
