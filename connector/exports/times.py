"""Times as an export writes them → aware UTC; what a local clock leaves open is decided by a rule and counted."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple

from audits.model.working_calendar import FIRST_YEAR, LAST_YEAR
from audits.model.zones import load_zone
from connector.exports.mapping import DurationUnit, RepeatedHour, SkippedHour, TimeReading
from connector.exports.sheet import Cell, FaultyCell

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
#: Day 0 of Excel's count for all dates after February 1900.
_EXCEL_DAY_0 = datetime(1899, 12, 30)  # noqa: DTZ001  (a wall clock; the zone is put on afterwards, by the map)
_SERIAL = re.compile(r"[1-9][0-9]{1,6}(?:[.,][0-9]+)?")
_NUMBER = re.compile(r"-?[0-9]{1,17}(?:\.[0-9]+)?")
#: A decimal comma for sure: three digits behind it might be thousands.
_COMMA = re.compile(r"[0-9]{1,15},(?:[0-9]{1,2}|[0-9]{4,})")
_CLOCK = re.compile(r"(?:([0-9]+):)?([0-9]+):([0-5][0-9])")
_UNIT_S = {DurationUnit.SECONDS: 1.0, DurationUnit.MILLISECONDS: 0.001, DurationUnit.MINUTES: 60.0}


class Moment(NamedTuple):
    """When something was, UTC. `latest_at` None = exactly at `at`; else somewhere from `at` to `latest_at`."""

    at: datetime
    latest_at: datetime | None


class TimeReader:
    """Reads the times of one file and counts what needed a rule.

    repeated_hours  local times that the clocks show twice; read as the map says.
    skipped_hours   local times that the clocks never show; read as the map says.
    days_only       dates without a time of day; a span from the first to the last second of that local day.
    """

    def __init__(self, how: TimeReading) -> None:
        self._how = how
        self._zone = load_zone(how.zone)
        self._patterns = [(pattern, _has_time_of_day(pattern)) for pattern in how.formats]
        self.repeated_hours = 0
        self.skipped_hours = 0
        self.days_only = 0

    def instant(self, cell: Cell) -> datetime:
        """The instant in `cell`, UTC, whole seconds; of a day its first. Raises ValueError with a reason."""
        return self.moment(cell).at

    def moment(self, cell: Cell) -> Moment:
        """The same, and until when it can have been. A date cell of a workbook at midnight is taken as a day."""
        if isinstance(cell, FaultyCell):
            raise ValueError(cell.reason)
        if isinstance(cell, datetime):
            found, is_day = cell, cell.time() == time()
        else:
            found, is_day = self._parsed(cell.strip())
        at = self._utc(found)
        if not is_day:
            return Moment(at, None)
        self.days_only += 1
        return Moment(at, self._utc(found + timedelta(days=1)) - timedelta(seconds=1))

    def moment_of(self, day: Cell, hour: Cell) -> Moment:
        """The same of a date and a time of day in cells of their own; without an hour it is the day."""
        if isinstance(hour, FaultyCell):
            raise ValueError(hour.reason)
        if hour == "" or isinstance(day, FaultyCell):
            return self.moment(day)
        if isinstance(hour, datetime):
            hour = hour.time().isoformat()
        if not isinstance(day, datetime):
            return self.moment(f"{day.strip()} {hour.strip()}")
        try:
            told = time.fromisoformat(hour.strip())
        except ValueError:
            return self.moment(f"{day.date().isoformat()} {hour.strip()}")
        return Moment(self._utc(datetime.combine(day.date(), told)), None)

    def day(self, cell: Cell) -> date:
        """The day in `cell`, by the clock of the map's zone; a time of day in it does not matter. Raises ValueError
        with a reason."""
        if isinstance(cell, FaultyCell):
            raise ValueError(cell.reason)
        found = cell if isinstance(cell, datetime) else self._parsed(cell.strip())[0]
        return (found if found.tzinfo is None else self._utc(found).astimezone(self._zone)).date()

    def _utc(self, found: datetime) -> datetime:
        if found.tzinfo is None:
            found = self._placed(found)
        try:
            instant = found.astimezone(UTC).replace(microsecond=0)
        except OverflowError:
            instant = None
        if instant is None or not FIRST_YEAR <= instant.year <= LAST_YEAR:
            raise ValueError(f"the year {found.year} looks like a placeholder")
        return instant

    def _parsed(self, text: str) -> tuple[datetime, bool]:
        """The time written, and whether it is a date without a time of day."""
        for pattern, has_time in self._patterns:
            try:
                found = _by_pattern(text, pattern)
            except (ValueError, OverflowError):
                continue
            is_day = not has_time or (pattern == "iso" and len(text) <= len("2024-01-01"))
            return found, is_day or (pattern == "excel" and found.time() == time())
        raise ValueError(f"is no time of the format {' or '.join(pattern for pattern, _ in self._patterns)}")

    def _placed(self, local: datetime) -> datetime:
        """A wall clock put into the zone of the map."""
        first, second = (local.replace(tzinfo=self._zone, fold=fold) for fold in (0, 1))
        before, after = first.utcoffset(), second.utcoffset()
        if before == after or before is None or after is None:
            return first
        if before > after:
            self.repeated_hours += 1
            if self._how.repeated_hour is RepeatedHour.REJECT:
                raise ValueError(f"is shown twice by the clocks of {self._how.zone}; give the offset with the time")
            return second if self._how.repeated_hour is RepeatedHour.LATER else first
        self.skipped_hours += 1
        if self._how.skipped_hour is SkippedHour.REJECT:
            raise ValueError(f"is never shown by the clocks of {self._how.zone}")
        return first


def span_s(cell: Cell, unit: DurationUnit) -> int:
    """Seconds, rounded down, of a duration written in `unit`; a clock-like text is read as such in every unit.

    1.5 and 1,5 are the same; 1,500 may be either and is refused.

    Raises ValueError with a reason for a person.
    """
    if isinstance(cell, FaultyCell):
        raise ValueError(cell.reason)
    if isinstance(cell, datetime):
        raise ValueError("is a date and no duration")
    text = cell.strip()
    if clock := _CLOCK.fullmatch(text):
        hours, minutes, seconds = (int(part or 0) for part in clock.groups())
        return hours * 3600 + minutes * 60 + seconds
    if _COMMA.fullmatch(text):
        text = text.replace(",", ".")
    if unit is not DurationUnit.CLOCK and _NUMBER.fullmatch(text) and not text.startswith("-"):
        return int(float(text) * _UNIT_S[unit])
    raise ValueError("is no duration" + ("" if unit is DurationUnit.CLOCK else f" in {unit.value}"))


def _by_pattern(text: str, pattern: str) -> datetime:
    if pattern == "iso":
        return datetime.fromisoformat(text)
    if pattern == "excel":
        if not _SERIAL.fullmatch(text):
            raise ValueError(text)
        return _EXCEL_DAY_0 + timedelta(seconds=round(float(text.replace(",", ".")) * 86_400))
    if pattern in ("epoch_s", "epoch_ms"):
        if not _NUMBER.fullmatch(text):
            raise ValueError(text)
        return _EPOCH + timedelta(seconds=float(text) / (1000 if pattern == "epoch_ms" else 1))
    return datetime.strptime(text, pattern)  # noqa: DTZ007  (the zone is put on afterwards, by the map)


def _has_time_of_day(pattern: str) -> bool:
    if pattern in ("iso", "epoch_s", "epoch_ms", "excel"):
        return True
    return any(mark in pattern for mark in ("%H", "%I", "%X", "%c", "%T", "%R", "%s"))
