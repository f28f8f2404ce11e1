"""`prep ingest`: any source of careers → careers.jsonl."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from prep.console import onet_option, overwrite_option, path_argument, path_option, reporting
from prep.sources.formats import FIELDS, FORMATS


@click.command()
@path_argument("source")
@click.option("--format", "form", type=click.Choice(["auto", *FORMATS]), default="auto", show_default=True)
@onet_option
@path_option(
    "--mapping", help=f"YAML that names the columns of a CSV file: {{our field: their column}}. Our fields: {', '.join(FIELDS)}."
)
@path_option("--crosswalks", help="Folder of crosswalk files, for sources coded in another classification.")
@path_option("-o", "--output", required=True, help="Where careers.jsonl goes; rejects and manifest stand beside it.")
@click.option("--allow-rejects", is_flag=True, help="Go on without the people who have a malformed record.")
@overwrite_option
@reporting
def ingest(
    source: Path,
    form: str,
    onet: Path | None,
    mapping: Path | None,
    crosswalks: Path | None,
    output: Path,
    allow_rejects: bool,
    overwrite: bool,
) -> dict[str, Any]:
    """Read careers from SOURCE and code their jobs in O*NET-SOC 2019.

    Example: prep ingest samples/careers.jsonl -o data/careers.jsonl
    """
    from prep.onet.locate import load_taxonomy
    from prep.sources.base import Setting
    from prep.sources.ingest import ingest_careers

    setting = Setting(load_taxonomy(onet), mapping, crosswalks)
    return ingest_careers(source, form, setting, output, allow_rejects=allow_rejects, overwrite=overwrite)
