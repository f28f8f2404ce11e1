import csv

import pytest

from prep.errors import UserError
from prep.onet.packaged import FACTS, packaged_taxonomy
from prep.onet.taxonomy import is_code


@pytest.fixture(scope="module")
def packaged():
    return packaged_taxonomy()


def test_all_occupations_are_there(packaged):
    assert len(packaged) == 1016
    assert all(is_code(occupation.code) for occupation in packaged)
    assert packaged.by_normalised_title("software developers").code == "15-1252.00"
    assert packaged.alternate_titles == ()


def test_the_occupations_are_those_of_the_release(packaged, release_29_3):
    assert packaged.occupations == release_29_3.occupations


def test_the_related_lists_are_those_of_the_release(packaged, release_29_3):
    assert packaged.related_of
    assert all(packaged.related(code) == release_29_3.related(code) for code in packaged.related_of)


def test_the_file_of_related_lists_has_a_head_and_four_columns():
    with (FACTS / "related_of_samples.csv").open(newline="", encoding="utf-8") as stream:
        head, *rows = csv.reader(stream)
    assert head == ["code", "related_code", "tier", "index"]
    assert rows
    assert {len(row) for row in rows} == {4}


def test_a_list_that_is_not_shipped_is_an_error(packaged):
    missing = next(occupation.code for occupation in packaged if occupation.code not in packaged.related_of)
    with pytest.raises(UserError, match=f"has no related occupations for {missing}") as caught:
        packaged.related(missing)
    assert "prep onet fetch" in caught.value.fix
