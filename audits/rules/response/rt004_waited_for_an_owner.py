"""RT004: judges how long the lead waited until somebody held it."""

from __future__ import annotations

from datetime import datetime

from audits.clock import CaseClock, case_clock
from audits.dues import assignment_due
from audits.lead_rule import (
    CANNOT_TELL,
    NO_WORKING_HOURS,
    NOT_LOOKED_AT,
    UNMAPPED_STATUS,
    Draft,
    LeadRule,
    at_measure,
    lead_evidence,
    not_looked_at,
    received_evidence,
    unmapped_status,
)
from audits.legs import first_owned_at
from audits.model.case import Fact, LeadCase
from audits.model.finding import Evidence, Measure, Outcome
from audits.model.lead import LeadStatus
from audits.model.policy import Policy
from audits.model.said import Value, say
from audits.rule import Default, Family, MeasureInfo, RuleInfo, Trust
from audits.timeline import holder_at
from audits.wording import arrival_moment, moment_after, span

INFO = RuleInfo(
    rule_id="RT004",
    version=1,
    family=Family.RESPONSE_TIME,
    title="Waited for an owner",
    question="Was the lead given to somebody within the agreed time?",
    why_it_matters=(
        "Until somebody holds the lead, nobody can be late. Half an hour of waiting for an owner and five minutes of "
        "work read as a slow owner, unless the two are told apart."
    ),
    reasons=(
        ("assigned_in_time", "somebody held the lead by the due time"),
        ("waiting_in_time", "nobody holds the lead yet, and the due time has not come"),
        ("assigned_late", "the first owner held the lead after the due time"),
        ("unassigned", "the due time has passed and nobody has held the lead"),
        ("imported", "the lead came by an import, so it was no fresh enquiry"),
        ("closed_without_need", "the lead was won or discarded without ever having had an owner"),
        *((code, CANNOT_TELL[code]) for code in (NOT_LOOKED_AT, UNMAPPED_STATUS, NO_WORKING_HOURS)),
    ),
    outcomes=(
        (Outcome.PASS, ("assigned_in_time", "waiting_in_time")),
        (Outcome.BREACH, ("assigned_late", "unassigned")),
        (Outcome.NOT_APPLICABLE, ("imported", "closed_without_need")),
        (Outcome.NOT_EVALUATED, (NOT_LOOKED_AT, UNMAPPED_STATUS, NO_WORKING_HOURS)),
    ),
    measures=(
        MeasureInfo("owned_at", "at", "when somebody held the lead for the first time"),
        MeasureInfo("system_leg_working_s", "s", "working time from receipt to the first owner, or to the audit"),
        MeasureInfo("system_leg_wall_s", "s", "wall time from receipt to the first owner, or to the audit"),
    ),
    defaults=(Default("assignment_target_s", "15 min of working time", "our choice", Trust.OURS),),
)

_QUESTION = say("whether the lead had an owner in time")


def judge(case: LeadCase, policy: Policy) -> Draft:
    """In time when an owner held the lead no later than the due instant. Charged to nobody: it is the system's.

    Closing the lead as lost is no assignment.
    """
    lead = case.lead
    if lead.is_imported:
        return Draft(
            outcome=Outcome.NOT_APPLICABLE,
            reason="imported",
            sentence=say("The lead came by an import, so no assignment is due."),
        )
    unseen = case.coverage.cause(Fact.OWNER_HISTORY, Fact.OWNER)
    if unseen is not None:
        return not_looked_at(unseen, _QUESTION)
    clock = case_clock(case, policy)
    due_at = assignment_due(case, policy, clock)
    owned_at = first_owned_at(case)
    measures = _measures(case, clock, owned_at)
    told: dict[str, Value] = {
        "received": arrival_moment(lead, clock.zone),
        "target": span(policy.assignment_target_s),
    }
    due = moment_after(due_at, lead.received_at, clock.zone)
    if owned_at is None:
        return _waiting(case, clock, due_at, told, measures)
    evidence = (received_evidence(lead), _owned_evidence(case, owned_at))
    told["owned"] = moment_after(owned_at, lead.received_at, clock.zone)
    if owned_at.replace(microsecond=0) <= due_at:
        # For sure only when it was in time for the earliest instant at which the lead can have arrived.
        surely_due_at = clock.after(lead.received_at, policy.assignment_target_s)
        if owned_at.replace(microsecond=0) > surely_due_at:
            return not_looked_at("only the day on which the lead arrived is known", _QUESTION, measures)
        return Draft(
            outcome=Outcome.PASS,
            reason="assigned_in_time",
            sentence=say(
                "Received {received}, held by somebody from {owned} on; target {target} of working time.", **told
            ),
            measures=measures,
            evidence=evidence,
        )
    if clock.doubt is not None:
        return not_looked_at(clock.doubt, _QUESTION, measures)
    return Draft(
        outcome=Outcome.BREACH,
        reason="assigned_late",
        sentence=say(
            "Received {received}, held by somebody only from {owned} on; target {target} of working time, due {due}.",
            **told,
            due=due,
        ),
        measures=measures,
        evidence=evidence,
    )


def _waiting(
    case: LeadCase, clock: CaseClock, due_at: datetime, told: dict[str, Value], measures: tuple[Measure, ...]
) -> Draft:
    lead = case.lead
    if lead.status in (LeadStatus.WON, LeadStatus.DISCARDED):
        return Draft(
            outcome=Outcome.NOT_APPLICABLE,
            reason="closed_without_need",
            sentence=say("The lead was won or discarded without an owner, so none is due any more."),
            measures=measures,
        )
    due = moment_after(due_at, lead.received_at, clock.zone)
    if case.as_of < due_at:
        return Draft(
            outcome=Outcome.PASS,
            reason="waiting_in_time",
            sentence=say(
                "Received {received}, nobody holds it yet; an owner is due {due} ({target} of working time).",
                **told,
                due=due,
            ),
            measures=measures,
            evidence=(received_evidence(lead),),
            wakes=(due_at,),
        )
    if clock.doubt is not None:
        return not_looked_at(clock.doubt, _QUESTION, measures)
    if lead.status is None:
        return unmapped_status(lead)
    return Draft(
        outcome=Outcome.BREACH,
        reason="unassigned",
        sentence=say(
            "Received {received}, nobody held it by {due}, when the target of {target} of working time ran out, and "
            "nobody has since.",
            **told,
            due=due,
        ),
        measures=measures,
        evidence=(received_evidence(lead), lead_evidence(lead, "owner_id", lead.owner_id or "")),
    )


def _measures(case: LeadCase, clock: CaseClock, owned_at: datetime | None) -> tuple[Measure, ...]:
    until, start = owned_at or case.as_of, case.lead.received_at
    is_exact = case.lead.received_latest_at is None
    return (
        at_measure("owned_at", owned_at),
        Measure("system_leg_working_s", clock.elapsed(start, until) if is_exact else None, "s"),
        Measure("system_leg_wall_s", max(0, int((until - start).total_seconds())) if is_exact else None, "s"),
    )


def _owned_evidence(case: LeadCase, owned_at: datetime) -> Evidence:
    return lead_evidence(case.lead, "owner_id", holder_at(case, owned_at) or "", owned_at)


RULE = LeadRule(INFO, judge)
