"""Is this release the one that it is said to be? A Taxonomy in, the sha256 of its content out.

What is pinned is the content of the three tables that nextocc reads, not the bytes of a zip: O*NET ships the same release as
xlsx and as text, a mirror may pack it anew, and equal content makes equal scores whatever it came in.

The digests below were computed from the xlsx form. The text form writes the same cells: it puts no quotes around titles that
hold commas and no blanks around anything, and its `n/a` for an empty cell stands only in `Short Title`, which is not read. This
was checked for the `Alternate Titles` of 29.3, equal in length to the character, and is expected of the other two.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

import orjson

from prep.onet.taxonomy import Taxonomy

# release number → content digest
PINNED = {"29.3": "317bcd431e7336591e6685d90514738e3c2102d6cb38956df4dba69512a003d8"}


def content_digest(taxonomy: Taxonomy) -> str:
    """Return the sha256, in hexadecimal, of a release's occupations, alternate titles and related lists.

    It is taken over JSON lines, the rows of each table in order, so that neither the file format nor the order of rows counts.
    The name of the release and its path do not enter.
    """
    digest = hashlib.sha256()
    for row in _rows(taxonomy):
        digest.update(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE))
    return digest.hexdigest()


def taxonomy_identity(taxonomy: Taxonomy) -> dict[str, str]:
    """Return what a release *is* to whatever is made with it: its name, and the content that decides what is a title.

    One name may stand for several contents: the facts that ship with nextocc hold fewer lists than the whole release.
    """
    return {"release": taxonomy.release, "sha256": content_digest(taxonomy)}


def _rows(taxonomy: Taxonomy) -> Iterator[tuple[str | int, ...]]:
    for code, title in sorted((occupation.code, occupation.title) for occupation in taxonomy):
        yield "occupation", code, title
    for title, code in sorted(taxonomy.alternate_titles):
        yield "alternate title", title, code
    for code, entries in sorted(taxonomy.related_of.items()):
        for entry in sorted(entries, key=lambda entry: entry.index):
            yield "related", code, entry.code, entry.tier, entry.index
