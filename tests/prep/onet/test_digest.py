from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from prep.onet.digest import content_digest, taxonomy_identity
from prep.onet.taxonomy import build_taxonomy

OCCUPATIONS = [("15-1252.00", "Software Developers"), ("11-1011.00", "Chief Executives")]
ALTERNATES = [("Boss", "11-1011.00"), ("Coder", "15-1252.00"), ("Head", "11-1011.00")]
RELATED = [("15-1252.00", "11-1011.00", "Primary-Short", 1), ("11-1011.00", "15-1252.00", "Supplemental", 1)]
WHOLE = build_taxonomy("test", OCCUPATIONS, ALTERNATES, RELATED)


@given(st.permutations(OCCUPATIONS), st.permutations(ALTERNATES), st.permutations(RELATED))
def test_neither_the_order_of_rows_nor_the_name_counts(occupations, alternates, related):
    assert content_digest(build_taxonomy("other", occupations, alternates, related)) == content_digest(WHOLE)


def test_one_name_of_two_contents_is_two_releases():
    assert taxonomy_identity(WHOLE) == {"release": "test", "sha256": content_digest(WHOLE)}
    assert taxonomy_identity(WHOLE) != taxonomy_identity(replace(WHOLE, alternate_titles=()))


def test_every_cell_counts():
    others = [
        build_taxonomy("test", [*OCCUPATIONS[:1], ("11-1011.00", "Chief executives")], ALTERNATES, RELATED),
        build_taxonomy("test", OCCUPATIONS, ALTERNATES[:2], RELATED),
        build_taxonomy("test", OCCUPATIONS, [*ALTERNATES[:2], ("Head", "15-1252.00")], RELATED),
        build_taxonomy("test", OCCUPATIONS, ALTERNATES, RELATED[:1]),
        build_taxonomy("test", OCCUPATIONS, ALTERNATES, [RELATED[0], ("11-1011.00", "15-1252.00", "Primary-Long", 1)]),
        replace(WHOLE, occupations=WHOLE.occupations[:1]),
    ]
    assert len({content_digest(taxonomy) for taxonomy in [WHOLE, *others]}) == len(others) + 1
