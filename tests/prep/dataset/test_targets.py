"""The texts that models are trained to write, against what reads them and what holds models to them."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from eval.answers import Parsed, parse
from prep.dataset.build import SFT_VARIANTS
from prep.dataset.targets import target, target_pattern
from prep.onet.packaged import packaged_taxonomy
from prep.onet.taxonomy import build_taxonomy

TAXONOMY = packaged_taxonomy()
HAS_REASON, HAS_ANSWER = {"joint", "reasoner"}, {"joint", "predictor", "direct"}

tags = re.compile(r"</?(think|answer)>", re.IGNORECASE)
texts = st.text(min_size=1).map(str.strip).filter(lambda text: text and not tags.search(text))
reasons = st.one_of(texts, st.just("Pay < 50k, and <b>promoted</b> >2 times.\nThen $history {x}."))
titles = st.sampled_from(TAXONOMY.titles)
variants = st.sampled_from(SFT_VARIANTS)


def test_the_tags_and_line_breaks_are_those_of_the_design():
    assert target("joint", "R", "T") == "<think>\nR\n</think>\n<answer>\nT\n</answer>"
    assert target("reasoner", "R", "T") == "<think>\nR\n</think>"
    assert target("predictor", "R", "T") == target("direct", "R", "T") == "<answer>\nT\n</answer>"


@given(variants, reasons, titles)
@example("joint", "It says: answer>", "Chief Executives")
def test_a_target_is_read_back(variant, reason, title):
    assert parse(target(variant, reason, title)) == Parsed(
        reason=reason if variant in HAS_REASON else None, answer=title if variant in HAS_ANSWER else None
    )


@pytest.fixture(scope="module")
def patterns():
    return {variant: re.compile(target_pattern(variant, TAXONOMY, None)) for variant in SFT_VARIANTS}


@pytest.mark.parametrize("variant", SFT_VARIANTS)
def test_the_pattern_takes_the_target_of_every_title(patterns, variant):
    assert all(patterns[variant].fullmatch(target(variant, "A reason.\nOn two lines.", title)) for title in TAXONOMY.titles)


@pytest.mark.parametrize("variant", sorted(HAS_ANSWER))
def test_the_pattern_takes_nothing_else(patterns, variant):
    good = target(variant, "Reason", "Software Developers")
    pattern = patterns[variant]
    assert pattern.fullmatch(good)
    wrong = [
        target(variant, "Reason", "Software Developer"),
        target(variant, "Reason", "software developers"),
        target(variant, "Reason", "Software Developers|Chief Executives"),
        target(variant, "Reason", "Software Developers, Applications"),
        target(variant, "Reason", ""),
        f"{good}\n",
        f" {good}",
        good.replace("\n", " "),
        good + good,
        good.removesuffix("</answer>"),
    ]
    assert [text for text in wrong if pattern.fullmatch(text)] == []


@pytest.mark.parametrize("variant", sorted(HAS_REASON))
def test_the_pattern_wants_a_reason_without_tags(patterns, variant):
    for reason in ("", "a <think> b", "a </think> b", "draft <answer>\nChief Executives\n</answer>"):
        assert not patterns[variant].fullmatch(target(variant, reason, "Chief Executives"))


@given(st.integers(1, 40), st.integers(1, 40))
def test_the_pattern_holds_a_reason_to_its_longest_length(longest, length):
    pattern = target_pattern("reasoner", TAXONOMY, longest)
    assert bool(re.fullmatch(pattern, target("reasoner", "x" * length, ""))) is (length <= longest)


@given(st.lists(texts, min_size=1, max_size=5, unique_by=lambda title: " ".join(title.casefold().split())), texts)
@example(["A, B (C/D)", "A [B] {2} ^$ . * + ? \\ | -", "A.B", "A*"], "AxB")
def test_signs_of_titles_stand_for_themselves(names, other):
    try:
        taxonomy = build_taxonomy("any", [(f"11-{number:04}.00", title) for number, title in enumerate(names)])
    except ValueError:  # two titles that are one after normalisation
        return
    pattern = target_pattern("direct", taxonomy, None)
    assert all(re.fullmatch(pattern, target("direct", "", title)) for title in names)
    assert bool(re.fullmatch(pattern, target("direct", "", other))) is (other in names)
