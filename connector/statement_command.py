"""`leadassay statement`: what is owed to a vendor, by contract, deliveries and findings in files. Needs no CRM."""

from __future__ import annotations

import gc
import re
import sys
from calendar import monthrange
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import BinaryIO

import click
from rich.console import Console
from rich.table import Table

from audits.contracts.book import ContractBook
from audits.contracts.judging import judge_all
from audits.contracts.statement import Period, Statement, Sum
from audits.model.contract import Contract
from audits.model.delivery import Delivery
from audits.model.said import Money, Said, english
from audits.model.verdict import LeadVerdict
from connector.contracts.contract_file import ContractFileError, load_contracts
from connector.contracts.delivery_file import DeliveryFile, Tell, read_deliveries
from connector.contracts.delivery_map import read_delivery_map
from connector.contracts.findings_file import read_findings
from connector.contracts.instants import Instants
from connector.contracts.statement_output import statement_output
from connector.exports.output import progress, whole_file
from connector.exports.piped import readable_again
from connector.exports.problems import UnusableInput

_FILE = click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path)
_NEW_FILE = click.Path(dir_okay=False, path_type=Path)
_MONTH = re.compile(r"(\d{4})-(\d{2})")
#: Bad rows told one by one on standard error; the rest are counted.
_MOST_TOLD = 20
_TOLD_EVERY = 2_000


class _Unusable(click.ClickException):
    """A file cannot be used at all."""

    exit_code = 2


@click.command("statement")
@click.option(
    "--contract", "contract_paths", type=_FILE, required=True, multiple=True, help="A contract (YAML); repeatable."
)
@click.option(
    "--deliveries", "deliveries_path", type=_FILE, required=True, help="What was delivered: CSV, XLSX, JSON lines."
)
@click.option("--map", "map_path", type=_FILE, help="MAP.toml: what columns of the deliveries mean.")
@click.option(
    "--findings",
    "findings_paths",
    type=_FILE,
    multiple=True,
    help="What `leadassay audit --json` or `leadassay check` found; repeatable.",
)
@click.option("--as-of", metavar="TIME", help="Judge as of this time (ISO 8601; default: now).")
@click.option("--period", metavar="PERIOD", help="Only what counts in 2026-05, or in 2026-05-01..2026-05-15.")
@click.option("--bad-rows", "bad_path", type=_NEW_FILE, help="Write the rows that were not taken, to be mended.")
@click.option("--json", "json_path", metavar="FILE", help="Write everything as JSON; - is stdout.")
def statement_command(
    contract_paths: tuple[Path, ...],
    deliveries_path: Path,
    map_path: Path | None,
    findings_paths: tuple[Path, ...],
    as_of: str | None,
    period: str | None,
    bad_path: Path | None,
    json_path: str | None,
) -> None:
    """Judge what vendors delivered under their contracts, and add up what is owed.

    Rows that cannot be read are told on standard error and stop nothing: exit code 1 when there was such a row, 2
    when a file cannot be used at all.
    """
    try:
        book = _book(contract_paths)
        asked = _Asked(book, _period(period), _instant(as_of, book.contracts))
        with ExitStack() as stack:
            tell = stack.enter_context(progress())
            stack.enter_context(_seldom_collected())
            deliveries = stack.enter_context(readable_again(deliveries_path))
            mapped = None if map_path is None else read_delivery_map(map_path)
            findings = stack.enter_context(read_findings(findings_paths)) if findings_paths else None
            read = stack.enter_context(read_deliveries(deliveries, book.contracts, mapped, findings, tell))
            # Only then the target: a file that cannot be used leaves what stood there before.
            target = stack.enter_context(whole_file(json_path)) if json_path is not None else None
            done = _judge(asked, read, target, tell)
            if bad_path is not None:
                read.write_bad_rows(bad_path)
            if findings is not None and findings.unnamed:
                click.echo(f"Findings on {findings.unnamed} leads without an id: nothing can take them.", err=True)
            _tell_bad_rows(read)
    except (UnusableInput, ContractFileError) as problem:
        raise _Unusable(str(problem)) from problem
    except OSError as problem:
        raise _Unusable(
            f"{problem.filename or 'a file'} cannot be read or written ({problem.strerror})."
        ) from problem
    _show(done, Console(stderr=json_path == "-"))
    sys.exit(1 if done.bad_rows else 0)


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is to be judged, of which days, as of when (aware UTC)."""

    book: ContractBook
    period: Period
    as_of: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What came of a file. `not_yet`: deliveries after the instant as of which it was judged; `elsewhere`: those that
    count outside of the period; `unmatched`: those under no contract."""

    statements: tuple[Statement, ...]
    lines: int
    elsewhere: int
    unmatched: int
    not_yet: int
    copies: int
    bad_rows: int


