"""Pipedrive's activities, call logs, mails and notes as activities and tasks. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from audits.model.activity import Activity, ActivityKind, ActivityState, Direction, Disposition, Task
from connector.adapters.pipedrive import mapping
from connector.adapters.pipedrive.mapping import is_set, our_id
from connector.crm.moments import parse_at
from connector.crm.plain_text import plain_text
from connector.crm.values import Unmapped, ValueMap
from connector.errors import UnexpectedPayload
from connector.payloads import JsonObject, find_text, get_text

ACTIVITY, MAIL, A_NOTE = "activity", "mail", "note"

_OF_MEANING: dict[str, tuple[ActivityKind, Direction | None]] = {
    mapping.CALL_BY_US: (ActivityKind.CALL, Direction.OUTBOUND),
    mapping.CALL_BY_LEAD: (ActivityKind.CALL, Direction.INBOUND),
    mapping.EMAIL_BY_US: (ActivityKind.EMAIL, Direction.OUTBOUND),
    mapping.MESSAGE_BY_US: (ActivityKind.MESSAGE, Direction.OUTBOUND),
    mapping.MEETING: (ActivityKind.MEETING, None),
    mapping.NOTE: (ActivityKind.NOTE, None),
}
_RAW = ("type", "done", "marked_as_done_time", "due_date", "due_time", "add_time")
_RAW_OF_LOG = ("outcome", "duration", "start_time")
_LAST_SECOND = time(23, 59, 59)
_LEAST_DIGITS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What activities are read with: the account's zone for days without a time, the numbers of the lead's person."""

    values: ValueMap
    zone: tzinfo
    phones: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class UnknownType:
    """An activity that is done, of a type that nobody has given a meaning: it may be a touch."""

    name: str


@dataclass(frozen=True, slots=True)
class _Due:
    """From when to when something is due; the same instant twice where Pipedrive says the time."""

    first: datetime
    last: datetime


def activity_of(
    item: JsonObject, log: JsonObject | None, lead_id: str, setting: Setting, unmapped: Unmapped
) -> Activity | Task | UnknownType | None:
    """One activity on one lead, with the call log that goes with it. None: it says nothing of the lead."""
    name = find_text(item, "type") or ""
    meaning = setting.values.meaning(mapping.ACTIVITY_TYPE.name, name)
    is_done = is_set(item.get("done"))
    if meaning is None:
        unmapped.note(mapping.ACTIVITY_TYPE.name, name)
        return UnknownType(name) if is_done else _task(item, lead_id, setting, is_done=False)
    if meaning == mapping.NO_TOUCH:
        return None
    due = _due(item, setting.zone)
    if meaning == mapping.TASK or (not is_done and (meaning != mapping.MEETING or due is None)):
        return _task(item, lead_id, setting, is_done=is_done)
    kind, direction = _OF_MEANING[meaning]
    if not is_done and due is not None:
        return _planned(item, lead_id, kind, due)
    return _done(item, log, lead_id, kind, direction, setting)


def not_before(act: Activity, received_at: datetime) -> Activity:
    """The act of a lead that arrived at `received_at`. Acts show whole seconds and leads milliseconds: an act in the
    very second of the arrival came after it."""
    if act.occurred_at.microsecond or not timedelta() < received_at - act.occurred_at < timedelta(seconds=1):
        return act
    return replace(act, occurred_at=received_at, recorded_at=max(received_at, act.recorded_at))


def mail_of(envelope: JsonObject, lead_id: str, unmapped: Unmapped) -> Activity | None:
    """A mail of the lead's person; None for a draft and for one that was deleted."""
    body = envelope.get("data")
    item = body if isinstance(body, dict) else envelope
    if is_set(item.get("draft_flag")) or is_set(item.get("deleted_flag")):
        return None
    text = find_text(item, "message_time")
    sent_at = parse_at(text)
    if sent_at is None:
        unmapped.note("message_time", text or "")
        return None
    sent_flag = item.get("sent_flag")
    direction = None
    if isinstance(sent_flag, bool | int):
        direction = Direction.OUTBOUND if is_set(sent_flag) else Direction.INBOUND
    is_automated: bool | None = False
    if direction is not Direction.INBOUND and is_set(item.get("sent_from_pipedrive_flag")):
        # Pipedrive's own composer and its automations leave the same mark.
        is_automated = None
    return Activity(
        activity_id=our_id(MAIL, get_text(item, "id", "A mail")),
        lead_id=lead_id,
        kind=ActivityKind.EMAIL,
        occurred_at=sent_at,
        recorded_at=max(sent_at, parse_at(find_text(item, "add_time")) or sent_at),
        direction=direction,
        state=ActivityState.DONE,
        is_automated=is_automated,
        owner_id=find_text(item, "user_id") if direction is Direction.OUTBOUND else None,
        raw=_raw(item, ("message_time", "sent_flag", "sent_from_pipedrive_flag")),
        subject=plain_text(find_text(item, "subject")),
    )


