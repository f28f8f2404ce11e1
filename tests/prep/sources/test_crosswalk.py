"""Invented crosswalk files, and the real ones where they are at hand."""

import zipfile
from dataclasses import replace
from pathlib import Path
from xml.sax.saxutils import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prep.errors import InputError, UserError
from prep.onet.release import read_release
from prep.onet.taxonomy import build_taxonomy
from prep.sources.crosswalk import METHOD, read_census_crosswalk, resolve

SHARED = Path(__file__).parents[4] / "shared" / "data"
needs_shared = pytest.mark.skipif(not SHARED.is_dir(), reason=f"the real crosswalks and O*NET release are not in {SHARED}")

CENSUS, SOC, ONET = "census2010_soc2010_xw.csv", "soc2010_soc2018.csv", "2019_to_SOC_Crosswalk.xlsx"
CODES = ["10-1011.00", "10-1011.01", "10-1012.00", "10-1021.00", "10-1099.00", "10-1099.01"]
DESCRIBED = {"10-1011.01", "10-1012.00", "10-1021.00", "10-1099.01"}  # the occupations with a related list
TO_2018 = [("10-1011", "10-1011"), ("10-1012", "10-1012"), ("10-1021", "10-1021"), ("10-1099", "10-1099"), ("10-1030", "10-1039")]
TO_ONET = [(code[:7], code) for code in CODES]


def taxonomy(codes=CODES):
    related = [(code, next(other for other in codes if other != code), "Primary-Short", 1) for code in codes if code in DESCRIBED]
    return build_taxonomy("tiny", [(code, f"Occupation {code}") for code in codes], (), related)


def chosen(*soc2010, codes=CODES):
    """Return the candidates and the choice for a Census code that the crosswalk gives these SOC 2010 entries."""
    match = resolve([("0010", entry) for entry in soc2010], TO_2018, TO_ONET, taxonomy(codes)).get("0010")
    return match and ([occupation.code for occupation in match.candidates], match.chosen.code)


def xlsx(path, rows):
    """Write a workbook of one sheet, the least that a reader takes for one."""
    cells = "".join(
        "<row>" + "".join(f'<c t="inlineStr"><is><t>{escape(cell)}</t></is></c>' for cell in row) + "</row>" for row in rows
    )
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    doc = "http://schemas.openxmlformats.org/officeDocument/2006"
    package = "http://schemas.openxmlformats.org/package/2006/relationships"
    relation = '<Relationship Id="r1" Type="{}/relationships/{}" Target="{}"/>'
    relations = f'<Relationships xmlns="{package}">{relation}</Relationships>'
    sheets = '<sheets><sheet name="Sheet1" sheetId="1" r:id="r1"/></sheets>'
    with zipfile.ZipFile(path, "w") as book:
        book.writestr("_rels/.rels", relations.format(doc, "officeDocument", "xl/workbook.xml"))
        book.writestr("xl/_rels/workbook.xml.rels", relations.format(doc, "worksheet", "worksheets/sheet1.xml"))
        book.writestr("xl/workbook.xml", f'<workbook xmlns="{main}" xmlns:r="{doc}/relationships">{sheets}</workbook>')
        book.writestr("xl/worksheets/sheet1.xml", f'<worksheet xmlns="{main}"><sheetData>{cells}</sheetData></worksheet>')


@pytest.fixture
def folder(tmp_path):
    (tmp_path / CENSUS).write_text(
        "census2010,title,soc2010,soc2010_title\n10,Bosses,10-1011,x\n10,Bosses,10-1012,x\n9000,?,99-9999,x\n"
    )
    (tmp_path / SOC).write_text("soc2010,soc2018\n" + "".join(f"{left},{right}\n" for left, right in TO_2018))
    titles = [("A list",), ("Crosswalk",), ("",)]
    names = ("O*NET-SOC 2019 Code", "O*NET-SOC 2019 Title", "2018 SOC Code", "2018 SOC Title")
    xlsx(tmp_path / ONET, [*titles, names, *((code, "x", soc, "x") for soc, code in TO_ONET)])
    return tmp_path


def test_the_three_files_are_joined(folder):
    matches = read_census_crosswalk(folder, taxonomy())
    assert list(matches) == ["0010"]  # padded; 9000 reaches nothing
    coding = matches["0010"].coding()
    assert (coding.code, coding.title) == ("10-1012.00", "Occupation 10-1012.00")
    assert (coding.method, coding.score) == (METHOD, 0.3333)  # 1 of 10-1011.00, 10-1011.01 and 10-1012.00


