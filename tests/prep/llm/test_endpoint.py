import asyncio
import json
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openai import BadRequestError

from prep.errors import EndpointError
from prep.llm.endpoint import OPENAI, check_endpoint, find_endpoint, refused_request


def check(fake, model="teacher"):
    return asyncio.run(check_endpoint(find_endpoint(model, fake.base_url)))


def test_openai_needs_a_key(monkeypatch):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    for url in (None, OPENAI, "https://API.openai.com/v1/"):
        with pytest.raises(EndpointError, match="OPENAI_API_KEY is not set"):
            find_endpoint("m", url)
    monkeypatch.setenv("OPENAI_API_KEY", " \n")
    with pytest.raises(EndpointError, match="OPENAI_API_KEY is not set"):
        find_endpoint("m", None)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-x\r\n")
    assert find_endpoint("m", None).api_key == "sk-x"


def test_another_server_needs_none(monkeypatch):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    endpoint = find_endpoint("m", "http://127.0.0.1:8000/v1/")
    assert endpoint.base_url == "http://127.0.0.1:8000/v1"
    assert endpoint.client().api_key


@pytest.mark.parametrize("key", ["sk-\x00x", "sk-schlüssel", "a\nb"])
def test_what_cannot_be_a_key_is_refused_and_not_shown(monkeypatch, key):
    monkeypatch.setenv("OPENAI_API_KEY", key) if "\x00" not in key else monkeypatch.setattr("os.environ", {"OPENAI_API_KEY": key})
    with pytest.raises(EndpointError, match="OPENAI_API_KEY") as raised:
        find_endpoint("m", "http://127.0.0.1/v1")
    assert key not in str(raised.value)


def test_the_key_is_not_shown(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    assert "sk-secret" not in repr(find_endpoint("m", None))


BAD = ["127.0.0.1:8000", "localhost", "ftp://x/v1", "http://", "http:///v1", "http://[", "http://h:x", "http://h:99999"]


@pytest.mark.parametrize("url", [*BAD, "http://x..y", "http://a\nb", "http://a b", f"http://{'a' * 70}", "http://h:0/v1"])
def test_what_is_no_address_is_refused(url):
    with pytest.raises(EndpointError, match="no address"):
        find_endpoint("m", url)


@given(st.text() | st.text().map("http://{}".format) | st.text(alphabet="ab.:/@[]%#?0123456789-").map("https://{}".format))
def test_any_address_is_refused_or_can_be_given_to_the_client(url):
    try:
        endpoint = find_endpoint("m", f"{url}x")
    except EndpointError:
        return
    endpoint.client()


def test_a_server_that_is_not_there():
    with pytest.raises(EndpointError, match=r"http://127.0.0.1:1/v1 cannot be reached \(.+\)"):
        asyncio.run(check_endpoint(find_endpoint("m", "http://127.0.0.1:1/v1")))


def test_a_server_that_hangs_up(fake_endpoint):
    fake_endpoint.models = None
    with pytest.raises(EndpointError, match=r"cannot be reached \(.+\)"):
        check(fake_endpoint)


def test_an_unknown_model_is_told_with_those_that_are_served(fake_endpoint):
    fake_endpoint.models = {"data": [{"id": f"m{n}"} for n in range(12)]}
    with pytest.raises(EndpointError) as raised:
        check(fake_endpoint, "teacher")
    assert "does not serve 'teacher'" in raised.value.problem
    assert raised.value.fix == "Give --model one of: m0, m1, m10, m11, m2, m3, m4, m5 …"


@pytest.mark.parametrize(
    ("served", "model"), [("teacher:latest", "teacher"), ("models/teacher", "teacher"), ("org/teacher", "org/teacher:fast")]
)
def test_names_that_servers_take_for_others_pass(fake_endpoint, served, model):
    fake_endpoint.models = {"data": [{"id": served}]}
    check(fake_endpoint, model)


def test_a_key_that_is_refused(fake_endpoint):
    fake_endpoint.models = (401, {}, {"error": {"message": "who are you?"}})
    with pytest.raises(EndpointError, match=r"refuses the key \(HTTP 401: who are you\?\)"):
        check(fake_endpoint)


@pytest.mark.parametrize("status", [403, 404, 405, 500])
def test_an_endpoint_that_lists_no_models_is_let_through(fake_endpoint, status):
    fake_endpoint.models = (status, {}, b"")
    check(fake_endpoint)


@pytest.mark.parametrize("body", [None, [], "x", 3, {}, {"data": None}, {"data": []}, {"data": "x"}, {"data": [{"name": "x"}]}])
def test_a_list_that_cannot_be_read_is_let_through(fake_endpoint, body):
    fake_endpoint.models = (200, {}, json.dumps(body).encode())
    check(fake_endpoint)


@pytest.mark.parametrize(
    ("message", "fix"),
    [
        ({"message": "no", "param": "temperature"}, "--omit temperature"),
        ({"message": "Unsupported value: 'temperature' does not support 0 with this model."}, "--omit temperature"),
        ({"message": "extra_forbidden: body.seed"}, "--omit seed"),
        ({"message": "max_completion_tokens is too large: 99999"}, "Lower --max-tokens, or pass --omit max_completion_tokens"),
        ({"message": "reseeding is no guided_json"}, "--structured none"),
    ],
)
def test_a_refused_request_names_the_option_to_pass(message, fix):
    response = SimpleNamespace(status_code=400, headers={}, request=None)
    error = refused_request(find_endpoint("m", "http://h/v1"), BadRequestError("no", response=response, body=message))
    assert fix in error.fix


def test_a_page_instead_of_a_list_is_let_through(fake_endpoint):
    fake_endpoint.models = (200, {"content-type": "text/html"}, b"<html>")
    check(fake_endpoint)
