"""FU003: was somebody tried at one hour of the day only?"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from audits.answers import day_only
from audits.clock import case_clock
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
    unknown_activity,
    unmapped_status,
)
from audits.model.activity import Activity, ActivityKind
from audits.model.case import Fact, LeadCase
from audits.model.finding import Measure, Outcome
from audits.model.lead import LeadStatus
from audits.model.policy import Policy
from audits.model.said import Moment, Shape, say
from audits.rule import Default, Family, MeasureInfo, RuleInfo, Trust
from audits.timeline import CONTACT_FACTS, Judged, attempts, connections, holder_at
from audits.wording import act_moment, arrival_moment, counted, day, kind_word, moment, status_word

INFO = RuleInfo(
    rule_id="FU003",
    version=1,
    family=Family.FOLLOW_UP,
    title="Attempts at one hour of the day only",
    question="Were the calls and meetings spread over more than one hour of the day, until contact was made?",
    why_it_matters=(
        "Somebody who cannot pick up at ten on one day can hardly do so at ten on the next; another hour costs "
        "nothing."
    ),
    reasons=(
        ("spread", "there were attempts at two hours of the day or more"),
        ("one_hour_only", "so many attempts were made, all in the same hour of the day, and nobody was reached"),
        ("too_few_attempts", "there are fewer attempts by call or meeting than could show a habit"),
        ("one_day_only", "all attempts were made on one day, which shows no habit"),
        ("contact_made", "the person was reached"),
        ("closed", "the lead was won or discarded"),
        *((code, CANNOT_TELL[code]) for code in (UNKNOWN_ACTIVITY, NOT_LOOKED_AT, UNMAPPED_STATUS, NO_WORKING_HOURS)),
    ),
    outcomes=(
        (Outcome.PASS, ("spread",)),
        (Outcome.BREACH, ("one_hour_only",)),
        (Outcome.NOT_APPLICABLE, ("too_few_attempts", "one_day_only", "contact_made", "closed")),
        (Outcome.NOT_EVALUATED, (UNKNOWN_ACTIVITY, NOT_LOOKED_AT, UNMAPPED_STATUS, NO_WORKING_HOURS)),
    ),
    measures=(
        MeasureInfo("timed_attempts", "count", "attempts by call or meeting of which the hour is known"),
        MeasureInfo("attempt_hours", "count", "different hours of the day at which they were made"),
        MeasureInfo("tried_over_wall_s", "s", "wall time from the first of them to the last"),
        MeasureInfo("tried_over_working_s", "s", "working time from the first of them to the last"),
    ),
    defaults=(Default("same_hour_attempts", "3 attempts (never fewer than 2)", "our choice", Trust.OURS),),
)

_QUESTION = say("whether it was tried at one hour of the day only")
_SPOKEN = (ActivityKind.CALL, ActivityKind.MEETING)


def judge(case: LeadCase, policy: Policy) -> Draft:
    """Judges open and lost leads: closing a lead as lost does not undo how it was worked. A letter has no hour."""
    lead = case.lead
    if lead.status in (LeadStatus.WON, LeadStatus.DISCARDED):
        return Draft(
            outcome=Outcome.NOT_APPLICABLE,
            reason="closed",
            sentence=say("The lead is closed ({status}).", status=status_word(lead.status)),
        )
    clock = case_clock(case, policy)

    def hour_of(activity: Activity) -> int:
        return activity.occurred_at.astimezone(clock.zone).hour

    tried, reached = attempts(case, policy), connections(case, policy)
    spoken = [each for each in tried.sure if each.kind in _SPOKEN]
    timed = [each for each in spoken if each.latest_at is None]
    possible = [day_only(each) for each in spoken if each.latest_at is not None]
    possible += [judged for judged in tried.unknown if judged.activity.kind in _SPOKEN]
    hours = {hour_of(each) for each in timed}
    ends = (timed[0].occurred_at, timed[-1].occurred_at) if timed else None
    measures = (
        Measure("timed_attempts", len(timed), "count"),
        Measure("attempt_hours", len(hours), "count"),
        Measure("tried_over_wall_s", int((ends[1] - ends[0]).total_seconds()) if ends else None, "s"),
        Measure("tried_over_working_s", clock.elapsed(*ends) if ends else None, "s"),
    )
    evidence = tuple(each for activity in timed for each in activity_evidence(activity))
    contact = reached.first()
    if contact is not None:
        return Draft(
            outcome=Outcome.NOT_APPLICABLE,
            reason="contact_made",
            sentence=say(
                "Contact was made {at} ({kind}).", at=act_moment(contact, clock.zone), kind=kind_word(contact)
            ),
            measures=measures,
            evidence=activity_evidence(contact),
        )
    if len(hours) > 1:
        return Draft(
            outcome=Outcome.PASS,
            reason="spread",
            sentence=say(
                "Attempts by call or meeting were made at {hours} different hours of the day ({attempts}).",
                attempts=counted(len(timed), "attempt"),
                hours=len(hours),
            ),
            measures=measures,
            evidence=evidence,
            owner_id=holder_at(case, timed[-1].occurred_at),
        )
    least = max(2, policy.same_hour_attempts)
    missing = case.coverage.cause(*CONTACT_FACTS)
    if len(timed) < least:
        if _most_at_one_hour(timed, possible, hour_of) >= least:
            return unknown_activity(possible[0], _QUESTION, measures)
        hidden = case.coverage.cause(Fact.CALLS, Fact.MEETINGS)
        if hidden is not None:
            return not_looked_at(hidden, _QUESTION, measures)
        return Draft(
            outcome=Outcome.NOT_APPLICABLE,
            reason="too_few_attempts",
            sentence=say(
                "So far there are {attempts} by call or meeting; a habit is judged from {least} on.",
                attempts=counted(len(timed), "attempt"),
                least=least,
            ),
            measures=measures,
        )
    if len({each.occurred_at.astimezone(clock.zone).date() for each in timed}) < 2:
        if possible:
            return unknown_activity(possible[0], _QUESTION, measures)
        hidden = case.coverage.cause(Fact.CALLS, Fact.MEETINGS)
        if hidden is not None:
            return not_looked_at(hidden, _QUESTION, measures)
        return Draft(
            outcome=Outcome.NOT_APPLICABLE,
            reason="one_day_only",
            sentence=say(
                "So far there are {attempts} by call or meeting, all on one day ({day}); a habit is judged from the "
                "second day on.",
                attempts=counted(len(timed), "attempt"),
                day=day(timed[0].occurred_at, clock.zone),
            ),
            measures=measures,
        )
    elsewhere = [
        each for each in possible if each.activity.latest_at is not None or hour_of(each.activity) not in hours
    ]
    doubts = (*elsewhere, *reached.unknown)
    if doubts:
        return unknown_activity(doubts[0], _QUESTION, measures)
    if missing is not None:
        return not_looked_at(missing, _QUESTION, measures)
    if lead.status is None:
        return unmapped_status(lead)
    last = timed[-1].occurred_at
    begins = last.astimezone(clock.zone).replace(minute=0, second=0, microsecond=0)
    return Draft(
        outcome=Outcome.BREACH,
        reason="one_hour_only",
        sentence=say(
            "Received {received}; {attempts} by call or meeting from {first} to {last}, all between {begins} and "
            "{ends} of the day, and no contact was made.",
            received=arrival_moment(lead, clock.zone),
            attempts=counted(len(timed), "attempt"),
            first=moment(timed[0].occurred_at, clock.zone),
            last=moment(last, clock.zone),
            begins=Moment(begins, clock.zone.key, Shape.TIME),
            ends=Moment(begins + timedelta(hours=1), clock.zone.key, Shape.TIME),
        ),
        measures=measures,
        evidence=evidence,
        owner_id=holder_at(case, timed[least - 1].occurred_at),
    )


def _most_at_one_hour(timed: list[Activity], possible: list[Judged], hour_of: Callable[[Activity], int]) -> int:
    """How many attempts may lie in one hour of the day, if all that may be one at an hour not known lie there too."""
    anywhere = sum(each.activity.latest_at is not None for each in possible)
    exact = [hour_of(each.activity) for each in possible if each.activity.latest_at is None]
    candidates = {hour_of(each) for each in timed} or set(exact)
    most = max((exact.count(hour) for hour in candidates), default=0)
    return len(timed) + most + anywhere


RULE = LeadRule(INFO, judge)
