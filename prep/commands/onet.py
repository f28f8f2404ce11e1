"""`prep onet`: fetch an official O*NET release, show the one in use."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from prep.console import onet_option, reporting, voice


@click.group()
def onet() -> None:
    """Fetch O*NET, or show which release is in use."""


@onet.command()
@click.option("--release", default="29.3", show_default=True, help="Release number.")
@click.option("--url", help="Address of the folder that holds the zip, for a mirror.  [default: O*NET's own]")
@click.option("--sha256", help="Check the bytes of the zip too.")
@reporting
def fetch(release: str, url: str | None, sha256: str | None) -> dict[str, Any]:
    """Download an O*NET release into the cache folder, and check its content.

    \b
    Example:
      prep onet fetch --release 29.3
    """
    from prep.onet.fetch import OFFICIAL
    from prep.onet.fetch import fetch as fetch_release

    fetched = fetch_release(release, url or OFFICIAL, sha256, voice.say)
    return {
        "release": fetched.taxonomy.release,
        "path": str(fetched.path),
        "state": "downloaded" if fetched.downloaded else "already there, nothing to do",
        "check": "content as pinned" if fetched.pinned else "structure only: nextocc has no digest of this release",
        "content_sha256": fetched.digest,
    }


@onet.command()
@onet_option
@reporting
def show(onet: Path | None) -> dict[str, Any]:
    """Show which O*NET release is in use, and what it holds.

    \b
    Example:
      prep onet show --onet db_29_3_text.zip
    """
    from prep.onet.locate import load_taxonomy, locate

    taxonomy = load_taxonomy(onet)
    return {
        "release": taxonomy.release,
        "path": str(locate(onet)),
        "occupations": len(taxonomy),
        "alternate_titles": len(taxonomy.alternate_titles),
        "related_lists": len(taxonomy.related_of),
    }
