import json
from importlib.util import find_spec

import pytest

from prep.errors import InputError, UserError
from prep.lint.encode import Encoded, Sequence, read_recipe
from prep.lint.run import find, lint_recipes, rows_of, summarise

ROWS = [{"example_id": f"p{n}#4"} for n in range(3)]


def encoded(*tokens, cutoff=2048):
    return Encoded("nextocc_joint_sft", cutoff, [(Sequence("prompt", "answer", prompt, answer),) for prompt, answer in tokens])


def test_rows_that_fit_are_no_finding():
    assert find(encoded((1000, 100), (1948, 100), (1, 1)), ROWS, {}) == []


def test_a_row_is_named_by_its_index_and_example_id():
    [finding] = find(encoded((1000, 100), (1949, 100), (1, 1)), ROWS, {})
    assert finding.startswith("row 1 (p1#4) has 2049 tokens, 2048 fit: the last 1 tokens of the prompt")


def test_both_sides_of_a_pair_are_looked_at():
    pair = Encoded("d", 100, [(Sequence("", "", 50, 20), Sequence("", "", 80, 21))])
    assert len(find(pair, ROWS[:1], {})) == 1


def test_missing_rows_and_a_tokenized_cache_are_findings():
    findings = find(encoded((1, 1)), ROWS, {"tokenized_path": "cache"})
    assert "tokenized_path" in findings[0]
    assert "takes 1 of 3 rows" in findings[1]


def test_the_summary_shows_the_first_row_and_the_longest():
    pair = Encoded("d", 100, [(Sequence("p", "good", 50, 20), Sequence("p", "bad", 50, 30))])
    summary = summarise(pair, {"template": "smollm2"})
    assert summary["longest"] == 80
    assert (summary["first_answer"], summary["first_rejected_answer"]) == ("good", "bad")


def test_a_dataset_is_read_where_the_recipe_says(tmp_path):
    (tmp_path / "dataset_info.json").write_text(json.dumps({"d": {"file_name": "d.json"}}))
    (tmp_path / "d.json").write_text(json.dumps(ROWS))
    recipe = {"dataset": "d", "dataset_dir": str(tmp_path), "stage": "dpo"}
    assert rows_of(tmp_path, recipe) == ROWS
    with pytest.raises(InputError, match=r"other is not in .*\n.*prep build-dpo"):
        rows_of(tmp_path, recipe | {"dataset": "other"})
    (tmp_path / "d.json").write_text("[{")
    with pytest.raises(InputError, match="not valid JSON"):
        rows_of(tmp_path, recipe)


@pytest.mark.parametrize("text", ["[1]", "a: [", "stage: sft"])
def test_a_file_that_is_no_recipe_is_an_input_error(tmp_path, text):
    path = tmp_path / "recipe.yaml"
    path.write_text(text)
    with pytest.raises(InputError):
        read_recipe(path)
    with pytest.raises(InputError, match="no such recipe"):
        read_recipe(tmp_path / "gone.yaml")


@pytest.mark.skipif(find_spec("llamafactory") is not None, reason="LLaMA-Factory is installed here")
def test_without_llamafactory_the_message_names_the_environment(tmp_path):
    with pytest.raises(UserError, match=r"not installed.*\n.*\.venv-train"):
        lint_recipes([tmp_path / "there is no need to look at the recipe first.yaml"])


def test_a_row_that_is_dropped_does_not_shift_the_blame():
    findings = find(encoded((1, 1), (3000, 1)), ROWS, {})
    assert "takes 2 of 3 rows" in findings[0]
    assert findings[1].startswith("row 1 of those that are taken has 3001 tokens")


def test_empty_and_equal_answers_are_findings():
    rows = [{"example_id": "a", "output": " "}, {"example_id": "b", "chosen": "x", "rejected": "x"}]
    assert find(encoded((1, 1), (1, 1)), rows, {}) == ["row 0 (a): output is empty", "row 1 (b): chosen and rejected are equal"]


def test_several_datasets_follow_one_another_and_lines_are_read(tmp_path):
    (tmp_path / "dataset_info.json").write_text(json.dumps({"d": {"file_name": "d.json"}, "e": {"file_name": "e.jsonl"}}))
    (tmp_path / "d.json").write_text(json.dumps(ROWS))
    (tmp_path / "e.jsonl").write_text('{"a": 1}\n{"a": 2}\n')
    assert rows_of(tmp_path, {"dataset": "d, e", "dataset_dir": str(tmp_path)}) == [*ROWS, {"a": 1}, {"a": 2}]
