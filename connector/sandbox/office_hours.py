"""Office hours by the plainest walk: day after day, nine to six, Monday to Friday.

The sandbox plants faults by this clock. It is on purpose not the clock of the product: what is planted must not be
counted by the code that is to find it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

_DAY = timedelta(days=1)
_FRIDAY = 4


@dataclass(frozen=True, slots=True)
class OfficeHours:
    """Monday to Friday, `opens` to `closes` o'clock by the clock of `zone`. Moments in and out are aware UTC."""

    zone: ZoneInfo
    opens: int = 9
    closes: int = 18

    def window(self, day: date) -> tuple[datetime, datetime] | None:
        """When the office opens and closes on a local date; None at the weekend."""
        if day.weekday() > _FRIDAY:
            return None
        return self.local(day, self.opens), self.local(day, self.closes)

    def local(self, day: date, hour: int, minute: int = 0) -> datetime:
        """The moment of a wall-clock time on a local date."""
        return datetime.combine(day, time(hour, minute), self.zone).astimezone(UTC)

    def day_of(self, t: datetime) -> date:
        """The local date of a moment."""
        return t.astimezone(self.zone).date()

    def open_s(self, a: datetime, b: datetime) -> int:
        """Open seconds from `a` to `b`; 0 when `b` is not after `a`."""
        total = timedelta()
        day = self.day_of(a)
        while day <= self.day_of(b):
            window = self.window(day)
            if window is not None:
                total += max(timedelta(), min(b, window[1]) - max(a, window[0]))
            day += _DAY
        return int(total.total_seconds())

    def after(self, t: datetime, seconds: int) -> datetime:
        """The first moment at which `seconds` (more than 0) of open time have passed since `t`."""
        left = timedelta(seconds=seconds)
        for opens, closes in self._windows(self.day_of(t), _DAY):
            start = max(t, opens)
            if start < closes and closes - start >= left:
                return start + left
            left -= max(timedelta(), closes - start)
        raise AssertionError("the office opens every week")

    def before(self, t: datetime, seconds: int) -> datetime:
        """The last moment from which `seconds` (more than 0) of open time pass until `t`."""
        left = timedelta(seconds=seconds)
        for opens, closes in self._windows(self.day_of(t), -_DAY):
            end = min(t, closes)
            if opens < end and end - opens >= left:
                return end - left
            left -= max(timedelta(), end - opens)
        raise AssertionError("the office opens every week")

    def is_open(self, t: datetime) -> bool:
        """Whether somebody is in the office."""
        window = self.window(self.day_of(t))
        return window is not None and window[0] <= t < window[1]

    def _windows(self, day: date, step: timedelta) -> Iterator[tuple[datetime, datetime]]:
        while True:
            window = self.window(day)
            if window is not None:
                yield window
            day += step
