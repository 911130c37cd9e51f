"""RT003: judges how long the lead lay with whoever delivered it."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

from audits.lead_rule import (
    CANNOT_TELL,
    NOT_LOOKED_AT,
    Draft,
    LeadRule,
    lead_evidence,
    not_looked_at,
    received_evidence,
)
from audits.legs import vendor_leg_s
from audits.model.case import Fact, LeadCase
from audits.model.finding import Measure, Outcome
from audits.model.policy import Policy
from audits.model.said import Value, say
from audits.rule import Default, Family, MeasureInfo, RuleInfo, Trust
from audits.wording import arrival_moment, moment, span

INFO = RuleInfo(
    rule_id="RT003",
    version=1,
    family=Family.RESPONSE_TIME,
    title="Delivered late by the vendor",
    question="Did the lead reach the CRM soon after the person had asked?",
    why_it_matters=(
        "Somebody who asked a day ago has often gone elsewhere by now, and no owner can make up for it: the delay "
        "belongs to whoever delivered the lead."
    ),
    reasons=(
        ("delivered_in_time", "the lead arrived within the agreed time after the person had asked"),
        ("delivered_late", "the lead arrived later than agreed"),
        ("imported", "the lead came by an import, so it was not delivered by a vendor"),
        ("no_submit_time", "it is not given when the person asked"),
        ("times_conflict", "the person is said to have asked after the lead had arrived"),
        (NOT_LOOKED_AT, CANNOT_TELL[NOT_LOOKED_AT]),
    ),
    outcomes=(
        (Outcome.PASS, ("delivered_in_time",)),
        (Outcome.BREACH, ("delivered_late",)),
        (Outcome.NOT_APPLICABLE, ("imported",)),
        (Outcome.NOT_EVALUATED, ("no_submit_time", "times_conflict", NOT_LOOKED_AT)),
    ),
    measures=(MeasureInfo("vendor_leg_wall_s", "s", "wall time from the person's request to the arrival"),),
    defaults=(
        Default(
            "vendor_limit_s",
            "24 h of wall time",
            "Verisk (Jornaya), standard rules: a lead older than one day at delivery is flagged red",
            Trust.A,
        ),
    ),
)

_QUESTION = say("whether the lead was delivered in time")
#: Clocks of two machines may differ by so much before a submit after the arrival is a contradiction.
_CLOCKS_APART = timedelta(minutes=5)


def judge(case: LeadCase, policy: Policy) -> Draft:
    """Late when more whole seconds than agreed lie between submit and arrival. Nobody of ours is charged."""
    lead = case.lead
    if lead.is_imported:
        return Draft(
            outcome=Outcome.NOT_APPLICABLE,
            reason="imported",
            sentence=say("The lead came by an import, so no delivery is judged."),
        )
    if lead.submitted_at is None:
        unseen = case.coverage.cause(Fact.SUBMITTED_AT)
        if unseen is not None:
            return not_looked_at(unseen, _QUESTION)
        return Draft(
            outcome=Outcome.NOT_EVALUATED,
            reason="no_submit_time",
            sentence=say(
                "It cannot be told how long the lead took to arrive: it is not given when the person asked."
            ),
        )
    zone = ZoneInfo(policy.calendar.zone)
    leg_s = vendor_leg_s(case)
    measures = (Measure("vendor_leg_wall_s", leg_s, "s"),)
    evidence = (
        lead_evidence(lead, "submitted_at", lead.submitted_at.isoformat(), lead.submitted_at),
        received_evidence(lead),
    )
    told: dict[str, Value] = {
        "submitted": moment(lead.submitted_at, zone),
        "received": arrival_moment(lead, zone),
        "limit": span(policy.vendor_limit_s),
    }
    if lead.submitted_at - lead.clock_start > _CLOCKS_APART:
        return Draft(
            outcome=Outcome.NOT_EVALUATED,
            reason="times_conflict",
            sentence=say(
                "It cannot be told how long the lead took to arrive: the person is said to have asked {submitted}, "
                "but the lead had arrived {received}.",
                submitted=told["submitted"],
                received=told["received"],
            ),
            measures=measures,
            evidence=evidence,
        )
    least_s = int((lead.received_at - lead.submitted_at).total_seconds())
    most_s = int((lead.clock_start - lead.submitted_at).total_seconds())
    if least_s <= policy.vendor_limit_s < most_s:
        return not_looked_at("only the day on which the lead arrived is known", _QUESTION, measures)
    if most_s <= policy.vendor_limit_s:
        return Draft(
            outcome=Outcome.PASS,
            reason="delivered_in_time",
            sentence=say("The person asked {submitted}, the lead arrived {received}; limit {limit}.", **told),
            measures=measures,
            evidence=evidence,
        )
    return Draft(
        outcome=Outcome.BREACH,
        reason="delivered_late",
        sentence=(
            say("The person asked {submitted}, the lead arrived {received}, more than {limit} later.", **told)
            if leg_s is None
            else say(
                "The person asked {submitted}, the lead arrived {received}, {leg} later; limit {limit}.",
                **told,
                leg=span(leg_s),
            )
        ),
        measures=measures,
        evidence=evidence,
    )


RULE = LeadRule(INFO, judge)
