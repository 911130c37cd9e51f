"""Answers of HubSpot that are not as promised, and what its refusals mean."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler

import pytest

from connector.adapters.hubspot import RULES, HubSpotAdapter, HubSpotClient
from connector.adapters.hubspot.fields import DEFINITIONS
from connector.crm.port import FieldWrite
from connector.errors import CrmRejected, UnexpectedPayload
from tests.adapters.conftest import client_for
from tests.unruly import Seen, answer_json, unruly

SINCE = datetime(2026, 1, 1, tzinfo=UTC)
MADE = "2026-11-02T10:00:00.000Z"


def contact(record_id: str = "1", **more: object) -> dict[str, object]:
    return {"id": record_id, "createdAt": MADE, "properties": {"createdate": MADE, "lastmodifieddate": MADE}, **more}


def always(body: object, status: int = 200) -> Callable[[BaseHTTPRequestHandler, Seen], None]:
    return lambda handler, _: answer_json(handler, body, status)


def adapter_on(client: HubSpotClient) -> HubSpotAdapter:
    return HubSpotAdapter(client, record_url_base="https://x/")


REQUIRED = {
    "/contacts/search": {"after", "filterGroups", "limit", "properties", "sorts"},
    "/contacts/batch/read": {"inputs", "properties", "propertiesWithHistory"},
    "/calls/batch/read": {"inputs", "properties", "propertiesWithHistory"},
    "/properties": {"archived", "dataSensitivity", "inputs"},
    "/associations": {"inputs"},
}
"""What HubSpot's published description (2026-03) requires of these bodies."""


def test_bodies_hold_what_hubspots_description_requires() -> None:
    batch = {"status": "COMPLETE", "results": [], "total": 0}
    with unruly(always(batch)) as server:
        client = client_for(server.url, "t")
        adapter_on(client).list_modified(SINCE, SINCE, None)
        client.read_contacts(["1"], ["email"], [])
        client.read_records("calls", ["1"], ["hs_timestamp"])
        client.read_contact_properties(["email"])
        client.associated_ids("contacts", "calls", ["1"])
        for part, seen in zip(REQUIRED, server.seen, strict=True):
            body = json.loads(seen.body)
            assert part in seen.path
            assert set(body) == REQUIRED[part]
            assert all(isinstance(one, str) for one in body.get("sorts", []))


def test_a_search_that_was_not_sorted_is_asked_for_in_the_other_way() -> None:
    late = contact("1", properties={"lastmodifieddate": "2026-11-03T10:00:00.000Z"})

    def page(handler: BaseHTTPRequestHandler, seen: Seen) -> None:
        is_sorted = isinstance(json.loads(seen.body)["sorts"][0], dict)
        found = [contact("2"), late] if is_sorted else [late, contact("2")]
        answer_json(handler, {"results": found, "total": 2})

    with unruly(page) as server:
        adapter = adapter_on(client_for(server.url, "t"))
        for _ in range(2):
            assert adapter.list_modified(SINCE, datetime.now(UTC), None).lead_ids == ("2", "1")
        sorts = [json.loads(seen.body)["sorts"] for seen in server.seen]
        other = [{"propertyName": "lastmodifieddate", "direction": "ASCENDING"}]
        assert sorts == [["lastmodifieddate"], other, other]


def test_options_are_given_back_as_hubspot_takes_them() -> None:
    def page(handler: BaseHTTPRequestHandler, seen: Seen) -> None:
        definitions = [
            {
                **one,
                "options": [{"label": "Own", "value": "own", "hidden": True, "doubleData": 1.0, "description": None}],
            }
            if "options" in one
            else one
            for one in DEFINITIONS
        ]
        answer_json(handler, {"status": "COMPLETE", "results": definitions})

    with unruly(page) as server:
        adapter_on(client_for(server.url, "t")).ensure_fields()
        changes = [json.loads(seen.body)["options"] for seen in server.seen if seen.method == "PATCH"]
    assert len(changes) == 2
    for options in changes:
        assert options[0] == {"label": "Own", "value": "own", "displayOrder": -1, "hidden": True}
        assert all({"label", "value", "displayOrder", "hidden"} <= set(option) for option in options)


@pytest.mark.parametrize("after", ["100", "99", "7"])
def test_paging_that_does_not_move_on_is_an_error_and_no_endless_loop(after: str) -> None:
    page = {"results": [contact()], "paging": {"next": {"after": after, "link": "http://127.0.0.1:1/steal"}}}
    with unruly(always(page)) as server, pytest.raises(UnexpectedPayload, match="does not move on"):
        adapter_on(client_for(server.url, "t")).list_leads("100", SINCE)


def test_association_paging_that_repeats_is_an_error() -> None:
    result = {"from": {"id": "1"}, "to": [{"toObjectId": 5}], "paging": {"next": {"after": "5"}}}
    with unruly(always({"status": "COMPLETE", "results": [result]})) as server:
        with pytest.raises(UnexpectedPayload, match="repeats"):
            client_for(server.url, "t").associated_ids("contacts", "calls", ["1"])
        assert len(server.seen) == 2


