"""The clock of one lead: working time by the calendars of those who held it, one after another."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from audits.holds import pauses
from audits.model.case import Fact, LeadCase
from audits.model.policy import Policy
from audits.model.working_calendar import EmptyCalendar
from audits.model.working_time import NeverOpens, OutOfRange, Pause, WorkingTime, combined, working_time
from audits.model.zones import load_zone


class NoWorkingHours(ValueError):
    """The hours agreed never open, or not long enough, or a time is no real one. The text is a sentence."""


@dataclass(frozen=True, slots=True)
class CaseClock:
    """Working time as agreed for one lead.

    `segments`: from which instant which hours hold; the first holds from the beginning. `zone` is the team's.
    `doubt`: why it is not known whose hours held, or None. The team's hours are used then: each owner's are a part
    of them, so nothing falls due earlier than this clock says, and a breach by it is not sure.
    """

    segments: tuple[tuple[datetime, WorkingTime], ...]
    zone: ZoneInfo
    doubt: str | None = None
    pauses: tuple[Pause, ...] = ()

    def elapsed(self, a: datetime, b: datetime) -> int:
        """Open seconds in [a, b); 0 when b is not after a. Raises NoWorkingHours for a time that is no real one."""
        try:
            return self._elapsed(a, b)
        except OutOfRange as unreal:
            raise NoWorkingHours(f"Working time cannot be counted: {unreal}.") from unreal

    def _elapsed(self, a: datetime, b: datetime) -> int:
        total = 0
        for index, (start, hours) in enumerate(self.segments):
            low = a if index == 0 else max(a, start)
            high = min(b, self.segments[index + 1][0]) if index + 1 < len(self.segments) else b
            total += hours.elapsed(low, high, self.pauses)
        return total

    def after(self, t: datetime, seconds: int) -> datetime:
        """The earliest whole second d >= t at which `seconds` of working time have passed since t.

        Raises NoWorkingHours when they never will.
        """
        left, since = seconds, t
        try:
            for index, (_, hours) in enumerate(self.segments[:-1]):
                until = self.segments[index + 1][0]
                if until <= since:
                    continue
                open_s = hours.elapsed(since, until, self.pauses)
                if left <= open_s:
                    return hours.after(since, left, self.pauses)
                left, since = left - open_s, until
            return self.segments[-1][1].after(since, left, self.pauses)
        except (NeverOpens, OutOfRange) as never:
            raise NoWorkingHours(f"Working time cannot be counted: {never}.") from never


def follow_up_clock(case: LeadCase, policy: Policy) -> CaseClock:
    """The clock of `case` for all that comes after the first attempt: it stands still while the lead is on hold.

    Where the history of statuses is not shown, but statuses mean waiting, `doubt` says so.
    """
    clock = case_clock(case, policy)
    if not policy.waiting_statuses:
        return clock
    return replace(
        clock, pauses=pauses(case, policy), doubt=clock.doubt or case.coverage.cause(Fact.STAGE_HISTORY)
    )


def case_clock(case: LeadCase, policy: Policy) -> CaseClock:
    """The clock of `case`: the team's calendar, cut to the owner's own hours for as long as somebody held the lead.

    Raises NoWorkingHours when a holder shares no hour with the team.
    """
    zone = load_zone(policy.calendar.zone)
    team = working_time(policy.calendar)
    if not policy.owner_calendars:
        return CaseClock(((case.lead.received_at, team),), zone)
    cause = case.coverage.cause(Fact.OWNER_HISTORY)
    if cause is not None:
        return CaseClock(((case.lead.received_at, team),), zone, cause)
    if not case.owner_changes:
        return CaseClock(((case.lead.received_at, _hours_of(case.lead.owner_id, policy)),), zone)
    segments = [(case.lead.received_at, team)]
    for change in case.owner_changes:
        hours = _hours_of(change.owner_id, policy)
        if segments[-1][0] >= change.occurred_at:
            segments[-1] = (segments[-1][0], hours)
        elif segments[-1][1] is not hours:
            segments.append((change.occurred_at, hours))
    return CaseClock(tuple(segments), zone)


def _hours_of(owner_id: str | None, policy: Policy) -> WorkingTime:
    owner = policy.owner_calendars.get(owner_id) if owner_id is not None else None
    try:
        return combined(policy.calendar, owner)
    except EmptyCalendar as empty:
        raise NoWorkingHours(
            f"Working time cannot be counted: the hours of owner {owner_id} and of the team have nothing in common."
        ) from empty
