"""`prep ingest` as a user runs it, on sources that are good, bad and interrupted."""

import gzip
import json
import signal
import subprocess
import sys

import pytest
from click.testing import CliRunner

from prep.cli import main
from prep.files.jsonl import read_rows
from prep.schema.career import Career
from prep.sources.formats import FIELDS, FORMATS
from prep.sources.registry import SOURCES

CODED = {"code": "15-1252.00", "title": "Software Developers"}


def person(name, **fields):
    job = {"kind": "job", "title": "Dev", "start": "2001", "occupation": CODED} | fields
    return json.dumps({"person_id": name, "records": [job]}) + "\n"


A, B, C = person("a"), person("b"), person("c", occupation=None)


@pytest.fixture
def source(tmp_path):
    def write(content, name="source.jsonl"):
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write


@pytest.fixture
def out(tmp_path):
    return tmp_path / "out" / "careers.jsonl"


def ingest(source, out, *more):
    return CliRunner().invoke(main, ["ingest", str(source), "-o", str(out), "--json", *map(str, more)])


def test_the_help_names_the_formats_and_the_fields_of_a_mapping():
    assert tuple(SOURCES) == FORMATS
    shown = CliRunner().invoke(main, ["ingest", "--help"]).stdout
    assert f"[auto|{'|'.join(FORMATS)}]" in shown
    assert f"Our fields: {', '.join(FIELDS)}." in " ".join(shown.split())


def test_a_release_of_other_content_makes_other_careers(source, out, monkeypatch):
    from prep.onet import packaged

    counts(ingest(source(A), out))
    monkeypatch.setattr(packaged, "_rows", lambda name, rows=packaged._rows: rows(name)[: 1016 if "samples" in name else None])
    refused(ingest(source(A), out), "settings.onet.sha256: was ")


def counts(result):
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def refused(result, *said):
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("Error: ")
    assert "Traceback" not in result.stderr
    assert result.stderr.count("→") == 1
    for each in said:
        assert each in result.stderr


def people(out):
    return [career.person_id for career in read_rows(out, Career)]


def rejects(out):
    return [json.loads(line) for line in out.with_name("careers.rejects.jsonl").read_text().splitlines()]


def contents(out):
    return {path.name: path.read_bytes() for path in out.parent.iterdir()}


def test_what_comes_in_goes_out(source, out):
    found = counts(ingest(source(A + "\n" + B + C), out))
    assert found == {
        "careers_out": 3,
        "jobs": 3,
        "jobs_with_an_occupation": 2,
        "jobs_with_a_start": 3,
        "education_records": 0,
        "records_with_extra_fields": 0,
        "malformed": 0,
        "dropped": {},
        "careers": str(out),
    }
    assert people(out) == ["a", "b", "c"]
    assert rejects(out) == []
    manifest = json.loads(out.with_name("careers.manifest.json").read_text())
    assert manifest["counts"] == {name: value for name, value in found.items() if name != "careers"}
    assert (manifest["work"]["command"], manifest["work"]["settings"]["format"]) == ("prep ingest", "jsonl")
    assert set(manifest["outputs"]) == {"careers.jsonl"}
    assert sorted(contents(out)) == ["careers.jsonl", "careers.manifest.json", "careers.rejects.jsonl"]


def test_a_second_run_does_nothing(source, out):
    path = source(A + B)
    first = counts(ingest(path, out))
    before = contents(out)
    times = {each.name: each.stat().st_mtime_ns for each in out.parent.iterdir()}
    assert counts(ingest(path, out)) == {"nothing_to_do": True, **first}
    assert contents(out) == before
    assert {each.name: each.stat().st_mtime_ns for each in out.parent.iterdir()} == times


def test_what_was_written_can_be_read_again_and_stays_as_it_is(source, out, tmp_path):
    ingest(source(A + B + C), out)
    again = tmp_path / "again" / "careers.jsonl.gz"
    assert counts(ingest(out, again))["careers_out"] == 3
    assert gzip.decompress(again.read_bytes()) == out.read_bytes()


def test_formats_are_recognised(source, out, tmp_path):
    table = "person_id,title,occupation,start\na,Dev,Software Developers,2001\n"
    for name in ("source.csv", "source.csv.gz"):
        content = gzip.compress(table.encode()) if name.endswith("gz") else table
        assert counts(ingest(source(content, name), out, "--overwrite"))["jobs_with_an_occupation"] == 1
    other = source(A, "source.txt")
    refused(ingest(other, out, "--overwrite"), "source.txt: the format is not recognised", "--format")
    assert counts(ingest(other, out, "--overwrite", "--format", "jsonl"))["careers_out"] == 1
    refused(ingest(source('{"instruction": "x"}\n'), out), "source.jsonl: the format is not recognised")
    refused(ingest(tmp_path, out), "the format is not recognised")


