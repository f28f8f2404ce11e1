import hashlib
import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread

import pytest
from click.testing import CliRunner

from prep.commands.onet import onet
from prep.console import command_group
from prep.errors import UserError
from prep.onet import fetch as fetch_module
from prep.onet.digest import PINNED, content_digest
from prep.onet.fetch import fetch, file_name
from prep.onet.locate import locate
from prep.onet.release import read_release

NAME = "db_1_0_text.zip"


class Site(ThreadingHTTPServer):
    """O*NET's site on this machine: serves `content` under every name, in the manner of `manner`."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.content, self.manner, self.requests, self.hang = b"", "whole", [], Event()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_address[1]}/files"


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.requests.append((self.path, self.headers["User-Agent"]))
        if self.server.manner == "absent":
            return self.send_error(404)
        if self.server.manner == "dropped":
            return self.connection.close()
        content = self.server.content
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content if self.server.manner == "whole" else content[: len(content) // 2])
        if self.server.manner == "silent":
            self.server.hang.wait(10)
        return None

    def log_message(self, *_):
        pass


@pytest.fixture
def site(monkeypatch):
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with Site() as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.hang.set()
        server.shutdown()
        thread.join()


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("NEXTOCC_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "onet"


@pytest.fixture
def release(site, tables, text_zip, monkeypatch):
    """Release 1.0, served by the site and pinned."""
    path = text_zip(tables)
    site.content = path.read_bytes()
    monkeypatch.setitem(PINNED, "1.0", content_digest(read_release(path)))
    return site


def refused(cache, *args):
    """Return the error of a fetch that leaves nothing behind."""
    before = {path: path.read_bytes() for path in cache.glob("*")} if cache.is_dir() else {}
    with pytest.raises(UserError) as caught:
        fetch(*args)
    assert ({path: path.read_bytes() for path in cache.glob("*")} if cache.is_dir() else {}) == before
    return caught.value


def test_a_good_release(release, cache):
    said = []
    fetched = fetch("1.0", release.url, None, said.append)
    assert fetched.path == cache / NAME == locate(None)
    assert fetched.path.read_bytes() == release.content
    assert (fetched.pinned, fetched.downloaded, len(fetched.taxonomy)) == (True, True, 4)
    assert [path.name for path in cache.iterdir()] == [NAME]
    [(path, agent)] = release.requests
    assert path == f"/files/{NAME}"
    assert agent.startswith("nextocc")
    assert said == [f"Downloading {release.url}/{NAME}"]


def test_a_second_run_does_nothing(release, cache):
    fetch("1.0", release.url)
    again = fetch("1.0", release.url)
    assert not again.downloaded
    assert again.path == cache / NAME
    assert len(release.requests) == 1


@pytest.mark.parametrize("damage", [b"no zip", b""])
def test_an_unsound_release_that_lies_there_is_fetched_again(release, cache, damage):
    cache.mkdir(parents=True)
    (cache / NAME).write_bytes(damage)
    said = []
    assert fetch("1.0", release.url, None, said.append).downloaded
    assert (cache / NAME).read_bytes() == release.content
    assert "does not pass the check" in said[0]


def test_a_release_that_is_not_pinned_is_checked_for_its_structure(release, cache, monkeypatch):
    monkeypatch.delitem(PINNED, "1.0")
    fetched = fetch("1.0", f"{release.url}/")
    assert not fetched.pinned
    assert fetched.digest == content_digest(fetched.taxonomy)


def test_a_cut_connection(release, cache):
    release.manner = "half"
    error = refused(cache, "1.0", release.url)
    missing = len(release.content) - len(release.content) // 2
    assert f"{NAME} stopped {missing:,} bytes before its end" in error.problem
    assert "run it again" in error.fix
    release.manner = "whole"
    assert fetch("1.0", release.url).downloaded


@pytest.mark.parametrize(
    ("manner", "message"), [("absent", "answers 404"), ("dropped", "cannot be downloaded"), ("silent", "timed out")]
)
def test_a_site_that_does_not_answer(release, cache, monkeypatch, manner, message):
    monkeypatch.setattr(fetch_module, "_SECONDS_OF_SILENCE", 0.3)
    release.manner = manner
    error = refused(cache, "1.0", release.url)
    assert f"{release.url}/{NAME}" in error.problem
    assert message in error.problem
    assert "in a browser and pass the file with --onet" in error.fix


def test_a_stopped_download_leaves_nothing(release, cache, monkeypatch):
    def stopped(address):
        yield b"PK"
        raise KeyboardInterrupt

    monkeypatch.setattr(fetch_module, "_download", stopped)
    with pytest.raises(KeyboardInterrupt):
        fetch("1.0", release.url)
    assert list(cache.iterdir()) == []


def test_no_connection(cache, site):
    address = site.url
    site.shutdown()
    site.server_close()
    assert "Connection refused" in refused(cache, "1.0", address).problem


@pytest.mark.parametrize("content", [b"<html>Please log in</html>", b""])
def test_what_is_no_zip(release, cache, content):
    release.content = content
    error = refused(cache, "1.0", release.url)
    assert error.problem == "The file is no O*NET release: neither a folder nor a zip, or a damaged zip."
    assert "in a browser and pass the file with --onet" in error.fix


def test_a_zip_that_is_no_release(release, cache, tables, text_zip):
    del tables["Related Occupations"]
    release.content = text_zip(tables).read_bytes()
    assert "the table 'Related Occupations' is missing" in refused(cache, "1.0", release.url).problem


def test_another_content(release, cache, tables, text_zip):
    tables["Alternate Titles"].append(("11-1011.00", "Boss", "n/a", "08"))
    release.content = text_zip(tables).read_bytes()
    error = refused(cache, "1.0", release.url)
    assert "The file is not O*NET 1.0: its content has the sha256" in error.problem
    assert PINNED["1.0"] in error.problem


def test_another_release_under_the_name(release, cache, tables, text_zip):
    release.content = text_zip(tables, "0.9").read_bytes()
    assert refused(cache, "2.0", release.url).problem == "The file is not O*NET 2.0 but O*NET 0.9."


def test_the_sha256_of_the_zip(release, cache):
    sha256 = hashlib.sha256(release.content).hexdigest()
    assert "has the sha256" in refused(cache, "1.0", release.url, "0" * 64).problem
    assert fetch("1.0", release.url, sha256.upper()).downloaded
    assert not fetch("1.0", release.url, sha256).downloaded
    assert "has the sha256" in refused(cache, "1.0", release.url, "0" * 64).problem
    assert "is no sha256" in refused(cache, "1.0", release.url, "abc").problem


@pytest.mark.parametrize("url", ["/data/mirror", "file:///data/mirror", "ftp://mirror"])
def test_an_address_that_is_none_of_the_web(cache, url):
    error = refused(cache, "1.0", url)
    assert "is no web address" in error.problem
    assert "--onet" in error.fix


@pytest.mark.parametrize("release", ["29", "latest", "../29.3", "29.3.1", ""])
def test_a_release_that_is_no_number(release):
    with pytest.raises(UserError, match="is no O\\*NET release"):
        file_name(release)


def test_the_pinned_release_has_the_name_on_the_site():
    assert [file_name(release) for release in PINNED] == ["db_29_3_text.zip"]


def run(*args):
    """Run `prep onet …`."""
    return CliRunner().invoke(command_group("prep", "Test.", [onet]), ["onet", *args])


def test_the_fetch_command(release, cache):
    result = run("fetch", "--release", "1.0", "--url", release.url, "--json")
    assert result.exit_code == 0, result.stderr
    report = json.loads(result.stdout)
    assert report["path"] == str(cache / NAME)
    assert report["state"] == "downloaded"
    assert report["check"] == "content as pinned"
    assert report["content_sha256"] == PINNED["1.0"]
    assert "Downloading" in result.stderr
    assert "nothing to do" in run("fetch", "--release", "1.0", "--url", release.url).stdout


def test_the_fetch_command_says_that_a_release_is_not_pinned(release, cache, monkeypatch):
    monkeypatch.delitem(PINNED, "1.0")
    result = run("fetch", "--release", "1.0", "--url", release.url)
    assert "structure only: nextocc has no digest of this release" in result.stdout


def test_the_fetch_command_reports_a_mistake_without_a_traceback(release, cache):
    release.manner = "absent"
    result = run("fetch", "--release", "1.0", "--url", release.url)
    assert result.exit_code == 1
    assert result.stdout == ""
    assert "Error: " in result.stderr
    assert "answers 404" in result.stderr
    assert "→" in result.stderr
    assert "Traceback" not in result.stderr


def test_the_show_command(cache, tables, text_folder):
    folder = text_folder(tables)
    report = json.loads(run("show", "--onet", str(folder), "--json").stdout)
    assert report == {"release": "O*NET 1.0", "path": str(folder), "occupations": 4, "alternate_titles": 4, "related_lists": 2}


def test_packaged_facts_that_nobody_named_are_told_to_be_not_all(cache, monkeypatch):
    monkeypatch.delenv("NEXTOCC_ONET")
    result = run("show")
    assert result.exit_code == 0, result.stderr
    assert "1,016" in result.stdout
    assert "prep onet fetch" in result.stderr
    assert run("show", "-q").output == ""
