"""When spans of a contract begin and end: days by its calendar, hours exactly, business days, cycles."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from audits.contracts.calendar import SpanCalendar
from audits.model.contract import Contract, DayOfNextMonth, Duration, Hours, Per, Until, Window, WindowFrom
from audits.model.working_time import NeverOpens, OutOfRange, WorkingTime, working_time

_DAY = timedelta(days=1)
_WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class ClaimWindow:
    """When a return may be claimed, both ends included (aware UTC); `ends_at` None: it does not end."""

    opens_at: datetime
    ends_at: datetime | None

    def holds(self, at: datetime) -> bool:
        """Whether `at` lies in it."""
        return self.opens_at <= at and (self.ends_at is None or at <= self.ends_at)


class Timing:
    """How time is counted under one version. A contract without hours is open at all times."""

    def __init__(self, contract: Contract) -> None:
        self._zone = contract.zone
        self._spans = SpanCalendar(contract.timezone, contract.cycle)
        hours = contract.hours
        calendar = None if hours is None else hours.calendar(contract.timezone)
        self._open: WorkingTime | None = None if calendar is None else working_time(calendar)
        self._weekdays = frozenset(range(7) if calendar is None else calendar.week)
        self._closed = frozenset() if calendar is None else calendar.holidays
        self._window = None if contract.returns is None else contract.returns.window

    def after(self, at: datetime, span: Duration, *, in_business: bool = False) -> datetime | None:
        """The instant (aware UTC) `span` after `at`: `in_business`, days are business days and hours open ones.
        None: so many open hours never pass."""
        if not in_business:
            return span.after(at, self._zone)
        if span.days:
            at = self._business_days_after(at, span.days)
        if not span.seconds or self._open is None:
            return at + timedelta(seconds=span.seconds)
        try:
            return self._open.after(at, span.seconds)
        except (NeverOpens, OutOfRange):
            return None

    def before(self, at: datetime, span: Duration) -> datetime:
        """The instant (aware UTC) `span` before `at`: days by the calendar, then the seconds."""
        if span.days:
            at = (at.astimezone(self._zone) - timedelta(days=span.days)).astimezone(UTC)
        return at - timedelta(seconds=span.seconds)

    def claim_window(self, counts_at: datetime, delivered_at: datetime | None = None) -> ClaimWindow | None:
        """The window of a lead that counts from `counts_at` on, and came at `delivered_at` (None: then, too). None:
        the contract knows no returns."""
        window = self._window
        if window is None:
            return None
        start = counts_at
        if window.start is WindowFrom.CYCLE_END:
            start = self._cycle_end(counts_at)
        opens_at = counts_at if delivered_at is None else delivered_at
        if window.not_before is not None:
            opens_at = self._window_day(start, window.not_before, window)
        return ClaimWindow(opens_at, None if window.until is None else self._window_day(start, window.until, window))

    def _window_day(self, start: datetime, until: Until, window: Window) -> datetime:
        at_cycle_end = window.start is WindowFrom.CYCLE_END
        if isinstance(until, DayOfNextMonth):
            return self._day_of_next_month(start - _DAY if at_cycle_end else start, until.day, window)
        if not window.business_days or not until.days:
            return until.after(start, self._zone)
        if at_cycle_end:
            # The cycle ends with its last day, which is day 0; the first of the next one is a day after it.
            last = start.astimezone(self._zone).date() - _DAY
            ended = self._spans.midnight(self._nth_business_day(last, until.days) + _DAY)
        else:
            ended = self._business_days_after(start, until.days)
        return ended + timedelta(seconds=until.seconds)

    def _cycle_end(self, at: datetime) -> datetime:
        end = self._spans.end(self._spans.number(at, Per.CYCLE), Per.CYCLE)
        # A cycle is a week or a month: it ends.
        return at if end is None else end

    def _day_of_next_month(self, at: datetime, day: int, window: Window) -> datetime:
        local = at.astimezone(self._zone).date()
        first = date(local.year + local.month // 12, local.month % 12 + 1, 1)
        last = self._nth_business_day(first - _DAY, day) if window.business_days else first.replace(day=day)
        return self._spans.midnight(last + _DAY)

    def _business_days_after(self, at: datetime, days: int) -> datetime:
        local = at.astimezone(self._zone)
        day = self._nth_business_day(local.date(), days)
        return datetime.combine(day, local.time(), self._zone).astimezone(UTC)

    def _nth_business_day(self, day: date, count: int) -> date:
        """The `count`-th business day after `day`."""
        whole, count = divmod(count, len(self._weekdays)) if not self._closed else (0, count)
        day += timedelta(days=7 * whole)
        if whole and not count:
            # Whole weeks after a day that is none itself end on the last business day before it.
            while day.weekday() not in self._weekdays:
                day -= _DAY
        while count:
            day += _DAY
            count -= day.weekday() in self._weekdays and day not in self._closed
        return day


def opening(hours: Hours, zone: str) -> Callable[[datetime], datetime]:
    """The function that gives the earliest open instant from an instant (aware UTC) on: itself when open, and also
    where the hours never open again. Fastest when instants come in order."""
    clock = working_time(hours.calendar(zone))
    open_from = open_until = datetime.min.replace(tzinfo=UTC)

    def opens(at: datetime) -> datetime:
        nonlocal open_from, open_until
        if open_from <= at < open_until:
            return at
        try:
            found = clock.next_open(at)
        except (NeverOpens, OutOfRange):
            return at
        if found > at:
            return found
        # The clock counts in whole seconds: within the first one it is open already.
        open_from, open_until = clock.open_intervals(at, at + _WEEK)[0]
        return at

    return opens


def part_of_day(at: datetime, contract: Contract) -> int:
    """Which of the contract's parts of the day `at` lies in, by its clock."""
    clock: time = at.astimezone(contract.zone).time()
    return sum(begin <= clock for begin in contract.dayparts)
