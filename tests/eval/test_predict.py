"""Predictions with a scripted model: what is asked, what is kept, and to whom it belongs."""

import json
import re
from dataclasses import replace

import pytest

from eval.folder import PredictionFolder
from eval.predict import Asking, predict
from eval.score import score_run
from prep.dataset.rows import sft_row
from prep.dataset.targets import target
from prep.errors import InputError, OutputError
from prep.files.journal import Journal
from prep.llm.call import Reply

PEOPLE = ["ann", "bob", "cyd", "dan", "eve"]
ANSWERS = dict(zip(PEOPLE, ["Software Developers", "Web Developers", "coder", "Wizards", "Chief Executives"], strict=True))
ASKING = Asking(temperature=0.0, max_tokens=64, seed=7, answers="free", max_reason_chars=None)


def person_in(turn):
    """Return whom a user turn is about."""
    return re.search(r"Clerk (\w+)", turn)[1]


def joint(turn):
    person = person_in(turn)
    return target("joint", f"Reason of {person}.", ANSWERS[person])


def answer_alone(turn):
    return target("direct", "", ANSWERS[person_in(turn)])


def reason_alone(turn):
    return target("reasoner", f"Reason of {person_in(turn)}.", "")


def stops_at(person):
    """Return a script of a run that is stopped when it comes to this person."""

    def script(turn):
        if person_in(turn) == person:
            raise KeyboardInterrupt
        return joint(turn)

    return script


@pytest.fixture
def people(make_example):
    return [make_example(person) for person in PEOPLE]


@pytest.fixture
def folder(tmp_path):
    return PredictionFolder(tmp_path / "run")


@pytest.fixture
def ask(folder, taxonomy, write_test, people):
    """Return a function that predicts with scripted engines and returns (answers by person, counts)."""

    def run(mode, *engines, examples=None, asking=ASKING, taxonomy=taxonomy, **options):
        source = write_test(people if examples is None else examples)
        roles = dict(zip(["model", "predictor"], engines, strict=False))
        counts = predict(source, mode, roles, taxonomy, asking, folder, **options)
        return folder.read_predictions(), counts

    return run


def answers_of(predictions):
    return {example_id.removesuffix("#1"): prediction.answer for example_id, prediction in predictions.items()}


def test_joint(ask, scripted, people):
    engine = scripted(joint)
    predictions, counts = ask("joint", engine)
    assert answers_of(predictions) == ANSWERS
    assert {prediction.reason for prediction in predictions.values()} == {f"Reason of {person}." for person in PEOPLE}
    assert {prediction.mode for prediction in predictions.values()} == {"joint"}
    codes = [prediction.occupation and prediction.occupation.code for prediction in predictions.values()]
    assert codes == ["15-1252.00", "15-1254.00", "15-1252.00", None, "11-1011.00"]
    assert counts["examples"] == counts["predictions"] == 5
    assert list(predictions) == [example.example_id for example in people]


@pytest.mark.parametrize("mode", ["joint", "direct"])
def test_the_turn_is_that_of_training_to_the_byte(ask, scripted, people, mode):
    engine = scripted(joint)
    ask(mode, engine)
    assert [call.messages[-1]["content"] for call in engine.asked] == [
        sft_row(mode, example, "")["instruction"] for example in people
    ]
    assert {tuple(message["role"] for message in call.messages) for call in engine.asked} == {("system", "user")}


def test_direct_and_zero_shot(ask, scripted, tmp_path):
    predictions, _ = ask("direct", scripted(answer_alone))
    assert answers_of(predictions) == ANSWERS
    assert {prediction.reason for prediction in predictions.values()} == {None}
    engine = scripted(joint)
    predictions, _ = ask("zero-shot", engine, overwrite=True)
    assert answers_of(predictions) == ANSWERS
    assert "step by step" in engine.asked[0].messages[-1]["content"]
    assert predictions["ann#1"].reason == "Reason of ann."


