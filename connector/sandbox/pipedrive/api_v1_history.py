"""What only version 1 tells of the past: notes, mail, call logs, changelogs, flow; and merging."""

from __future__ import annotations

from typing import Final

from flask import Blueprint, Response

from connector.sandbox.pipedrive.checks import flat_body, json_body, reject_unknown
from connector.sandbox.pipedrive.core import Caller, Calls, Sandbox, said
from connector.sandbox.pipedrive.kinds import ACTIVITY, DEAL, NOTE, PERSON, Kind
from connector.sandbox.pipedrive.queries import (
    PAGE_V1,
    PAGE_V2,
    bit,
    day,
    integer,
    moment,
    orders,
    page_of,
    read_cursor,
    some_of,
    text,
    within,
    write_cursor,
)
from connector.sandbox.pipedrive.records import HistoryLine, Record
from connector.sandbox.pipedrive.said import bad, gone_missing, plain_utc
from connector.sandbox.pipedrive.views import call_log_v1, history_v1, mail_v1, note_v1, record_v2
from connector.sandbox.wire import JsonObject

_NOTES_READ: Final = ("deals:read", "deals:full", "contacts:read", "contacts:full")
_NOTES_WRITE: Final = ("deals:full", "contacts:full")
_MAIL: Final = ("mail:read", "mail:full")
_PINS: Final = ("pinned_to_lead_flag", "pinned_to_deal_flag", "pinned_to_organization_flag", "pinned_to_person_flag")
_PARENTS: Final = ("lead_id", "deal_id", "person_id", "org_id")
_NOTE_FILTERS: Final = {
    **PAGE_V1,
    "user_id": integer,
    "lead_id": text,
    "deal_id": integer,
    "person_id": integer,
    "org_id": integer,
    "start_date": day,
    "end_date": day,
    "updated_since": moment,
    "sort": orders("id", "user_id", "deal_id", "person_id", "org_id", "content", "add_time", "update_time"),
    **dict.fromkeys(_PINS, bit),
}
_FLOW_ITEMS: Final = (
    "call", "activity", "plannedActivity", "change", "note", "deal", "file", "dealChange", "personChange",
    "organizationChange", "follower", "dealFollower", "personFollower", "organizationFollower", "participant",
    "comment", "mailMessage", "mailMessageWithAttachment", "invoice", "document", "marketing_campaign_stat",
    "marketing_status_change",
)  # fmt: skip
_CALL_LOGS_MOST: Final = 50


def create_v1_history(sandbox: Sandbox) -> tuple[Blueprint, Calls]:
    """The calls and their table of costs."""
    blueprint = Blueprint("v1_history", __name__)
    calls = Calls(sandbox, blueprint)
    _add_notes(calls)
    _add_call_logs(calls)
    for kind, read, write in ((DEAL, "deals", "deals:full"), (PERSON, "persons", "contacts:full")):
        _add_past(calls, sandbox, kind, read)
        _add_merge(calls, kind, write)
    return blueprint, calls


