from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from prep.schema.career import Education, Job
from prep.sources.order import job_order, oldest_first


def test_the_order_of_a_career():
    ordered = [
        Education(school="undated"),
        Job(title="undated"),
        Education(school="S", end="2001"),
        Job(title="same year", start="2001", end="2002"),
        Job(title="same year, open", start="2001"),
        Education(school="S", end="2001-06"),
        Job(title="finer", start="2001-06-30"),
        Job(title="later", start="2002"),
    ]
    assert oldest_first(reversed(ordered)) == ordered


dates = st.sampled_from([None, "2001", "2001-02", "2002"])
jobs = st.builds(lambda start, length: Job(start=start, end=start and length), dates, st.sampled_from([None, "2002", "2003"]))
records = st.lists(jobs | st.builds(Education, end=dates))


@given(records)
def test_equal_records_keep_the_order_of_the_source(career):
    marked = [record.model_copy(update={"extra": {"place": place}}) for place, record in enumerate(career)]
    ordered = oldest_first(marked)
    assert sorted(record.extra["place"] for record in ordered) == list(range(len(marked)))
    assert oldest_first(ordered) == ordered
    for left, right in pairwise(ordered):
        if left.model_copy(update={"extra": {}}) == right.model_copy(update={"extra": {}}):
            assert left.extra["place"] < right.extra["place"]


@given(records)
def test_the_jobs_stand_in_the_order_that_the_target_is_chosen_by(career):
    keys = [job_order(record) for record in oldest_first(career) if isinstance(record, Job)]
    assert keys == sorted(keys)


def test_an_open_end_is_the_last():
    assert job_order(Job(start="2001")) > job_order(Job(start="2001", end="2999-12-31"))