def test_the_link_beside_a_cursor_is_never_followed() -> None:
    def page(handler: BaseHTTPRequestHandler, seen: Seen) -> None:
        more = {} if "after=2" in seen.path else {"paging": {"next": {"after": "2", "link": canary.url}}}
        answer_json(handler, {"results": [contact()], **more})

    with unruly(always({})) as canary, unruly(page) as server:
        adapter = adapter_on(client_for(server.url, "t"))
        first = adapter.list_leads("1", SINCE)
        assert adapter.list_leads(first.cursor, SINCE).cursor is None
        assert canary.seen == []


@pytest.mark.parametrize(
    "body",
    [
        {}, [], {"results": None}, {"results": {}}, {"results": [None]}, {"results": [{"id": "1"}]},
        {"results": [{"id": True, "createdAt": MADE, "properties": {}}]},
        {"results": [{"id": "1", "createdAt": "soon", "properties": {}}]},
        {"results": [contact()], "paging": {"next": {}}},
    ],
)  # fmt: skip
def test_what_lacks_a_part_is_never_read_as_empty(body: object) -> None:
    with unruly(always(body)) as server, pytest.raises(UnexpectedPayload):
        adapter_on(client_for(server.url, "t")).list_leads("1", SINCE)


@pytest.mark.parametrize(
    "body",
    [
        {"status": "PENDING", "results": []},
        {"status": "COMPLETE", "results": [], "errors": [{"category": "INTERNAL_ERROR", "message": "x"}]},
        {"status": "COMPLETE", "results": [], "errors": {"category": "OBJECT_NOT_FOUND"}},
        {"status": "COMPLETE"},
    ],
)
def test_a_batch_that_is_not_whole_does_not_say_that_leads_are_gone(body: object) -> None:
    with unruly(always(body, 207)) as server, pytest.raises(UnexpectedPayload):
        adapter_on(client_for(server.url, "t")).read_leads(["1"])


def test_a_207_keeps_each_result() -> None:
    body = {
        "status": "COMPLETE",
        "results": [{"id": "1"}],
        "errors": [
            {"category": "VALIDATION_ERROR", "message": "no", "context": {"ids": ["2"]}},
            {"category": "OBJECT_NOT_FOUND", "message": "gone", "context": {"ids": ["3", 4]}},
        ],
    }
    with unruly(always(body, 207)) as server:
        writes = [FieldWrite(lead_id=str(number), values={"leadassay_handling": "1"}) for number in range(1, 6)]
        results = adapter_on(client_for(server.url, "t")).write_fields(writes)
    assert [(one.is_written, one.is_gone, one.complaint) for one in results] == [
        (True, False, ""), (False, False, "no"), (False, True, ""), (False, True, ""), (False, True, ""),
    ]  # fmt: skip


def test_a_property_of_our_name_with_another_type_is_told() -> None:
    there = {"name": "leadassay_handling", "type": "string"}

    def reply(handler: BaseHTTPRequestHandler, seen: Seen) -> None:
        answer_json(handler, {"status": "COMPLETE", "results": [there] if seen.path.endswith("batch/read") else []})

    with unruly(reply) as server, pytest.raises(CrmRejected, match="archive it in HubSpot") as caught:
        adapter_on(client_for(server.url, "t")).ensure_fields()
    assert caught.value.fields == ("leadassay_handling",)


def test_fields_made_by_another_process_at_the_same_time_are_no_error() -> None:
    def reply(handler: BaseHTTPRequestHandler, seen: Seen) -> None:
        is_read = seen.path.endswith("batch/read")
        answer_json(
            handler,
            {"status": "COMPLETE", "results": []} if is_read else {"message": "exists"},
            200 if is_read else 409,
        )

    with unruly(reply) as server:
        assert len(adapter_on(client_for(server.url, "t")).ensure_fields().made) == 6


@pytest.mark.parametrize(
    ("status", "body", "attempt", "pause_s"),
    [
        (429, {"policyName": "TEN_SECONDLY_ROLLING"}, 1, 10.0),
        (429, {"policyName": "SECONDLY"}, 2, 2.0),
        (429, {"policyName": "DAILY"}, 1, 3600.0),
        (429, {"message": "You have reached your ten_secondly_rolling limit."}, 1, 10.0),
        (429, {}, 3, 3.0),
        (423, {}, 1, 2.0),
        (477, {}, 1, 3600.0),
        (500, {}, 1, None),
    ],
)
def test_how_long_to_wait(status: int, body: dict[str, str], attempt: int, pause_s: float | None) -> None:
    assert RULES.pause_s(status, dict(body), attempt) == pause_s


def test_what_refusals_name() -> None:
    error = {"message": "m", "context": {"requiredGranularScopes": ["a.read", "b.read"]}}
    assert RULES.missing_scope({"category": "MISSING_SCOPES", "errors": [error]}) == "a.read"
    assert RULES.missing_scope({"category": "MISSING_SCOPES", "errors": [None, {}]}) == "unknown"
    assert RULES.missing_scope({"category": "BANNED"}) is None
    assert RULES.rejected_fields({"errors": [{"context": {"propertyName": ["x", 1]}}, {}, None]}) == ("x",)