def _add_notes(calls: Calls) -> None:
    @calls.add("GET", "/api/v1/notes", 20, _NOTES_READ, _NOTE_FILTERS)
    def notes(caller: Caller) -> Response:
        company, query = caller.company, caller.query
        wanted = {name: query[name] for name in ("user_id", *_PARENTS, *_PINS) if name in query}
        since = query.get("updated_since")
        found = [
            note
            for note in company.live(NOTE)
            if all(note.values.get(name) == value for name, value in wanted.items())
            and (not isinstance(since, int) or (note.moment("update_time") or 0) >= since)
            and str(query.get("start_date", "")) <= plain_utc(note.moment("add_time") or 0)[:10]
            and plain_utc(note.moment("add_time") or 0)[:10] <= str(query.get("end_date", "9999"))
            and company.sees(caller.user_id, note)
        ]
        asked = query.get("sort", [("id", False)])
        for name, is_descending in reversed(asked if isinstance(asked, list) else []):
            found.sort(key=lambda note: _sortable(note, name), reverse=is_descending)
        shown, more = page_of([note_v1(company, note) for note in found], query)
        return said(shown or None, more)

    @calls.add("GET", "/api/v1/notes/<int:note_id>", 2, _NOTES_READ)
    def note(caller: Caller, note_id: int) -> Response:
        return said(note_v1(caller.company, _seen(caller, NOTE, note_id)))

    @calls.add("POST", "/api/v1/notes", 10, _NOTES_WRITE)
    def add_note(caller: Caller) -> Response:
        values = flat_body(caller.company, NOTE, json_body(), is_new=True)
        if not str(values.get("content") or "").strip():
            raise bad("content is required")
        if not any(values.get(name) is not None for name in _PARENTS):
            raise bad(f"One of {', '.join(_PARENTS)} is required")
        for pin in _PINS:
            parent = {"organization": "org_id"}.get(pin.split("_")[2], f"{pin.split('_')[2]}_id")
            if values.get(pin) == 1 and values.get(parent) is None:
                raise bad(f"{pin} needs {parent}")
        return said(note_v1(caller.company, caller.company.create(NOTE, values, caller.origin)), http_status=201)


def _add_call_logs(calls: Calls) -> None:
    @calls.add(
        "GET", "/api/v1/callLogs", 20, ("phone-integration",),
        {"start": integer, "limit": within(1, _CALL_LOGS_MOST)},
    )  # fmt: skip
    def call_logs(caller: Caller) -> Response:
        found = [log for log in caller.company.call_logs.values() if log["user_id"] == caller.user_id]
        found.sort(key=lambda log: str(log["start_time"]), reverse=True)
        shown, more = page_of(found, caller.query, _CALL_LOGS_MOST)
        return said([call_log_v1(log) for log in shown], more)

    @calls.add("GET", "/api/v1/callLogs/<log_id>", 2, ("phone-integration",))
    def call_log(caller: Caller, log_id: str) -> Response:
        log = caller.company.call_logs.get(log_id)
        if log is None or log["user_id"] != caller.user_id:
            raise gone_missing("Call log")
        return said(call_log_v1(log))


def _add_past(calls: Calls, sandbox: Sandbox, kind: Kind, path: str) -> None:
    @calls.add("GET", f"/api/v1/{path}/<int:record_id>/mailMessages", 20, _MAIL, {**PAGE_V1, "include_body": bit})
    def mails(caller: Caller, record_id: int) -> Response:
        record = _seen(caller, kind, record_id)
        shown, more = page_of(_mails(sandbox, caller, record), caller.query)
        return said(shown or None, more)

    @calls.add("GET", f"/api/v1/{path}/<int:record_id>/changelog", 20, ("recents:read",), PAGE_V2)
    def changelog(caller: Caller, record_id: int) -> Response:
        record = _seen(caller, kind, record_id)
        lines = list(reversed(caller.company.history.get((kind.name, record.id), [])))
        at = read_cursor(caller.query.get("cursor"), 1)
        # Counted from the oldest line on, so that new lines do not shift the next page.
        start = 0 if at is None else len(lines) - int(str(at[0]))
        limit = int(str(caller.query.get("limit", 100)))
        rest = len(lines) - start - limit
        more: JsonObject = {"next_cursor": write_cursor(rest) if rest > 0 else None}
        return said([history_v1(line) for line in lines[start : start + limit]], more)

    @calls.add(
        "GET", f"/api/v1/{path}/<int:record_id>/flow", 40, ("recents:read",),
        {**PAGE_V1, "all_changes": bit, "items": some_of(*_FLOW_ITEMS)},
    )  # fmt: skip
    def flow(caller: Caller, record_id: int) -> Response:
        record = _seen(caller, kind, record_id)
        found = [*_flow_changes(caller, record), *_flow_activities(caller, record), *_flow_notes(caller, record)]
        found += [("mailMessage", str(mail["timestamp"]), mail["data"]) for mail in _mails(sandbox, caller, record)]
        items = caller.query.get("items")
        if isinstance(items, frozenset):
            wanted = items | ({f"{kind.name}Change"} if "change" in items else set())
            found = [entry for entry in found if entry[0] in wanted]
        found.sort(key=lambda entry: entry[1], reverse=True)
        shown, more = page_of(
            [{"object": name, "timestamp": at, "data": data} for name, at, data in found], caller.query
        )
        return said(shown or None, more, related_objects={})


