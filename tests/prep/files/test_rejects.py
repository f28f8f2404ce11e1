import orjson
import pytest

from prep.files.names import beside
from prep.files.rejects import Rejects


def lines(rejects):
    return [orjson.loads(line) for line in rejects.path.read_bytes().splitlines()]


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        ("careers.jsonl", "careers.x.json"),
        ("careers.jsonl.gz", "careers.x.json"),
        ("careers", "careers.x.json"),
        ("careers.2020.jsonl", "careers.2020.x.json"),
        ("careers.2021.jsonl.gz", "careers.2021.x.json"),
        (".hidden.jsonl", ".hidden.x.json"),
    ],
)
def test_companions_stand_beside_an_output_and_no_two_outputs_share_them(tmp_path, output, expected):
    assert beside(tmp_path / "a.b" / output, "x.json") == tmp_path / "a.b" / expected


def test_malformed_and_dropped_are_counted_apart(tmp_path):
    with Rejects(tmp_path / "careers.jsonl.gz") as rejects:
        rejects.drop("f:1", "too short", {"a": 1})
        rejects.add("f:2", "b: missing", "text")
        rejects.add("f:3", "c: missing", None)
        rejects.drop("f:4", "too short", {})
    assert rejects.path == tmp_path / "careers.rejects.jsonl"
    assert (rejects.malformed, dict(rejects.dropped), rejects.first) == (2, {"too short": 2}, "f:2: b: missing")
    assert lines(rejects)[:2] == [
        {"where": "f:1", "reason": "too short", "record": {"a": 1}},
        {"where": "f:2", "reason": "b: missing", "record": "text"},
    ]
    assert len(lines(rejects)) == 4


def nested(depth):
    value = []
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize(("record", "shown"), [(b"caf\xe9", "caf\ufffd"), ({"a": {1}}, {"a": "{1}"}), (nested(400), None)])
def test_a_record_that_json_cannot_hold_does_not_stop_the_work(tmp_path, record, shown):
    with Rejects(tmp_path / "careers.jsonl") as rejects:
        rejects.add("f:1", "why", record)
    assert lines(rejects) == [{"where": "f:1", "reason": "why", "record": shown}]


def test_an_older_file_is_replaced_at_a_good_end_and_kept_at_a_bad_one(tmp_path):
    with Rejects(tmp_path / "careers.jsonl") as rejects:
        rejects.add("f:1", "old", None)
    with pytest.raises(ValueError, match="stop"), Rejects(tmp_path / "careers.jsonl") as again:
        again.add("f:1", "new", None)
        raise ValueError("stop")
    assert [line["reason"] for line in lines(rejects)] == ["old"]
    with Rejects(tmp_path / "careers.jsonl"):
        pass
    assert lines(rejects) == []
    assert [path.name for path in tmp_path.iterdir()] == ["careers.rejects.jsonl"]
