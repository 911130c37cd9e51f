"""AG005: a lead that looks fresh because its record was changed, though nobody turned to it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from audits.claims import planned_steps, touched, uncounted_evidence, with_uncounted
from audits.clock import CaseClock, follow_up_clock
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
from audits.timeline import CONTACT_FACTS, holder_at
from audits.wording import act_moment, arrival_moment, kind_word, moment, span

INFO = RuleInfo(
    rule_id="AG005",
    version=1,
    family=Family.ANTI_GAMING,
    title="Edited, not worked",
    question="Does a lead look fresh only because its record was changed?",
    why_it_matters=(
        "Lists that sort by the last change lose a silent lead with every edit, whoever or whatever makes it. Here "
        "only an attempt or an answer ends the silence."
    ),
    reasons=(
        ("not_silent", "the last attempt, answer or the receipt is recent enough"),
        (
            "on_hold",
            "it waits for the lead, to whom somebody had turned before, so the clock of silence stands still",
        ),
        ("next_step_planned", "it has been silent for long, but a task or meeting lies ahead"),
        ("looks_its_age", "it has been silent for too long, and no later change hides that; NC002 says so"),
        ("edited_not_worked", "it has been silent for too long, and its record was changed after that"),
        ("closed", "the lead is closed"),
        ("change_unknown", "the CRM does not say when the record was last changed"),
        *((code, CANNOT_TELL[code]) for code in (UNKNOWN_ACTIVITY, NOT_LOOKED_AT, UNMAPPED_STATUS, NO_WORKING_HOURS)),
    ),
    outcomes=(
        (Outcome.PASS, ("not_silent", "on_hold", "next_step_planned", "looks_its_age")),
        (Outcome.BREACH, ("edited_not_worked",)),
        (Outcome.NOT_APPLICABLE, ("closed",)),
        (
            Outcome.NOT_EVALUATED,
            ("change_unknown", UNKNOWN_ACTIVITY, NOT_LOOKED_AT, UNMAPPED_STATUS, NO_WORKING_HOURS),
        ),
    ),
    measures=(
        MeasureInfo("last_touch_at", "at", "the last sure attempt or answer, else the receipt"),
        MeasureInfo("changed_at", "at", "the last change of the record that is not ours, as far as the CRM says"),
        MeasureInfo("change_after_touch_working_s", "s", "working time from the last touch to that change"),
        MeasureInfo("change_after_touch_wall_s", "s", "the same in wall time"),
    ),
    defaults=(Default("silent_after_s", "40 h of working time (five working days)", "our choice", Trust.OURS),),
)

_QUESTION = say("whether the lead looks fresh only because its record was changed")
_MICROSECOND = timedelta(microseconds=1)


def judge(case: LeadCase, policy: Policy) -> Draft:
    """A breach when silence was too long and the record was changed after that.

    Who or what changed the record is not known, so nobody is said to have hidden anything. What we write ourselves
    is left out where the timeline is stored: the last change is that of somebody else.
    """
    lead = case.lead
    if lead.status is None:
        return unmapped_status(lead)
    if lead.status is not LeadStatus.OPEN:
        return Draft(
            outcome=Outcome.NOT_APPLICABLE,
            reason="closed",
            sentence=say("The lead is closed, so it may be silent."),
        )
    clock = follow_up_clock(case, policy)
    acts = touched(case, policy)
    touch = max(acts.sure, key=lambda each: each.no_later_than, default=None)
    touched_at = lead.clock_start if touch is None else touch.no_later_than
    changed_at = lead.modified_at if lead.modified_at is None or lead.modified_at <= case.as_of else None
    measures = (
        at_measure("last_touch_at", touched_at),
        at_measure("changed_at", changed_at),
        Measure(
            "change_after_touch_working_s", None if changed_at is None else clock.elapsed(touched_at, changed_at), "s"
        ),
        Measure(
            "change_after_touch_wall_s",
            None if changed_at is None else max(0, int((changed_at - touched_at).total_seconds())),
            "s",
        ),
    )
    since = (
        say("Received {received}", received=arrival_moment(lead, clock.zone))
        if touch is None
        else say("Last touch ({kind}) {at}", kind=kind_word(touch), at=act_moment(touch, clock.zone))
    )
    evidence = (received_evidence(lead),) if touch is None else activity_evidence(touch)
    due_at = _silent_from(touched_at, case, policy, clock)
    if due_at is None:
        return Draft(
            outcome=Outcome.PASS,
            reason="on_hold",
            sentence=say("{since}; the lead is on hold, which stops the clock of silence.", since=since),
            measures=measures,
            evidence=evidence,
            owner_id=holder_at(case, case.as_of),
        )
    wakes = tuple(t for t in (due_at, lead.modified_at) if t is not None and t > case.as_of)
    if case.as_of < due_at:
        return Draft(
            outcome=Outcome.PASS,
            reason="not_silent",
            sentence=say(
                "{since}; silence would be too long from {due} on, whatever is changed in the record.",
                since=since,
                due=moment(due_at, clock.zone),
            ),
            measures=measures,
            evidence=evidence,
            owner_id=holder_at(case, case.as_of),
            wakes=wakes,
        )
    steps = planned_steps(case)
    if steps:
        ends = tuple(step.at for step in steps if step.at is not None)
        return Draft(
            outcome=Outcome.PASS,
            reason="next_step_planned",
            sentence=say("{since}; the next step is planned for {at}.", since=since, at=moment(ends[0], clock.zone)),
            measures=measures,
            evidence=(*evidence, steps[0]),
            owner_id=holder_at(case, case.as_of),
            wakes=(*wakes, *ends),
        )
    if lead.modified_at is not None and (changed_at is None or changed_at <= due_at):
        return Draft(
            outcome=Outcome.PASS,
            reason="looks_its_age",
            sentence=say(
                "{since}; silent for too long since {due}, and no later change of the record hides it.",
                since=since,
                due=moment(due_at, clock.zone),
            ),
            measures=measures,
            evidence=evidence,
            owner_id=holder_at(case, due_at),
            wakes=wakes,
        )
    # The latest act of which it is not known whether it counts: after it, silence may have begun anew.
    possible = max(acts.unknown, key=lambda judged: judged.activity.no_later_than, default=None)
    if possible is not None and possible.activity.no_later_than >= touched_at:
        anyway_at = _silent_from(possible.activity.no_later_than, case, policy, clock)
        if anyway_at is None or case.as_of < anyway_at or (changed_at is not None and changed_at <= anyway_at):
            later = wakes if anyway_at is None or anyway_at <= case.as_of else (*wakes, anyway_at)
            return replace(unknown_activity(possible, _QUESTION, measures), wakes=later)
    missing = case.coverage.cause(*CONTACT_FACTS, Fact.TASKS) or clock.doubt
    if missing is not None:
        return not_looked_at(missing, _QUESTION, measures)
    if changed_at is None:
        return Draft(
            outcome=Outcome.NOT_EVALUATED,
            reason="change_unknown",
            sentence=say(
                "It cannot be told {question}: the CRM does not say when it was last changed.", question=_QUESTION
            ),
            measures=measures,
            evidence=evidence,
        )
    after_touch = tuple(each for each in acts.uncounted if each[0].no_later_than > touched_at)
    return Draft(
        outcome=Outcome.BREACH,
        reason="edited_not_worked",
        sentence=with_uncounted(
            say(
                "{since}; silent for too long since {due} ({limit} of working time). The record was changed "
                "{changed}, and still nobody turned to the lead.",
                since=since,
                due=moment(due_at, clock.zone),
                limit=span(policy.silent_after_s),
                changed=moment(changed_at, clock.zone),
            ),
            after_touch,
            case,
            policy,
            clock.zone,
        ),
        measures=measures,
        evidence=(
            lead_evidence(lead, "modified_at", changed_at.isoformat(), changed_at),
            *evidence,
            *uncounted_evidence(after_touch),
        ),
        # A hand-over changes the record, too: it is not laid on whoever got the lead by it.
        owner_id=holder_at(case, changed_at - _MICROSECOND),
    )


def _silent_from(t: datetime, case: LeadCase, policy: Policy, clock: CaseClock) -> datetime | None:
    """When silence since `t` becomes too long; None while a hold that counts keeps it from that."""
    stopped = stopping_hold(case, policy)
    if stopped is not None and clock.elapsed(t, stopped[1]) < policy.silent_after_s:
        return None
    return silence_due(t, policy, clock)


RULE = LeadRule(INFO, judge)
