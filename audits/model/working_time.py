"""The clock of working time: how many open seconds lie between two instants, and when a target falls due.

A calendar is compiled, one UTC year at a time and only when asked, into the sorted starts of its open spans and the
open seconds before each of them; every question is then a bisection.

What an instant means:
- An instant is open when the wall clock of the calendar's zone, at that instant, shows a time inside the hours. So
  an hour that the clocks skip does not count, an hour that they repeat counts twice, and a day open from 00:00 to
  24:00 has 23, 24 or 25 hours as the zone has it.
- Spans are half-open: the opening second is open, the closing second is not.
- A span that ends before it begins, or where it begins, holds no working time: elapsed is 0, never negative.
- What falls due with the last open second of a day falls due at closing, not at the next opening.
- The grid is the whole second: fractions of a second are dropped from every instant that comes in. This keeps
  elapsed(a, b) + elapsed(b, c) == elapsed(a, c) exact.
- Offsets come from the time-zone data of the machine (zoneinfo).
"""

from __future__ import annotations

import hashlib
import json
from bisect import bisect_left, bisect_right
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from functools import lru_cache
from itertools import accumulate
from threading import Lock
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from audits.model.spans import Span, clip, intersect, merge, subtract
from audits.model.working_calendar import DAY_S, FIRST_YEAR, LAST_YEAR, Calendar, EmptyCalendar
from audits.model.zones import EPOCH, SECOND, offset_stretches, year_start

EpochSeconds = NDArray[np.int64]
"""UTC epoch seconds, one a question."""

Pause = tuple[datetime, datetime]
"""[start, end) in absolute time in which the clock stands still; an end not after the start stops nothing."""

# A weekly plan with yearly clock changes that has not opened in this long after its last dated exception never will.
_SEARCH_YEARS = 8


class NeverOpens(ValueError):
    """The hours end for good before the asked number of open seconds has passed."""


class OutOfRange(ValueError):
    """An instant outside of FIRST_YEAR to LAST_YEAR."""


class _Table(NamedTuple):
    """Covers [low, high) in UTC epoch seconds.

    Row i opens at starts[i]; before[i] open seconds lie before it, before[i + 1] - before[i] is its length; row 0 is
    empty and starts at low. The count begins where the first table began and is negative for years added in front,
    so that a count taken from one table holds in every later one.
    """

    low: int
    high: int
    starts: list[int]
    before: list[int]

    def count(self, instant: int) -> int:
        row = bisect_right(self.starts, instant)
        counted = self.before[row - 1] + instant - self.starts[row - 1]
        return min(counted, self.before[row])

    def spans(self) -> list[Span]:
        ends = (self.before[row + 1] - self.before[row] + start for row, start in enumerate(self.starts))
        return [(start, end) for start, end in zip(self.starts, ends, strict=True) if start < end]


class _Arrays(NamedTuple):
    """A table once more, for many questions at once. Row i is that of the table's i-th opening, shifted by one:
    of an instant in it or in the closed time after it, `behind[i] + instant` open seconds lie before it, but never
    more than `most[i]`."""

    table: _Table
    starts: EpochSeconds
    behind: EpochSeconds
    most: EpochSeconds

    @classmethod
    def of(cls, table: _Table) -> _Arrays:
        starts, before = np.array(table.starts, np.int64), np.array(table.before, np.int64)
        return cls(table, starts, np.concatenate(([0], before[:-1] - starts)), before)

    def counts(self, instants: EpochSeconds) -> EpochSeconds:
        rows = self.starts.searchsorted(instants, side="right")
        opened: EpochSeconds = self.behind.take(rows)
        opened += instants
        return np.minimum(opened, self.most.take(rows), out=opened)


_UNBUILT = _Table(low=1, high=0, starts=[], before=[])

# Pairs at a time: what is worked on stays in the processor's caches, and needs no fresh memory each time.
_PORTION = 8192


