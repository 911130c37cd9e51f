"""/funnel: from step to step by when the leads arrived, and the deals that do not go on by themselves."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from babel.dates import format_date
from flask import Blueprint, render_template, request

from audits.model.finding import Outcome
from audits.reports.sections import Step
from audits.statistics.shares import Share
from connector.reporting.charts.funnel import stage_funnel
from connector.reporting.charts.picture import Picture
from connector.storage import page_queries
from connector.storage.lead_lists import LeadFilter
from connector.storage.norms import norms_at
from connector.storage.page_queries import Scope
from connector.web.access import Access, needs, viewer
from connector.web.labels import crm_name
from connector.web.links import leads_href
from connector.web.periods import Choice, period
from connector.web.reported import Reported, SaidLine
from connector.web.site import site
from connector.web.texts import current, t
from connector.web.views.rulebook import rule_titles

pages = Blueprint("funnel", __name__)

#: Rules on deals, with what their list is for, in the order of the page.
DEAL_RULES = ("LD003", "LD001", "LD002", "LD004", "NC004")
_YEAR = 365
_SHOWN = 10
#: More weeks than these are not told apart in a picture.
_WEEKS = 16


@dataclass(frozen=True, slots=True)
class StepLine:
    """How many came to a step, and of how many of the step before."""

    label: str
    n: int
    share_says: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DealList:
    """What one rule finds wrong with open deals."""

    rule_id: str
    title: str
    says: str
    count: int
    href: str
    rows: list[SaidLine]


@dataclass(frozen=True, slots=True, kw_only=True)
class FunnelPage:
    """What the page prints."""

    periods: list[Choice]
    says: str
    cycle_says: str
    steps: list[StepLine]
    picture: Picture
    deals: list[DealList]
    crm_label: str


@pages.get("/funnel")
@needs(Access.SIGNED_IN)
def funnel() -> str:
    """The page."""
    me, now, says = viewer(), site().now(), current()
    by_week = request.args.get("by") == "week"
    with site().database.read() as connection:
        told = Reported.read(connection, me, period(now, me.install.zone, _YEAR), now, says)
        cycles = [each.won_age_s for each in norms_at(connection, me.install_id, now).deal_norms if each.won_age_s]
        deals = []
        for rule_id in DEAL_RULES:
            scope = Scope(
                leads=LeadFilter(rule_id=rule_id, outcome=Outcome.BREACH, owner_id=me.only_owner_id, limit=_SHOWN),
                is_present=True,
            )
            rows, count = page_queries.list_lane(connection, me.install_id, scope)
            deals.append(
                DealList(
                    rule_id=rule_id,
                    title=rule_titles()[rule_id],
                    says=_PURPOSE[rule_id](),
                    count=count,
                    href=leads_href(rule=rule_id, outcome="breach"),
                    rows=told.said(rows),
                )
            )
    report = told.report
    cohorts = report.weeks[-_WEEKS:] if by_week else report.months[-12:]
    page = FunnelPage(
        periods=[
            Choice(t("by month"), "/funnel", not by_week),
            Choice(t("by week"), "/funnel?by=week", by_week),
        ],
        says=t("Leads of the last year, imports not counted."),
        cycle_says=t("The usual cycle of a won deal: {span}.", span=says.span(max(cycles), has_days=True))
        if cycles
        else t("The usual cycle is not known: not enough data. So no cohort is called ripe or unripe."),
        steps=_steps(told),
        picture=stage_funnel(
            cohorts,
            says,
            label=(lambda on: says.short_day(on))
            if by_week
            else (lambda on: str(format_date(on, "LLL y", says.locale))),
            href=lambda on: _cohort_href(told, on, by_week=by_week),
        ),
        deals=[each for each in deals if each.count],
        crm_label=crm_name(me.install.crm),
    )
    return render_template("funnel.html", page=page)


_PURPOSE = {
    "LD003": lambda: t("Open beyond the usual age at winning: take them up anew, or end them honestly."),
    "LD001": lambda: t("Worth much, and only one person is spoken with."),
    "LD002": lambda: t("Nobody who decides was spoken with."),
    "LD004": lambda: t("No contact for longer than is usual in deals that were won."),
    "NC004": lambda: t("In one stage for longer than is usual there."),
}


def _steps(told: Reported) -> list[StepLine]:
    labels = {
        Step.RECEIVED: t("received"),
        Step.TRIED: t("tried"),
        Step.REACHED: t("reached"),
        Step.WON: t("won"),
    }
    sums = [sum(cohort.steps[place] for cohort in told.report.months) for place in range(len(Step))]
    lines = []
    for place, step in enumerate(Step):
        share = told.share(Share(sums[place], sums[place - 1])) if place else ""
        lines.append(StepLine(labels[step], sums[place], share))
    return lines


def _cohort_href(told: Reported, on: date, *, by_week: bool) -> str:
    following = (
        date.fromordinal(on.toordinal() + 7) if by_week else date(on.year + on.month // 12, on.month % 12 + 1, 1)
    )
    first = max(on, told.period.first_on)
    last = min(date.fromordinal(following.toordinal() - 1), told.period.last_on)
    return told.href(from_=first, to=last)
