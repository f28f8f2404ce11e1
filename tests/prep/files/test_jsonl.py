import datetime
import decimal
import gzip
import random
import tempfile
from pathlib import Path

import orjson
import pyarrow
import pyarrow.parquet
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prep.errors import InputError, OutputError
from prep.files.jsonl import read_lines, read_rows, read_rows_or_reject, write_rows
from prep.files.rejects import Rejects
from prep.schema.career import Career, Coding, Education, Job

CAREERS = [
    Career(
        person_id=f"p{number}",
        records=(
            Education(school="École", degree="BA", end="2001"),
            Job(title="Cook", start="2002-05", occupation=Coding(code="35-2014.00", title="Cooks, Restaurant"), extra={"pay": 1}),
            Job(title="Chef", start=f"{2003 + number}"),
        ),
        extra={"region": "North"} if number != 1 else {},
    )
    for number in range(3)
]


def saved(folder, content, name="careers.jsonl"):
    path = folder / name
    path.write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
    return path


def noise(lines=3000):
    """Return lines that do not compress away, so that a cut falls into the middle of them."""
    letters = random.Random(7)
    return b"".join(b'{"n":%d,"x":"%x"}\n' % (number, letters.getrandbits(256)) for number in range(lines))


@pytest.mark.parametrize("name", ["careers.jsonl", "careers.jsonl.gz"])
def test_rows_come_back(tmp_path, name):
    path = tmp_path / "new" / "folder" / name
    assert write_rows(path, CAREERS) == 3
    assert list(read_rows(path, Career)) == CAREERS
    assert path.read_bytes().startswith(b"\x1f\x8b") == name.endswith(".gz")


def test_parquet_gives_the_rows_of_json_lines(tmp_path):
    path = tmp_path / "careers.parquet"
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist([career.to_json() for career in CAREERS]), path)
    assert list(read_rows(path, Career)) == CAREERS  # the nulls of fields that other rows have are no `extra`


def test_parquet_types_that_json_does_not_have(tmp_path):
    path = tmp_path / "careers.parquet"
    start = datetime.date(2010, 1, 2)
    columns = {
        "person_id": ["a"],
        "records": [[{"kind": "job", "start": start}]],
        "pay": [decimal.Decimal("1.50")],
        "key": [b"k"],
        "span": [datetime.timedelta(1)],
    }
    pyarrow.parquet.write_table(pyarrow.table(columns), path)
    (career,) = read_rows(path, Career)
    assert career.jobs[0].start == "2010-01-02"
    assert career.extra == {"pay": "1.50", "key": "b'k'", "span": "1 day, 0:00:00"}


def test_a_wrong_row_of_a_parquet_file_is_named(tmp_path):
    path = tmp_path / "careers.parquet"
    pyarrow.parquet.write_table(pyarrow.table({"person_id": ["a"], "records": [[{"kind": "job", "start": "soon"}]]}), path)
    with pytest.raises(InputError, match=r"careers\.parquet:row 1: records\[0\]\.start: 'soon' is no date"):
        list(read_rows(path, Career))


def test_blank_lines_are_no_rows_but_count_as_lines(tmp_path):
    path = saved(tmp_path, b'\n  \n{"a":1}\r\n\t\n{"a":2}\n\n')
    assert [(line.where, line.value) for line in read_lines(path)] == [(f"{path}:3", {"a": 1}), (f"{path}:5", {"a": 2})]


def test_a_byte_order_mark_and_other_line_separators_belong_to_no_line_end(tmp_path):
    path = saved(tmp_path, b"\xef\xbb\xbf" + '{"a":"x\u2028y\u0085z"}\n'.encode())
    assert [line.value for line in read_lines(path)] == [{"a": "x\u2028y\u0085z"}]


@pytest.mark.parametrize("content", [b"", b"\n\n", b"  "])
@pytest.mark.parametrize("name", ["careers.jsonl", "careers.jsonl.gz"])
def test_a_file_without_lines_is_refused(tmp_path, content, name):
    with pytest.raises(InputError, match="empty") as caught:
        list(read_lines(saved(tmp_path, content, name)))
    assert str(tmp_path / name) in caught.value.problem


