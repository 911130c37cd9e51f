"""AG003: an act that was entered long after it is said to have taken place."""

from __future__ import annotations

from audits.claims import MOST_NAMED
from audits.lead_rule import (
    CANNOT_TELL,
    NOT_LOOKED_AT,
    UNKNOWN_ACTIVITY,
    Draft,
    LeadRule,
    activity_evidence,
    not_looked_at,
    unknown_activity,
)
from audits.model.activity import Activity, ActivityKind, ActivityState
from audits.model.case import LeadCase
from audits.model.finding import Measure, Outcome
from audits.model.policy import Policy
from audits.model.said import Listed, Value, say
from audits.model.zones import load_zone
from audits.rule import Default, Family, MeasureInfo, RuleInfo, Trust
from audits.timeline import CONTACT_FACTS, AttemptVerdict, Judged, holder_at
from audits.wording import act_moment, counted, kind_word, moment, span

INFO = RuleInfo(
    rule_id="AG003",
    version=1,
    family=Family.ANTI_GAMING,
    title="Back-dated",
    question="Was every act entered in the CRM near the time at which it is said to have taken place?",
    why_it_matters=(
        "The time of an act can be typed, the time of its entry cannot. An act entered days later may be true; it "
        "cannot be checked, and it changes what was reported before."
    ),
    reasons=(
        ("entered_in_time", "every act was entered within the agreed time"),
        ("back_dated", "an act was entered too long after it is said to have taken place"),
        ("no_acts", "no act by a person is listed on the lead"),
        *((code, CANNOT_TELL[code]) for code in (UNKNOWN_ACTIVITY, NOT_LOOKED_AT)),
    ),
    outcomes=(
        (Outcome.PASS, ("entered_in_time",)),
        (Outcome.BREACH, ("back_dated",)),
        (Outcome.NOT_APPLICABLE, ("no_acts",)),
        (Outcome.NOT_EVALUATED, (UNKNOWN_ACTIVITY, NOT_LOOKED_AT)),
    ),
    measures=(
        MeasureInfo("acts_entered", "count", "acts by a person that are said to have taken place since the arrival"),
        MeasureInfo("longest_entry_delay_wall_s", "s", "the longest wall time from such an act to its entry"),
    ),
    defaults=(Default("backdated_s", "168 h of wall time (seven days)", "our choice", Trust.OURS),),
)

_NOT_TAKEN_PLACE = (ActivityState.PLANNED, ActivityState.CANCELLED, ActivityState.FAILED)
_QUESTION = say("whether acts were entered long after they took place")


def judge(case: LeadCase, policy: Policy) -> Draft:
    """A breach when an act by hand was entered more than `backdated_s` after it.

    Nothing can be entered before its lead stands in the CRM: of acts that are older than the record, as after a move
    from another CRM, the time counts from the making of the record.
    """
    sure: list[Activity] = []
    unclear: list[Judged] = []
    for activity in case.activities:
        if (
            activity.kind is ActivityKind.NOTE
            or activity.state in _NOT_TAKEN_PLACE
            or activity.is_automated is True
            or activity.occurred_at > case.as_of
            or activity.no_later_than < case.lead.received_at
        ):
            continue
        if activity.state is None:
            unclear.append(Judged(activity, AttemptVerdict.UNKNOWN, "does not say whether it took place"))
        elif activity.is_automated is None and activity.kind is not ActivityKind.MEETING:
            unclear.append(
                Judged(activity, AttemptVerdict.UNKNOWN, "does not say whether a person or a machine acted")
            )
        else:
            sure.append(activity)
    measures = (
        Measure("acts_entered", len(sure), "count"),
        Measure(
            "longest_entry_delay_wall_s", max((_entered_after_s(each, case) for each in sure), default=None), "s"
        ),
    )
    late = [each for each in sure if _entered_after_s(each, case) > policy.backdated_s]
    if late:
        zone = load_zone(policy.calendar.zone)
        named: list[Value] = [
            say(
                "the {kind} of {when}, entered {entered}",
                kind=kind_word(each),
                when=act_moment(each, zone),
                entered=moment(each.recorded_at, zone),
            )
            for each in late[:MOST_NAMED]
        ]
        if len(late) > MOST_NAMED:
            named.append(say("and {activities} more", activities=counted(len(late) - MOST_NAMED, "activity")))
        return Draft(
            outcome=Outcome.BREACH,
            reason="back_dated",
            sentence=say(
                "Entered more than {limit} after the time given: {named}.",
                limit=span(policy.backdated_s),
                named=Listed(tuple(named)),
            ),
            measures=measures,
            evidence=tuple(evidence for each in late for evidence in activity_evidence(each)),
            # What somebody else entered is not laid on the holder.
            owner_id=late[0].owner_id or holder_at(case, late[0].recorded_at),
        )
    for judged in unclear:
        if _entered_after_s(judged.activity, case) > policy.backdated_s:
            return unknown_activity(judged, _QUESTION, measures)
    missing = case.coverage.cause(*CONTACT_FACTS)
    if missing is not None:
        return not_looked_at(missing, _QUESTION, measures)
    if not sure:
        return Draft(
            outcome=Outcome.NOT_APPLICABLE,
            reason="no_acts",
            sentence=say("No act by a person is listed on the lead."),
            measures=measures,
        )
    return Draft(
        outcome=Outcome.PASS,
        reason="entered_in_time",
        sentence=say(
            "Listed: {activities}, each entered within {limit} of the time given.",
            activities=counted(len(sure), "activity"),
            limit=span(policy.backdated_s),
        ),
        measures=measures,
        owner_id=holder_at(case, case.as_of),
    )


def _entered_after_s(activity: Activity, case: LeadCase) -> int:
    since = max(activity.no_later_than, case.lead.recorded_at)
    return max(0, int((activity.recorded_at - since).total_seconds()))


RULE = LeadRule(INFO, judge)
