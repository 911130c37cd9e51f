"""A HubSpot webhook delivery, reduced to pointers. HubSpot promises neither order nor uniqueness, so an event only
says where to look again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from connector.adapters.hubspot.activities import TYPE_IDS, Engagement
from connector.adapters.hubspot.deals import DEAL
from connector.adapters.hubspot.deals import TYPE_ID as DEAL_TYPE
from connector.crm.port import CrmEvent, Delivery, EventKind, OurField
from connector.payloads import JsonObject, JsonValue, find_text, list_of, parse_json

CONTACT = "0-1"
LEAD = "lead"
UNKNOWN = "unknown"
"""The object type of events that we take no interest in, or cannot read."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_KEY = ("portalId", "appId", "subscriptionId", "objectId", "propertyName", "occurredAt", "eventId")
#: Types of legacy subscriptions name their object in the type instead of in objectTypeId.
_PREFIXES = {"contact": CONTACT}
_OURS = frozenset(OurField)


def parse_delivery(delivery: Delivery) -> tuple[CrmEvent, ...]:
    """The events of one delivery (a JSON array). Raises UnexpectedPayload when the body as a whole is unsound.

    An event that we do not know, or that lacks what we need, comes back as IGNORED, so that it is counted.
    """
    what = "A HubSpot delivery"
    return tuple(event for item in list_of(parse_json(delivery.body, what), what) for event in _events(item))


def _events(item: JsonValue) -> tuple[CrmEvent, ...]:
    if not isinstance(item, dict):
        return (_event({}, EventKind.IGNORED, UNKNOWN, ""),)
    name = find_text(item, "subscriptionType") or find_text(item, "eventType") or ""
    prefix, _, action = name.partition(".")
    type_id = _PREFIXES.get(prefix) or find_text(item, "objectTypeId") or ""
    if action == "privacyDeletion":
        type_id = CONTACT
    if action == "merge":
        return _merge(item, type_id)
    if action == "associationChange":
        return _association(item)
    object_id = find_text(item, "objectId")
    if object_id is None or find_text(item, "portalId") is None:
        return (_event(item, EventKind.IGNORED, UNKNOWN, ""),)
    return (_event(item, _kind(action, item), *_pointer(type_id, object_id)),)


def _kind(action: str, item: JsonObject) -> EventKind:
    if action == "privacyDeletion":
        return EventKind.FORGET
    if action == "deletion":
        return EventKind.DELETED
    if action == "propertyChange":
        return EventKind.IGNORED if find_text(item, "propertyName") in _OURS else EventKind.LOOK_AGAIN
    return EventKind.LOOK_AGAIN if action in {"creation", "restore"} else EventKind.IGNORED


def _merge(item: JsonObject, type_id: str) -> tuple[CrmEvent, ...]:
    """Both sides have changed: the winner's values, and the others' being there at all."""
    listed = item.get("mergedObjectIds")
    sides: list[JsonValue] = [item.get("primaryObjectId"), item.get("newObjectId"), item.get("objectId")]
    sides += listed if isinstance(listed, list) else []
    ids = dict.fromkeys(str(one) for one in sides if isinstance(one, int | str) and not isinstance(one, bool) and one)
    events = [_event(item, EventKind.LOOK_AGAIN, *_pointer(type_id, one), suffix=one) for one in ids]
    return tuple(events) or (_event(item, EventKind.IGNORED, UNKNOWN, ""),)


def _association(item: JsonObject) -> tuple[CrmEvent, ...]:
    """The contact's side of a link that was made or cut."""
    for side in ("from", "to"):
        object_id = find_text(item, f"{side}ObjectId")
        if object_id is not None and find_text(item, f"{side}ObjectTypeId") == CONTACT:
            return (_event(item, EventKind.LOOK_AGAIN, LEAD, object_id, suffix=f"{side}{object_id}"),)
    return (_event(item, EventKind.IGNORED, UNKNOWN, ""),)


def _pointer(type_id: str, object_id: str) -> tuple[str, str]:
    if type_id == CONTACT:
        return LEAD, object_id
    if type_id == DEAL_TYPE:
        return DEAL, object_id
    engagement: Engagement | None = TYPE_IDS.get(type_id)
    return (engagement.value, engagement.our_id(object_id)) if engagement is not None else (UNKNOWN, object_id)


def _event(item: JsonObject, kind: EventKind, object_type: str, object_id: str, suffix: str = "") -> CrmEvent:
    name = find_text(item, "subscriptionType") or find_text(item, "eventType") or ""
    return CrmEvent(
        # eventId alone is not unique, and whether a retry keeps it is not said: the whole tuple is the event.
        event_key="|".join((*(find_text(item, key) or "" for key in _KEY), name, suffix)),
        account_id=find_text(item, "portalId") or "",
        kind=EventKind.IGNORED if object_type == UNKNOWN else kind,
        object_type=object_type,
        object_id=object_id,
        occurred_at=_occurred_at(item),
        is_creation=name.endswith(".creation"),
        is_import=find_text(item, "changeSource") == "IMPORT",
    )


def _occurred_at(item: JsonObject) -> datetime:
    """HubSpot's moment; 1970 when it gives none that makes sense (an event is a pointer all the same)."""
    moment = item.get("occurredAt")
    if not isinstance(moment, int) or isinstance(moment, bool) or not 0 <= moment < 7_258_118_400_000:
        return _EPOCH
    return _EPOCH + timedelta(milliseconds=moment)
