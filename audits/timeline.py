"""What was done on a lead: which activities are attempts, which are contact made, and who held the lead when.

An attempt is a human act towards the lead after it arrived: an outbound call, an e-mail that was sent, an outbound
message, or a meeting that took place (also when the lead did not come). Notes, tasks, changes of status, automated
sends, and acts that failed, were cancelled or are only planned are none. A booked meeting counts when it took place.

What the CRM does not say stays unknown: such an activity may or may not be an attempt, and a rule whose answer hangs
on it says `not_evaluated`. Only what had happened by `case.as_of` counts.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from audits.last_answer import keeps_last_answer
from audits.model.activity import Activity, ActivityKind, ActivityState, Direction, Disposition
from audits.model.case import Fact, LeadCase
from audits.model.policy import Policy
from audits.model.said import phrase

CONTACT_FACTS = (Fact.CALLS, Fact.EMAILS, Fact.MEETINGS, Fact.MESSAGES)

_NOT_TAKEN_PLACE = frozenset({ActivityState.PLANNED, ActivityState.CANCELLED, ActivityState.FAILED})
_NOT_REACHED = frozenset(Disposition) - {Disposition.CONNECTED}
_WRITTEN = frozenset({ActivityKind.EMAIL, ActivityKind.MESSAGE})
_DAY_OF_ARRIVAL = phrase("gives only the day, that on which the lead arrived")


class AttemptVerdict(StrEnum):
    """Whether one activity counts. UNKNOWN = the CRM does not say what is needed to tell."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Judged:
    """One activity with its verdict and why, as words that follow "the call …" in a sentence."""

    activity: Activity
    verdict: AttemptVerdict
    why: str


@dataclass(frozen=True, slots=True)
class Touches:
    """Activities that count for sure and those that may count, each by `occurred_at`."""

    sure: tuple[Activity, ...]
    unknown: tuple[Judged, ...]

    def first(self) -> Activity | None:
        """The earliest sure one."""
        return self.sure[0] if self.sure else None

    def last(self) -> Activity | None:
        """The latest sure one."""
        return self.sure[-1] if self.sure else None

    def count(self, kind: ActivityKind) -> int:
        """How many sure ones are of `kind`."""
        return sum(activity.kind is kind for activity in self.sure)


def judge_attempt(activity: Activity, received_at: datetime, as_of: datetime) -> Judged:
    """Whether `activity` is an attempt on a lead received at `received_at`, seen at `as_of`."""
    verdict, why = _attempt(activity, received_at, as_of)
    return Judged(activity, verdict, why)


#: Why a logged call is listed, but not counted (rule AG002) → the words that follow "the call …" in a sentence.
UNCOUNTED = {
    "short": phrase("claims a conversation shorter than one can be"),
    "late_log": phrase("was logged too long after it is said to have taken place"),
    "crowded": phrase("was logged together with too many others in one minute"),
}


def uncounted_reason(activity: Activity, case: LeadCase, policy: Policy) -> str | None:
    """Why a call that would be an attempt is not counted: a key of UNCOUNTED; None when nothing speaks against it.

    A call that nobody answered is short by nature: only one that claims a conversation, or says no result, is judged
    by its length.
    """
    if activity.kind is not ActivityKind.CALL:
        return None
    claims = activity.disposition in (Disposition.CONNECTED, None)
    if claims and activity.duration_s is not None and activity.duration_s < policy.min_conversation_s:
        return "short"
    if (activity.recorded_at - activity.no_later_than).total_seconds() > policy.late_log_s:
        return "late_log"
    for crowd in case.surroundings.crowded_logs or ():
        if crowd.record_id == activity.activity_id and crowd.count > policy.log_burst:
            return "crowded"
    return None


@keeps_last_answer
def attempts(case: LeadCase, policy: Policy) -> Touches:
    """The attempts on the lead, sure and unknown; without the calls that are not counted."""
    received_at, as_of = case.lead.received_at, case.as_of
    sure: list[Activity] = []
    unknown: list[Judged] = []
    for activity in case.activities:
        verdict, why = _attempt(activity, received_at, as_of)
        if verdict is AttemptVerdict.NO or uncounted_reason(activity, case, policy) is not None:
            continue
        if verdict is AttemptVerdict.YES:
            sure.append(activity)
        elif verdict is AttemptVerdict.UNKNOWN:
            unknown.append(Judged(activity, verdict, why))
    return _ordered(sure, unknown)


@keeps_last_answer
def connections(case: LeadCase, policy: Policy) -> Touches:
    """Contact made: two-way exchanges with the lead, sure and unknown.

    A call in either direction that reached the person (at least `policy.min_conversation_s` where the length is
    known), a meeting to which the lead came, or a message or e-mail of the lead after an attempt of ours.
    """
    tried = attempts(case, policy)
    first_sure = tried.sure[0].occurred_at if tried.sure else None
    first_any = min((judged.activity.occurred_at for judged in tried.unknown), default=first_sure)
    if first_sure is not None and first_any is not None:
        first_any = min(first_any, first_sure)
    sure: list[Activity] = []
    unknown: list[Judged] = []
    for activity in case.activities:
        if activity.no_later_than < case.lead.received_at or activity.occurred_at > case.as_of:
            continue
        if uncounted_reason(activity, case, policy) is not None:
            continue
        if activity.kind in _WRITTEN:
            verdict, why = _reply(activity, first_sure, first_any)
        else:
            verdict, why = _conversation(activity, policy.min_conversation_s)
        if verdict is AttemptVerdict.YES and activity.occurred_at < case.lead.received_at:
            verdict, why = AttemptVerdict.UNKNOWN, _DAY_OF_ARRIVAL
        if verdict is AttemptVerdict.YES:
            sure.append(activity)
        elif verdict is AttemptVerdict.UNKNOWN:
            unknown.append(Judged(activity, verdict, why))
    return _ordered(sure, unknown)