def test_a_gz_file_of_no_bytes_is_refused(tmp_path):
    (tmp_path / "careers.jsonl.gz").touch()
    with pytest.raises(InputError, match="empty"):
        list(read_lines(tmp_path / "careers.jsonl.gz"))


@pytest.mark.parametrize("place", ["none.jsonl", "."])
def test_a_missing_file_is_refused(tmp_path, place):
    with pytest.raises(InputError, match="no such file"):
        list(read_lines(tmp_path / place))


@pytest.mark.parametrize(
    ("broken", "problem"),
    [
        (b'{"a":1,}\n', "not valid JSON"),
        (b'{"a":1}{"a":2}\n', "not valid JSON"),
        (b"NaN\n", "not valid JSON"),
        (b'{"a":"\xff"}\n', "not valid JSON"),
        (b'{"a":"\\ud800"}\n', "not valid JSON"),
        (b'{"a":', "half-written"),
        (b"\x00\x00\x00", "half-written"),
    ],
)
@pytest.mark.parametrize("name", ["careers.jsonl", "careers.jsonl.gz"])
def test_an_unreadable_line_is_yielded_with_its_problem(tmp_path, broken, problem, name):
    after = [] if problem == "half-written" else [{"a": 3}]
    path = saved(tmp_path, b'{"a":1}\n' + broken + (b'{"a":3}\n' if after else b""), name)
    first, bad, *rest = read_lines(path)
    assert (first.value, bad.where) == ({"a": 1}, f"{path}:2")
    assert problem in bad.problem
    assert [line.value for line in rest] == after


def test_a_last_line_without_newline_that_is_whole_counts(tmp_path):
    assert [line.value for line in read_lines(saved(tmp_path, b'{"a":1}\n{"a":2}'))] == [{"a": 1}, {"a": 2}]


@pytest.mark.parametrize(
    "damage",
    [
        lambda whole: whole[:9000] + bytes(60) + whole[9060:],
        lambda whole: whole[:-8] + bytes(4) + whole[-4:],
        lambda whole: whole + b"more",
        lambda whole: b"plain text",
    ],
)
def test_a_damaged_gz_file_is_refused(tmp_path, damage):
    path = tmp_path / "careers.jsonl.gz"
    path.write_bytes(damage(gzip.compress(noise())))
    with pytest.raises(InputError, match=r"careers\.jsonl\.gz:\d+: the compressed file is damaged"):
        list(read_lines(path))


@pytest.mark.parametrize("end", [0.5, -5, 5])
def test_a_cut_gz_file_gives_its_lines_and_ends_in_a_problem(tmp_path, end):
    path = tmp_path / "careers.jsonl.gz"
    whole = gzip.compress(noise())
    path.write_bytes(whole[: end if isinstance(end, int) else int(len(whole) * end)])
    *before, last = read_lines(path)
    assert "the compressed file is half-written" in last.problem
    assert last.where == f"{path}:{len(before) + 1}"
    sound = [line.value for line in before if not line.problem]
    assert sound == [orjson.loads(line) for line in noise().splitlines()[: len(sound)]]
    assert len(before) - len(sound) <= 1  # the line that the cut goes through


@pytest.mark.parametrize("end", [0, 3, 10, 0.5, -5])
def test_a_cut_parquet_file_is_refused(tmp_path, end):
    path = tmp_path / "careers.parquet"
    pyarrow.parquet.write_table(pyarrow.table({"a": list(range(1000))}), path)
    whole = path.read_bytes()
    path.write_bytes(whole[: end if isinstance(end, int) else int(len(whole) * end)])
    with pytest.raises(InputError, match=r"careers\.parquet: not a readable Parquet file"):
        list(read_lines(path))


