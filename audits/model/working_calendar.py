"""The definition of working hours: a week, its exceptions and a time zone, as written by a person.

All times in here are what the clock on the wall shows in the calendar's zone; nothing is converted. The rules by
which wall-clock hours become open hours:

1. A date with an override has exactly the hours of that override, also when the date is a holiday.
2. Any other holiday is closed from its midnight to the next.
3. Any other date has the hours of its weekday, and what the evening before carried over midnight.
4. An interval whose end is not after its start runs over midnight into the next date. It belongs to the date on
   which it starts, so it falls away with that date; and because of rules 1 and 2 it stops at midnight when the next
   date is a holiday or has an override. `["09:00", "09:00"]` is thus 24 hours.
5. Breaks are cut out last, whatever opened the hours, and may run over midnight too.
6. Overlapping or touching intervals are one.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property

from audits.model.spans import Span, merge, subtract
from audits.model.zones import load_zone

DAY_S = 86_400
FIRST_YEAR = 1900
LAST_YEAR = 2199
"""Dates and instants outside of these years are refused: they are placeholders, nobody worked then."""

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

Hours = tuple[Span, ...]
"""Intervals of one date: [start, end) in seconds of the local day, end 86400 for 24:00."""

_EPOCH_DAY = date(1970, 1, 1).toordinal()
_FIELDS = ("tz", "week", "holidays", "overrides", "breaks")
_TIME = re.compile(r"([0-9]{2}):([0-9]{2})(?::([0-9]{2}))?")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class EmptyCalendar(ValueError):
    """The hours never open, so no target could ever fall due."""


@dataclass(frozen=True)
class Calendar:
    """Working hours of a team or a person.

    calendar_id  opaque; not part of the meaning, hence not of the fingerprint.
    zone         IANA name, for example "Europe/Berlin".
    week         0 = Monday; a missing weekday is closed.
    holidays     closed local dates.
    overrides    a date's own hours; an empty tuple closes the date.
    breaks       hours cut out of a date.

    Raises ValueError naming the place of anything that is not a time, a date or a zone, and EmptyCalendar when no
    hours are left.
    """

    calendar_id: str
    zone: str
    week: Mapping[int, Hours]
    holidays: frozenset[date] = frozenset()
    overrides: Mapping[date, Hours] = field(default_factory=dict)
    breaks: Mapping[date, Hours] = field(default_factory=dict)

    def __post_init__(self) -> None:
        load_zone(self.zone)
        for weekday in self.week:
            if weekday not in range(7):
                raise ValueError(f"week: {weekday!r} is not a weekday; use 0 (Monday) to 6 (Sunday)")
        week = {day: _checked(self.week[day], f"week.{WEEKDAYS[day]}") for day in sorted(self.week)}
        # Own copies in one order: the caller's dicts may change later, and equal hours must read as equal.
        object.__setattr__(self, "week", {day: hours for day, hours in week.items() if hours})
        object.__setattr__(self, "holidays", frozenset(self.holidays))
        for name, dates in (
            ("holidays", self.holidays),
            ("overrides", self.overrides),
            ("breaks", self.breaks),
        ):
            for day in sorted(dates):
                if not FIRST_YEAR <= day.year <= LAST_YEAR:
                    raise ValueError(f"{name}: {day} is outside of the years {FIRST_YEAR} to {LAST_YEAR}")
        for name in ("overrides", "breaks"):
            dated: Mapping[date, Hours] = getattr(self, name)
            copy = {day: _checked(dated[day], f"{name}.{day.isoformat()}") for day in sorted(dated)}
            object.__setattr__(self, name, copy)
        if not self.week and not any(self.local_spans(day, day) for day in _with_next(self.overrides)):
            raise EmptyCalendar(
                "week: the calendar is never open; give at least one weekday some hours, "
                'for example "mon": [["09:00", "17:00"]]'
            )

    def __hash__(self) -> int:
        return hash(self.fingerprint)

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 (hex) of the canonical JSON: two calendars with the same one open at the same instants."""
        canonical = json.dumps(self.to_json(), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()

    @cached_property
    def last_exception_on(self) -> date | None:
        """The last date on which anything but the plain week holds; None when there is none."""
        dated = [*self.holidays, *self.overrides, *self.breaks]
        return max(dated) if dated else None

    def local_spans(self, first: date, last: date) -> list[Span]:
        """Open hours of the dates first to last, both included: ordered, disjoint [start, end) in seconds of the
        wall clock since 1970-01-01 00:00 local. Clock changes are not in here yet: every date has 24 hours."""
        opened: list[Span] = []
        cut: list[Span] = []
        for ordinal in range(first.toordinal() - 1, last.toordinal() + 1):
            day = date.fromordinal(ordinal)
            midnight = (ordinal - _EPOCH_DAY) * DAY_S
            for start, end in self._hours_starting_on(day):
                if end > start:
                    opened.append((midnight + start, midnight + end))
                    continue
                opened.append((midnight + start, midnight + DAY_S))
                tomorrow = date.fromordinal(ordinal + 1)
                if tomorrow not in self.overrides and tomorrow not in self.holidays:
                    opened.append((midnight + DAY_S, midnight + DAY_S + end))
            for start, end in self.breaks.get(day, ()):
                cut.append((midnight + start, midnight + end + (DAY_S if end <= start else 0)))
        bounds = (
            (first.toordinal() - _EPOCH_DAY) * DAY_S,
            (last.toordinal() + 1 - _EPOCH_DAY) * DAY_S,
        )
        outside = [(bounds[0] - 2 * DAY_S, bounds[0]), (bounds[1], bounds[1] + 2 * DAY_S)]
        return subtract(merge(opened), merge([*cut, *outside]))

    def _hours_starting_on(self, day: date) -> Hours:
        own = self.overrides.get(day)
        if own is not None:
            return own
        return () if day in self.holidays else self.week.get(day.weekday(), ())

    @classmethod
    def from_json(cls, data: Mapping[str, object], calendar_id: str = "") -> Calendar:
        """Read the neutral schema: tz, week (mon..sun), holidays, overrides, breaks; times "HH:MM" or "HH:MM:SS".

        tz and week must be there, the others may be left out. Raises ValueError naming the place and the value.
        """
        for name in data:
            if name not in _FIELDS:
                raise ValueError(f"{name}: unknown field; a calendar has {', '.join(_FIELDS)}")
        for name in ("tz", "week"):
            if name not in data:
                raise ValueError(f"{name}: missing")
        zone = data["tz"]
        if not isinstance(zone, str):
            raise ValueError(f"tz: {zone!r} is not text; give an IANA name such as Europe/Berlin")
        week: dict[int, Hours] = {}
        for name, hours in _object(data["week"], "week"):
            if name not in WEEKDAYS:
                raise ValueError(f"week.{name}: not a weekday; use {', '.join(WEEKDAYS)}")
            week[WEEKDAYS.index(name)] = _hours(hours, f"week.{name}")
        holidays = [
            _date(item, f"holidays[{place}]")
            for place, item in enumerate(_array(data.get("holidays", ()), "holidays"))
        ]
        return cls(
            calendar_id=calendar_id,
            zone=zone,
            week=week,
            holidays=frozenset(holidays),
            overrides=_dated_hours(data, "overrides"),
            breaks=_dated_hours(data, "breaks"),
        )

    def to_json(self) -> dict[str, object]:
        """The neutral schema again, in one fixed order; from_json(to_json()) has the same fingerprint."""
        return {
            "tz": self.zone,
            "week": {WEEKDAYS[day]: _written(hours) for day, hours in self.week.items()},
            "holidays": [day.isoformat() for day in sorted(self.holidays)],
            "overrides": {day.isoformat(): _written(hours) for day, hours in self.overrides.items()},
            "breaks": {day.isoformat(): _written(hours) for day, hours in self.breaks.items()},
        }


def _with_next(days: Iterable[date]) -> Iterator[date]:
    for day in days:
        yield day
        yield day + timedelta(days=1)


def _checked(hours: Iterable[Span], place: str) -> Hours:
    kept = tuple(sorted(hours))
    for index, (start, end) in enumerate(kept):
        if not 0 <= start < DAY_S:
            raise ValueError(f"{place}[{index}]: a start of {start} s is not within the day (0 to 86399)")
        if not 0 <= end <= DAY_S:
            raise ValueError(f"{place}[{index}]: an end of {end} s is not within the day (0 to 86400)")
    return kept


def _object(value: object, place: str) -> Iterator[tuple[str, object]]:
    if not isinstance(value, Mapping):
        raise ValueError(f"{place}: {value!r} is not an object")
    for key, item in value.items():
        yield str(key), item


def _array(value: object, place: str) -> Sequence[object]:
    if not isinstance(value, list | tuple):
        raise ValueError(f"{place}: {value!r} is not a list")
    return value


def _dated_hours(data: Mapping[str, object], name: str) -> dict[date, Hours]:
    return {
        _date(day, f"{name}.{day}"): _hours(hours, f"{name}.{day}")
        for day, hours in _object(data.get(name, {}), name)
    }


def _hours(value: object, place: str) -> Hours:
    hours: list[Span] = []
    for index, pair in enumerate(_array(value, place)):
        here = f"{place}[{index}]"
        ends = _array(pair, here)
        if len(ends) != 2:
            raise ValueError(f'{here}: {pair!r} is not a pair of times; write ["09:00", "17:00"]')
        start = _time(ends[0], here)
        if start == DAY_S:
            raise ValueError(f"{here}: 24:00 can only end an interval; write 00:00 on the next day")
        hours.append((start, _time(ends[1], here)))
    return tuple(hours)


def _time(value: object, place: str) -> int:
    found = _TIME.fullmatch(value) if isinstance(value, str) else None
    if found:
        hour, minute, second = (int(part or 0) for part in found.groups())
        time_s = hour * 3600 + minute * 60 + second
        if minute < 60 and second < 60 and time_s <= DAY_S:
            return time_s
    raise ValueError(f"{place}: {value} is not a time; write HH:MM or HH:MM:SS from 00:00 to 24:00")


def _date(value: object, place: str) -> date:
    if isinstance(value, str) and _DATE.fullmatch(value):
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass  # right shape, no such day: the same sentence serves
    raise ValueError(f"{place}: {value} is not a date; write YYYY-MM-DD")


def _written(hours: Hours) -> list[list[str]]:
    return [[_clock(start), _clock(end)] for start, end in hours]


def _clock(time_s: int) -> str:
    hour, rest = divmod(time_s, 3600)
    minute, second = divmod(rest, 60)
    return f"{hour:02d}:{minute:02d}:{second:02d}" if second else f"{hour:02d}:{minute:02d}"
