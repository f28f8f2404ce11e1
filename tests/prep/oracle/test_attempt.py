import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prep.oracle.attempt import Attempt, attempt_schema, parse_attempt

texts = st.text(st.characters(exclude_characters="<`", exclude_categories=["Cs"])).filter(lambda text: text.strip())


@pytest.mark.parametrize("reason", [",", "[{", "[1]", "…", "5 > 3"])
def test_signs_alone_are_no_reason(reason):
    assert "holds no letter" in parse_attempt(json.dumps({"reason": reason, "occupation": "Chef"}))


@given(st.text() | st.text().map("```json\n{}\n```".format))
def test_any_text_is_an_attempt_or_says_what_is_wrong(text):
    parsed = parse_attempt(text)
    assert isinstance(parsed, Attempt) or parsed.startswith("malformed answer: ")


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["reason", "occupation", "x"]), inner),
    )
)
def test_any_json_is_an_attempt_or_says_what_is_wrong(value):
    parsed = parse_attempt(json.dumps(value))
    good = (
        isinstance(value, dict)
        and all(isinstance(value.get(name), str) and value[name].strip() for name in ("reason", "occupation"))
        and "```" not in value["reason"]
        and "<" not in value["reason"]
        and any(map(str.isalpha, value["reason"]))
    )
    if good:
        assert parsed == Attempt(reason=value["reason"], occupation=value["occupation"])
    elif "<" not in str(value):  # some are markup, and some are not
        assert isinstance(parsed, str)


@given(
    texts.filter(lambda text: any(map(str.isalpha, text))),
    texts,
    st.sampled_from(["{}", "```json\n{}\n```", "```\n{}```", "\n ```JSON {}\n```\n"]),
    st.booleans(),
)
def test_what_is_right_comes_back(reason, occupation, fence, ascii_only):
    text = json.dumps({"reason": reason, "occupation": occupation, "confidence": 0.9}, ensure_ascii=ascii_only)
    parsed = parse_attempt(fence.format(text))
    assert (parsed.reason, parsed.occupation) == (reason.strip(), occupation.strip())


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('{"occupation": "Chef"}', "reason: Field required"),
        ('{"reason": "x"}', "occupation: Field required"),
        ('{"reason": " ", "occupation": "Chef"}', "reason: "),
        ('{"reason": "x", "occupation": 3}', "occupation: "),
        ('{"reason": "x", "occupation": "Chef"', "EOF"),
        ('Sure! {"reason": "x", "occupation": "Chef"}', "Invalid JSON"),
        ('[{"reason": "x", "occupation": "Chef"}]', "object"),
    ],
)
def test_what_is_wrong_is_named(text, problem):
    assert problem in parse_attempt(text)


@pytest.mark.parametrize(
    "markup", ["</think>", "<think>", "< answer", "<Answer>", "<|im_end|>", "<｜end▁of▁sentence｜>", "</s>", "<tool_call>", "```"]
)
def test_a_reason_that_would_break_its_frame_is_refused(markup):
    parsed = parse_attempt(json.dumps({"reason": f"First {markup} then.", "occupation": "Chef"}))
    if markup == "< answer":
        assert isinstance(parsed, Attempt)
    else:
        assert parsed.startswith("malformed answer: the reason holds the markup ")


@pytest.mark.parametrize("reason", ["less than <5 years", "a < b", "pay <$20", "it's `fine`"])
def test_common_signs_are_no_markup(reason):
    assert parse_attempt(json.dumps({"reason": reason, "occupation": "Chef"})).reason == reason


def test_the_schema_holds_what_is_asked():
    free = attempt_schema(None)
    assert free["properties"] == {"reason": {"type": "string"}, "occupation": {"type": "string"}}
    assert (free["required"], free["additionalProperties"]) == (["reason", "occupation"], False)
    held = attempt_schema(["Chefs", "Nurses"], 20, 400)["properties"]
    assert held == {"reason": {"type": "string", "minLength": 20, "maxLength": 400}, "occupation": {"enum": ["Chefs", "Nurses"]}}
