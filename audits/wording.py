"""How instants, spans and counts read in a sentence: one way, in every rule, independent of the machine's locale."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from audits.model.activity import Activity, ActivityKind
from audits.model.lead import Lead

_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_KIND_WORDS = {
    ActivityKind.CALL: "call",
    ActivityKind.EMAIL: "e-mail",
    ActivityKind.MEETING: "meeting",
    ActivityKind.MESSAGE: "message",
    ActivityKind.NOTE: "note",
}


def moment(t: datetime, zone: ZoneInfo) -> str:
    """`Mon 2026-03-02 10:00` by the clock of `zone`."""
    local = t.astimezone(zone)
    return f"{_WEEKDAYS[local.weekday()]} {local:%Y-%m-%d %H:%M}"


def act_moment(activity: Activity, zone: ZoneInfo) -> str:
    """When it took place: a `moment`, or only its day where the hour is not known."""
    if activity.latest_at is None:
        return moment(activity.occurred_at, zone)
    return f"{moment(activity.occurred_at, zone)[:-6]} (hour not known)"


def arrival_moment(lead: Lead, zone: ZoneInfo) -> str:
    """When the lead arrived: a `moment`, or only its day where the hour is not known."""
    if lead.received_latest_at is None:
        return moment(lead.received_at, zone)
    return f"{moment(lead.received_at, zone)[:-6]} (hour not known)"


def moment_after(t: datetime, previous: datetime, zone: ZoneInfo) -> str:
    """The same, but only `10:20` when `previous` was on the same local date."""
    local = t.astimezone(zone)
    return f"{local:%H:%M}" if local.date() == previous.astimezone(zone).date() else moment(t, zone)


def span(seconds: int) -> str:
    """`45 s`, `5 min`, `2 h 30 min`; seconds are left out from ten hours on."""
    minutes, rest_s = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    parts = [f"{hours} h" if hours else "", f"{minutes} min" if minutes else ""]
    parts.append(f"{rest_s} s" if rest_s and hours < 10 else "")
    return " ".join(part for part in parts if part) or "0 s"


def counted(count: int, one: str) -> str:
    """`1 call`, `2 calls`."""
    return f"{count} {one}" if count == 1 else f"{count} {one}s"


def kind_word(activity: Activity) -> str:
    """`call`, `e-mail`, `meeting`, `message` or `note`."""
    return _KIND_WORDS[activity.kind]
