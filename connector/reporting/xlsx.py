"""A report as an XLSX file: one sheet per section, every figure as a number that can be calculated with.

No cell is a formula, whatever a name begins with. Times are those of the report's zone, spans are seconds, shares are
between 0 and 1; what there is not enough data for is an empty cell beside its n.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from openpyxl import Workbook
from openpyxl.cell import Cell as WriteableCell
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet._write_only import WriteOnlyWorksheet

from audits.reports.handling import HandlingReport
from audits.reports.sections import BIN_EDGES_S, Spans
from audits.statistics.enough import NotEnoughData, rounded
from audits.statistics.expectation import Expectation
from audits.statistics.medians import Quantile
from audits.statistics.shares import Rate, Share
from audits.statistics.survival import Survival
from connector.language.texts import Texts
from connector.reporting import words
from connector.reporting.background import Background

TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MAX_TEXT = 32_767

Value = str | int | float | date | datetime | None

# What XML 1.0 cannot hold, and halves of surrogate pairs, which UTF-8 cannot.
_NOT_WRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_WIDEST = 60
#: The first instant that a ZIP can name: the file says nothing of when it was asked for.
_ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet: its title, its header and its rows."""

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[Value, ...], ...]


def xlsx_of(report: HandlingReport, about: Background, says: Texts) -> bytes:
    """The file. The same report in the same language gives the same bytes."""
    local = ZoneInfo(report.zone)
    book = Workbook(write_only=True)
    for each in sheets(report, about, says):
        made: Any = book.create_sheet(re.sub(r"[\[\]:*?/\\']", " ", each.title)[:31])
        made.freeze_panes = "A2"
        made.sheet_view.rightToLeft = says.is_right_to_left
        for place, width in enumerate(_widths(each), 1):
            made.column_dimensions[get_column_letter(place)].width = width
        made.append([_head_cell(made, name) for name in each.head])
        for row in each.rows:
            made.append([_cell(made, value, local) for value in row])
    as_of = report.as_of.replace(tzinfo=None, microsecond=0)
    book.properties.creator = "Lead Assay"
    book.properties.created = as_of
    file = io.BytesIO()
    book.save(file)
    return _without_times(file, as_of)


def sheets(report: HandlingReport, about: Background, says: Texts) -> tuple[Sheet, ...]:
    """What stands in the file."""
    write = _Sheets(report, about, says)
    return (
        write.summary(),
        write.neglected(),
        write.waits(),
        write.bins(),
        write.waiting(),
        write.hours(),
        write.rules(),
        write.owners(),
        write.load(),
        write.days(),
        write.funnel(),
        write.delay(),
        write.judged(),
    )


