"""Crosswalk files → for every Census 2010 occupation code, the O*NET-SOC 2019 occupations that it may mean.

The way is Census 2010 → SOC 2010 → SOC 2018 → O*NET-SOC 2019, and each step can fan out: half of the NLSY97's jobs carry a Census
code that reaches more than one occupation.

The tie-break: the lowest `.00` code that has related occupations. A `.00` code is the SOC occupation itself rather than a
specialty of it; one with related occupations is described by O*NET rather than a residual "All Other". Where none qualifies, the
lowest code that the taxonomy knows: with O*NET 29.3 these are the 19 Census codes that are "all other" themselves or mean one
(1.4 % of the NLSY97's coded jobs), so that the residual is the true answer and a specialty would be invented.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from prep.errors import InputError, UserError
from prep.onet.taxonomy import Taxonomy
from prep.schema.career import Coding
from prep.schema.example import Occupation
from prep.sources.table import header, read_table

METHOD = "census2010 crosswalk"
CENSUS_TO_SOC2010 = "census2010_soc2010_xw.csv"
SOC2010_TO_SOC2018 = "soc2010_soc2018.csv"
ONET2019_TO_SOC2018 = "2019_to_SOC_Crosswalk.xlsx"  # as published on https://www.onetcenter.org/crosswalks.html
FOLDER = f"Pass --crosswalks with a folder that holds {CENSUS_TO_SOC2010}, {SOC2010_TO_SOC2018} and {ONET2019_TO_SOC2018}."

_TITLE_ROWS_OF_ONET = 3  # they stand above the row of column names
_CENSUS, _SOC = re.compile(r"\d{1,4}"), re.compile(r"\d{2}-[\dX]{4}")

Pair = tuple[str, str]


@dataclass(frozen=True)
class CensusOccupation:
    """What one Census 2010 code may mean: `candidates` in the order of their codes, and the one that is chosen."""

    candidates: tuple[Occupation, ...]
    chosen: Occupation

    def coding(self) -> Coding:
        """Return the chosen occupation; its score is 1 / number of candidates."""
        score = round(1 / len(self.candidates), 4)
        return Coding(code=self.chosen.code, title=self.chosen.title, method=METHOD, score=score)


def read_census_crosswalk(folder: Path | None, taxonomy: Taxonomy) -> dict[str, CensusOccupation]:
    """Read the three files of `folder` and return the occupation of every four-digit Census 2010 code that reaches one.

    Raises UserError where no folder is given or `taxonomy` lacks related lists, InputError where a file is missing or malformed.
    """
    if folder is None:
        raise UserError("Census codes need crosswalk files.", FOLDER)
    census = [(code.zfill(4), soc) for code, soc in _csv_pairs(folder / CENSUS_TO_SOC2010, census2010=_CENSUS, soc2010=_SOC)]
    soc = list(_csv_pairs(folder / SOC2010_TO_SOC2018, soc2010=_SOC, soc2018=_SOC))
    onet = list(_xlsx_pairs(folder / ONET2019_TO_SOC2018, "2018 SOC Code", "O*NET-SOC 2019 Code"))
    return resolve(census, soc, onet, taxonomy)


def resolve(census: Iterable[Pair], soc: Iterable[Pair], onet: Iterable[Pair], taxonomy: Taxonomy) -> dict[str, CensusOccupation]:
    """Join (Census, SOC 2010), (SOC 2010, SOC 2018) and (SOC 2018, O*NET-SOC) and choose one occupation a Census code.

    A Census code that reaches nothing in `taxonomy` is left out. Raises UserError where `taxonomy` lacks related lists.
    """
    if not taxonomy.related_complete:
        raise UserError(f"The crosswalk chooses by related occupations, and {taxonomy.release} lacks many.", taxonomy.fix)
    to_soc2018, to_onet = _grouped(soc), _grouped(onet)
    reached: dict[str, set[str]] = defaultdict(set)
    for code, entry in census:
        for detailed in _detailed(entry, to_soc2018):
            for soc2018 in to_soc2018[detailed]:
                reached[code] |= to_onet.get(soc2018, set())
    candidates = {
        code: tuple(occupation for occupation in taxonomy if occupation.code in reached[code]) for code in sorted(reached)
    }
    return {code: CensusOccupation(each, _choose(each, taxonomy)) for code, each in candidates.items() if each}


def _choose(candidates: Sequence[Occupation], taxonomy: Taxonomy) -> Occupation:
    described = (each for each in candidates if each.code.endswith(".00") and taxonomy.related(each.code))
    return next(described, candidates[0])


def _detailed(entry: str, known: Mapping[str, set[str]]) -> list[str]:
    """Return the detailed SOC 2010 occupations that an entry means.

    The Census lists broad groups by a final 0 (25-1000, all of 25-1xxx) and aggregates by a final X (37-201X); no detailed code
    ends so. A code that the SOC table does not know reaches nothing.
    """
    if entry in known:
        return [entry]
    return [code for code in known if entry[-1] in "0X" and code.startswith(entry.rstrip("0X"))]


def _grouped(pairs: Iterable[Pair]) -> dict[str, set[str]]:
    groups = defaultdict(set)
    for left, right in pairs:
        groups[left].add(right)
    return dict(groups)


def _csv_pairs(path: Path, **forms: re.Pattern[str]) -> Iterator[Pair]:
    """Yield the two columns that `forms` names. Raises InputError where a cell is not written in its form."""
    _check_is_there(path)
    _check_columns(path, header(path), *forms)
    for where, row in read_table(path):
        left, right = codes = [(row[name] or "").strip() for name in forms]
        for (name, form), code in zip(forms.items(), codes, strict=True):
            if not form.fullmatch(code):
                raise InputError(f"{where}: {name}: {code!r} is no code.", "Write one code in a cell.")
        yield left, right


def _xlsx_pairs(path: Path, left: str, right: str) -> Iterator[Pair]:
    import pandas

    _check_is_there(path)
    try:
        frame = pandas.read_excel(path, header=_TITLE_ROWS_OF_ONET, dtype=str, keep_default_na=False, engine="calamine")
    except Exception as error:  # noqa: BLE001 - the reader has its own errors for a damaged file
        raise InputError(f"{path}: not a readable table ({error}).", FOLDER) from None
    _check_columns(path, [str(column) for column in frame.columns], left, right)
    yield from ((str(a).strip(), str(b).strip()) for a, b in frame[[left, right]].itertuples(index=False, name=None))


def _check_is_there(path: Path) -> None:
    if not path.is_file():
        raise InputError(f"{path}: there is no such crosswalk file.", FOLDER)


def _check_columns(path: Path, columns: Iterable[str], *wanted: str) -> None:
    if missing := [name for name in wanted if name not in set(columns)]:
        raise InputError(f"{path}: the column {missing[0]!r} is missing.", FOLDER)
