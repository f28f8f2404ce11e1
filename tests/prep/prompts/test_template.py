from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prep.errors import InputError
from prep.judge.rubric import FOLDER as JUDGES
from prep.judge.rubric import judge_prompt
from prep.prompts import template
from prep.prompts.template import FOLDER, Prompt, generation_prompt, read_prompt, system_text
from prep.schema.run import DIMENSIONS

GOOD = "---\nname: p\nversion: 1\nvariables: [history]\n---\nRead $history.\n"


@pytest.fixture
def prompt_file(tmp_path):
    def write(text):
        path = tmp_path / "p.md"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


def test_a_prompt_is_read(prompt_file):
    assert read_prompt(prompt_file(GOOD)) == Prompt("p", 1, frozenset({"history"}), "Read $history.")


def test_line_ends_make_no_difference(prompt_file):
    unix = read_prompt(prompt_file(GOOD))
    assert read_prompt(prompt_file(GOOD.replace("\n", "\r\n"))) == unix


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Read $history.",
        "\n" + GOOD,
        GOOD.replace("version: 1\n", ""),
        GOOD.replace("[history]", "history"),
        GOOD.replace("[history]", "3"),
        GOOD.replace("[history]", "[[history]]"),
        GOOD.replace("[history]", "[history, 1]"),
        GOOD.replace("version: 1", "version: 2026-13-01"),
        GOOD.replace("version: 1", "version: ["),
        GOOD.replace("name: p\nversion: 1\nvariables: [history]", "- name"),
        GOOD.replace("---\nRead", "Read"),
        GOOD.replace("Read $history.\n", ""),
        "---\nname: p\nversion: 1\nvariables: []\n---\n \n",
        GOOD.encode() + b"\xff",
    ],
)
def test_malformed_front_matter_is_told_with_the_file(prompt_file, text):
    path = prompt_file(text)
    with pytest.raises(InputError, match=str(path)) as raised:
        read_prompt(path)
    assert "name, version and variables" in raised.value.fix


@pytest.mark.parametrize("body", ["Read it.", "Read $history and $salary.", "It costs 5 $.", "Read ${history.", "$History"])
def test_the_body_uses_the_declared_variables_and_no_others(prompt_file, body):
    with pytest.raises(InputError, match="declares"):
        read_prompt(prompt_file(GOOD.replace("Read $history.", body)))


def test_a_missing_file_is_told(tmp_path):
    with pytest.raises(InputError, match="no such prompt file"):
        read_prompt(tmp_path / "none.md")


@given(st.text())
def test_any_file_is_a_prompt_or_an_input_error(tmp_path_factory, text):
    path = tmp_path_factory.mktemp("prompt") / "p.md"
    for content in (text, f"---\n{text}\n---\nRead $history."):
        path.write_text(content, encoding="utf-8", errors="replace")
        try:
            read_prompt(path)
        except InputError as error:
            assert str(path) in error.problem


@pytest.mark.parametrize("values", [{}, {"history": "x", "reason": "y"}, {"reason": "y"}])
def test_a_missing_or_an_unknown_variable_is_an_error(values):
    with pytest.raises(ValueError, match="prompt joint: missing or unknown variables"):
        generation_prompt("joint").render(**values)


@given(st.text() | st.sampled_from(["$history", "${history}", "$$", "{history}", "%(history)s", "$reason", "{0.__class__}"]))
def test_a_value_is_put_in_as_it_is(value):
    prompt = Prompt("p", 1, frozenset({"history", "reason"}), "a $history b ${reason} c $$ d")
    assert prompt.render(history=value, reason="$history") == f"a {value} b $history c $ d"


@pytest.mark.parametrize("path", [*FOLDER.glob("*.md"), *JUDGES.glob("*.md")], ids=lambda path: path.stem)
def test_every_shipped_prompt_can_be_read(path):
    if path.name == "system.md":
        assert system_text() == path.read_text().strip() != ""
        assert "$" not in system_text()
        return
    prompt = read_prompt(path)
    assert prompt.name == path.stem
    assert "history" in prompt.variables
    assert "```\n$history\n```" in prompt.body


def test_there_is_a_prompt_for_each_purpose_and_a_judge_for_each_dimension():
    names = {path.stem for path in FOLDER.glob("*.md")}
    assert names == {"system", "oracle", "joint", "reasoner", "predictor", "direct", "zero_shot"}
    assert {path.stem for path in JUDGES.glob("*.md")} == set(DIMENSIONS)
    assert {judge_prompt(dimension).name for dimension in DIMENSIONS} == set(DIMENSIONS)


def test_only_the_predictor_is_shown_a_reason():
    shown = {name: "reason" in generation_prompt(name).variables for name in ("joint", "reasoner", "predictor", "direct")}
    assert shown == {"joint": False, "reasoner": False, "predictor": True, "direct": False}


def test_the_hash_is_of_all_that_the_model_is_told(monkeypatch):
    prompt = generation_prompt("oracle")
    before = prompt.sha256
    assert replace(prompt, body=f"{prompt.body} ").sha256 != before
    assert replace(prompt).sha256 == before
    monkeypatch.setattr(template, "system_text", lambda: f"{system_text()}!")
    assert prompt.sha256 != before


def test_a_chat_is_our_system_text_and_then_the_user_turn():
    messages = generation_prompt("direct").messages(history="2020 | x")
    assert [message["role"] for message in messages] == ["system", "user"]
    assert messages[0]["content"] == system_text()
    assert "\n2020 | x\n" in messages[1]["content"]
