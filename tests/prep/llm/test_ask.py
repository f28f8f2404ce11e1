import json
import os
import signal
import threading
import time
from types import SimpleNamespace

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openai import APIConnectionError, InternalServerError, RateLimitError

from prep.errors import EndpointError
from prep.files.journal import Journal
from prep.llm import ask
from prep.llm.call import Reply

REFUSED = (400, {}, {"error": {"message": "the context is too long", "code": "context_length_exceeded"}})
BROKEN = (500, {}, {"error": {"message": "out of memory"}})
GARBAGE = (200, {"content-type": "text/html"}, b"<html>Sign in</html>")


def asked(fake):
    return [request["messages"][0]["content"] for request in fake.requests]


def slowly(_):
    time.sleep(0.02)
    return "fine"


def test_every_call_is_answered_once_and_kept(fake_endpoint, ask_them, calls):
    entries = ask_them(calls(9))
    assert sorted(asked(fake_endpoint)) == sorted(entries) == [f"k{n}" for n in range(9)]
    assert {entry["text"] for entry in entries.values()} == {"fine"}
    assert entries["k0"]["usage"] == {"prompt_tokens": 11, "completion_tokens": 7}
    assert fake_endpoint.requests[0]["model"] == "teacher"
    assert fake_endpoint.requests[0]["temperature"] == 0.5


@pytest.mark.parametrize("concurrency", [1, 4])
def test_as_many_are_in_flight_as_allowed_and_no_more(fake_endpoint, ask_them, calls, concurrency):
    together = threading.Barrier(concurrency)
    fake_endpoint.answer = lambda _: f"one of {concurrency - together.wait(20)}"
    assert len(ask_them(calls(12), concurrency)) == 12
    assert fake_endpoint.peak == concurrency


def test_calls_are_drawn_when_a_slot_is_free(fake_endpoint, ask_them, calls, journaled):
    fake_endpoint.answer = slowly
    ahead = []

    def plan():
        for drawn, call in enumerate(calls(20), start=1):
            ahead.append(drawn - journaled().count("\n"))
            yield call

    ask_them(plan(), concurrency=3)
    assert len(ahead) == 20
    assert max(ahead) <= 3


def test_a_second_run_asks_only_what_is_missing_and_a_third_nothing_at_all(fake_endpoint, ask_them, calls):
    first = ask_them(calls(3))
    assert len(ask_them(calls(5))) == 5
    assert sorted(asked(fake_endpoint)[3:]) == ["k3", "k4"]
    fake_endpoint.listed = 0
    fake_endpoint.requests.clear()
    third = ask_them(calls(5))
    assert (fake_endpoint.listed, fake_endpoint.requests) == (0, [])
    assert {key: third[key] for key in first} == first


def test_a_rate_limit_is_waited_for_as_long_as_it_says(fake_endpoint, ask_them, calls):
    fake_endpoint.queue = [(429, {"retry-after": "0.4"}, {"error": {"message": "slow down"}})]
    assert ask_them(calls(1))["k0"]["text"] == "fine"
    first, second = fake_endpoint.times
    assert 0.4 <= second - first < 5


def test_a_rate_limit_that_lasts_longer_than_the_tries_at_a_failing_server_ends_well(fake_endpoint, ask_them, calls):
    fake_endpoint.queue = [(429, {"retry-after": "0.001"}, {})] * (3 * ask._TRIES)
    assert ask_them(calls(1))["k0"]["text"] == "fine"


def test_an_account_without_credit_is_not_waited_for(fake_endpoint, ask_them, calls):
    fake_endpoint.answer = lambda _: (429, {}, {"error": {"message": "You exceeded your quota", "code": "insufficient_quota"}})
    with pytest.raises(EndpointError, match="HTTP 429: You exceeded your quota"):
        ask_them(calls(1))
    assert len(fake_endpoint.requests) == 1


@pytest.mark.parametrize("fault", [BROKEN, None, GARBAGE, (408, {}, {}), (503, {"retry-after": "0.01"}, b"busy")])
def test_a_fault_that_passes_leaves_no_trace(fake_endpoint, ask_them, calls, no_wait, fault):
    fake_endpoint.queue = [fault] * (ask._TRIES - 1)
    entry = ask_them(calls(1))["k0"]
    assert (entry["text"], entry["error"]) == ("fine", None)
    assert asked(fake_endpoint) == ["k0"] * ask._TRIES


@pytest.mark.parametrize(
    ("fault", "message"),
    [(BROKEN, "HTTP 500: out of memory"), (None, "cannot be reached"), (GARBAGE, "no chat completion")],
)
def test_a_fault_that_stays_ends_the_run_and_is_not_kept(fake_endpoint, ask_them, calls, no_wait, journaled, fault, message):
    fake_endpoint.answer = lambda _: fault
    with pytest.raises(EndpointError, match=message):
        ask_them(calls(1))
    assert len(fake_endpoint.requests) == ask._TRIES
    assert journaled() == ""


