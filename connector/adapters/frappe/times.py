"""A site's times. Frappe stores and sends wall-clock times of the site's zone, without a word about the zone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from connector.crm.moments import is_plausible
from connector.errors import CrmRejected

DEFAULT_ZONE = "Asia/Kolkata"
"""Where System Settings name none, Frappe itself reckons in this zone."""
_DATE_ONLY = len("2026-11-22")


@dataclass(frozen=True, slots=True)
class Moment:
    """An instant (aware UTC), or a span in which it lies: `latest_at` is then its end."""

    at: datetime
    latest_at: datetime | None = None

    @property
    def no_later_than(self) -> datetime:
        """The last instant that it can be."""
        return self.latest_at or self.at


class SiteTime:
    """Translates between a site's wall clock and UTC."""

    def __init__(self, zone: str) -> None:
        """`zone`: as System Settings name it, "" = none. Raises CrmRejected for a zone that is not known here."""
        self.zone = zone or DEFAULT_ZONE
        try:
            self._zone = ZoneInfo(self.zone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            # OSError: the name of a folder of zones, or one too long for a file.
            raise CrmRejected(
                f"The site's time zone {self.zone[:60]!r} is not known here: choose another one in System Settings.",
                status=417,
            ) from None

    def moment(self, text: str | None) -> Moment | None:
        """What a stored time or date stands for; None for none and for what is no time.

        An hour that the clock shows twice (the end of summer time) and a date without a time are spans.
        """
        if not text:
            return None
        try:
            wall = datetime.fromisoformat(text)
        except ValueError:
            return None
        if wall.tzinfo is not None or not is_plausible(wall):
            return None
        if len(text) == _DATE_ONLY:
            return Moment(self._utc(wall), self._utc(wall + timedelta(days=1)) - timedelta(seconds=1))
        first, second = self._utc(wall), self._utc(wall.replace(fold=1))
        return Moment(first, second if second > first else None)

    def at(self, text: str | None) -> datetime | None:
        """The first instant that a stored time can be, aware UTC."""
        moment = self.moment(text)
        return None if moment is None else moment.at

    def wall_span(self, since: datetime, until: datetime) -> tuple[str, str]:
        """The wall-clock times between which everything lies that was stamped from `since` to `until` (aware UTC).

        Where the clock was set back in between the span is widened by as much: it then names more, never less.
        """
        first, last = since.astimezone(self._zone), until.astimezone(self._zone)
        set_back = max(timedelta(0), (first.utcoffset() or timedelta(0)) - (last.utcoffset() or timedelta(0)))
        return _text(first - set_back), _text(last + set_back)

    def _utc(self, wall: datetime) -> datetime:
        return wall.replace(tzinfo=self._zone).astimezone(UTC)


def _text(moment: datetime) -> str:
    return moment.replace(tzinfo=None).isoformat(sep=" ", timespec="microseconds")
