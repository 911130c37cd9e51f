"""HubSpot's engagements as activities and tasks. Pure; the tables of values stand in mapping.py."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from audits.model.activity import Activity, ActivityKind, ActivityState, Direction, Disposition, Task
from audits.model.case import Fact
from connector.adapters.hubspot import mapping
from connector.adapters.hubspot.mapping import Properties, Record, Unmapped, parse_at, whole_seconds
from connector.crm.plain_text import plain_text


class Engagement(StrEnum):
    """HubSpot's engagement types: the value is our word, which begins every id (ids repeat between types)."""

    CALL = "call"
    EMAIL = "email"
    MEETING = "meeting"
    MESSAGE = "message"
    NOTE = "note"
    TASK = "task"

    @property
    def plural(self) -> str:
        """The name in HubSpot's paths."""
        return "communications" if self is Engagement.MESSAGE else f"{self.value}s"

    def our_id(self, record_id: str) -> str:
        """HubSpot's id → ours."""
        return f"{self.value}:{record_id}"

    def their_id(self, our_id: str) -> str:
        """Our id → HubSpot's."""
        return our_id.removeprefix(f"{self.value}:")


TYPE_IDS = {
    "0-48": Engagement.CALL,
    "0-49": Engagement.EMAIL,
    "0-47": Engagement.MEETING,
    "0-18": Engagement.MESSAGE,
    "0-46": Engagement.NOTE,
    "0-27": Engagement.TASK,
}
FACTS = {
    Engagement.CALL: Fact.CALLS,
    Engagement.EMAIL: Fact.EMAILS,
    Engagement.MEETING: Fact.MEETINGS,
    Engagement.MESSAGE: Fact.MESSAGES,
    Engagement.TASK: Fact.TASKS,
}

_COMMON = ("hs_timestamp", "hs_createdate", "hubspot_owner_id", "hs_object_source", "hs_object_source_label")
PROPERTIES = {
    Engagement.CALL: (
        *_COMMON, "hs_call_direction", "hs_call_status", "hs_call_disposition", "hs_call_duration", "hs_call_title",
        "hs_call_body",
    ),
    Engagement.EMAIL: (
        *_COMMON, "hs_email_direction", "hs_email_status", "hs_email_subject", "hs_email_text", "hs_email_html",
    ),
    Engagement.MEETING: (
        *_COMMON, "hs_meeting_start_time", "hs_meeting_end_time", "hs_meeting_outcome", "hs_meeting_title",
        "hs_meeting_body",
    ),
    Engagement.MESSAGE: (*_COMMON, "hs_communication_channel_type", "hs_communication_body"),
    Engagement.NOTE: _COMMON,
    Engagement.TASK: (*_COMMON, "hs_task_status", "hs_task_type", "hs_task_completion_date"),
}  # fmt: skip