class _Sheets:
    def __init__(self, report: HandlingReport, about: Background, says: Texts) -> None:
        self._report, self._about, self._says, self._t = report, about, says, says.t
        t = self._t
        self._share_head = (t("Count"), t("n"), t("Share"), t("95 % from"), t("95 % to"))
        self._range_head = (t("95 % from"), t("95 % to"))

    def summary(self) -> Sheet:
        report, t = self._report, self._t
        blank = (None,) * 5
        rows: list[tuple[Value, ...]] = [
            (t("Account"), self._about.account, *blank),
            (t("Owner"), self._owner(report.scope) if report.scope else t("all"), *blank),
            (t("Leads arrived from"), report.since, *blank),
            (t("until"), report.until, *blank),
            (t("As known at"), report.as_of, *blank),
            (t("Time zone"), report.zone, *blank),
            (t("Leads arrived"), None, report.arrivals, *blank[1:]),
            (t("Tried in time"), None, *_share(report.in_time)),
            (t("Within the goal"), None, *_share(report.in_goal)),
            (t("Never called"), None, *_share(report.never_called)),
            (t("Breaches contested, not decided"), None, report.contested, *blank[1:]),
        ]
        rows += [(t("Answer"), t(words.ANSWERS[each]), n, *blank[1:]) for each, n in report.answers]
        rows += [(t("Cause of a late one"), t(words.CAUSES[each]), n, *blank[1:]) for each, n in report.causes]
        return Sheet(t("Summary"), (t("Figure"), t("Value"), *self._share_head), tuple(rows))

    def neglected(self) -> Sheet:
        t = self._t
        return Sheet(
            t("Neglected now"),
            (
                t("Place"),
                t("Lead id"),
                t("Lead"),
                t("Owner"),
                t("Stands"),
                t("Arrived"),
                t("Was due"),
                t("Overdue for (s)"),
                t("Contested"),
            ),
            tuple(
                (
                    place,
                    lead.lead_id,
                    self._about.lead_names.get(lead.lead_id, ""),
                    self._owner(lead.holder_id),
                    t(words.STATUSES[lead.status]),
                    lead.received_at,
                    lead.due_at,
                    lead.overdue_wall_s,
                    t("yes") if lead.is_contested else t("no"),
                )
                for place, lead in enumerate(self._report.neglected, 1)
            ),
        )

    def waits(self) -> Sheet:
        t = self._t
        rows: list[tuple[Value, ...]] = [
            (title, spans.summary.n, *_quantile(spans.summary.median), *_quantile(spans.summary.p90))
            for title, spans in self._spans()
        ]
        rows += [(t(words.LEGS[name]), leg.n, *_quantile(leg), *(None,) * 3) for name, leg in self._report.legs]
        return Sheet(
            t("Waits"),
            (t("Wait"), t("n"), t("Median (s)"), *self._range_head, t("90th percentile (s)"), *self._range_head),
            tuple(rows),
        )

    def bins(self) -> Sheet:
        t = self._t
        spans = self._spans()
        edges: Sequence[int | None] = (*BIN_EDGES_S, None)
        return Sheet(
            t("Distribution"),
            (t("Up to (s); empty: longer"), *(title for title, _ in spans)),
            tuple((edge, *(each.bins[place] for _, each in spans)) for place, edge in enumerate(edges)),
        )

    def waiting(self) -> Sheet:
        t, curve = self._t, self._report.not_yet_tried
        steps = curve.steps if isinstance(curve, Survival) else ()
        return Sheet(
            t("Not yet tried"),
            (t("After working time (s)"), t("Still waiting"), t("Tried then"), t("Not yet tried"), *self._range_head),
            tuple((each.at_s, each.at_risk, each.happened, each.waiting, each.low, each.high) for each in steps),
        )

    def hours(self) -> Sheet:
        t, report = self._t, self._report
        return Sheet(
            t("Hours of the week"),
            (t("Day (1 = Monday)"), t("Hour"), t("Leads arrived"), t("Attempts")),
            tuple(
                (day + 1, hour, report.arrivals_by_hour[day][hour], report.attempts_by_hour[day][hour])
                for day in range(7)
                for hour in range(24)
            ),
        )

    def rules(self) -> Sheet:
        t = self._t
        versions = dict(self._about.rules)
        return Sheet(
            t("Rules"),
            (t("Rule"), t("Version"), t("Leads looked at"), *self._share_head, t("Not evaluated"), t("Contested")),
            tuple(
                (
                    each.rule_id,
                    versions.get(each.rule_id),
                    each.looked_at,
                    *_share(each.breaches),
                    each.not_evaluated,
                    each.contested,
                )
                for each in self._report.rules
            ),
        )

    def owners(self) -> Sheet:
        t = self._t
        rows = []
        for one in self._report.owners:
            known = one.expectation if isinstance(one.expectation, Expectation) else None
            rows.append(
                (
                    one.owner_id,
                    self._owner(one.owner_id),
                    *_share(one.compared.share),
                    rounded(one.compared.expected),
                    one.compared.chance,
                    t(words.STANDINGS[one.compared.standing]),
                    *(
                        (None,) * 6
                        if known is None
                        else (known.observed, known.expected, known.ratio, known.shrunk, known.low, known.high)
                    ),
                    one.first_attempt.n,
                    *_quantile(one.first_attempt.median),
                    *_quantile(one.first_attempt.p90),
                    *(n for _, n in one.causes),
                )
            )
        causes = [t(words.CAUSES[cause]) for cause, _ in self._report.causes]
        return Sheet(
            t("Owners"),
            (
                t("Owner id"),
                t("Owner"),
                *self._share_head,
                t("Expected share"),
                t("Chance of a false alarm"),
                t("In comparison"),
                t("Late, seen"),
                t("Late, expected"),
                t("Ratio"),
                t("Believed ratio"),
                *self._range_head,
                t("Tried"),
                t("Median (s)"),
                *self._range_head,
                t("90th percentile (s)"),
                *self._range_head,
                *causes,
            ),
            tuple(rows),
        )

    def load(self) -> Sheet:
        t, report = self._t, self._report
        known: list[tuple[Value, ...]] = [
            (each.up_to_percent, each.n, *_share(each.in_time)) for each in report.loads
        ]
        unknown: tuple[Value, ...] = (t("not known"), report.unknown_load, *(None,) * 5)
        return Sheet(
            t("Load"),
            (t("Load up to (%); empty: heavier"), t("Leads"), *self._share_head),
            (*known, unknown),
        )

    def days(self) -> Sheet:
        t = self._t
        return Sheet(
            t("Owners by day"),
            (
                t("Owner id"),
                t("Owner"),
                t("Day"),
                t("New leads"),
                t("Leads waiting"),
                t("Can be tried in time"),
                t("Load (%)"),
            ),
            tuple(
                (
                    each.owner_id,
                    self._owner(each.owner_id),
                    each.day,
                    each.arrivals,
                    each.waiting,
                    None if each.fits_milli is None else each.fits_milli / 1000,
                    each.percent,
                )
                for each in self._report.owner_days
            ),
        )

    def funnel(self) -> Sheet:
        t = self._t
        named = {True: t("yes"), False: t("no"), None: t("not known")}
        return Sheet(
            t("Funnel"),
            (
                t("Cohort"),
                t("Begins on"),
                t("Leads"),
                t("Tried"),
                t("Reached"),
                t("Won"),
                t("Usual cycle over"),
                *(
                    f"{step}: {name}"
                    for step in (t("Tried"), t("Reached"), t("Won"))
                    for name in self._share_head[2:]
                ),
            ),
            tuple(
                (
                    kind,
                    each.begins_on,
                    *each.steps,
                    named[each.is_ripe],
                    *(value for share in each.conversions() for value in _share(share)[2:]),
                )
                for kind, cohorts in ((t("month"), self._report.months), (t("week"), self._report.weeks))
                for each in cohorts
            ),
        )

    def delay(self) -> Sheet:
        t, told = self._t, self._report.cost_of_delay
        rows: list[tuple[Value, ...]] = [(None, each.up_to_s, *_share(each.converted)) for each in told.classes]
        gap = told.difference
        if isinstance(gap, Rate):
            rows.append((t("First class above all others"), None, None, None, gap.share, gap.low, gap.high))
            rows.append((t("Leads"), None, None, None, None, told.leads_low, told.leads_high))
        return Sheet(
            t("Cost of delay"), ("", t("First attempt up to (s); empty: longer"), *self._share_head), tuple(rows)
        )

    def judged(self) -> Sheet:
        t, about = self._t, self._about
        rows: list[tuple[Value, ...]] = [
            (t("Not looked at"), t(words.FACTS[fact]), self._says.stored(cause), None) for fact, cause in about.gaps
        ]
        rows += [(t("Policy"), each.version, each.valid_from, each.response_target_s) for each in about.policies]
        rows += [
            (t("Contests decided"), rule_id, t(words.DECISIONS.get(decision, decision)), n)
            for rule_id, decision, n in self._report.decided
        ]
        rows.append((t("Prior of the believed ratio"), None, None, self._report.prior))
        rows.append((t("Cohorts since"), None, self._report.history_since, None))
        return Sheet(t("How this was judged"), (t("Kind"), t("What"), t("Says"), t("Value")), tuple(rows))

    def _spans(self) -> tuple[tuple[str, Spans], ...]:
        t, report = self._t, self._report
        return (
            (t("First attempt, working time"), report.first_attempt),
            (t("First attempt, clock on the wall"), report.first_attempt_wall),
            (t("First contact, working time"), report.first_connection),
            (t("First contact, clock on the wall"), report.first_connection_wall),
        )

    def _owner(self, owner_id: str) -> str:
        return self._about.owner_names.get(owner_id) or owner_id