def test_a_table_with_a_mapping(source, out):
    table = source("emp,role,onet,from\n7,Dev,15-1252.00,2001\n8,Boss,Chief Executives,2002\n", "table.csv")
    mapping = source("person_id: emp\ntitle: role\noccupation: onet\nstart: from\n", "mapping.yaml")
    assert counts(ingest(table, out, "--mapping", mapping))["jobs_with_an_occupation"] == 2
    mapping.write_text("person_id: emp\nstart: from\n")
    refused(ingest(table, out, "--mapping", mapping), "holds the result of other work", "inputs.mapping: was ")


TORN = "the file ends in the middle of a line: it is half-written"
BAD = {  # content → line, field or reason, people that are sound, what the rejects file holds
    "half-written": (A + B[:-20], ":2: ", TORN, ["a"], B[:-20]),
    "half-written from the start": (B[:-20], ":1: ", TORN, [], B[:-20]),
    "no job": (
        A + '{"person_id":"x","records":[]}\n' + B,
        ":2: ",
        "records: x has no job",
        ["a", "b"],
        {"person_id": "x", "records": []},
    ),
    "education alone": (
        '{"person_id":"x","records":[{"kind":"education"}]}\n' + A,
        ":1: ",
        "records: x has no job",
        ["a"],
        {"person_id": "x", "records": [{"kind": "education"}]},
    ),
    "label outside the taxonomy": (
        A + person("x", occupation={"code": "99-9999.00", "title": "Wizards"}) + B,
        ":2: ",
        "records[0].occupation.code: '99-9999.00' is no O*NET-SOC 2019 code",
        ["a", "b"],
        None,
    ),
    "title of another code": (
        A + person("x", occupation={"code": "15-1252.00", "title": "Chief Executives"}),
        ":2: ",
        "records[0].occupation.title: 'Chief Executives' is not the title of 15-1252.00",
        ["a"],
        None,
    ),
    "wrong date": (A + person("x", start="May 2001"), ":2: ", "records[0].start: 'May 2001' is no date", ["a"], None),
    "no person": (
        '{"records":[{"kind":"job"}]}\n' + A,
        ":1: ",
        "person_id: Field required",
        ["a"],
        {"records": [{"kind": "job"}]},
    ),
    "person twice": (A + B + A, ":3: ", "person_id: 'a' comes twice; the first stands at ", ["a", "b"], None),
    "not JSON": (A + "{'a': 1}\n" + B, ":2: ", "not valid JSON", ["a", "b"], "{'a': 1}"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_malformed_record_is_one_message_and_what_is_sound_is_written(source, out, case):
    content, line, reason, sound, record = BAD[case]
    path = source(content)
    result = ingest(path, out)
    refused(result, f"Error: {path}{line}{reason}", "--overwrite", "--allow-rejects", str(out.with_name("careers.rejects.jsonl")))
    assert f"1 malformed, {len(sound)} sound careers" in result.stderr
    assert (people(out) if sound else out.read_bytes().split()) == sound
    (reject,) = rejects(out)
    assert reject["where"] + ": " == f"{path}{line}"
    assert reject["reason"].startswith(reason)
    assert reject["record"] == record if record else reject["record"]["person_id"] in "xa"


def test_a_half_written_gz_file(source, out):
    many = "".join(person(f"p{number}", employer=str(hash((number, "x")))) for number in range(500)).encode()
    whole = gzip.compress(many)
    path = source(whole[: len(whole) // 2], "source.jsonl.gz")
    refused(ingest(path, out), "source.jsonl.gz:", "the compressed file is half-written")
    assert people(out) == [f"p{number}" for number in range(len(people(out)))]
    assert 100 < len(people(out)) < 400


def test_a_file_that_can_give_nothing_is_one_message_and_nothing_is_written(source, out, tmp_path):
    refused(ingest(tmp_path / "none.jsonl", out), "none.jsonl: there is no such file")
    for name in ("empty.jsonl", "empty.csv", "empty.jsonl.gz", "empty.parquet"):
        refused(ingest(source("", name), out), name)
    refused(ingest(source("\n\n", "blank.jsonl"), out), "blank.jsonl: the file is empty")
    refused(ingest(source("person_id,start\n", "names.csv"), out), "names.csv: there is no row")
    refused(ingest(source(b"person_id,start\na,\xff\n", "latin.csv"), out), "latin.csv:2: the table is not UTF-8")
    refused(ingest(source(gzip.compress(b"x" * 99)[:-9] + bytes(9), "bad.jsonl.gz"), out), "bad.jsonl.gz:", "damaged")
    refused(ingest(source(A), out, "--onet", tmp_path / "nowhere"), "nowhere: there is no such O*NET release")
    refused(ingest(source("x\n"), out, "--mapping", tmp_path / "no.yaml", "--format", "csv"), "no.yaml: there is no such file")
    assert not out.exists()
    assert not out.with_name("careers.rejects.jsonl").exists()
    assert counts(ingest(source(A), out))["careers_out"] == 1  # and none of them stands in the way of a good one


def test_a_mended_source_is_taken_with_overwrite(source, out):
    refused(ingest(source(A + "{\n"), out))
    path = source(A + B)
    refused(ingest(path, out), "holds the result of other work", "inputs.source: was ", "--overwrite")
    assert people(out) == ["a"]
    assert counts(ingest(path, out, "--overwrite"))["careers_out"] == 2
    assert rejects(out) == []


def test_rejects_can_be_allowed_as_the_message_says(source, out):
    path = source(A + "{\n" + person("x", start="soon") + B)
    refused(ingest(path, out), ":2: not valid JSON", "2 malformed, 2 sound")
    found = counts(ingest(path, out, "--allow-rejects"))
    assert (found["careers_out"], found["malformed"], len(rejects(out))) == (2, 2, 2)
    assert counts(ingest(path, out, "--allow-rejects"))["nothing_to_do"] is True
    refused(ingest(path, out), ":2: not valid JSON")  # not allowed for ever
    assert counts(ingest(path, out, "--allow-rejects"))["careers_out"] == 2


def test_everybody_who_comes_in_is_counted_once(source, out):
    lines = [A, B, "{\n", person("x", start="soon"), '{"person_id":"y","records":[]}\n', A, C, "[]\n"]
    found = counts(ingest(source("".join(lines)), out, "--allow-rejects"))
    assert found["careers_out"] + found["malformed"] + sum(found["dropped"].values()) == len(lines)
    assert (len(people(out)), len(rejects(out))) == (found["careers_out"], found["malformed"])
    table = "person_id,start\na,2001\na,2002\nb,soon\nb,2001\nc,2001\n,2001\n"
    found = counts(ingest(source(table, "t.csv"), out, "--allow-rejects", "--overwrite"))
    assert (found["careers_out"], found["malformed"], found["jobs"]) == (2, 2, 3)


def test_the_output_of_another_run_is_left_alone(source, out):
    ingest(source(A), out)
    before = contents(out)
    refused(ingest(source(B, "other.jsonl"), out), "holds the result of other work", "inputs.source: was ", "--overwrite")
    assert contents(out) == before
    out.with_name("careers.manifest.json").unlink()
    refused(ingest(source(A), out), "careers.jsonl exists, and no careers.manifest.json says how it was made")
    assert out.read_bytes() == before["careers.jsonl"]


@pytest.mark.parametrize("more", [(), ("--overwrite",)])
def test_the_source_is_never_written_over(source, more, tmp_path):
    path = source(A + "{\n")
    (tmp_path / "link.jsonl").symlink_to(path)
    for output in (path, tmp_path / "link.jsonl", tmp_path / "none" / ".." / "source.jsonl"):
        refused(ingest(path, output, *more), "source.jsonl would be written over")
    rejected = source(A + "{\n", "careers.rejects.jsonl")
    refused(ingest(rejected, tmp_path / "careers.jsonl", *more), "careers.rejects.jsonl would be written over")
    assert path.read_text() == rejected.read_text() == A + "{\n"


def test_an_output_named_parquet_is_refused(source, out):
    refused(ingest(source(A), out.with_suffix(".parquet")), "careers.parquet: nextocc reads Parquet, and writes JSON Lines")
    assert not out.with_suffix(".parquet").exists()


KILLED = """
import os, signal, sys
import prep.sources.ingest as module
from prep.cli import main
place, calls = sys.argv[1], int(sys.argv[2])
owner, name = (module.Rejects, "__exit__") if place == "rejects" else (module, place)
real = getattr(owner, name)
def die(*arguments):
    global calls
    calls -= 1
    if not calls:
        os.kill(os.getpid(), signal.SIGKILL)
    return real(*arguments)
setattr(owner, name, die)
main(["ingest", *sys.argv[3:]])
"""


@pytest.mark.parametrize(
    "place",
    [
        ("write_manifest", 1),  # before anything is written
        ("write_rows", 1),  # the manifest stands alone
        ("rejects", 1),  # the careers are there, their rejects are not
        ("write_manifest", 2),  # all is there, and nobody says that it is finished
    ],
    ids=lambda place: " ".join(map(str, place)),
)
@pytest.mark.parametrize("more", [(), ("--overwrite",)])
def test_a_run_that_was_killed_anywhere_can_be_run_again(source, out, tmp_path, place, more):
    path = source(A + B + "{\n")
    if more:  # over the output of other work
        counts(ingest(source(C, "old.jsonl"), out))
    clean = tmp_path / "clean" / "careers.jsonl"
    counts(ingest(path, clean, "--allow-rejects"))
    command = [sys.executable, "-c", KILLED, place[0], str(place[1]), path, "-o", out, "--allow-rejects", *more]
    assert subprocess.run(command, check=False).returncode == -signal.SIGKILL
    begun = place != ("write_manifest", 1)
    found = counts(ingest(path, out, "--allow-rejects", *([] if begun else more)))
    assert (found["careers_out"], found["malformed"]) == (2, 1)
    assert "nothing_to_do" not in found
    assert contents(out) == contents(clean)
