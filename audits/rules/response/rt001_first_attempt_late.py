"""RT001: judges the first attempt once there is one."""

from __future__ import annotations

from datetime import datetime

from audits.clock import case_clock
from audits.dues import response_due, response_target_s
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
from audits.model.activity import Activity
from audits.model.case import LeadCase
from audits.model.finding import Measure, Outcome
from audits.model.lead import Lead
from audits.model.policy import Policy
from audits.model.said import Moment, Said, Value, say
from audits.rule import Default, Family, MeasureInfo, RuleInfo, Trust
from audits.timeline import CONTACT_FACTS, AttemptVerdict, Judged, attempts, holder_at
from audits.wording import act_moment, arrival_moment, kind_word, moment_after, span

INFO = RuleInfo(
    rule_id="RT001",
    version=1,
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
        ("imported", "the lead came by an import, so it was no fresh enquiry"),
        ("no_attempt_yet", "there is no attempt to judge; RT002 judges the waiting"),
        *((code, CANNOT_TELL[code]) for code in (UNKNOWN_ACTIVITY, NOT_LOOKED_AT, NO_WORKING_HOURS)),
    ),
    outcomes=(
        (Outcome.PASS, ("in_time",)),
        (Outcome.BREACH, ("late",)),
        (Outcome.NOT_APPLICABLE, ("imported", "no_attempt_yet")),
        (Outcome.NOT_EVALUATED, (UNKNOWN_ACTIVITY, NOT_LOOKED_AT, NO_WORKING_HOURS)),
    ),
    measures=(
        MeasureInfo("first_attempt_at", "at", "when the first sure attempt took place"),
        MeasureInfo("first_attempt_working_s", "s", "working time from receipt to the first attempt"),
        MeasureInfo("first_attempt_wall_s", "s", "wall time from receipt to the first attempt"),
        MeasureInfo("recorded_after_s", "s", "how long after it took place the attempt was entered in the CRM"),
    ),
    defaults=(
        Default(
            "response_target_s",
            "30 min of working time; per lead type where set",
            "our choice between the 5 minutes after which the odds of contact fall (MIT/InsideSales 2007, 6 firms, "
            "observational) and the first hour (Harvard Business Review 2011)",
            Trust.OURS,
        ),
    ),
)

_QUESTION = say("whether the first attempt was in time")


def judge(case: LeadCase, policy: Policy) -> Draft:
    """In time when the first attempt is not after the due instant, in whole seconds."""
    lead = case.lead
    if lead.is_imported:
        return Draft(
            outcome=Outcome.NOT_APPLICABLE,
            reason="imported",
            sentence=say("The lead came by an import, so no response time is measured."),
        )
    tried = attempts(case, policy)
    first = tried.first()
    missing = case.coverage.cause(*CONTACT_FACTS)
    if first is None:
        if tried.unknown:
            return unknown_activity(tried.unknown[0], _QUESTION)
        if missing is not None:
            return not_looked_at(missing, _QUESTION)
        return Draft(
            outcome=Outcome.NOT_APPLICABLE,
            reason="no_attempt_yet",
            sentence=say("There is no attempt yet whose time could be judged."),
        )
    clock = case_clock(case, policy)
    due_at = response_due(case, policy, clock)
    is_exact = first.latest_at is None and lead.received_latest_at is None
    working_s = clock.elapsed(lead.received_at, first.occurred_at) if is_exact else None
    measures = (
        at_measure("first_attempt_at", first.occurred_at),
        Measure("first_attempt_working_s", working_s, "s"),
        Measure("first_attempt_wall_s", _whole_s(lead.received_at, first.occurred_at) if is_exact else None, "s"),
        Measure("recorded_after_s", _whole_s(first.no_later_than, first.recorded_at) if is_exact else None, "s"),
    )
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
        surely_due_at = clock.after(lead.received_at, response_target_s(case, policy))
        if min(each.no_later_than for each in tried.sure).replace(microsecond=0) > surely_due_at:
            return _day_only(lead, first, measures)
    attempted = (
        moment_after(first.occurred_at, lead.received_at, clock.zone) if is_exact else act_moment(first, clock.zone)
    )
    told: dict[str, Value] = {
        "received": arrival_moment(lead, clock.zone),
        "attempted": attempted,
        "kind": kind_word(first),
        "target": span(response_target_s(case, policy)),
    }
    return Draft(
        outcome=Outcome.BREACH if late else Outcome.PASS,
        reason="late" if late else "in_time",
        sentence=_sentence(told, working_s, moment_after(due_at, first.occurred_at, clock.zone) if late else None),
        measures=measures,
        evidence=(received_evidence(lead), *activity_evidence(first)),
        owner_id=holder_at(case, min(due_at, first.occurred_at)),
    )


def _sentence(told: dict[str, Value], working_s: int | None, due: Moment | None) -> Said:
    if working_s is None:
        if due is None:
            return say("Received {received}, first attempt {attempted} ({kind}); target {target}.", **told)
        return say(
            "Received {received}, first attempt {attempted} ({kind}); target {target}, due {due}.", **told, due=due
        )
    worked = span(working_s)
    if due is None:
        return say(
            "Received {received}, first attempt {attempted} ({kind}), {worked} of working time; target {target}.",
            **told,
            worked=worked,
        )
    return say(
        "Received {received}, first attempt {attempted} ({kind}), {worked} of working time; "
        "target {target}, due {due}.",
        **told,
        worked=worked,
        due=due,
    )


def _day_only(lead: Lead, first: Activity, measures: tuple[Measure, ...]) -> Draft:
    if lead.received_latest_at is not None:
        return not_looked_at("only the day on which the lead arrived is known", _QUESTION, measures)
    return unknown_activity(Judged(first, AttemptVerdict.UNKNOWN, "gives only the day"), _QUESTION, measures)


def _whole_s(a: datetime, b: datetime) -> int:
    return int((b - a).total_seconds())


RULE = LeadRule(INFO, judge)
