import json
import os
import pty
import signal
import subprocess
import sys
import time
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from prep.cli import main as prep
from prep.console import FiniteRange, command_group, endpoint_options, lines_of, onet_option, reporting, voice, with_options
from prep.errors import InputError
from prep.progress import Bar

CAREER = '{"person_id":"a","records":[{"kind":"job","title":"Cook"}]}\n'

SLEEPER = """
import sys, time, click
from prep.console import command_group, reporting, voice
@click.command()
@reporting
def sleep():
    voice.say("asleep")
    time.sleep(60)
command_group("tool", "A tool.", [sleep])(["sleep"])
"""


@click.command()
@click.option("--attempts", type=click.IntRange(1), default=5)
@click.option("--max-tokens", type=int, default=10)
@click.option("--threshold", type=FiniteRange(1), default=4.0)
@click.option("--format", "form", type=click.Choice(["a", "b"]), default="a")
@click.option("--all", "every", is_flag=True)
@click.option("--fail", type=click.Choice(["user", "defect", "denied", "socket", "full"]))
@onet_option
@with_options(endpoint_options)
@reporting
def show(fail, **options):
    """Show the options.

    Example: tool show --model m
    """
    errors = {
        "user": InputError("file.jsonl:3: title: missing", "Write it."),
        "defect": KeyError("lost"),
        "denied": PermissionError(13, "Permission denied", "/some/place"),
        "socket": ConnectionResetError(104, "Connection reset by peer"),
        "full": OSError(28, "No space left on device"),
    }
    if fail:
        raise errors[fail]
    voice.say("working")
    return {**options, "onet": str(options["onet"]), "counts": {"people": 12345}, "none": {}}


@click.group()
def inner():
    """Commands within."""


inner.add_command(show)


@pytest.fixture
def run(monkeypatch):
    """Return a function that runs `tool ARGUMENTS` with environment variables, and returns click's result."""
    for name in [name for name in os.environ if name.startswith(("NEXTOCC_", "OPENAI_"))]:
        monkeypatch.delenv(name)
    tool = command_group("tool", "A tool.", [show, inner])
    return lambda *arguments, **variables: CliRunner().invoke(tool, arguments, env=variables)


def shown(result):
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def refused(result, *said):
    """Assert that a result is one message with exit status 1."""
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("Error: ")
    assert "Traceback" not in result.stderr
    for each in said:
        assert each in result.stderr


def config(tmp_path, text):
    path = tmp_path / "options.yaml"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return "--config", str(path)


def test_results_go_to_stdout_and_progress_to_stderr(run):
    result = run("show", "--model", "m")
    assert (result.exit_code, result.stderr) == (0, "working\n")
    assert "attempts     5\n" in result.stdout
    assert "counts:\n  people  12,345\n" in result.stdout
    assert "none" not in result.stdout.split("onet")[1].split("\n", 1)[1]


def test_json_is_one_object_and_leaves_progress_where_it_was(run):
    result = run("show", "--model", "é", "--json")
    assert (json.loads(result.stdout)["model"], result.stdout.count("\n"), result.stderr) == ("é", 1, "working\n")


def test_quiet_prints_nothing_but_errors_and_the_json_that_was_asked_for(run):
    assert run("show", "--model", "m", "-q").output == ""
    assert shown(run("show", "--model", "m", "-q", "--json"))["model"] == "m"
    assert run("show", "--model", "m", "-q", "--fail", "user").stderr.startswith("Error: ")
    assert run("show", "--model", "m").stderr == "working\n"  # and it is not quiet for ever


def test_a_users_mistake_is_one_message(run):
    result = run("show", "--model", "m", "--fail", "user")
    refused(result)
    assert result.stderr == "Error: file.jsonl:3: title: missing\n  → Write it.\n"


@pytest.mark.parametrize(("fail", "said"), [("denied", "/some/place: Permission denied"), ("full", "the disk is full")])
def test_what_the_machine_refuses_is_one_message(run, fail, said):
    refused(run("show", "--model", "m", "--fail", fail), said, "→")


@pytest.mark.parametrize("fail", ["defect", "socket"])
def test_a_defect_keeps_its_traceback(run, fail):
    assert isinstance(run("show", "--model", "m", "--fail", fail).exception, KeyError | ConnectionResetError)


