"""The label set: O*NET-SOC 2019 occupations, their titles and their related occupations.

Built from rows of tables, looked up by code or title.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from prep.errors import UserError
from prep.schema.example import Occupation

_CODE = re.compile(r"[0-9]{2}-[0-9]{4}\.[0-9]{2}")


@dataclass(frozen=True)
class Related:
    """One entry of an occupation's related list (O*NET file `Related Occupations`)."""

    code: str
    tier: str
    index: int  # 1 for the closest; the occupation itself stands before it, at rank 1 of RM


def normalise(title: str) -> str:
    """Return `title` without differences of case, spacing and Unicode form. Twice is the same as once."""
    folded = unicodedata.normalize("NFKC", title).casefold()
    # folding can part a letter from its accent (ß̂ → sŝ), so that the form is to be made again
    return " ".join(unicodedata.normalize("NFKC", folded).split())


def is_code(text: str) -> bool:
    """Tell whether `text` is written like an O*NET-SOC code."""
    return _CODE.fullmatch(text) is not None


@dataclass(frozen=True)
class Taxonomy:
    """The occupations of one O*NET release.

    `related_of` maps a code to its related occupations in order. Where `related_complete` is false the lists of some
    occupations are not at hand, and asking for one is an error rather than an empty list.
    """

    release: str
    occupations: tuple[Occupation, ...]
    alternate_titles: tuple[tuple[str, str], ...] = ()  # (title, code)
    related_of: Mapping[str, tuple[Related, ...]] = field(default_factory=dict)
    related_complete: bool = True
    fix: str = "Pass --onet with a folder that holds the whole release, or run `prep onet fetch`."

    def __iter__(self) -> Iterator[Occupation]:
        return iter(self.occupations)

    def __len__(self) -> int:
        return len(self.occupations)

    def by_code(self, code: str) -> Occupation | None:
        """Return the occupation with this code."""
        return self._by_code.get(code)

    def by_exact_title(self, title: str) -> Occupation | None:
        """Return the occupation whose official title this is, letter by letter."""
        return self._by_title.get(title)

    def by_normalised_title(self, title: str) -> Occupation | None:
        """Return the occupation that `title` names after normalisation.

        That is its official title, or an alternate title of exactly one occupation; official titles win.
        """
        return self._by_normalised_title.get(normalise(title))

    def related(self, code: str) -> tuple[Related, ...]:
        """Return the related occupations of `code`, the closest first; empty where the release lists none.

        Raises UserError where the list is not at hand.
        """
        if code not in self._by_code:
            raise UserError(f"{code} is no O*NET-SOC code of {self.release}.", "Use the release that the data was coded with.")
        if code in self.related_of:
            return self.related_of[code]
        if self.related_complete:
            return ()
        raise UserError(f"{self.release} has no related occupations for {code}.", self.fix)

    @cached_property
    def titles(self) -> tuple[str, ...]:
        """The official titles, in the order of the codes."""
        return tuple(occupation.title for occupation in self.occupations)

    @cached_property
    def _by_code(self) -> dict[str, Occupation]:
        return {occupation.code: occupation for occupation in self.occupations}

    @cached_property
    def _by_title(self) -> dict[str, Occupation]:
        return {occupation.title: occupation for occupation in self.occupations}

    @cached_property
    def _by_normalised_title(self) -> dict[str, Occupation]:
        meant = defaultdict(set)
        for title, code in self.alternate_titles:
            meant[normalise(title)].add(code)
        unambiguous = {title: self._by_code[code] for title, (code, *others) in meant.items() if not others}
        return unambiguous | {normalise(occupation.title): occupation for occupation in self.occupations}


def build_taxonomy(
    release: str,
    occupations: Iterable[tuple[str, str]],
    alternate_titles: Iterable[tuple[str, str]] = (),
    related: Iterable[tuple[str, str, str, int]] = (),
) -> Taxonomy:
    """Build a taxonomy from rows (code, title), (alternate title, code) and (code, related code, tier, index).

    Related rows may come in any order. Raises ValueError, which names the row's code or title, where a row names a code that no
    occupation has, a code or a title comes twice (case and spacing aside), or a related list does not count 1, 2, 3 … .
    """
    members = tuple(Occupation(code=code, title=title) for code, title in sorted(occupations))
    _refuse_twice(occupation.code for occupation in members)
    _refuse_twice(normalise(occupation.title) for occupation in members)
    codes = {occupation.code for occupation in members}
    alternates = tuple(alternate_titles)
    _refuse_unknown((code for _, code in alternates), codes)
    lists: dict[str, list[Related]] = defaultdict(list)
    for code, other, tier, index in related:
        _refuse_unknown((code, other), codes)
        lists[code].append(Related(other, tier, index))
    ordered = {code: tuple(sorted(each, key=lambda entry: entry.index)) for code, each in lists.items()}
    for code, each in ordered.items():
        if [entry.index for entry in each] != list(range(1, len(each) + 1)):
            raise ValueError(f"the related occupations of {code} do not count from 1 to {len(each)}")
    return Taxonomy(release, members, alternates, ordered)


def _refuse_twice(names: Iterable[str]) -> None:
    for name, times in Counter(names).items():
        if times > 1:
            raise ValueError(f"the occupation {name!r} comes twice")


def _refuse_unknown(named: Iterable[str], codes: set[str]) -> None:
    for code in named:
        if code not in codes:
            raise ValueError(f"a row names the code {code!r}, which no occupation has")