def test_a_damaged_page_of_a_parquet_file_is_refused(tmp_path):
    path = tmp_path / "careers.parquet"
    pyarrow.parquet.write_table(pyarrow.table({"a": list(range(1000))}), path)
    whole = path.read_bytes()
    path.write_bytes(whole[:4] + bytes(40) + whole[44:])
    with pytest.raises(InputError, match=r"careers\.parquet: not a readable Parquet file"):
        list(read_lines(path))


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (b'{"person_id":"a"}', "records: Field required"),
        (b'{"person_id":"","records":5}', "person_id: String should have at least 1 character (and 1 more)"),
        (b'{"person_id":5,"records":[{"kind":"job"}]}', "person_id: Input should be a valid string"),
        (b'{"person_id":"a","records":[]}', "records: a has no job"),
        (b'{"person_id":"a","records":[{"kind":"job"},{"kind":"hobby"}]}', "records[1]: "),
        (b'{"person_id":"a","records":[{"kind":"job","start":"2010-13"}]}', "records[0].start: '2010-13' is no date"),
        (b'{"person_id":"a","records":[{"kind":"job"}],"extra":5,"b":1}', "extra: "),
        (b"[1]", "Input should be an object"),
        (b'{"person_id":"a","records":[{"kind":"job"}],"x":' + b"[" * 400 + b"]" * 400 + b"}", "not JSON that can be written"),
    ],
)
def test_a_wrong_row_is_named_by_file_line_and_field(tmp_path, row, message):
    sound = b'{"person_id":"z","records":[{"kind":"job"}]}\n'
    path = saved(tmp_path, sound + row + b"\n" + sound)
    rows = read_rows(path, Career)
    next(rows)
    with pytest.raises(InputError) as caught:
        next(rows)
    assert caught.value.problem.startswith(f"{path}:2: {message}")
    assert "\n" not in caught.value.problem
    assert "Mend that line" in caught.value.fix
    with Rejects(tmp_path / "out.jsonl") as rejects:
        good = list(read_rows_or_reject(path, Career, rejects))
    assert [where for where, _ in good] == [f"{path}:1", f"{path}:3"]
    assert rejects.malformed == 1
    (reject,) = read_lines(rejects.path)
    assert reject.value["where"] == f"{path}:2"
    assert reject.value["reason"].startswith(message)


def test_a_name_that_promises_parquet_is_refused_before_anything_is_read(tmp_path):
    def rows():
        raise AssertionError("a row was asked for")
        yield

    with pytest.raises(OutputError, match="writes JSON Lines"):
        write_rows(tmp_path / "careers.parquet", rows())
    assert list(tmp_path.iterdir()) == []


integers = st.integers(-(2**63), 2**63 - 1)
json_values = st.recursive(
    st.none() | st.booleans() | integers | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
extras = st.dictionaries(st.text(), json_values.filter(lambda value: value is not None), max_size=3)
dates = st.dates().map(str) | st.sampled_from(["2010", "2010-03"])
texts = st.none() | st.text()
codings = st.builds(Coding, code=st.text(), title=st.text(), method=st.text(), score=st.none() | st.floats(0, 1))
jobs = st.builds(Job, title=texts, employer=texts, occupation=st.none() | codings, start=st.none() | dates, extra=extras)
studies = st.builds(Education, school=texts, degree=texts, major=texts, end=st.none() | dates, extra=extras)
careers = st.builds(
    Career,
    person_id=st.text(min_size=1),
    records=st.tuples(jobs, studies | jobs).map(tuple),
    extra=extras,
)


@settings(max_examples=60)
@given(st.lists(careers, min_size=1, max_size=3))
def test_every_career_comes_back_as_it_was(rows):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "careers.jsonl"
        write_rows(path, rows)
        once = path.read_bytes()
        again = list(read_rows(path, Career))
        assert again == rows
        write_rows(path, again)
        assert path.read_bytes() == once


@settings(max_examples=60)
@given(st.binary(max_size=200))
def test_any_bytes_are_lines_or_refused(content):
    with tempfile.TemporaryDirectory() as folder:
        path = saved(Path(folder), content)
        try:
            lines = list(read_lines(path))
        except InputError as error:
            assert "the file is empty" in error.problem
            assert not content.decode().replace("\ufeff", "").strip()
        else:
            numbers = [int(line.where.rsplit(":", 1)[1]) for line in lines]
            assert numbers == sorted(set(numbers))
            assert numbers[-1] <= content.count(b"\n") + 1