@contextmanager
def _seldom_collected() -> Iterator[None]:
    """Deliveries and verdicts come and go by the million and hold no circles: looking for some takes a tenth of the
    time."""
    before = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(100_000, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()


def _judge(asked: _Asked, read: DeliveryFile, target: BinaryIO | None, tell: Tell) -> Judged:
    """Judge all deliveries, add them up, and write what was found to `target`."""
    places = sorted({(each.vendor, each.currency) for each in asked.book.contracts})
    statements = {place: Statement(*place, asked.book, asked.period, asked.as_of) for place in places}
    first_of: dict[str, Statement] = {}
    for (vendor, _), statement in statements.items():
        first_of.setdefault(vendor, statement)
    with statement_output(target, asked.as_of) as output:
        lines = elsewhere = unmatched = 0

        def on_unmatched(delivery: Delivery, why: Said) -> None:
            nonlocal unmatched
            statement = first_of.get(delivery.vendor)
            unmatched += 1
            # Of a vendor without a contract nobody can say to which period it belongs.
            if statement is None or statement.take_unmatched(delivery):
                output.unmatched(delivery, why)

        verdicts = judge_all(asked.book, read.deliveries, asked.as_of, on_unmatched)
        for verdict in _told(verdicts, tell, read.count):
            facts = verdict.facts()
            if statements[verdict.vendor, verdict.currency].take(verdict, facts):
                output.line(verdict, facts)
                lines += 1
            else:
                elsewhere += 1
        output.finish(read.bad_rows(), statements.values())
    return Judged(
        statements=tuple(statements.values()),
        lines=lines,
        elsewhere=elsewhere,
        unmatched=unmatched,
        not_yet=read.count - lines - elsewhere - unmatched,
        copies=read.copies,
        bad_rows=read.count_bad,
    )


def _told(verdicts: Iterable[LeadVerdict], tell: Tell, total: int) -> Iterator[LeadVerdict]:
    for count, verdict in enumerate(verdicts):
        if count % _TOLD_EVERY == 0:
            tell("judge", count, total)
        yield verdict
    tell("judge", total, total)


def _book(paths: Sequence[Path]) -> ContractBook:
    contracts = [each.contract for path in paths for each in load_contracts(path)]
    try:
        return ContractBook(contracts)
    except ValueError as error:
        raise UnusableInput(str(error)) from error


def _instant(text: str | None, contracts: Sequence[Contract]) -> datetime:
    if text is None:
        return datetime.now(UTC)
    zones = {each.timezone for each in contracts}
    try:
        # Where the contracts are of several zones, the hour must come with its offset.
        found = Instants(zones.pop(), None).read(text) if len(zones) == 1 else datetime.fromisoformat(text)
    except ValueError as error:
        raise UnusableInput(f"--as-of {text}: {error}; write 2026-06-30T18:00+02:00") from None
    if found.tzinfo is None:
        raise UnusableInput(f"--as-of {text}: the contracts are of several zones; write 2026-06-30T18:00+02:00")
    return found.astimezone(UTC)


def _period(text: str | None) -> Period:
    if text is None:
        return Period()
    month = _MONTH.fullmatch(text)
    try:
        if month is not None:
            year, number = int(month[1]), int(month[2])
            return Period(date(year, number, 1), date(year, number, monthrange(year, number)[1]))
        first, dots, last = text.partition("..")
        return Period(date.fromisoformat(first), date.fromisoformat(last if dots else first))
    except ValueError as error:
        raise UnusableInput(f"--period {text}: {error}; write 2026-05 or 2026-05-01..2026-05-15") from None


def _tell_bad_rows(read: DeliveryFile) -> None:
    for place, bad in enumerate(read.bad_rows()):
        if place >= _MOST_TOLD:
            click.echo(f"{read.name}: and {read.count_bad - _MOST_TOLD} more rows that were not taken", err=True)
            return
        column, value = f"{bad.column}: " if bad.column else "", f" ({bad.value!r})" if bad.value else ""
        click.echo(f"{read.name}, line {bad.line}: {column}{bad.reason}{value}", err=True)


def _show(done: Judged, console: Console) -> None:
    """The statements as tables."""
    for statement in done.statements:
        console.print(_table(statement))
    rest = (
        ("unmatched", done.unmatched),
        ("outside of the period", done.elsewhere),
        ("after the instant of judgement", done.not_yet),
        ("the same row again", done.copies),
        ("rows not taken", done.bad_rows),
    )
    console.print(", ".join(f"{name}: {count}" for name, count in rest if count), highlight=False)


def _table(statement: Statement) -> Table:
    def money(minor: int | None) -> str:
        return "not known" if minor is None else english(Money(minor, statement.currency))

    def summed(of: Sum) -> tuple[str, str]:
        return str(of.count), ("at least " if of.is_at_least else "") + money(of.money)

    versions = ", ".join(f"{each.contract} v{each.version}" for each in statement.contracts)
    period = f"{statement.period.first or '…'} to {statement.period.last or '…'}"
    table = Table(title=f"{statement.vendor}, {period}, as of {statement.as_of:%Y-%m-%d %H:%M} UTC", caption=versions)
    table.add_column("")
    table.add_column("leads", justify="right")
    table.add_column("amount", justify="right")
    table.add_row("delivered", *summed(statement.due), style="bold")
    for state, of in statement.by_state.items():
        if of.count:
            table.add_row(state.value.replace("_", " "), *summed(of))
    for code, of in sorted(statement.returnable_by_reason.items(), key=lambda each: each[0] or ""):
        table.add_row(f"  credited: {code.value if code else 'no reason'}", *summed(of), style="dim")
    if statement.neglected.count:
        table.add_row("  lost by our own neglect", *summed(statement.neglected), style="red")
    table.add_section()
    at_least = "at least " if statement.is_at_least else ""
    table.add_row("amount due", str(statement.owed), at_least + money(statement.amount_due), style="bold")
    if statement.replacements_due or statement.replacements_delivered:
        told = f"{statement.replacements_delivered} came"
        table.add_row("replacements due", str(statement.replacements_due), told)
    for line in statement.volume_lines():
        if line.missing:
            table.add_row(
                f"ordered {line.ordered}, {line.begins_at:%Y-%m-%d}", f"-{line.missing}", money(line.refund)
            )
    return table
