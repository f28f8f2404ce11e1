import csv
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prep.errors import InputError, UserError
from prep.files.rejects import Rejects
from prep.schema.career import Education, Job
from prep.sources.base import Setting
from prep.sources.csv import read_csv, read_mapping
from prep.sources.formats import FIELDS

MAPPING = "person_id: emp_no\nkind: type\ntitle: position\noccupation: onet\nstart: from\nend: to\nschool: school\n"
COLUMNS = "emp_no,type,position,onet,from,to,school,town"


@pytest.fixture
def read(tmp_path, taxonomy, collect):
    """Return a function that reads lines under COLUMNS by MAPPING."""

    def run(*lines, columns=COLUMNS, mapping=MAPPING):
        path, names = tmp_path / "source.csv", None
        path.write_text("\n".join([columns, *lines]) + "\n")
        if mapping is not None:
            names = tmp_path / "mapping.yaml"
            names.write_bytes(mapping if isinstance(mapping, bytes) else mapping.encode())
        return collect(read_csv, path, Setting(taxonomy, names))

    return run


def people(careers):
    return [career.person_id for _, career in careers]


def test_a_career(read, tmp_path):
    ((where, career),), lines, _ = read(
        "7,job,Dev,15-1252.00,2005,2006-03,,Ode",
        "7,education,Dr,Software Developers,,2003,Ode School,",
        "7,job,Boss,Chief Executives,2007,,,Ode",
    )
    assert (where, lines) == (f"{tmp_path / 'source.csv'}:2", [])
    study, first, second = career.records
    assert (study.school, study.end) == ("Ode School", "2003")
    # a study has neither title nor occupation: both are kept as the table has them
    assert study.extra == {"position": "Dr", "onet": "Software Developers"}
    assert (first.title, first.start, first.end, first.extra) == ("Dev", "2005", "2006-03", {"town": "Ode"})
    assert [job.occupation.method for job in career.jobs] == ["given code", "exact title"]
    assert (second.end, second.employer) == (None, None)


def test_occupations_by_code_title_and_normalised_title(read):
    cells = ["15-1252.00", "Web Developers", "web  developers", "Coder", "Manager", "Wizard", ""]
    ((_, career),), _, _ = read(*(f"7,job,,{cell},{2001 + number},,," for number, cell in enumerate(cells)))
    found = [(job.occupation and (job.occupation.code, job.occupation.method)) for job in career.jobs]
    assert found == [
        ("15-1252.00", "given code"),
        ("15-1254.00", "exact title"),
        ("15-1254.00", "normalised title"),
        ("15-1252.00", "normalised title"),
        None,
        None,
        None,
    ]
    assert [job.extra for job in career.jobs[4:]] == [{"onet": "Manager"}, {"onet": "Wizard"}, {}]


def test_the_rows_of_a_person_may_stand_anywhere(read):
    careers, _, _ = read("7,job,c,,2003,,,", "8,job,x,,2001,,,", "7,job,a,,2001,,,", "8,job,y,,2002,,,", "7,job,b,,2002,,,")
    assert people(careers) == ["7", "8"]
    assert [[job.title for job in career.jobs] for _, career in careers] == [["a", "b", "c"], ["x", "y"]]


def test_columns_that_have_our_names_without_being_ours_lose_nothing(read):
    """The table has a `title` and an `extra` of its own beside the column that holds our title."""
    ((_, career),), _, _ = read(
        "7,job,Dev,Ms,x,p",
        "7,education,Thesis,Dr,y,q",
        columns="emp_no,type,position,title,extra,person_id",
        mapping="person_id: emp_no\nkind: type\ntitle: position\n",
    )
    study, job = sorted(career.records, key=lambda record: record.kind)
    assert (job.title, job.extra) == ("Dev", {"title": "Ms", "extra": "x", "person_id": "p"})
    assert study.extra == {"position": "Thesis", "title": "Dr", "extra": "y", "person_id": "q"}
    assert career.person_id == "7"
    assert type(career).model_validate(career.to_json()) == career


def test_one_column_may_hold_two_fields(read):
    mapping = "person_id: emp_no\ntitle: onet\noccupation: onet\nstart: from\nend: from\n"
    ((_, career),), _, _ = read("7,job,,Coder,2001,,,", "7,job,,Wizard,2002,,,", mapping=mapping)
    assert [(job.title, job.start, job.end) for job in career.jobs] == [("Coder", "2001", "2001"), ("Wizard", "2002", "2002")]
    assert [job.extra for job in career.jobs] == [{"type": "job"}, {"type": "job"}]


def test_our_names_need_no_mapping(read):
    ((_, career),), _, _ = read("7,Dev,2001,Ode", columns="person_id,title,start,town", mapping=None)
    assert (career.jobs[0].title, career.jobs[0].extra) == ("Dev", {"town": "Ode"})
    with pytest.raises(UserError, match="do not carry our names") as caught:
        read("7,Dev,2001", columns="person_id,title,begin", mapping=None)
    assert "--mapping" in caught.value.fix