@pytest.mark.parametrize(
    "arguments",
    [
        ("show",),
        ("show", "--model", "m", "--no-such"),
        ("shwo",),
        ("show", "--model", "m", "--attempts", "0"),
        *(("show", "--model", "m", "--threshold", number) for number in ("0.9", "nan", "NaN", "inf", "-inf", "many")),
        ("--config", "none.yaml", "show"),
    ],
)
def test_wrong_usage_is_status_2(run, arguments):
    result = run(*arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "Error: " in result.stderr


def test_the_version(run):
    assert run("--version").stdout.startswith("tool, version ")
    assert run("show", "--model", "m", NEXTOCC_VERSION="0.3").exit_code == 0  # somebody's own variable


def test_flags_come_first_then_the_environment_then_the_file(run, tmp_path):
    file = config(tmp_path, "show: {attempts: 3, model: from-file, max-tokens: 4}")
    assert shown(run(*file, "show", "--json"))["attempts"] == 3
    assert shown(run(*file, "show", "--json", NEXTOCC_SHOW_ATTEMPTS="4"))["attempts"] == 4
    assert shown(run(*file, "show", "--json", "--attempts", "6", NEXTOCC_SHOW_ATTEMPTS="4"))["attempts"] == 6
    whole = shown(run("show", "--json", NEXTOCC_CONFIG=file[1]))
    assert (whole["model"], whole["max_tokens"], whole["concurrency"]) == ("from-file", 4, 64)


def test_options_go_by_the_names_of_their_flags(run, tmp_path):
    variables = {"NEXTOCC_SHOW_FORMAT": "b", "NEXTOCC_SHOW_ALL": "1", "NEXTOCC_SHOW_MAX_TOKENS": "9", "NEXTOCC_SHOW_MODEL": "m"}
    by_variable = shown(run("show", "--json", **variables))
    by_file = shown(run(*config(tmp_path, "show: {format: b, all: true, max_tokens: 9, model: m, json: true}"), "show"))
    assert by_variable == by_file
    assert (by_file["form"], by_file["every"], by_file["max_tokens"]) == ("b", True, 9)


def test_an_option_that_may_be_given_several_times(run, tmp_path):
    flags = shown(run("show", "--model", "m", "--omit", "seed", "--omit", "temperature", "--json"))
    variable = shown(run("show", "--model", "m", "--json", NEXTOCC_SHOW_OMIT="seed temperature"))
    listed = shown(run(*config(tmp_path, "show: {omit: [seed, temperature]}"), "show", "--model", "m", "--json"))
    assert flags["omit"] == variable["omit"] == listed["omit"] == ["seed", "temperature"]
    assert shown(run(*config(tmp_path, "show: {omit: seed}"), "show", "--model", "m", "--json"))["omit"] == ["seed"]


def test_a_shared_variable_gives_way_to_the_commands_own(run):
    shared = {"OPENAI_BASE_URL": "http://shared", "NEXTOCC_ONET": "shared"}
    options = shown(run("show", "--model", "m", "--json", **shared))
    assert (options["base_url"], options["onet"]) == ("http://shared", "shared")
    own = {"NEXTOCC_SHOW_BASE_URL": "http://own", "NEXTOCC_SHOW_ONET": "own"}
    options = shown(run("show", "--model", "m", "--json", **shared, **own))
    assert (options["base_url"], options["onet"]) == ("http://own", "own")


def test_a_command_within_a_group_is_set_like_any_other(run, tmp_path):
    file = config(tmp_path, "inner: {show: {attempts: 3}}")
    assert shown(run(*file, "inner", "show", "--model", "m", "--json"))["attempts"] == 3
    options = shown(run("inner", "show", "--json", NEXTOCC_INNER_SHOW_MODEL="m"))
    assert options["model"] == "m"
    refused(run(*config(tmp_path, "inner: {shwo: {}}"), "show"), "no command 'shwo'", "show")
    refused(run(*config(tmp_path, "inner: {attempts: 3}"), "show"), "does not hold options by command")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("show: {attemps: 3}", "show has no option 'attemps'"),
        ("show: {5: 3}", "show has no option 5"),
        ("shwo: {attempts: 3}", "there is no command 'shwo'"),
        ("5: {attempts: 3}", "there is no command 5"),
        ("attempts: 3", "does not hold options by command"),
        ("show:", "does not hold options by command"),
        ("[show]", "does not hold options by command"),
        ("show: {attempts: [3]}", "show: attempts takes one value"),
        ("show: {onet: {a: 1}}", "show: onet takes one value"),
        ("show: {attempts", "is not valid YAML"),
        (b"show: {model: caf\xe9}", "is not valid YAML"),
    ],
)
def test_a_file_of_options_that_is_wrong(run, tmp_path, text, said):
    refused(run(*config(tmp_path, text), "show", "--model", "m"), "options.yaml", said, "→")


def test_a_wrong_value_of_the_file_is_wrong_usage(run, tmp_path):
    result = run(*config(tmp_path, "show: {attempts: many}"), "show", "--model", "m")
    assert (result.exit_code, "attempts" in result.stderr) == (2, True)


