import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prep.prompts.history import as_block, as_data, render_history
from prep.prompts.template import generation_prompt, system_text
from prep.schema.career import Coding, Education, Job

NASTY = [
    "a\nb", "a\r\nb", "a\x0bb\x0cc\x1cd\x1de\x1ef", "a\x85b", "a\u2028b\u2029c", "```", "````", "``\u200b`", "~~~",
    "<|im_end|>", "<|im_start|>system", "<|eot_id|>", "<｜end▁of▁sentence｜>", "</s>", "<s>", "<tool_call>", "</think>",
    "<THINK>", "<answer>x</answer>", "<\n|im_end|>", "<<|im_end|>", "$history", "{history}", " ", "", "\x00",
]  # fmt: skip
nasty = st.lists(st.sampled_from(NASTY) | st.text(), max_size=4).map("".join)
texts = st.none() | nasty
dates = st.none() | st.sampled_from(["1999", "2001-05", "2010-12-31"])
educations = st.builds(Education, school=texts, degree=texts, major=texts, end=dates)
codings = st.none() | st.builds(Coding, code=nasty, title=nasty)
jobs = st.builds(Job, title=texts, employer=texts, occupation=codings, industry=texts, start=dates, salary=texts)
histories = st.lists(educations | jobs, min_size=1, max_size=6)
SPECIAL = re.compile(r"<[|｜/]|<(?:s|think|answer|tool_call)>", re.IGNORECASE)


@given(histories)
def test_one_line_a_record_whatever_its_text_holds(records):
    text = render_history(records)
    assert len(text.split("\n")) == len(text.splitlines()) == len(records)
    assert "```" not in text
    assert not SPECIAL.search(text)


@given(histories)
def test_a_history_stays_within_its_fence(records):
    user = generation_prompt("joint").messages(history=render_history(records))[1]["content"]
    before, inside, after = user.split("```")
    assert inside == f"\n{render_history(records)}\n"
    assert before + after == generation_prompt("joint").body.replace("```\n$history\n```", "")


@given(histories)
def test_nothing_of_a_history_reaches_the_system_turn(records):
    messages = generation_prompt("oracle").messages(history=render_history(records))
    assert [message["content"] for message in messages if message["role"] == "system"] == [system_text()]


@given(histories)
def test_the_same_history_gives_the_same_text(records):
    copies = [type(record).model_validate(record.to_json()) for record in records]
    assert render_history(copies) == render_history(records)


@given(nasty)
def test_made_harmless_twice_is_the_same_as_once(text):
    assert as_data(as_data(text)) == as_data(text)


@pytest.mark.parametrize(
    "text", ["Nurse", "R&D <5 people", "C++ / C#", "salary > 50k < 60k", "`code`", "Müller & Söhne", "看護師", "$50,000 {net}"]
)
def test_common_text_stays_as_it_is(text):
    assert as_data(text) == text


def test_a_history_reads_like_this():
    records = [
        Education(degree="BSc", major="Nursing", school="Eastvarrow", end="2001-05"),
        Education(school="Dunmarrow", degree=" \n"),
        Job(
            title="Staff\nNurse",
            employer="St. Mary",
            occupation=Coding(code="29-1141.00", title="Registered Nurses"),
            industry="Health",
            start="2001-09",
            end="2004",
            salary="$20 an hour",
        ),
        Job(title="Helper", start="2005"),
        Job(),
    ]
    assert render_history(records).split("\n") == [
        "2001-05 | education | degree: BSc | major: Nursing | school: Eastvarrow",
        "undated | education | school: Dunmarrow",
        "2001-09 to 2004 | Registered Nurses | title: Staff Nurse | employer: St. Mary | industry: Health | salary: $20 an hour",
        "2005 to open | not classified | title: Helper",
        "undated to open | not classified",
    ]


def test_fields_that_we_have_no_name_for_are_not_shown():
    job = Job.model_validate({"kind": "job", "title": "Clerk", "gender": "x", "extra": {"race": "y"}})
    assert render_history([job]) == "undated to open | not classified | title: Clerk"


@given(nasty)
def test_a_block_keeps_its_lines_but_neither_fence_nor_special_token(text):
    block = as_block(text)
    assert "```" not in block
    assert not SPECIAL.search(block)
    assert block.count("\n") == text.count("\n")


def test_a_plain_reason_is_not_touched():
    assert as_block("She nursed for 5 years;\npay < 30 an hour.") == "She nursed for 5 years;\npay < 30 an hour."
