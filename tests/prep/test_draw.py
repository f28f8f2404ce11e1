from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from prep.draw import draw, lot

names = st.lists(st.text(), min_size=1, unique=True)


def drawn(items, seed, example="e"):
    return draw(items, seed, lambda item: (example, item))


def test_nothing_to_draw_from():
    assert drawn([], 7) is None


def test_the_lots_are_as_they_always_were():
    assert lot(7, "a", 1).hex()[:16] == "5721db54036e238c"


@given(names, st.integers(), st.randoms())
def test_the_order_of_the_candidates_makes_no_difference(items, seed, random):
    first = drawn(items, seed)
    random.shuffle(items)
    assert drawn(items, seed) == first


@given(names, st.text(), st.integers())
def test_one_more_candidate_wins_or_changes_nothing(items, more, seed):
    assert drawn([*items, more], seed) in (drawn(items, seed), more)


def chi_square(counts, expected):
    return sum((count - expected) ** 2 / expected for count in counts)


def test_every_candidate_has_the_same_chance_over_seeds_and_over_people():
    items, draws = range(6), 6000
    by_seed = Counter(drawn(items, seed) for seed in range(draws))
    by_person = Counter(drawn(items, 7, person) for person in range(draws))
    by_neighbour = Counter((drawn(items, 7, person), drawn(items, 8, person)) for person in range(draws))
    # beyond these bounds: less than one in ten thousand of what is even (5 and 35 degrees of freedom)
    assert chi_square([by_seed[item] for item in items], draws / 6) < 25.7
    assert chi_square([by_person[item] for item in items], draws / 6) < 25.7
    assert chi_square([by_neighbour[pair] for pair in ((a, b) for a in items for b in items)], draws / 36) < 75.0


def test_every_part_of_a_name_counts():
    assert len({lot(7, "a", 1), lot(8, "a", 1), lot(7, "b", 1), lot(7, "a", 2), lot(7, "a1"), lot(7, "a", "", 1)}) == 6
