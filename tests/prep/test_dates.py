import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prep.dates import is_after, parse_date

dates = st.builds(lambda date, length: date.isoformat()[:length], st.dates(), st.sampled_from([4, 7, 10]))


@given(dates)
def test_every_partial_date_of_the_calendar(text):
    assert parse_date(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "10",
        "201",
        "20100",
        "0000",
        "2010-13",
        "2010-00",
        "2010-1",
        "2010-02-30",
        "2011-02-29",
        "2010-02-3",
        "2010/02",
        "2010-",
        "2010 ",
        " 2010",
        "2010\n",
        "-2010",
        "02-2010",
        "２０１０",
        "٢٠١٠",
        "2010-01-01T00:00:00",
        "Present",
    ],
)
def test_what_is_no_date(text):
    with pytest.raises(ValueError, match="YYYY, YYYY-MM or YYYY-MM-DD") as caught:
        parse_date(text)
    assert repr(text) in str(caught.value)


def test_a_year_may_be_a_number():
    assert parse_date(2010) == "2010"


@pytest.mark.parametrize("value", [True, 2010.0, 201, 20100501, ["2010"], datetime.date(2010, 1, 1)])
def test_no_other_value_is_a_date(value):
    with pytest.raises(ValueError, match="is no date; write YYYY"):
        parse_date(value)


@given(st.text(alphabet="0123456789-", max_size=11))
def test_what_is_taken_is_the_beginning_of_a_day(text):
    try:
        parse_date(text)
    except ValueError:
        return
    assert (
        datetime.date.fromisoformat(text + "-01-01"[: 10 - len(text)] if len(text) != 7 else text + "-01").isoformat()[
            : len(text)
        ]
        == text
    )


@pytest.mark.parametrize(
    ("left", "right", "after"),
    [
        ("2011", "2010", True),
        ("2010", "2010", False),
        ("2010", "2010-05", False),
        ("2010-05", "2010", False),
        ("2011-01", "2010", True),
        ("2010-06", "2010-05-31", True),
        ("2010-05-31", "2010-05", False),
        ("2010-05-02", "2010-05-01", True),
        ("2009-12-31", "2010", False),
    ],
)
def test_after_at_the_coarser_precision(left, right, after):
    assert is_after(left, right) is after


@given(dates, dates)
def test_no_two_dates_lie_after_each_other(left, right):
    assert not (is_after(left, right) and is_after(right, left))
    if is_after(left, right):
        assert left > right  # the order of the texts agrees
