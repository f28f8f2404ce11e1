"""Invented person-years, and the real NLSY97 where it is at hand."""

import csv
import gzip
import random
from collections import Counter
from pathlib import Path

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prep.errors import InputError, UserError
from prep.files.rejects import Rejects
from prep.onet.release import read_release
from prep.onet.taxonomy import build_taxonomy
from prep.sources import nlsy97
from prep.sources.base import Setting
from prep.sources.crosswalk import resolve
from prep.sources.nlsy97 import COLUMNS, career_of, read_nlsy97

SHARED = Path(__file__).parents[4] / "shared" / "data"
needs_shared = pytest.mark.skipif(not SHARED.is_dir(), reason=f"the real NLSY97 and its crosswalks are not in {SHARED}")

TAXONOMY = build_taxonomy("tiny", [("10-1011.00", "Bosses"), ("10-1012.00", "Bakers"), ("10-1013.00", "Brewers")])
CENSUS = [("0010", "10-1011"), ("0500", "10-1012"), ("0500", "10-1013")]
MATCHES = resolve(CENSUS, [(soc, soc) for _, soc in CENSUS], [(soc, f"{soc}.00") for _, soc in CENSUS], TAXONOMY)
CODINGS = {code: match.coding() for code, match in MATCHES.items()}


def row(year, job=None, occ=None, **others):
    """Return a person-year as the file writes it; what is not named is empty."""
    named = {"id": 7, "year": year, "job_id": job, "job_occ": occ, "bdate": "1982.0"} | others
    return {column: "" if named.get(column) is None else str(named[column]) for column in {**dict.fromkeys(COLUMNS), **named}}


def career(*rows):
    return career_of(list(rows), CODINGS)


def jobs(*rows):
    return career(*rows).jobs


def spans(*rows):
    return [(job.extra["job_id"], job.start, job.end) for job in jobs(*rows)]


@pytest.fixture
def ingest(tmp_path, monkeypatch):
    """Return a function that reads rows, or the file of a given text, and returns (careers, rejects file, Rejects)."""
    monkeypatch.setattr(nlsy97, "read_census_crosswalk", lambda folder, taxonomy: MATCHES)

    def read(rows, name="person_years.csv", columns=COLUMNS):
        path = tmp_path / name
        if isinstance(rows, bytes):
            path.write_bytes(rows)
        else:
            write(path, rows, columns)
        with Rejects(tmp_path / "careers.jsonl") as rejects:
            careers = list(read_nlsy97(path, Setting(TAXONOMY), rejects))
        lines = [orjson.loads(line) for line in rejects.path.read_bytes().splitlines()]
        return careers, lines, rejects

    return read


def write(path, rows, columns=COLUMNS):
    with (gzip.open if path.suffix == ".gz" else open)(path, "wt", newline="") as stream:
        writer = csv.DictWriter(stream, columns, extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)


def test_a_career():
    whole = career(
        row(2001, 10, 500, date_HS=2001, edu_degree="HS/GED", job_ind="Core", job_full="Part-time", job_wage="6.5"),
        row(2002, 10, 500, date_HS=2001, edu_degree="HS/GED", job_ind="Core", job_full="Full-time", job_wage="7.0"),
        row(2003, date_HS=2001, edu_degree="HS/GED"),
        row(2004, 11, 10, date_HS=2001, edu_degree="HS/GED"),
    )
    assert whole.to_json() == {
        "person_id": "nlsy97-7",
        "extra": {"birth_year": 1982, "edu_degree": "HS/GED"},
        "records": [
            {"kind": "education", "school": None, "degree": "High school diploma or GED", "major": None, "end": "2001"},
            {
                "kind": "job",
                "title": None,
                "employer": None,
                "occupation": {"code": "10-1012.00", "title": "Bakers", "method": "census2010 crosswalk", "score": 0.5},
                "industry": "Core",
                "start": "2001",
                "end": "2002",
                "salary": "US$ 6.50 an hour",
                "extra": {"job_id": "10", "census_2010_code": "0500", "job_full": "Full-time", "years_seen": 2},
            },
            {
                "kind": "job",
                "title": None,
                "employer": None,
                "occupation": {"code": "10-1011.00", "title": "Bosses", "method": "census2010 crosswalk", "score": 1.0},
                "industry": None,
                "start": "2004",
                "end": None,
                "salary": None,
                "extra": {"job_id": "11", "census_2010_code": "0010", "years_seen": 1},
            },
        ],
    }


