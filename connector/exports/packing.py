"""Leads, touches and events as bytes and back, for the file on which they are sorted."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import cast

import orjson

from audits.model.activity import Activity, ActivityKind, ActivityState, Direction, Disposition, Task
from audits.model.lead import Lead, LeadStatus
from connector.exports.rows import Event

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def micros(instant: datetime) -> int:
    """Microseconds since 1970, UTC."""
    return (instant - EPOCH) // _MICROSECOND


def pack(value: Lead | Activity | Task | Event) -> bytes:
    """The value as JSON."""
    return orjson.dumps(value)


def unpack_lead(packed: bytes) -> Lead:
    """The lead that was packed."""
    return _lead(orjson.loads(packed))


def unpack_activity(packed: bytes) -> Activity:
    """The activity that was packed."""
    fields = orjson.loads(packed)
    fields["kind"] = ActivityKind(fields["kind"])
    for name, enum in (("direction", Direction), ("state", ActivityState), ("disposition", Disposition)):
        if fields[name] is not None:
            fields[name] = enum(fields[name])
    _times(fields)
    fields["raw"] = _raw(fields["raw"])
    return Activity(**fields)


def unpack_task(packed: bytes) -> Task:
    """The task that was packed."""
    fields = orjson.loads(packed)
    _times(fields)
    fields["raw"] = _raw(fields["raw"])
    return Task(**fields)


def unpack_event(packed: bytes) -> Event:
    """The event that was packed."""
    fields = orjson.loads(packed)
    fields["lead"] = _lead(fields["lead"])
    _times(fields)
    return Event(**fields)


def _lead(fields: dict[str, object]) -> Lead:
    _times(fields)
    if fields["status"] is not None:
        fields["status"] = LeadStatus(cast("str", fields["status"]))
    fields["facts"] = _raw(cast("list[list[str]]", fields["facts"]))
    return Lead(**fields)  # type: ignore[arg-type]  # the names and types that pack() wrote


def _times(fields: dict[str, object]) -> None:
    """Times are named *_at, everywhere."""
    for name, text in fields.items():
        if name == "recontact_on" and isinstance(text, str):
            fields[name] = date.fromisoformat(text)
        elif name.endswith(("_at", "_since")) and isinstance(text, str):
            fields[name] = datetime.fromisoformat(text)


def _raw(pairs: list[list[str]]) -> tuple[tuple[str, str], ...]:
    return tuple((name, value) for name, value in pairs)
