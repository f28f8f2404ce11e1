import zipfile

import pytest

from prep.errors import InputError
from prep.onet.digest import PINNED, content_digest
from prep.onet.release import read_release, release_name

FIX = "prep onet fetch"


def refused(place, *names):
    """Assert that `place` is refused with a message that names it, and what `names` says, and the fix."""
    with pytest.raises(InputError) as caught:
        read_release(place)
    for name in (str(place), *names):
        assert name in caught.value.problem
    assert FIX in caught.value.fix
    assert "\n" not in caught.value.problem


def test_the_real_release(release_29_3):
    assert release_29_3.release == "O*NET 29.3"
    assert len(release_29_3) == 1016
    assert len(release_29_3.alternate_titles) == 56_560
    assert len(release_29_3.related_of) == 923
    assert {len(entries) for entries in release_29_3.related_of.values()} == {20}
    assert release_29_3.by_code("15-1252.00").title == "Software Developers"
    assert release_29_3.by_normalised_title("Aeronautics Commission Director").code == "11-1011.00"
    first = release_29_3.related("11-1011.00")[0]
    assert (first.code, first.tier, first.index) == ("11-1021.00", "Primary-Short", 1)
    assert release_29_3.related("55-1011.00") == ()  # military: O*NET gives no list


def test_the_real_release_has_the_pinned_content(release_29_3):
    assert content_digest(release_29_3) == PINNED["29.3"]


def test_the_real_release_as_text_has_the_same_content(release_29_3, text_zip):
    tables = {
        "Occupation Data": [
            ("O*NET-SOC Code", "Title"),
            *((each.code, each.title) for each in reversed(release_29_3.occupations)),
        ],
        "Alternate Titles": [
            ("O*NET-SOC Code", "Alternate Title", "Short Title"),
            *((code, title, "n/a") for title, code in release_29_3.alternate_titles),
        ],
        "Related Occupations": [
            ("O*NET-SOC Code", "Related O*NET-SOC Code", "Relatedness Tier", "Index"),
            *(
                (code, entry.code, entry.tier, str(entry.index))
                for code, entries in release_29_3.related_of.items()
                for entry in entries
            ),
        ],
    }
    again = read_release(text_zip(tables, "29.3"))
    assert again.release == "O*NET 29.3"
    assert content_digest(again) == PINNED["29.3"]


def test_text_folder_and_zip_are_the_same_release(tables, text_folder, text_zip):
    folder, packed = read_release(text_folder(tables)), read_release(text_zip(tables))
    assert folder == packed
    assert folder.release == "O*NET 1.0"
    assert folder.titles == ("Chief Executives", "Software Developers", "Web Developers", "Air Crew Officers")
    assert [entry.code for entry in folder.related("15-1252.00")] == ["15-1254.00", "11-1011.00"]
    assert folder.related("55-1011.00") == ()


def test_text_is_taken_as_it_stands(tables, text_folder):
    tables["Alternate Titles"] += [("11-1011.00", "NA", "n/a", "08"), ("11-1011.00", '"Boss', "n/a", "08")]
    taxonomy = read_release(text_folder(tables))
    for title, code in [('The "Web" Person, Junior', "15-1254.00"), ("NA", "11-1011.00"), ('"Boss', "11-1011.00")]:
        assert taxonomy.by_normalised_title(title).code == code


def test_a_zip_without_an_inner_folder(tables, text_folder, tmp_path):
    path = tmp_path / "release.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for file in text_folder(tables).iterdir():
            archive.write(file, file.name)
    assert len(read_release(path)) == 4


def test_a_place_that_does_not_exist(tmp_path):
    refused(tmp_path / "nowhere", "no such O*NET release")


def test_a_file_that_is_no_zip(tmp_path):
    path = tmp_path / "db_1_0_text.zip"
    path.write_text("<html>not found</html>")
    refused(path, "neither a folder nor a zip")


def test_a_zip_that_was_cut(tables, text_zip):
    path = text_zip(tables)
    path.write_bytes(path.read_bytes()[:-40])
    refused(path, "damaged zip")


def test_a_zip_with_a_damaged_member(tables, text_zip):
    path = text_zip(tables)
    content = bytearray(path.read_bytes())
    start = content.index(b"Occupation Data.txt") + len("Occupation Data.txt")
    content[start : start + 30] = bytes(30)
    path.write_bytes(content)
    refused(path, "the zip is damaged")


@pytest.mark.parametrize("form", ["text_folder", "text_zip"])
@pytest.mark.parametrize("table", ["Occupation Data", "Alternate Titles", "Related Occupations"])
def test_a_missing_table(tables, table, form, request):
    del tables[table]
    refused(request.getfixturevalue(form)(tables), f"the table {table!r} is missing", f"{table}.xlsx", f"{table}.txt")


def test_an_empty_folder(tmp_path):
    refused(tmp_path, "'Occupation Data' is missing")


@pytest.mark.parametrize(
    ("table", "column"), [("Occupation Data", "Title"), ("Alternate Titles", "Alternate Title"), ("Related Occupations", "Index")]
)
def test_a_missing_column(tables, text_folder, table, column):
    tables[table][0] = tuple("Other" if name == column else name for name in tables[table][0])
    refused(text_folder(tables), repr(table), f"lacks the column {column!r}")


@pytest.mark.parametrize(
    ("name", "content"), [("xlsx", b"PK\x03\x04 half a workbook"), ("txt", b""), ("txt", b"a\tb\n1\t2\t3\t4\n\xff")]
)
def test_a_damaged_table(tables, text_folder, name, content):
    folder = text_folder(tables)
    (folder / "Occupation Data.txt").unlink()
    (folder / f"Occupation Data.{name}").write_bytes(content)
    refused(folder, f"Occupation Data.{name} cannot be read")


@pytest.mark.parametrize("line", ["15-1299.00", "15-1299.00\t\tx"])
def test_a_half_written_line(tables, text_folder, line):
    folder = text_folder(tables)
    with (folder / "Occupation Data.txt").open("a") as stream:
        stream.write(line)
    refused(folder, "Occupation Data.txt: a cell of row 5 is empty")


@pytest.mark.parametrize(
    ("table", "row", "message"),
    [
        ("Occupation Data", ("11-1011.00", "Bosses", ""), "'11-1011.00' comes twice"),
        ("Alternate Titles", ("99-9999.00", "Boss", "n/a", "08"), "'99-9999.00', which no occupation has"),
        ("Related Occupations", ("11-1011.00", "99-9999.00", "Supplemental", "1"), "'99-9999.00', which no occupation has"),
        ("Related Occupations", ("15-1254.00", "11-1011.00", "Supplemental", "1"), "15-1254.00 do not count from 1 to 2"),
        ("Related Occupations", ("11-1011.00", "15-1254.00", "Supplemental", "first"), "the index 'first' is no whole number"),
    ],
)
def test_tables_that_contradict_each_other(tables, text_folder, table, row, message):
    tables[table].append(row)
    refused(text_folder(tables), "do not hold together", message)


def test_the_name_comes_from_the_read_me_first(tmp_path, tables, text_zip):
    folder = tmp_path / "careers_2024.11"
    folder.mkdir()
    assert release_name(folder) == "O*NET 2024.11"
    (folder / "Read Me.txt").write_text("O*NET 30.1 Database\nNovember 2025 Release\n")
    assert release_name(folder) == "O*NET 30.1"
    renamed = text_zip(tables, "29.3").rename(tmp_path / "mine.zip")
    assert release_name(renamed) == "O*NET 29.3"
    plain = tmp_path / "mine"
    plain.mkdir()
    assert release_name(plain) == "O*NET in mine"