def test_two_models_hand_the_reason_on(ask, scripted, people):
    reasoner, predictor = scripted(reason_alone, "reasoner"), scripted(answer_alone, "predictor")
    predictions, _ = ask("two-model", reasoner, predictor)
    assert answers_of(predictions) == ANSWERS
    assert predictions["bob#1"].reason == "Reason of bob."
    assert [call.messages[-1]["content"] for call in reasoner.asked] == [
        sft_row("reasoner", example, "")["instruction"] for example in people
    ]
    assert [call.messages[-1]["content"] for call in predictor.asked] == [
        sft_row("predictor", example, f"Reason of {example.person_id}.")["instruction"] for example in people
    ]


def test_two_models_and_a_reason_that_cannot_be_read(ask, scripted, people, folder):
    def reasoner(turn):
        return "<think>endless" if person_in(turn) == "bob" else reason_alone(turn)

    predictor = scripted(answer_alone)
    predictions, counts = ask("two-model", scripted(reasoner), predictor)
    assert answers_of(predictions) == ANSWERS
    assert predictions["bob#1"].reason is None
    assert predictor.asked[1].messages[-1]["content"] == sft_row("predictor", people[1], "")["instruction"]
    assert (counts["unparsed"], counts["unparsed_reasons"]) == ({}, {"no complete block of the tags that were asked for": 1})
    [reject] = [json.loads(line) for line in (folder.path / "predictions.rejects.jsonl").read_text().splitlines()]
    assert (reject["where"], reject["reason"]) == ("bob#1", "no reason: no complete block of the tags that were asked for")


def test_a_reason_that_was_cut_off_is_counted_beside_a_predictor_that_answers_nothing(ask, scripted):
    cut = Reply(text="<think>\nand", finish_reason="length")
    _, counts = ask("two-model", scripted(lambda _: cut), scripted(lambda _: Reply(refusal="no")))
    assert counts["unparsed_reasons"] == {"the answer was cut off at the token limit": 5}
    assert counts["unparsed"] == {"the model refused: no": 5}


def test_an_answer_without_its_reason_is_an_answer(ask, scripted):
    predictions, counts = ask("joint", scripted(answer_alone))
    assert answers_of(predictions) == ANSWERS
    assert (counts["unparsed"], sum(counts["unparsed_reasons"].values())) == ({}, 5)
    assert ask("direct", scripted(answer_alone), overwrite=True)[1]["unparsed_reasons"] == {}


def test_the_answer_of_a_reasoner_is_not_taken_for_the_predictors(ask, scripted):
    reasoner, predictor = scripted(joint), scripted(lambda turn: "I do not know.")
    predictions, counts = ask("two-model", reasoner, predictor)
    assert set(answers_of(predictions).values()) == {None}
    assert sum(counts["unparsed"].values()) == 5


@pytest.mark.parametrize("lost", [["ann"], ["cyd"], ["eve"], ["ann", "dan"], PEOPLE])
@pytest.mark.parametrize("step", ["joint", "reasoner", "predictor"])
def test_what_an_engine_loses_is_missing_and_shifts_nobody(ask, scripted, lost, step):
    def losing(script):
        return lambda turn: None if person_in(turn) in lost else script(turn)

    if step == "joint":
        predictions, counts = ask("joint", scripted(losing(joint)))
    else:
        reasoner, predictor = (losing(each) if name == step else each for name, each in STEPS.items())
        second = scripted(predictor)
        predictions, counts = ask("two-model", scripted(reasoner), second)
        assert len(second.asked) == (len(PEOPLE) - len(lost) if step == "reasoner" else len(PEOPLE))
    kept = [person for person in PEOPLE if person not in lost]
    assert answers_of(predictions) == {person: ANSWERS[person] for person in kept}
    assert all(predictions[f"{person}#1"].reason == f"Reason of {person}." for person in kept)
    assert counts["predictions"] == len(kept)


STEPS = {"reasoner": reason_alone, "predictor": answer_alone}


def test_answers_in_any_order_find_their_people(ask, scripted):
    class Backwards(scripted):
        def answer(self, calls, journal, bar):
            super().answer(reversed(list(calls)), journal, bar)

    predictions, _ = ask("two-model", Backwards(reason_alone), Backwards(answer_alone))
    assert answers_of(predictions) == ANSWERS
    assert all(prediction.reason == f"Reason of {id_.removesuffix('#1')}." for id_, prediction in predictions.items())
    assert [id_.removesuffix("#1") for id_ in predictions] == PEOPLE


