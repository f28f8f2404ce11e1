"""Which O*NET release a command uses: --onet or NEXTOCC_ONET, else the newest fetched one, else the packaged facts."""

from __future__ import annotations

import os
import re
from pathlib import Path

from prep.console import voice
from prep.onet.packaged import FACTS, RELEASE, packaged_taxonomy
from prep.onet.release import read_release
from prep.onet.taxonomy import Taxonomy

_FETCHED = re.compile(r"db_(\d+)_(\d+)_text\.zip")

WHOLE = "For the whole release pass --onet with every command, or run `prep onet fetch`."


def cache_folder() -> Path:
    """Return where `prep onet fetch` keeps releases: NEXTOCC_CACHE, else the user's cache folder."""
    base = os.environ.get("NEXTOCC_CACHE") or Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "nextocc"
    return Path(base) / "onet"


def locate(given: Path | None) -> Path:
    """Return the release to read. `given` is what --onet or NEXTOCC_ONET says."""
    if given is not None:
        return given
    fetched = {
        (int(match[1]), int(match[2])): path for path in cache_folder().glob("*.zip") if (match := _FETCHED.fullmatch(path.name))
    }
    return fetched[max(fetched)] if fetched else FACTS


def load_taxonomy(given: Path | None) -> Taxonomy:
    """Read the release that `locate` names; where that is the packaged facts by default, say what they lack."""
    place = locate(given)
    if place != FACTS:
        return read_release(place)
    if given is None:
        voice.say(f"{RELEASE}: no alternate titles, and the related occupations of the samples only. {WHOLE}")
    return packaged_taxonomy()
