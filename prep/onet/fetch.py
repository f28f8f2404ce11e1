"""An official O*NET release from the web → a checked `db_29_3_text.zip` in the cache folder, or nothing at all.

The check: it reads as a release, and its content has the digest in prep/onet/digest.py. A release without a digest there is
checked for its structure and its name alone, and the result says so.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from http.client import HTTPException
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from prep.errors import InputError, UserError
from prep.files.atomic import writing
from prep.files.manifest import sha256_file
from prep.onet.digest import PINNED, content_digest
from prep.onet.locate import cache_folder
from prep.onet.release import read_release
from prep.onet.taxonomy import Taxonomy

OFFICIAL = "https://www.onetcenter.org/dl_files/database"
_SECONDS_OF_SILENCE = 60.0  # without a byte from the server
_CHUNK = 1 << 16  # bytes
_USER_AGENT = "nextocc (O*NET release download)"


@dataclass(frozen=True)
class Fetched:
    """A release in the cache folder that passed its check."""

    path: Path
    taxonomy: Taxonomy
    digest: str  # of the content, in hexadecimal
    pinned: bool  # false: nextocc knows no digest of this release, its structure alone was checked
    downloaded: bool  # false: it was there already


def fetch(release: str, url: str = OFFICIAL, sha256: str | None = None, say: Callable[[str], object] = lambda _: None) -> Fetched:
    """Bring a release, named like `29.3`, into the cache folder, unless it lies there already and is sound.

    `url` is the address of the folder that holds the zip; `sha256` is checked against the zip's bytes where it is given; `say`
    is told what goes on. Raises UserError where the release cannot be had or is not what it should be; the cache folder is
    then as it was.
    """
    path = cache_folder() / file_name(release)
    if sha256 is not None and not re.fullmatch(r"[0-9a-fA-F]{64}", sha256):
        raise UserError(f"{sha256!r} is no sha256.", "Give its 64 hexadecimal digits.")
    if path.is_file():
        try:
            return _checked(path, release, sha256, downloaded=False)
        except UserError as error:
            say(f"{path} is there, but does not pass the check: {error.problem} It is fetched again.")
    address = f"{url.rstrip('/')}/{path.name}"
    say(f"Downloading {address}")
    with writing(path) as stream:
        for chunk in _download(address):
            stream.write(chunk)
        stream.flush()
        fetched = _checked(Path(stream.name), release, sha256, downloaded=True)
    return replace(fetched, path=path)


def file_name(release: str) -> str:
    """Return the name that O*NET's site gives the text form of a release. Raises UserError where `release` is no number."""
    if not re.fullmatch(r"[0-9]+\.[0-9]+", release):
        raise UserError(
            f"{release!r} is no O*NET release.", "Write it like 29.3 (list: https://www.onetcenter.org/db_releases.html)."
        )
    return f"db_{release.replace('.', '_')}_text.zip"


def _checked(path: Path, release: str, sha256: str | None, *, downloaded: bool) -> Fetched:
    """Return what lies at `path`. Raises UserError where it is not the release that was asked for."""
    if sha256 is not None and (found := sha256_file(path)) != sha256.lower():
        raise UserError(f"The zip has the sha256 {found}, not {sha256.lower()}.", "Check --sha256 and --url, and run it again.")
    fix = f"Run it again without --url, or {_by_hand(f'{OFFICIAL}/{file_name(release)}')}"
    try:
        taxonomy = read_release(path)
    except InputError as error:
        raise UserError(f"The file is no O*NET release: {error.problem.removeprefix(f'{path}: ')}", fix) from None
    digest, expected = content_digest(taxonomy), PINNED.get(release)
    if expected not in (None, digest):
        raise UserError(f"The file is not O*NET {release}: its content has the sha256 {digest}, not {expected}.", fix)
    if taxonomy.release != f"O*NET {release}":
        raise UserError(f"The file is not O*NET {release} but {taxonomy.release}.", fix)
    return Fetched(path, taxonomy, digest, expected is not None, downloaded)


def _download(address: str) -> Iterator[bytes]:
    """Yield the bytes at an address. Raises UserError where it cannot be reached or stops halfway."""
    if not address.startswith(("http://", "https://")):
        raise UserError(f"{address} is no web address.", "Give --url one that starts with https://; pass a file with --onet.")
    fix = f"Check the connection and the address, and run it again; or {_by_hand(address)}"
    try:
        with urlopen(Request(address, headers={"User-Agent": _USER_AGENT}), timeout=_SECONDS_OF_SILENCE) as response:
            while chunk := response.read(_CHUNK):
                yield chunk
            missing = response.length
    except HTTPError as error:
        error.close()
        raise UserError(f"{address} answers {error.code} {error.reason}.", fix) from None
    except (OSError, HTTPException, ValueError) as error:
        raise UserError(f"{address} cannot be downloaded: {getattr(error, 'reason', error)}.", fix) from None
    if missing:  # a connection that is cut reads like the end of the file
        raise UserError(f"{address} stopped {missing:,} bytes before its end.", fix)


def _by_hand(address: str) -> str:
    return f"download {address} in a browser and pass the file with --onet."
