"""/neglected: what somebody should take up, what can still be saved first; and a board with a column per rule."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from flask import Blueprint, Response, render_template
from sqlalchemy.engine import Connection

from audits.model.finding import Outcome
from audits.model.score import FollowUpStatus
from audits.reports.sections import NeglectedLead
from connector.language.texts import Texts
from connector.storage import page_queries
from connector.storage.database import Database
from connector.storage.lead_lists import LeadFilter
from connector.storage.page_queries import LaneLead, Scope
from connector.web.access import Access, Viewer, needs, viewer
from connector.web.cells import Cell
from connector.web.contest_words import Mark, mark_of, state_word
from connector.web.exports import send_csv, send_xlsx
from connector.web.labels import crm_name
from connector.web.lead_names import display_name
from connector.web.links import lead_href, leads_href
from connector.web.periods import DEFAULT_DAYS, period
from connector.web.record_links import web_address
from connector.web.reported import Reported
from connector.web.sentences import written
from connector.web.site import site
from connector.web.texts import current, t
from connector.web.views.leads import EXPORT_HEAD as LEAD_HEAD
from connector.web.views.leads import export_row
from connector.web.views.owner import overdue_words
from connector.web.views.rulebook import rule_titles

pages = Blueprint("neglected", __name__)

#: The columns of the board, the most pressing first.
LANES = ("RT002", "NC001", "FU002", "NC006", "NC005", "NC003", "NC002", "NC004", "AG005", "DQ001")
_SLIPS = 8
_FIRST = 15
_PORTION = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Slip:
    """One lead on the board."""

    href: str
    name: str
    age: str
    sentence: str
    owner: str
    record_url: str | None
    contest: Mark | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardLane:
    """One column."""

    rule_id: str
    title: str
    count: int
    href: str
    slips: list[Slip]


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstLine:
    """A lead to take up first."""

    href: str
    name: str
    under: str
    owner: str
    status: FollowUpStatus
    overdue: str
    due_at: datetime | None
    record_url: str | None
    is_contested: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class NeglectedPage:
    """What the page prints. `others`: the titles of rules that find nothing."""

    first: list[FirstLine]
    first_total: int
    lanes: list[BoardLane]
    others: list[str]
    total: int
    crm_label: str
    csv_href: str
    xlsx_href: str


EXPORT_HEAD = ("rule_id", "rule", "sentence", "since_at", "contest", *LEAD_HEAD)


@pages.get("/neglected")
@needs(Access.SIGNED_IN)
def neglected() -> str:
    """The board."""
    with site().database.read() as connection:
        page = neglected_page(connection, viewer(), site().now(), current())
    return render_template("neglected.html", page=page)


@pages.get("/neglected.csv")
@needs(Access.SIGNED_IN)
def neglected_csv() -> Response:
    """All of the board as CSV."""
    return send_csv(
        "neglected",
        EXPORT_HEAD,
        _export_rows(site().database, viewer(), rule_titles(), current()),
        viewer().install.zone,
    )


@pages.get("/neglected.xlsx")
@needs(Access.SIGNED_IN)
def neglected_xlsx() -> Response:
    """All of the board as XLSX."""
    return send_xlsx(
        "neglected",
        EXPORT_HEAD,
        _export_rows(site().database, viewer(), rule_titles(), current()),
        viewer().install.zone,
    )


def neglected_page(conn: Connection, me: Viewer, now: datetime, says: Texts) -> NeglectedPage:
    """The view model."""
    titles = rule_titles()
    told = Reported.read(conn, me, period(now, me.install.zone, DEFAULT_DAYS), now, says)
    left = told.report.neglected
    lanes = []
    for rule_id in LANES:
        found, total = page_queries.list_lane(conn, me.install_id, _lane_scope(me, rule_id, limit=_SLIPS))
        lanes.append(
            BoardLane(
                rule_id=rule_id,
                title=titles.get(rule_id, rule_id),
                count=total,
                href=leads_href(rule=rule_id, outcome="breach"),
                slips=[_slip(each, now, says) for each in found],
            )
        )
    return NeglectedPage(
        first=_first(conn, me.install_id, left[:_FIRST], told),
        first_total=len(left),
        lanes=[lane for lane in lanes if lane.count],
        others=[lane.title for lane in lanes if not lane.count],
        total=sum(lane.count for lane in lanes),
        crm_label=crm_name(me.install.crm),
        csv_href="/neglected.csv",
        xlsx_href="/neglected.xlsx",
    )


def _first(conn: Connection, install_id: str, left: Sequence[NeglectedLead], told: Reported) -> list[FirstLine]:
    rows = {
        row.lead_id: row for row in page_queries.list_presently(conn, install_id, [each.lead_id for each in left])
    }
    return [
        FirstLine(
            href=lead_href(each.lead_id),
            name=display_name(rows[each.lead_id]),
            under=" · ".join(part for part in (rows[each.lead_id].company, rows[each.lead_id].source) if part),
            owner=told.name(each.holder_id),
            status=each.status,
            overdue=overdue_words(each, told.says),
            due_at=each.due_at,
            record_url=web_address(rows[each.lead_id].record_url),
            is_contested=bool(rows[each.lead_id].contested),
        )
        for each in left
        if each.lead_id in rows
    ]


def _lane_scope(me: Viewer, rule_id: str, *, limit: int, offset: int = 0) -> Scope:
    return Scope(
        leads=LeadFilter(
            rule_id=rule_id, outcome=Outcome.BREACH, owner_id=me.only_owner_id, limit=limit, offset=offset
        )
    )


def _slip(found: LaneLead, now: datetime, says: Texts) -> Slip:
    lead = found.lead
    return Slip(
        href=lead_href(lead.lead_id),
        name=display_name(lead),
        age=t("{span} old", span=says.span((now - lead.received_at).total_seconds(), has_days=True)),
        sentence=written(found.said),
        owner=lead.owner_name or (t("owner {id}", id=lead.owner_id) if lead.owner_id else t("nobody")),
        record_url=web_address(lead.record_url),
        contest=mark_of(found.contest),
    )


def _export_rows(
    database: Database, me: Viewer, titles: Mapping[str, str], says: Texts
) -> Iterator[tuple[Cell, ...]]:
    with database.read() as connection:
        for rule_id in LANES:
            scope = _lane_scope(me, rule_id, limit=_PORTION)
            while True:
                found, _ = page_queries.list_lane(connection, me.install_id, scope)
                for each in found:
                    yield (
                        rule_id,
                        titles.get(rule_id),
                        says.say(each.said),
                        each.since_at,
                        state_word(each.contest),
                        *export_row(each.lead, me),
                    )
                if len(found) < _PORTION:
                    break
                scope = replace(scope, leads=replace(scope.leads, offset=scope.leads.offset + _PORTION))
