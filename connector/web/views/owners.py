"""/owners: each person against what the team does; where the difference may be chance, it says so. No ranking."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, Response, render_template
from markupsafe import Markup
from sqlalchemy.engine import Connection

from audits.statistics.comparison import Compared, Standing, compare
from audits.statistics.enough import LEAST_CASES, NotEnoughData
from audits.statistics.shares import Share
from connector.language.texts import Texts
from connector.storage import page_queries, people
from connector.storage.lead_lists import LeadFilter
from connector.storage.page_queries import OwnerLoad, OwnerPromise, Scope
from connector.web import charts
from connector.web.access import Access, Viewer, needs, viewer
from connector.web.cells import Cell
from connector.web.exports import send_csv, send_xlsx
from connector.web.leads_form import NOBODY
from connector.web.links import leads_href
from connector.web.periods import Choice, Period, choices, period_of_request
from connector.web.site import site
from connector.web.texts import current, t

pages = Blueprint("owners", __name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnerLine:
    """One owner, with the numbers as they are exported too."""

    name: str
    under: str
    href: str
    new: int
    new_href: str
    open: int
    open_href: str
    share: Share
    share_says: str
    chart: Markup
    standing: Standing
    compared: str
    late: int
    late_href: str
    untried: int
    untried_href: str
    never_called: int
    never_called_href: str
    median_s: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnersPage:
    """What the page prints."""

    says: str
    caption: str
    periods: list[Choice]
    rows: list[OwnerLine]
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
    "against_the_team",
    "late",
    "not_tried",
    "never_called",
    "median_first_attempt_working_s",
)


@pages.get("/owners")
@needs(Access.SIGNED_IN)
def owners() -> str:
    """The page."""
    me = viewer()
    period = period_of_request(site().now(), me.install.zone)
    with site().database.read() as connection:
        page = owners_page(connection, me, period, current())
    return render_template("owners.html", page=page)


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


def owners_page(conn: Connection, me: Viewer, period: Period, says: Texts) -> OwnersPage:
    """The view model. A rep sees his own line, beside the team's share."""
    rows, team = owner_lines(conn, me, period, says)
    share = team.hits / team.n if team.n else None
    whole = t("The team tried {share} of {n} leads in time.", share=says.percent(share), n=says.number(team.n))
    return OwnersPage(
        says=t("Last {n} days. {team}", n=period.days, team=whole if team.n else ""),
        caption=t(
            "The dot is the share tried in time, the line its 95 % interval, the mark across the team's share."
        ),
        periods=choices(period, "/owners"),
        rows=rows,
        minimum=LEAST_CASES,
        csv_href=leads_href("/owners.csv", days=period.days),
        xlsx_href=leads_href("/owners.xlsx", days=period.days),
    )


def owner_lines(conn: Connection, me: Viewer, period: Period, says: Texts) -> tuple[list[OwnerLine], Share]:
    """One line per owner with leads in the period or open ones, by name; and the team's share."""
    scope = Scope(leads=LeadFilter(received_from=period.since, received_to=period.until), is_new=True)
    promises = {each.owner_id: each for each in page_queries.list_owner_promises(conn, me.install_id, scope)}
    loads = {each.owner_id: each for each in page_queries.list_owner_loads(conn, me.install_id, scope)}
    names = {owner.owner_id: owner for owner in people.list_owners(conn, me.install_id)}
    team = Share(
        sum(each.in_time for each in promises.values()),
        sum(each.in_time + each.late + each.untried for each in promises.values()),
    )
    compared = compare(
        {
            owner_id: (Share(each.in_time, each.in_time + each.late + each.untried), team.hits / team.n)
            for owner_id, each in promises.items()
            if team.n
        }
    )
    lines = []
    for owner_id in promises.keys() | loads.keys():
        if me.only_owner_id is not None and owner_id != me.only_owner_id:
            continue
        promise = promises.get(owner_id) or OwnerPromise(
            owner_id=owner_id, in_time=0, late=0, untried=0, median_s=None
        )
        load = loads.get(owner_id) or OwnerLoad(owner_id, 0, 0, 0)
        judged = promise.in_time + promise.late + promise.untried
        if not (judged or load.new or load.open):
            continue
        owner = names.get(owner_id)
        name = owner.name if owner else t("owner {id}", id=owner_id) if owner_id else t("nobody")
        under = (owner.team or "") if owner else ""
        lines.append(_line(promise, load, name, under, compared.get(owner_id), period, says))
    return sorted(lines, key=lambda line: (line.href.endswith("=-"), line.name.casefold())), team


def _line(
    promise: OwnerPromise,
    load: OwnerLoad,
    name: str,
    under: str,
    compared: Compared | None,
    period: Period,
    says: Texts,
) -> OwnerLine:
    key = promise.owner_id or NOBODY
    within = {"from_": period.first_on, "to": period.last_on, "kind": "new"}
    own = compared.share if compared is not None else Share(0, 0)
    rate = own.rate
    if compared is None or isinstance(rate, NotEnoughData):
        chart = Markup("–")
        share_says = t("{hits} of {n}", hits=says.number(own.hits), n=says.number(own.n)) if own.n else ""
    else:
        share_says = t(
            "{hits} of {n}: {share} ({low} to {high})",
            hits=own.hits,
            n=own.n,
            share=says.percent(rate.share),
            low=says.percent(rate.low),
            high=says.percent(rate.high),
        )
        chart = charts.interval(
            rate.low, rate.share, rate.high, expected=compared.expected, says=f"{name}: {share_says}"
        )
    standing = Standing.NOT_ENOUGH_DATA if compared is None else compared.standing
    return OwnerLine(
        name=name,
        under=under,
        href=leads_href(owner=key),
        new=load.new,
        new_href=leads_href(owner=key, **within),
        open=load.open,
        open_href=leads_href(owner=key, state="open"),
        share=own,
        share_says=share_says,
        chart=chart,
        standing=standing,
        compared=_COMPARED[standing](own.n),
        late=promise.late,
        late_href=leads_href(rule="RT001", outcome="breach", held=key, **within),
        untried=promise.untried,
        untried_href=leads_href(rule="RT002", outcome="breach", held=key, **within),
        never_called=load.never_called,
        never_called_href=leads_href(rule="NC001", outcome="breach", owner=key),
        median_s=promise.median_s,
    )


_COMPARED = {
    Standing.NOT_ENOUGH_DATA: lambda n: t("not enough data ({n} of {least})", n=n, least=LEAST_CASES),
    Standing.NO_DIFFERENCE: lambda n: t("within chance"),
    Standing.BETTER: lambda n: t("more often in time than the team"),
    Standing.WORSE: lambda n: t("less often in time than the team"),
}


def _export_rows() -> list[tuple[Cell, ...]]:
    me = viewer()
    period = period_of_request(site().now(), me.install.zone)
    with site().database.read() as connection:
        lines, _ = owner_lines(connection, me, period, current())
    return [
        (
            line.name,
            line.new,
            line.open,
            line.share.n,
            line.share.hits,
            *_rounded(line.share),
            line.standing.value,
            line.late,
            line.untried,
            line.never_called,
            line.median_s,
        )
        for line in lines
    ]


def _rounded(share: Share) -> tuple[float | None, float | None, float | None]:
    rate = share.rate
    if isinstance(rate, NotEnoughData):
        return None, None, None
    return round(rate.share, 4), round(rate.low, 4), round(rate.high, 4)
