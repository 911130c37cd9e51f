"""Deliveries reduced to pointers, and bodies that are none."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from connector.adapters.hubspot import parse_delivery
from connector.crm.port import CrmEvent, Delivery, EventKind
from connector.errors import UnexpectedPayload

BASE = {
    "eventId": 1765889350, "subscriptionId": 7662269, "portalId": 247279312, "appId": 51879189,
    "occurredAt": 1788597072520, "subscriptionType": "object.propertyChange", "attemptNumber": 0,
    "objectId": 546500061938, "objectTypeId": "0-1", "propertyName": "email", "propertyValue": "x@y.example",
    "changeSource": "CRM_UI", "sourceId": "userId:98499705", "isSensitive": False,
}  # fmt: skip


def parsed(**changes: object) -> tuple[CrmEvent, ...]:
    return parse_delivery(Delivery(body=json.dumps([{**BASE, **changes}]).encode()))


def one(**changes: object) -> CrmEvent:
    (event,) = parsed(**changes)
    return event


def test_a_recorded_event() -> None:
    event = one()
    assert (event.account_id, event.kind, event.object_type, event.object_id) == (
        "247279312", EventKind.LOOK_AGAIN, "lead", "546500061938",
    )  # fmt: skip
    assert event.occurred_at == datetime(2026, 9, 5, 8, 31, 12, 520000, tzinfo=UTC)
    assert not event.is_creation
    assert not event.is_import


NUMBER = "546500061938"
CREATION, DELETION = "object.creation", "object.deletion"


@pytest.mark.parametrize(
    ("changes", "kind", "object_type", "object_id"),
    [
        ({"subscriptionType": CREATION}, EventKind.LOOK_AGAIN, "lead", NUMBER),
        ({"subscriptionType": "contact.creation", "objectTypeId": None}, EventKind.LOOK_AGAIN, "lead", NUMBER),
        ({"subscriptionType": "object.restore"}, EventKind.LOOK_AGAIN, "lead", NUMBER),
        ({"subscriptionType": DELETION}, EventKind.DELETED, "lead", NUMBER),
        ({"subscriptionType": "contact.privacyDeletion"}, EventKind.FORGET, "lead", NUMBER),
        ({"subscriptionType": CREATION, "objectTypeId": "0-48"}, EventKind.LOOK_AGAIN, "call", f"call:{NUMBER}"),
        ({"subscriptionType": DELETION, "objectTypeId": "0-49"}, EventKind.DELETED, "email", f"email:{NUMBER}"),
        ({"objectTypeId": "0-27", "propertyName": "x"}, EventKind.LOOK_AGAIN, "task", f"task:{NUMBER}"),
        (
            {"subscriptionType": CREATION, "objectTypeId": "0-18"},
            EventKind.LOOK_AGAIN,
            "message",
            f"message:{NUMBER}",
        ),
        ({"subscriptionType": CREATION, "objectTypeId": "0-3"}, EventKind.LOOK_AGAIN, "deal", NUMBER),
        ({"subscriptionType": CREATION, "objectTypeId": "0-5"}, EventKind.IGNORED, "unknown", NUMBER),
        ({"propertyName": "leadassay_handling"}, EventKind.IGNORED, "lead", NUMBER),
        ({"subscriptionType": "object.transmogrification"}, EventKind.IGNORED, "lead", NUMBER),
        ({"objectId": None}, EventKind.IGNORED, "unknown", ""),
        ({"objectId": True}, EventKind.IGNORED, "unknown", ""),
    ],
)
def test_what_an_event_asks_of_us(
    changes: dict[str, object], kind: EventKind, object_type: str, object_id: str
) -> None:
    event = one(**changes)
    assert (event.kind, event.object_type, event.object_id) == (kind, object_type, object_id)


def test_creation_and_import_are_flagged() -> None:
    event = one(subscriptionType="object.creation", changeSource="IMPORT", propertyName=None)
    assert (event.is_creation, event.is_import) == (True, True)


def test_a_merge_points_at_both_sides() -> None:
    events = parsed(
        subscriptionType="object.merge", objectId=1, primaryObjectId=1, mergedObjectIds=[2, 3], newObjectId=1,
        numberOfPropertiesMoved=4,
    )  # fmt: skip
    assert [event.object_id for event in events] == ["1", "2", "3"]
    assert len({event.event_key for event in events}) == 3
    assert {event.kind for event in events} == {EventKind.LOOK_AGAIN}


def test_an_association_points_at_its_contact() -> None:
    more = {"objectId": None, "subscriptionType": "object.associationChange"}
    there = one(**more, fromObjectTypeId="0-48", fromObjectId=7, toObjectTypeId="0-1", toObjectId=8)
    assert (there.kind, there.object_type, there.object_id) == (EventKind.LOOK_AGAIN, "lead", "8")
    assert (
        one(**more, fromObjectTypeId="0-2", fromObjectId=7, toObjectTypeId="0-3", toObjectId=8).kind
        is EventKind.IGNORED
    )


def test_the_same_event_has_the_same_key_and_every_part_of_it_counts() -> None:
    key = one().event_key
    assert one(attemptNumber=7).event_key == key
    for name in ("portalId", "appId", "subscriptionId", "objectId", "propertyName", "occurredAt", "eventId"):
        assert one(**{name: 1}).event_key != key


@pytest.mark.parametrize("moment", [None, "soon", -1, 10**30, 1.5, True])
def test_a_moment_that_makes_no_sense_does_not_lose_the_pointer(moment: object) -> None:
    event = one(occurredAt=moment)
    assert (event.kind, event.occurred_at) == (EventKind.LOOK_AGAIN, datetime(1970, 1, 1, tzinfo=UTC))


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{", b"null", b"{}", b'"x"', b"\xff", b'[{"a":1,"a":2}]', b'[{"a":NaN}]',
        b'[{"objectId":' + b"9" * 5000 + b"}]", b"[" * 100_000,
    ],
)  # fmt: skip
def test_a_body_that_is_unsound_is_refused(body: bytes) -> None:
    with pytest.raises(UnexpectedPayload):
        parse_delivery(Delivery(body=body))


def test_things_that_are_no_events_are_counted_beside_those_that_are() -> None:
    events = parse_delivery(Delivery(body=json.dumps([7, None, [], {}, BASE]).encode()))
    assert [event.kind for event in events] == [EventKind.IGNORED] * 4 + [EventKind.LOOK_AGAIN]


def test_an_empty_delivery_is_no_event() -> None:
    assert parse_delivery(Delivery(body=b"[]")) == ()
