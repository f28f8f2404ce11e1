import json

import pytest

from prep.sources.base import Setting
from prep.sources.jsonl import read_jsonl

CODED = {"code": "15-1252.00", "title": "Software Developers"}


def job(start, **fields):
    return {"kind": "job", "start": start, **fields}


@pytest.fixture
def read(tmp_path, taxonomy, collect):
    def run(*rows):
        path = tmp_path / "source.jsonl"
        path.write_text("".join((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows))
        return collect(read_jsonl, path, Setting(taxonomy))

    return run


def test_careers_come_with_their_line_and_all_their_fields(read, tmp_path):
    ((where, career),), _, _ = read({"person_id": "a", "records": [job("2001", occupation=CODED, shift="late")], "town": "Ode"})
    assert where == f"{tmp_path / 'source.jsonl'}:1"
    assert (career.extra, career.jobs[0].extra) == ({"town": "Ode"}, {"shift": "late"})
    assert career.jobs[0].occupation.method == "given"


def test_records_are_put_in_order(read):
    newest_first = [job("2005"), {"kind": "education", "end": "2003"}, job("2001", title="x"), job("2001", title="y")]
    ((_, career),), _, _ = read({"person_id": "a", "records": newest_first})
    assert [getattr(record, "start", None) for record in career.records] == ["2001", "2001", None, "2005"]
    assert [record.title for record in career.jobs] == ["x", "y", None]


@pytest.mark.parametrize(
    ("occupation", "reason"),
    [
        ({"code": "99-9999.00", "title": "Wizards"}, "records[1].occupation.code: '99-9999.00' is no O*NET-SOC 2019 code"),
        ({"code": "15-1252.00", "title": "Coder"}, "records[1].occupation.title: 'Coder' is not the title of 15-1252.00"),
        ({"code": "15-1252.00"}, "records[1].occupation.title: Field required"),
        ("15-1252.00", "records[1].occupation: Input should be an object"),
    ],
)
def test_a_wrong_label_rejects_the_person(read, occupation, reason):
    # the wrong one stands where the file has it, whatever the order of its dates
    wrong = {"person_id": "a", "records": [job("2005", occupation=CODED), job("2001", occupation=occupation)]}
    careers, (line,), rejects = read(wrong, {"person_id": "b", "records": [job("2001")]})
    assert [career.person_id for _, career in careers] == ["b"]
    assert line["reason"].startswith(reason)
    assert line["where"].endswith("source.jsonl:1")
    assert line["record"]["person_id"] == "a"
    assert rejects.malformed == 1
