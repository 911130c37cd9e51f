"""/owners: each person against what was to be expected of his leads, in words; no ranking without the numbers."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, Response, render_template
from sqlalchemy.engine import Connection

from audits.reports.handling import OwnerFigures
from audits.statistics.enough import LEAST_CASES, NotEnoughData
from audits.statistics.expectation import Expectation, formula
from audits.statistics.shares import Share
from connector.language.texts import Texts
from connector.reporting.charts.load import kept_by_load, load_and_capacity
from connector.reporting.charts.picture import Picture
from connector.storage import page_queries, people
from connector.storage.lead_lists import LeadFilter
from connector.storage.page_queries import OwnerLoad, Scope
from connector.web.access import Access, Viewer, needs, viewer
from connector.web.cells import Cell
from connector.web.exports import send_csv, send_xlsx
from connector.web.leads_form import NOBODY
from connector.web.links import leads_href, owner_href
from connector.web.periods import Choice, Period, choices, period_of_request
from connector.web.reported import Reported
from connector.web.site import site
from connector.web.texts import current, t
from connector.web.views.owner import Verdict, verdict_of

pages = Blueprint("owners", __name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnerLine:
    """One owner, with the numbers as they are exported too."""

    owner_id: str
    name: str
    under: str
    href: str
    new: int
    new_href: str
    open: int
    open_href: str
    figures: OwnerFigures | None
    verdict: Verdict | None
    broken: int
    broken_href: str
    never_called: int
    never_called_href: str
    median: tuple[str, str]
    contested: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnersPage:
    """What the page prints."""

    says: str
    caption: str
    formula: str
    periods: list[Choice]
    rows: list[OwnerLine]
    load: Picture
    kept: Picture
    minimum: int
    csv_href: str
    xlsx_href: str


EXPORT_HEAD = (
    "owner",
    "new_leads",
    "open_now",
    "judged",
    "tried_in_time",
    "share_in_time",
    "share_low_95",
    "share_high_95",
    "share_expected",
    "against_expected",
    "broken",
    "broken_expected",
    "ratio_believed",
    "ratio_low_95",
    "ratio_high_95",
    "never_called",
    "median_first_attempt_working_s",
    "contested",
)


@pages.get("/owners")
@needs(Access.SIGNED_IN)
def owners() -> str:
    """The page."""
    me, now = viewer(), site().now()
    period = period_of_request(now, me.install.zone)
    with site().database.read() as connection:
        told = Reported.read(connection, me, period, now, current())
        lines = owner_lines(connection, me, told)
    return render_template("owners.html", page=_page(me, told, lines))


@pages.get("/owners.csv")
@needs(Access.SIGNED_IN)
def owners_csv() -> Response:
    """The same as CSV."""
    return send_csv("people", EXPORT_HEAD, _export_rows(), viewer().install.zone)


@pages.get("/owners.xlsx")
@needs(Access.SIGNED_IN)
def owners_xlsx() -> Response:
    """The same as XLSX."""
    return send_xlsx("people", EXPORT_HEAD, _export_rows(), viewer().install.zone)


def _page(me: Viewer, told: Reported, lines: list[OwnerLine]) -> OwnersPage:
    """The view model. A rep sees his own line."""
    report, says, days = told.report, told.says, told.period.days
    whole = t("Tried in time: {share}.", share=told.share(report.in_time))
    return OwnersPage(
        says=t("Last {n} days. {all}", n=days, all=whole if report.in_time.n else ""),
        caption=t(
            "The dot is the share tried in time, the line its 95 % interval, the mark across what was to be expected."
        ),
        formula="" if report.prior is None else says.say(formula(says.number(round(report.prior, 1)))),
        periods=choices(told.period, "/owners"),
        rows=lines,
        load=load_and_capacity(
            [day for day in report.owner_days if me.only_owner_id in (None, day.owner_id)],
            {day.owner_id: told.name(day.owner_id) for day in report.owner_days},
            says,
        ),
        kept=kept_by_load(report.loads, says),
        minimum=LEAST_CASES,
        csv_href=leads_href("/owners.csv", days=days),
        xlsx_href=leads_href("/owners.xlsx", days=days),
    )


def owner_lines(conn: Connection, me: Viewer, told: Reported) -> list[OwnerLine]:
    """One line per owner with leads in the period or open ones, by name; nobody last."""
    within = Scope(
        leads=LeadFilter(received_from=told.period.since, received_to=told.period.until), is_new=True, is_present=True
    )
    figures = {each.owner_id: each for each in told.report.owners}
    loads = {each.owner_id: each for each in page_queries.list_owner_loads(conn, me.install_id, within)}
    contested = page_queries.count_contested(conn, me.install_id)
    teams = {owner.owner_id: owner.team or "" for owner in people.list_owners(conn, me.install_id)}
    lines = []
    for owner_id in figures.keys() | loads.keys():
        if me.only_owner_id not in (None, owner_id):
            continue
        own, load = figures.get(owner_id), loads.get(owner_id) or OwnerLoad(owner_id, 0, 0, 0)
        if own is None and not (load.new or load.open):
            continue
        lines.append(_line(told, owner_id, own, load, teams.get(owner_id, ""), contested.get(owner_id, 0)))
    return sorted(lines, key=lambda line: (not line.owner_id, line.name.casefold(), line.owner_id))


def _line(
    told: Reported, owner_id: str, own: OwnerFigures | None, load: OwnerLoad, under: str, contested: int
) -> OwnerLine:
    key, says = owner_id or NOBODY, told.says
    name = told.name(owner_id)
    share = own.compared.share if own is not None else Share(0, 0)
    return OwnerLine(
        owner_id=owner_id,
        name=name,
        under=under,
        href=owner_href(owner_id) if owner_id else leads_href(owner=NOBODY),
        new=load.new,
        new_href=told.href(charged="", owner=key),
        open=load.open,
        open_href=leads_href(owner=key, state="open"),
        figures=own,
        verdict=None if own is None else verdict_of(own, name, says),
        broken=share.n - share.hits,
        broken_href=told.href(charged=key, answer="broken"),
        never_called=load.never_called,
        never_called_href=leads_href(rule="NC001", outcome="breach", owner=key),
        median=("–", "") if own is None else told.median(own.first_attempt.median),
        contested=contested,
    )


def _export_rows() -> list[tuple[Cell, ...]]:
    me, now = viewer(), site().now()
    period: Period = period_of_request(now, me.install.zone)
    says: Texts = current()
    with site().database.read() as connection:
        told = Reported.read(connection, me, period, now, says)
        lines = owner_lines(connection, me, told)
    return [_export_row(line) for line in lines]


def _export_row(line: OwnerLine) -> tuple[Cell, ...]:
    own = line.figures
    share = own.compared.share if own is not None else Share(0, 0)
    one = own.expectation if own is not None and isinstance(own.expectation, Expectation) else None
    median = own.first_attempt.median if own is not None else NotEnoughData(0)
    return (
        line.name,
        line.new,
        line.open,
        share.n,
        share.hits,
        *_rounded(share),
        None if one is None or own is None else round(own.compared.expected, 4),
        None if own is None else own.compared.standing.value,
        line.broken,
        *((None, None, None, None) if one is None else (round(one.expected, 2), one.shrunk, one.low, one.high)),
        line.never_called,
        None if isinstance(median, NotEnoughData) else median.value,
        line.contested,
    )


def _rounded(share: Share) -> tuple[float | None, float | None, float | None]:
    rate = share.rate
    if isinstance(rate, NotEnoughData):
        return None, None, None
    return round(rate.share, 4), round(rate.low, 4), round(rate.high, 4)