@pytest.mark.parametrize(
    ("reply", "problem"),
    [
        ("Chief Executives", "no complete block of the tags that were asked for"),
        (Reply(text="<think>\nand", finish_reason="length"), "the answer was cut off at the token limit"),
        (Reply(text=""), "the answer is empty"),
        (Reply(refusal="no"), "the model refused: no"),
        (Reply(error="HTTP 400"), "HTTP 400"),
    ],
)
def test_what_cannot_be_read_is_kept_apart_with_its_reason(ask, scripted, tmp_path, reply, problem):
    predictions, counts = ask("joint", scripted(lambda turn: reply if person_in(turn) == "cyd" else joint(turn)))
    assert (predictions["cyd#1"].answer, predictions["cyd#1"].occupation) == (None, None)
    assert counts["unparsed"] == counts["unparsed_reasons"] == {problem: 1}
    rejects = [json.loads(line) for line in (tmp_path / "run" / "predictions.rejects.jsonl").read_text().splitlines()]
    assert {reject["where"] for reject in rejects} == {"cyd#1"}
    assert [reject["reason"] for reject in rejects] == [f"no reason: {problem}", f"no answer: {problem}"]


def test_an_answer_that_was_complete_before_the_cut_counts(ask, scripted):
    cut = Reply(text="<think>\nR\n</think>\n<answer>\nChief Executives\n</answer>\nand", finish_reason="length")
    predictions, counts = ask("joint", scripted(lambda _: cut))
    assert (predictions["ann#1"].answer, counts["unparsed"]) == ("Chief Executives", {})


def test_thinking_that_the_server_took_out_is_the_reason(ask, scripted):
    reply = Reply(text="\n\n<answer>A</answer>", reasoning="Or <answer>B</answer>?")
    predictions, _ = ask("zero-shot", scripted(lambda _: reply))
    assert (predictions["ann#1"].reason, predictions["ann#1"].answer) == ("Or <answer>B</answer>?", "A")


def test_a_second_run_asks_nothing(ask, scripted, tmp_path):
    engines = [scripted(reason_alone), scripted(answer_alone)]
    first, counts = ask("two-model", *engines)
    before = {path.name: path.read_bytes() for path in (tmp_path / "run").iterdir()}
    again = [scripted(None), scripted(None)]  # a call would raise
    assert ask("two-model", *again) == (first, counts)
    assert {path.name: path.read_bytes() for path in (tmp_path / "run").iterdir()} == before


def test_a_stopped_run_goes_on(ask, scripted, tmp_path):
    with pytest.raises(KeyboardInterrupt):
        ask("joint", scripted(stops_at("dan")))
    assert not (tmp_path / "run" / "predictions.jsonl").exists()
    engine = scripted(joint)
    predictions, _ = ask("joint", engine)
    assert [person_in(call.messages[-1]["content"]) for call in engine.asked] == ["dan", "eve"]
    assert answers_of(predictions) == ANSWERS


@pytest.mark.parametrize(("mode", "engines"), [("joint", 1), ("two-model", 2)])
def test_more_examples_extend_a_run(ask, scripted, people, mode, engines):
    ask(mode, *[scripted(joint) for _ in range(engines)], examples=people[1:4])
    again = [scripted(joint) for _ in range(engines)]
    predictions, _ = ask(mode, *again)
    assert all([person_in(call.messages[-1]["content"]) for call in each.asked] == ["ann", "eve"] for each in again)
    assert answers_of(predictions) == ANSWERS


