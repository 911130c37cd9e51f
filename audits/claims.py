"""What stands behind a claim that a lead was worked: a status, a ticked task, a hold. And which calls do not count.

A claim is never judged by the person who makes it: only attempts and contact made stand behind one. What may count,
and what may lie within the time asked about, is told apart from what surely does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from audits.lead_rule import activity_evidence
from audits.model.activity import Activity, ActivityKind, ActivityState
from audits.model.case import LeadCase
from audits.model.finding import Evidence
from audits.model.policy import Policy
from audits.model.said import Listed, Said, Value, joined, phrase, say
from audits.timeline import AttemptVerdict, Judged, attempts, connections, judge_attempt, uncounted_reason
from audits.wording import act_moment, counted, span

#: So many are named in a sentence; of the others their number.
MOST_NAMED = 5
_LONGEST_TALK_S = 12 * 3600
DAY_ONLY = phrase("gives only the day on which it took place")


@dataclass(frozen=True, slots=True)
class Touched:
    """Attempts and contact made on one lead: `sure` and `unknown` by time, `uncounted` calls with the reason why."""

    sure: tuple[Activity, ...]
    unknown: tuple[Judged, ...]
    uncounted: tuple[tuple[Activity, str], ...]


@dataclass(frozen=True, slots=True)
class Backing:
    """What lies near one instant: `sure` stands behind the claim, `possible` may; `uncounted` calls do not.

    `gap_s`: whole seconds to the nearest sure act of the whole lead, 0 during a talk and within a day of which no
    hour is known; None = there is no sure act at all.
    """

    sure: Activity | None
    possible: Judged | None
    uncounted: tuple[tuple[Activity, str], ...]
    gap_s: int | None


def touched(case: LeadCase, policy: Policy) -> Touched:
    """Everything on the lead that may stand behind a claim, as of `case.as_of`."""
    tried, reached = attempts(case, policy), connections(case, policy)
    sure = {(each.kind, each.activity_id): each for each in (*tried.sure, *reached.sure)}
    unknown = {
        (judged.activity.kind, judged.activity.activity_id): judged for judged in (*reached.unknown, *tried.unknown)
    }
    return Touched(
        sure=tuple(sorted(sure.values(), key=lambda each: (each.occurred_at, each.activity_id))),
        unknown=tuple(
            sorted(
                (judged for key, judged in unknown.items() if key not in sure),
                key=lambda judged: (judged.activity.occurred_at, judged.activity.activity_id),
            )
        ),
        uncounted=uncounted_calls(case, policy, AttemptVerdict.YES),
    )


def uncounted_calls(case: LeadCase, policy: Policy, verdict: AttemptVerdict) -> tuple[tuple[Activity, str], ...]:
    """Calls that would be attempts (`verdict` YES) or might be (UNKNOWN), but do not count, each with its reason."""
    found = []
    for activity in case.activities:
        if activity.kind is not ActivityKind.CALL:
            continue
        if judge_attempt(activity, case.lead.received_at, case.as_of).verdict is not verdict:
            continue
        reason = uncounted_reason(activity, case, policy)
        if reason is not None:
            found.append((activity, reason))
    return tuple(found)


def backing(acts: Touched, t: datetime, window_s: int) -> Backing:
    """What stands behind a claim made at `t`, within `window_s` seconds of wall time before and after, both ends
    included. A talk lasts until its end: who claims it when he hangs up claims it in time."""
    low, high = t - timedelta(seconds=window_s), t + timedelta(seconds=window_s)
    inside = [each for each in acts.sure if low - _length(each) <= each.occurred_at and each.no_later_than <= high]
    overlapping = [
        Judged(each, AttemptVerdict.UNKNOWN, DAY_ONLY)
        for each in acts.sure
        if each.latest_at is not None and _overlaps(each, low, high)
    ]
    possible = [judged for judged in acts.unknown if _overlaps(judged.activity, low, high)]
    return Backing(
        sure=inside[0] if inside else None,
        possible=next(iter((*possible, *overlapping)), None),
        uncounted=tuple(each for each in acts.uncounted if _overlaps(each[0], low, high)),
        gap_s=min((_distance_s(each, t) for each in acts.sure), default=None),
    )


def uncounted_said(calls: Sequence[tuple[Activity, str]], case: LeadCase, policy: Policy, zone: ZoneInfo) -> Said:
    """One sentence that names the calls that are listed, but not counted, and why. `calls`: at least one."""
    named: list[Value] = [_why(activity, reason, case, policy, zone) for activity, reason in calls[:MOST_NAMED]]
    if len(calls) > MOST_NAMED:
        named.append(say("and {calls} more", calls=counted(len(calls) - MOST_NAMED, "call")))
    return say("Listed, but not counted: {calls}.", calls=Listed(tuple(named)))


def with_uncounted(
    sentence: Said, calls: Sequence[tuple[Activity, str]], case: LeadCase, policy: Policy, zone: ZoneInfo
) -> Said:
    """The sentence, and after it what was listed and not counted, if anything was."""
    return joined(sentence, uncounted_said(calls, case, policy, zone)) if calls else sentence


def uncounted_evidence(calls: Sequence[tuple[Activity, str]]) -> tuple[Evidence, ...]:
    """The calls as they were read."""
    return tuple(evidence for activity, _ in calls for evidence in activity_evidence(activity))


def planned_steps(case: LeadCase) -> tuple[Evidence, ...]:
    """Open tasks and planned activities ahead of the audit, the earliest first, as evidence with their instant."""
    found: list[tuple[datetime, str, str]] = [
        (task.due_at, "task", task.task_id)
        for task in case.tasks
        if not task.is_done and task.due_at is not None and task.due_at > case.as_of
    ]
    found += [
        (activity.no_later_than, activity.kind.value, activity.activity_id)
        for activity in case.activities
        if activity.state is ActivityState.PLANNED
        and activity.no_later_than > case.as_of
        and activity.kind is not ActivityKind.NOTE
        and activity.is_automated is not True
    ]
    return tuple(
        Evidence(record_type=kind, record_id=record_id, field="due_at", value=at.isoformat(), at=at)
        for at, kind, record_id in sorted(found)
    )


def log_crowd(activity: Activity, case: LeadCase) -> int | None:
    """How many calls its owner logged in that minute; None when nobody counted or it stood alone."""
    return max(
        (each.count for each in case.surroundings.crowded_logs or () if each.record_id == activity.activity_id),
        default=None,
    )


def logged_after_s(activity: Activity) -> int:
    """Whole seconds of wall time from the act to its entry in the CRM; 0 when it was entered before."""
    return max(0, int((activity.recorded_at - activity.no_later_than).total_seconds()))


def _why(activity: Activity, reason: str, case: LeadCase, policy: Policy, zone: ZoneInfo) -> Said:
    when = act_moment(activity, zone)
    if reason == "short":
        return say(
            "the call of {when} lasted {length}, under {limit}",
            when=when,
            length=span(activity.duration_s or 0),
            limit=span(policy.min_conversation_s),
        )
    if reason == "late_log":
        return say(
            "the call of {when} was logged {delay} after it, over {limit}",
            when=when,
            delay=span(logged_after_s(activity)),
            limit=span(policy.late_log_s),
        )
    return say(
        "the call of {when} was one of {calls} logged in one minute, over {limit}",
        when=when,
        calls=counted(log_crowd(activity, case) or 0, "call"),
        limit=policy.log_burst,
    )


def _length(activity: Activity) -> timedelta:
    """How long a talk lasted; nothing where that is not known, or is no length that a talk can have."""
    length_s = activity.duration_s or 0
    return timedelta(seconds=length_s) if 0 < length_s <= _LONGEST_TALK_S else timedelta()


def _overlaps(activity: Activity, low: datetime, high: datetime) -> bool:
    return activity.occurred_at <= high and activity.no_later_than + _length(activity) >= low


def _distance_s(activity: Activity, t: datetime) -> int:
    end = activity.no_later_than + _length(activity)
    if activity.occurred_at <= t <= end:
        return 0
    away = activity.occurred_at - t if activity.occurred_at > t else t - end
    return int(away.total_seconds())
