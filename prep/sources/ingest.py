"""Any source in, careers.jsonl out; what was not used goes to careers.rejects.jsonl with its reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from prep.errors import InputError, OutputError
from prep.files.jsonl import write_rows
from prep.files.manifest import Manifest, Work, is_done, read_manifest, sha256_file, write_manifest
from prep.files.names import beside
from prep.files.rejects import Rejects
from prep.onet.digest import taxonomy_identity
from prep.schema.career import Career
from prep.sources.base import Setting, Source
from prep.sources.registry import SOURCES, recognise


def ingest_careers(
    source: Path, form: str, setting: Setting, output: Path, *, allow_rejects: bool = False, overwrite: bool = False
) -> dict[str, Any]:
    """Write the careers of `source` to `output` and return the counts.

    Raises InputError where a record was malformed, unless `allow_rejects`; the sound careers are written all the same.
    """
    if not source.exists():
        raise InputError(f"{source}: there is no such file.", "Check the path.")
    manifest = beside(output, "manifest.json")
    if source.resolve() in {path.resolve() for path in (output, manifest, beside(output, "rejects.jsonl"))}:
        raise OutputError(f"{source} would be written over.", "Give another output with -o.")
    form = recognise(source) if form == "auto" else form
    given = {"source": source, "mapping": setting.mapping, "crosswalks": setting.crosswalks}
    inputs = {role: path for role, path in given.items() if path is not None}
    work = Work(
        command="prep ingest",
        settings={"format": form, "onet": taxonomy_identity(setting.taxonomy)},
        inputs={role: sha256_file(path) for role, path in inputs.items() if path.exists()},
    )
    if is_done(manifest, work, [output], overwrite):
        earlier = read_manifest(manifest).counts
        if allow_rejects or not earlier["malformed"]:  # what was allowed once is not allowed for ever
            return {"nothing_to_do": True, **earlier, "careers": str(output)}
    # From here on the manifest says whose these files are, and that they are not finished: a run that is stopped, or that finds
    # malformed records, can be run again.
    write_manifest(manifest, Manifest(work=work), [])
    counts: Counter[str] = Counter()
    with Rejects(output) as rejects:
        write_rows(output, _distinct(SOURCES[form], source, setting, rejects, counts))
    result = _counts(counts, rejects)
    if rejects.malformed and not allow_rejects:
        raise InputError(
            f"{rejects.first}\n{rejects.malformed} malformed, {counts['careers']} sound careers written to {output}.",
            f"See {rejects.path}; mend the source and run with --overwrite, or go on without them with --allow-rejects.",
        )
    sources = {role: str(path) for role, path in inputs.items()}
    write_manifest(manifest, Manifest(work=work, sources=sources, counts=result), [output])
    return {**result, "careers": str(output)}


def _distinct(read: Source, source: Path, setting: Setting, rejects: Rejects, counts: Counter[str]) -> Iterator[Career]:
    seen: dict[str, str] = {}
    for where, career in read(source, setting, rejects):
        if first := seen.get(career.person_id):
            rejects.add(where, f"person_id: {career.person_id!r} comes twice; the first stands at {first}", career.to_json())
            continue
        seen[career.person_id] = where
        counts["careers"] += 1
        counts["jobs"] += len(career.jobs)
        counts["education"] += len(career.records) - len(career.jobs)
        counts["coded"] += sum(job.occupation is not None for job in career.jobs)
        counts["started"] += sum(job.start is not None for job in career.jobs)
        counts["extra"] += sum(bool(record.extra) for record in career.records)
        yield career


def _counts(counts: Counter[str], rejects: Rejects) -> dict[str, Any]:
    return {
        "careers_out": counts["careers"],
        "jobs": counts["jobs"],
        "jobs_with_an_occupation": counts["coded"],
        "jobs_with_a_start": counts["started"],
        "education_records": counts["education"],
        "records_with_extra_fields": counts["extra"],
        "malformed": rejects.malformed,
        "dropped": dict(rejects.dropped),
    }
