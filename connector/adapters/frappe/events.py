"""A delivery of one of our webhooks, reduced to a pointer. Its template is in hooks.py.

Frappe promises neither order nor uniqueness: a slow answer brings the same delivery three times.
"""

from __future__ import annotations

from datetime import UTC, datetime

from audits.model.activity import ActivityKind
from connector.adapters.frappe import documents
from connector.adapters.frappe.mapping import DEAL, LEAD
from connector.adapters.frappe.times import SiteTime
from connector.crm.port import CrmEvent, Delivery, EventKind
from connector.errors import CrmRejected
from connector.payloads import JsonObject, find_text, object_of, parse_json

ZONE_KEY = "zone"
"""Under which the site's zone stands among what the install keeps: a delivery's time does not name it."""
UNKNOWN = "unknown"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_KINDS = {
    "after_insert": EventKind.LOOK_AGAIN,
    "on_update": EventKind.LOOK_AGAIN,
    "on_trash": EventKind.DELETED,
}
_TYPES = {one.doctype: one.object_type for one in documents.ALL if one is not documents.COMMENT}


def parse_delivery(delivery: Delivery) -> tuple[CrmEvent, ...]:
    """The one event of a delivery. Raises UnexpectedPayload for a body that is no JSON object.

    What we do not know comes back as IGNORED, so that it is counted.
    """
    what = "A Frappe delivery"
    body = object_of(parse_json(delivery.body, what), what)
    name, doctype = find_text(body, "name") or "", find_text(body, "doctype") or ""
    event, modified = find_text(body, "event") or "", find_text(body, "modified") or ""
    object_type, object_id = _pointer(doctype, name, body)
    kind = _KINDS.get(event, EventKind.IGNORED) if doctype == LEAD or event != "on_trash" else EventKind.LOOK_AGAIN
    return (
        CrmEvent(
            event_key="|".join((doctype, name, event, modified)),
            account_id=delivery.account_id,
            kind=EventKind.IGNORED if object_type == UNKNOWN else kind,
            object_type=object_type,
            object_id=object_id,
            occurred_at=_occurred_at(modified, delivery.field_keys.get(ZONE_KEY)),
            is_creation=doctype == LEAD and event == "after_insert",
        ),
    )


def _pointer(doctype: str, name: str, body: JsonObject) -> tuple[str, str]:
    if not name:
        return UNKNOWN, ""
    if doctype == LEAD:
        return "lead", name
    if doctype == DEAL:
        lead = find_text(body, "lead")
        return ("lead", lead) if lead is not None else (UNKNOWN, name)
    object_type = _TYPES.get(doctype, UNKNOWN)
    if doctype == documents.COMMUNICATION.doctype:
        medium = find_text(body, "medium") or ""
        if medium in documents.MESSAGE_MEDIA:
            object_type = ActivityKind.MESSAGE.value
        elif medium != documents.EMAIL_MEDIUM:
            object_type = UNKNOWN
    return object_type, f"{object_type}:{name}"


def _occurred_at(modified: str, zone: str | None) -> datetime:
    """The site's moment; 1970 when it gives none that makes sense (an event is a pointer all the same)."""
    if zone is None:
        return _EPOCH
    try:
        return SiteTime(zone).at(modified) or _EPOCH
    except CrmRejected:
        return _EPOCH
