"""Our scores against the paper's equations 9–11, transcribed here word by word.

(9)   EM  = 1/N Σ 1[ŷ_i = y_i]
(10)  R_i = [y_i] + related(y_i), in the order of O*NET
(11)  RM  = 1/N Σ 1/k_i where ŷ_i is the k_i-th element of R_i, else 0
"""

import json
from fractions import Fraction
from random import Random

import pytest

from eval.folder import PredictionFolder
from eval.predictions import Prediction
from eval.score import score_run
from eval.scores import score_all
from prep.onet.taxonomy import build_taxonomy
from prep.schema.example import Example


def equation_9(truths, answers):
    hits = 0
    for y, y_hat in zip(truths, answers, strict=True):
        if y_hat == y:
            hits += 1
    return Fraction(hits, len(truths))


def equation_10(y, related):
    return [y, *related[y]]


def equation_11(truths, answers, related):
    total = Fraction(0)
    for y, y_hat in zip(truths, answers, strict=True):
        for k, element in enumerate(equation_10(y, related), start=1):
            if y_hat == element:
                total += Fraction(1, k)
                break
    return total / len(truths)


def a_test(seed, people):
    """Return (taxonomy, related titles by title, examples, answers by example_id), all drawn by `seed`."""
    random = Random(seed)
    size = random.randint(1, 40)
    titles = {f"{number:02}-1011.00": f"Occupation {number}, and Others (Group/{number})" for number in range(size)}
    lists = {code: random.sample([c for c in titles if c != code], random.randint(0, min(size - 1, 20))) for code in titles}
    rows = [(code, other, "Supplemental", index) for code, each in lists.items() for index, other in enumerate(each, start=1)]
    random.shuffle(rows)
    taxonomy = build_taxonomy("random", titles.items(), (), rows)
    related = {titles[code]: [titles[other] for other in each] for code, each in lists.items()}
    examples, answers = [], {}
    for number in range(people):
        code = random.choice(list(titles))
        target = {"code": code, "title": titles[code]}
        examples.append(Example(example_id=f"e{number}", person_id=f"p{number}", history=(), target=target))
        answer = random.choice(
            [
                titles[code],
                random.choice(related[titles[code]] or ["no list"]),
                random.choice(list(titles.values())),
                titles[code].upper(),
                f" {titles[code]}",
                "Wizards",
                "",
                None,
            ]
        )
        if random.random() < 0.9:  # the others are lost
            answers[f"e{number}"] = answer
    return taxonomy, related, examples, answers


def prediction(example_id, answer):
    return Prediction(example_id=example_id, mode="direct", reason=None, answer=answer, occupation=None)


def expected(examples, answers, related):
    truths = [example.target.title for example in examples]
    given = [answers.get(example.example_id) for example in examples]
    return equation_9(truths, given), equation_11(truths, given, related)


@pytest.mark.parametrize("seed", range(300))
def test_strict_scores_are_those_of_the_equations(seed, monkeypatch):
    monkeypatch.setattr("eval.scores.interval", lambda values: (0.0, 1.0))  # slow, and tested for itself
    taxonomy, related, examples, answers = a_test(seed, people=20)
    scores = score_all(examples, {id_: prediction(id_, answer) for id_, answer in answers.items()}, taxonomy)
    em, rm = expected(examples, answers, related)
    assert scores["acc_em"] == float(em)
    assert scores["acc_rm"] == pytest.approx(float(rm), rel=0, abs=1e-12)


def test_the_cases_are_worth_comparing():
    every = [a_test(seed, people=20) for seed in range(300)]
    scores = [expected(examples, answers, related) for _, related, examples, answers in every]
    assert sum(0 < em < rm < 1 for em, rm in scores) > 250
    assert sum(not lists for _, related, *_ in every for lists in related.values()) > 100


@pytest.mark.parametrize("seed", range(3))
def test_through_files(seed, tmp_path):
    taxonomy, related, examples, answers = a_test(seed, people=50)
    rows = [prediction(id_, answer).to_json() for id_, answer in answers.items()]
    Random(seed).shuffle(rows)
    test, run = tmp_path / "test.jsonl", tmp_path / "run"
    run.mkdir()
    test.write_text("".join(json.dumps(example.to_json()) + "\n" for example in examples))
    (run / "predictions.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    scores = score_run(PredictionFolder(run), test, taxonomy)
    em, rm = expected(examples, answers, related)
    assert scores["acc_em"] == float(em)
    assert scores["acc_rm"] == pytest.approx(float(rm), rel=0, abs=1e-12)
    assert scores["missing"] == 50 - len(answers)
