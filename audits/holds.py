"""When a lead was on hold: waiting for the lead, by the statuses that the policy says mean so, taken from history.

A hold stops the clocks of follow-up and silence, never that of the first attempt: one cannot wait for an answer of
somebody to whom nothing was said. For the same reason a hold counts only from the first attempt, or call that reached
the person, on that was made at most `policy.hold_message_s` before it began, or while it lasted; the part before is
parking (rule AG004). Days without working hours do not count: who wrote on Friday may wait from Monday on.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from audits.last_answer import keeps_last_answer
from audits.model.activity import ActivityKind, StageChange
from audits.model.case import LeadCase
from audits.model.policy import Policy
from audits.model.zones import load_zone
from audits.timeline import attempts, connections

#: No word is older than so many days: a calendar may have closed for good.
_MOST_DAYS = 366


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """One stay in waiting statuses, [started_at, ended_at); `ended_at` None = it lasts. `change` began it; a change
    from one waiting status to another goes on with it. `counts_from`: from when it stops the clock, None = it never
    does, as nothing was said to the lead."""

    change: StageChange
    started_at: datetime
    ended_at: datetime | None
    counts_from: datetime | None


@keeps_last_answer
def holds(case: LeadCase, policy: Policy) -> tuple[Hold, ...]:
    """The holds of the lead up to `case.as_of`, in order of time."""
    waiting = {status.casefold() for status in policy.waiting_statuses}
    if not waiting:
        return ()
    spoken = [each for each in connections(case, policy).sure if each.kind is ActivityKind.CALL]
    said_at = [activity.occurred_at for activity in (*attempts(case, policy).sure, *spoken)]
    waits: dict[str, bool] = {}
    found: list[Hold] = []
    for index, change in enumerate(case.stage_changes):
        did_wait, waits[change.field] = waits.get(change.field, False), change.raw_status.casefold() in waiting
        if did_wait or not waits[change.field] or change.occurred_at > case.as_of:
            continue
        ended_at = next(
            (
                later.occurred_at
                for later in case.stage_changes[index + 1 :]
                if later.field == change.field
                and later.raw_status.casefold() not in waiting
                and later.occurred_at <= case.as_of
            ),
            None,
        )
        earliest = word_from(change.occurred_at, policy)
        said = [t for t in said_at if t >= earliest and (ended_at is None or t < ended_at)]
        counts_from = max(min(said), change.occurred_at) if said else None
        found.append(Hold(change=change, started_at=change.occurred_at, ended_at=ended_at, counts_from=counts_from))
    return tuple(found)


def word_from(started_at: datetime, policy: Policy) -> datetime:
    """From when on an attempt allows a hold that began at `started_at`: `policy.hold_message_s` before it, not
    counting dates on which the general calendar has no hours. Aware UTC."""
    zone = load_zone(policy.calendar.zone)
    left = timedelta(seconds=policy.hold_message_s)
    at = started_at
    for back in range(_MOST_DAYS):
        date = started_at.astimezone(zone).date() - timedelta(days=back)
        begins_at = datetime.combine(date, time(), zone).astimezone(UTC)
        if policy.calendar.local_spans(date, date):
            if at - begins_at >= left:
                return at - left
            left -= at - begins_at
        at = begins_at
    return at


def stopping_hold(case: LeadCase, policy: Policy) -> tuple[Hold, datetime] | None:
    """The hold that lasts at `case.as_of` and stops the clock, with the instant from which it does; None = none."""
    for hold in holds(case, policy):
        if hold.ended_at is None and hold.counts_from is not None:
            return hold, hold.counts_from
    return None


def pauses(case: LeadCase, policy: Policy) -> tuple[tuple[datetime, datetime], ...]:
    """The spans [start, end) in which the follow-up clock stands still; the last may run to the end of time."""
    return tuple(
        (hold.counts_from, hold.ended_at or datetime.max.replace(tzinfo=hold.counts_from.tzinfo))
        for hold in holds(case, policy)
        if hold.counts_from is not None
    )