def test_an_index_column_without_a_name_is_kept(read):
    ((_, career),), _, _ = read("0,7,2001", columns=",person_id,start", mapping=None)
    assert career.jobs[0].extra == {"column 1": "0"}


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        ("7,job,Dev,,soon,,,", "from: 'soon' is no date; write YYYY"),
        ("7,job,Dev,,2002,2001,,", "the job ends (2001) before it starts (2002)"),
        ("7,job,Dev,15-9999.00,2002,,,", "onet: '15-9999.00' is no O*NET-SOC 2019 code"),
        ("7,job,Dev,15-1252,2002,,,", "onet: '15-1252' is no O*NET-SOC 2019 code"),
        ("7,hobby,Dev,,2002,,,", "type: 'hobby' is neither education nor job"),
        ("7,,Dev,,2002,,,", "type: '' is neither education nor job"),
        ("7,job,Dev, Acme,,2002,,,", "the row has 9 cells, but there are 8 columns"),
        ("7,job,Dev", "the row has 3 cells, but there are 8 columns"),
        ("7,education,,,,later,,", "to: 'later' is no date"),
    ],
)
def test_a_malformed_row_rejects_its_person_whole(read, tmp_path, bad, reason):
    careers, (line,), rejects = read("7,job,a,,2001,,,", "8,job,x,,2001,,,", bad, "7,job,c,,2003,,,")
    assert people(careers) == ["8"]
    assert line["where"] == f"{tmp_path / 'source.csv'}:4"
    assert line["reason"].startswith(reason)
    assert [row["emp_no"] for row in line["record"]] == ["7", "7", "7"]
    assert (rejects.malformed, rejects.dropped.total()) == (1, 0)


def test_a_person_without_a_job_is_rejected_at_the_first_row(read, tmp_path):
    careers, (line,), _ = read("7,education,,,,2001,,", "8,job,x,,2001,,,", "7,education,,,,2002,,")
    assert people(careers) == ["8"]
    assert (line["where"], line["reason"][:19]) == (f"{tmp_path / 'source.csv'}:2", "records: 7 has no j")


def test_a_row_without_a_person_is_rejected_alone(read):
    careers, (line,), rejects = read("7,job,a,,2001,,,", ",job,b,,2002,,,", "8,job,c,,2003,,,")
    assert people(careers) == ["7", "8"]
    assert line["reason"] == "emp_no: no person is named"
    assert line["record"]["position"] == "b"
    assert rejects.malformed == 1


@pytest.mark.parametrize(
    ("mapping", "problem"),
    [
        ("title: position", "does not say which column holds person_id"),
        ("", "does not say which column holds person_id"),
        ("- person_id", "does not say which column holds person_id"),
        ("person_id: emp_no\nwage: town", "'wage' is no field"),
        ("person_id: emp_no\nextra: town", "'extra' is no field"),
        ("person_id: emp_no\n5: town", "5 is no field"),
        ("person_id: employee", "person_id: the table has no column 'employee'"),
        ("person_id: emp_no\nstart:", "start: the table has no column None"),
        ("person_id: [emp_no]", "person_id: the table has no column ['emp_no']"),
        ("person_id: {emp_no", "not valid YAML"),
        (b"person_id: emp_no\ntitle: caf\xe9", "not valid YAML"),
    ],
)
def test_a_wrong_mapping_is_refused(read, mapping, problem):
    with pytest.raises(InputError) as caught:
        read("7,job,a,,2001,,,", mapping=mapping)
    assert "mapping.yaml: " in caught.value.problem
    assert problem in caught.value.problem
    assert caught.value.fix


def test_a_missing_mapping_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"none\.yaml: there is no such file"):
        read_mapping(tmp_path / "none.yaml", ["person_id"])


def test_column_names_alone_are_refused(read):
    with pytest.raises(InputError, match=r"source\.csv: there is no row"):
        read()


def test_every_field_of_a_record_can_be_mapped():
    assert len(set(FIELDS)) == len(FIELDS)
    assert set(FIELDS) == {"person_id", *Education.model_fields, *Job.model_fields} - {"extra"}


rows = st.lists(
    st.tuples(st.sampled_from("ABC"), st.sampled_from(["2001", "2002", "soon"]), st.text(max_size=5)), min_size=1, max_size=8
)


@settings(max_examples=60)
@given(rows)
def test_every_row_is_in_a_career_or_in_a_reject(taxonomy, rows):
    bad = {person for person, start, _ in rows if start == "soon"}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "source.csv"
        with path.open("w", newline="") as stream:
            csv.writer(stream).writerows([("person_id", "start", "note"), *rows])
        with Rejects(Path(folder) / "careers.jsonl") as rejects:
            careers = [career for _, career in read_csv(path, Setting(taxonomy), rejects)]
    assert people(enumerate(careers)) == [person for person in dict.fromkeys(row[0] for row in rows) if person not in bad]
    assert rejects.malformed == len(bad)
    for career in careers:
        written = [(start, note or None) for person, start, note in rows if person == career.person_id]
        assert [(job.start, job.extra.get("note")) for job in career.jobs] == sorted(written, key=lambda row: row[0])
