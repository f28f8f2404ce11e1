import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prep.errors import UserError
from prep.onet.taxonomy import Related, Taxonomy, build_taxonomy, is_code, normalise

OCCUPATIONS = [("15-1252.00", "Software Developers"), ("11-1011.00", "Chief Executives"), ("15-1254.00", "Web Developers")]
CODES = [code for code, _ in OCCUPATIONS]
# letters that change under NFKC or case folding, accents that then join or part, and odd blanks
NASTY = "aßẞſİıΐΰﬁǅςΑ\u0345\u0301\u0302\u0327\u00a0\u2003\u200b\u0130\t\n 가\u1100\u1161Åª²"


@given(st.text() | st.text(alphabet=NASTY))
@settings(deadline=None, max_examples=500)
def test_normalise_is_idempotent(text):
    assert normalise(normalise(text)) == normalise(text)


@given(st.text(alphabet=NASTY), st.sampled_from([" ", "\u00a0", "\n"]))
@settings(deadline=None)
def test_normalise_ignores_outer_blanks_and_is_one_line(text, blank):
    assert normalise(blank + text + blank) == normalise(text)
    assert normalise(text) == " ".join(normalise(text).split())


@pytest.mark.parametrize(
    "title", ["software developers", " Software\u00a0 Developers\n", "SOFTWARE DEVELOPERS", "Ｓoftware Developers"]
)
def test_normalise_forgives_case_spacing_and_unicode_form(title):
    assert normalise(title) == "software developers"


def test_normalise_keeps_what_tells_titles_apart():
    assert normalise("Cooks, Fast Food") != normalise("Cooks Fast Food")


@pytest.mark.parametrize(
    ("text", "expected"), [("15-1252.00", True), ("15-1252", False), ("15-1252.00 ", False), ("", False), ("١٥-1252.00", False)]
)
def test_is_code(text, expected):
    assert is_code(text) is expected


def test_occupations_are_in_the_order_of_their_codes():
    taxonomy = build_taxonomy("test", OCCUPATIONS)
    assert [occupation.code for occupation in taxonomy] == sorted(CODES)
    assert taxonomy.titles == ("Chief Executives", "Software Developers", "Web Developers")
    assert len(taxonomy) == 3


def test_lookups():
    taxonomy = build_taxonomy("test", OCCUPATIONS)
    developers = taxonomy.by_code("15-1252.00")
    assert (developers.code, developers.title) == ("15-1252.00", "Software Developers")
    assert taxonomy.by_exact_title("Software Developers") == developers
    assert taxonomy.by_exact_title("software developers") is None
    assert taxonomy.by_normalised_title(" software  DEVELOPERS") == developers
    assert taxonomy.by_code("15-1252") is taxonomy.by_exact_title("") is taxonomy.by_normalised_title("") is None


@given(st.lists(st.tuples(st.sampled_from(["Dev", "dev ", "Boss", "web developers", "x"]), st.sampled_from(CODES))))
@settings(deadline=None)
def test_a_title_resolves_to_its_official_occupation_else_to_the_only_one_it_is_an_alternate_of(alternates):
    taxonomy = build_taxonomy("test", OCCUPATIONS, alternates)
    assert taxonomy.by_normalised_title("Web Developers").code == "15-1254.00"
    for title in ("DEV", "boss", "X"):
        codes = {code for alternate, code in alternates if normalise(alternate) == normalise(title)}
        found = taxonomy.by_normalised_title(title)
        assert (found and found.code) == (codes.pop() if len(codes) == 1 else None)


def test_related_are_ordered_by_index_whatever_the_order_of_rows():
    rows = [("15-1252.00", "11-1011.00", "Supplemental", 2), ("15-1252.00", "15-1254.00", "Primary-Short", 1)]
    taxonomy = build_taxonomy("test", OCCUPATIONS, (), rows)
    assert taxonomy.related("15-1252.00") == (Related("15-1254.00", "Primary-Short", 1), Related("11-1011.00", "Supplemental", 2))


def test_a_complete_release_that_lists_nothing_has_an_empty_list():
    assert build_taxonomy("test", OCCUPATIONS).related("11-1011.00") == ()


def test_a_list_that_is_not_at_hand_is_an_error():
    whole = build_taxonomy("test", OCCUPATIONS)
    taxonomy = Taxonomy("O*NET 0.0", whole.occupations, related_complete=False)
    with pytest.raises(UserError, match=r"O\*NET 0\.0 has no related occupations for 11-1011\.00") as caught:
        taxonomy.related("11-1011.00")
    assert "--onet" in caught.value.fix
    assert "prep onet fetch" in caught.value.fix


def test_related_of_an_unknown_code_is_an_error():
    with pytest.raises(UserError, match=r"99-9999\.00 is no O\*NET-SOC code of test"):
        build_taxonomy("test", OCCUPATIONS).related("99-9999.00")


@pytest.mark.parametrize(
    ("occupations", "alternates", "related", "message"),
    [
        ([("11-1011.00", "A"), ("11-1011.00", "B")], [], [], r"'11-1011\.00' comes twice"),
        ([("11-1011.00", "A"), ("11-1021.00", "A")], [], [], "'a' comes twice"),
        ([("11-1011.00", "A B"), ("11-1021.00", "a  b")], [], [], "'a b' comes twice"),
        (OCCUPATIONS, [("Boss", "11-0000.00")], [], r"the code '11-0000\.00', which no occupation has"),
        (OCCUPATIONS, [], [("11-0000.00", "11-1011.00", "Supplemental", 1)], r"'11-0000\.00'"),
        (OCCUPATIONS, [], [("11-1011.00", "11-0000.00", "Supplemental", 1)], r"'11-0000\.00'"),
        (OCCUPATIONS, [], [("11-1011.00", "15-1252.00", "Supplemental", 2)], r"11-1011\.00 do not count from 1 to 1"),
        (
            OCCUPATIONS,
            [],
            [("11-1011.00", code, "Supplemental", 1) for code in CODES[::2]],
            r"11-1011\.00 do not count from 1 to 2",
        ),
    ],
)
def test_rows_that_contradict_each_other_are_refused(occupations, alternates, related, message):
    with pytest.raises(ValueError, match=message):
        build_taxonomy("test", occupations, alternates, related)
