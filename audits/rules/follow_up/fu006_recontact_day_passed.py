"""FU006: was a lost lead taken up again on the day that was agreed?"""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from audits.answers import answer_by
from audits.cadence import closing_at
from audits.clock import NoWorkingHours, case_clock
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
    unknown_activity,
    unmapped_status,
)
from audits.model.case import Fact, LeadCase
from audits.model.finding import Evidence, Measure, Outcome
from audits.model.lead import LeadStatus
from audits.model.policy import Policy
from audits.model.said import Said, say
from audits.model.zones import load_zone
from audits.rule import Default, Family, MeasureInfo, RuleInfo, Trust
from audits.timeline import CONTACT_FACTS, attempts, connections, holder_at
from audits.wording import act_moment, day, kind_word, moment, span, status_word

INFO = RuleInfo(
    rule_id="FU006",
    version=1,
    family=Family.FOLLOW_UP,
    title="Re-contact day passed",
    question="Was a lost lead tried again on the day that was agreed for it?",
    why_it_matters=(
        "Somebody who said when to come back has done half of the work; whoever comes later finds another seller "
        "there."
    ),
    reasons=(
        ("day_ahead", "the day has not come"),
        ("recontact_due", "the day has come, and the time for the attempt has not run out"),
        ("recontacted", "an attempt or contact was made in time"),
        ("not_recontacted", "the time ran out, and nothing has been done since that day"),
        ("recontacted_late", "an attempt or contact was made, but after the time had run out"),
        ("not_lost", "the lead is not lost"),
        ("no_day_agreed", "no day is agreed"),
        ("day_outdated", "the lead was closed again after that day"),
        *((code, CANNOT_TELL[code]) for code in (UNKNOWN_ACTIVITY, NOT_LOOKED_AT, UNMAPPED_STATUS, NO_WORKING_HOURS)),
    ),
    outcomes=(
        (Outcome.PASS, ("day_ahead", "recontact_due", "recontacted")),
        (Outcome.BREACH, ("not_recontacted", "recontacted_late")),
        (Outcome.NOT_APPLICABLE, ("not_lost", "no_day_agreed", "day_outdated")),
        (Outcome.NOT_EVALUATED, (UNKNOWN_ACTIVITY, NOT_LOOKED_AT, UNMAPPED_STATUS, NO_WORKING_HOURS)),
    ),
    measures=(
        MeasureInfo("recontact_working_s", "s", "working time from the beginning of the day to the first attempt"),
        MeasureInfo("recontact_wall_s", "s", "wall time from the beginning of the day to the first attempt"),
    ),
    defaults=(
        Default(
            "recontact_grace_s", "8 h of working time from the day's opening (that day)", "our choice", Trust.OURS
        ),
    ),
)

_QUESTION = say("whether the lead was tried again on the agreed day")


