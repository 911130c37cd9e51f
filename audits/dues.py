"""When something falls due on a lead, by the policy. Rules and the engine ask the same functions.

Of a lead or an act of which only the day is known, the clock starts with the end of that day: nothing falls due
earlier than it can have been agreed.
"""

from __future__ import annotations

from datetime import MAXYEAR, UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from audits.clock import CaseClock, NoWorkingHours
from audits.model.activity import Activity
from audits.model.case import LeadCase
from audits.model.lead import Lead
from audits.model.policy import Policy, ResponseTarget


def response_target(case: LeadCase, policy: Policy) -> ResponseTarget | None:
    """What is agreed for this lead: the first of `policy.targets` that fits it, or None when none does."""
    return next((target for target in policy.targets if target.fits(case.lead)), None)


def response_target_s(case: LeadCase, policy: Policy) -> int:
    """Seconds of working time within which the first attempt is promised: after them it is late."""
    target = response_target(case, policy)
    return policy.response_target_s if target is None else target.due_s


def response_goal_s(case: LeadCase, policy: Policy) -> int:
    """Seconds of working time within which the first attempt is aimed at; never more than are promised."""
    target = response_target(case, policy)
    return min(policy.response_goal_s, policy.response_target_s) if target is None else target.goal_s


def response_start(lead: Lead) -> datetime:
    """From when the first attempt can be asked for: the arrival, or the later moment from which the person wishes
    to be called. Of a day without a time of day the end counts."""
    return lead.clock_start if lead.preferred_at is None else max(lead.clock_start, lead.preferred_at)


def response_due(case: LeadCase, policy: Policy, clock: CaseClock) -> datetime:
    """When the first attempt is due; after it, it is late."""
    return clock.after(response_start(case.lead), response_target_s(case, policy))


def response_goal_due(case: LeadCase, policy: Policy, clock: CaseClock) -> datetime:
    """When the goal of the first attempt runs out: from then on until `response_due` is the time of the warning."""
    return clock.after(response_start(case.lead), response_goal_s(case, policy))


def assignment_due(case: LeadCase, policy: Policy, clock: CaseClock) -> datetime:
    """When somebody is to hold the lead."""
    return clock.after(case.lead.clock_start, policy.assignment_target_s)


def call_due(case: LeadCase, policy: Policy, clock: CaseClock) -> datetime:
    """When the first call is due."""
    return clock.after(case.lead.clock_start, policy.never_called_after_s)


def recontact_due(last: Activity, policy: Policy, clock: CaseClock) -> datetime:
    """When the next attempt is due after the failed attempt `last`."""
    return clock.after(last.no_later_than, policy.recontact_after_s)


def silence_due(last_touch_at: datetime, policy: Policy, clock: CaseClock) -> datetime:
    """When silence since `last_touch_at` becomes too long."""
    return clock.after(last_touch_at, policy.silent_after_s)


def task_due(due_at: datetime, policy: Policy, clock: CaseClock) -> datetime:
    """When an open task that was due at `due_at` is overdue for too long."""
    return clock.after(due_at, policy.overdue_task_s)


def cover_due(since: datetime, policy: Policy, clock: CaseClock) -> datetime:
    """When a lead of somebody who is away since `since` is to be covered by somebody; `clock` is the team's."""
    return clock.after(since, policy.absent_cover_s)


def cadence_end(case: LeadCase, policy: Policy, clock: CaseClock) -> datetime | None:
    """When all attempts of the cadence are due: its calendar days after receipt, and as long again as the lead was on
    hold meanwhile, by the pauses of `clock`; None while it is on hold, since before then."""
    end_at = days_from(case.lead.clock_start, policy.cadence.within_days, clock.zone)
    counted_until = case.lead.clock_start
    for start, end in sorted(clock.pauses):
        if start >= end_at:
            break
        if end.year == MAXYEAR:
            return None
        if end > counted_until:
            end_at += end - max(start, counted_until)
            counted_until = end
    return end_at


def held_since(clock: CaseClock) -> datetime | None:
    """From when `clock` stands still because of a hold that has not ended; None while it runs."""
    return min((start for start, end in clock.pauses if end.year == MAXYEAR), default=None)


def due_unless_held(clock: CaseClock, t: datetime, seconds: int) -> datetime | None:
    """`clock.after`, but None when a hold that has not ended began before so much time had passed."""
    try:
        return clock.after(t, seconds)
    except NoWorkingHours:
        since = held_since(clock)
        if since is None or clock.elapsed(t, since) >= seconds:
            raise
        return None


def days_from(t: datetime, days: int, zone: ZoneInfo) -> datetime:
    """The same wall-clock time that many calendar days later (or earlier) in `zone`, as UTC."""
    return (t.astimezone(zone) + timedelta(days=days)).astimezone(UTC)
