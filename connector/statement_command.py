"""`leadassay statement`: what is owed to a vendor, by contract, deliveries and findings in files. Needs no CRM."""

from __future__ import annotations

import gc
import re
import sys
from calendar import monthrange
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import BinaryIO

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from audits.contracts.book import ContractBook
from audits.contracts.invoice_check import why_refused
from audits.contracts.invoice_result import How, InvoiceMatch
from audits.contracts.invoices import InvoiceMatcher
from audits.contracts.judging import judge_all
from audits.contracts.statement import Period, Statement, Sum
from audits.model.contract import Contract, KeyField
from audits.model.delivery import Delivery
from audits.model.invoice import Invoice
from audits.model.said import Money, Said, english
from audits.model.verdict import LeadVerdict, VerdictTexts
from connector.contracts.contract_file import ContractFileError, load_contracts
from connector.contracts.delivery_file import DeliveryFile, Tell, read_deliveries
from connector.contracts.delivery_map import read_delivery_map
from connector.contracts.findings_file import read_findings
from connector.contracts.instants import Instants
from connector.contracts.invoice_file import read_invoice
from connector.contracts.invoice_map import read_invoice_map
from connector.contracts.notes import NoteFile
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
@click.option(
    "--invoice",
    "invoice_paths",
    type=_FILE,
    multiple=True,
    help="The vendor's invoice: CSV, XLSX, UBL 2.1 XML; repeatable, with credit notes.",
)
@click.option("--invoice-map", "invoice_map_path", type=_FILE, help="MAP.toml: what columns of the invoice mean.")
@click.option("--as-of", metavar="TIME", help="Judge as of this time (ISO 8601; default: now).")
@click.option("--period", metavar="PERIOD", help="Only what counts in 2026-05, or in 2026-05-01..2026-05-15.")
@click.option("--bad-rows", "bad_path", type=_NEW_FILE, help="Write the rows that were not taken, to be mended.")
@click.option("--json", "json_path", metavar="FILE", help="Write everything as JSON; - is stdout.")
def statement_command(
    contract_paths: tuple[Path, ...],
    deliveries_path: Path,
    map_path: Path | None,
    findings_paths: tuple[Path, ...],
    invoice_paths: tuple[Path, ...],
    invoice_map_path: Path | None,
    as_of: str | None,
    period: str | None,
    bad_path: Path | None,
    json_path: str | None,
) -> None:
    """Judge what vendors delivered under their contracts, and add up what is owed.

    Rows that cannot be read are told on standard error and stop nothing: exit code 1 when there was such a row, 2
    when a file cannot be used at all. An invoice is such a file when any of its lines cannot be read, or when it is
    of another vendor, currency or period. What is wrong with an invoice that was read is a result, and no fault.
    """
    if invoice_map_path is not None and not invoice_paths:
        raise _Unusable("--invoice-map says how an invoice is read: name one with --invoice")
    try:
        book = _book(contract_paths)
        billed = _invoices(invoice_paths, invoice_map_path, book)
        asked = _Asked(book, _period_with(_period(period), billed, book), _instant(as_of, book.contracts), billed)
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
    invoices: tuple[Invoice, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What came of a file. `not_yet`: deliveries after the instant as of which it was judged; `elsewhere`: those that
    count outside of the period; `unmatched`: those under no contract."""

    statements: tuple[Statement, ...]
    invoice: InvoiceMatch | None
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
    matcher = _matcher(asked, statements)
    given = _Given(read.deliveries)
    with statement_output(target, asked.as_of) as output, closing(NoteFile()) as notes:
        lines = elsewhere = unmatched = 0
        texts = VerdictTexts()

        def on_unmatched(delivery: Delivery, why: Said) -> None:
            nonlocal unmatched
            statement = first_of.get(delivery.vendor)
            unmatched += 1
            if matcher is not None:
                matcher.take_unmatched(delivery)
            # Of a vendor without a contract nobody can say to which period it belongs.
            if statement is None or statement.take_unmatched(delivery):
                output.unmatched(delivery, why)

        source = read.deliveries if matcher is None else given
        verdicts = judge_all(asked.book, source, asked.as_of, on_unmatched, notes)
        for verdict in _told(verdicts, tell, read.count):
            digest, line = texts.of(verdict)
            is_of_period = statements[verdict.vendor, verdict.currency].take(verdict, digest)
            if matcher is not None:
                matcher.take(verdict, given.keys_of(verdict), is_in_period=is_of_period)
            if is_of_period:
                output.line(line)
                lines += 1
            else:
                elsewhere += 1
        match = None if matcher is None else matcher.finish()
        if match is not None:
            statements[asked.invoices[0].vendor, match.currency].take_match(match)
        output.finish(read.bad_rows(), statements.values(), match)
    return Judged(
        statements=tuple(statements.values()),
        invoice=match,
        lines=lines,
        elsewhere=elsewhere,
        unmatched=unmatched,
        not_yet=read.count - lines - elsewhere - unmatched,
        copies=read.copies,
        bad_rows=read.count_bad,
    )


class _Given:
    """The deliveries as `judge_all` asks for them, with the one that was given last: a verdict has no phone and no
    e-mail, by which lines of an invoice may find it."""

    def __init__(self, deliveries: Callable[[], Iterable[Delivery]]) -> None:
        self._deliveries = deliveries
        self._last: Delivery | None = None

    def __call__(self) -> Iterator[Delivery]:
        for delivery in self._deliveries():
            self._last = delivery
            yield delivery

    def keys_of(self, verdict: LeadVerdict) -> Mapping[KeyField, str]:
        """Phone and e-mail of the lead that was judged last. Raises ValueError when it is another."""
        last = self._last
        if last is None or (last.delivery_id, last.vendor) != (verdict.delivery_id, verdict.vendor):
            raise ValueError(f"delivery {verdict.delivery_id} is not the one that was given last")
        return last.keys


def _invoices(paths: Sequence[Path], map_path: Path | None, book: ContractBook) -> tuple[Invoice, ...]:
    """The invoices, all of one vendor and currency. Raises UnusableInput."""
    mapped = None if map_path is None else read_invoice_map(map_path)
    found: list[Invoice] = []
    for path in paths:
        with readable_again(path) as file:
            found.append(read_invoice(file, book.contracts, mapped))
        refused = why_refused(found[-1], book.contracts, Period())
        if refused is not None:
            raise UnusableInput(f"{path.name}: {english(refused)}")
    if len({(each.vendor, each.currency) for each in found}) > 1:
        raise UnusableInput("the invoices are of several vendors or currencies; make a statement for each")
    again = [each.number for each in found if each.number and [x.number for x in found].count(each.number) > 1]
    if again:
        raise UnusableInput(f"two of the invoices have the number {again[0]}; give each of them once")
    return tuple(found)


def _period_with(period: Period, invoices: Sequence[Invoice], book: ContractBook) -> Period:
    """The period that was asked for; where none was, that of the invoices. Raises UnusableInput for an invoice of
    another period."""
    if period == Period() and invoices and all(each.first and each.last for each in invoices):
        return Period(
            min(each.first for each in invoices if each.first), max(each.last for each in invoices if each.last)
        )
    for invoice in invoices:
        refused = why_refused(invoice, book.contracts, period)
        if refused is not None:
            raise UnusableInput(english(refused))
    return period


def _matcher(asked: _Asked, statements: Mapping[tuple[str, str], Statement]) -> InvoiceMatcher | None:
    if not asked.invoices:
        return None
    place = asked.invoices[0].vendor, asked.invoices[0].currency
    return InvoiceMatcher(asked.invoices, *place, statements[place].bounds)


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
    if done.invoice is not None:
        for table in _invoice_tables(done.invoice):
            console.print(table)
        _tell_matches(done.invoice, console)
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


def _invoice_tables(match: InvoiceMatch) -> Iterator[Table]:
    """What was billed, each kind of difference, and what is due; then the largest differences by themselves. What the
    vendor wrote is never taken for markup."""

    def money(minor: int) -> str:
        return english(Money(minor, match.currency))

    numbers = ", ".join(each.number or "without a number" for each in match.invoices)
    table = Table(
        title=Text(f"invoice {numbers}"), caption=f"{sum(len(each.lines) for each in match.invoices)} lines"
    )
    table.add_column("")
    table.add_column("leads", justify="right")
    table.add_column("amount", justify="right")
    table.add_row("billed", "", money(match.billed), style="bold")
    table.add_row("amount due", "", money(match.amount_due), style="bold")
    table.add_section()
    table.add_row("billed beyond it", "", money(match.difference), style="red" if match.difference else "")
    for kind, (count, amount) in match.by_kind.items():
        table.add_row(f"  {kind.value.replace('_', ' ')}", str(count), money(amount))
    yield table
    if match.differences:
        largest = sorted(match.differences, key=lambda each: -abs(each.amount))[:_MOST_TOLD]
        rest = len(match.differences) - len(largest)
        table = Table(caption=f"and {rest} more differences" if rest else None)
        for name in ("line", "lead", "amount", "why"):
            table.add_column(name, justify="right" if name == "amount" else "left")
        for each in largest:
            table.add_row(Text(each.line), Text(each.delivery_id), money(each.amount), Text(english(each.said)))
        yield table


def _tell_matches(match: InvoiceMatch, console: Console) -> None:
    """Lumps, and lines that a person has to decide on."""
    told = [
        f"line {each.line}: {each.count} leads matched by count and price, as a lump"
        for each in match.matches
        if each.how is How.AS_LUMP
    ]
    told += [
        f"line {doubt.line} is doubtful; it may be "
        + ", ".join(f"{each.delivery_id} ({each.confidence} %)" for each in doubt.choices)
        for doubt in match.doubts
    ]
    for sentence in told[:_MOST_TOLD]:
        console.print(sentence, highlight=False, markup=False)
    if len(told) > _MOST_TOLD:
        console.print(f"and {len(told) - _MOST_TOLD} more lines like that", highlight=False)
