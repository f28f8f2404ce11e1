"""A CSV file with one row a record, whose columns a YAML file names → careers.

    # mapping.yaml: our field: their column
    person_id: emp_no
    kind: type            # optional; each cell says education or job. Without it every row is a job
    title: position
    employer: company
    occupation: onet      # cells hold an O*NET-SOC 2019 code or an occupation's title
    start: from
    end: to

Columns that are not named are kept under `extra`. The rows of a person may stand anywhere in the file.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from prep.errors import InputError, UserError
from prep.files.rejects import Rejects
from prep.onet.taxonomy import Taxonomy
from prep.schema.base import explain
from prep.schema.career import Career, Education, Job
from prep.sources.base import Setting
from prep.sources.coding import code_occupation
from prep.sources.formats import FIELDS
from prep.sources.order import oldest_first
from prep.sources.table import header, read_table

Cells = dict[str, str | None]


def read_csv(path: Path, setting: Setting, rejects: Rejects) -> Iterator[tuple[str, Career]]:
    """Yield the careers of a CSV file, in the order in which the people first appear.

    A person with a malformed row is rejected whole: a job missing in the middle would make a false transition.
    """
    mapping = read_mapping(setting.mapping, header(path))
    people: dict[str, list[tuple[str, Cells]]] = {}
    empty = True
    for where, row in read_table(path):
        empty = False
        person = row.get(mapping["person_id"])
        if person is None:
            rejects.add(where, f"{mapping['person_id']}: no person is named", row)
        else:
            people.setdefault(person, []).append((where, row))
    if empty:
        raise InputError(f"{path}: there is no row under the column names.", "Write it again: it may be half-written.")
    for person, rows in people.items():
        where, career = _career(person, rows, mapping, setting.taxonomy)
        if isinstance(career, str):
            rejects.add(where, career, [row for _, row in rows])
        else:
            yield where, career


def read_mapping(path: Path | None, columns: list[str]) -> Mapping[str, str]:
    """Read which column holds which field; without a file the columns must carry our names.

    Raises InputError at an unknown field or a column that the table lacks.
    """
    import yaml

    if path is None:
        mapping = {name: name for name in FIELDS if name in columns}
        if not {"person_id", "start"} <= mapping.keys():
            raise UserError(
                "The columns of this CSV file do not carry our names.", "Pass --mapping FILE.yaml: our field: their column."
            )
        return mapping
    if not path.is_file():
        raise InputError(f"{path}: there is no such file.", "Check the path of --mapping.")
    try:
        mapping = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: not valid YAML ({error}).", "Mend the file.") from None
    if not isinstance(mapping, dict) or "person_id" not in mapping:
        raise InputError(f"{path}: it does not say which column holds person_id.", "Write a line `person_id: THEIR COLUMN`.")
    for field, column in mapping.items():
        if field not in FIELDS:
            raise InputError(f"{path}: {field!r} is no field.", f"Use {', '.join(FIELDS)}.")
        if column not in columns:
            raise InputError(f"{path}: {field}: the table has no column {column!r}.", f"It has {', '.join(columns)}.")
    return mapping


def _career(
    person: str, rows: list[tuple[str, Cells]], mapping: Mapping[str, str], taxonomy: Taxonomy
) -> tuple[str, Career | str]:
    records = []
    where = rows[0][0]
    for where, row in rows:
        try:
            records.append(_record(row, mapping, taxonomy))
        except ValidationError as error:
            return where, _in_their_words(explain(error), mapping)
        except ValueError as error:
            return where, str(error)
    try:
        return rows[0][0], Career(person_id=person, records=tuple(oldest_first(records)))
    except ValidationError as error:
        return rows[0][0], explain(error)


def _record(row: Cells, mapping: Mapping[str, str], taxonomy: Taxonomy) -> Education | Job:
    if shifted := row.get(""):
        raise ValueError(shifted)
    kind = (row[mapping["kind"]] or "") if "kind" in mapping else "job"
    if kind not in ("education", "job"):
        raise ValueError(f"{mapping['kind']}: {kind!r} is neither education nor job")
    record_type = Education if kind == "education" else Job
    columns = {field: column for field, column in mapping.items() if field != "kind" and field in record_type.model_fields}
    values: dict[str, Any] = {field: row[column] for field, column in columns.items()}
    if text := values.get("occupation"):
        try:
            values["occupation"] = code_occupation(text, taxonomy)
        except ValueError as error:
            raise ValueError(f"{mapping['occupation']}: {error}") from None
        if values["occupation"] is None:
            del columns["occupation"]
    # whatever became no field is kept under its own column: a table has one set of columns for both kinds, and others besides
    used = {mapping["person_id"], mapping.get("kind"), *columns.values()}
    return record_type(**values, extra={column: cell for column, cell in row.items() if column not in used})


def _in_their_words(problem: str, mapping: Mapping[str, str]) -> str:
    field, colon, rest = problem.partition(":")
    return f"{mapping.get(field, field)}{colon}{rest}"
