import pytest
from hypothesis import given
from hypothesis import strategies as st

from prep.onet.packaged import packaged_taxonomy
from prep.schema.career import Career, Coding, Education, Job
from prep.sources.coding import code_occupation, label_problem

PACKAGED = packaged_taxonomy()


@pytest.mark.parametrize(
    ("text", "code", "method"),
    [
        ("15-1252.00", "15-1252.00", "given code"),
        (" 15-1252.00 ", "15-1252.00", "given code"),
        ("Software Developers", "15-1252.00", "exact title"),
        ("software  DEVELOPERS", "15-1252.00", "normalised title"),
        ("coder", "15-1252.00", "normalised title"),
    ],
)
def test_a_code_or_a_title(taxonomy, text, code, method):
    coding = code_occupation(text, taxonomy)
    assert (coding.code, coding.method, coding.score) == (code, method, 1.0)
    assert coding.title == taxonomy.by_code(code).title


@pytest.mark.parametrize("text", ["Manager", "Wizard", "Software Developer 15-1252.00"])
def test_no_occupation_or_no_single_one_has_that_title(taxonomy, text):
    assert code_occupation(text, taxonomy) is None


@pytest.mark.parametrize("text", ["15-1252.01", "15-1252", "15-1252.0", "151252", "1020", "-", "１５-１２５２.００"])
def test_what_looks_like_a_code_and_is_none_is_refused(taxonomy, text):
    with pytest.raises(ValueError, match=r"is no O\*NET-SOC 2019 code of O\*NET tiny; recode it") as caught:
        code_occupation(text, taxonomy)
    assert repr(text) in str(caught.value)


@given(st.sampled_from(PACKAGED.occupations))
def test_every_occupation_is_found_by_code_and_by_title(occupation):
    for text in (occupation.code, occupation.title, occupation.title.upper()):
        assert code_occupation(text, PACKAGED).code == occupation.code


def career(*codings):
    return Career(person_id="a", records=(Education(), Job(), *(Job(occupation=Coding(code=c, title=t)) for c, t in codings)))


def test_labels_of_the_taxonomy_are_no_problem(taxonomy):
    assert label_problem(career(("15-1252.00", "Software Developers"), ("11-1011.00", "Chief Executives")), taxonomy) is None


def test_a_label_outside_the_taxonomy_is_named_by_its_field(taxonomy):
    sound = ("15-1252.00", "Software Developers")
    problem = label_problem(career(sound, ("15-1252.99", "Software Developers")), taxonomy)
    assert problem.startswith("records[3].occupation.code: '15-1252.99' is no O*NET-SOC 2019 code of O*NET tiny")
    problem = label_problem(career(sound, ("15-1252.00", "software developers")), taxonomy)
    assert problem == (
        "records[3].occupation.title: 'software developers' is not the title of 15-1252.00, which is 'Software Developers'"
    )
