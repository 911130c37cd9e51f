"""`leadassay audit`: the audits on exports of any CRM."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import UTC, date, datetime
from itertools import islice
from pathlib import Path
from typing import NoReturn

import click

from audits.engine import LeadAudit
from audits.model.case import LeadCase
from audits.model.policy import Policy
from audits.model.zones import load_zone
from audits.reports.export_report import Answer
from connector.exports.handling_files import KINDS, report_bytes
from connector.exports.intake import FileSummary
from connector.exports.json_output import JsonOutput
from connector.exports.mapping_file import read_map
from connector.exports.output import progress, whole_file
from connector.exports.page import CAUSE_WORDS, render_page, share_text
from connector.exports.policy_file import read_policy
from connector.exports.problems import BadRow, UnusableInput
from connector.exports.run import AuditRequest, AuditRun, ReportedDays, run_audit
from connector.exports.store import open_store
from connector.language.languages import LANGUAGES

#: Of the rows not used and the values not known, so many are shown on the terminal.
MOST_SHOWN = 10

_UNUSABLE = 2
_FILE = click.Path(path_type=Path, dir_okay=False)


@click.command("audit")
@click.option("--leads", type=_FILE, required=True, help="CSV or XLSX export of leads, or an event log.")
@click.option(
    "--touches", multiple=True, metavar="[NAME=]FILE", help="Export of calls, e-mails and so on; repeatable."
)
@click.option("--map", "map_path", type=_FILE, required=True, help="MAP.toml: what columns and values mean.")
@click.option("--policy", "policy_path", type=_FILE, required=True, help="POLICY.toml: what was agreed.")
@click.option("--as-of", metavar="TIME", help="Judge as of this time (ISO 8601; default: the latest in the files).")
@click.option("--json", "json_path", metavar="FILE", help="Write everything as JSON; - is stdout.")
@click.option("--html", "html_path", type=_FILE, help="Write the audit as one HTML file.")
@click.option(
    "--changes", multiple=True, metavar="[NAME=]FILE", help="Export of changes of owner, status or stage; repeatable."
)
@click.option("--owners", "owners_path", type=_FILE, help="Export of the owners: teams, and who has left.")
@click.option(
    "--report",
    "report_paths",
    type=_FILE,
    multiple=True,
    help="Write the handling report as .pdf, .xlsx or .json; repeatable.",
)
@click.option("--from", "first_day", metavar="DAY", help="First day of the report (default: the first arrival).")
@click.option("--to", "last_day", metavar="DAY", help="Last day of the report (default: that of --as-of).")
@click.option(
    "--language", type=click.Choice(tuple(LANGUAGES)), default="en", show_default=True, help="Of the report."
)
def audit_command(
    leads: Path,
    touches: tuple[str, ...],
    map_path: Path,
    policy_path: Path,
    as_of: str | None,
    json_path: str | None,
    html_path: Path | None,
    changes: tuple[str, ...],
    owners_path: Path | None,
    report_paths: tuple[Path, ...],
    first_day: str | None,
    last_day: str | None,
    language: str,
) -> None:
    """Audit exports of any CRM, without a connection to it.

    Exit code 2 and a sentence when an input cannot be used at all; rows that cannot be used are counted and listed.
    """
    try:
        exported, policy = read_map(map_path), read_policy(policy_path)
        request = AuditRequest(
            leads=leads,
            touches=_named("touches", touches, [each.name for each in exported.touches]),
            changes=_named("changes", changes, [each.name for each in exported.changes]),
            people=owners_path,
            reported=_reported(report_paths, first_day, last_day),
            exported=exported,
            policy=policy,
            as_of=_as_of(as_of, policy),
            now=datetime.now(UTC),
        )
        run, bad_rows = _run(request, json_path, html_path, report_paths, language)
    except UnusableInput as problem:
        _refuse(str(problem))
    except OSError as problem:
        _refuse(f"reading or writing {problem.filename or 'a file'} failed: {problem.strerror}")
    if json_path != "-":
        click.echo(summary(run, bad_rows))


def summary(run: AuditRun, bad_rows: Sequence[BadRow]) -> str:
    """The audit in a few lines for a terminal; `bad_rows`: the first of those not used."""
    total = run.report.total
    answers = ", ".join(
        f"{count} {answer.value.replace('_', ' ')}" for answer, count in total.counts.items() if count
    )
    rules = [f"  {rule.rule_id} {rule.title}: {rule.breaches.hits} of {rule.breaches.n}" for rule in run.report.rules]
    return "\n".join(
        [
            f"{run.title}, as of {run.as_of.isoformat()}, policy {run.policy.version}",
            f"{run.count_leads} leads: {answers or 'none'}",
            f"{total.counts[Answer.IN_TIME]} of {total.in_time.n} tried in time: {share_text(total.in_time)}",
            "Breaches of pass or breach:",
            *rules,
            *(["Why promises were broken:"] if run.causes else []),
            *(f"  {CAUSE_WORDS[cause]}: {count}" for cause, count in run.causes),
            *(line for file in run.files for line in _of_file(file)),
            f"Rows not used: {run.count_bad_rows}",
            *map(_of_row, bad_rows),
            *_more(run.count_bad_rows - len(bad_rows)),
            f"Values without a meaning in the map: {len(run.unmapped)}",
            *(f"  {each.value!r} in {each.column}: {each.count}" for each in run.unmapped[:MOST_SHOWN]),
            *_more(len(run.unmapped) - MOST_SHOWN),
        ]
    )


def _of_file(file: FileSummary) -> list[str]:
    unread = ", ".join(map(repr, file.unknown_columns))
    return [
        f"{file.name}: {file.rows} rows",
        *([f"  columns that the map does not read: {unread}"] if unread else []),
    ]


def _of_row(row: BadRow) -> str:
    column, value = f"{row.column}: " if row.column else "", f" ({row.value!r})" if row.value else ""
    return f"  {row.file}, line {row.line}: {column}{row.reason}{value}"


def _more(count: int) -> list[str]:
    return [f"  and {count} more: see --json or --html"] if count > 0 else []


def _run(
    request: AuditRequest,
    json_path: str | None,
    html_path: Path | None,
    report_paths: Sequence[Path],
    language: str,
) -> tuple[AuditRun, list[BadRow]]:
    with ExitStack() as stack:
        store = stack.enter_context(open_store())
        output = JsonOutput(stack.enter_context(whole_file(json_path))) if json_path is not None else None
        tell = stack.enter_context(progress())

        def each(case: LeadCase, judged: LeadAudit) -> None:
            if output is not None:
                output.lead(case, judged)

        run = run_audit(store, request, tell, each)
        if output is not None:
            output.finish(run, store.bad_rows())
        if html_path is not None:
            with whole_file(str(html_path)) as page:
                page.write(render_page(run, store.bad_rows(), store.broken()).encode())
        for path in report_paths:
            made = report_bytes(store, run, path, language)
            with whole_file(str(path)) as target:
                target.write(made)
        return run, list(islice(store.bad_rows(), MOST_SHOWN))


def _named(option: str, given: tuple[str, ...], names: Sequence[str]) -> dict[str, Path]:
    """Which file belongs to which [[touches]] or [[changes]] of the map. Raises UnusableInput when that is open."""
    found: dict[str, Path] = {}
    for text in given:
        name, mark, file = text.partition("=")
        if not mark or name not in names:
            if len(names) != 1:
                raise UnusableInput(
                    f"--{option} {text}: say which of the map's {option} this is, as NAME=FILE; "
                    f"the map has {', '.join(names) or 'none'}"
                )
            name, file = names[0], text
        if name in found:
            raise UnusableInput(f"--{option}: two files are given for {name!r}; put their rows into one")
        found[name] = Path(file)
    return found


def _reported(paths: Sequence[Path], first: str | None, last: str | None) -> ReportedDays | None:
    """The days of the report, None without one. Raises UnusableInput before anything is read."""
    for path in paths:
        if path.suffix.lower() not in KINDS:
            raise UnusableInput(f"--report {path}: end the name with {', '.join(KINDS)}")
    days = ReportedDays(_day("--from", first), _day("--to", last))
    if not paths and (first or last):
        raise UnusableInput("--from and --to are the days of a report; name its file with --report")
    return days if paths else None


def _day(option: str, text: str | None) -> date | None:
    try:
        return None if text is None else date.fromisoformat(text)
    except ValueError:
        raise UnusableInput(f"{option} {text}: is no day; write 2024-03-31") from None


def _as_of(text: str | None, policy: Policy) -> datetime | None:
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise UnusableInput(f"--as-of {text}: is no time; write 2024-03-31 or 2024-03-31T18:00+02:00") from None
    if found.tzinfo is None:
        found = found.replace(tzinfo=load_zone(policy.calendar.zone))
    return found.astimezone(UTC)


def _refuse(sentence: str) -> NoReturn:
    click.echo(f"leadassay audit: {sentence}", err=True)
    sys.exit(_UNUSABLE)
