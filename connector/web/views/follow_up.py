"""/follow-up: each rule's share in breach with its interval, and the leads behind it."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, render_template

from audits.rule import Family
from connector.storage import page_queries
from connector.storage.lead_lists import LeadFilter
from connector.storage.page_queries import Scope
from connector.web.access import Access, Viewer, needs, viewer
from connector.web.labels import crm_name, family_label
from connector.web.periods import Choice, choices, period_of_request
from connector.web.reported import Reported, RuleLine, SaidLine
from connector.web.site import site
from connector.web.texts import current, t
from connector.web.views.rulebook import rule_titles

pages = Blueprint("follow_up", __name__)

#: What is said of the work after the first attempt, in the order of the page.
FAMILIES = (Family.FOLLOW_UP, Family.NEGLECTED_CONTACT, Family.FIRST_MESSAGE, Family.ANTI_GAMING)
_SHOWN = 6


@dataclass(frozen=True, slots=True)
class RuleChapter:
    """The rules of one family, and the newest of what they found."""

    family: str
    label: str
    rules: list[RuleLine]
    found: list[SaidLine]


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUpPage:
    """What the page prints."""

    periods: list[Choice]
    says: str
    chapters: list[RuleChapter]
    crm_label: str


@pages.get("/follow-up")
@needs(Access.SIGNED_IN)
def follow_up() -> str:
    """The page."""
    me, now, titles = viewer(), site().now(), rule_titles()
    period = period_of_request(now, me.install.zone)
    chapters = []
    with site().database.read() as connection:
        told = Reported.read(connection, me, period, now, current())
        for family in FAMILIES:
            rules = told.rules((family,))
            found = page_queries.list_said(
                connection, me.install_id, judged_scope(told), [rule.rule_id for rule in rules], _SHOWN
            )
            chapters.append(RuleChapter(family.value, family_label(family), rules, told.said(found, titles)))
    page = FollowUpPage(
        periods=choices(period, "/follow-up"),
        says=_says(me, period.days),
        chapters=[chapter for chapter in chapters if chapter.rules],
        crm_label=crm_name(me.install.crm),
    )
    return render_template("follow_up.html", page=page)


def judged_scope(told: Reported) -> Scope:
    """The leads whose findings the report counts: those that were open at some time of the period."""
    return Scope(
        leads=LeadFilter(),
        is_present=True,
        open_after=told.period.since,
        open_before=told.period.until,
        held_by=told.scope or None,
    )


def _says(me: Viewer, days: int) -> str:
    if me.is_manager:
        return t("Leads that were open at some time of the last {n} days.", n=days)
    return t("What is said of you, on leads that were open at some time of the last {n} days.", n=days)
