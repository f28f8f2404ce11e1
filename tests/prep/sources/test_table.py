import csv
import gzip
import io
import random
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prep.errors import InputError
from prep.sources.table import header, read_table


def saved(folder, content, name="table.csv"):
    path = folder / name
    content = content.encode() if isinstance(content, str) else content
    path.write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
    return path


def refused(path, *said):
    with pytest.raises(InputError) as caught:
        list(read_table(path))
    for each in (str(path), *said):
        assert each in caught.value.problem
    return caught.value


@pytest.mark.parametrize("name", ["table.csv", "table.csv.gz"])
def test_a_row_is_its_cells_by_column_and_the_line_that_it_begins_on(tmp_path, name):
    path = saved(tmp_path, '\ufeffid,name,note\r\n1,"A, B",\r\n\r\n2,"two\r\nlines",x\r\n3,é,"say ""so"""', name)
    assert header(path) == ["id", "name", "note"]
    assert list(read_table(path)) == [
        (f"{path}:2", {"id": "1", "name": "A, B", "note": None}),
        (f"{path}:4", {"id": "2", "name": "two\r\nlines", "note": "x"}),
        (f"{path}:6", {"id": "3", "name": "é", "note": 'say "so"'}),
    ]


def test_a_column_without_a_name_gets_one(tmp_path):
    path = saved(tmp_path, ",id,\n0,7,x\n")
    assert list(read_table(path)) == [(f"{path}:2", {"column 1": "0", "id": "7", "column 3": "x"})]


@pytest.mark.parametrize("names", ["id,name,id", "id,column 1,", ",column 1"])
def test_a_column_that_comes_twice_is_refused(tmp_path, names):
    path = saved(tmp_path, f"{names}\n1,2,3\n")
    if names == "id,column 1,":
        assert header(path) == ["id", "column 1", "column 3"]
    else:
        assert "comes twice" in refused(path, ":1: the column").problem


@pytest.mark.parametrize(("row", "count"), [("1", 1), ("1,2,3", 3), ("1,2,3,4", 4), ("1,2,", 3)])
def test_a_row_that_has_not_as_many_cells_as_there_are_columns_says_so(tmp_path, row, count):
    ((_, cells),) = read_table(saved(tmp_path, f"id,name\n{row}\n"))
    assert cells[""] == f"the row has {count} cells, but there are 2 columns"
    assert cells["id"] == "1"


@pytest.mark.parametrize("content", ["", "\n", "\ufeff"])
def test_a_file_without_column_names_is_refused(tmp_path, content):
    refused(saved(tmp_path, content), "the file is empty")


def test_column_names_alone_are_a_table_without_rows(tmp_path):
    assert list(read_table(saved(tmp_path, "id,name\n"))) == []


@pytest.mark.parametrize("place", ["none.csv", "."])
def test_a_missing_file_is_refused(tmp_path, place):
    with pytest.raises(InputError, match="no such file"):
        header(tmp_path / place)


def test_the_line_that_is_not_utf_8_is_named(tmp_path):
    path = saved(tmp_path, b"id,name\n1,a\n2,caf\xe9\n3,b\n")
    assert "Save it as UTF-8" in refused(path, f"{path}:3: the table is not UTF-8").fix
    refused(saved(tmp_path, b"id,pr\xe9nom\n1,a\n"), ":1: the table is not UTF-8")


@pytest.mark.parametrize("row", ['2,"half', '2,"half\n3,b\n4,c\n', '2,"a"b\n'])
def test_a_quote_that_is_not_closed_is_named_by_its_line(tmp_path, row):
    path = saved(tmp_path, f"id,name\n1,a\n{row}")
    refused(path, f"{path}:3: the table cannot be read on from here")


@pytest.mark.parametrize(
    "damage", [lambda whole: whole[: len(whole) // 2], lambda whole: whole[:-4], lambda whole: whole[:5000] + bytes(60)]
)
def test_a_damaged_gz_file_is_refused(tmp_path, damage):
    letters = random.Random(7)
    path = saved(
        tmp_path, "id,name\n" + "".join(f"{number},{letters.getrandbits(200):x}\n" for number in range(2000)), "table.csv.gz"
    )
    path.write_bytes(damage(path.read_bytes()))
    refused(path)


cells = st.lists(st.text(max_size=8), min_size=2, max_size=2)


@settings(max_examples=80)
@given(st.lists(cells, max_size=5), st.sampled_from(["\n", "\r\n"]))
def test_every_table_comes_back_and_its_lines_are_where_they_say(rows, end):
    written = io.StringIO(newline="")
    writer = csv.writer(written, lineterminator=end, quoting=csv.QUOTE_ALL)  # left to itself it quotes no bare \r
    writer.writerows([["id", "first", "second"], *([f"row{number}", *row] for number, row in enumerate(rows))])
    with tempfile.TemporaryDirectory() as folder:
        path = saved(Path(folder), written.getvalue())
        found = list(read_table(path))
        lines = path.read_bytes().decode().split("\n")
    assert [list(row.values())[1:] for _, row in found] == [[cell or None for cell in row] for row in rows]
    for where, row in found:
        assert lines[int(where.rsplit(":", 1)[1]) - 1].startswith(f'"{row["id"]}",')
