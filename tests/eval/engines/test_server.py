"""Predictions of a model behind a server."""

import json
import re
import threading

import pytest

from eval.engines.server import ServerEngine
from eval.folder import PredictionFolder
from eval.predict import Asking, predict
from prep.dataset.targets import target
from prep.errors import EndpointError
from prep.llm.endpoint import find_endpoint

PEOPLE = [f"p{number}" for number in range(20)]
TITLES = ["Software Developers", "Web Developers", "Chief Executives"]


def turn_of(request):
    return request["messages"][-1]["content"]


def person_in(request):
    """Return whom a request is about."""
    return re.search(r"Clerk (p\d+)", turn_of(request))[1]


def answer(request):
    """Answer with the reason and the title of the person who is asked about."""
    person = person_in(request)
    return target("joint", f"Reason of {person}.", TITLES[int(person[1:]) % 3])


@pytest.fixture
def ask(tmp_path, taxonomy, write_test, make_example):
    """Return a function that predicts with engines at `endpoint`."""

    def run(endpoint, mode="joint", answers="free", models=("teacher",), people=PEOPLE):
        test = write_test([make_example(person) for person in people])
        engines = [ServerEngine(find_endpoint(model, endpoint.base_url), 8) for model in models]
        asking = Asking(0.5, 64, 7, answers, None)
        roles, folder = dict(zip(["model", "predictor"], engines, strict=False)), PredictionFolder(tmp_path / "run")
        counts = predict(test, mode, roles, taxonomy, asking, folder)
        return folder.read_predictions(), counts

    return run


def test_every_answer_finds_its_person(fake_endpoint, ask):
    fake_endpoint.answer = answer
    predictions, _ = ask(fake_endpoint)
    assert [prediction.answer for prediction in predictions.values()] == [TITLES[number % 3] for number in range(20)]
    assert [prediction.reason for prediction in predictions.values()] == [f"Reason of {person}." for person in PEOPLE]
    assert len({request["seed"] for request in fake_endpoint.requests}) == 20
    assert {(request["model"], request["temperature"]) for request in fake_endpoint.requests} == {("teacher", 0.5)}
    assert not any("structured_outputs" in request for request in fake_endpoint.requests)


def test_two_models_are_two_models(fake_endpoint, ask):
    fake_endpoint.answer = answer
    ask(fake_endpoint, "two-model", models=("teacher", "judge"))
    assert [request["model"] for request in fake_endpoint.requests] == ["teacher"] * 20 + ["judge"] * 20
    assert all("Reason of p" in turn_of(request) for request in fake_endpoint.requests[20:])


def test_held_answers_send_vllms_option(fake_endpoint, ask):
    fake_endpoint.answer = answer
    ask(fake_endpoint, answers="taxonomy")
    patterns = {request["structured_outputs"]["regex"] for request in fake_endpoint.requests}
    [pattern] = patterns
    assert re.fullmatch(pattern, target("joint", "R", "Web Developers"))


def test_a_refused_request_is_one_unparsed_answer(fake_endpoint, ask):
    def refuse(request):
        return (400, {}, {"error": {"message": "too long"}}) if "Clerk p7\n" in turn_of(request) else answer(request)

    fake_endpoint.answer = refuse
    predictions, counts = ask(fake_endpoint)
    assert [id_ for id_, prediction in predictions.items() if prediction.answer is None] == ["p7#1"]
    [problem] = counts["unparsed"]
    assert "HTTP 400" in problem


def test_a_dead_server_loses_nothing(fake_endpoint, ask, tmp_path):
    fake_endpoint.answer = lambda request: (401, {}, {}) if len(fake_endpoint.requests) > 12 else answer(request)
    with pytest.raises(EndpointError):
        ask(fake_endpoint)
    assert not (tmp_path / "run" / "predictions.jsonl").exists()
    _, *entries = (tmp_path / "run" / "predictions.journal.jsonl").read_text().splitlines()
    answered = {json.loads(entry)["key"].split("#")[0] for entry in entries}
    assert answered
    fake_endpoint.requests.clear()
    fake_endpoint.answer = answer
    predictions, _ = ask(fake_endpoint)
    assert {person_in(request) for request in fake_endpoint.requests} == set(PEOPLE) - answered
    assert [prediction.answer for prediction in predictions.values()] == [TITLES[number % 3] for number in range(20)]


def test_as_many_requests_are_in_flight_as_allowed(fake_endpoint, ask):
    together = threading.Barrier(8)

    def wait(request):
        together.wait(20)
        return answer(request)

    fake_endpoint.answer = wait
    predictions, _ = ask(fake_endpoint, people=PEOPLE[:16])
    assert len(predictions) == 16
    assert fake_endpoint.peak == 8


def test_the_address_is_no_part_of_the_run(fake_endpoint, ask):
    engine = ServerEngine(find_endpoint("teacher", fake_endpoint.base_url), 8)
    assert engine.identity == ServerEngine(find_endpoint("teacher", "http://elsewhere/v1"), 1).identity == {"model": "teacher"}
