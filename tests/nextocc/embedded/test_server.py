import itertools
import os
import sys
import time
from pathlib import Path

import pytest

from nextocc.embedded.server import server_command, server_environment, serving
from prep.errors import UserError


def test_the_command_serves_one_checkpoint_on_loopback():
    command = server_command(Path("/env/bin/python"), Path("model"), "name", 8123)
    assert command[:3] == ["/env/bin/python", "-m", "vllm.entrypoints.openai.api_server"]
    options = dict(itertools.pairwise(command))
    assert (options["--host"], options["--port"]) == ("127.0.0.1", "8123")
    assert (options["--model"], options["--served-model-name"], options["--dtype"]) == ("model", "name", "float32")


def test_the_environments_own_programs_come_first_on_path(monkeypatch):
    monkeypatch.setenv("PATH", "/usr/bin")
    monkeypatch.setenv("VLLM_CPU_KVCACHE_SPACE", "9")
    variables = server_environment(Path("/env/bin/python"))
    assert variables["PATH"] == f"/env/bin{os.pathsep}/usr/bin"
    assert variables["VLLM_CPU_KVCACHE_SPACE"] == "9"


def test_a_server_that_does_not_come_up_is_told_with_the_end_of_its_log(tmp_path):
    broken = tmp_path / "python"
    broken.write_text("#!/bin/sh\necho 'out of memory, said the server' >&2\nexit 3\n")
    broken.chmod(0o755)
    with (
        pytest.raises(UserError, match=r"(?s)status 3.*out of memory, said the server"),
        serving(broken, tmp_path, "m", tmp_path / "log"),
    ):
        raise AssertionError("it never served")


def test_a_server_and_its_children_are_stopped_at_the_end(tmp_path):
    # a stand-in that answers /health and starts a child, as vLLM's server starts its engine
    code = (
        "import http.server, subprocess, sys\n"
        "child = subprocess.Popen(['sleep', '600'])\n"
        f"open({str(tmp_path / 'child')!r}, 'w').write(str(child.pid))\n"
        "port = int(sys.argv[sys.argv.index('--port') + 1])\n"
        "class Health(http.server.BaseHTTPRequestHandler):\n"
        "    def do_GET(self): self.send_response(200); self.end_headers()\n"
        "http.server.HTTPServer(('127.0.0.1', port), Health).serve_forever()\n"
    )
    (tmp_path / "server.py").write_text(code)
    python = tmp_path / "python"
    python.write_text(f'#!/bin/sh\nexec {sys.executable} {tmp_path / "server.py"} "$@"\n')
    python.chmod(0o755)
    with serving(python, tmp_path, "m", tmp_path / "log") as url:
        assert url.endswith("/v1")
        child = int((tmp_path / "child").read_text())
        os.kill(child, 0)
    deadline = time.monotonic() + 20  # the signal is sent; a busy machine needs a moment to carry it out
    while is_running(child) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not is_running(child)


def is_running(process: int) -> bool:
    """Tell whether a process is there and not merely waiting to be collected."""
    try:
        return Path(f"/proc/{process}/stat").read_text().split()[2] != "Z"
    except OSError:
        return False
