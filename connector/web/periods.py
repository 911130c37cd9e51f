"""The period that a page speaks of: whole days of the account's zone, up to and with today."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from flask import request

from connector.web.links import leads_href
from connector.web.texts import current

CHOICES = (7, 30, 90)
DEFAULT_DAYS = 30
#: "Act now" looks this far ahead.
HORIZON = timedelta(hours=8)


@dataclass(frozen=True, slots=True)
class Period:
    """`days` days with today as the last. [since, until) aware UTC; `first_on`, `last_on` in the zone."""

    days: int
    first_on: date
    last_on: date
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Choice:
    """Another period to choose."""

    label: str
    href: str
    is_here: bool


def period_of_request(now: datetime, zone: str) -> Period:
    """The period that the address asks for, 30 days when it asks for none of ours."""
    asked = request.args.get("days", "")
    days = int(asked) if asked in {str(choice) for choice in CHOICES} else DEFAULT_DAYS
    return period(now, zone, days)


def period(now: datetime, zone: str, days: int) -> Period:
    """The last `days` days of `zone` (IANA)."""
    last_on = now.astimezone(ZoneInfo(zone)).date()
    first_on = last_on - timedelta(days=days - 1)
    return Period(days, first_on, last_on, day_start(first_on, zone), day_start(last_on + timedelta(days=1), zone))


def day_start(on: date, zone: str) -> datetime:
    """Midnight at which the day begins in `zone`, as UTC."""
    try:
        return datetime.combine(on, time(), ZoneInfo(zone)).astimezone(UTC)
    except OverflowError:  # east of Greenwich the first of all days begins before there is time
        return datetime.min.replace(tzinfo=UTC)


def choices(here: Period, path: str) -> list[Choice]:
    """The periods to choose from on the page at `path`."""
    says = current()
    return [
        Choice(says.plural("{n} day", "{n} days", days), leads_href(path, days=days), days == here.days)
        for days in CHOICES
    ]
