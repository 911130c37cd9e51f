"""LD004: an open deal that nobody touched for longer than won deals are ever left alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from audits.deal_rule import (
    CLOSED,
    NO_DEAL,
    NOT_ENOUGH_DATA,
    OF_DEALS,
    UNMAPPED_STAGE,
    closed_or_unmapped,
    deal_evidence,
    deal_holder,
    judged_deals,
    norm_of,
    number_of,
    too_little_learned,
    touch_times,
    working_s,
)
from audits.lead_rule import (
    CANNOT_TELL,
    NOT_LOOKED_AT,
    UNKNOWN_ACTIVITY,
    Draft,
    LeadRule,
    at_measure,
    not_looked_at,
    unknown_activity,
)
from audits.model.case import Fact, LeadCase
from audits.model.deal import Deal
from audits.model.finding import Measure, Outcome
from audits.model.policy import Policy
from audits.model.said import Percent, say
from audits.model.zones import load_zone
from audits.rule import Default, Family, MeasureInfo, RuleInfo, Trust
from audits.statistics.enough import LEAST_CASES
from audits.timeline import CONTACT_FACTS, attempts, connections
from audits.wording import counted, moment

INFO = RuleInfo(
    rule_id="LD004",
    version=1,
    family=Family.LONG_DEALS,
    title="Contact gap",
    question="Has an open deal been left untouched for longer than won deals of its pipeline usually are?",
    why_it_matters=(
        "Won deals have a rhythm; where it breaks off, somebody else may be talking to the buyer. He keeps no hours "
        "of ours: gaps are counted in calendar time by design, this one and the usual one alike. The gap in our "
        "working time is kept beside it and decides nothing."
    ),
    reasons=(
        ("in_rhythm", "the last touch is not longer ago than won deals are left alone"),
        ("gap", "nobody touched the open deal for longer than won deals are left alone"),
        *((code, OF_DEALS[code]) for code in (NO_DEAL, CLOSED, UNMAPPED_STAGE, NOT_ENOUGH_DATA)),
        *((code, CANNOT_TELL[code]) for code in (UNKNOWN_ACTIVITY, NOT_LOOKED_AT)),
    ),
    outcomes=(
        (Outcome.PASS, ("in_rhythm",)),
        (Outcome.BREACH, ("gap",)),
        (Outcome.NOT_APPLICABLE, (NO_DEAL, CLOSED)),
        (Outcome.NOT_EVALUATED, (UNMAPPED_STAGE, NOT_ENOUGH_DATA, UNKNOWN_ACTIVITY, NOT_LOOKED_AT)),
    ),
    measures=(
        MeasureInfo("last_touch_at", "at", "the last sure touch of the deal, else its creation"),
        MeasureInfo("gap_wall_s", "s", "wall time from then to the moment of the audit"),
        MeasureInfo("gap_working_s", "s", "the same in working time; unknown where that cannot be counted"),
        MeasureInfo("usual_gap_wall_s", "s", "the learned quantile of the longest gap; unknown where too few"),
        MeasureInfo("usual_of_n", "count", "won deals that the quantile was learned from"),
    ),
    defaults=(
        Default(
            "won_age_percent",
            "80 %: the longest gap that so many of an account's own won deals stayed within",
            "our choice",
            Trust.OURS,
        ),
    ),
)

_QUESTION = say("whether a deal is left alone for longer than usual")


def judge(case: LeadCase, policy: Policy) -> Draft:
    """A breach from the end of the usual longest gap on, while the deal is open."""
    return judged_deals(case, _QUESTION, lambda deal: _judge(deal, case, policy))


def _judge(deal: Deal, case: LeadCase, policy: Policy) -> Draft:
    norm = norm_of(deal, case.surroundings.deal_norms)
    usual_s = None if norm is None else norm.touch_gap_s
    touches = touch_times(deal, case, policy)
    last_at = touches[-1] if touches else deal.created_at
    measures = (
        at_measure("last_touch_at", last_at),
        Measure("gap_wall_s", max(0, int((case.as_of - last_at).total_seconds())), "s"),
        Measure("gap_working_s", working_s(case, policy, last_at, case.as_of), "s"),
        Measure("usual_gap_wall_s", usual_s, "s"),
        Measure("usual_of_n", 0 if norm is None else norm.n_gaps, "count"),
    )
    if deal.status is not None:
        other = closed_or_unmapped(deal, case, measures)
        if other is not None:
            return other
    if norm is None or usual_s is None:
        return too_little_learned(deal, norm.n_gaps if norm else 0, LEAST_CASES, _QUESTION, measures)
    zone = load_zone(policy.calendar.zone)
    usual = timedelta(seconds=usual_s)
    since = (
        say("Deal {deal} was last touched {at}", deal=number_of(deal), at=moment(last_at, zone))
        if touches
        else say("Deal {deal} was opened {at}", deal=number_of(deal), at=moment(last_at, zone))
    )
    share, n = Percent(norm.percent), counted(norm.n_gaps, "deal")
    due_at = last_at + usual
    evidence = (deal_evidence(deal, "last_touch_at", last_at.isoformat(), last_at),)
    if case.as_of < due_at:
        return Draft(
            outcome=Outcome.PASS,
            reason="in_rhythm",
            sentence=say(
                "{since}; {share} of the deals won in pipeline {pipeline} ({n}) were never left "
                "alone for longer than until {due}.",
                since=since,
                share=share,
                pipeline=deal.pipeline,
                n=n,
                due=moment(due_at, zone),
            ),
            measures=measures,
            evidence=evidence,
            owner_id=deal_holder(deal, case),
            wakes=(due_at,),
        )
    unmapped = closed_or_unmapped(deal, case, measures)
    if unmapped is not None:
        return unmapped
    possible = max(
        (
            each
            for each in (*attempts(case, policy).unknown, *connections(case, policy).unknown)
            if each.activity.no_later_than > last_at
        ),
        key=lambda each: (each.activity.no_later_than, each.activity.activity_id),
        default=None,
    )
    if possible is not None:
        late_anyway_at = possible.activity.no_later_than + usual
        if case.as_of < late_anyway_at:
            return replace(unknown_activity(possible, _QUESTION, measures), wakes=(late_anyway_at,))
    missing = case.coverage.cause(*CONTACT_FACTS, Fact.DEALS)
    if missing is not None:
        return not_looked_at(missing, _QUESTION, measures)
    return Draft(
        outcome=Outcome.BREACH,
        reason="gap",
        sentence=say(
            "{since}, and nobody has touched it since; {share} of the deals won in pipeline {pipeline} ({n}) were "
            "never left alone for longer than until {due}.",
            since=since,
            share=share,
            pipeline=deal.pipeline,
            n=n,
            due=moment(due_at, zone),
        ),
        measures=measures,
        evidence=evidence,
        owner_id=deal_holder(deal, case),
    )


RULE = LeadRule(INFO, judge)
