"""`leadassay dedupe`: who stands in a file more than once, with the weight of every field. No CRM, no network."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import click
import numpy as np

from audits.model.contact_data import region_of
from audits.truth.duplicates.model import SAME_PERSON
from audits.truth.duplicates.record import Record
from audits.truth.duplicates.table import Table
from audits.truth.duplicates.whole_pass import Found, Match, explained, find_duplicates
from connector.exports.json_lines import is_json_lines, json_lines
from connector.exports.mapping import FileFormat
from connector.exports.output import progress
from connector.exports.piped import readable_again
from connector.exports.problems import BadRow, UnusableInput
from connector.exports.reader import open_sheet
from connector.exports.sheet import FaultyCell
from connector.exports.toml_table import TomlTable

#: Fields of a record that columns may be named for.
FIELDS = (
    "id", "first_name", "last_name", "name", "email", "phone", "mobile", "birth_date", "street", "line2", "postcode",
    "city", "company", "country",
)  # fmt: skip
#: Bad rows told one by one on standard error; the rest are counted.
_MOST_TOLD = 20


class _Unusable(click.ClickException):
    """The file or the map cannot be used at all."""

    exit_code = 2


@dataclass(frozen=True, slots=True)
class ColumnsMap:
    """Which columns hold which field, several joined by a blank; `country`: of phone numbers without +, where a row
    names none; `file`: how the file is written."""

    columns: Mapping[str, tuple[str, ...]]
    country: str | None
    file: FileFormat


@click.command("dedupe")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path))
@click.option(
    "--map",
    "map_path",
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="MAP.toml: which columns hold which fields.",
)
@click.option(
    "--threshold",
    type=click.FloatRange(0.01, 0.99),
    default=SAME_PERSON,
    show_default=True,
    help="Probability from which two records are one person.",
)
def dedupe_command(file: Path, map_path: Path, threshold: float) -> None:
    """Find everybody who stands in FILE (CSV, XLSX or JSON lines) more than once. A pipe will do, and - is the
    standard input.

    Prints one JSON object for each person with several records: their ids and lines, how sure it is, and for each
    pair the weight of every field. A row that cannot be read is told on standard error and stops nothing; exit code 1
    when there was such a row, 2 when the file or the map cannot be used at all.
    """
    try:
        mapped = read_columns(map_path)
        table, lines, bad = Table(), [], 0
        with readable_again(file) as source, progress() as tell:
            for line, row in _rows(source, mapped):
                if isinstance(row, str):
                    bad += 1
                    if bad <= _MOST_TOLD:
                        click.echo(f"{file.name}, line {line}: {row}", err=True)
                    continue
                table.add(row)
                lines.append(line)
                if len(lines) % 1000 == 0:
                    tell("read", len(lines), None)
            found = find_duplicates(table, threshold=threshold, tell=tell)
    except UnusableInput as problem:
        raise _Unusable(str(problem)) from problem
    except OSError as problem:
        raise _Unusable(f"{file}: cannot be read ({problem.strerror}).") from problem
    count, doubled = 0, 0
    for cluster in _told(found, lines):
        click.echo(json.dumps(cluster, ensure_ascii=False))
        count += 1
        doubled += len(cluster["ids"]) if isinstance(cluster["ids"], list) else 0
    _summarise(file, found, count, doubled, bad)
    sys.exit(1 if bad else 0)


def _summarise(file: Path, found: Found, count: int, doubled: int, bad: int) -> None:
    if bad > _MOST_TOLD:
        click.echo(f"{file.name}: and {bad - _MOST_TOLD} more rows that cannot be read", err=True)
    click.echo(
        f"{file.name}: {len(found.heads)} records, {count} persons with several ({doubled} records), "
        f"{len(found.households[0])} pairs kept apart as households or switchboards, {bad} rows not read",
        err=True,
    )
    for each in found.weakened:
        click.echo(
            f"Too common to compare all: {each.kind.name.lower()}, {each.blocks} values, the commonest in "
            f"{each.largest} records; these were compared with their neighbours by name alone.",
            err=True,
        )


def _told(found: Found, lines: list[int]) -> Iterator[dict[str, object]]:
    """Each person, in the order of the first line."""
    clusters = sorted((sorted(rows) for rows in found.clusters()), key=lambda rows: rows[0])
    member: dict[int, int] = {row: place for place, rows in enumerate(clusters) for row in rows}
    pairs: list[list[tuple[int, int]]] = [[] for _ in clusters]
    for one, other in zip(found.pairs[0].tolist(), found.pairs[1].tolist(), strict=True):
        if member[one] == member[other]:
            pairs[member[one]].append((min(one, other), max(one, other)))
    ids = found.table.ids
    for rows, joined in zip(clusters, pairs, strict=True):
        left, right = (np.array(side, np.int64) for side in zip(*joined, strict=True))
        matches = explained(found.table, found.model, left, right)
        yield {
            "ids": [ids[row] for row in rows],
            "lines": [lines[row] for row in rows],
            "probability": _weakest(rows, matches),
            "prior": matches[0].prior,
            "pairs": [
                {
                    "ids": [ids[each.left], ids[each.right]],
                    "probability": each.probability,
                    "reasons": [
                        {"field": reason.field, "level": reason.level, "weight": reason.weight}
                        for reason in each.reasons
                    ],
                }
                for each in matches
            ],
        }


def _weakest(rows: list[int], matches: list[Match]) -> float:
    """How sure the least sure record belongs to the others: the smallest of the best pairs of each."""
    best = dict.fromkeys(rows, 0.0)
    for each in matches:
        for row in (each.left, each.right):
            best[row] = max(best[row], each.probability)
    return min(best.values())


def read_columns(path: Path) -> ColumnsMap:
    """The map in the file at `path`. Raises UnusableInput naming the key of the first mistake."""
    top = TomlTable.load(path)
    columns: dict[str, tuple[str, ...]] = {}
    named = top.table("columns")
    if named is None:
        raise top.problem("columns", "is needed: which column holds which field")
    for field in FIELDS:
        names = named.texts(field)
        if names:
            columns[field] = tuple(names)
    if set(columns) <= {"id", "country"}:
        raise named.problem("", f"must name the column of one field at least: {', '.join(FIELDS[1:-1])}")
    country = top.text("country", "")
    region = region_of(country, None)
    if country and region is None:
        raise top.problem("country", "is no country that is known; write NO or Norway")
    encoding, delimiter, sheet = (top.text(key, "") or None for key in ("encoding", "delimiter", "sheet"))
    named.done()
    top.done()
    return ColumnsMap(columns, region, FileFormat(encoding=encoding, delimiter=delimiter, sheet=sheet))


def _rows(file: Path, mapped: ColumnsMap) -> Iterator[tuple[int, Record | str]]:
    """(line, record) of each row, or what is wrong with it. Raises UnusableInput, OSError."""
    if is_json_lines(file):
        for line, values in json_lines(file):
            yield line, values if isinstance(values, str) else _of_object(values, mapped, line)
        return
    groups = [(name,) for names in mapped.columns.values() for name in names]
    with open_sheet(file, mapped.file, [name for (name,) in groups]) as sheet:
        places = sheet.indexes(groups)
        for row in sheet.rows():
            if isinstance(row, BadRow):
                yield row.line, row.reason
                continue
            cells: dict[str, str] = {}
            faulty = ""
            for name, place in places.items():
                cell = row.cells[place]
                if isinstance(cell, FaultyCell):
                    faulty = faulty or f"{name}: {cell.reason}"
                else:
                    cells[name] = cell.date().isoformat() if isinstance(cell, datetime) else cell
            yield row.line, faulty or _record(cells, mapped, row.line)


def _of_object(values: Mapping[str, object], mapped: ColumnsMap, line: int) -> Record | str:
    cells: dict[str, str] = {}
    for names in mapped.columns.values():
        for name in names:
            value = values.get(name)
            if isinstance(value, bool | dict | list):
                return f"{name}: is neither a text nor a number"
            cells[name] = "" if value is None else str(value)
    return _record(cells, mapped, line)


def _record(cells: Mapping[str, str], mapped: ColumnsMap, line: int) -> Record | str:
    texts = {
        field: " ".join(filter(None, (cells.get(name, "").strip() for name in names)))
        for field, names in mapped.columns.items()
    }
    country, own_id = texts.pop("country", ""), texts.pop("id", "")
    if not any(texts.values()):
        return "nothing stands in the columns that are compared"
    return Record(id=own_id or f"{line}", region=region_of(country, mapped.country), **texts)
