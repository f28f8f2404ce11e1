import pytest

from prep.errors import InputError, OutputError
from prep.oracle.folder import RunFolder


@pytest.fixture
def folder(tmp_path):
    return RunFolder(tmp_path / "run")


def test_new_people_extend_a_run(folder, example):
    folder.take_examples([example("a")], overwrite=False)
    folder.take_examples([example("b"), example("a")], overwrite=False)
    assert folder.read_examples() == [example("b"), example("a")]


@pytest.mark.parametrize(
    ("now", "what"), [([("a", "Cook")], "example a has changed"), ([("b", "Bookkeeper")], "example a is not in the input")]
)
def test_people_of_a_run_neither_change_nor_go(folder, example, now, what):
    folder.take_examples([example("a")], overwrite=False)
    with pytest.raises(OutputError, match=what):
        folder.take_examples([example(*each) for each in now], overwrite=False)
    assert folder.read_examples() == [example("a")]


def test_people_who_were_never_asked_about_bind_nobody(folder, example):
    folder.take_examples([example("a")], overwrite=False)
    folder.take_examples([example("b")], overwrite=False, begun=False)
    assert folder.read_examples() == [example("b")]


def test_candidates_without_a_journal_are_not_written_over(folder, example):
    folder.take_examples([example("a")], overwrite=False, begun=False)
    folder.candidates.write_text("")
    with pytest.raises(OutputError, match=r"candidates.jsonl exists, and no journal"):
        folder.take_examples([example("a")], overwrite=False, begun=False)


def test_a_run_made_anew_has_no_candidates_and_scores_of_the_old_one(folder, example):
    folder.take_examples([example("a")], overwrite=False)
    for made in (folder.candidates, folder.judgements, folder.path / "candidates.manifest.json"):
        made.write_text("")
    folder.take_examples([example("b")], overwrite=True)
    assert [path.name for path in folder.path.iterdir()] == ["examples.jsonl"]


def test_what_is_missing_is_told_with_the_command_that_makes_it(folder, example):
    with pytest.raises(InputError, match=r"no run of the oracle(.|\n)*prep oracle"):
        folder.read_examples()
    folder.take_examples([example("a")], overwrite=False)
    with pytest.raises(InputError, match=r"no candidates.jsonl(.|\n)*prep oracle"):
        folder.read_candidates()
    with pytest.raises(InputError, match=r"no judgements.jsonl(.|\n)*prep judge"):
        folder.read_judgements()


def test_a_run_without_one_readable_answer_has_no_candidates_and_no_scores(folder, example):
    folder.take_examples([example("a")], overwrite=False)
    folder.candidates.write_text("")
    folder.judgements.write_text("")
    assert folder.read_candidates() == folder.read_judgements() == []
