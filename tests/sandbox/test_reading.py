"""Limits of reading: rate limit, page and batch sizes, search with its cap and its lag, associations."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import pytest

from connector.sandbox import SandboxControl
from tests.sandbox.conftest import OTHER_PORTAL, PORTAL, Api

CONTACTS = "/crm/objects/2026-03/contacts"


def _people(count: int) -> dict[str, Any]:
    return {
        "portal_id": PORTAL,
        "records": [
            {
                "type": "contacts",
                "ref": f"c{number}",
                "created_at": 1_790_000_000_000 + number,
                "properties": {"email": f"c{number}@lead.example", "company": "ACME" if number % 2 else "Bolt"},
            }
            for number in range(count)
        ],
    }


def test_rate_limit_tells_what_is_left_and_refuses_with_its_body(api: Api, control: SandboxControl) -> None:
    control.settings(rate_limit=3, rate_window_s=0.5)
    first = api.get(CONTACTS)
    assert first.headers["x-hubspot-ratelimit-max"] == "3"
    assert first.headers["x-hubspot-ratelimit-remaining"] == "2"
    assert first.headers["x-hubspot-ratelimit-interval-milliseconds"] == "500"
    statuses = [api.get(CONTACTS).status_code for _ in range(3)]
    assert statuses == [200, 200, 429]
    refused = api.get(CONTACTS).json()
    assert refused["policyName"] == "TEN_SECONDLY_ROLLING"
    assert refused["errorType"] == "RATE_LIMIT"
    assert refused["message"] == "You have reached your ten_secondly_rolling limit."
    time.sleep(0.55)
    assert api.get(CONTACTS).status_code == 200


def test_the_default_is_110_calls_in_ten_seconds(api: Api) -> None:
    assert [api.get("/account-info/2026-03/details").status_code for _ in range(111)].count(200) == 110


def test_another_portal_has_its_own_budget(api: Api, control: SandboxControl) -> None:
    other = Api(api.base_url, str(control.install(OTHER_PORTAL)["access_token"]))
    control.settings(rate_limit=1)
    assert [api.get(CONTACTS).status_code for _ in range(2)] == [200, 429]
    assert other.get(CONTACTS).status_code == 200
    other.session.close()


def test_searches_have_a_budget_of_their_own_and_no_headers(api: Api, control: SandboxControl) -> None:
    control.settings(search_limit=2, search_window_s=5.0)
    answers = [api.post(f"{CONTACTS}/search", {}) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert answers[2].json()["message"] == "You have reached your secondly limit."
    assert "x-hubspot-ratelimit-max" not in answers[0].headers
    assert api.get(CONTACTS).headers["x-hubspot-ratelimit-remaining"] == "109"


@pytest.mark.parametrize(
    ("method", "path", "sent"),
    [
        ("GET", f"{CONTACTS}?limit=101", None),
        ("GET", f"{CONTACTS}?limit=51&propertiesWithHistory=email", None),
        ("POST", f"{CONTACTS}/batch/read", {"inputs": [{"id": str(n)} for n in range(101)]}),
        (
            "POST",
            f"{CONTACTS}/batch/read",
            {"inputs": [{"id": str(n)} for n in range(51)], "propertiesWithHistory": ["email"]},
        ),
        ("POST", f"{CONTACTS}/search", {"limit": 201}),
        ("POST", f"{CONTACTS}/search", {"query": "x" * 3000}),
        ("POST", f"{CONTACTS}/search", {"sorts": ["email", "phone"]}),
        (
            "POST",
            f"{CONTACTS}/search",
            {"filterGroups": [{"filters": [{"propertyName": "nope", "operator": "EQ", "value": "1"}]}]},
        ),
        (
            "POST",
            f"{CONTACTS}/search",
            {"filterGroups": [{"filters": [{"propertyName": "email", "operator": "HAS_PROPERTY"}]}] * 6},
        ),
        (
            "POST",
            "/crm/associations/2026-03/contacts/calls/batch/read",
            {"inputs": [{"id": str(n)} for n in range(1001)]},
        ),
    ],
)
def test_too_much_is_refused(api: Api, method: str, path: str, sent: object) -> None:
    answer = api.call(method, path, sent)
    assert answer.status_code == 400, answer.text
    assert answer.json()["category"] == "VALIDATION_ERROR"


def test_search_stops_at_its_cap_although_it_knows_the_total(api: Api, control: SandboxControl) -> None:
    control.seed(_people(12))
    control.settings(search_cap=10)
    wish: dict[str, object] = {"limit": 5, "sorts": [{"propertyName": "createdate", "direction": "ASCENDING"}]}
    pages = [api.post(f"{CONTACTS}/search", {**wish, "after": after}) for after in ("0", "5", "10")]
    assert [page.status_code for page in pages] == [200, 200, 400]
    assert pages[1].json()["total"] == 12
    assert pages[1].json()["paging"]["next"]["after"] == "10"
    assert "10 results" in pages[2].json()["message"]


def test_search_filters(api: Api, control: SandboxControl) -> None:
    control.settings(search_limit=100)
    ids = control.seed(_people(6))["records"]
    assert isinstance(ids, dict)

    def found(*filters: Mapping[str, object], **more: object) -> list[str]:
        answer = api.post(f"{CONTACTS}/search", {"filterGroups": [{"filters": list(filters)}], **more})
        assert answer.status_code == 200, answer.text
        known = {record_id: ref for ref, record_id in ids.items()}
        return [known[one["id"]] for one in answer.json()["results"]]

    newer = {"propertyName": "createdate", "operator": "GT", "value": "1790000000003"}
    assert found(newer) == ["c4", "c5"]
    assert found(newer, {"propertyName": "company", "operator": "EQ", "value": "acme"}) == ["c5"]
    between = {
        "propertyName": "createdate",
        "operator": "BETWEEN",
        "value": "1790000000001",
        "highValue": "1790000000002",
    }
    assert found(between) == ["c1", "c2"]
    assert found({"propertyName": "hs_object_id", "operator": "GT", "value": ids["c4"]}) == ["c5"]
    assert found({"propertyName": "email", "operator": "IN", "values": ["c0@lead.example", "C1@lead.example"]}) == [
        "c0"
    ]
    assert found({"propertyName": "phone", "operator": "HAS_PROPERTY"}) == []
    down = [{"propertyName": "createdate", "direction": "DESCENDING"}]
    assert found({"propertyName": "company", "operator": "NEQ", "value": "acme"}, sorts=down) == ["c4", "c2", "c0"]


def test_the_search_index_lags_while_reading_does_not(api: Api, control: SandboxControl) -> None:
    old = control.create_contact(PORTAL, {"email": "old@lead.example", "firstname": "Before"})
    control.settings(index_lag_s=0.4)
    control.set_properties(PORTAL, old, {"firstname": "After"})
    control.create_contact(PORTAL, {"email": "new@lead.example"})

    def names() -> list[str | None]:
        answer = api.post(f"{CONTACTS}/search", {"properties": ["firstname"]}).json()
        return [one["properties"]["firstname"] for one in answer["results"]]

    assert names() == ["Before"]
    assert api.get(f"{CONTACTS}/{old}?properties=firstname").json()["properties"]["firstname"] == "After"
    time.sleep(0.5)
    assert names() == ["After", None]


def test_associations_page_per_record_and_report_the_empty_ones(api: Api, control: SandboxControl) -> None:
    people = _people(2)
    people["records"] += [
        {
            "type": "calls",
            "properties": {"hs_timestamp": 1_790_000_000_000},
            "associations": [{"type": "contacts", "ref": "c0"}],
        }
        for _ in range(5)
    ]
    ids = control.seed(people)["records"]
    assert isinstance(ids, dict)
    control.settings(association_page_size=3)
    path = "/crm/associations/2026-03/contacts/calls/batch/read"
    first = api.post(path, {"inputs": [{"id": ids["c0"]}, {"id": ids["c1"]}]})
    assert first.status_code == 207
    result = first.json()["results"][0]
    assert len(result["to"]) == 3
    assert first.json()["errors"][0]["context"]["fromObjectId"] == [ids["c1"]]
    rest = api.post(path, {"inputs": [{"id": ids["c0"], "after": result["paging"]["next"]["after"]}]})
    assert rest.status_code == 200
    assert len(rest.json()["results"][0]["to"]) == 2
    listed = api.get(f"{CONTACTS}/{ids['c0']}/associations/calls?limit=2").json()
    assert len(listed["results"]) == 2
    linked = api.post(
        "/crm/objects/2026-03/calls/search",
        {
            "filterGroups": [
                {"filters": [{"propertyName": "associations.contact", "operator": "EQ", "value": ids["c0"]}]}
            ]
        },
    )
    assert linked.json()["total"] == 5


def test_older_and_newer_paths_answer_alike(api: Api, control: SandboxControl) -> None:
    control.seed(_people(1))
    dated = api.get(CONTACTS).json()["results"][0]["id"]
    for path in ("/crm/v3/objects/contacts", "/crm/objects/2026-09/contacts", "/crm/v3/objects/0-1"):
        assert api.get(path).json()["results"][0]["id"] == dated
    assert api.get("/crm/v3/owners/").status_code == 200
    assert api.get("/account-info/v3/details").json()["uiDomain"]
    assert api.get("/crm/objects/2031-03/contacts").status_code == 404


def test_two_portals_do_not_see_each_other_although_their_ids_are_equal(api: Api, control: SandboxControl) -> None:
    mine = control.create_contact(PORTAL, {"email": "a@lead.example"})
    theirs = control.create_contact(OTHER_PORTAL, {"email": "b@lead.example"})
    assert mine == theirs
    assert api.get(f"{CONTACTS}/{theirs}?properties=email").json()["properties"]["email"] == "a@lead.example"