def judge(case: LeadCase, policy: Policy) -> Draft:
    """What was done from the first second of that day on counts, whoever did it; also a call of the lead."""
    lead = case.lead
    if lead.status is None and lead.recontact_on is not None:
        return unmapped_status(lead)
    if lead.status is not None and lead.status is not LeadStatus.LOST:
        return _not_applicable("not_lost", say("The lead is not lost ({status}).", status=status_word(lead.status)))
    if lead.recontact_on is None:
        unseen = case.coverage.cause(Fact.RECONTACT_ON)
        if unseen is not None:
            return not_looked_at(unseen, _QUESTION)
        return _not_applicable("no_day_agreed", say("No day is agreed on which to come back."))
    zone = load_zone(policy.calendar.zone)
    begins_at = _begin_of(lead.recontact_on, zone)
    agreed = day(begins_at, zone)
    evidence = (lead_evidence(lead, "recontact_on", lead.recontact_on.isoformat()),)
    closed_at = closing_at(case)
    if closed_at is not None and closed_at.astimezone(zone).date() > lead.recontact_on:
        return _not_applicable(
            "day_outdated", say("The lead was closed again after {day}, the day agreed before.", day=agreed), evidence
        )
    if case.as_of < begins_at:
        return Draft(
            outcome=Outcome.PASS,
            reason="day_ahead",
            sentence=say("The lead is to be tried again on {day}.", day=agreed),
            evidence=evidence,
            owner_id=holder_at(case, case.as_of),
            wakes=(begins_at,),
        )
    clock = case_clock(case, policy)
    due_at = clock.after(begins_at, policy.recontact_grace_s)
    tried, reached = attempts(case, policy), connections(case, policy)
    sure = {each.activity_id: each for each in (*tried.sure, *reached.sure) if each.occurred_at >= begins_at}
    unknown = [each for each in (*tried.unknown, *reached.unknown) if each.activity.no_later_than >= begins_at]
    found = answer_by(sure.values(), unknown, due_at, due_at)
    first = found.in_time or found.late
    done_at = first.occurred_at if first is not None and first.latest_at is None else None
    measures = (
        Measure("recontact_working_s", None if done_at is None else clock.elapsed(begins_at, done_at), "s"),
        Measure("recontact_wall_s", None if done_at is None else int((done_at - begins_at).total_seconds()), "s"),
    )
    if found.in_time is not None:
        return Draft(
            outcome=Outcome.PASS,
            reason="recontacted",
            sentence=say(
                "To be tried again on {day}; done {at} ({kind}).",
                day=agreed,
                at=act_moment(found.in_time, zone),
                kind=kind_word(found.in_time),
            ),
            measures=measures,
            evidence=(*evidence, *activity_evidence(found.in_time)),
            owner_id=holder_at(case, found.in_time.occurred_at),
        )
    due, limit = moment(due_at, zone), span(policy.recontact_grace_s)
    if case.as_of < due_at:
        return Draft(
            outcome=Outcome.PASS,
            reason="recontact_due",
            sentence=say(
                "To be tried again on {day}; nothing was done yet, due {due} ({limit} of working time).",
                day=agreed,
                due=due,
                limit=limit,
            ),
            measures=measures,
            evidence=evidence,
            owner_id=holder_at(case, case.as_of),
            wakes=(due_at,),
        )
    if found.doubt is not None:
        return unknown_activity(found.doubt, _QUESTION, measures)
    missing = case.coverage.cause(*CONTACT_FACTS) or clock.doubt
    if missing is not None:
        return not_looked_at(missing, _QUESTION, measures)
    if found.late is None:
        reason, said = (
            "not_recontacted",
            say(
                "To be tried again on {day}; nothing was done by {due} ({limit} of working time), nor since.",
                day=agreed,
                due=due,
                limit=limit,
            ),
        )
    else:
        reason, said = (
            "recontacted_late",
            say(
                "To be tried again on {day}, due {due} ({limit} of working time); done {at} ({kind}).",
                day=agreed,
                due=due,
                limit=limit,
                at=act_moment(found.late, zone),
                kind=kind_word(found.late),
            ),
        )
    return Draft(
        outcome=Outcome.BREACH,
        reason=reason,
        sentence=said,
        measures=measures,
        evidence=evidence if found.late is None else (*evidence, *activity_evidence(found.late)),
        owner_id=holder_at(case, due_at),
    )


def _begin_of(on: date, zone: ZoneInfo) -> datetime:
    """The first second of the day by the clock of `zone`. Raises NoWorkingHours for a day that is no real one."""
    try:
        return datetime.combine(on, time.min, zone).astimezone(UTC)
    except OverflowError as unreal:
        raise NoWorkingHours(f"Working time cannot be counted: {on.isoformat()} is no real day.") from unreal


def _not_applicable(reason: str, sentence: Said, evidence: tuple[Evidence, ...] = ()) -> Draft:
    return Draft(outcome=Outcome.NOT_APPLICABLE, reason=reason, sentence=sentence, evidence=evidence)


RULE = LeadRule(INFO, judge)