def test_what_was_answered_before_a_fault_is_kept_and_the_rest_asked_again(fake_endpoint, ask_them, calls, no_wait, journaled):
    fake_endpoint.answer = lambda request: BROKEN if request["messages"][0]["content"] == "k2" else "fine"
    with pytest.raises(EndpointError):
        ask_them(calls(5), concurrency=1)
    assert [json.loads(line).get("key") for line in journaled().splitlines()] == ["k0", "k1"]
    fake_endpoint.answer = lambda _: "fine"
    fake_endpoint.requests.clear()
    assert len(ask_them(calls(5))) == 5
    assert sorted(asked(fake_endpoint)) == ["k2", "k3", "k4"]


@pytest.mark.parametrize("fault", [REFUSED, GARBAGE])
@pytest.mark.parametrize("bad", ["k0", "k3"])
def test_one_bad_request_among_good_ones_is_kept_as_refused(fake_endpoint, ask_them, calls, no_wait, fault, bad):
    fake_endpoint.answer = lambda request: fault if request["messages"][0]["content"] == bad else "fine"
    entries = ask_them(calls(5), concurrency=2)
    assert {key for key, entry in entries.items() if Reply.from_json(entry).problem} == {bad}
    requests = len(fake_endpoint.requests)
    assert ask_them(calls(5)) == entries
    assert set(asked(fake_endpoint)[requests:]) == {bad}
    fake_endpoint.answer = lambda _: "fine"
    assert {entry["error"] for entry in ask_them(calls(5)).values()} == {None}
    requests = len(fake_endpoint.requests)
    ask_them(calls(5))
    assert len(fake_endpoint.requests) == requests


def test_requests_that_were_refused_among_good_ones_may_be_refused_again_however_many(fake_endpoint, ask_them, calls):
    many = 3 * ask._REFUSALS_BEFORE_GIVING_UP
    fake_endpoint.answer = lambda request: "fine" if request["messages"][0]["content"] == "k0" else REFUSED
    first = ask_them(calls(many), concurrency=1)
    fake_endpoint.requests.clear()
    assert ask_them(calls(many)) == first
    assert sorted(asked(fake_endpoint)) == sorted(set(first) - {"k0"})


def test_a_refusal_says_what_the_server_said(fake_endpoint, ask_them, calls):
    fake_endpoint.queue = [REFUSED]
    assert ask_them(calls(2), 1)["k0"]["error"] == "the endpoint refused the request: HTTP 400: the context is too long"


@pytest.mark.parametrize("count", [2, 50])
def test_an_endpoint_that_refuses_everything_is_no_fault_of_the_requests(fake_endpoint, ask_them, calls, journaled, count):
    fake_endpoint.answer = lambda _: REFUSED
    with pytest.raises(EndpointError, match="refuses the request: the context is too long"):
        ask_them(calls(count))
    assert len(fake_endpoint.requests) <= ask._REFUSALS_BEFORE_GIVING_UP + 3
    assert journaled() == ""


def test_the_last_request_of_a_run_that_was_answered_before_may_be_refused(fake_endpoint, ask_them, calls):
    ask_them(calls(3))
    fake_endpoint.answer = lambda _: REFUSED
    entries = ask_them(calls(4))
    assert "HTTP 400" in entries["k3"]["error"]


@pytest.mark.parametrize(
    ("status", "message"),
    [(401, "refuses the key"), (402, "HTTP 402: no"), (403, "refuses the key"), (404, "knows no 'teacher': no")],
)
def test_trouble_in_the_middle_that_is_not_the_requests_is_never_kept(fake_endpoint, ask_them, calls, journaled, status, message):
    fake_endpoint.queue = ["fine", "fine"]
    fake_endpoint.answer = lambda _: (status, {}, {"error": {"message": "no"}})
    with pytest.raises(EndpointError, match=message):
        ask_them(calls(6), concurrency=1)
    assert len(fake_endpoint.requests) == 3
    assert journaled().count('"key"') == 2


def test_one_failure_stops_the_others_and_nothing_is_kept_after_it(fake_endpoint, ask_them, calls, journaled):
    release = threading.Event()

    def answer(request):
        if request["messages"][0]["content"] == "k3":
            return (401, {}, {"error": {"message": "no"}})
        release.wait(20)
        return "too late"

    fake_endpoint.answer = answer
    start = time.monotonic()
    with pytest.raises(EndpointError):
        ask_them(calls(10))
    assert time.monotonic() - start < 10
    release.set()
    assert len(fake_endpoint.requests) == 4
    assert journaled() == ""


def test_ctrl_c_keeps_what_is_finished(fake_endpoint, ask_them, calls, journaled):
    release = threading.Event()

    def answer(request):
        if request["messages"][0]["content"] in ("k0", "k1", "k2"):
            return "fine"
        if len(fake_endpoint.requests) == 5:
            os.kill(os.getpid(), signal.SIGINT)
        release.wait(20)
        return "too late"

    fake_endpoint.answer = answer
    with pytest.raises(KeyboardInterrupt):
        ask_them(calls(8), concurrency=2)
    release.set()
    assert {json.loads(line).get("key") for line in journaled().splitlines()} == {"k0", "k1", "k2"}
    fake_endpoint.answer = lambda _: "fine"
    assert len(ask_them(calls(8))) == 8