def failed_attempt(activity: Activity, policy: Policy) -> bool | None:
    """Whether a sure attempt did not reach the person: True, False, or None when the CRM does not say.

    An e-mail or message has failed only when it bounced; while it waits for an answer it is neither.
    """
    if activity.disposition in _NOT_REACHED:
        return True
    if activity.kind in _WRITTEN or activity.kind is ActivityKind.MEETING:
        return False
    verdict, _ = _conversation(activity, policy.min_conversation_s)
    return None if verdict is AttemptVerdict.UNKNOWN else verdict is AttemptVerdict.NO


def holder_at(case: LeadCase, t: datetime) -> str | None:
    """The owner id of whoever held the lead at `t`, None for nobody.

    By the recorded hand-overs; without any the present owner is taken to have held it all along.
    """
    if not case.owner_changes:
        return case.lead.owner_id
    holder = None
    for change in case.owner_changes:
        if change.occurred_at > t:
            break
        holder = change.owner_id
    return holder


def future_occurrences(case: LeadCase) -> tuple[datetime, ...]:
    """When activities, hand-overs and changes of status that lie after `case.as_of` occur: instants at which they may
    begin to count."""
    dated = (case.activities, case.owner_changes, case.stage_changes)
    if not any(each and each[-1].occurred_at > case.as_of for each in dated):
        return ()
    return tuple(one.occurred_at for each in dated for one in each if one.occurred_at > case.as_of)


def _attempt(activity: Activity, received_at: datetime, as_of: datetime) -> tuple[AttemptVerdict, str]:
    no = AttemptVerdict.NO
    if activity.kind is ActivityKind.NOTE:
        return no, phrase("is a note")
    if activity.state in _NOT_TAKEN_PLACE:
        return no, phrase("did not take place")
    if activity.no_later_than < received_at:
        return no, phrase("lies before the lead arrived")
    if activity.occurred_at > as_of:
        return no, phrase("lies ahead")
    if activity.is_automated is True:
        return no, phrase("was sent by a machine")
    if activity.kind is not ActivityKind.MEETING:
        if activity.direction is Direction.INBOUND:
            return no, phrase("came from the lead")
        if activity.direction is None:
            return AttemptVerdict.UNKNOWN, phrase("does not say who reached out")
        if activity.is_automated is None:
            return AttemptVerdict.UNKNOWN, phrase("does not say whether a person or a machine acted")
    if activity.state is None:
        return AttemptVerdict.UNKNOWN, phrase("does not say whether it took place")
    if activity.occurred_at < received_at:
        return AttemptVerdict.UNKNOWN, _DAY_OF_ARRIVAL
    return AttemptVerdict.YES, phrase("is an attempt")


def _conversation(activity: Activity, min_conversation_s: int) -> tuple[AttemptVerdict, str]:
    no = AttemptVerdict.NO
    if activity.kind is ActivityKind.NOTE:
        return no, phrase("is a note")
    if activity.state in _NOT_TAKEN_PLACE:
        return no, phrase("did not take place")
    if activity.disposition in _NOT_REACHED:
        return no, phrase("did not reach the person")
    if activity.is_automated is True:
        return no, phrase("was made by a machine")
    if activity.kind is ActivityKind.CALL:
        if activity.duration_s is not None and activity.duration_s < min_conversation_s:
            return no, phrase("was too short for a conversation")
        if activity.disposition is None:
            return AttemptVerdict.UNKNOWN, phrase("does not say whether the person was reached")
        if activity.is_automated is None:
            return AttemptVerdict.UNKNOWN, phrase("does not say whether a person or a machine called")
    if activity.state is None:
        return AttemptVerdict.UNKNOWN, phrase("does not say whether it took place")
    return AttemptVerdict.YES, phrase("is contact made")


def _reply(activity: Activity, first_sure: datetime | None, first_any: datetime | None) -> tuple[AttemptVerdict, str]:
    no = AttemptVerdict.NO
    if activity.direction is Direction.OUTBOUND or activity.is_automated is True:
        return no, phrase("is no answer of the lead")
    if activity.state in _NOT_TAKEN_PLACE or activity.disposition is Disposition.BOUNCED:
        return no, phrase("did not take place")
    if first_any is None or activity.no_later_than < first_any:
        return no, phrase("came before any attempt")
    if activity.direction is None:
        return AttemptVerdict.UNKNOWN, phrase("does not say who wrote")
    if activity.is_automated is None:
        return AttemptVerdict.UNKNOWN, phrase("does not say whether a person or a machine wrote")
    if first_sure is None or activity.occurred_at < first_sure:
        return AttemptVerdict.UNKNOWN, phrase("answers something that may not have been an attempt")
    return AttemptVerdict.YES, phrase("is an answer of the lead")


def _ordered(sure: list[Activity], unknown: list[Judged]) -> Touches:
    sure.sort(key=lambda activity: (activity.occurred_at, activity.activity_id))
    unknown.sort(key=lambda judged: (judged.activity.occurred_at, judged.activity.activity_id))
    return Touches(tuple(sure), tuple(unknown))
