"""RT002: judges leads that wait for their first attempt."""

from __future__ import annotations

from audits.clock import case_clock
from audits.dues import response_due, response_target_s
from audits.lead_rule import (
    CANNOT_TELL,
    NO_WORKING_HOURS,
    NOT_LOOKED_AT,
    UNKNOWN_ACTIVITY,
    UNMAPPED_STATUS,
    Draft,
    LeadRule,
    not_looked_at,
    received_evidence,
    unknown_activity,
    unmapped_status,
)
from audits.model.case import LeadCase
from audits.model.finding import Measure, Outcome
from audits.model.lead import LeadStatus
from audits.model.policy import Policy
from audits.model.said import say
from audits.rule import Default, Family, MeasureInfo, RuleInfo, Trust
from audits.timeline import CONTACT_FACTS, attempts, holder_at
from audits.wording import arrival_moment, moment_after, span, status_word

INFO = RuleInfo(
    rule_id="RT002",
    version=1,
    family=Family.RESPONSE_TIME,
    title="Not answered yet",
    question="Is the lead still waiting for its first attempt after the agreed time?",
    why_it_matters="It can still be saved: of all findings this is the one on which to act first.",
    reasons=(
        ("waiting_in_time", "there is no attempt yet, and the due time has not come"),
        ("past_target", "the due time has passed and there is no attempt"),
        ("imported", "the lead came by an import, so it was no fresh enquiry"),
        ("answered", "there is an attempt; RT001 judges its time"),
        ("closed_without_need", "the lead was won or discarded without any attempt"),
        *((code, CANNOT_TELL[code]) for code in (UNKNOWN_ACTIVITY, NOT_LOOKED_AT, UNMAPPED_STATUS, NO_WORKING_HOURS)),
    ),
    outcomes=(
        (Outcome.PASS, ("waiting_in_time",)),
        (Outcome.BREACH, ("past_target",)),
        (Outcome.NOT_APPLICABLE, ("imported", "answered", "closed_without_need")),
        (Outcome.NOT_EVALUATED, (UNKNOWN_ACTIVITY, NOT_LOOKED_AT, UNMAPPED_STATUS, NO_WORKING_HOURS)),
    ),
    measures=(
        MeasureInfo("waited_working_s", "s", "working time from receipt to the moment of the audit"),
        MeasureInfo("waited_wall_s", "s", "wall time from receipt to the moment of the audit"),
    ),
    defaults=(
        Default(
            "response_target_s",
            "30 min of working time; per lead type where set",
            "as in RT001",
            Trust.OURS,
        ),
    ),
)

_QUESTION = say("whether the lead was answered")


def judge(case: LeadCase, policy: Policy) -> Draft:
    """A breach from the due instant on. Closing the lead as lost is no answer; winning or discarding needs none."""
    lead = case.lead
    if lead.is_imported:
        return Draft(
            outcome=Outcome.NOT_APPLICABLE,
            reason="imported",
            sentence=say("The lead came by an import, so no answer is due."),
        )
    tried = attempts(case, policy)
    if tried.sure:
        return Draft(
            outcome=Outcome.NOT_APPLICABLE,
            reason="answered",
            sentence=say("An attempt was made, so the lead is not waiting for its first one."),
        )
    if lead.status in (LeadStatus.WON, LeadStatus.DISCARDED):
        return Draft(
            outcome=Outcome.NOT_APPLICABLE,
            reason="closed_without_need",
            sentence=say(
                "The lead was closed as {status} without any attempt, and none is due any more.",
                status=status_word(lead.status),
            ),
        )
    clock = case_clock(case, policy)
    due_at = response_due(case, policy, clock)
    measures = (
        Measure("waited_working_s", clock.elapsed(lead.clock_start, case.as_of), "s"),
        Measure("waited_wall_s", max(0, int((case.as_of - lead.clock_start).total_seconds())), "s"),
    )
    received = arrival_moment(lead, clock.zone)
    due = moment_after(due_at, lead.received_at, clock.zone)
    target = span(response_target_s(case, policy))
    if case.as_of < due_at:
        return Draft(
            outcome=Outcome.PASS,
            reason="waiting_in_time",
            sentence=say(
                "Received {received}, no attempt yet; the first one is due {due} ({target} of working time).",
                received=received,
                due=due,
                target=target,
            ),
            measures=measures,
            evidence=(received_evidence(lead),),
            owner_id=holder_at(case, case.as_of),
            wakes=(due_at,),
        )
    if tried.unknown:
        return unknown_activity(tried.unknown[0], _QUESTION, measures)
    missing = case.coverage.cause(*CONTACT_FACTS) or clock.doubt
    if missing is not None:
        return not_looked_at(missing, _QUESTION, measures)
    if lead.status is None:
        return unmapped_status(lead)
    if lead.status is LeadStatus.LOST:
        sentence = say(
            "Received {received}, no attempt was made by {due}, when the target of {target} of working time ran out, "
            "and the lead was closed as lost without one.",
            received=received,
            due=due,
            target=target,
        )
    else:
        sentence = say(
            "Received {received}, no attempt was made by {due}, when the target of {target} of working time ran out.",
            received=received,
            due=due,
            target=target,
        )
    return Draft(
        outcome=Outcome.BREACH,
        reason="past_target",
        sentence=sentence,
        measures=measures,
        evidence=(received_evidence(lead),),
        owner_id=holder_at(case, due_at),
    )


RULE = LeadRule(INFO, judge)
