"""RT001: judges the first attempt once there is one."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from audits.answers import day_only, talks, with_hand_over, with_talk
from audits.clock import CaseClock, case_clock
from audits.dues import response_due, response_goal_due, response_target_s
from audits.lead_rule import (
    CANNOT_TELL,
    NO_WORKING_HOURS,
    NOT_LOOKED_AT,
    UNKNOWN_ACTIVITY,
    Draft,
    LeadRule,
    activity_evidence,
    at_measure,
    not_looked_at,
    received_evidence,
    unknown_activity,
)
from audits.legs import DecidingAttempts, Legs, asked_evidence, deciding_attempts, legs
from audits.model.activity import Activity
from audits.model.case import LeadCase
from audits.model.finding import Measure, Outcome
from audits.model.lead import Lead
from audits.model.policy import Policy
from audits.model.said import Moment, Said, Value, joined, say
from audits.rule import Default, Family, MeasureInfo, RuleInfo, Trust
from audits.timeline import CONTACT_FACTS, holder_at
from audits.wording import act_moment, arrival_moment, kind_word, moment, moment_after, span

INFO = RuleInfo(
    rule_id="RT001",
    version=2,
    family=Family.RESPONSE_TIME,
    title="First attempt late",
    question="Was the first attempt made within the agreed time?",
    why_it_matters=(
        "The chance to reach and to qualify a new lead falls within the first hour. The studies are observational: "
        "they justify a target, not a sum of money lost."
    ),
    reasons=(
        ("in_time", "the first attempt was made by the due time"),
        ("late", "the first attempt was made after the due time"),
        ("late_unassigned", "the first attempt was made after the due time, and until then nobody held the lead"),
        ("before_the_asked_time", "the lead was tried only before the time from which the person asked to be called"),
        ("imported", "the lead came by an import, so it was no fresh enquiry"),
        ("no_attempt_yet", "there is no attempt to judge; RT002 judges the waiting"),
        *((code, CANNOT_TELL[code]) for code in (UNKNOWN_ACTIVITY, NOT_LOOKED_AT, NO_WORKING_HOURS)),
    ),
    outcomes=(
        (Outcome.PASS, ("in_time",)),
        (Outcome.BREACH, ("late", "late_unassigned")),
        (Outcome.NOT_APPLICABLE, ("before_the_asked_time", "imported", "no_attempt_yet")),
        (Outcome.NOT_EVALUATED, (UNKNOWN_ACTIVITY, NOT_LOOKED_AT, NO_WORKING_HOURS)),
    ),
    measures=(
        MeasureInfo("first_attempt_at", "at", "when the first sure attempt took place, no earlier than asked for"),
        MeasureInfo("first_attempt_working_s", "s", "working time from receipt to the first attempt"),
        MeasureInfo("first_attempt_wall_s", "s", "wall time from receipt to the first attempt"),
        MeasureInfo("recorded_after_s", "s", "how long after it took place the attempt was entered in the CRM"),
        MeasureInfo("vendor_leg_wall_s", "s", "wall time from the person's request to the receipt"),
        MeasureInfo(
            "system_leg_working_s", "s", "working time from receipt, or the time asked for, to the first owner"
        ),
        MeasureInfo("human_leg_working_s", "s", "working time from there to the first attempt"),
        MeasureInfo("is_goal_kept", "bool", "whether the first attempt was made within the goal"),
        MeasureInfo("late_working_s", "s", "working time from the due time to the first attempt; 0 when in time"),
        MeasureInfo("late_wall_s", "s", "wall time from the due time to the first attempt; 0 when in time"),
    ),
    defaults=(
        Default(
            "response_target_s",
            "30 min of working time, where no target of the list fits",
            "our choice between the 5 minutes after which the odds of contact fall (MIT/InsideSales 2007, 6 firms, "
            "observational) and the first hour (Harvard Business Review 2011)",
            Trust.OURS,
        ),
        Default(
            "response_goal_s",
            "5 min of working time, where no target of the list fits",
            "MIT/InsideSales 2007 (6 firms, observational): the odds of contact by a first call within 5 minutes",
            Trust.A,
        ),
        Default(
            "targets",
            "goal / promise: hot request 5 min / 30 min, advice request 1 h / 4 h, registration, download 8 h / 16 h",
            "our choice, after published agreements that differ by the type of lead (demo 30 min, download 24 h)",
            Trust.OURS,
        ),
    ),
)

_QUESTION = say("whether the first attempt was in time")


def judge(case: LeadCase, policy: Policy) -> Draft:
    """In time when the first attempt is not after the due instant, in whole seconds.

    Where the person asked to be called from some later moment on, what was tried before it is neither late nor fast.
    The delay is charged to who held the lead at the due instant, and to nobody when nobody had held it until then.
    """
    lead = case.lead
    if lead.is_imported:
        return Draft(
            outcome=Outcome.NOT_APPLICABLE,
            reason="imported",
            sentence=say("The lead came by an import, so no response time is measured."),
        )
    tried = deciding_attempts(case, policy)
    missing = case.coverage.cause(*CONTACT_FACTS)
    if not tried.sure:
        return _nothing_to_judge(case, policy, tried, missing)
    first = tried.sure[0]
    clock = case_clock(case, policy)
    due_at = response_due(case, policy, clock)
    is_exact = first.latest_at is None and lead.received_latest_at is None
    parts = legs(case, clock, first.occurred_at if is_exact else None)
    measures = _measures(case, policy, clock, first, is_exact, parts)
    late = first.occurred_at.replace(microsecond=0) > due_at
    if late:
        earlier = [judged for judged in tried.unknown if judged.activity.occurred_at.replace(microsecond=0) <= due_at]
        if earlier:
            return unknown_activity(earlier[0], _QUESTION, measures)
        if missing is not None:
            return not_looked_at(missing, _QUESTION, measures)
        if clock.doubt is not None:
            return not_looked_at(clock.doubt, _QUESTION, measures)
    else:
        # In time for sure only when the latest instant of an attempt is in time for the earliest one of the arrival.
        start = max(lead.received_at, lead.preferred_at or lead.received_at)
        surely_due_at = clock.after(start, response_target_s(case, policy))
        if min(each.no_later_than for each in tried.sure).replace(microsecond=0) > surely_due_at:
            return _day_only(lead, first, measures)
    is_unassigned = late and parts.is_owner_known and (parts.owned_at is None or parts.owned_at > due_at)
    sentence = _sentence(case, policy, clock, first, is_exact, parts, due_at if late else None)
    evidence = (received_evidence(lead), *asked_evidence(lead), *activity_evidence(first))
    if late:
        sentence = with_hand_over(sentence, case, due_at, clock.zone)
    talk = talks(case, policy).first() if late else None
    if talk is not None and talk.no_later_than < first.occurred_at:
        sentence, evidence = with_talk(sentence, talk, clock.zone), (*evidence, *activity_evidence(talk))
    elif not late and is_exact and first.recorded_at > due_at:
        # Most who enter a call later are honest; but the word of a person made it one in time, and that is said.
        said = say("It was entered in the CRM only {entered}.", entered=moment(first.recorded_at, clock.zone))
        sentence = joined(sentence, said)
    return Draft(
        outcome=Outcome.BREACH if late else Outcome.PASS,
        reason="late_unassigned" if is_unassigned else "late" if late else "in_time",
        sentence=sentence,
        measures=measures,
        evidence=evidence,
        owner_id=None if is_unassigned else holder_at(case, min(due_at, first.occurred_at)),
    )


def _nothing_to_judge(case: LeadCase, policy: Policy, tried: DecidingAttempts, missing: str | None) -> Draft:
    if tried.unknown:
        return unknown_activity(tried.unknown[0], _QUESTION)
    if missing is not None:
        return not_looked_at(missing, _QUESTION)
    if tried.early and case.lead.preferred_at is not None:
        zone, first = ZoneInfo(policy.calendar.zone), tried.early[0]
        return Draft(
            outcome=Outcome.NOT_APPLICABLE,
            reason="before_the_asked_time",
            sentence=say(
                "The person asked to be called from {asked} on; the lead was tried before ({kind}, {attempted}), "
                "which is neither late nor fast.",
                asked=moment(case.lead.preferred_at, zone),
                kind=kind_word(first),
                attempted=act_moment(first, zone),
            ),
            evidence=(*asked_evidence(case.lead), *activity_evidence(first)),
        )
    return Draft(
        outcome=Outcome.NOT_APPLICABLE,
        reason="no_attempt_yet",
        sentence=say("There is no attempt yet whose time could be judged."),
    )


def _measures(
    case: LeadCase, policy: Policy, clock: CaseClock, first: Activity, is_exact: bool, parts: Legs
) -> tuple[Measure, ...]:
    received_at, at = case.lead.received_at, first.occurred_at
    whole_at, due_at = at.replace(microsecond=0), response_due(case, policy, clock)
    goal_kept = whole_at <= response_goal_due(case, policy, clock)
    return (
        at_measure("first_attempt_at", at),
        Measure("first_attempt_working_s", clock.elapsed(received_at, at) if is_exact else None, "s"),
        Measure("first_attempt_wall_s", _whole_s(received_at, at) if is_exact else None, "s"),
        Measure("recorded_after_s", _whole_s(first.no_later_than, first.recorded_at) if is_exact else None, "s"),
        Measure("vendor_leg_wall_s", parts.vendor_wall_s, "s"),
        Measure("system_leg_working_s", parts.system_working_s, "s"),
        Measure("human_leg_working_s", parts.human_working_s, "s"),
        Measure("is_goal_kept", goal_kept if is_exact else None, "bool"),
        Measure("late_working_s", clock.elapsed(due_at, at) if is_exact else None, "s"),
        Measure("late_wall_s", max(0, _whole_s(due_at, whole_at)) if is_exact else None, "s"),
    )


def _sentence(
    case: LeadCase,
    policy: Policy,
    clock: CaseClock,
    first: Activity,
    is_exact: bool,
    parts: Legs,
    late_since: datetime | None,
) -> Said:
    """`late_since`: the due instant of a late attempt. What the vendor and the assignment took is said then."""
    lead, zone = case.lead, clock.zone
    told: dict[str, Value] = {
        "received": arrival_moment(lead, zone),
        "attempted": moment_after(first.occurred_at, lead.received_at, zone) if is_exact else act_moment(first, zone),
        "kind": kind_word(first),
        "target": span(response_target_s(case, policy)),
    }
    worked_s = clock.elapsed(lead.received_at, first.occurred_at) if is_exact else None
    due = None if late_since is None else moment_after(late_since, first.occurred_at, zone)
    waited_s = parts.system_working_s if due is not None and parts.system_working_s else None
    sentences = [_main(told, worked_s, waited_s, due)]
    if lead.preferred_at is not None and lead.preferred_at > lead.clock_start:
        sentences.append(
            say("The person had asked to be called from {asked} on.", asked=moment(lead.preferred_at, zone))
        )
    if due is not None and parts.vendor_wall_s is not None and parts.vendor_wall_s > policy.vendor_limit_s:
        sentences.append(
            say("The vendor had kept it for {leg} after the person had asked.", leg=span(parts.vendor_wall_s))
        )
    return joined(*sentences)


def _main(told: dict[str, Value], worked_s: int | None, waited_s: int | None, due: Moment | None) -> Said:
    if worked_s is None:
        if due is None:
            return say("Received {received}, first attempt {attempted} ({kind}); target {target}.", **told)
        return say(
            "Received {received}, first attempt {attempted} ({kind}); target {target}, due {due}.", **told, due=due
        )
    worked = span(worked_s)
    if due is None:
        return say(
            "Received {received}, first attempt {attempted} ({kind}), {worked} of working time; target {target}.",
            **told,
            worked=worked,
        )
    if waited_s is None:
        return say(
            "Received {received}, first attempt {attempted} ({kind}), {worked} of working time; "
            "target {target}, due {due}.",
            **told,
            worked=worked,
            due=due,
        )
    return say(
        "Received {received}, first attempt {attempted} ({kind}), {worked} of working time, of which it waited "
        "{waited} for an owner; target {target}, due {due}.",
        **told,
        worked=worked,
        waited=span(waited_s),
        due=due,
    )


def _day_only(lead: Lead, first: Activity, measures: tuple[Measure, ...]) -> Draft:
    if lead.received_latest_at is not None:
        return not_looked_at("only the day on which the lead arrived is known", _QUESTION, measures)
    return unknown_activity(day_only(first), _QUESTION, measures)


def _whole_s(a: datetime, b: datetime) -> int:
    return int((b - a).total_seconds())


RULE = LeadRule(INFO, judge)