def writable_text(text: str) -> str:
    """`text` with the replacement character for what neither UTF-8 nor XML can hold."""
    return _NOT_WRITABLE.sub("\ufffd", text)


def text_cell(sheet: WriteOnlyWorksheet, text: str) -> WriteableCell:
    """A cell that holds this very text, whatever it begins with."""
    cell = WriteOnlyCell(sheet, value=writable_text(text)[:MAX_TEXT])
    # Setting the value made a formula of "=…" and an error of "#N/A": the type is put right before it is written.
    cell.data_type = "s"
    cell.number_format = "@"
    return cell


def _share(share: Share) -> tuple[int, int, float | None, float | None, float | None]:
    rate = share.rate
    known = rate if isinstance(rate, Rate) else None
    return (
        share.hits,
        share.n,
        None if known is None else known.share,
        None if known is None else known.low,
        None if known is None else known.high,
    )


def _quantile(value: Quantile | NotEnoughData) -> tuple[int | None, int | None, int | None]:
    return (None, None, None) if isinstance(value, NotEnoughData) else (value.value, value.low, value.high)


def _head_cell(sheet: WriteOnlyWorksheet, text: str) -> WriteableCell:
    cell = text_cell(sheet, text)
    cell.font = Font(bold=True)
    cell.alignment = Alignment(wrap_text=True, vertical="top")
    return cell


