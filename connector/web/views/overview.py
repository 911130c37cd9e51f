"""/overview: one page, by what can still be saved. Every number leads to its rows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from itertools import pairwise

from flask import Blueprint, render_template
from markupsafe import Markup
from sqlalchemy.engine import Connection

from audits.model.finding import Outcome
from audits.model.score import FollowUpStatus
from audits.rulebook import RULES
from audits.statistics.enough import NotEnoughData
from audits.statistics.shares import Share
from connector.language.texts import Texts
from connector.storage import cursors, page_queries
from connector.storage.lead_lists import LeadFilter, LeadRow, LeadSort
from connector.storage.page_queries import PromiseCounts, Scope, Waits
from connector.web import charts
from connector.web.access import Access, Viewer, needs, viewer
from connector.web.charts import Bar, Segment
from connector.web.labels import crm_name
from connector.web.lead_names import display_name
from connector.web.lead_story import due_act_words
from connector.web.links import lead_href, leads_href
from connector.web.periods import HORIZON, Choice, Period, choices, period_of_request
from connector.web.record_links import web_address
from connector.web.shown_facts import not_granted, not_shown
from connector.web.site import site
from connector.web.texts import current, t
from connector.web.views.install import reading_says

pages = Blueprint("overview", __name__)

_ACT_ROWS = 8
_MINUTE, _HOUR = 60, 3600
#: Edges of the histogram, in seconds of working time.
EDGES_S = (5 * _MINUTE, 15 * _MINUTE, 30 * _MINUTE, _HOUR, 2 * _HOUR, 4 * _HOUR, 9 * _HOUR, 18 * _HOUR)


@dataclass(frozen=True, slots=True, kw_only=True)
class ActRow:
    """A lead that is about to be lost."""

    href: str
    name: str
    under: str
    owner: str
    what: str
    due_in: str
    due_at: datetime
    record_url: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """How the promise of a first attempt was kept in the period."""

    new: int
    new_href: str
    judged: int
    in_time: int
    in_time_href: str
    share_says: str
    late: int
    late_href: str
    untried: int
    untried_href: str
    never_called: int
    never_called_href: str
    segments: list[Segment]
    chart: Markup


@dataclass(frozen=True, slots=True, kw_only=True)
class Speed:
    """Working time to the first attempt."""

    n: int
    href: str
    median_s: int | None
    p90_s: int | None
    chart: Markup
    table: Markup


@dataclass(frozen=True, slots=True)
class StatusRow:
    """Leads of one follow-up status."""

    status: FollowUpStatus
    count: int
    href: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KindRow:
    """Leads of one rule."""

    rule_id: str
    title: str
    breaches: int
    breach_href: str
    unknown: int
    unknown_href: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OverviewPage:
    """What the overview prints."""

    now: datetime
    is_own: bool
    periods: list[Choice]
    period_title: str
    reading: str
    gaps: list[str]
    lacks: list[str]
    horizon_s: int
    act_now: list[ActRow]
    act_total: int
    act_href: str
    crm_label: str
    kept: Kept
    speed: Speed
    arrivals_chart: Markup
    arrivals_table: Markup
    busiest: Bar | None
    statuses: list[StatusRow]
    kinds: list[KindRow]


@pages.get("/overview")
@needs(Access.SIGNED_IN)
def overview() -> str:
    """The page the head of sales opens on Monday morning."""
    me, now = viewer(), site().now()
    with site().database.read() as connection:
        page = overview_page(connection, me, now, period_of_request(now, me.install.zone), current())
    return render_template("overview.html", page=page)


def overview_page(conn: Connection, me: Viewer, now: datetime, period: Period, says: Texts) -> OverviewPage:
    """The view model, from one snapshot of the database."""
    install_id, mine = me.install_id, LeadFilter(owner_id=me.only_owner_id)
    scope = Scope(
        leads=LeadFilter(owner_id=me.only_owner_id, received_from=period.since, received_to=period.until), is_new=True
    )
    counts = page_queries.count_promises(conn, install_id, scope)
    waits = page_queries.read_waits(conn, install_id, scope)
    bins = page_queries.count_waits(conn, install_id, scope, EDGES_S)
    days = page_queries.count_arrivals(conn, install_id, scope, period.since, period.until, me.install.zone)
    act_scope = Scope(
        leads=LeadFilter(owner_id=me.only_owner_id, sort=LeadSort.DUE_FIRST, limit=_ACT_ROWS),
        due_before=now + HORIZON,
        due_after=now,
    )
    act_rows, act_total = page_queries.list_leads(conn, install_id, act_scope)
    statuses = page_queries.count_by_status(conn, install_id, Scope(leads=mine))
    by_rule = page_queries.count_by_rule(conn, install_id, scope)
    reading = cursors.get_cursor(conn, install_id, "backfill")
    is_reading = me.is_admin and (reading is None or reading.finished_at is None)
    arrivals = _arrivals(days, says)
    return OverviewPage(
        now=now,
        is_own=not me.is_manager,
        periods=choices(period, "/overview"),
        period_title=t("Last {n} days", n=period.days),
        reading=reading_says(reading, now, site().settings.backfill_days, says, me.install.crm) if is_reading else "",
        gaps=not_granted(me.install),
        lacks=not_shown(me.install),
        horizon_s=int(HORIZON.total_seconds()),
        act_now=[_act_row(row, now, says) for row in act_rows],
        act_total=act_total,
        act_href=leads_href(due="soon", sort="due_first"),
        crm_label=crm_name(me.install.crm),
        kept=_kept(counts, period, says),
        speed=_speed(waits, bins, period, says),
        arrivals_chart=charts.columns(
            arrivals,
            chart_id="arrivals-chart",
            title=t("New leads per day"),
            describes=t("{n} new leads in {days} days", n=says.number(counts.new), days=period.days),
            label_every={7: 1, 30: 5, 90: 15}[period.days],
        ),
        arrivals_table=charts.table_of(arrivals, head=t("Day"), count_head=t("New leads")),
        busiest=max((bar for bar in arrivals if bar.count), key=lambda bar: bar.count, default=None),
        statuses=[StatusRow(status, count, leads_href(status=status)) for status, count in statuses.items()],
        kinds=_kinds(by_rule, period),
    )


def _act_row(row: LeadRow, now: datetime, says: Texts) -> ActRow:
    due_at = row.due_at or now
    return ActRow(
        href=lead_href(row.lead_id),
        name=display_name(row),
        under=" · ".join(part for part in (row.company, row.source) if part),
        owner=row.owner_name or t("nobody"),
        what=due_act_words(row.first_attempt_at),
        due_in=t("in {span}", span=says.span((due_at - now).total_seconds())),
        due_at=due_at,
        record_url=web_address(row.record_url),
    )


def _kept(counts: PromiseCounts, period: Period, says: Texts) -> Kept:
    within = {"from_": period.first_on, "to": period.last_on, "kind": "new"}
    hrefs = {
        "in_time": leads_href(rule="RT001", outcome="pass", **within),
        "late": leads_href(rule="RT001", outcome="breach", **within),
        "untried": leads_href(rule="RT002", outcome="breach", **within),
        "waiting": leads_href(rule="RT002", outcome="pass", **within),
    }
    kept = Share(counts.in_time, counts.judged)
    rate = kept.rate
    if isinstance(rate, NotEnoughData):
        share_says = t("not enough data ({n} of {least})", n=says.number(rate.n), least=says.number(rate.least))
    else:
        share_says = t(
            "{share} of {n}; {low} to {high} with 95 % certainty",
            share=says.percent(rate.share),
            n=says.number(kept.n),
            low=says.percent(rate.low),
            high=says.percent(rate.high),
        )
    segments = [
        Segment(t("tried in time"), counts.in_time, "good", hrefs["in_time"]),
        Segment(t("tried late"), counts.late, "warn", hrefs["late"]),
        Segment(t("not tried at all, past the target"), counts.untried, "bad", hrefs["untried"]),
        Segment(t("still within their time"), counts.waiting, "plain", hrefs["waiting"]),
        Segment(t("not evaluated, or closed without need"), counts.unknown + counts.other, "quiet"),
    ]
    return Kept(
        new=counts.new,
        new_href=leads_href(**within),
        judged=counts.judged,
        in_time=counts.in_time,
        in_time_href=hrefs["in_time"],
        share_says=share_says,
        late=counts.late,
        late_href=hrefs["late"],
        untried=counts.untried,
        untried_href=hrefs["untried"],
        never_called=counts.never_called,
        never_called_href=leads_href(rule="NC001", outcome="breach", **within),
        segments=segments,
        chart=charts.shares(
            segments,
            chart_id="kept-chart",
            title=t("How the first attempt stands"),
            describes="; ".join(f"{part.label}: {part.count}" for part in segments),
        ),
    )


def _speed(waits: Waits, bins: tuple[int, ...], period: Period, says: Texts) -> Speed:
    within = {"from_": period.first_on, "to": period.last_on, "kind": "new"}
    bounds: list[int | None] = [None, *EDGES_S, None]
    bars = []
    for (low, high), count in zip(pairwise(bounds), bins, strict=True):
        label = t("> {span}", span=says.span(low)) if high is None else says.span(high)
        meaning = label if high is None else t("up to {span}", span=label)
        href = leads_href(wait=f"{low or 0}-{high or ''}", **within)
        bars.append(Bar(label=label, count=count, says=f"{meaning}: {count}", href=href))
    return Speed(
        n=waits.n,
        href=leads_href(wait="0-", **within),
        median_s=waits.median_s,
        p90_s=waits.p90_s,
        chart=charts.columns(
            bars,
            chart_id="speed-chart",
            title=t("Working time to the first attempt"),
            describes=t("Leads tried, by working time from arrival to the first attempt"),
        ),
        table=charts.table_of(bars, head=t("Working time"), count_head=t("Leads")),
    )


def _arrivals(days: list[tuple[date, int]], says: Texts) -> list[Bar]:
    return [
        Bar(
            label=says.short_day(on),
            count=count,
            says=f"{says.day(on)}: {count}",
            href=leads_href(from_=on, to=on, kind="new"),
        )
        for on, count in days
    ]


def _kinds(by_rule: dict[str, dict[Outcome, int]], period: Period) -> list[KindRow]:
    within = {"from_": period.first_on, "to": period.last_on, "kind": "new"}
    return [
        KindRow(
            rule_id=rule.info.rule_id,
            title=t(rule.info.title),
            breaches=by_rule.get(rule.info.rule_id, {}).get(Outcome.BREACH, 0),
            breach_href=leads_href(rule=rule.info.rule_id, outcome="breach", **within),
            unknown=by_rule.get(rule.info.rule_id, {}).get(Outcome.NOT_EVALUATED, 0),
            unknown_href=leads_href(rule=rule.info.rule_id, outcome="not_evaluated", **within),
        )
        for rule in RULES
    ]