#: Where each type keeps its subject, and its text: the first that is not empty.
_SUBJECT = {
    Engagement.CALL: "hs_call_title", Engagement.EMAIL: "hs_email_subject", Engagement.MEETING: "hs_meeting_title",
}  # fmt: skip
_TEXT = {
    Engagement.CALL: ("hs_call_body",),
    Engagement.EMAIL: ("hs_email_text", "hs_email_html"),
    Engagement.MEETING: ("hs_meeting_body",),
    Engagement.MESSAGE: ("hs_communication_body",),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Act:
    """What one type of engagement says of itself."""

    direction: Direction | None = None
    state: ActivityState | None = None
    disposition: Disposition | None = None
    duration_s: int | None = None
    occurred_at: datetime | None = None


def activity_of(engagement: Engagement, record: Record, lead_id: str, unmapped: Unmapped) -> Activity:
    """One engagement on one lead; for every type but tasks."""
    act = _READERS[engagement](record.properties, unmapped)
    kind = ActivityKind(engagement.value)
    known = record.properties
    recorded_at = parse_at(known.get("hs_createdate")) or record.created_at
    return Activity(
        activity_id=engagement.our_id(record.record_id),
        lead_id=lead_id,
        kind=kind,
        occurred_at=act.occurred_at or _time(known, "hs_timestamp", unmapped) or recorded_at,
        recorded_at=recorded_at,
        direction=act.direction,
        state=act.state,
        disposition=act.disposition,
        is_automated=None if kind is ActivityKind.NOTE else mapping.is_automated(kind, known, unmapped),
        duration_s=act.duration_s,
        owner_id=known.get("hubspot_owner_id"),
        raw=mapping.raw_values(known),
        subject=plain_text(known.get(_SUBJECT.get(engagement, ""))),
        text=next((text for name in _TEXT.get(engagement, ()) if (text := plain_text(known.get(name)))), None),
    )


def task_of(record: Record, lead_id: str, unmapped: Unmapped) -> Task:
    """One task on one lead. `hs_timestamp` of a task is when it is due."""
    known = record.properties
    is_done = mapping.looked_up(mapping.TASK_IS_DONE, "hs_task_status", known, unmapped) is True
    return Task(
        task_id=Engagement.TASK.our_id(record.record_id),
        lead_id=lead_id,
        recorded_at=parse_at(known.get("hs_createdate")) or record.created_at,
        due_at=_time(known, "hs_timestamp", unmapped),
        is_done=is_done,
        completed_at=_time(known, "hs_task_completion_date", unmapped) if is_done else None,
        owner_id=known.get("hubspot_owner_id"),
        raw=mapping.raw_values(known),
    )


def _call(known: Properties, unmapped: Unmapped) -> _Act:
    chosen = mapping.call_disposition(known, unmapped)
    told = mapping.looked_up(mapping.CALL_STATUS, "hs_call_status", known, unmapped)
    state, implied = told if told is not None else (None, None)
    if state is None and chosen is not None and "hs_call_status" not in known:
        # A result was chosen by hand for a call that was logged without a status: it took place.
        state = ActivityState.DONE
    duration_s = None
    if "hs_call_duration" in known:
        duration_s = whole_seconds(known["hs_call_duration"])
        if duration_s is None:
            unmapped.note("hs_call_duration", known["hs_call_duration"])
    return _Act(
        direction=mapping.looked_up(mapping.CALL_DIRECTION, "hs_call_direction", known, unmapped),
        state=state,
        # An outcome of the account's own may have no meaning here; the status must not speak in its place.
        disposition=chosen if "hs_call_disposition" in known else implied,
        duration_s=duration_s,
    )


def _email(known: Properties, unmapped: Unmapped) -> _Act:
    direction = mapping.looked_up(mapping.EMAIL_DIRECTION, "hs_email_direction", known, unmapped)
    state = mapping.looked_up(mapping.EMAIL_STATUS, "hs_email_status", known, unmapped)
    if direction is Direction.INBOUND and "hs_email_status" not in known:
        # What came in has arrived; the status tells of sending only.
        state = ActivityState.DONE
    is_bounced = known.get("hs_email_status", "").upper() == "BOUNCED"
    return _Act(direction=direction, state=state, disposition=Disposition.BOUNCED if is_bounced else None)


def _meeting(known: Properties, unmapped: Unmapped) -> _Act:
    told = mapping.looked_up(mapping.MEETING_OUTCOME, "hs_meeting_outcome", known, unmapped)
    state, disposition = told if told is not None else (None, None)
    start = _time(known, "hs_meeting_start_time", unmapped)
    end = _time(known, "hs_meeting_end_time", unmapped)
    duration_s = (
        int((end - start).total_seconds()) if start is not None and end is not None and end >= start else None
    )
    return _Act(state=state, disposition=disposition, duration_s=duration_s, occurred_at=start)


def _message(known: Properties, unmapped: Unmapped) -> _Act:
    channel = known.get("hs_communication_channel_type", "")
    if channel.upper() not in mapping.CHANNELS:
        unmapped.note("hs_communication_channel_type", channel)
    return _Act(state=ActivityState.DONE)


def _note(_known: Properties, _unmapped: Unmapped) -> _Act:
    return _Act(state=ActivityState.DONE)


_READERS: dict[Engagement, Callable[[Properties, Unmapped], _Act]] = {
    Engagement.CALL: _call,
    Engagement.EMAIL: _email,
    Engagement.MEETING: _meeting,
    Engagement.MESSAGE: _message,
    Engagement.NOTE: _note,
}


def _time(known: Properties, name: str, unmapped: Unmapped) -> datetime | None:
    if name not in known:
        return None
    moment = parse_at(known[name])
    if moment is None:
        unmapped.note(name, known[name])
    return moment
