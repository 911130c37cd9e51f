"""LD003: an open deal that is older than won ones usually get: a candidate for being taken up anew."""

from __future__ import annotations

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
    working_s,
)
from audits.lead_rule import CANNOT_TELL, NOT_LOOKED_AT, Draft, LeadRule
from audits.model.case import LeadCase
from audits.model.deal import Deal
from audits.model.finding import Measure, Outcome
from audits.model.policy import Policy
from audits.model.said import Percent, say
from audits.model.zones import load_zone
from audits.rule import Default, Family, MeasureInfo, RuleInfo, Trust
from audits.statistics.enough import LEAST_CASES
from audits.wording import counted, day

INFO = RuleInfo(
    rule_id="LD003",
    version=1,
    family=Family.LONG_DEALS,
    title="Beyond the usual cycle",
    question="Is an open deal older than the deals of its pipeline usually are when they are won?",
    why_it_matters=(
        "A deal past the usual cycle goes on no more by itself: it needs a new approach or an honest end. The cycle "
        "is the buyer's, who decides on days of his own: it is counted in calendar time by design, this deal's and "
        "the usual one alike. The deal's age in our working time is kept beside it and decides nothing."
    ),
    reasons=(
        ("within_cycle", "the deal is younger than the usual age at winning"),
        ("beyond_cycle", "the deal is open beyond the usual age at winning"),
        *((code, OF_DEALS[code]) for code in (NO_DEAL, CLOSED, UNMAPPED_STAGE, NOT_ENOUGH_DATA)),
        (NOT_LOOKED_AT, CANNOT_TELL[NOT_LOOKED_AT]),
    ),
    outcomes=(
        (Outcome.PASS, ("within_cycle",)),
        (Outcome.BREACH, ("beyond_cycle",)),
        (Outcome.NOT_APPLICABLE, (NO_DEAL, CLOSED)),
        (Outcome.NOT_EVALUATED, (UNMAPPED_STAGE, NOT_ENOUGH_DATA, NOT_LOOKED_AT)),
    ),
    measures=(
        MeasureInfo("deal_age_wall_s", "s", "wall time from the deal's creation to its end or the audit"),
        MeasureInfo("deal_age_working_s", "s", "the same in working time; unknown where that cannot be counted"),
        MeasureInfo("usual_age_wall_s", "s", "the learned quantile of the age at winning; unknown where too few"),
        MeasureInfo("usual_of_n", "count", "won deals that the quantile was learned from"),
    ),
    defaults=(
        Default(
            "won_age_percent",
            "80 %: the age by which so many of an account's own deals are won (open ones counted as not yet)",
            "our choice",
            Trust.OURS,
        ),
    ),
)

_QUESTION = say("whether a deal is beyond the usual cycle")


def judge(case: LeadCase, policy: Policy) -> Draft:
    """A breach from the usual age on, while the deal is open."""
    return judged_deals(case, _QUESTION, lambda deal: _judge(deal, case, policy))


def _judge(deal: Deal, case: LeadCase, policy: Policy) -> Draft:
    norm = norm_of(deal, case.surroundings.deal_norms)
    usual_s = None if norm is None else norm.won_age_s
    ended_at = case.as_of if deal.closed_at is None else min(deal.closed_at, case.as_of)
    measures = (
        Measure("deal_age_wall_s", max(0, int((ended_at - deal.created_at).total_seconds())), "s"),
        Measure("deal_age_working_s", working_s(case, policy, deal.created_at, ended_at), "s"),
        Measure("usual_age_wall_s", usual_s, "s"),
        Measure("usual_of_n", 0 if norm is None else norm.n_won, "count"),
    )
    if deal.status is not None:
        other = closed_or_unmapped(deal, case, measures)
        if other is not None:
            return other
    if norm is None or usual_s is None:
        return too_little_learned(deal, norm.n_won if norm else 0, LEAST_CASES, _QUESTION, measures)
    zone = load_zone(policy.calendar.zone)
    due_at = deal.created_at + timedelta(seconds=usual_s)
    share, n = Percent(norm.percent), counted(norm.n_won, "deal")
    if case.as_of < due_at:
        return Draft(
            outcome=Outcome.PASS,
            reason="within_cycle",
            sentence=say(
                "Deal {deal} was opened {opened}; {share} of the deals won in pipeline {pipeline} ({n}) are won by "
                "the age it reaches {due}.",
                deal=number_of(deal),
                opened=day(deal.created_at, zone),
                share=share,
                pipeline=deal.pipeline,
                n=n,
                due=day(due_at, zone),
            ),
            measures=measures,
            evidence=(deal_evidence(deal, "created_at", deal.created_at.isoformat(), deal.created_at),),
            owner_id=deal_holder(deal, case),
            wakes=(due_at,),
        )
    unmapped = closed_or_unmapped(deal, case, measures)
    if unmapped is not None:
        return unmapped
    return Draft(
        outcome=Outcome.BREACH,
        reason="beyond_cycle",
        sentence=say(
            "Deal {deal} was opened {opened} and is still open; {share} of the deals won in pipeline {pipeline} "
            "({n}) are won by the age it reached {due}. It needs to be taken up anew.",
            deal=number_of(deal),
            opened=day(deal.created_at, zone),
            share=share,
            pipeline=deal.pipeline,
            n=n,
            due=day(due_at, zone),
        ),
        measures=measures,
        evidence=(
            deal_evidence(deal, "created_at", deal.created_at.isoformat(), deal.created_at),
            deal_evidence(deal, "stage", deal.stage),
        ),
        owner_id=deal_holder(deal, case),
    )


RULE = LeadRule(INFO, judge)
