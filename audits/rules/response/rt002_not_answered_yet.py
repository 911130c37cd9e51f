"""RT002: judges leads that wait for their first attempt."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from audits.answers import beside_other_records, letter_of_the_lead, talks, with_hand_over
from audits.cadence import closing_at
from audits.clock import case_clock
from audits.dues import response_due, response_goal_due, response_goal_s, response_target_s
from audits.lead_rule import (
    CANNOT_TELL,
    NO_WORKING_HOURS,
    NOT_LOOKED_AT,
    UNKNOWN_ACTIVITY,
    UNMAPPED_STATUS,
    Draft,
    LeadRule,
    activity_evidence,
    not_looked_at,
    received_evidence,
    unknown_activity,
    unmapped_status,
)
from audits.legs import asked_evidence, deciding_attempts
from audits.model.activity import Activity
from audits.model.case import LeadCase
from audits.model.finding import Measure, Outcome
from audits.model.lead import Lead, LeadStatus
from audits.model.policy import Policy
from audits.model.said import Said, Value, joined, say
from audits.rule import Default, Family, MeasureInfo, RuleInfo, Trust
from audits.timeline import CONTACT_FACTS, holder_at
from audits.wording import act_moment, arrival_moment, kind_word, moment, moment_after, span, status_word

INFO = RuleInfo(
    rule_id="RT002",
    version=3,
    family=Family.RESPONSE_TIME,
    title="Not answered yet",
    question="Is the lead still waiting for its first attempt after the agreed time?",
    why_it_matters="It can still be saved: of all findings this is the one on which to act first.",
    reasons=(
        ("waiting_in_time", "there is no attempt yet, and the goal has not passed"),
        ("due_soon", "there is no attempt yet; the goal has passed, and the due time has not come"),
        ("past_target", "the due time has passed and there is no attempt"),
        ("imported", "the lead came by an import, so it was no fresh enquiry"),
        ("answered", "there is an attempt, whose time RT001 judges, or the person was spoken with, whoever rang"),
        ("closed_without_need", "the lead was won or discarded without any attempt"),
        (
            "wrote_before_closing",
            "the lead wrote and was closed before an attempt was due, so it may have put an end to it itself",
        ),
        *((code, CANNOT_TELL[code]) for code in (UNKNOWN_ACTIVITY, NOT_LOOKED_AT, UNMAPPED_STATUS, NO_WORKING_HOURS)),
    ),
    outcomes=(
        (Outcome.PASS, ("waiting_in_time", "due_soon")),
        (Outcome.BREACH, ("past_target",)),
        (Outcome.NOT_APPLICABLE, ("imported", "answered", "closed_without_need")),
        (
            Outcome.NOT_EVALUATED,
            ("wrote_before_closing", UNKNOWN_ACTIVITY, NOT_LOOKED_AT, UNMAPPED_STATUS, NO_WORKING_HOURS),
        ),
    ),
    measures=(
        MeasureInfo("waited_working_s", "s", "working time from receipt to the moment of the audit"),
        MeasureInfo("waited_wall_s", "s", "wall time from receipt to the moment of the audit"),
        MeasureInfo("late_working_s", "s", "working time from the due time to the moment of the audit"),
        MeasureInfo("late_wall_s", "s", "wall time from the due time to the moment of the audit"),
    ),
    defaults=(
        Default(
            "response_target_s", "30 min of working time, where no target of the list fits", "as in RT001", Trust.OURS
        ),
        Default("response_goal_s", "5 min of working time, where no target of the list fits", "as in RT001", Trust.A),
        Default("targets", "as in RT001", "as in RT001", Trust.OURS),
    ),
)

_QUESTION = say("whether the lead was answered")


def judge(case: LeadCase, policy: Policy) -> Draft:
    """A warning from the goal on, a breach from the due instant on. Closing the lead as lost is no answer; winning or
    discarding needs none. Who was spoken with is not waiting any more, whoever rang and whenever: RT001 goes on
    judging attempts alone. Where the person asked to be called later, only what was tried from then on answers."""
    lead = case.lead
    if lead.is_imported:
        return Draft(
            outcome=Outcome.NOT_APPLICABLE,
            reason="imported",
            sentence=say("The lead came by an import, so no answer is due."),
        )
    tried = deciding_attempts(case, policy)
    spoken = talks(case, policy)
    if tried.sure:
        return Draft(
            outcome=Outcome.NOT_APPLICABLE,
            reason="answered",
            sentence=say("An attempt was made, so the lead is not waiting for its first one."),
        )
    talk = spoken.first()
    if talk is not None:
        return Draft(
            outcome=Outcome.NOT_APPLICABLE,
            reason="answered",
            sentence=say("The person was spoken with, so the lead is not waiting for its first attempt."),
            evidence=activity_evidence(talk),
        )
    if lead.status in (LeadStatus.WON, LeadStatus.DISCARDED):
        return _closed(lead.status)
    clock = case_clock(case, policy)
    goal_at, due_at = response_goal_due(case, policy, clock), response_due(case, policy, clock)
    measures = (
        Measure("waited_working_s", clock.elapsed(lead.clock_start, case.as_of), "s"),
        Measure("waited_wall_s", _wall_s(lead.clock_start, case.as_of), "s"),
        Measure("late_working_s", clock.elapsed(due_at, case.as_of), "s"),
        Measure("late_wall_s", _wall_s(due_at, case.as_of), "s"),
    )
    told: dict[str, Value] = {
        "received": arrival_moment(lead, clock.zone),
        "due": moment_after(due_at, lead.received_at, clock.zone),
        "target": span(response_target_s(case, policy)),
    }
    evidence = (received_evidence(lead), *asked_evidence(lead))
    if case.as_of < due_at:
        is_warning = case.as_of >= goal_at
        sentence = (
            say(
                "Received {received}, no attempt yet; the goal of {goal} has passed, and the first one is due {due} "
                "({target} of working time).",
                **told,
                goal=span(response_goal_s(case, policy)),
            )
            if is_warning
            else say(
                "Received {received}, no attempt yet; the first one is due {due} ({target} of working time).", **told
            )
        )
        return Draft(
            outcome=Outcome.PASS,
            reason="due_soon" if is_warning else "waiting_in_time",
            sentence=_with_wish(sentence, lead, tried.early, clock.zone),
            measures=measures,
            evidence=evidence,
            owner_id=holder_at(case, case.as_of),
            wakes=(goal_at, due_at),
        )
    unknown = (*tried.unknown, *spoken.unknown)
    if unknown:
        return unknown_activity(unknown[0], _QUESTION, measures)
    missing = case.coverage.cause(*CONTACT_FACTS) or clock.doubt
    if missing is not None:
        return not_looked_at(missing, _QUESTION, measures)
    if lead.status is None:
        return unmapped_status(lead)
    closed_at = closing_at(case) if lead.status is LeadStatus.LOST else None
    letter = None if closed_at is None or closed_at > due_at else letter_of_the_lead(case, closed_at)
    if closed_at is not None and letter is not None:
        return Draft(
            outcome=Outcome.NOT_EVALUATED,
            reason="wrote_before_closing",
            sentence=say(
                "It cannot be told {question}: the lead wrote ({kind}, {at}) before it was closed {closed}.",
                question=say("whether an answer was still wanted"),
                kind=kind_word(letter),
                at=act_moment(letter, clock.zone),
                closed=moment(closed_at, clock.zone),
            ),
            measures=measures,
            evidence=(*evidence, *activity_evidence(letter)),
        )
    sentence = _with_wish(_past_due(told, lead), lead, tried.early, clock.zone)
    breach = Draft(
        outcome=Outcome.BREACH,
        reason="past_target",
        sentence=with_hand_over(sentence, case, due_at, clock.zone),
        measures=measures,
        evidence=evidence,
        owner_id=holder_at(case, due_at),
    )
    return beside_other_records(breach, case, policy)


def _closed(status: LeadStatus) -> Draft:
    return Draft(
        outcome=Outcome.NOT_APPLICABLE,
        reason="closed_without_need",
        sentence=say(
            "The lead was closed as {status} without any attempt, and none is due any more.",
            status=status_word(status),
        ),
    )


def _past_due(told: dict[str, Value], lead: Lead) -> Said:
    if lead.status is LeadStatus.LOST:
        return say(
            "Received {received}, no attempt was made by {due}, when the target of {target} of working time ran out, "
            "and the lead was closed as lost without one.",
            **told,
        )
    return say(
        "Received {received}, no attempt was made by {due}, when the target of {target} of working time ran out.",
        **told,
    )


def _with_wish(sentence: Said, lead: Lead, early: Sequence[Activity], zone: ZoneInfo) -> Said:
    if lead.preferred_at is None or not asked_evidence(lead):
        return sentence
    asked = moment(lead.preferred_at, zone)
    if early:
        return joined(
            sentence,
            say(
                "The person had asked to be called from {asked} on; what was tried before is no answer.", asked=asked
            ),
        )
    return joined(sentence, say("The person had asked to be called from {asked} on.", asked=asked))


def _wall_s(a: datetime, b: datetime) -> int:
    return max(0, int((b - a).total_seconds()))


RULE = LeadRule(INFO, judge)
