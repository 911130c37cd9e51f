"""`leadassay check`: what leads in a file are, before or after they were bought. Needs no CRM and no network."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from itertools import islice
from pathlib import Path

import click

from audits.model.contact_data import region_of
from audits.model.truth import Given, Neighbours, TruthTerms
from audits.truth.clusters import neighbours_of, seen_of
from audits.truth.judgement import AHEAD, judge, read_ahead
from connector.checking.answer import answer_of
from connector.checking.asked import READERS, BadField, given_from, unread
from connector.exports.json_lines import is_json_lines, json_lines
from connector.exports.mapping import FileFormat
from connector.exports.piped import readable_again
from connector.exports.problems import BadRow, UnusableInput
from connector.exports.reader import open_sheet
from connector.exports.sheet import FaultyCell, Sheet

#: Of a lead that does not tell when it was sent nothing is counted.
ALONE = Neighbours()


class _Unusable(click.ClickException):
    """The file cannot be used at all."""

    exit_code = 2


@click.command("check")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path))
@click.option("--country", help="Country of phone numbers written without + where a lead names none (NO, Norway).")
@click.option("--own-domain", multiple=True, metavar="DOMAIN", help="A domain of your own firm; repeatable.")
@click.option("--competitor-domain", multiple=True, metavar="DOMAIN", help="A competitor's domain; repeatable.")
@click.option("--encoding", help="That of a CSV which is not UTF-8, such as windows-1252.")
def check_command(
    file: Path,
    country: str | None,
    own_domain: tuple[str, ...],
    competitor_domain: tuple[str, ...],
    encoding: str | None,
) -> None:
    """Check the leads in FILE: JSON lines, CSV or XLSX with the names of the API as columns. A pipe will do, and - is
    the standard input.

    Prints one JSON object for each lead, in the order of the file. A row that cannot be read is answered with
    {"line", "error": {"field", "reason"}} and stops nothing; exit code 1 when there was such a row, 2 when the file
    cannot be used at all. How many leads came out as what is told on standard error.
    """
    region = region_of(country, None)
    if country and region is None:
        raise _Unusable(f"--country {country}: no country is known by that name.")
    terms = TruthTerms(
        region=region,
        own_domains=tuple(each.casefold() for each in own_domain),
        competitor_domains=tuple(each.casefold() for each in competitor_domain),
    )
    form = _form(encoding)
    counts: Counter[str] = Counter()
    ignored: Counter[str] = Counter()
    try:
        with readable_again(file) as source:
            company = _company(source, form, region)
            for line, answer in _answers(_leads(source, form), terms, company, ignored):
                counts[str(answer.get("verdict", "not read"))] += 1
                click.echo(json.dumps({"line": line, **answer} if "error" in answer else answer, ensure_ascii=False))
    except UnusableInput as problem:
        raise _Unusable(str(problem)) from problem
    except OSError as problem:
        raise _Unusable(f"{file}: cannot be read ({problem.strerror}).") from problem
    told = ", ".join(f"{count} {verdict}" for verdict, count in sorted(counts.items()))
    click.echo(f"{file.name}: {told or 'no leads'}", err=True)
    if ignored:
        click.echo(f"Not read, for they mean nothing here: {', '.join(sorted(ignored))}", err=True)
    sys.exit(1 if counts["not read"] else 0)


def _form(encoding: str | None) -> FileFormat:
    try:
        "".encode(encoding or "utf-8")
    except LookupError:
        raise _Unusable(f"--encoding {encoding}: no encoding is known by that name.") from None
    return FileFormat(encoding=encoding)


def _company(file: Path, form: FileFormat, region: str | None) -> dict[int, Neighbours]:
    """What the other leads of the file say of each, by line: of those that tell when they were sent."""
    rows = []
    for line, values in _leads(file, form):
        if isinstance(values, BadField):
            continue
        try:
            seen = seen_of(given_from(values), region)
        except BadField:
            continue
        if seen is not None:
            rows.append(replace(seen, lead_id=str(line)))
    return {int(line): found for line, found in neighbours_of(rows).items()}


def _answers(
    leads: Iterator[tuple[int, Mapping[str, object] | BadField]],
    terms: TruthTerms,
    company: Mapping[int, Neighbours],
    ignored: Counter[str],
) -> Iterator[tuple[int, dict[str, object]]]:
    """(line, what is answered) for each lead, in their order."""
    while some := [(line, _read(values, ignored)) for line, values in islice(leads, AHEAD)]:
        read_ahead([each for _, each in some if isinstance(each, Given)], terms)
        for line, each in some:
            if isinstance(each, Given):
                yield line, answer_of(each, judge(each, terms, company.get(line, ALONE)))
            else:
                yield line, each


def _read(values: Mapping[str, object] | BadField, ignored: Counter[str]) -> Given | dict[str, object]:
    """What a lead left, or what is answered where it cannot be read."""
    try:
        if isinstance(values, BadField):
            raise values
        ignored.update(unread(values))
        return given_from(values)
    except BadField as bad:
        named = {} if isinstance(values, BadField) else {"id": values.get("id")}
        return {**named, "error": {"field": bad.field, "reason": bad.why}}


def _leads(file: Path, form: FileFormat) -> Iterator[tuple[int, Mapping[str, object] | BadField]]:
    """(line, values) of each lead; BadField where a line is no lead. Raises UnusableInput, OSError."""
    if is_json_lines(file):
        for line, found in json_lines(file):
            yield line, BadField("line", found.removeprefix("the line ")) if isinstance(found, str) else found
        return
    with open_sheet(file, form, READERS.keys()) as sheet:
        if not set(READERS) & set(sheet.header):
            raise UnusableInput(
                f"{file}: no column has a name that is known here. Columns are named as in the API: "
                f"{', '.join(READERS)}."
            )
        yield from _sheet_rows(sheet)


def _sheet_rows(sheet: Sheet) -> Iterator[tuple[int, Mapping[str, object] | BadField]]:
    for row in sheet.rows():
        if isinstance(row, BadRow):
            yield row.line, BadField(row.column or "line", row.reason.removeprefix("the row "))
            continue
        values: dict[str, object] = {}
        bad: BadField | None = None
        for name, cell in zip(sheet.header, row.cells, strict=True):
            if isinstance(cell, FaultyCell):
                bad = bad or BadField(name, cell.reason)
            elif name in values and cell:
                bad = bad or BadField(name, "stands in more than one column")
            else:
                values[name] = cell.isoformat() if isinstance(cell, datetime) else cell
        yield row.line, bad or values
