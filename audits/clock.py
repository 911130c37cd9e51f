"""The clock of one lead: working time by the calendars of those who held it, one after another.

- While somebody holds the lead, the clock runs when the hours of his team and his own are both open and he is not
  absent. His team's hours are those set for the team that the CRM names for him, else the general ones.
- While nobody holds it, the general hours count.
- When other hours come into force (`Policy.later_hours`), they count from then on and never before.
- An absence without an end, or own hours that share nothing with the team's, stop the clock for good. That is said
  (NoWorkingHours) by what would fall due after it; what fell due before stays due.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from audits.holds import pauses
from audits.last_answer import keeps_last_answer
from audits.model.case import Fact, LeadCase
from audits.model.policy import Hours, Policy
from audits.model.working_calendar import Calendar, EmptyCalendar
from audits.model.working_time import (
    NeverOpens,
    OutOfRange,
    Pause,
    WorkingTime,
    combined,
    never_open,
    widest,
    working_time,
)
from audits.model.zones import load_zone
from audits.timeline import holder_at


class NoWorkingHours(ValueError):
    """The hours agreed never open, or not long enough, or a time is no real one. The text is a sentence."""


@dataclass(frozen=True, slots=True)
class CaseClock:
    """Working time as agreed for one lead.

    `segments`: from which instant which hours hold; the first holds from the beginning. `zone` is that of the general
    hours. `doubt`: why it is not known whose hours held, or None. The hours of all teams together are used then: each
    owner's are a part of them, so nothing falls due earlier than this clock says, and a breach by it is not sure.
    `pauses`: [start, end) in which it stands still; one that has no end yet ends with the last of all instants.
    """

    segments: tuple[tuple[datetime, WorkingTime], ...]
    zone: ZoneInfo
    doubt: str | None = None
    pauses: tuple[Pause, ...] = ()

    def is_open(self, t: datetime) -> bool:
        """Whether the second that starts at `t` is working time. Raises NoWorkingHours for a time that is no real
        one."""
        return self.elapsed(t, t + timedelta(seconds=1)) == 1

    def elapsed(self, a: datetime, b: datetime) -> int:
        """Open seconds in [a, b); 0 when b is not after a. Raises NoWorkingHours for a time that is no real one."""
        try:
            return self._elapsed(a, b)
        except OutOfRange as unreal:
            raise NoWorkingHours(f"Working time cannot be counted: {unreal}.") from unreal

    def _elapsed(self, a: datetime, b: datetime) -> int:
        return sum(hours.elapsed(low, high, self.pauses) for low, high, hours in self._parts(a, b))

    def open_intervals(self, a: datetime, b: datetime) -> list[tuple[datetime, datetime]]:
        """The open spans inside [a, b) in order, pauses aside; a span may end where the next begins, at a hand-over.

        Raises NoWorkingHours for a time that is no real one.
        """
        try:
            return [span for low, high, hours in self._parts(a, b) for span in hours.open_intervals(low, high)]
        except OutOfRange as unreal:
            raise NoWorkingHours(f"Working time cannot be counted: {unreal}.") from unreal

    def _parts(self, a: datetime, b: datetime) -> Iterator[tuple[datetime, datetime, WorkingTime]]:
        for index, (start, hours) in enumerate(self.segments):
            low = a if index == 0 else max(a, start)
            high = min(b, self.segments[index + 1][0]) if index + 1 < len(self.segments) else b
            yield low, high, hours

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


@keeps_last_answer
def follow_up_clock(case: LeadCase, policy: Policy) -> CaseClock:
    """The clock of `case` for all that comes after the first attempt: it stands still while the lead is on hold.

    Where the history of statuses is not shown, but statuses mean waiting, `doubt` says so.
    """
    clock = case_clock(case, policy)
    if not policy.waiting_statuses:
        return clock
    return replace(clock, pauses=pauses(case, policy), doubt=clock.doubt or case.coverage.cause(Fact.STAGE_HISTORY))


@keeps_last_answer
def case_clock(case: LeadCase, policy: Policy) -> CaseClock:
    """The clock of `case`, by the hours of those who held the lead.

    Raises NoWorkingHours when it never runs: nobody who held the lead shares an hour with his team.
    """
    return _clock(case, policy, with_own=True)


def team_clock(case: LeadCase, policy: Policy) -> CaseClock:
    """The clock of the teams of those who held the lead, as if each kept his team's hours and was never absent."""
    return _clock(case, policy, with_own=False)


def _clock(case: LeadCase, policy: Policy, *, with_own: bool) -> CaseClock:
    zone, received_at, versions = load_zone(policy.calendar.zone), case.lead.received_at, policy.hours()
    doubt = _doubt(case, versions, with_own)
    moments = {each.valid_from for each in versions} | {change.occurred_at for change in case.owner_changes}
    segments: list[tuple[datetime, WorkingTime]] = []
    stopped = never_open(policy.calendar)
    for moment in (received_at, *sorted(each for each in moments if each > received_at)):
        # The version in force: the last that had begun.
        hours = next(each for each in reversed(versions) if each.valid_from <= moment)
        if doubt is not None:
            running = widest(hours.calendar, *_by_name(hours.team_calendars))
        else:
            running = _of_holder(holder_at(case, moment), hours, case, with_own) or stopped
        if not segments or segments[-1][1] is not running:
            segments.append((moment, running))
    if all(running is stopped for _, running in segments):
        raise NoWorkingHours(
            f"Working time cannot be counted: the hours of owner {holder_at(case, segments[-1][0])} and of the team "
            "have nothing in common."
        )
    return CaseClock(tuple(segments), zone, doubt)


def _doubt(case: LeadCase, versions: Sequence[Hours], with_own: bool) -> str | None:
    """Why it is not known whose hours held, where it matters."""
    has_teams = any(each.team_calendars for each in versions)
    has_own = with_own and any(
        each.owner_calendars or _any_away(each, case.lead.received_at, case.as_of) for each in versions
    )
    asked = ([Fact.OWNER_HISTORY] if has_own or has_teams else []) + ([Fact.OWNERS] if has_teams else [])
    return case.coverage.cause(*asked)


def _any_away(hours: Hours, a: datetime, b: datetime) -> bool:
    return any(start < b and end > a for spans in hours.absences.values() for start, end in spans)


def _of_holder(owner_id: str | None, hours: Hours, case: LeadCase, with_own: bool) -> WorkingTime | None:
    """The clock of one holder, None when it never runs."""
    if owner_id is None:
        return working_time(hours.calendar)
    team = next((owner.team for owner in case.owners if owner.owner_id == owner_id), None)
    calendar = hours.calendar if team is None else hours.team_calendars.get(team, hours.calendar)
    if not with_own:
        return working_time(calendar)
    try:
        return combined(calendar, hours.owner_calendars.get(owner_id), hours.absences.get(owner_id, ()))
    except EmptyCalendar:
        return None


def _by_name(calendars: Mapping[str, Calendar]) -> list[Calendar]:
    return [calendars[name] for name in sorted(calendars)]
