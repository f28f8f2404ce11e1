"""An O*NET release as its site ships it → a Taxonomy.

Read are `Occupation Data`, `Alternate Titles` and `Related Occupations`, from a folder of xlsx files, a folder of tab-separated
text files, or a zip of either (`db_29_3_text.zip`).
"""

from __future__ import annotations

import csv
import re
import zipfile
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from prep.errors import InputError
from prep.onet.taxonomy import Taxonomy, build_taxonomy

if TYPE_CHECKING:
    import pandas

CODE, TITLE = "O*NET-SOC Code", "Title"
TABLES = {
    "Occupation Data": (CODE, TITLE),
    "Alternate Titles": ("Alternate Title", CODE),
    "Related Occupations": (CODE, "Related O*NET-SOC Code", "Relatedness Tier", "Index"),
}
_README = "Read Me.txt"
_WHOLE_RELEASE = "Unpack a whole release (https://www.onetcenter.org/database.html), or run `prep onet fetch`."


def read_release(place: Path) -> Taxonomy:
    """Read the release that lies in a folder or a zip.

    Raises InputError where a table is missing or damaged, lacks a column or a cell, or contradicts another.
    """
    if not place.exists():
        raise InputError(f"{place}: there is no such O*NET release.", _WHOLE_RELEASE)
    if not place.is_dir() and not zipfile.is_zipfile(place):
        raise InputError(f"{place}: neither a folder nor a zip, or a damaged zip.", _WHOLE_RELEASE)
    occupations, alternate_titles, related = (_rows(place, table) for table in TABLES)
    try:
        return build_taxonomy(
            release_name(place),
            ((code, title) for code, title in occupations),
            ((title, code) for title, code in alternate_titles),
            ((code, other, tier, _index(index)) for code, other, tier, index in related),
        )
    except ValueError as error:
        raise InputError(f"{place}: the tables do not hold together: {error}.", _WHOLE_RELEASE) from None


def release_name(place: Path) -> str:
    """Return the name of a release, from its read-me where there is one, else from its path."""
    _, content = _read(place, _README) or ("", b"")
    first = content.decode(errors="replace").split("\n", 1)[0]
    if match := re.search(r"O\*NET (\d+\.\d+)", first) or re.search(r"(\d+)[._](\d+)", place.name):
        return f"O*NET {'.'.join(match.groups())}"
    return f"O*NET in {place.name}"


def _rows(place: Path, table: str) -> list[tuple[str, ...]]:
    """Return the cells of a table that nextocc uses, each a text that is not empty."""
    wanted = (f"{table}.xlsx", f"{table}.txt")
    found = _read(place, *wanted)
    if found is None:
        raise InputError(f"{place}: the table {table!r} is missing (looked for {' and '.join(wanted)}).", _WHOLE_RELEASE)
    frame = _frame(place, *found)
    columns = list(TABLES[table])
    if missing := [column for column in columns if column not in frame.columns]:
        raise InputError(f"{place}: the table {table!r} lacks the column {missing[0]!r}.", _WHOLE_RELEASE)
    frame = frame[columns]
    # the cells that a half-written line lacks are no texts in a frame
    gaps = (frame.isna() | (frame == "")).any(axis=1).tolist()
    if any(gaps):
        raise InputError(f"{place}: {found[0]}: a cell of row {gaps.index(True) + 1} is empty.", _WHOLE_RELEASE)
    return list(frame.itertuples(index=False, name=None))


def _index(text: str) -> int:
    if not text.isdecimal():
        raise ValueError(f"the index {text!r} is no whole number")
    return int(text)


def _frame(place: Path, name: str, content: bytes) -> pandas.DataFrame:
    import pandas

    try:
        if name.endswith(".xlsx"):
            return pandas.read_excel(BytesIO(content), dtype=str, keep_default_na=False, engine="calamine")
        return pandas.read_csv(BytesIO(content), sep="\t", dtype=str, keep_default_na=False, quoting=csv.QUOTE_NONE)
    except Exception as error:  # noqa: BLE001 - every reader has its own errors for a damaged file
        raise InputError(f"{place}: {name} cannot be read: {error}.", _WHOLE_RELEASE) from None


def _read(place: Path, *wanted: str) -> tuple[str, bytes] | None:
    """Return name and content of the first file of a folder or a zip that has a wanted name."""
    if place.is_dir():
        return next(((name, (place / name).read_bytes()) for name in wanted if (place / name).is_file()), None)
    try:
        with zipfile.ZipFile(place) as archive:
            # the site's zips hold one folder of files
            members = {member.rsplit("/", 1)[-1]: member for member in archive.namelist()}
            return next(((name, archive.read(members[name])) for name in wanted if name in members), None)
    except Exception as error:  # noqa: BLE001 - a damaged zip raises errors of zipfile, zlib and others
        raise InputError(f"{place}: the zip is damaged: {error}.", _WHOLE_RELEASE) from None
