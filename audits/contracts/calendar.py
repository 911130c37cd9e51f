"""Spans of a contract's calendar: which hour, day, week, month or cycle an instant belongs to."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from audits.model.contract import Per
from audits.model.zones import EPOCH, SECOND, load_zone, offset_stretches, year_start

_HOUR_S = 3600
_DAY_S = 86_400
_EPOCH_DAY = date(1970, 1, 1).toordinal()
# 1 January 1970 was a Thursday; weeks begin on Monday.
_THURSDAY = 3


class SpanCalendar:
    """Spans in `zone` (IANA), numbered so that later ones have higher numbers. `cycle`: what a billing cycle is.
    Instants (aware UTC) are numbered fastest when they come nearly in order. Raises ValueError for no zone."""

    def __init__(self, zone: str, cycle: Per = Per.MONTH) -> None:
        self._name = zone
        self._zone: ZoneInfo = load_zone(zone)
        self._cycle = cycle
        self._low = self._high = self._offset = self._changed = 0
        self._day = self._month = 0
        self._numbers: dict[Per, Callable[[datetime], int]] = {
            Per.HOUR: self._hour_of,
            Per.DAY: self.day_of,
            Per.WEEK: lambda at: (self.day_of(at) + _THURSDAY) // 7,
            Per.MONTH: self._month_of,
            Per.TOTAL: lambda _: 0,
        }
        self._numbers[Per.CYCLE] = self._numbers[cycle]

    def numbering(self, per: Per) -> Callable[[datetime], int]:
        """The function that gives the number of the span `per` in which an instant lies."""
        return self._numbers[per]

    def number(self, at: datetime, per: Per) -> int:
        """The number of the span `per` in which `at` lies."""
        return self._numbers[per](at)

    def day_of(self, at: datetime) -> int:
        """The day of `at` by the clock of the zone, counted from 1 January 1970."""
        seconds = int(at.timestamp())
        if not self._low <= seconds < self._high:
            self._look_up(seconds, at.year)
        return (seconds + self._offset) // _DAY_S

    def begin(self, number: int, per: Per) -> datetime | None:
        """When that span begins (aware UTC); it ends where the next number begins. None: it has no beginning."""
        if per is Per.CYCLE:
            per = self._cycle
        if per is Per.HOUR:
            return EPOCH + timedelta(seconds=number)
        first = self.first_day(number, per)
        return None if first is None else self.midnight(first)

    def end(self, number: int, per: Per) -> datetime | None:
        """When that span ends (aware UTC), the instant itself no longer in it. None: it has no end."""
        if per is not Per.HOUR:
            return self.begin(number + 1, per)
        # An hour that a change of the clock cuts short ends where the next one begins.
        start = EPOCH + timedelta(seconds=number)
        low, high = 0, _HOUR_S
        while high - low > 1:
            middle = (low + high) // 2
            if self._hour_of(start + timedelta(seconds=middle)) == number:
                low = middle
            else:
                high = middle
        return start + timedelta(seconds=high)

    def first_day(self, number: int, per: Per) -> date | None:
        """The first day of that day, week, month or cycle. None for hours and the total."""
        if per is Per.CYCLE:
            per = self._cycle
        if per is Per.DAY:
            return date.fromordinal(_EPOCH_DAY + number)
        if per is Per.WEEK:
            return date.fromordinal(_EPOCH_DAY + number * 7 - _THURSDAY)
        if per is Per.MONTH:
            return date(number // 12, number % 12 + 1, 1)
        return None

    def midnight(self, day: date) -> datetime:
        """When `day` begins in the zone (aware UTC)."""
        return datetime(day.year, day.month, day.day, tzinfo=self._zone).astimezone(UTC)

    def _hour_of(self, at: datetime) -> int:
        # An hour's number is the instant at which it begins: the clock names two hours alike when it is set back.
        seconds = int(at.timestamp())
        if not self._low <= seconds < self._high:
            self._look_up(seconds, at.year)
        return max(seconds - (seconds + self._offset) % _HOUR_S, self._changed)

    def _month_of(self, at: datetime) -> int:
        day = self.day_of(at)
        if day != self._day or not self._month:
            self._day = day
            local = date.fromordinal(_EPOCH_DAY + day)
            self._month = local.year * 12 + local.month - 1
        return self._month

    def _look_up(self, seconds: int, year: int) -> None:
        for low, high, offset in offset_stretches(self._name, year):
            if low <= seconds < high:
                self._low, self._high, self._offset = low, high, offset
                # Where no clock was changed only the year was cut, and the hour goes on across it.
                self._changed = 0 if low == year_start(year) else low
                return
        raise ValueError(f"{EPOCH + seconds * SECOND} is not in UTC")
