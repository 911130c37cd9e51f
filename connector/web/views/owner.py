"""/owners/<id>: all that is said of one person, for him and for those who lead him. No idle time, no minute gaps."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, abort, render_template
from markupsafe import Markup
from sqlalchemy.engine import Connection

from audits.model.score import FollowUpStatus
from audits.reports.handling import OwnerFigures
from audits.reports.sections import NeglectedLead
from audits.rulebook import RULES
from audits.statistics.comparison import Standing
from audits.statistics.enough import NotEnoughData
from audits.statistics.expectation import Expectation, formula
from connector.language.texts import Texts
from connector.reporting.charts.first_attempt import first_attempt_distribution
from connector.reporting.charts.load import load_by_day
from connector.reporting.charts.picture import Picture
from connector.storage import page_queries, people
from connector.storage.contests import LONGEST_WHY
from connector.storage.lead_lists import LeadRow
from connector.storage.owner_cases import owner_findings_of
from connector.web import charts
from connector.web.access import Access, needs, viewer
from connector.web.labels import crm_name, standing_label, standing_tone
from connector.web.lead_names import display_name
from connector.web.leads_form import NOBODY
from connector.web.links import lead_href, leads_href, owner_href
from connector.web.periods import Choice, choices, period_of_request
from connector.web.reported import CauseLine, Reported, RuleLine, SaidLine
from connector.web.said_findings import SaidFinding, Teller
from connector.web.said_findings import titles as titles_of_rules
from connector.web.site import site
from connector.web.texts import current, t
from connector.web.views.follow_up import judged_scope

pages = Blueprint("owner", __name__)

_FOUND = 15
_LEFT = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Somebody's promises against what was to be expected of his leads, in numbers and in words."""

    standing: str
    tone: str
    sentence: str
    share_says: str
    chart: Markup
    observed: str
    expected: str
    ratio_says: str


@dataclass(frozen=True, slots=True)
class LeftLine:
    """A lead that should be taken up."""

    href: str
    name: str
    status: FollowUpStatus
    overdue: str
    is_contested: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnerPage:
    """What the page prints."""

    name: str
    team: str
    is_self: bool
    periods: list[Choice]
    says: str
    verdict: Verdict | None
    formula: str
    arrivals: int
    arrivals_href: str
    median: tuple[str, str]
    median_reached: tuple[str, str]
    contested: int
    broken: int
    broken_href: str
    causes: list[CauseLine]
    tried: Picture
    load: Picture
    rules: list[RuleLine]
    found: list[SaidLine]
    shared_out: list[SaidFinding]
    longest: int
    left: list[LeftLine]
    left_total: int
    all_href: str
    crm_label: str


@pages.get("/owners/<owner_id>")
@needs(Access.SIGNED_IN)
def owner(owner_id: str) -> str:
    """The page of one owner of the viewer's own account; a rep finds himself only."""
    me, now, says = viewer(), site().now(), current()
    if me.only_owner_id not in (None, owner_id):
        abort(404)
    period, titles = period_of_request(now, me.install.zone), titles_of_rules()
    with site().database.read() as connection:
        who = next((o for o in people.list_owners(connection, me.install_id) if o.owner_id == owner_id), None)
        told = Reported.read(connection, me, period, now, says, owner_id)
        if who is None and not told.report.arrivals:
            abort(404)
        found = page_queries.list_said(
            connection, me.install_id, judged_scope(told), [rule.info.rule_id for rule in RULES], _FOUND
        )
        shared_out = Teller(connection, me).on_persons(owner_findings_of(connection, me.install_id, [owner_id]))
        left = _left(connection, me.install_id, told.report.neglected[:_LEFT], says)
    report = told.report
    own = next(iter(report.owners), None)
    page = OwnerPage(
        name=told.name(owner_id),
        team=(who.team or "") if who else "",
        is_self=me.user.owner_id == owner_id,
        periods=choices(period, owner_href(owner_id)),
        says=t("Last {n} days: leads that {name} is charged with.", n=period.days, name=told.name(owner_id)),
        verdict=None if own is None else verdict_of(own, told.name(owner_id), says),
        formula="" if report.prior is None else says.say(formula(says.number(round(report.prior, 1)))),
        arrivals=report.arrivals,
        arrivals_href=told.href(kind=""),
        median=told.median(report.first_attempt.summary.median),
        median_reached=told.median(report.first_connection.summary.median),
        contested=report.contested,
        broken=report.in_time.n - report.in_time.hits,
        broken_href=told.answer_href("broken"),
        causes=told.causes(),
        tried=first_attempt_distribution(
            report.first_attempt,
            says,
            title=t("Time to the first attempt"),
            what=t("leads tried"),
            href=told.bin_href,
        ),
        load=load_by_day([day for day in report.owner_days if day.owner_id == owner_id], told.name(owner_id), says),
        rules=[line for line in told.rules() if line.breaches or line.contested],
        found=told.said(found, titles),
        shared_out=shared_out,
        longest=LONGEST_WHY,
        left=left,
        left_total=len(report.neglected),
        all_href=leads_href(owner=owner_id or NOBODY),
        crm_label=crm_name(me.install.crm),
    )
    return render_template("owner.html", page=page)


