"""/neglected: a board of what somebody should take up, a column per rule, the oldest first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from flask import Blueprint, Response, render_template
from sqlalchemy.engine import Connection

from audits.model.finding import Outcome
from audits.model.said import english
from connector.language.texts import Texts
from connector.storage import page_queries
from connector.storage.database import Database
from connector.storage.lead_lists import LeadFilter
from connector.storage.page_queries import LaneLead, Scope
from connector.web.access import Access, Viewer, needs, viewer
from connector.web.cells import Cell
from connector.web.exports import send_csv, send_xlsx
from connector.web.labels import crm_name
from connector.web.lead_names import display_name
from connector.web.links import lead_href, leads_href
from connector.web.record_links import web_address
from connector.web.sentences import written
from connector.web.site import site
from connector.web.texts import current, t
from connector.web.views.leads import EXPORT_HEAD as LEAD_HEAD
from connector.web.views.leads import export_row
from connector.web.views.rulebook import rule_titles

pages = Blueprint("neglected", __name__)

#: The columns of the board, the most pressing first.
LANES = ("RT002", "NC001", "FU002", "NC002", "DQ001")
_SLIPS = 8
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


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardLane:
    """One column."""

    rule_id: str
    title: str
    count: int
    href: str
    slips: list[Slip]


@dataclass(frozen=True, slots=True, kw_only=True)
class NeglectedPage:
    """What the board prints."""

    lanes: list[BoardLane]
    total: int
    crm_label: str
    csv_href: str
    xlsx_href: str


EXPORT_HEAD = ("rule_id", "rule", "sentence", "since_at", *LEAD_HEAD)


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
        "neglected", EXPORT_HEAD, _export_rows(site().database, viewer(), rule_titles()), viewer().install.zone
    )


@pages.get("/neglected.xlsx")
@needs(Access.SIGNED_IN)
def neglected_xlsx() -> Response:
    """All of the board as XLSX."""
    return send_xlsx(
        "neglected", EXPORT_HEAD, _export_rows(site().database, viewer(), rule_titles()), viewer().install.zone
    )


def neglected_page(conn: Connection, me: Viewer, now: datetime, says: Texts) -> NeglectedPage:
    """The view model."""
    titles = rule_titles()
    lanes = []
    for rule_id in LANES:
        found, total = page_queries.list_lane(conn, me.install_id, _lane_scope(me, rule_id, limit=_SLIPS))
        lanes.append(
            BoardLane(
                rule_id=rule_id,
                title=titles.get(rule_id, rule_id),
                count=total,
                href=leads_href(rule=rule_id, outcome="breach", sort="oldest"),
                slips=[_slip(each, now, says) for each in found],
            )
        )
    return NeglectedPage(
        lanes=lanes,
        total=sum(lane.count for lane in lanes),
        crm_label=crm_name(me.install.crm),
        csv_href="/neglected.csv",
        xlsx_href="/neglected.xlsx",
    )


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
    )


def _export_rows(database: Database, me: Viewer, titles: Mapping[str, str]) -> Iterator[tuple[Cell, ...]]:
    with database.read() as connection:
        for rule_id in LANES:
            scope = _lane_scope(me, rule_id, limit=_PORTION)
            while True:
                found, _ = page_queries.list_lane(connection, me.install_id, scope)
                for each in found:
                    yield (rule_id, titles.get(rule_id), english(each.said), each.since_at, *export_row(each.lead))
                if len(found) < _PORTION:
                    break
                scope = replace(scope, leads=replace(scope.leads, offset=scope.leads.offset + _PORTION))