def test_a_job_ends_where_it_was_last_seen_and_a_later_job_is_known():
    assert spans(row(2000, 1), row(2001, 2), row(2002, 1), row(2003, 3)) == [
        ("1", "2000", "2002"),
        ("2", "2001", "2001"),
        ("3", "2003", None),
    ]


def test_no_end_is_claimed_where_only_empty_years_follow():
    assert spans(row(2000, 1), row(2001), row(2002, job_full="Not employed")) == [("1", "2000", None)]


def test_a_last_job_that_began_before_another_is_open_too():
    assert spans(row(2000, 1), row(2001, 2), row(2002, 1)) == [("1", "2000", None), ("2", "2001", "2001")]


def test_the_rows_of_a_person_need_not_be_sorted():
    assert spans(row(2002, 2), row(2000, 1), row(2001, 1)) == [("1", "2000", "2001"), ("2", "2002", None)]


@pytest.mark.parametrize(
    ("codes", "label", "extra"),
    [
        (["500", "10"], "Bakers", {"census_2010_code": "0500", "later_census_2010_codes": ["0010"]}),
        (["-4", "", "500", "500"], "Bakers", {"census_2010_code": "0500"}),
        (["10.0"], "Bosses", {"census_2010_code": "0010"}),
        (["9839"], None, {"census_2010_code": "9839"}),  # codable, but the crosswalk does not know it
        (["9840", "9990"], None, {"census_2010_code": "9840"}),
        (["", "-4"], None, {"census_2010_code": "-4"}),
        (["0"], None, {"census_2010_code": "0"}),
        ([""], None, {}),
    ],
)
def test_the_first_codable_code_names_the_occupation(codes, label, extra):
    (job,) = jobs(*(row(2000 + index, 1, code) for index, code in enumerate(codes)))
    assert (job.occupation and job.occupation.title) == label
    assert job.extra == {"job_id": "1", "years_seen": len(codes), **extra}


@pytest.mark.parametrize(
    ("groups", "industry", "kept"),
    [
        (["", "Core", "Public Sector"], "Core", None),
        (["8770", "Core"], "Core", None),
        (["8770"], None, "8770"),
        (["-4"], None, "-4"),
        ([""], None, None),
    ],
)
def test_an_industry_is_a_word(groups, industry, kept):
    (job,) = jobs(*(row(2000 + index, 1, job_ind=group) for index, group in enumerate(groups)))
    assert (job.industry, job.extra.get("job_ind")) == (industry, kept)


@pytest.mark.parametrize(
    ("wages", "salary"),
    [
        (["5.15", "24.5"], "US$ 5.15 an hour"),
        (["", "0.0", "24.5", "30"], "US$ 24.50 an hour"),
        (["-4", "0.001"], None),
        (["1250.0"], "US$ 1250.00 an hour"),
    ],
)
def test_the_salary_is_the_first_positive_wage_which_later_years_do_not_change(wages, salary):
    (job,) = jobs(*(row(2000 + index, 1, job_wage=wage) for index, wage in enumerate(wages)))
    assert job.salary == salary


@pytest.mark.parametrize(
    ("about", "degrees"),
    [
        ({}, []),
        ({"edu_degree": "< HS", "major_field": "STEM"}, []),
        ({"edu_degree": "HS/GED", "major_field": "STEM"}, [("High school diploma or GED", None, None)]),
        (
            {"edu_degree": "BA", "date_HS": 2000, "date_BA": 2004, "major_field": "STEM"},
            [("High school diploma or GED", None, "2000"), ("Bachelor's degree", "STEM", "2004")],
        ),
        (
            {"edu_degree": "BA", "date_HS": 2000, "major_field": "None or not yet declared"},
            [("Bachelor's degree", None, None), ("High school diploma or GED", None, "2000")],
        ),
        (
            {"edu_degree": "BA+", "date_AA": 2003, "date_MA": 2008, "major_field": "Health"},
            [("Associate's degree", "Health", "2003"), ("Master's degree", "Health", "2008")],
        ),
        ({"edu_degree": "BA+"}, [("Degree above a bachelor's", None, None)]),
        ({"edu_degree": "Missing", "date_PROF": 2010}, [("Professional degree", None, "2010")]),
    ],
)
def test_education(about, degrees):
    records = [record for record in career(row(2020, 1, **about)).records if record.kind == "education"]
    assert [(record.degree, record.major, record.end) for record in records] == degrees


