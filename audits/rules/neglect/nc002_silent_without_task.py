"""NC002: an open lead on which nothing was done for long and nothing is planned."""

from __future__ import annotations

from dataclasses import replace

from audits.answers import beside_other_records
from audits.claims import planned_steps
from audits.clock import follow_up_clock
from audits.dues import silence_due
from audits.holds import stopping_hold
from audits.lead_rule import (
    CANNOT_TELL,
    NO_WORKING_HOURS,
    NOT_LOOKED_AT,
    UNKNOWN_ACTIVITY,
    UNMAPPED_STATUS,
    Draft,
    LeadRule,
    activity_evidence,
    at_measure,
    lead_evidence,
    not_looked_at,
    received_evidence,
    unknown_activity,
    unmapped_status,
)
from audits.model.case import Fact, LeadCase
from audits.model.finding import Measure, Outcome
from audits.model.lead import LeadStatus
from audits.model.policy import Policy
from audits.model.said import say
from audits.rule import Default, Family, MeasureInfo, RuleInfo, Trust
from audits.timeline import CONTACT_FACTS, attempts, connections, holder_at
from audits.wording import act_moment, arrival_moment, kind_word, moment, moment_after, span, status_word

INFO = RuleInfo(
    rule_id="NC002",
    version=2,
    family=Family.NEGLECTED_CONTACT,
    title="Silent without a task",
    question="Has an open lead been left without an attempt, an answer or a planned next step for too long?",
    why_it_matters="A lead without a next step is forgotten by everybody at once; nobody decided to give it up.",
    reasons=(
        ("touched_lately", "the last attempt, answer or the receipt is recent enough"),
        ("next_step_planned", "it has been silent for long, but a task or meeting lies ahead"),
        ("on_hold", "the lead is on hold, waiting for the person, and was not silent for too long before"),
        ("silent", "it has been silent for too long and nothing lies ahead"),
        ("closed", "the lead is closed"),
        *((code, CANNOT_TELL[code]) for code in (UNKNOWN_ACTIVITY, NOT_LOOKED_AT, UNMAPPED_STATUS, NO_WORKING_HOURS)),
    ),
    outcomes=(
        (Outcome.PASS, ("touched_lately", "next_step_planned", "on_hold")),
        (Outcome.BREACH, ("silent",)),
        (Outcome.NOT_APPLICABLE, ("closed",)),
        (Outcome.NOT_EVALUATED, (UNKNOWN_ACTIVITY, NOT_LOOKED_AT, UNMAPPED_STATUS, NO_WORKING_HOURS)),
    ),
    measures=(
        MeasureInfo("last_touch_at", "at", "the last sure attempt or answer, else the receipt"),
        MeasureInfo("silent_working_s", "s", "working time from the last touch to the moment of the audit"),
        MeasureInfo("silent_wall_s", "s", "wall time from the last touch to the moment of the audit"),
        MeasureInfo("next_step_at", "at", "when the next planned step is due; unknown when nothing is planned"),
    ),
    defaults=(Default("silent_after_s", "40 h of working time (five working days)", "our choice", Trust.OURS),),
)

_QUESTION = say("whether the lead has been silent for too long")


def judge(case: LeadCase, policy: Policy) -> Draft:
    """A breach from the due instant on, unless an open task or a planned activity lies ahead of the audit.

    A task without a due time is no next step: it never falls due, so it could hide a lead for ever.
    """
    lead = case.lead
    if lead.status is None:
        return unmapped_status(lead)
    if lead.status is not LeadStatus.OPEN:
        return Draft(
            outcome=Outcome.NOT_APPLICABLE,
            reason="closed",
            sentence=say("The lead is closed ({status}), so it may be silent.", status=status_word(lead.status)),
        )
    clock = follow_up_clock(case, policy)
    tried, reached = attempts(case, policy), connections(case, policy)
    touch = max(
        (each for each in (tried.last(), reached.last()) if each is not None),
        key=lambda each: each.no_later_than,
        default=None,
    )
    touched_at = lead.clock_start if touch is None else touch.no_later_than
    steps = planned_steps(case)
    measures = (
        at_measure("last_touch_at", touched_at),
        Measure("silent_working_s", clock.elapsed(touched_at, case.as_of), "s"),
        Measure("silent_wall_s", max(0, int((case.as_of - touched_at).total_seconds())), "s"),
        at_measure("next_step_at", steps[0].at if steps else None),
    )
    since = (
        say("Received {received}", received=arrival_moment(lead, clock.zone))
        if touch is None
        else say("Last touch ({kind}) {at}", kind=kind_word(touch), at=act_moment(touch, clock.zone))
    )
    evidence = (received_evidence(lead),) if touch is None else activity_evidence(touch)
    stopped = stopping_hold(case, policy)
    if stopped is not None and clock.elapsed(touched_at, stopped[1]) < policy.silent_after_s:
        hold = stopped[0]
        return Draft(
            outcome=Outcome.PASS,
            reason="on_hold",
            sentence=say(
                "{since}; on hold ({status}) since {at}, so silence does not count.",
                since=since,
                status=hold.change.raw_status,
                at=moment(hold.started_at, clock.zone),
            ),
            measures=measures,
            evidence=(
                *evidence,
                lead_evidence(lead, hold.change.field, hold.change.raw_status, hold.started_at),
            ),
            owner_id=holder_at(case, case.as_of),
        )
    due_at = silence_due(touched_at, policy, clock)
    due = moment_after(due_at, touched_at, clock.zone)
    limit = span(policy.silent_after_s)
    if case.as_of < due_at:
        return Draft(
            outcome=Outcome.PASS,
            reason="touched_lately",
            sentence=say(
                "{since}; silence would be too long from {due} on ({limit} of working time).",
                since=since,
                due=due,
                limit=limit,
            ),
            measures=measures,
            evidence=evidence,
            owner_id=holder_at(case, case.as_of),
            wakes=(due_at,),
        )
    if steps:
        ends = tuple(step.at for step in steps if step.at is not None)
        return Draft(
            outcome=Outcome.PASS,
            reason="next_step_planned",
            sentence=say("{since}; the next step is planned for {at}.", since=since, at=moment(ends[0], clock.zone)),
            measures=measures,
            evidence=(*evidence, steps[0]),
            owner_id=holder_at(case, case.as_of),
            wakes=ends,
        )
    possible = max((*tried.unknown, *reached.unknown), key=lambda each: each.activity.no_later_than, default=None)
    if possible is not None and possible.activity.no_later_than >= touched_at:
        touched_again_at = possible.activity.no_later_than
        if stopped is not None and clock.elapsed(touched_again_at, stopped[1]) < policy.silent_after_s:
            return unknown_activity(possible, _QUESTION, measures)
        silent_anyway_at = silence_due(touched_again_at, policy, clock)
        if case.as_of < silent_anyway_at:
            return replace(unknown_activity(possible, _QUESTION, measures), wakes=(silent_anyway_at,))
    missing = case.coverage.cause(*CONTACT_FACTS, Fact.TASKS) or clock.doubt
    if missing is not None:
        return not_looked_at(missing, _QUESTION, measures)
    breach = Draft(
        outcome=Outcome.BREACH,
        reason="silent",
        sentence=say(
            "{since}; nothing was done by {due} ({limit} of working time), and no next step is planned.",
            since=since,
            due=due,
            limit=limit,
        ),
        measures=measures,
        evidence=evidence,
        owner_id=holder_at(case, due_at),
    )
    return beside_other_records(breach, case, policy)


RULE = LeadRule(INFO, judge)
