"""AG004: a lead that was put on hold without a word to it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from audits.claims import uncounted_calls, uncounted_evidence, with_uncounted
from audits.clock import CaseClock, case_clock
from audits.holds import Hold, holds, word_from
from audits.lead_rule import (
    CANNOT_TELL,
    NO_WORKING_HOURS,
    NOT_LOOKED_AT,
    UNKNOWN_ACTIVITY,
    Draft,
    LeadRule,
    at_measure,
    not_looked_at,
    unknown_activity,
)
from audits.model.activity import ActivityKind
from audits.model.case import Fact, LeadCase
from audits.model.finding import Evidence, Measure, Outcome
from audits.model.policy import Policy
from audits.model.said import say
from audits.rule import Default, Family, MeasureInfo, RuleInfo, Trust
from audits.timeline import CONTACT_FACTS, AttemptVerdict, Judged, attempts, connections, holder_at
from audits.wording import moment, span

INFO = RuleInfo(
    rule_id="AG004",
    version=1,
    family=Family.ANTI_GAMING,
    title="Parked",
    question="Had anybody turned to the lead before it was put on hold?",
    why_it_matters=(
        "One cannot wait for the answer of somebody to whom nothing was said. A hold without a word stops no clock "
        "here; it is shown because elsewhere it would."
    ),
    reasons=(
        ("word_given", "an attempt lies shortly before each hold, or soon after it began"),
        ("hold_begun", "the lead is on hold without an attempt, but not for long yet"),
        ("parked", "the lead was on hold for too long before anybody turned to it"),
        ("no_such_status", "the policy names no status that means waiting"),
        ("never_on_hold", "the lead was never on hold"),
        *((code, CANNOT_TELL[code]) for code in (UNKNOWN_ACTIVITY, NOT_LOOKED_AT, NO_WORKING_HOURS)),
    ),
    outcomes=(
        (Outcome.PASS, ("word_given", "hold_begun")),
        (Outcome.BREACH, ("parked",)),
        (Outcome.NOT_APPLICABLE, ("no_such_status", "never_on_hold")),
        (Outcome.NOT_EVALUATED, (UNKNOWN_ACTIVITY, NOT_LOOKED_AT, NO_WORKING_HOURS)),
    ),
    measures=(
        MeasureInfo("holds", "count", "times the lead went on hold"),
        MeasureInfo("parked_at", "at", "when the hold with the longest wait for a word began"),
        MeasureInfo("parked_working_s", "s", "working time from its beginning to the word, its end, or the audit"),
        MeasureInfo("parked_wall_s", "s", "the same in wall time"),
    ),
    defaults=(
        Default("waiting_statuses", "none: each account names its own", "our choice", Trust.OURS),
        Default(
            "hold_message_s",
            "an attempt in the 24 h of wall time before counts; days without working hours are left out",
            "our choice",
            Trust.OURS,
        ),
        Default("parked_after_s", "1 h of working time on hold without a word", "our choice", Trust.OURS),
    ),
)

_QUESTION = say("whether anybody turned to the lead before it was put on hold")


def judge(case: LeadCase, policy: Policy) -> Draft:
    """A breach when a hold lasted `parked_after_s` of working time and no attempt allowed it until then.

    A later word ends the parking and does not undo it. The clock here is that of the holders, which no hold stops.
    """
    if not policy.waiting_statuses:
        return Draft(
            outcome=Outcome.NOT_APPLICABLE,
            reason="no_such_status",
            sentence=say("No status is agreed to mean waiting for the lead."),
        )
    unseen = case.coverage.cause(Fact.STAGE_HISTORY)
    if unseen is not None:
        return not_looked_at(unseen, _QUESTION)
    found = _holds(case, policy)
    if not found:
        return Draft(
            outcome=Outcome.NOT_APPLICABLE,
            reason="never_on_hold",
            sentence=say("The lead was never on hold."),
            measures=(Measure("holds", 0, "count"),),
        )
    clock = case_clock(case, policy)
    measures = _measures(found, case, clock)
    parked = [hold for hold in found if _is_parked(hold, case, policy, clock)]
    waiting = [hold for hold in found if hold not in parked and _silent_until(hold) is None]
    wakes = tuple(_due(hold, policy, clock) for hold in waiting)
    doubts = [(hold, _possible(hold, case, policy, clock)) for hold in parked]
    surely = [hold for hold, possible in doubts if possible is None]
    missing = case.coverage.cause(*CONTACT_FACTS) or clock.doubt
    if surely and missing is None:
        return _parked(surely[0], case, policy, clock, measures)
    for _, possible in doubts:
        if possible is not None:
            return replace(unknown_activity(possible, _QUESTION, measures), wakes=wakes)
    if parked and missing is not None:
        return replace(not_looked_at(missing, _QUESTION, measures), wakes=wakes)
    if waiting:
        hold = waiting[0]
        return Draft(
            outcome=Outcome.PASS,
            reason="hold_begun",
            sentence=say(
                'On hold ("{status}") since {start} without an attempt; from {due} on it is parking.',
                status=hold.change.raw_status,
                start=moment(hold.started_at, clock.zone),
                due=moment(_due(hold, policy, clock), clock.zone),
            ),
            measures=measures,
            evidence=(_evidence(hold),),
            owner_id=holder_at(case, case.as_of),
            wakes=wakes,
        )
    last = found[-1]
    return Draft(
        outcome=Outcome.PASS,
        reason="word_given",
        sentence=say(
            'Put on hold ("{status}") {start}; it did not wait {limit} of working time without a word.',
            status=last.change.raw_status,
            start=moment(last.started_at, clock.zone),
            limit=span(policy.parked_after_s),
        ),
        measures=measures,
        evidence=(_evidence(last),),
        owner_id=holder_at(case, last.started_at),
    )


def _parked(hold: Hold, case: LeadCase, policy: Policy, clock: CaseClock, measures: tuple[Measure, ...]) -> Draft:
    due_at = _due(hold, policy, clock)
    earliest = word_from(hold.started_at, policy)
    uncounted = tuple(
        (activity, reason)
        for activity, reason in uncounted_calls(case, policy, AttemptVerdict.YES)
        if activity.no_later_than >= earliest and activity.occurred_at <= due_at
    )
    return Draft(
        outcome=Outcome.BREACH,
        reason="parked",
        sentence=with_uncounted(
            say(
                'On hold ("{status}") since {start}: there was no attempt in the {before} before, nor until {due} '
                "({limit} of working time).",
                status=hold.change.raw_status,
                start=moment(hold.started_at, clock.zone),
                before=span(policy.hold_message_s),
                due=moment(due_at, clock.zone),
                limit=span(policy.parked_after_s),
            ),
            uncounted,
            case,
            policy,
            clock.zone,
        ),
        measures=measures,
        evidence=(_evidence(hold), *uncounted_evidence(uncounted)),
        owner_id=holder_at(case, due_at),
    )


def _holds(case: LeadCase, policy: Policy) -> list[Hold]:
    """The holds; what an import brought with it is left out: the word may have been given in the CRM it came from."""
    return [
        hold for hold in holds(case, policy) if not case.lead.is_imported or hold.started_at > case.lead.recorded_at
    ]


def _silent_until(hold: Hold) -> datetime | None:
    """When somebody turned to the lead, else when the hold ended; None while neither is so."""
    return hold.ended_at if hold.counts_from is None else hold.counts_from


def _is_parked(hold: Hold, case: LeadCase, policy: Policy, clock: CaseClock) -> bool:
    until, due_at = _silent_until(hold), _due(hold, policy, clock)
    return case.as_of >= due_at if until is None else until.replace(microsecond=0) > due_at


def _due(hold: Hold, policy: Policy, clock: CaseClock) -> datetime:
    return clock.after(hold.started_at, policy.parked_after_s)


def _possible(hold: Hold, case: LeadCase, policy: Policy, clock: CaseClock) -> Judged | None:
    """An act that may be the word that was given."""
    earliest, due_at = word_from(hold.started_at, policy), _due(hold, policy, clock)
    spoken = (each for each in connections(case, policy).unknown if each.activity.kind is ActivityKind.CALL)
    for judged in (*attempts(case, policy).unknown, *spoken):
        if judged.activity.no_later_than >= earliest and judged.activity.occurred_at <= due_at:
            return judged
    return None


def _measures(found: list[Hold], case: LeadCase, clock: CaseClock) -> tuple[Measure, ...]:
    spans = [
        (clock.elapsed(hold.started_at, until), int((until - hold.started_at).total_seconds()), hold.started_at)
        for hold in found
        for until in [_silent_until(hold) or case.as_of]
    ]
    working_s, wall_s, since = max(spans)
    return (
        Measure("holds", len(found), "count"),
        at_measure("parked_at", since),
        Measure("parked_working_s", working_s, "s"),
        Measure("parked_wall_s", wall_s, "s"),
    )


def _evidence(hold: Hold) -> Evidence:
    change = hold.change
    return Evidence(
        record_type="lead",
        record_id=change.lead_id,
        field=change.field,
        value=change.raw_status,
        at=change.occurred_at,
    )


RULE = LeadRule(INFO, judge)
