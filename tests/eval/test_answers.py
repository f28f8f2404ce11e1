"""Texts of models → reason and answer, whatever the model wrote."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.answers import Parsed, parse

GOOD = "<think>\nBecause.\n</think>\n<answer>\nChief Executives\n</answer>"


@pytest.mark.parametrize(
    ("text", "reason", "answer"),
    [
        pytest.param(GOOD, "Because.", "Chief Executives", id="as trained"),
        pytest.param("<answer>A</answer>", None, "A", id="answer alone"),
        pytest.param("<think>R</think>", "R", None, id="reason alone"),
        pytest.param("", None, None, id="nothing"),
        pytest.param("Chief Executives", None, None, id="no tags: never guessed"),
        pytest.param("<THINK>R</Think><Answer>A</ANSWER>", "R", "A", id="case of the tags"),
        pytest.param("<answer>  A,\n B </answer>", None, "A,\n B", id="stripped at both ends only"),
        pytest.param("<think> \n </think><answer>\n</answer>", None, None, id="blank blocks"),
        pytest.param("Sure! <answer>A</answer> Good luck.", None, "A", id="talk around"),
        pytest.param("<answer>A</answer> no: <answer>B</answer>", None, "B", id="the last answer"),
        pytest.param("<answer>A</answer><answer></answer>", None, None, id="the last answer is blank"),
        pytest.param("<think>R</think><think>S</think><answer>A</answer>", "S", "A", id="the last reason"),
        pytest.param("<think><answer>D</answer></think><answer>A</answer>", "<answer>D</answer>", "A", id="draft, then answer"),
        pytest.param("<think><answer>D</answer></think>", "<answer>D</answer>", None, id="draft alone"),
        pytest.param("<think>maybe <answer>D</answer> or", None, None, id="draft in thinking that was cut off"),
        pytest.param("<answer>A</answer><think>but", None, "A", id="answer before thinking that was cut off"),
        pytest.param("R</think><answer>A</answer>", None, "A", id="the opening tag stood in the prompt"),
        pytest.param("<think>R<answer>A</answer>", None, None, id="thinking without an end"),
        pytest.param("<think>R</think><answer>Chief Exec", "R", None, id="answer that was cut off"),
        pytest.param("<answer>A</answer><answer>B", None, "A", id="cut off after a complete one"),
        pytest.param("<answer>A<answer>B</answer>", None, "B", id="begun again"),
        pytest.param("<think>R<think>S</think><answer>A</answer>", "S", "A", id="thinking begun again"),
        pytest.param("</think></answer><answer>", None, None, id="tags in no order"),
        pytest.param("< answer >A</ answer >", None, None, id="not our tags"),
    ],
)
def test_what_a_text_holds(text, reason, answer):
    assert parse(text) == Parsed(reason, answer)


pieces = st.sampled_from(
    ["<think>", "</think>", "<answer>", "</answer>", "<ANSWER>", "</Think>", "\n", " ", "x", "Chief", "<", ">"]
)
texts = st.lists(pieces | st.text(max_size=3), max_size=14).map("".join)


@given(texts)
def test_any_text_can_be_read(text):
    parsed = parse(text)
    for part in (parsed.reason, parsed.answer):
        assert part is None or (part in text and part == part.strip() != "")
    if parsed.answer:
        assert not re.search(r"</?(answer|think)>", parsed.answer, re.IGNORECASE)
        assert "<answer>" in text.lower() and "</answer>" in text.lower()
    if parsed.reason:
        assert not re.search(r"</?think>", parsed.reason, re.IGNORECASE)


@given(texts)
def test_the_answer_of_finished_thinking_does_not_depend_on_it(text):
    assert parse(f"{text}</think><answer>A</answer>").answer == "A"
    assert parse(f"<think>{text}").answer is None or "</think>" in text.lower()


@given(texts)
def test_a_text_that_is_cut_off_never_gains_an_answer(text):
    whole = f"<think>{text}</think><answer>A</answer>"
    for end in range(len(whole)):
        assert parse(whole[:end]).answer in (None, parse(text[: max(0, end - len("<think>"))]).answer)


def test_many_tags_take_no_time():
    assert parse("<think><answer>" * 200_000) == Parsed(None, None)
