"""Whether something that was due was done, and when: for the rules that wait for the first act of several kinds.

An act of which only the day is known may have been in time or not; an act of which the CRM does not say enough may be
none at all. Both are doubts: they never make an answer late, nor in time.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from audits.dues import days_from
from audits.lead_rule import Draft
from audits.model.activity import Activity, ActivityKind, ActivityState, Direction, Disposition
from audits.model.case import KeyKind, LeadCase
from audits.model.finding import Evidence
from audits.model.policy import Policy
from audits.model.said import Said, joined, phrase, say
from audits.model.surroundings import Twin
from audits.model.zones import load_zone
from audits.timeline import AttemptVerdict, Judged, Touches, connections
from audits.wording import act_moment, counted, kind_word, moment

#: A letter that is logged no later than so long after the arrival may be that by which the lead came.
_SAME_ENQUIRY = timedelta(minutes=10)
#: Results of a call of the lead's by which it left words of its own.
_LEFT_WORDS = (Disposition.VOICEMAIL, Disposition.LEFT_MESSAGE)


@dataclass(frozen=True, slots=True)
class Answer:
    """`in_time`: the first act that was in time for sure. `doubt`: one that may have been. `late`: the first act that
    is known to have come too late."""

    in_time: Activity | None
    doubt: Judged | None
    late: Activity | None


def answer_by(
    sure: Iterable[Activity], unknown: Iterable[Judged], surely_due_at: datetime, due_at: datetime
) -> Answer:
    """Sorts acts by what is due at `due_at`, or as early as `surely_due_at` where only the day of the start is known.
    An act in the second of the due instant is in time. All instants aware UTC."""
    acts = sorted(sure, key=lambda each: (each.occurred_at, each.activity_id))
    in_time = next((each for each in acts if each.no_later_than.replace(microsecond=0) <= surely_due_at), None)
    possible = [day_only(each) for each in acts] + list(unknown)
    doubt = next((each for each in possible if each.activity.occurred_at.replace(microsecond=0) <= due_at), None)
    late = next((each for each in acts if each.occurred_at.replace(microsecond=0) > due_at), None)
    return Answer(in_time, doubt, late)


def day_only(activity: Activity) -> Judged:
    """A sure act as a doubt: its hour is not known."""
    return Judged(activity, AttemptVerdict.UNKNOWN, "gives only the day")


def talks(case: LeadCase, policy: Policy) -> Touches:
    """Conversations with the person by call or in a meeting, in either direction, sure and unknown."""
    reached, kinds = connections(case, policy), (ActivityKind.CALL, ActivityKind.MEETING)
    return Touches(
        tuple(each for each in reached.sure if each.kind in kinds),
        tuple(each for each in reached.unknown if each.activity.kind in kinds),
    )


def with_talk(sentence: Said, talk: Activity | None, zone: ZoneInfo) -> Said:
    """`sentence`, and after it that the person was spoken with: it speaks for those who are blamed for not trying."""
    if talk is None:
        return sentence
    said = say(
        "The person was spoken with {at} ({kind}), which this rule does not count as an attempt.",
        at=act_moment(talk, zone),
        kind=kind_word(talk),
    )
    return joined(sentence, said)


def with_hand_over(sentence: Said, case: LeadCase, t: datetime, zone: ZoneInfo) -> Said:
    """`sentence`, and after it since when the holder at `t` held the lead, where another had held it after the
    arrival: who gets it a minute before it is due is charged, but did not have it for long."""
    handed_at, holder = None, None
    for change in case.owner_changes:
        if change.occurred_at > t:
            break
        if change.owner_id != holder:
            handed_at = change.occurred_at if holder is not None and change.owner_id is not None else None
            holder = change.owner_id
    if handed_at is None or handed_at <= case.lead.clock_start:
        return sentence
    said = say(
        "The owner at that time had held it only since {handed}; before, it lay with another.",
        handed=moment(handed_at, zone),
    )
    return joined(sentence, said)


def beside_other_records(draft: Draft, case: LeadCase, policy: Policy) -> Draft:
    """The breach `draft`, with those records of the same phone number or e-mail address that came at most
    `policy.duplicate_window_days` before this one: the person may have been tried there."""
    since = days_from(case.lead.received_at, -policy.duplicate_window_days, load_zone(policy.calendar.zone))
    others = {
        each.lead_id: each
        for each in case.sightings
        if each.lead_id != case.lead.lead_id
        and since <= each.received_at <= case.lead.received_at
        and each.apart is None
        and each.key_kind is not KeyKind.PERSON
    }
    if not others:
        return draft
    said = say(
        "The same phone number or e-mail address stands in {leads} besides, received in the {days} before; what was "
        "done there does not count here.",
        leads=counted(len(others), "lead"),
        days=counted(policy.duplicate_window_days, "day"),
    )
    shown = tuple(
        Evidence(
            record_type="lead",
            record_id=each.lead_id,
            field="received_at",
            value=each.received_at.isoformat(),
            at=each.received_at,
        )
        for each in others.values()
    )
    return replace(draft, sentence=joined(draft.sentence, said), evidence=(*draft.evidence, *shown))


def letter_of_the_lead(case: LeadCase, until: datetime) -> Activity | None:
    """The last e-mail or message since the arrival and until `until` that the lead may have sent: it may have said
    there that it has no wish to be tried any more. None when there is none; the enquiry itself is none."""
    since = case.lead.clock_start + _SAME_ENQUIRY
    return next(
        (
            each
            for each in reversed(case.activities)
            if each.kind in (ActivityKind.EMAIL, ActivityKind.MESSAGE)
            and each.direction is not Direction.OUTBOUND
            and each.is_automated is not True
            and each.state not in (ActivityState.PLANNED, ActivityState.CANCELLED, ActivityState.FAILED)
            and since < each.no_later_than
            and each.occurred_at <= min(until, case.as_of)
        ),
        None,
    )


def words_of_the_lead(case: LeadCase) -> Touches:
    """What the lead wrote, or said to a machine that answered its call, since its arrival; the enquiry itself is
    none. Unknown: letters of which it is not said who wrote them, or whether a person did."""
    since = case.lead.clock_start + _SAME_ENQUIRY
    sure: list[Activity] = []
    unknown: list[Judged] = []
    for each in case.activities:
        is_letter = each.kind in (ActivityKind.EMAIL, ActivityKind.MESSAGE)
        if (
            not (is_letter or (each.kind is ActivityKind.CALL and each.disposition in _LEFT_WORDS))
            or each.direction is Direction.OUTBOUND
            or each.is_automated is True
            or each.state in (ActivityState.PLANNED, ActivityState.CANCELLED, ActivityState.FAILED)
            or each.disposition is Disposition.BOUNCED
            or each.no_later_than <= since
            or each.occurred_at > case.as_of
        ):
            continue
        if each.direction is None:
            unknown.append(Judged(each, AttemptVerdict.UNKNOWN, phrase("does not say who reached out")))
        elif each.is_automated is None:
            why = phrase("does not say whether a person or a machine acted")
            unknown.append(Judged(each, AttemptVerdict.UNKNOWN, why))
        elif each.occurred_at <= since:
            unknown.append(day_only(each))
        else:
            sure.append(each)
    return Touches(tuple(sure), tuple(unknown))


def mass_text(case: LeadCase, policy: Policy, activity: Activity) -> Twin | None:
    """What is known of it, when `activity` is a text that so many other leads got almost word for word as the policy
    says; None when it is none, or when texts were not compared."""
    return next(
        (
            twin
            for twin in case.surroundings.twins or ()
            if twin.activity_id == activity.activity_id
            and twin.leads >= policy.twin_leads
            and twin.percent >= policy.twin_percent
        ),
        None,
    )
