"""/overview: one page, by what can still be saved. Every number leads to its rows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from flask import Blueprint, render_template
from markupsafe import Markup
from sqlalchemy.engine import Connection

from audits.model.score import FollowUpStatus
from audits.reports.export_report import Answer
from audits.statistics.medians import SpanSummary
from connector.language.texts import Texts
from connector.reporting.charts.arrivals import arrivals_by_day
from connector.reporting.charts.first_attempt import first_attempt_distribution
from connector.reporting.charts.picture import Cell, Picture
from connector.reporting.figures import week_bounds
from connector.storage import cursors, page_queries, repairs
from connector.storage.lead_lists import LeadFilter, LeadRow, LeadSort
from connector.storage.page_queries import Scope
from connector.web import charts
from connector.web.access import Access, Viewer, needs, viewer
from connector.web.charts import Segment
from connector.web.labels import answer_label, answer_tone, crm_name
from connector.web.lead_names import display_name
from connector.web.lead_story import due_act_words
from connector.web.links import lead_href, leads_href
from connector.web.periods import HORIZON, Choice, Period, choices, period_of_request
from connector.web.record_links import web_address
from connector.web.reported import Reported, RuleLine, SaidLine
from connector.web.shown_facts import not_granted, not_shown
from connector.web.site import site
from connector.web.texts import current, t
from connector.web.views.install import reading_says
from connector.web.views.response import RESPONSE_RULES, broken_scope

pages = Blueprint("overview", __name__)

_ACT_ROWS = 8
_LATE_ROWS = 6
_RULE_ROWS = 10


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
    is_contested: bool


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


@dataclass(frozen=True, slots=True)
class CauseShare:
    """How many broken promises one cause explains, with its rows."""

    label: str
    n: int
    href: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LastWeek:
    """The week before this one, from Monday to Sunday, in a sentence, and its broken promises with their causes."""

    title: str
    sentence: str
    new: int
    new_href: str
    broken: int
    broken_href: str
    causes: list[CauseShare]
    late: list[SaidLine]


@dataclass(frozen=True, slots=True)
class StatusRow:
    """Leads of one follow-up status."""

    status: FollowUpStatus
    count: int
    href: str


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
    mendable: int
    crm_label: str
    week: LastWeek
    kept: Kept
    tried: Picture
    tried_figures: list[tuple[str, tuple[str, str]]]
    reached: Picture
    reached_figures: list[tuple[str, tuple[str, str]]]
    arrivals: Picture
    busiest: Cell | None
    statuses: list[StatusRow]
    rules: list[RuleLine]
    more_rules: list[RuleLine]
    contested: int


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
    told = Reported.read(conn, me, period, now, says)
    scope = Scope(leads=LeadFilter(), is_new=True, is_present=True, charged_to=told.scope or None)
    days = page_queries.count_arrivals(conn, install_id, scope, period.since, period.until, me.install.zone)
    act_scope = Scope(
        leads=LeadFilter(owner_id=me.only_owner_id, sort=LeadSort.DUE_FIRST, limit=_ACT_ROWS),
        due_before=now + HORIZON,
        due_after=now,
    )
    act_rows, act_total = page_queries.list_leads(conn, install_id, act_scope)
    statuses = page_queries.count_by_status(conn, install_id, Scope(leads=mine))
    reading = cursors.get_cursor(conn, install_id, "backfill")
    is_reading = me.is_admin and (reading is None or reading.finished_at is None)
    rules, more_rules = _most_broken_first(told.rules())
    arrivals = arrivals_by_day(days, says, href=lambda on: told.href(from_=on, to=on))
    tried, reached = told.report.first_attempt, told.report.first_connection
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
        mendable=repairs.count_mendable_leads(conn, install_id, me.only_owner_id),
        crm_label=crm_name(me.install.crm),
        week=_last_week(conn, me, now, says),
        kept=_kept(told),
        tried=first_attempt_distribution(
            tried, says, title=t("Time to the first attempt"), what=t("leads tried"), href=told.bin_href
        ),
        tried_figures=_figures(told, tried.summary),
        reached=first_attempt_distribution(
            reached, says, title=t("Time to the first contact made"), what=t("leads reached")
        ),
        reached_figures=_figures(told, reached.summary),
        arrivals=arrivals,
        busiest=_busiest(arrivals),
        statuses=[StatusRow(status, count, leads_href(status=status)) for status, count in statuses.items()],
        rules=rules,
        more_rules=more_rules,
        contested=told.report.contested,
    )


def _most_broken_first(lines: list[RuleLine]) -> tuple[list[RuleLine], list[RuleLine]]:
    """The rules that most leads break, at most ten of them; and all others that say anything, most broken first."""
    telling = [line for line in lines if line.breaches or line.unknown]
    ranked = sorted(telling, key=lambda line: (-line.breaches, -line.unknown))
    shown = sum(1 for line in ranked[:_RULE_ROWS] if line.breaches)
    return ranked[:shown], ranked[shown:]


def _figures(told: Reported, summary: SpanSummary) -> list[tuple[str, tuple[str, str]]]:
    return [(t("Median"), told.median(summary.median)), (t("9 of 10 within"), told.median(summary.p90))]


def _busiest(arrivals: Picture) -> Cell | None:
    """The row of the day with most leads: its count, which says when that was."""
    day, count = max(arrivals.table.rows, key=lambda row: float(row[1].value or 0))
    return Cell(count.text, day.text, count.href) if count.value else None


def _last_week(conn: Connection, me: Viewer, now: datetime, says: Texts) -> LastWeek:
    zone = ZoneInfo(me.install.zone)
    today = now.astimezone(zone).date()
    since, until = week_bounds(today - timedelta(days=7), me.install.zone)
    first, last = since.astimezone(zone).date(), (until - timedelta(seconds=1)).astimezone(zone).date()
    told = Reported.read(conn, me, Period(7, first, last, since, until), now, says)
    report = told.report
    broken = report.count(Answer.LATE) + report.count(Answer.UNANSWERED)
    new = report.arrivals - report.count(Answer.IMPORTED)
    late = page_queries.list_said(conn, me.install_id, broken_scope(told), RESPONSE_RULES, _LATE_ROWS)
    return LastWeek(
        title=t("Last week, {first} to {last}", first=says.short_day(first), last=says.short_day(last)),
        sentence=t("Tried in time: {share}.", share=told.share(report.in_time)) if report.in_time.n else "",
        new=new,
        new_href=told.href(),
        broken=broken,
        broken_href=told.answer_href("broken"),
        causes=[CauseShare(line.label, line.n, line.href) for line in told.causes() if line.n],
        late=told.said(late),
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
        is_contested=bool(row.contested),
    )


def _kept(told: Reported) -> Kept:
    report, says = told.report, told.says
    counts = dict(report.answers)
    hrefs = {answer: told.answer_href(answer) for answer in Answer}
    segments = [
        Segment(answer_label(answer), counts[answer], answer_tone(answer), hrefs[answer])
        for answer in Answer
        if answer is not Answer.IMPORTED
    ]
    never_called = report.never_called
    return Kept(
        new=report.arrivals - counts[Answer.IMPORTED],
        new_href=told.href(),
        judged=report.in_time.n,
        in_time=counts[Answer.IN_TIME],
        in_time_href=hrefs[Answer.IN_TIME],
        share_says=told.share(report.in_time),
        late=counts[Answer.LATE],
        late_href=hrefs[Answer.LATE],
        untried=counts[Answer.UNANSWERED],
        untried_href=hrefs[Answer.UNANSWERED],
        never_called=never_called.hits,
        never_called_href=told.href(rule="NC001", outcome="breach"),
        segments=segments,
        chart=charts.shares(
            segments,
            chart_id="kept-chart",
            title=t("How the first attempt stands"),
            describes=says.signs("; ").join(f"{part.label}: {says.number(part.count)}" for part in segments),
        ),
    )