def test_a_degree_stands_before_the_job_that_starts_in_its_year():
    about = {"edu_degree": "AA", "date_HS": 2001, "date_AA": 2003}
    records = career(row(2000, 1, **about), row(2001, 2, **about), row(2004, 3, **about)).records
    assert [record.kind for record in records] == ["job", "education", "job", "education", "job"]


def test_what_has_no_place_in_a_record_is_kept():
    about = {"edu_degree": "HS/GED", "major_field": "STEM"}
    whole = career(row(2000, 1, region="north", **about), row(2001, occ="500", region="", **about))
    assert whole.extra == {
        "birth_year": 1982,
        "edu_degree": "HS/GED",
        "major_field": "STEM",
        "census_2010_codes_without_job": {"2001": "0500"},
        "region": {"2000": "north"},
    }


def test_people_come_out_in_the_order_of_the_file(ingest):
    rows = [row(2000, 1, 10, id=9), row(2001, 2, 10, id=9), row(2000, id=3), row(2000, 1, 500, id=5)]
    careers, lines, rejects = ingest(rows, "person_years.csv.gz")
    assert [career.person_id for _, career in careers] == ["nlsy97-9", "nlsy97-5"]
    assert [where.rpartition(":")[2] for where, _ in careers] == ["2", "5"]
    assert (rejects.malformed, rejects.dropped) == (0, Counter({"no job in the survey": 1}))
    assert lines[0]["where"].endswith("person_years.csv.gz:4")
    assert [each["id"] for each in lines[0]["record"]] == ["3"]


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        ({"year": ""}, "year: missing"),
        ({"year": "20x1"}, "year: '20x1' is not a year, YYYY"),
        ({"year": "2000"}, "year: 2000 comes twice for id 7"),
        ({"id": ""}, "id: missing"),
        ({"job_id": "A1"}, "job_id: 'A1' is not a whole number"),
        ({"job_occ": "baker"}, "job_occ: 'baker' is not a whole number"),
        ({"job_wage": "nan"}, "job_wage: 'nan' is not a number"),
        ({"date_BA": "2004"}, "date_BA: '2004', but '' at "),
        ({"bdate": "1983.0"}, "bdate: '1983.0', but '1982.0' at "),
    ],
)
def test_a_malformed_row_rejects_its_person_and_nobody_else(ingest, bad, reason):
    rows = [row(2000, 1, id=6), row(2000, 1), {**row(2001, 2), **bad}, row(2002, 3), row(2000, 1, id=8)]
    careers, lines, rejects = ingest(rows)
    assert [career.person_id for _, career in careers] == ["nlsy97-6", "nlsy97-8"]
    assert rejects.malformed == len(lines) == 1
    assert lines[0]["where"].endswith(":4")
    assert lines[0]["reason"].startswith(reason)
    assert len(lines[0]["record"]) == 3


def test_a_row_without_id_between_two_people_rejects_both(ingest):
    careers, lines, _ = ingest([row(2000, 1, id=6), row(2001, 1, id=""), row(2000, 1), row(2000, 1, id=8)])
    assert [career.person_id for _, career in careers] == ["nlsy97-8"]
    assert [[each["id"] for each in line["record"]] for line in lines] == [["6", ""], ["", "7"]]


def test_a_file_of_rows_without_id_is_one_reject(ingest):
    careers, lines, _ = ingest([row(2000, 1, id=""), row(2001, 1, id="")])
    assert (careers, len(lines)) == ([], 1)


def test_surplus_cells_are_malformed(ingest):
    text = ",".join(COLUMNS) + "\n" + ",".join(row(2000, 1).values()) + ",more\n"
    _, lines, _ = ingest(text.encode())
    assert [line["reason"] for line in lines] == [f"the row has {len(COLUMNS) + 1} cells, but there are {len(COLUMNS)} columns"]


