"""NC001: an open lead with a number that nobody called."""

from __future__ import annotations

from audits.answers import beside_other_records
from audits.clock import case_clock
from audits.dues import call_due
from audits.lead_rule import (
    CANNOT_TELL,
    NO_WORKING_HOURS,
    NOT_LOOKED_AT,
    UNKNOWN_ACTIVITY,
    UNMAPPED_STATUS,
    Draft,
    LeadRule,
    activity_evidence,
    lead_evidence,
    not_looked_at,
    received_evidence,
    unknown_activity,
    unmapped_status,
)
from audits.model.activity import ActivityKind
from audits.model.case import Fact, LeadCase
from audits.model.finding import Measure, Outcome
from audits.model.lead import LeadStatus
from audits.model.policy import Policy
from audits.model.said import say
from audits.rule import Default, Family, MeasureInfo, RuleInfo, Trust
from audits.timeline import attempts, connections, holder_at
from audits.wording import act_moment, arrival_moment, counted, kind_word, moment_after, span, status_word

INFO = RuleInfo(
    rule_id="NC001",
    version=2,
    family=Family.NEGLECTED_CONTACT,
    title="Never called",
    question="Was an open lead that gave a phone number ever called?",
    why_it_matters=(
        "Not calling tells the lead that the company is not interested; in one study with secret shoppers 42 % of "
        "web enquiries were never called."
    ),
    reasons=(
        ("called", "there is at least one attempt by phone"),
        ("waiting_in_time", "there is no call yet, and the due time has not come"),
        ("never_called", "the due time has passed and nobody called"),
        ("closed", "the lead is closed"),
        ("no_phone", "the lead gave no phone number"),
        ("calls_not_allowed", "the lead does not allow calls"),
        ("contact_made", "the person was spoken with: by a call of theirs or in a meeting"),
        *((code, CANNOT_TELL[code]) for code in (UNKNOWN_ACTIVITY, NOT_LOOKED_AT, UNMAPPED_STATUS, NO_WORKING_HOURS)),
    ),
    outcomes=(
        (Outcome.PASS, ("called", "waiting_in_time")),
        (Outcome.BREACH, ("never_called",)),
        (Outcome.NOT_APPLICABLE, ("closed", "no_phone", "calls_not_allowed", "contact_made")),
        (Outcome.NOT_EVALUATED, (UNKNOWN_ACTIVITY, NOT_LOOKED_AT, UNMAPPED_STATUS, NO_WORKING_HOURS)),
    ),
    measures=(
        MeasureInfo("call_attempts", "count", "attempts by phone"),
        MeasureInfo("open_working_s", "s", "working time from receipt to the moment of the audit"),
        MeasureInfo("open_wall_s", "s", "wall time from receipt to the moment of the audit"),
    ),
    defaults=(Default("never_called_after_s", "8 h of working time (one working day)", "our choice", Trust.OURS),),
)

_QUESTION = say("whether the lead was ever called")
_SPOKEN = (ActivityKind.CALL, ActivityKind.MEETING)


def judge(case: LeadCase, policy: Policy) -> Draft:
    """A breach from the due instant on, while the lead is open."""
    lead = case.lead
    if lead.status is None:
        return unmapped_status(lead)
    if lead.status is not LeadStatus.OPEN:
        return Draft(
            outcome=Outcome.NOT_APPLICABLE,
            reason="closed",
            sentence=say("The lead is closed ({status}), so no call is due.", status=status_word(lead.status)),
        )
    if lead.has_call_consent is False:
        # Whoever keeps to it is not blamed for it; a call in spite of it is what FU008 judges.
        return Draft(
            outcome=Outcome.NOT_APPLICABLE,
            reason="calls_not_allowed",
            sentence=say("The lead does not allow calls, so no call is due."),
        )
    phone = lead.phone or lead.mobile or ""
    unseen = None if phone else case.coverage.cause(Fact.CONTACT_DATA)
    if not phone and unseen is None:
        return Draft(
            outcome=Outcome.NOT_APPLICABLE,
            reason="no_phone",
            sentence=say("The lead gave no phone number, so it cannot be called."),
        )
    clock = case_clock(case, policy)
    tried = attempts(case, policy)
    calls = [activity for activity in tried.sure if activity.kind is ActivityKind.CALL]
    measures = (
        Measure("call_attempts", len(calls), "count"),
        Measure("open_working_s", clock.elapsed(lead.clock_start, case.as_of), "s"),
        Measure("open_wall_s", max(0, int((case.as_of - lead.clock_start).total_seconds())), "s"),
    )
    if calls:
        return Draft(
            outcome=Outcome.PASS,
            reason="called",
            sentence=say(
                "Called {times}, first {at}.", times=counted(len(calls), "time"), at=act_moment(calls[0], clock.zone)
            ),
            measures=measures,
            evidence=activity_evidence(calls[0]),
            owner_id=holder_at(case, calls[0].occurred_at),
        )
    reached = connections(case, policy)
    spoken = next((activity for activity in reached.sure if activity.kind in _SPOKEN), None)
    if spoken is not None:
        return Draft(
            outcome=Outcome.NOT_APPLICABLE,
            reason="contact_made",
            sentence=say(
                "The person was spoken with {at} ({kind}).", at=act_moment(spoken, clock.zone), kind=kind_word(spoken)
            ),
            measures=measures,
            evidence=activity_evidence(spoken),
        )
    due_at = call_due(case, policy, clock)
    received = arrival_moment(lead, clock.zone)
    due = moment_after(due_at, lead.received_at, clock.zone)
    limit = span(policy.never_called_after_s)
    if case.as_of < due_at:
        return Draft(
            outcome=Outcome.PASS,
            reason="waiting_in_time",
            sentence=say(
                "Received {received}, no call yet; a call is due {due} ({limit} of working time).",
                received=received,
                due=due,
                limit=limit,
            ),
            measures=measures,
            evidence=(received_evidence(lead),),
            owner_id=holder_at(case, case.as_of),
            wakes=(due_at,),
        )
    unknown = next((each for each in (*tried.unknown, *reached.unknown) if each.activity.kind in _SPOKEN), None)
    if unknown is not None:
        return unknown_activity(unknown, _QUESTION, measures)
    missing = case.coverage.cause(Fact.CALLS, Fact.MEETINGS) or unseen or clock.doubt
    if missing is not None:
        return not_looked_at(missing, _QUESTION, measures)
    breach = Draft(
        outcome=Outcome.BREACH,
        reason="never_called",
        sentence=say(
            "Received {received} with a phone number; nobody had called by {due} ({limit} of working time), "
            "and nobody has since.",
            received=received,
            due=due,
            limit=limit,
        ),
        measures=measures,
        evidence=(received_evidence(lead), lead_evidence(lead, "phone", phone)),
        owner_id=holder_at(case, due_at),
    )
    return beside_other_records(breach, case, policy)


RULE = LeadRule(INFO, judge)