@pytest.mark.parametrize(
    ("entries", "choice"),
    [
        (["10-1012"], "10-1012.00"),
        (["10-1021", "10-1012"], "10-1012.00"),  # the lowest, whatever the order of the file
        (["10-1011", "10-1012"], "10-1012.00"),  # 10-1011.00 has no related list, 10-1011.01 is a specialty
        (["10-1099"], "10-1099.00"),  # nothing qualifies: the residual, not its specialty 10-1099.01
        (["10-1011", "10-1099"], "10-1011.00"),
    ],
)
def test_the_tie_break(entries, choice):
    assert chosen(*entries)[1] == choice


@pytest.mark.parametrize(
    ("entry", "candidates"),
    [
        ("10-101X", ["10-1011.00", "10-1011.01", "10-1012.00"]),
        ("10-1020", ["10-1021.00"]),
        ("10-1000", CODES),
        ("10-0000", CODES),
        ("10-1012", ["10-1012.00"]),
    ],
)
def test_a_group_stands_for_the_detailed_codes_under_it(entry, candidates):
    assert chosen(entry)[0] == candidates


@pytest.mark.parametrize("entry", ["10-1013", "99-9999", "99-0000", "10-1030"])
def test_a_census_code_that_reaches_nothing_is_left_out(entry):
    assert chosen(entry) is None


def test_only_occupations_of_the_taxonomy_are_candidates():
    assert chosen("10-1011", "10-1021", codes=["10-1011.00", "10-1021.00", "10-1012.00"]) == (
        ["10-1011.00", "10-1021.00"],
        "10-1021.00",
    )


def test_a_taxonomy_without_all_related_lists_is_refused(folder):
    with pytest.raises(UserError) as caught:
        read_census_crosswalk(folder, replace(taxonomy(), related_complete=False))
    assert "related" in caught.value.problem
    assert "--onet" in caught.value.fix


def test_no_folder_is_refused():
    with pytest.raises(UserError, match="--crosswalks"):
        read_census_crosswalk(None, taxonomy())


@pytest.mark.parametrize("name", [CENSUS, SOC, ONET])
def test_a_missing_file_is_named(folder, name):
    (folder / name).unlink()
    with pytest.raises(InputError) as caught:
        read_census_crosswalk(folder, taxonomy())
    assert str(folder / name) in caught.value.problem
    assert "--crosswalks" in caught.value.fix


@pytest.mark.parametrize("name", [CENSUS, SOC, ONET])
def test_a_file_of_other_columns_is_named(folder, name):
    if name == ONET:
        xlsx(folder / name, [("A",), ("B",), ("C",), ("one", "two"), ("1", "2")])
    else:
        (folder / name).write_text("one,two\n1,2\n")
    with pytest.raises(InputError, match="column") as caught:
        read_census_crosswalk(folder, taxonomy())
    assert str(folder / name) in caught.value.problem


@pytest.mark.parametrize("name", [CENSUS, SOC, ONET])
def test_a_damaged_file_is_named(folder, name):
    (folder / name).write_bytes(b"census2010,soc2010,soc2018\n\xff\xfe")
    with pytest.raises(InputError) as caught:
        read_census_crosswalk(folder, taxonomy())
    assert str(folder / name) in caught.value.problem


@pytest.mark.parametrize("row", ["10,10-1011/10-1012", "10,", "12345,10-1011", "ten,10-1011", "10"])
def test_a_cell_that_is_no_code_is_named_with_its_line(folder, row):
    (folder / CENSUS).write_text(f"census2010,soc2010\n\n20,10-1012\n{row}\n")
    with pytest.raises(InputError, match=f"{CENSUS}:4: (census|soc)2010"):
        read_census_crosswalk(folder, taxonomy())


@given(st.lists(st.sampled_from([soc for soc, _ in TO_2018]), min_size=1), st.randoms())
def test_the_order_of_the_rows_does_not_matter(entries, random):
    shuffled = random.sample(entries, len(entries))
    assert chosen(*entries) == chosen(*shuffled)


@needs_shared
def test_the_real_files():
    release = read_release(SHARED / "onet-29.3")
    matches = read_census_crosswalk(SHARED / "crosswalks", release)
    assert len(matches) == 535  # every Census 2010 code of the file
    without_list = [code for code, match in matches.items() if not release.related(match.chosen.code)]
    assert len(without_list) == 19  # the fallback of the tie-break
    assert all(matches[code].chosen.code.endswith("9.00") for code in without_list)  # "all other" occupations end so
    assert all(match.chosen.code.endswith(".00") for match in matches.values())
    assert matches["0010"].coding().title == "Chief Executives"