class WorkingTime:
    """The compiled clock. Safe to share between threads.

    Several calendars mean the hours that all of them have in common; `or_else` calendars open the first one's hours
    further, to the union of them; absences are [start, end) in absolute time and close whatever they cover. Raises
    EmptyCalendar when the calendars have no hour in common in our years. Every method takes aware datetimes of any
    zone, raises ValueError for naive ones and OutOfRange outside of the years covered; every returned datetime is in
    UTC, in whole seconds.
    """

    def __init__(
        self,
        calendar: Calendar,
        *others: Calendar,
        or_else: Iterable[Calendar] = (),
        absences: Iterable[Pause] = (),
    ) -> None:
        self._either: tuple[Calendar, ...] = (calendar, *or_else)
        self._also = others
        self._calendars: tuple[Calendar, ...] = (*self._either, *others)
        self._absences = merge(_clamped(absences))
        self._table = _UNBUILT
        self._arrays: _Arrays | None = None
        self._lock = Lock()
        if others and not self._ever_open():
            zones = " and ".join(sorted({each.zone for each in self._calendars}))
            raise EmptyCalendar(f"the calendars have no working hours in common (zones {zones})")

    @property
    def fingerprint(self) -> str:
        """Names the hours for good (hex): the calendar's own fingerprint, or a SHA-256 over all parts."""
        if len(self._calendars) == 1 and not self._absences:
            return self._calendars[0].fingerprint
        either, also = ({each.fingerprint for each in some} for some in (self._either, self._also))
        parts = (
            [sorted(either), sorted(also), self._absences]
            if len(either) > 1
            else [sorted(either | also), self._absences]
        )
        return hashlib.sha256(json.dumps(parts, separators=(",", ":")).encode()).hexdigest()

    def elapsed(self, a: datetime, b: datetime, pauses: Iterable[Pause] = ()) -> int:
        """Open seconds in [a, b) that no pause covers; 0 when b is not after a. Pauses may overlap and stick out."""
        low, high = _epoch(a), _epoch(b)
        counted = self.elapsed_epochs(low, high)
        if pauses:
            for start, end in clip(merge(_clamped(pauses)), low, high):
                counted -= self.elapsed_epochs(start, end)
        return counted

    def elapsed_epochs(self, low: int, high: int) -> int:
        """Open seconds in [low, high), both UTC epoch seconds: `elapsed` for bulk work that holds no datetimes."""
        if high <= low:
            return 0
        table = self._table
        if low < table.low or high > table.high:
            table = self._covering(low, high)
        starts, before = table.starts, table.before
        row = bisect_right(starts, high)
        until_high = before[row - 1] + high - starts[row - 1]
        if until_high > before[row]:
            until_high = before[row]
        row = bisect_right(starts, low)
        until_low = before[row - 1] + low - starts[row - 1]
        if until_low > before[row]:
            until_low = before[row]
        return until_high - until_low

    def elapsed_batch(self, starts: EpochSeconds, ends: EpochSeconds) -> EpochSeconds:
        """Open seconds in [starts[i], ends[i]) for every i, all of them UTC epoch seconds; 0 where reversed.

        The arrays are of one length. Raises OutOfRange when any instant is outside of the years covered.
        """
        if starts.shape != ends.shape or starts.ndim != 1:
            raise ValueError(f"starts and ends are of different shapes: {starts.shape} and {ends.shape}")
        if not len(starts):
            return np.empty(0, np.int64)
        low, high = min(int(starts.min()), int(ends.min())), max(int(starts.max()), int(ends.max()))
        table = self._covering(low, max(high, low + 1))
        arrays = self._arrays
        if arrays is None or arrays.table is not table:
            arrays = self._arrays = _Arrays.of(table)
        found = np.empty(len(starts), np.int64)
        for first in range(0, len(starts), _PORTION):
            part = slice(first, first + _PORTION)
            opened = found[part]
            np.subtract(arrays.counts(ends[part]), arrays.counts(starts[part]), out=opened)
            np.maximum(opened, 0, out=opened)
        return found

    def after(self, t: datetime, seconds: int, pauses: Iterable[Pause] = ()) -> datetime:
        """The earliest instant d, not before t, with elapsed(t, d, pauses) == seconds.

        When the last second is the last one before closing, that is the closing instant itself, not the next
        opening; likewise the start of a pause. With 0 seconds it is t. Raises ValueError for negative seconds and
        NeverOpens when the hours end, or a pause begins that has no end, before so many seconds have passed.
        """
        if seconds < 0:
            raise ValueError(f"seconds: {seconds} is negative; a target lies ahead")
        start = _epoch(t)
        _check_range(start)
        if seconds == 0:
            return _instant(start)
        target = self._count(start) + seconds
        due = self._reached(target, start)
        for low, high in clip(merge(_clamped(pauses)), start, _LATEST) if pauses else ():
            if due <= low:
                break
            if high == _LATEST:
                raise NeverOpens(f"the clock is paused for good from {_instant(low).isoformat()} on; end the pause")
            stopped = self.elapsed_epochs(low, high)
            if stopped:
                target += stopped
                due = self._reached(target, start)
        return _instant(due)

    def is_open(self, t: datetime) -> bool:
        """Whether the second that starts at t is working time."""
        instant = _epoch(t)
        return self.elapsed_epochs(instant, instant + 1) == 1

    def open_intervals(self, a: datetime, b: datetime) -> list[tuple[datetime, datetime]]:
        """The open spans inside [a, b), ordered, each as long as can be; empty when b is not after a."""
        low, high = _epoch(a), _epoch(b)
        if high <= low:
            return []
        table = self._covering(low, high)
        first = bisect_right(table.starts, low) - 1
        last = bisect_left(table.starts, high)
        spans = [
            (start, start + table.before[row + 1] - table.before[row])
            for row, start in enumerate(table.starts[first:last], first)
        ]
        return [(_instant(start), _instant(end)) for start, end in clip(spans, low, high)]

    def next_open(self, t: datetime) -> datetime:
        """The earliest open instant from t on: t itself when open. Raises NeverOpens when there is none."""
        instant = _epoch(t)
        _check_range(instant)
        return _instant(self._reached(self._count(instant) + 1, instant) - 1)

    def _count(self, instant: int) -> int:
        return self._covering(instant, instant + 1).count(instant)

    def _reached(self, target: int, since: int) -> int:
        """The instant at which the count becomes `target`, searched forward from `since`."""
        table = self._table
        while table.before[-1] < target:
            end = self._search_end(max(since, table.starts[-1]))
            if table.high >= end:
                raise NeverOpens(
                    f"the working hours end for good: {target - table.before[-1]} open seconds are missing after "
                    f"{_instant(since).isoformat()}; give the calendar hours for the time after"
                )
            # Twice as far each time: a deadline in n years builds fewer than 2n, and joins them log n times.
            table = self._covering(table.low, min(2 * table.high - table.low, end))
        row = bisect_left(table.before, target) - 1
        return table.starts[row] + target - table.before[row]

    def _search_end(self, since: int) -> int:
        if self._absences and self._absences[-1][1] == _LATEST:
            return self._absences[-1][0]
        exceptions = [each.last_exception_on for each in self._calendars]
        ends = [year_start(day.year) for day in exceptions if day is not None]
        ends += [end for _, end in self._absences[-1:]]
        return min(_LATEST, max([since, *ends]) + _SEARCH_YEARS * 366 * DAY_S)

    def _covering(self, low: int, high: int) -> _Table:
        """The table, extended by whole years until it covers [low, high)."""
        table = self._table
        if table.low <= low and high <= table.high:
            return table
        _check_range(low)
        _check_range(high - 1)
        with self._lock:
            table = self._table
            built = table.low < table.high
            first = _year(min(low, table.low) if built else low)
            last = _year(max(high, table.high) - 1 if built else high - 1)
            rows: list[Span] = []
            in_front = 0
            for year in range(first, last + 1):
                if built and table.low <= year_start(year) < table.high:
                    if year_start(year) == table.low:
                        in_front = sum(end - start for start, end in rows)
                        rows += table.spans()
                    continue
                rows += self._open_in(year)
            # A plain swap of one reference: readers hold either the old table or the new one, both whole.
            zero = table.before[0] - in_front if built else 0
            self._table = _tabulated(year_start(first), year_start(last + 1), merge(rows), zero)
            return self._table

    def _open_in(self, year: int) -> Sequence[Span]:
        spans = self._agreed_in(year)
        return subtract(spans, self._absences) if self._absences else spans

    def _agreed_in(self, year: int) -> Sequence[Span]:
        """The open spans of a year, absences aside."""
        spans: Sequence[Span] = open_spans(self._either[0], year)
        if len(self._either) > 1:
            spans = merge(span for each in self._either for span in open_spans(each, year))
        for other in self._also:
            spans = intersect(spans, open_spans(other, year))
        return spans

    def _ever_open(self) -> bool:
        """Whether the calendars share any hour: in an ordinary year of the plain weeks, or in one with exceptions."""
        years = {2024, 2025} | {day.year for each in self._calendars for day in each.overrides}
        # The year after too: an evening of 31 December may run over midnight, and offsets move hours over the edge.
        around = sorted(years | {year + 1 for year in years} | {year - 1 for year in years})
        return any(self._agreed_in(year) for year in around if FIRST_YEAR <= year <= LAST_YEAR)