@pytest.mark.parametrize("text", ["", "# nothing\n", "show: {}", "show: {attempts: }"])
def test_a_file_of_options_that_says_nothing(run, tmp_path, text):
    assert shown(run(*config(tmp_path, text), "show", "--model", "m", "--json"))["attempts"] == 5


def test_lines_for_a_person():
    counts = {
        "careers_out": 1234567,
        "done": True,
        "share": 0.123456,
        "interval": (0.1, 0.25),
        "a/my_file": {"rows": 2},
        "dropped": {"too short": 3, "late": {"x": 1}},
        "none": {},
    }
    assert list(lines_of(counts)) == [
        "careers out  1,234,567",
        "done         yes",
        "share        0.1235",
        "interval     0.1 to 0.25",
        "a/my_file:",
        "  rows  2",
        "dropped:",
        "  too short  3",
        "  late:",
        "    x  1",
    ]


@pytest.fixture
def career(tmp_path):
    path = tmp_path / "source.jsonl"
    path.write_text(CAREER)
    return path


def ingest(career, output, *more, **attributes):
    command = [sys.executable, "-m", "prep", "ingest", career, "-o", output, *more]
    return subprocess.run(command, stderr=subprocess.PIPE, text=True, check=False, **attributes)


def test_a_full_disk_is_one_message_and_leaves_nothing_half_written(career, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    (out / ".careers.jsonl.partial").symlink_to("/dev/full")
    done = ingest(career, out / "careers.jsonl")
    assert (done.returncode, done.stderr.splitlines()[0]) == (1, "Error: the disk is full.")
    assert not (out / "careers.jsonl").exists()
    assert ingest(career, out / "careers.jsonl", "-q").returncode == 0  # it goes on, as the message says


def test_a_full_disk_behind_stdout_is_one_message(career, tmp_path):
    with Path("/dev/full").open("w") as full:
        done = ingest(career, tmp_path / "careers.jsonl", stdout=full)
    assert (done.returncode, done.stderr.splitlines()[0]) == (1, "Error: the disk is full.")


@pytest.mark.parametrize("place", ["source.jsonl/careers.jsonl", "locked/careers.jsonl", "x" * 300, "folder"])
def test_a_place_that_cannot_be_written_is_one_message(career, tmp_path, place):
    (tmp_path / "folder").mkdir()
    (tmp_path / "locked").symlink_to("/proc/self")  # where nobody can make a file
    result = CliRunner().invoke(prep, ["ingest", str(career), "-o", str(tmp_path / place), "--overwrite"])
    refused(result, "→ Check the path")
    assert career.read_text() == CAREER


def test_ctrl_c_is_status_130():
    with subprocess.Popen([sys.executable, "-c", SLEEPER], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as child:
        assert child.stderr.readline() == "asleep\n"
        child.send_signal(signal.SIGINT)
        out, err = child.communicate(timeout=30)
    assert (child.returncode, out) == (130, "")
    assert err.startswith("Stopped.")
    assert "Traceback" not in err


def test_a_bar_says_one_line_at_its_end(capsys):
    with Bar("calls", 10) as bar:
        bar.advance()
        bar.advance(3)
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert err.startswith("calls: 4 of 10 in 0 s (")


def test_a_bar_that_counts_nothing_or_is_quiet_says_nothing(capsys, monkeypatch):
    with Bar("calls", 10):
        pass
    monkeypatch.setattr(voice, "quiet", True)
    with Bar("calls", 10) as bar:
        bar.advance()
    assert capsys.readouterr() == ("", "")


def test_a_bar_says_a_line_a_minute_in_a_log(capsys, monkeypatch):
    clock = iter([0.0, 30.0, 61.0, 61.0, 61.0, 90.0, 122.0, 122.0, 122.0, 123.0])
    monkeypatch.setattr(time, "monotonic", lambda: next(clock))
    with Bar("calls", 9) as bar:
        for _ in range(4):
            bar.advance()
    assert [line.split(" (")[0] for line in capsys.readouterr().err.splitlines()] == [
        "calls: 2 of 9 in 61 s",
        "calls: 4 of 9 in 122 s",
        "calls: 4 of 9 in 123 s",
    ]


def test_a_bar_on_a_terminal_leaves_stdout_alone():
    script = "from prep.progress import Bar\nwith Bar('calls', 2) as bar:\n    bar.advance(2)\nprint('result')"
    leader, follower = pty.openpty()
    done = subprocess.run([sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=follower, check=True)
    os.close(follower)
    shown = os.read(leader, 1 << 16).decode()
    os.close(leader)
    assert done.stdout == b"result\n"
    assert "\x1b[" in shown
    assert "calls: 2 of 2" in shown
