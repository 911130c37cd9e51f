"""Deliveries as Pipedrive publishes them, and odd ones: what each points at."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.adapters.pipedrive import parse_delivery
from connector.crm.port import CrmEvent, Delivery, EventKind, OurField
from connector.errors import UnexpectedPayload
from connector.payloads import JsonObject

LEAD = "b1810230-6c0d-11ed-9826-a53d0eb706a5"
KEYS = {
    f"{entity}/{field.value}": f"{number:040x}"
    for entity in ("deal", "person")
    for number, field in enumerate(OurField)
}
META: JsonObject = {
    "action": "create", "entity": "lead", "entity_id": LEAD, "company_id": "8087566", "user_id": "12415231",
    "id": "b18fa830-6c0d-11ed-9826-a53d0eb706a5", "timestamp": "2022-11-24T15:35:58.772Z", "type": "general",
    "version": "2.0", "change_source": "app", "is_bulk_edit": False, "attempt": 1,
}  # fmt: skip


def parsed(body: object, account_id: str = "8087566") -> tuple[CrmEvent, ...]:
    return parse_delivery(Delivery(body=json.dumps(body).encode(), account_id=account_id, field_keys=KEYS))


def event(data: object = None, previous: object = None, **meta: object) -> tuple[CrmEvent, ...]:
    return parsed({"data": data, "previous": previous, "meta": {**META, **meta}})


def pointers(events: tuple[CrmEvent, ...]) -> list[tuple[str, str, str]]:
    return [(one.object_type, one.object_id, one.kind.value) for one in events]


def test_a_new_lead() -> None:
    (one,) = event({"id": LEAD, "origin": "ManuallyCreated"})
    assert (one.object_type, one.object_id, one.kind) == ("lead", f"lead:{LEAD}", EventKind.LOOK_AGAIN)
    assert (one.is_creation, one.is_import, one.account_id) == (True, False, "8087566")
    assert one.occurred_at.isoformat() == "2022-11-24T15:35:58.772000+00:00"
    (imported,) = event({"id": LEAD, "origin": "Import"})
    assert imported.is_import


@pytest.mark.parametrize(
    ("entity", "entity_id", "action", "expected"),
    [
        ("lead", LEAD, "change", ("lead", f"lead:{LEAD}", "look_again")),
        ("lead", LEAD, "delete", ("lead", f"lead:{LEAD}", "deleted")),
        ("deal", "5", "create", ("lead", "deal:5", "look_again")),
        ("deal", "5", "delete", ("lead", "deal:5", "deleted")),
        ("person", "11", "change", ("companion", "person:11", "look_again")),
        ("person", "11", "delete", ("companion", "person:11", "look_again")),
    ],
)
def test_records(entity: str, entity_id: str, action: str, expected: tuple[str, str, str]) -> None:
    assert pointers(event({}, {"title": "x"}, entity=entity, entity_id=entity_id, action=action)) == [expected]


def test_a_merge_points_at_both_sides() -> None:
    deals = event(None, {"title": "x"}, entity="deal", entity_id="5", action="delete", merged_to_id="7")
    assert pointers(deals) == [("lead", "deal:5", "deleted"), ("lead", "deal:7", "look_again")]
    assert len({one.event_key for one in deals}) == 2
    persons = event(None, {"name": "x"}, entity="person", entity_id="1", action="delete", merged_to_id="2")
    assert pointers(persons) == [("companion", "person:1", "look_again"), ("companion", "person:2", "look_again")]


@pytest.mark.parametrize("entity", ["activity", "note"])
def test_activities_and_notes_point_at_what_they_hang_on_and_hung_on(entity: str) -> None:
    found = event({"lead_id": None, "deal_id": 5, "person_id": 11}, {"lead_id": LEAD}, entity=entity, action="change")
    assert pointers(found) == [("lead", "deal:5", "look_again"), ("lead", f"lead:{LEAD}", "look_again")]
    gone = event(None, {"lead_id": LEAD, "deal_id": None}, entity=entity, action="delete")
    assert pointers(gone) == [("lead", f"lead:{LEAD}", "look_again")]
    alone = event({"person_id": 11}, None, entity=entity)
    assert pointers(alone) == [("companion", "person:11", "look_again")]
    nowhere = event({"person_id": None}, None, entity=entity)
    assert [one.kind for one in nowhere] == [EventKind.IGNORED]


def test_our_own_echo_is_ignored_and_nothing_else() -> None:
    ours = dict.fromkeys(list(KEYS.values())[:2])
    assert [one.kind for one in event({}, {"custom_fields": ours}, action="change")] == [EventKind.IGNORED]
    with_time = {"custom_fields": ours, "update_time": "2022-11-24T15:35:58Z"}
    for entity, entity_id in (("deal", "5"), ("person", "11")):
        echo = event({}, with_time, action="change", entity=entity, entity_id=entity_id)
        assert [one.kind for one in echo] == [EventKind.IGNORED]
    theirs = {**ours, "a" * 40: None}
    for previous in ({"custom_fields": theirs}, {"custom_fields": ours, "title": None}, {"custom_fields": {}}, {}):
        assert [one.kind for one in event({}, previous, action="change")] == [EventKind.LOOK_AGAIN]


@pytest.mark.parametrize("entity", ["user", "organization", "pipeline", "product", "robot"])
def test_what_we_do_not_watch_is_ignored(entity: str) -> None:
    assert [one.kind for one in event({}, None, entity=entity)] == [EventKind.IGNORED]


def test_a_delivery_of_another_company_is_ignored() -> None:
    events = parsed({"data": {}, "previous": None, "meta": META}, account_id="1")
    assert [(one.kind, one.account_id) for one in events] == [(EventKind.IGNORED, "1")]


def test_an_event_keeps_its_key_when_it_comes_again() -> None:
    (first,), (again,) = event({}, None, attempt=1), event({}, None, attempt=2)
    assert first.event_key == again.event_key
    (other,) = event({}, None, id="another")
    assert other.event_key != first.event_key


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b"{", b'{"meta": 1, "meta": 2}'])
def test_what_is_no_delivery_is_refused(body: bytes) -> None:
    with pytest.raises(UnexpectedPayload):
        parse_delivery(Delivery(body=body, account_id="1"))


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["id", "lead_id", "x"]), inner, max_size=3)
    ),
    max_leaves=5,
)


@given(
    data=_JSON,
    previous=_JSON,
    meta=st.dictionaries(st.sampled_from(sorted(META)), _JSON, max_size=6),
    entity=st.sampled_from(["lead", "deal", "person", "activity", "note", "user"]),
)
def test_odd_shapes_never_crash(data: object, previous: object, meta: dict[str, object], entity: str) -> None:
    shaped = {**META, **meta, "company_id": "8087566", "entity": entity}
    assert parsed({"data": data, "previous": previous, "meta": shaped})
    assert parsed({"data": data, "previous": previous, "meta": data})
