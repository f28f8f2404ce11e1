from pathlib import Path

import pytest

from prep.errors import InputError
from prep.onet.locate import cache_folder, load_taxonomy, locate
from prep.onet.packaged import FACTS


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("NEXTOCC_CACHE", str(tmp_path / "cache"))
    folder = tmp_path / "cache" / "onet"
    folder.mkdir(parents=True)
    return folder


def test_the_cache_folder(monkeypatch):
    monkeypatch.delenv("NEXTOCC_CACHE", raising=False)
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setenv("HOME", "/home/someone")
    assert cache_folder() == Path("/home/someone/.cache/nextocc/onet")
    monkeypatch.setenv("XDG_CACHE_HOME", "/caches")
    assert cache_folder() == Path("/caches/nextocc/onet")
    monkeypatch.setenv("NEXTOCC_CACHE", "/mine")
    assert cache_folder() == Path("/mine/onet")


def test_what_is_given_comes_first(cache, tmp_path):
    (cache / "db_29_3_text.zip").touch()
    assert locate(tmp_path) == tmp_path


def test_the_newest_fetched_release_comes_second(cache):
    for name in ("db_9_10_text.zip", "db_29_3_text.zip", "db_29_10_text.zip", "db_5_0_text.zip"):
        (cache / name).touch()
    assert locate(None) == cache / "db_29_10_text.zip"


def test_other_files_in_the_cache_do_not_count(cache):
    for name in (".db_30_0_text.zip.partial", "db_latest_text.zip", "db_30_0_excel.zip"):
        (cache / name).touch()
    assert locate(None) == FACTS


def test_the_packaged_facts_come_last(cache):
    cache.rmdir()
    assert locate(None) == FACTS
    assert not load_taxonomy(None).related_complete


def test_a_fetched_release_is_read(cache, tables, text_zip):
    text_zip(tables, "29.3").rename(cache / "db_29_3_text.zip")
    taxonomy = load_taxonomy(None)
    assert (taxonomy.release, len(taxonomy), taxonomy.related_complete) == ("O*NET 29.3", 4, True)


def test_a_given_place_that_does_not_exist_is_an_error_and_no_reason_to_take_another(cache, tmp_path):
    with pytest.raises(InputError, match="no such O\\*NET release"):
        load_taxonomy(tmp_path / "nowhere")
