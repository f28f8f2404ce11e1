import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prep.errors import InputError
from prep.judge.rubric import judge_messages, judge_prompt, judge_schema, parse_judgement
from prep.prompts.history import render_history
from prep.prompts.template import Prompt
from prep.schema.run import DIMENSIONS

PROMPT = judge_prompt("utility")


@pytest.mark.parametrize("score", ["1", "2", "3", "4", "5", "1.0", "4.5", "5.0", "5e0"])
def test_a_number_from_1_to_5_is_a_score(score):
    parsed = parse_judgement(PROMPT, f'{{"justification": "Good.", "score": {score}}}')
    assert parsed == (float(score), "Good.")


@pytest.mark.parametrize(
    "score",
    [
        "0",
        "6",
        "-1",
        "0.99",
        "5.01",
        "1e400",
        '"4"',
        '"4/5"',
        '"four"',
        "NaN",
        "Infinity",
        "-Infinity",
        "true",
        "null",
        "[4]",
        "{}",
    ],
)
def test_anything_else_is_none(score):
    parsed = parse_judgement(PROMPT, f'{{"justification": "Good.", "score": {score}}}')
    assert isinstance(parsed, str)
    assert parsed.startswith("malformed answer: score: ")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('{"score": 4}', "justification: Field required"),
        ('{"justification": "Good."}', "score: Field required"),
        ('{"justification": null, "score": 4}', "justification: "),
        ("4", "object"),
        ("Score: 4", "Invalid JSON"),
        ('{"justification": "Good.", "score": 4', "EOF"),
    ],
)
def test_what_is_missing_is_named(text, problem):
    parsed = parse_judgement(PROMPT, text)
    assert isinstance(parsed, str)
    assert problem in parsed


@given(
    st.text()
    | st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["score", "justification", "x"]), inner),
    ).map(json.dumps)
)
def test_any_answer_is_a_score_from_1_to_5_or_says_what_is_wrong(text):
    parsed = parse_judgement(PROMPT, text)
    if isinstance(parsed, str):
        assert parsed.startswith("malformed answer: ")
    else:
        assert 1 <= parsed[0] <= 5


@given(st.floats(1, 5), st.text(), st.sampled_from(["{}", "```json\n{}\n```", "```\n{}\n```\n"]))
def test_what_is_right_comes_back(score, justification, fence):
    text = json.dumps({"justification": justification, "score": score, "confidence": "high"})
    assert parse_judgement(PROMPT, fence.format(text)) == (score, justification)


def test_the_field_of_the_score_is_the_prompts(tmp_path):
    prompt = Prompt("p", 1, frozenset(), "x", score="grade")
    assert parse_judgement(prompt, '{"justification": "", "grade": 3}') == (3.0, "")
    schema = judge_schema(prompt, 200)
    assert list(schema["properties"]) == schema["required"] == ["justification", "grade"]
    assert schema["properties"]["justification"]["maxLength"] == 200
    assert schema["properties"]["grade"] == {"type": "integer", "enum": [1, 2, 3, 4, 5]}
    assert schema["additionalProperties"] is False


def test_a_prompt_without_a_score_field_is_no_judge(tmp_path):
    (tmp_path / "utility.md").write_text("---\nname: utility\nversion: 1\nvariables: [reason]\n---\n$reason\n")
    with pytest.raises(InputError, match="names no score field"):
        judge_prompt("utility", tmp_path)


@pytest.mark.parametrize("dimension", DIMENSIONS)
def test_only_utility_is_told_the_true_occupation(example, dimension):
    person = example("p")
    system, user = judge_messages(judge_prompt(dimension), person, "The reason stands here.")
    assert f"```\n{render_history(person.history)}\n```" in user["content"]
    assert "```\nThe reason stands here.\n```" in user["content"]
    assert (person.target.title in user["content"]) == (dimension == "utility")
    assert "Bookkeeper" not in system["content"]


@pytest.mark.parametrize("dimension", DIMENSIONS)
def test_a_judge_is_told_what_each_score_means_and_how_to_answer(dimension):
    body = judge_prompt(dimension).body
    assert set("12345") <= set(body)
    assert "justification" in body.splitlines()[-1]
    assert "score" in body.splitlines()[-1]
