"""Instants of a file of deliveries: text → aware UTC, without an offset by the clock of the contract's zone."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from audits.model.working_calendar import FIRST_YEAR, LAST_YEAR
from audits.model.zones import load_zone
from connector.exports.mapping import RepeatedHour, SkippedHour, TimeReading
from connector.exports.times import TimeReader

_HOUR = timedelta(hours=1)
_MOST_KEPT = 100_000
_IN_UTC = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")
_parsed = datetime.fromisoformat
_ONLY_A_DAY = "gives only the day; a time of day is needed"


class Instants:
    """Reads instants by the clock of one zone. What the clocks show twice or never is refused, unless `how` says
    otherwise."""

    def __init__(self, zone: str, how: TimeReading | None) -> None:
        reading = how or TimeReading(zone=zone, repeated_hour=RepeatedHour.REJECT, skipped_hour=SkippedHour.REJECT)
        self._is_iso = reading.formats == ("iso",)
        self._zone = load_zone(reading.zone)
        self._reader = TimeReader(reading)
        self._offsets: dict[int, timedelta] = {}

    def read(self, text: str) -> datetime:
        """The instant (aware UTC) that `text` gives. Raises ValueError with half a sentence, also for a mere day."""
        if not self._is_iso:
            found = self._reader.moment(text)
            if found.latest_at is not None:
                raise ValueError(_ONLY_A_DAY)
            return found.at
        try:
            at = datetime.fromisoformat(text)
        except ValueError:
            raise ValueError("is no time; write 2026-05-04T10:00:00+02:00") from None
        if len(text) <= len("2026-05-04") and "T" not in text:
            raise ValueError(_ONLY_A_DAY)
        zone = at.tzinfo
        if zone is None:
            at = self._placed(at)
        elif zone is not UTC:
            try:
                at = at.astimezone(UTC)
            except OverflowError:
                raise ValueError(f"the year {at.year} looks like a placeholder") from None
        if not FIRST_YEAR <= at.year <= LAST_YEAR:
            raise ValueError(f"the year {at.year} looks like a placeholder")
        return at

    def told(self, text: str) -> tuple[datetime, str]:
        """What `read` gives, and that in ISO 8601, as `isoformat` writes it. Raises ValueError."""
        if self._is_iso and _IN_UTC.fullmatch(text):
            # Writing an instant takes ten times as long as reading it, and most files have it as it is to be written.
            try:
                at = _parsed(text)
            except ValueError:
                pass  # told by `read`
            else:
                if FIRST_YEAR <= at.year <= LAST_YEAR:
                    return at, text[:-1] + "+00:00"
        at = self.read(text)
        return at, at.isoformat()

    def _placed(self, local: datetime) -> datetime:
        hour = local.toordinal() * 24 + local.hour
        offset = self._offsets.get(hour)
        if offset is None:
            offset = self._offset_of_hour(local)
            if offset is None:
                return self._reader.instant(local)
            if len(self._offsets) >= _MOST_KEPT:
                self._offsets.clear()
            self._offsets[hour] = offset
        return (local - offset).replace(tzinfo=UTC)

    def _offset_of_hour(self, local: datetime) -> timedelta | None:
        """The offset in the hour of `local`; None when the clocks change in it, or near the ends of time."""
        if not FIRST_YEAR < local.year < LAST_YEAR:
            return None
        start = local.replace(minute=0, second=0, microsecond=0)
        offsets = {
            at.replace(tzinfo=self._zone, fold=fold).utcoffset() for at in (start, start + _HOUR) for fold in (0, 1)
        }
        return offsets.pop() if len(offsets) == 1 else None