def _cell(sheet: WriteOnlyWorksheet, value: Value, zone: ZoneInfo) -> object:
    if isinstance(value, str):
        return text_cell(sheet, value)
    if isinstance(value, datetime):
        cell = WriteOnlyCell(sheet, value=value.astimezone(zone).replace(tzinfo=None, microsecond=0))
        cell.number_format = "yyyy-mm-dd hh:mm"
        return cell
    if isinstance(value, date):
        cell = WriteOnlyCell(sheet, value=datetime.combine(value, time()))
        cell.number_format = "yyyy-mm-dd"
        return cell
    return value


def _widths(sheet: Sheet) -> Iterable[float]:
    for place, name in enumerate(sheet.head):
        longest = max((_length(row[place]) for row in sheet.rows), default=0)
        yield min(max(longest, max(map(len, name.split()), default=0), 8) + 2, _WIDEST)


def _length(value: Value) -> int:
    if isinstance(value, datetime):
        return 16
    return len(f"{value:.6g}") if isinstance(value, float) else len(str(value)) if value is not None else 0


def _without_times(file: io.BytesIO, as_of: datetime) -> bytes:
    """The same file with the report's instant for that at which it was written."""
    made = io.BytesIO()
    with zipfile.ZipFile(file) as source, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as target:
        for item in source.infolist():
            body = source.read(item)
            if item.filename == "docProps/core.xml":
                stamp = f"{as_of.isoformat()}Z".encode()
                body = re.sub(rb"(<dcterms:modified[^>]*>)[^<]*", rb"\g<1>" + stamp, body)
            told = zipfile.ZipInfo(item.filename, _ZIP_EPOCH)
            told.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(told, body)
    return made.getvalue()


__all__ = ["MAX_TEXT", "TYPE", "Sheet", "sheets", "text_cell", "writable_text", "xlsx_of"]
