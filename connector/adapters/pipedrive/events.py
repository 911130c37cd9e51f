"""A Pipedrive webhook delivery (version 2.0), reduced to pointers. One delivery is one event.

An event never says enough: lead events lack custom fields, activity events lack what counts. It says where to look.
"""

from __future__ import annotations

from datetime import UTC, datetime

from connector.adapters.pipedrive.fields import FieldKeys
from connector.adapters.pipedrive.mapping import DEAL, IMPORTED, LEAD, PERSON, our_id
from connector.crm.moments import parse_at
from connector.crm.port import CrmEvent, Delivery, EventKind
from connector.payloads import JsonObject, find_text, object_of, parse_json

LEAD_TYPE, COMPANION = "lead", "companion"
UNKNOWN = "unknown"
"""The object type of events that we take no interest in, or cannot read."""

WATCHED = (LEAD, DEAL, "activity", "note", PERSON)
"""Kinds of records whose events we subscribe."""
MERGED_INTO = "merged_to_id"

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
#: What changes with every change and says nothing by itself.
_ALWAYS_CHANGED = frozenset({"update_time", "custom_fields"})


def parse_delivery(delivery: Delivery) -> tuple[CrmEvent, ...]:
    """The events of one delivery. Raises UnexpectedPayload when the body is no JSON object.

    What we do not know, or lacks what we need, or is not of the account whose hook secret proved the delivery, comes
    back as IGNORED, so that it is counted.
    """
    what = "A Pipedrive delivery"
    body = object_of(parse_json(delivery.body, what), what)
    meta = _part(body, "meta")
    action, entity = find_text(meta, "action") or "", find_text(meta, "entity") or ""
    if find_text(meta, "company_id") != delivery.account_id or find_text(meta, "id") is None or entity not in WATCHED:
        return (_event(delivery, meta, EventKind.IGNORED, UNKNOWN, ""),)
    if _is_echo(body, action, FieldKeys(delivery.field_keys).codes()):
        return (_event(delivery, meta, EventKind.IGNORED, UNKNOWN, ""),)
    pointers = _of_record(meta, entity, action) if entity in (LEAD, DEAL, PERSON) else _of_act(body)
    is_import = (find_text(_part(body, "data"), "origin") or "").casefold() == IMPORTED
    events = tuple(
        _event(delivery, meta, kind, type_, one, is_import=is_import) for type_, one, kind in dict.fromkeys(pointers)
    )
    return events or (_event(delivery, meta, EventKind.IGNORED, UNKNOWN, ""),)


Pointer = tuple[str, str, EventKind]


def _of_record(meta: JsonObject, entity: str, action: str) -> list[Pointer]:
    """A lead, a deal or a person, and the one that it was merged into."""
    object_type = COMPANION if entity == PERSON else LEAD_TYPE
    found: list[Pointer] = []
    record_id = find_text(meta, "entity_id")
    if record_id is not None:
        is_end = action == "delete" and entity != PERSON
        kind = EventKind.DELETED if is_end else EventKind.LOOK_AGAIN
        found.append((object_type, our_id(entity, record_id), kind))
    winner_id = find_text(meta, MERGED_INTO)
    if winner_id is not None:
        found.append((object_type, our_id(entity, winner_id), EventKind.LOOK_AGAIN))
    return found


def _of_act(body: JsonObject) -> list[Pointer]:
    """What an activity or a note hangs on now, and hung on before."""
    found: list[Pointer] = []
    for part in (_part(body, "data"), _part(body, "previous")):
        leads = [
            our_id(kind, record_id)
            for kind, name in ((LEAD, "lead_id"), (DEAL, "deal_id"))
            if (record_id := find_text(part, name)) is not None
        ]
        found += [(LEAD_TYPE, one, EventKind.LOOK_AGAIN) for one in leads]
    person_id = find_text(_part(body, "data") or _part(body, "previous"), "person_id")
    if not found and person_id is not None:
        found.append((COMPANION, our_id(PERSON, person_id), EventKind.LOOK_AGAIN))
    return found


def _is_echo(body: JsonObject, action: str, ours: frozenset[str]) -> bool:
    """Whether nothing changed but our own fields."""
    previous = _part(body, "previous")
    customs = set(_part(previous, "custom_fields"))
    return action == "change" and bool(customs) and customs <= ours and set(previous) <= _ALWAYS_CHANGED


def _event(
    delivery: Delivery,
    meta: JsonObject,
    kind: EventKind,
    object_type: str,
    object_id: str,
    *,
    is_import: bool = False,
) -> CrmEvent:
    parts = (find_text(meta, key) or "" for key in ("id", "entity", "action", "entity_id"))
    return CrmEvent(
        event_key="|".join((*parts, object_id)),
        account_id=delivery.account_id,
        kind=kind,
        object_type=object_type,
        object_id=object_id,
        # 1970 where Pipedrive gives none that makes sense: an event is a pointer all the same.
        occurred_at=parse_at(find_text(meta, "timestamp")) or _EPOCH,
        is_creation=find_text(meta, "action") == "create" and find_text(meta, "entity") in (LEAD, DEAL),
        is_import=is_import,
    )


def _part(body: JsonObject, name: str) -> JsonObject:
    part = body.get(name)
    return part if isinstance(part, dict) else {}
