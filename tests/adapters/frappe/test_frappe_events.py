"""Deliveries as pointers: every doctype and event that we subscribe, and what is unknown."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from connector.adapters.frappe import parse_delivery
from connector.crm.port import CrmEvent, Delivery, EventKind
from connector.errors import UnexpectedPayload
from tests.adapters.frappe.conftest import sample

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
KEYS = {"zone": "Asia/Kolkata"}


def event_of(**body: object) -> CrmEvent:
    told = {"event": "on_update", "modified": "2026-11-22 02:32:16.367446", "name": "X1", **body}
    (event,) = parse_delivery(Delivery(body=json.dumps(told).encode(), account_id="crm.example.com", field_keys=KEYS))
    return event


def test_a_recorded_delivery() -> None:
    body = sample("webhook_crm_lead_after_insert")["body_raw"].encode()
    (event,) = parse_delivery(Delivery(body=body, account_id="crm.example.com", field_keys=KEYS))
    assert (event.object_type, event.object_id, event.kind) == ("lead", "CRM-LEAD-2026-00001", EventKind.LOOK_AGAIN)
    assert (event.account_id, event.is_creation) == ("crm.example.com", True)
    assert event.occurred_at == datetime(2026, 11, 21, 21, 2, 16, 367446, tzinfo=UTC)


POINTERS = [
    ({"doctype": "CRM Lead"}, "lead", "X1"),
    ({"doctype": "CRM Deal", "lead": "L1"}, "lead", "L1"),
    ({"doctype": "CRM Call Log"}, "call", "call:X1"),
    ({"doctype": "Communication", "medium": "Email"}, "email", "email:X1"),
    ({"doctype": "Communication", "medium": "SMS"}, "message", "message:X1"),
    ({"doctype": "Communication", "medium": "Chat"}, "message", "message:X1"),
    ({"doctype": "CRM Task", "name": 7}, "task", "task:7"),
    ({"doctype": "FCRM Note"}, "note", "note:X1"),
    ({"doctype": "Event"}, "meeting", "meeting:X1"),
]


@pytest.mark.parametrize(("body", "object_type", "object_id"), POINTERS)
def test_every_document_points_at_something(body: dict[str, object], object_type: str, object_id: str) -> None:
    event = event_of(**body)
    assert (event.object_type, event.object_id, event.kind) == (object_type, object_id, EventKind.LOOK_AGAIN)


def test_a_deletion() -> None:
    assert event_of(doctype="CRM Lead", event="on_trash").kind is EventKind.DELETED


@pytest.mark.parametrize(
    "body",
    [
        {"doctype": "Lead"}, {"doctype": "Communication", "medium": "Event"}, {"doctype": "CRM Deal", "lead": ""},
        {"doctype": "CRM Lead", "name": ""}, {"doctype": "CRM Lead", "event": "on_change"}, {},
    ],
)  # fmt: skip
def test_what_is_unknown_is_counted_and_ignored(body: dict[str, object]) -> None:
    assert event_of(**body).kind is EventKind.IGNORED


def test_a_later_change_is_another_event_and_a_repetition_is_not() -> None:
    first, again = event_of(doctype="CRM Lead"), event_of(doctype="CRM Lead")
    later = event_of(doctype="CRM Lead", modified="2026-11-22 02:32:17.000001")
    assert first.event_key == again.event_key != later.event_key
    assert first.event_key != event_of(doctype="CRM Lead", event="after_insert").event_key


@pytest.mark.parametrize("keys", [{}, {"zone": "Mars/Olympus"}])
def test_a_pointer_without_a_sound_time_is_a_pointer(keys: dict[str, str]) -> None:
    body = sample("webhook_crm_lead_on_update")["body_raw"].encode()
    (event,) = parse_delivery(Delivery(body=body, account_id="a", field_keys=keys))
    assert (event.occurred_at, event.kind) == (EPOCH, EventKind.LOOK_AGAIN)


@pytest.mark.parametrize("body", [b"", b"[]", b"{cut", b"<html>", b'"x"'])
def test_a_body_that_is_no_object_is_unreadable(body: bytes) -> None:
    with pytest.raises(UnexpectedPayload):
        parse_delivery(Delivery(body=body, account_id="a"))