def note_of(item: JsonObject, lead_id: str) -> Activity:
    """A note. Its content stays in Pipedrive."""
    added_at = _added_at(item, "A note")
    return Activity(
        activity_id=our_id(A_NOTE, get_text(item, "id", "A note")),
        lead_id=lead_id,
        kind=ActivityKind.NOTE,
        occurred_at=added_at,
        recorded_at=added_at,
        state=ActivityState.DONE,
        owner_id=find_text(item, "user_id"),
        raw=_raw(item, ("add_time",)),
    )


def _done(
    item: JsonObject,
    log: JsonObject | None,
    lead_id: str,
    kind: ActivityKind,
    direction: Direction | None,
    setting: Setting,
) -> Activity:
    added_at = _added_at(item, "An activity")
    done_at = parse_at(find_text(item, "marked_as_done_time")) or added_at
    disposition: Disposition | None = None
    duration_s: int | None = None
    started_at: datetime | None = None
    if log is not None and kind is ActivityKind.CALL:
        disposition = mapping.CALL_OUTCOME.get(find_text(log, "outcome") or "")
        duration_s = _seconds(find_text(log, "duration"))
        started_at = parse_at(find_text(log, "start_time"))
        direction = _direction_of(log, setting.phones) or direction
    return Activity(
        activity_id=our_id(ACTIVITY, get_text(item, "id", "An activity")),
        lead_id=lead_id,
        kind=kind,
        occurred_at=started_at or done_at,
        recorded_at=max(added_at, done_at),
        direction=direction,
        state=ActivityState.DONE,
        disposition=disposition,
        is_automated=None if kind is ActivityKind.NOTE else False,
        duration_s=duration_s,
        owner_id=find_text(item, "owner_id"),
        raw=(*_raw(item, _RAW), *(_raw(log, _RAW_OF_LOG) if log is not None else ())),
    )


def _planned(item: JsonObject, lead_id: str, kind: ActivityKind, due: _Due) -> Activity:
    return Activity(
        activity_id=our_id(ACTIVITY, get_text(item, "id", "An activity")),
        lead_id=lead_id,
        kind=kind,
        occurred_at=due.first,
        latest_at=due.last if due.last != due.first else None,
        recorded_at=_added_at(item, "An activity"),
        state=ActivityState.PLANNED,
        is_automated=False,
        owner_id=find_text(item, "owner_id"),
        raw=_raw(item, _RAW),
    )


def _task(item: JsonObject, lead_id: str, setting: Setting, *, is_done: bool) -> Task:
    due = _due(item, setting.zone)
    return Task(
        task_id=our_id(ACTIVITY, get_text(item, "id", "An activity")),
        lead_id=lead_id,
        recorded_at=_added_at(item, "An activity"),
        due_at=due.last if due is not None else None,
        is_done=is_done,
        completed_at=parse_at(find_text(item, "marked_as_done_time")) if is_done else None,
        owner_id=find_text(item, "owner_id"),
        raw=_raw(item, _RAW),
    )


def _due(item: JsonObject, zone: tzinfo) -> _Due | None:
    """The time of an activity is UTC; a day without a time is a day of the account's people."""
    try:
        day = date.fromisoformat(find_text(item, "due_date") or "")
        clock = find_text(item, "due_time")
        if clock is not None:
            at = datetime.combine(day, time.fromisoformat(clock), UTC)
            return _Due(at, at)
        first = datetime.combine(day, time(), zone)
        last = datetime.combine(day, _LAST_SECOND, zone)
        return _Due(first.astimezone(UTC), last.astimezone(UTC))
    except (ValueError, OverflowError):
        return None


def _direction_of(log: JsonObject, phones: tuple[str, ...]) -> Direction | None:
    """Who called, where one of the two numbers is the person's."""
    theirs = {digits for phone in phones if len(digits := _digits(phone)) >= _LEAST_DIGITS}
    is_from = _digits(find_text(log, "from_phone_number")) in theirs
    is_to = _digits(find_text(log, "to_phone_number")) in theirs
    if is_from == is_to:
        return None
    return Direction.INBOUND if is_from else Direction.OUTBOUND


def _digits(text: str | None) -> str:
    return "".join(one for one in text or "" if one.isdecimal() and one.isascii())


def _seconds(text: str | None) -> int | None:
    try:
        span = timedelta(seconds=float(text or ""))
    except (ValueError, OverflowError):
        return None
    return int(span.total_seconds()) if span >= timedelta() else None


def _added_at(item: JsonObject, what: str) -> datetime:
    added_at = parse_at(find_text(item, "add_time"))
    if added_at is None:
        raise UnexpectedPayload(f"{what} came from Pipedrive without a sound add_time.")
    return added_at


def _raw(item: JsonObject, names: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """The values for evidence; subjects, contents, numbers and addresses stay in Pipedrive."""
    found = ((name, item.get(name)) for name in names)
    return tuple(
        (name, str(value).lower() if isinstance(value, bool) else str(value))
        for name, value in found
        if value is not None
    )