def verdict_of(own: OwnerFigures, name: str, says: Texts) -> Verdict:
    """One person against what was to be expected: numbers, picture and words. No rank."""
    compared, share = own.compared, own.compared.share
    rate = share.rate
    chart, share_says = Markup(""), t("{hits} of {n}", hits=says.number(share.hits), n=says.number(share.n))
    if not isinstance(rate, NotEnoughData):
        share_says = t(
            "{hits} of {n}: {share} ({low} to {high})",
            hits=says.number(share.hits),
            n=says.number(share.n),
            share=says.percent(rate.share),
            low=says.percent(rate.low),
            high=says.percent(rate.high),
        )
        chart = charts.interval(
            rate.low,
            rate.share,
            rate.high,
            expected=compared.expected if isinstance(own.expectation, Expectation) else None,
            says=f"{name}: {share_says}",
        )
    observed = expected = ratio_says = "–"
    if isinstance(own.expectation, Expectation):
        one = own.expectation
        observed, expected = says.number(one.observed), says.number(round(one.expected, 1))
        ratio_says = t(
            "{ratio} ({low} to {high})",
            ratio=says.number(round(one.shrunk, 2)),
            low=says.number(round(one.low, 2)),
            high=says.number(round(one.high, 2)),
        )
    return Verdict(
        standing=standing_label(compared.standing),
        tone=standing_tone(compared.standing),
        sentence=_sentence(own, name, says),
        share_says=share_says,
        chart=chart,
        observed=observed,
        expected=expected,
        ratio_says=ratio_says,
    )


def _sentence(own: OwnerFigures, name: str, says: Texts) -> str:
    one, standing = own.expectation, own.compared.standing
    if standing is Standing.NOT_ENOUGH_DATA or not isinstance(one, Expectation):
        return t("{name}: not enough data to compare ({n} promises).", name=name, n=says.number(own.compared.share.n))
    told = {"name": name, "observed": says.number(one.observed), "expected": says.number(round(one.expected, 1))}
    if standing is Standing.NO_DIFFERENCE:
        return t(
            "{name} broke {observed} promises where {expected} were to be expected of these leads: "
            "no difference that the numbers carry.",
            **told,
        )
    if standing is Standing.BETTER:
        return t(
            "{name} broke {observed} promises where {expected} were to be expected of these leads: "
            "fewer, beyond chance.",
            **told,
        )
    return t(
        "{name} broke {observed} promises where {expected} were to be expected of these leads: more, beyond chance.",
        **told,
    )


def _left(conn: Connection, install_id: str, left: tuple[NeglectedLead, ...], says: Texts) -> list[LeftLine]:
    rows: dict[str, LeadRow] = {
        row.lead_id: row for row in page_queries.list_presently(conn, install_id, [each.lead_id for each in left])
    }
    return [
        LeftLine(
            lead_href(each.lead_id),
            display_name(rows[each.lead_id]),
            each.status,
            overdue_words(each, says),
            bool(rows[each.lead_id].contested),
        )
        for each in left
        if each.lead_id in rows
    ]


def overdue_words(lead: NeglectedLead, says: Texts) -> str:
    """Since when something is due."""
    if lead.overdue_wall_s is None:
        return "–"
    return t("for {span}", span=says.span(lead.overdue_wall_s, has_days=True))