def test_other_examples_are_refused(ask, scripted, people, make_example, folder, taxonomy, write_test):
    ask("joint", scripted(joint))
    score_run(folder, write_test(people), taxonomy)
    before = {path.name: path.read_bytes() for path in folder.path.iterdir()}
    with pytest.raises(OutputError, match="holds another run: its example ann#1 is not in the input"):
        ask("joint", scripted(None), examples=people[2:3])
    changed = make_example("bob", history=("11-1011.00",))
    with pytest.raises(OutputError, match="holds another run: its example bob#1 has changed"):
        ask("joint", scripted(None), examples=[people[0], changed, *people[2:]])
    assert {path.name: path.read_bytes() for path in folder.path.iterdir()} == before
    predictions, _ = ask("joint", scripted(joint), examples=people[2:3], overwrite=True)
    assert list(answers_of(predictions)) == ["cyd"]


def test_examples_that_were_not_asked_yet_may_change(ask, scripted, people):
    with pytest.raises(KeyboardInterrupt):
        ask("joint", scripted(stops_at("cyd")))
    predictions, _ = ask("joint", scripted(joint), examples=people[:2])
    assert list(answers_of(predictions)) == ["ann", "bob"]


def test_predictions_of_which_no_journal_knows(ask, scripted, folder):
    ask("joint", scripted(joint))
    folder.journal.unlink()
    with pytest.raises(OutputError, match="exists, and no journal says how it was made"):
        ask("joint", scripted(None))
    ask("joint", scripted(joint), overwrite=True)


@pytest.mark.parametrize(
    ("change", "difference"),
    [
        ({"temperature": 0.7}, "temperature: was 0.0, now 0.7"),
        ({"max_tokens": 65}, "max_tokens: was 64, now 65"),
        ({"seed": 8}, "seed: was 7, now 8"),
        ({"answers": "taxonomy"}, "answers: was free, now taxonomy"),
        ({"max_reason_chars": 9}, "max_reason_chars: was absent, now 9"),
    ],
)
def test_other_settings_are_refused_with_the_difference(ask, scripted, change, difference):
    ask("joint", scripted(joint))
    engine = scripted(joint)
    with pytest.raises(OutputError, match=re.escape(difference)):
        ask("joint", engine, asking=replace(ASKING, **change))
    assert not engine.asked
    ask("joint", engine, asking=replace(ASKING, **change), overwrite=True)
    assert len(engine.asked) == 5


def test_another_model_mode_or_release_is_refused(ask, scripted, taxonomy):
    ask("joint", scripted(joint))
    with pytest.raises(OutputError, match=r"models\.model\.model: was scripted, now retrained"):
        ask("joint", scripted(joint, "retrained"))
    with pytest.raises(OutputError, match="mode: was joint, now zero-shot"):
        ask("zero-shot", scripted(joint))
    with pytest.raises(OutputError, match=r"onet\.release: was tiny, now other"):
        ask("joint", scripted(joint), taxonomy=replace(taxonomy, release="other"))
    with pytest.raises(OutputError, match=r"onet\.sha256: was \w+, now \w+"):
        ask("joint", scripted(joint), taxonomy=replace(taxonomy, alternate_titles=()))


def test_every_call_has_a_seed_of_its_own(ask, scripted):
    engine = scripted(joint)
    ask("joint", engine, asking=replace(ASKING, temperature=1.0))
    assert len({call.options["seed"] for call in engine.asked}) == 5
    assert {(call.options["temperature"], call.options["max_completion_tokens"]) for call in engine.asked} == {(1.0, 64)}


@pytest.mark.parametrize("mode", ["joint", "direct", "zero-shot", "two-model"])
def test_free_answers_have_no_pattern(ask, scripted, mode):
    engines = [scripted(joint), scripted(joint)]
    ask(mode, *engines)
    assert {call.pattern for engine in engines for call in engine.asked} == {None}


@pytest.mark.parametrize(
    ("mode", "variants"),
    [("joint", ["joint"]), ("zero-shot", ["joint"]), ("direct", ["direct"]), ("two-model", ["reasoner", "predictor"])],
)
def test_answers_held_to_the_taxonomy_send_the_pattern_of_their_target(ask, scripted, mode, variants):
    engines = [scripted(joint), scripted(joint)]
    ask(mode, *engines, asking=replace(ASKING, answers="taxonomy", max_reason_chars=10))
    for engine, variant in zip(engines, variants, strict=False):
        [pattern] = {call.pattern for call in engine.asked}
        assert re.fullmatch(pattern, target(variant, "x" * 10, "Air Crew Officers"))
        assert not re.fullmatch(pattern, target(variant, "x" * 11, "Wizards"))