def _add_merge(calls: Calls, kind: Kind, scope: str) -> None:
    @calls.add("PUT", f"/api/v1/{kind.plural}/<int:record_id>/merge", 40, (scope,))
    def merge(caller: Caller, record_id: int) -> Response:
        """The record of the path goes into the one of the body, whose id lives on."""
        sent = json_body()
        reject_unknown(sent, {"merge_with_id"})
        other = sent.get("merge_with_id")
        if isinstance(other, bool) or not isinstance(other, int):
            raise bad("merge_with_id must be an integer")
        loser, winner = _seen(caller, kind, record_id), _seen(caller, kind, other)
        caller.company.merge(loser, winner, caller.origin)
        return said({**record_v2(caller.company, winner), "merge_what_id": loser.id})


Flow = tuple[str, str, object]


def _flow_changes(caller: Caller, record: Record) -> list[Flow]:
    lines = caller.company.history.get((record.kind.name, record.id), [])
    has_all = caller.query.get("all_changes") == 1
    return [
        (f"{record.kind.name}Change", plain_utc(line.at_ms), _change(record, number, line))
        for number, line in enumerate(lines, start=1)
        if has_all or not line.is_custom
    ]


def _change(record: Record, number: int, line: HistoryLine) -> JsonObject:
    return {
        "id": number,
        "item_id": record.id,
        "user_id": line.actor_user_id,
        "field_key": line.field_key,
        "old_value": line.old_value,
        "new_value": line.new_value,
        "is_bulk_update_flag": "1" if line.is_bulk else None,
        "log_time": plain_utc(line.at_ms),
        "change_source": line.change_source,
        "change_source_user_agent": line.agent,
        "additional_data": {},
    }


def _flow_activities(caller: Caller, record: Record) -> list[Flow]:
    company = caller.company
    found = company.linked(ACTIVITY, f"{record.kind.name}_id", record.id)
    return [
        (
            "activity" if one.values.get("done") is True else "plannedActivity",
            plain_utc(one.moment("add_time") or 0),
            record_v2(company, one),
        )
        for one in found
    ]


def _flow_notes(caller: Caller, record: Record) -> list[Flow]:
    found = caller.company.linked(NOTE, f"{record.kind.name}_id", record.id)
    return [("note", plain_utc(one.moment("add_time") or 0), note_v1(caller.company, one)) for one in found]


def _mails(sandbox: Sandbox, caller: Caller, record: Record) -> list[JsonObject]:
    """The record's mail that the caller may read, newest first: one's own; colleagues' only by a setting."""
    user = caller.company.users[caller.user_id]
    sees_all = user.is_admin and sandbox.settings.admin_sees_others_mail
    found = [
        mail
        for mail in caller.company.mails.values()
        if mail.get(f"{record.kind.name}_id") == record.id and (sees_all or mail["user_id"] == caller.user_id)
    ]
    found.sort(key=lambda mail: (str(mail["message_time"]), str(mail["id"])), reverse=True)
    has_body = caller.query.get("include_body") == 1
    return [mail_v1(mail, has_body) for mail in found]


def _seen(caller: Caller, kind: Kind, record_id: int) -> Record:
    found = caller.company.get(kind, record_id)
    if not caller.company.sees(caller.user_id, found):
        raise gone_missing(kind.title)
    return found


def _sortable(note: Record, name: str) -> tuple[int, float, str]:
    value = note.id if name == "id" else note.values.get(name)
    if value is None:
        return (0, 0.0, "")
    return (1, float(value), "") if isinstance(value, int | float) else (1, 0.0, str(value))
