import json

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prep.llm.ask import read_reply
from prep.llm.call import Reply, json_answer, json_text, seed_of
from prep.schema.run import Usage


@pytest.mark.parametrize(
    ("reply", "problem"),
    [
        (Reply(text="half an ans", finish_reason="length"), "token limit"),
        (Reply(refusal="I cannot help with that", finish_reason="stop"), "refused: I cannot help with that"),
        (Reply(text="some", finish_reason="content_filter"), "content filter"),
        (Reply(finish_reason="stop"), "is empty"),
        (Reply(text=" \n"), "is empty"),
        (Reply(reasoning="Well …", finish_reason="stop"), "reasoned, but wrote no answer"),
        (Reply(reasoning="Well …", finish_reason="length"), "token limit"),
        (Reply(text="x", error="HTTP 400"), "HTTP 400"),
    ],
)
def test_what_is_no_answer_says_why(reply, problem):
    assert problem in reply.problem


@pytest.mark.parametrize("reply", [Reply(text="x", finish_reason="stop"), Reply(text="x"), Reply(text="x", reasoning="y")])
def test_an_answer_has_no_problem(reply):
    assert reply.problem is None


def test_thinking_that_a_server_took_out_is_kept_beside_an_empty_answer():
    for name in ("reasoning", "reasoning_content"):
        body = {"choices": [{"message": {"content": None, name: "Well …"}, "finish_reason": "stop"}]}
        assert read_reply(orjson.dumps(body)) == Reply(reasoning="Well …", finish_reason="stop")


texts = st.none() | st.text()
usages = st.builds(Usage, prompt_tokens=st.none() | st.integers(0, 2**40), completion_tokens=st.none() | st.integers(0, 2**40))


@given(st.builds(Reply, st.text(), texts, texts, texts, usages, texts))
def test_a_reply_comes_back_from_the_journal_as_it_was(reply):
    assert Reply.from_json(orjson.loads(orjson.dumps(reply.to_json()))) == reply


def test_seeds_differ_by_call_and_by_run_and_stay():
    seeds = {seed_of(seed, f"{person}/{attempt}") for seed in (7, 8) for person in "ab" for attempt in range(50)}
    assert len(seeds) == 200
    assert all(0 <= seed < 2**31 for seed in seeds)
    assert seed_of(7, "sample-001/0") == 2135008302


def test_the_schema_is_sent_strictly():
    sent = json_answer("attempt", {"type": "object"})["response_format"]["json_schema"]
    assert (sent["strict"], sent["schema"]) == (True, {"type": "object"})


@given(st.dictionaries(st.text(), st.text()), st.sampled_from(["", "json", "JSON"]), st.sampled_from(["", "\n", " \n\n"]))
def test_a_fence_is_taken_off(value, language, space):
    text = json.dumps(value)
    assert json.loads(json_text(f"{space}```{language}\n{text}{space}```{space}")) == value
    assert json_text(text) == text