def test_the_manifest_counts_and_names_what_the_run_is(ask, scripted, tmp_path):
    _, counts = ask("joint", scripted(joint))
    manifest = json.loads((tmp_path / "run" / "predictions.manifest.json").read_bytes())
    assert manifest["counts"] == {name: value for name, value in counts.items() if name != "folder"}
    assert manifest["work"]["settings"]["models"] == {"model": {"model": "scripted"}}
    assert manifest["work"]["settings"]["prompts_sha256"].keys() == {"joint"}
    assert manifest["outputs"].keys() == {"predictions.jsonl"}


def test_examples_that_cannot_be_asked(ask, scripted, people, taxonomy):
    with pytest.raises(InputError, match="ann#1 comes twice"):
        ask("joint", scripted(None), examples=[people[0], people[0]])
    with pytest.raises(InputError, match="is empty"):
        ask("joint", scripted(None), examples=[])
    other = people[0].model_copy(update={"target": people[0].target.model_copy(update={"code": "99-0000.00"})})
    with pytest.raises(InputError, match=r"the target 99-0000\.00 .*of ann#1 is not in tiny"):
        ask("joint", scripted(None), examples=[other])


def test_scores_of_other_predictions_do_not_stay(ask, scripted, people, folder, taxonomy, write_test):
    ask("joint", scripted(joint), examples=people[:3])
    score_run(folder, write_test(people), taxonomy)
    ask("joint", scripted(joint), examples=people[:3])
    assert folder.scores.exists() and folder.scores_manifest.exists()
    ask("joint", scripted(joint))
    assert not folder.scores.exists() and not folder.scores_manifest.exists()


@pytest.mark.parametrize("manifest", [None, "", "{}"])
def test_scores_that_nobody_vouches_for_do_not_stay(ask, scripted, folder, manifest):
    ask("joint", scripted(joint))
    folder.scores.write_text("{}")
    if manifest is not None:
        folder.scores_manifest.write_text(manifest)
    ask("joint", scripted(None))
    assert not folder.scores.exists() and not folder.scores_manifest.exists()


def test_overwriting_costs_nothing_until_the_model_has_answered(ask, scripted, folder, people, taxonomy, write_test):
    ask("joint", scripted(joint))
    score_run(folder, write_test(people), taxonomy)
    before = {path.name: path.read_bytes() for path in folder.path.iterdir()}
    assert {path.name for path in folder.derived} < before.keys()
    with pytest.raises(KeyboardInterrupt):
        ask("joint", scripted(stops_at("ann"), "another"), overwrite=True)
    assert {path.name: path.read_bytes() for path in folder.path.iterdir()} == before
    ask("joint", scripted(None))
    assert {path.name: path.read_bytes() for path in folder.path.iterdir()} == before


def test_overwriting_that_is_stopped_later_leaves_nothing_of_the_other_run(ask, scripted, folder):
    ask("joint", scripted(joint))
    with pytest.raises(KeyboardInterrupt):
        ask("joint", scripted(stops_at("bob"), "another"), overwrite=True)
    assert [path.name for path in folder.path.iterdir()] == [folder.journal.name]
    engine = scripted(joint, "another")
    ask("joint", engine)
    assert [person_in(call.messages[-1]["content"]) for call in engine.asked] == ["bob", "cyd", "dan", "eve"]


def test_nobody_else_writes_the_predictions_meanwhile(ask, scripted, folder, monkeypatch):
    from eval import predict as module

    def write(path, rows, write_rows=module.write_rows):
        with pytest.raises(OutputError, match="is being written by another process"), Journal(folder.journal, {}):
            raise AssertionError("the journal was not locked")
        return write_rows(path, rows)

    monkeypatch.setattr(module, "write_rows", write)
    assert ask("joint", scripted(joint))[1]["predictions"] == 5
