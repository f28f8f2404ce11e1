"""A fake OpenAI-compatible server, and the commands, for every folder of tests."""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from click.testing import CliRunner
from hypothesis import settings

# property tests without a clock: a busy machine is no defect
settings.register_profile("nextocc", deadline=None)
settings.load_profile("nextocc")

KEY = "sk-a-secret-key"


class FakeEndpoint(ThreadingHTTPServer):
    """Serves /v1/models and /v1/chat/completions on loopback.

    `queue` holds the next answers, `answer` makes the others from a request. An answer is a text, a body as a dict, a
    (status, headers, body), or None for a connection that is cut.
    """

    daemon_threads, block_on_close, request_queue_size = True, False, 128

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.base_url = f"http://127.0.0.1:{self.server_port}/v1"
        self.lock = threading.Lock()
        self.models = {"data": [{"id": "teacher"}, {"id": "judge"}]}
        self.queue, self.answer = [], lambda request: "fine"
        self.requests, self.times, self.keys = [], [], []  # of the chats: bodies, arrivals, Authorization headers
        self.listed = self.in_flight = self.peak = 0

    def handle_error(self, request, client_address):
        """Take it that a client went away: some tests kill it."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version, disable_nagle_algorithm = "HTTP/1.1", True

    def log_message(self, *_):
        """Say nothing."""

    def do_GET(self):
        self.server.listed += 1
        self.send(self.server.models)

    def do_POST(self):
        server, body = self.server, json.loads(self.rfile.read(int(self.headers["content-length"])))
        with server.lock:
            server.requests.append(body)
            server.times.append(time.monotonic())
            server.keys.append(self.headers["authorization"])
            server.in_flight += 1
            server.peak = max(server.peak, server.in_flight)
            queued = server.queue.pop(0) if server.queue else ...
        answer = server.answer(body) if queued is ... else queued
        with server.lock:
            server.in_flight -= 1
        self.send(completion(answer) if isinstance(answer, str) else answer)

    def send(self, answer):
        if answer is None:
            self.close_connection = True
            return
        status, headers, body = answer if isinstance(answer, tuple) else (200, {}, answer)
        body = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        for name, value in {"content-type": "application/json", "content-length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


def completion(text, finish_reason="stop", **message):
    """Return the body of a chat completion."""
    choice = {"index": 0, "finish_reason": finish_reason, "message": {"role": "assistant", "content": text, **message}}
    return {"choices": [choice], "usage": {"prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18}}


@pytest.fixture
def fake_endpoint(monkeypatch):
    """A running server, with its address and a key in the environment."""
    with FakeEndpoint() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        monkeypatch.setenv("OPENAI_BASE_URL", server.base_url)
        monkeypatch.setenv("OPENAI_API_KEY", KEY)
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture(autouse=True)
def packaged_facts(monkeypatch):
    """Name the packaged O*NET facts, so that no command looks for another release, or says that it found none."""
    from prep.onet.packaged import FACTS

    monkeypatch.setenv("NEXTOCC_ONET", str(FACTS))


@pytest.fixture
def run_prep(monkeypatch, tmp_path):
    """Return a function that runs `prep` with arguments and the packaged O*NET facts."""
    from prep.cli import main

    monkeypatch.setenv("NEXTOCC_CACHE", str(tmp_path / "cache"))
    return lambda *arguments: CliRunner().invoke(main, [str(argument) for argument in arguments])
