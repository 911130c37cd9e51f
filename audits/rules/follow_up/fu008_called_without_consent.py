"""FU008: was somebody called who does not allow calls?"""

from __future__ import annotations

from audits.lead_rule import (
    CANNOT_TELL,
    NOT_LOOKED_AT,
    UNKNOWN_ACTIVITY,
    Draft,
    LeadRule,
    activity_evidence,
    lead_evidence,
    not_looked_at,
    unknown_activity,
)
from audits.model.activity import ActivityKind
from audits.model.case import Fact, LeadCase
from audits.model.finding import Measure, Outcome
from audits.model.policy import Policy
from audits.model.said import say
from audits.model.zones import load_zone
from audits.rule import Family, MeasureInfo, RuleInfo
from audits.timeline import AttemptVerdict, holder_at, judge_attempt
from audits.wording import act_moment, counted

INFO = RuleInfo(
    rule_id="FU008",
    version=1,
    family=Family.FOLLOW_UP,
    title="Called without consent",
    question="Was the lead called only if the record says that calls are allowed?",
    why_it_matters="A call that is not allowed may break the law where the person lives, and breaks a promise.",
    reasons=(
        ("allowed", "the record says that calls are allowed"),
        ("not_called", "no call was made, so none was made without consent"),
        ("called", "a call was made, though the record, as it reads now, says that calls are not allowed"),
        (
            "consent_not_known",
            "a call was or may have been made, and the record does not say whether calls are allowed",
        ),
        *((code, CANNOT_TELL[code]) for code in (UNKNOWN_ACTIVITY, NOT_LOOKED_AT)),
    ),
    outcomes=(
        (Outcome.PASS, ("allowed", "not_called")),
        (Outcome.BREACH, ("called",)),
        (Outcome.NOT_EVALUATED, ("consent_not_known", UNKNOWN_ACTIVITY, NOT_LOOKED_AT)),
    ),
    measures=(MeasureInfo("calls_to_lead", "count", "calls to the lead, also such as do not count as attempts"),),
)

_QUESTION = say("whether the lead was called without consent")


def judge(case: LeadCase, policy: Policy) -> Draft:
    """Every call to the lead counts here, also one that is too short to be an attempt: it rang all the same."""
    lead = case.lead
    judged = [
        judge_attempt(each, lead.received_at, case.as_of)
        for each in case.activities
        if each.kind is ActivityKind.CALL
    ]
    calls = [each.activity for each in judged if each.verdict is AttemptVerdict.YES]
    unknown = [each for each in judged if each.verdict is AttemptVerdict.UNKNOWN]
    measures = (Measure("calls_to_lead", len(calls), "count"),)
    zone = load_zone(policy.calendar.zone)
    if lead.has_call_consent is True:
        return Draft(
            outcome=Outcome.PASS,
            reason="allowed",
            sentence=say("The record says that calls are allowed."),
            measures=measures,
            evidence=(lead_evidence(lead, "has_call_consent", "true"),),
            owner_id=holder_at(case, case.as_of),
        )
    hidden = case.coverage.cause(Fact.CALLS)
    if not calls and not unknown and hidden is None:
        return Draft(
            outcome=Outcome.PASS,
            reason="not_called",
            sentence=say("No call was made, so none was made without consent."),
            measures=measures,
            owner_id=holder_at(case, case.as_of),
        )
    if lead.has_call_consent is None:
        cause = case.coverage.cause(Fact.CONSENT)
        if cause is not None:
            return not_looked_at(cause, _QUESTION, measures)
        return Draft(
            outcome=Outcome.NOT_EVALUATED,
            reason="consent_not_known",
            sentence=say(
                "It cannot be told {question}: the record does not say whether calls are allowed.", question=_QUESTION
            ),
            measures=measures,
        )
    if calls:
        return Draft(
            outcome=Outcome.BREACH,
            reason="called",
            sentence=say(
                "Called {first}, though the record says that calls are not allowed ({calls} in all).",
                first=act_moment(calls[0], zone),
                calls=counted(len(calls), "call"),
            ),
            measures=measures,
            evidence=(
                lead_evidence(lead, "has_call_consent", "false"),
                *(each for activity in calls for each in activity_evidence(activity)),
            ),
            owner_id=holder_at(case, calls[0].occurred_at),
        )
    if hidden is not None:
        return not_looked_at(hidden, _QUESTION, measures)
    return unknown_activity(unknown[0], _QUESTION, measures)


RULE = LeadRule(INFO, judge)
