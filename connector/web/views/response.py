"""/response: how quickly leads were tried and reached, why not, and what another agreement would have meant."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, render_template, request
from sqlalchemy.engine import Connection

from audits.model.policy import Policy
from audits.reports.export_report import Answer
from audits.reports.what_if import WhatIf
from audits.statistics.delay_cost import DelayCost
from audits.statistics.enough import NotEnoughData
from audits.statistics.shares import Share
from connector.reporting.charts.first_attempt import first_attempt_distribution
from connector.reporting.charts.not_yet_called import not_yet_called_curve
from connector.reporting.charts.picture import Picture
from connector.reporting.charts.week_heat import arrivals_and_attempts_heat
from connector.reporting.figures import what_if_figures
from connector.storage import page_queries
from connector.storage.lead_lists import LeadFilter
from connector.storage.page_queries import Scope
from connector.storage.policies import policy_as_of
from connector.web.access import Access, Viewer, needs, viewer
from connector.web.labels import answer_label, crm_name
from connector.web.lead_names import display_name
from connector.web.leads_form import BROKEN_ANSWERS
from connector.web.links import lead_href
from connector.web.periods import Choice, Period, choices, period_of_request
from connector.web.reported import CauseLine, Reported, SaidLine
from connector.web.site import site
from connector.web.texts import current, t

pages = Blueprint("response", __name__)

_LATE_ROWS = 12
#: The rules whose breach is a late first attempt.
RESPONSE_RULES = ("RT001", "RT002")
_SHOWN_BROKEN = 40
#: The longest agreement that can be asked for, in minutes of working time: 90 days around the clock.
_MOST_MINUTES = 129_600


@dataclass(frozen=True, slots=True)
class Told:
    """A figure: what it is, its value, its n and interval, and its rows."""

    label: str
    value: str
    note: str
    href: str | None = None


@dataclass(frozen=True, slots=True)
class AnswerLine:
    """How many leads were answered so."""

    label: str
    n: int
    href: str


@dataclass(frozen=True, slots=True)
class LegLine:
    """One part of the way to the first attempt, and whose it is."""

    label: str
    charged: str
    value: str
    note: str


@dataclass(frozen=True, slots=True)
class CostLine:
    """The share converted of the leads with one class of delay."""

    label: str
    share_says: str


@dataclass(frozen=True, slots=True)
class LeadLink:
    """A lead by its name."""

    href: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WhatIfForm:
    """What is asked: minutes of working time, and for which agreement ("*" = all)."""

    due_min: int
    goal_min: int
    target: str
    targets: list[tuple[str, str]]
    days: int
    most_min: int = _MOST_MINUTES


@dataclass(frozen=True, slots=True, kw_only=True)
class WhatIfPart:
    """What another agreement would have meant."""

    form: WhatIfForm
    wrong: str
    sentence: str
    before: str
    after: str
    goal_before: str
    goal_after: str
    broken: int
    newly_broken: int
    newly_kept: int
    waiting: int
    unknown: int
    leads: list[LeadLink]
    more: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponsePage:
    """What the page prints."""

    periods: list[Choice]
    says: str
    is_own: bool
    arrivals: int
    arrivals_href: str
    figures: list[Told]
    walls: list[Told]
    answers: list[AnswerLine]
    tried: Picture
    reached: Picture
    curve: Picture
    heat: Picture
    legs: list[LegLine]
    causes: list[CauseLine]
    broken: int
    broken_href: str
    late: list[SaidLine]
    crm_label: str
    cost_says: str
    cost: list[CostLine]
    what_if: WhatIfPart


@pages.get("/response")
@needs(Access.SIGNED_IN)
def response() -> str:
    """The page."""
    me, now = viewer(), site().now()
    period = period_of_request(now, me.install.zone)
    with site().database.read() as connection:
        policy = policy_as_of(connection, me.install_id, now)
        told = Reported.read(connection, me, period, now, current())
        page = response_page(connection, me, told, policy)
    return render_template("response.html", page=page)


@pages.get("/response/what-if")
@needs(Access.SIGNED_IN)
def what_if() -> str:
    """The part of the page that another agreement changes."""
    me, now = viewer(), site().now()
    period = period_of_request(now, me.install.zone)
    with site().database.read() as connection:
        policy = policy_as_of(connection, me.install_id, now)
        part = _what_if(connection, me, period, policy)
    return render_template("what_if.html", part=part)


def response_page(conn: Connection, me: Viewer, told: Reported, policy: Policy) -> ResponsePage:
    """The view model."""
    report, says = told.report, told.says
    tried, reached = (
        told.median(report.first_attempt.summary.median),
        told.median(report.first_connection.summary.median),
    )
    tried_p90, reached_p90 = (
        told.median(report.first_attempt.summary.p90),
        told.median(report.first_connection.summary.p90),
    )
    broken = report.count(Answer.LATE) + report.count(Answer.UNANSWERED)
    return ResponsePage(
        periods=choices(told.period, "/response"),
        says=t("Last {n} days. Working time, by the policy of each day.", n=told.period.days),
        is_own=not me.is_manager,
        arrivals=report.arrivals - report.count(Answer.IMPORTED),
        arrivals_href=told.href(),
        figures=[
            Told(t("Tried in time"), *_share(told, report.in_time), told.answer_href(Answer.IN_TIME)),
            Told(t("Tried within the goal"), *_share(told, report.in_goal)),
            Told(t("First attempt, median"), *tried),
            Told(t("9 of 10 tried within"), *tried_p90),
            Told(t("Contact made, median"), *reached),
            Told(t("9 of 10 reached within"), *reached_p90),
        ],
        walls=[
            Told(t("First attempt, median"), *told.median(report.first_attempt_wall.summary.median)),
            Told(t("Contact made, median"), *told.median(report.first_connection_wall.summary.median)),
        ],
        answers=[
            AnswerLine(answer_label(answer), n, told.answer_href(answer))
            for answer, n in report.answers
            if answer is not Answer.IMPORTED
        ],
        tried=first_attempt_distribution(
            report.first_attempt,
            says,
            title=t("Time to the first attempt"),
            what=t("leads tried"),
            target_s=None if policy.targets else policy.response_target_s,
            href=told.bin_href,
        ),
        reached=first_attempt_distribution(
            report.first_connection, says, title=t("Time to the first contact made"), what=t("leads reached")
        ),
        curve=not_yet_called_curve(report.not_yet_tried, says, target_s=policy.response_target_s),
        heat=arrivals_and_attempts_heat(report.arrivals_by_hour, report.attempts_by_hour, says),
        legs=_legs(told),
        causes=told.causes(),
        broken=broken,
        broken_href=told.answer_href("broken"),
        late=told.said(page_queries.list_said(conn, me.install_id, broken_scope(told), RESPONSE_RULES, _LATE_ROWS)),
        crm_label=crm_name(me.install.crm),
        cost_says=says.say(report.cost_of_delay.said()),
        cost=_cost(told, report.cost_of_delay),
        what_if=_what_if(conn, me, told.period, policy),
    )


def broken_scope(told: Reported) -> Scope:
    """The leads of the report whose promise was broken."""
    return Scope(
        leads=LeadFilter(received_from=told.period.since, received_to=told.period.until),
        is_new=True,
        is_present=True,
        answers=BROKEN_ANSWERS,
        charged_to=told.scope or None,
    )


def _share(told: Reported, share: Share) -> tuple[str, str]:
    rate = share.rate
    if isinstance(rate, NotEnoughData):
        return "–", told.share(share)
    says = told.says
    return says.percent(rate.share), t(
        "{low} to {high}, {hits} of {n}",
        low=says.percent(rate.low),
        high=says.percent(rate.high),
        hits=says.number(share.hits),
        n=says.number(share.n),
    )


def _legs(told: Reported) -> list[LegLine]:
    named = {
        "vendor_wall": (t("From the form to the delivery, by the clock on the wall"), t("the vendor")),
        "system_working": (t("From the delivery to an owner"), t("the distribution of leads")),
        "human_working": (t("From the owner to the first attempt"), t("whoever held the lead")),
    }
    return [LegLine(*named[name], *told.median(found)) for name, found in told.report.legs]


def _cost(told: Reported, cost: DelayCost) -> list[CostLine]:
    if isinstance(cost.difference, NotEnoughData):
        return []
    return [
        CostLine(
            t("longer, or never") if each.up_to_s is None else t("up to {span}", span=told.says.span(each.up_to_s)),
            told.share(each.converted),
        )
        for each in cost.classes
    ]


def _what_if(conn: Connection, me: Viewer, period: Period, policy: Policy) -> WhatIfPart:
    due_min, due_wrong = _minutes("due", policy.response_target_s // 60)
    goal_min, goal_wrong = _minutes("goal", min(policy.response_goal_s // 60, due_min))
    names = [("*", t("all leads")), ("", t("leads that no agreement of their own holds for"))]
    names += [(target.name, target.name) for target in policy.targets]
    target = request.args.get("target", "*")
    if target not in {name for name, _ in names}:
        target = "*"
    wrong = due_wrong or goal_wrong
    if goal_min > due_min:
        wrong = wrong or t("The goal is not later than the agreed time.")
        goal_min = due_min
    found = what_if_figures(
        conn,
        me.install_id,
        period.since,
        period.until,
        due_min * 60,
        goal_min * 60,
        None if target == "*" else target,
        me.only_owner_id or "",
    )
    shown = found.newly_broken[:_SHOWN_BROKEN]
    return WhatIfPart(
        form=WhatIfForm(
            due_min=due_min,
            goal_min=goal_min,
            target=target,
            targets=names if policy.targets else [],
            days=period.days,
        ),
        wrong=wrong,
        sentence=_sentence(found),
        before=_broken_words(found.before),
        after=_broken_words(found.after),
        goal_before=_broken_words(found.goal_before),
        goal_after=_broken_words(found.goal_after),
        broken=len(found.broken),
        newly_broken=len(found.newly_broken),
        newly_kept=len(found.newly_kept),
        waiting=found.waiting,
        unknown=found.unknown,
        leads=[
            LeadLink(lead_href(row.lead_id), display_name(row))
            for row in page_queries.list_presently(conn, me.install_id, shown)
        ],
        more=len(found.newly_broken) - len(shown),
    )


def _sentence(found: WhatIf) -> str:
    says = current()
    return says.plural(
        "{n} lead would break an agreement of {span}: {more} newly, while {fewer} that break it now would not.",
        "{n} leads would break an agreement of {span}: {more} newly, while {fewer} that break it now would not.",
        len(found.broken),
        span=says.span(found.due_s),
        more=says.number(len(found.newly_broken)),
        fewer=says.number(len(found.newly_kept)),
    )


def _broken_words(share: Share) -> str:
    says = current()
    counts = t("{hits} of {n}", hits=says.number(share.hits), n=says.number(share.n))
    rate = share.rate
    if isinstance(rate, NotEnoughData):
        return counts
    return t(
        "{counts}: {share} ({low} to {high})",
        counts=counts,
        share=says.percent(rate.share),
        low=says.percent(rate.low),
        high=says.percent(rate.high),
    )


def _minutes(name: str, otherwise: int) -> tuple[int, str]:
    asked = request.args.get(name, "")
    if not asked:
        return otherwise, ""
    if asked.isascii() and asked.isdecimal() and len(asked) < 7 and int(asked) <= _MOST_MINUTES:
        return int(asked), ""
    return otherwise, t("Please give whole minutes from 0 to {most}.", most=current().number(_MOST_MINUTES))