def test_a_disk_that_is_full_is_told_as_such(monkeypatch, ask_them, calls):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Journal, "append", full)
    with pytest.raises(OSError, match="No space"):
        ask_them(calls(6))


def test_a_plan_that_fails_is_told_as_such(ask_them, calls):
    def plan():
        yield from calls(3)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        ask_them(plan())


def test_the_key_is_sent_and_goes_nowhere_else(fake_endpoint, ask_them, calls, journaled):
    key = os.environ["OPENAI_API_KEY"]
    echo = {"error": {"message": f"Bearer {key} may not do that"}}
    fake_endpoint.queue = [(400, {}, echo), "fine", (422, {}, f"denied: {key}".encode())]
    ask_them(calls(3), concurrency=1)
    assert fake_endpoint.keys == [f"Bearer {key}"] * 3
    assert "may not do that" in journaled()
    assert key not in journaled()
    for status in (401, 402, 404, 429):
        fake_endpoint.answer = lambda _, status=status: (status, {"retry-after": "9999"}, echo)
        with pytest.raises(EndpointError) as raised:
            ask_them(calls(4))
        assert "may not do that" in str(raised.value)
        assert key not in str(raised.value)


def test_a_pattern_is_sent_as_vllm_wants_it(fake_endpoint, ask_them, calls):
    from dataclasses import replace

    ask_them([replace(calls(1)[0], pattern="a|b")])
    assert fake_endpoint.requests[0]["structured_outputs"] == {"regex": "a|b"}


def status_error(kind, status, retry_after=None, code=None):
    headers = {} if retry_after is None else {"retry-after": retry_after}
    response = SimpleNamespace(status_code=status, headers=headers, request=None)
    return kind("no", response=response, body={"code": code})


@pytest.mark.parametrize(
    ("header", "wait"),
    [("3", 3.0), ("1.5", 1.5), ("0", True), ("-4", True), ("nan", True), ("Wed, 21 Oct 2026 07:28:00 GMT", True), ("", True)],
)
def test_a_wait_that_cannot_be_used_leaves_it_to_us(header, wait):
    assert ask._Patience()(status_error(RateLimitError, 429, header)) == wait
    assert ask._Patience()(status_error(InternalServerError, 503, header)) == wait


@pytest.mark.parametrize("header", ["86400", "inf"])
def test_a_wait_of_hours_is_not_waited_for(header):
    assert ask._Patience()(status_error(RateLimitError, 429, header)) is False
    assert ask._Patience()(status_error(InternalServerError, 503, header)) is False


def test_a_rate_limit_is_borne_for_some_minutes(monkeypatch):
    now = [1000.0]
    monkeypatch.setattr(ask.time, "monotonic", lambda: now[0])
    patience, limited = ask._Patience(), status_error(RateLimitError, 429)
    assert patience(limited) is True
    now[0] += ask._SECONDS_OF_RATE_LIMIT - 1
    assert patience(limited) is True
    now[0] += 2
    assert patience(limited) is False


def test_a_slow_server_is_tried_again_however_long_it_took(monkeypatch):
    now = [1000.0]
    monkeypatch.setattr(ask.time, "monotonic", lambda: now[0])
    patience, cut = ask._Patience(), APIConnectionError(request=None)
    answers = []
    for _ in range(ask._TRIES):
        now[0] += 800
        answers.append(patience(cut))
    assert answers == [True] * (ask._TRIES - 1) + [False]


def test_a_server_that_never_answers_costs_two_timeouts(monkeypatch, fake_endpoint, ask_them, calls, no_wait):
    from prep.llm.endpoint import Endpoint

    client = Endpoint.client
    monkeypatch.setattr(Endpoint, "client", lambda self, seconds=0.2: client(self, seconds))
    release = threading.Event()
    fake_endpoint.answer = lambda _: release.wait(20) and "too late"
    with pytest.raises(EndpointError, match="does not answer in time"):
        ask_them(calls(1))
    release.set()
    assert len(fake_endpoint.requests) == 2


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)
fields = ["content", "reasoning_content", "reasoning", "refusal"]


@given(
    st.binary()
    | json_values.map(lambda value: json.dumps(value).encode())
    | st.builds(
        lambda message, finish, usage: json.dumps(
            {"choices": [{"message": message, "finish_reason": finish}], "usage": usage}
        ).encode(),
        st.dictionaries(st.sampled_from(fields), json_values) | json_values,
        json_values,
        st.dictionaries(st.sampled_from(["prompt_tokens", "completion_tokens"]), json_values) | json_values,
    )
)
def test_any_body_gives_a_reply_that_can_be_kept(body):
    reply = ask.read_reply(body)
    assert isinstance(reply.problem, str | None)
    assert Reply.from_json(orjson.loads(orjson.dumps(reply.to_json()))) == reply
