"""A small O*NET release in every form that the site ships, and the real 29.3 where it is at hand."""

import zipfile
from pathlib import Path

import pytest

from prep.onet.release import read_release

SHARED = Path(__file__).parents[4] / "shared" / "data" / "onet-29.3"

CODE = "O*NET-SOC Code"


def as_text(rows):
    """Return rows as the site writes them: tabs, no quotes, CRLF."""
    return "".join("\t".join(row) + "\r\n" for row in rows)


@pytest.fixture
def tables():
    """The rows of a release of four occupations, heads included; a test may change them before they are written."""
    return {
        "Occupation Data": [
            (CODE, "Title", "Description"),
            ("15-1252.00", "Software Developers", "Write software."),
            ("11-1011.00", "Chief Executives", 'Lead, "at the top".'),
            ("15-1254.00", "Web Developers", "Write pages."),
            ("55-1011.00", "Air Crew Officers", "Fly."),
        ],
        "Alternate Titles": [
            (CODE, "Alternate Title", "Short Title", "Source(s)"),
            ("11-1011.00", "CEO (Chief Executive Officer)", "CEO", "02,04"),
            ("15-1252.00", "Developer", "n/a", "08"),
            ("15-1254.00", "Developer", "n/a", "08"),
            ("15-1254.00", 'The "Web" Person, Junior', "n/a", "09"),
        ],
        "Related Occupations": [
            (CODE, "Related O*NET-SOC Code", "Relatedness Tier", "Index"),
            ("15-1252.00", "11-1011.00", "Supplemental", "2"),
            ("15-1252.00", "15-1254.00", "Primary-Short", "1"),
            ("15-1254.00", "15-1252.00", "Primary-Short", "1"),
        ],
    }


@pytest.fixture
def text_folder(tmp_path):
    """Return a function that writes tables as a folder of text files."""

    def write(tables, name="db_1_0_text"):
        folder = tmp_path / name
        folder.mkdir(parents=True)
        for table, rows in tables.items():
            (folder / f"{table}.txt").write_bytes(as_text(rows).encode())
        return folder

    return write


@pytest.fixture
def text_zip(tmp_path):
    """Return a function that writes tables as a zip of one folder of text files, as the site does."""

    def write(tables, release="1.0", readme=True):
        stem = f"db_{release.replace('.', '_')}_text"
        path = tmp_path / f"{stem}.zip"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for table, rows in tables.items():
                archive.writestr(f"{stem}/{table}.txt", as_text(rows))
            if readme:
                archive.writestr(f"{stem}/Read Me.txt", f"O*NET {release} Database\r\nMay 2025 Release\r\n")
        return path

    return write


@pytest.fixture(scope="session")
def shared_folder():
    """The folder of the real release 29.3, xlsx files."""
    if not SHARED.is_dir():
        pytest.skip(f"the real O*NET release is not at {SHARED}")
    return SHARED


@pytest.fixture(scope="session")
def release_29_3(shared_folder):
    """The real release 29.3, read once."""
    return read_release(shared_folder)