def test_an_id_that_comes_back_is_refused(ingest):
    with pytest.raises(InputError, match=":4: id 7 comes back") as caught:
        ingest([row(2000, 1), row(2000, 1, id=8), row(2001, 1)])
    assert "Sort" in caught.value.fix


@pytest.mark.parametrize("column", COLUMNS)
def test_a_missing_column_is_named(ingest, column):
    with pytest.raises(InputError, match=f"'{column}' is missing"):
        ingest([row(2000, 1)], columns=[name for name in COLUMNS if name != column])


def test_a_file_without_rows_is_refused(ingest):
    with pytest.raises(InputError, match="no row"):
        ingest([])


def test_a_half_written_file_is_refused(ingest, tmp_path):
    noise = random.Random(7)  # without it the whole file would fit into the reader's first block
    rows = [row(2000, noise.randrange(10**9), id=noise.randrange(10**12)) for _ in range(5000)]
    write(tmp_path / "whole.csv.gz", rows)
    whole = (tmp_path / "whole.csv.gz").read_bytes()
    with pytest.raises(InputError, match=r"half-written|cannot be read"):
        ingest(whole[: len(whole) // 2], "half.csv.gz")


def test_a_missing_file_is_refused(tmp_path, ingest):
    with pytest.raises(InputError, match=r"none\.csv"), Rejects(tmp_path / "careers.jsonl") as rejects:
        list(read_nlsy97(tmp_path / "none.csv", Setting(TAXONOMY), rejects))


def test_crosswalks_are_asked_for(tmp_path):
    with pytest.raises(UserError, match="--crosswalks"), Rejects(tmp_path / "careers.jsonl") as rejects:
        list(read_nlsy97(tmp_path / "none.csv", Setting(TAXONOMY), rejects))


years = st.lists(st.integers(1997, 2022), min_size=1, unique=True)
values = st.tuples(st.sampled_from(["1", "2", "3", ""]), st.sampled_from(["", "-4", "10", "500", "9990"]))


@given(st.data())
def test_every_year_with_a_job_is_in_one_job(data):
    rows = [row(year, *data.draw(values)) for year in data.draw(years)]
    employed = [each for each in rows if each["job_id"]]
    if not employed:
        return
    found = jobs(*rows)
    assert [job.start for job in found] == sorted(job.start for job in found)
    assert sum(job.extra["years_seen"] for job in found) == len(employed)
    assert {job.extra["job_id"] for job in found} == {each["job_id"] for each in employed}
    assert sum(job.end is None for job in found) == 1  # the one that was seen last
    for each in employed:
        (job,) = [job for job in found if job.extra["job_id"] == each["job_id"]]
        assert job.start <= each["year"] <= (job.end or "9999")
        if each["job_occ"] in ("10", "500"):
            assert job.occupation is not None


@needs_shared
def test_the_real_survey(tmp_path):
    release = read_release(SHARED / "onet-29.3")
    setting = Setting(release, crosswalks=SHARED / "crosswalks")
    with Rejects(tmp_path / "careers.jsonl") as rejects:
        careers = [career for _, career in read_nlsy97(SHARED / "nlsy97" / "person_years.csv.gz", setting, rejects)]
    assert rejects.malformed == 0
    assert len(careers) + rejects.dropped.total() == 7532  # people in
    assert rejects.dropped == Counter({"no job in the survey": 112})

    found = [job for career in careers for job in career.jobs]
    codable = [job for job in found if 0 < int(job.extra.get("census_2010_code", 0)) < 9840]
    mapped = [job for job in found if job.occupation]
    assert 0.98 < len(mapped) / len(found) < 0.995
    assert len(mapped) / len(codable) > 0.999
    assert all(release.by_code(job.occupation.code) for job in mapped)
    assert sum("later_census_2010_codes" in job.extra for job in found) / len(found) == pytest.approx(0.09, abs=0.005)

    assert all([job.start for job in career.jobs] == sorted(job.start for job in career.jobs) for career in careers)
    assert all(sum(job.end is None for job in career.jobs) == 1 for career in careers)
    lengths = [sum(job.is_valid for job in career.jobs) for career in careers]
    assert sum(5 <= length <= 15 for length in lengths) == 5475