def _tabulated(low: int, high: int, rows: Sequence[Span], zero: int) -> _Table:
    lengths = (end - start for start, end in rows)
    return _Table(low, high, [low, *(start for start, _ in rows)], [zero, *accumulate(lengths, initial=zero)])


_CLOCKS_KEPT = 512
_clocks: OrderedDict[str, WorkingTime] = OrderedDict()
_clocks_lock = Lock()


def working_time(calendar: Calendar) -> WorkingTime:
    """The shared clock of a calendar, kept by fingerprint: the same hours are compiled once per process."""
    with _clocks_lock:
        clock = _clocks.get(calendar.fingerprint)
        if clock is None:
            clock = _clocks[calendar.fingerprint] = WorkingTime(calendar)
            if len(_clocks) > _CLOCKS_KEPT:
                _clocks.popitem(last=False)
        else:
            _clocks.move_to_end(calendar.fingerprint)
        return clock


def combined(team: Calendar, owner: Calendar | None, absences: Sequence[Pause] = ()) -> WorkingTime:
    """The clock of one owner: the team's hours that are also the owner's, less the owner's absences.

    owner None means that the owner keeps the team's hours; absences are [start, end) in absolute time, in any
    order. Raises EmptyCalendar when team and owner have no hour in common: such a clock would stand still, and every
    answer would count as given at once.
    """
    absent = tuple(merge(_clamped(absences)))
    same = owner is None or owner.fingerprint == team.fingerprint
    if same and not absent:
        return working_time(team)
    return _combined(team, None if same else owner, absent)


@lru_cache(maxsize=256)
def widest(calendar: Calendar, *others: Calendar) -> WorkingTime:
    """The clock that runs whenever any of the calendars is open."""
    return WorkingTime(calendar, or_else=others) if others else working_time(calendar)


@lru_cache(maxsize=256)
def never_open(calendar: Calendar) -> WorkingTime:
    """A clock that stands still for good: nothing elapses, nothing falls due."""
    return WorkingTime(calendar, absences=((_instant(_EARLIEST), _instant(_LATEST)),))


@lru_cache(maxsize=1024)
def _combined(team: Calendar, owner: Calendar | None, absent: tuple[Span, ...]) -> WorkingTime:
    away = [(_instant(start), _instant(end)) for start, end in absent]
    return WorkingTime(team, *([owner] if owner is not None else []), absences=away)


@lru_cache(maxsize=256)
def open_spans(calendar: Calendar, year: int) -> tuple[Span, ...]:
    """Open hours of one UTC year: ordered, disjoint [start, end) in UTC epoch seconds, cut at the year's ends."""
    low, high = year_start(year), year_start(year + 1)
    # A UTC offset is less than a day, so one date more on either side covers every local date of the year.
    local = calendar.local_spans(date(year, 1, 1) - timedelta(days=1), date(year + 1, 1, 1))
    opened: list[Span] = []
    for start, end, offset in offset_stretches(calendar.zone, year):
        # Seconds that the clocks skip belong to no stretch, repeated ones to two: no further rule is needed.
        wall = clip(local, start + offset, end + offset)
        opened += [(first - offset, last - offset) for first, last in wall]
    return tuple(clip(merge(opened), low, high))


def _epoch(instant: datetime) -> int:
    try:
        return (instant - EPOCH) // SECOND
    except TypeError:
        raise ValueError(f"{instant!r} has no time zone; give an aware datetime") from None


def _instant(epoch: int) -> datetime:
    return EPOCH + timedelta(seconds=epoch)


def _year(epoch: int) -> int:
    return _instant(epoch).year


_EARLIEST, _LATEST = year_start(FIRST_YEAR), year_start(LAST_YEAR + 1)


def _check_range(instant: int) -> None:
    if not _EARLIEST <= instant < _LATEST:
        raise OutOfRange(
            f"{'an instant before' if instant < _EARLIEST else 'an instant after'} the years {FIRST_YEAR} to "
            f"{LAST_YEAR} ({instant} s since 1970); it looks like a placeholder, leave it out"
        )


def _clamped(pauses: Iterable[Pause]) -> list[Span]:
    """Pauses as epoch spans, cut to the years covered: a pause may well be written as lasting for ever."""
    return [(max(_epoch(start), _EARLIEST), min(_epoch(end), _LATEST)) for start, end in pauses]
