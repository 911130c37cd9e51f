"""The control API, the pages and the entry point."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import requests

from connector.sandbox import SandboxConfig, SandboxControl, SandboxHandle, config_from_json
from tests.sandbox.conftest import PORTAL, REP, Api

CONTACTS = "/crm/objects/2026-03/contacts"


def test_the_control_api_needs_its_token(sandbox: SandboxHandle) -> None:
    for headers in ({}, {"X-Sandbox-Control": "guess"}):
        answer = requests.get(f"{sandbox.base_url}/_sandbox/settings", headers=headers, timeout=5)
        assert answer.status_code == 401


def test_other_host_names_are_refused(sandbox: SandboxHandle) -> None:
    answer = requests.get(sandbox.base_url, headers={"Host": "rebound.example"}, timeout=5)
    assert answer.status_code == 400


def test_settings_are_checked(control: SandboxControl) -> None:
    assert control.settings(search_cap=500)["search_cap"] == 500
    assert control.settings()["search_cap"] == 500
    for wrong in ({"search_cap": "many"}, {"colour": "red"}, {"webhooks_on": 1}):
        with pytest.raises(requests.HTTPError, match="400"):
            control.settings(**wrong)


def test_a_seeded_population_reads_as_if_it_had_grown(api: Api, control: SandboxControl) -> None:
    answer = control.seed(
        {
            "portal_id": PORTAL,
            "groups": [{"name": "vendor", "label": "Vendor"}],
            "properties": [
                {
                    "name": "lead_vendor",
                    "label": "Vendor",
                    "type": "string",
                    "fieldType": "text",
                    "groupName": "vendor",
                }
            ],
            "owners": [
                {
                    "ref": "r1",
                    "email": "r1@northwind.example",
                    "teams": [{"id": "9", "name": "East", "primary": True}],
                },
                {"ref": "r2", "email": "r2@northwind.example"},
            ],
            "records": [
                {
                    "ref": "lead",
                    "created_at": "2026-11-02T10:00:00Z",
                    "source": {"type": "FORM", "id": "f1", "label": "Quote form"},
                    "properties": {
                        "email": "l@lead.example",
                        "lead_vendor": "Acme",
                        "hs_analytics_source": "PAID_SEARCH",
                    },
                    "history": {
                        "hubspot_owner_id": [
                            {
                                "value": {"ref": "r2"},
                                "at": "2026-11-03T09:00:00Z",
                                "source": {"type": "CRM_UI", "user_id": 7},
                            },
                            {"value": {"ref": "r1"}, "at": "2026-11-02T10:00:01Z"},
                        ]
                    },
                },
                {
                    "type": "calls",
                    "ref": "call",
                    "created_at": "2026-11-02T12:00:00Z",
                    "properties": {
                        "hs_timestamp": "2026-11-02T10:20:00Z",
                        "hs_call_status": "COMPLETED",
                        "hubspot_owner_id": {"ref": "r1"},
                    },
                    "associations": [{"type": "contacts", "ref": "lead"}],
                },
            ],
        }
    )
    owners, records = answer["owners"], answer["records"]
    assert isinstance(owners, dict)
    assert isinstance(records, dict)
    wish = "properties=hubspot_owner_id,lead_vendor,hs_object_source&propertiesWithHistory=hubspot_owner_id"
    lead = api.get(f"{CONTACTS}/{records['lead']}?{wish}").json()
    assert lead["createdAt"] == "2026-11-02T10:00:00.000Z"
    assert lead["properties"]["lastmodifieddate"] == "2026-11-03T09:00:00.000Z"
    assert lead["properties"]["hubspot_owner_id"] == owners["r2"]
    assert (lead["properties"]["lead_vendor"], lead["properties"]["hs_object_source"]) == ("Acme", "FORM")
    history = lead["propertiesWithHistory"]["hubspot_owner_id"]
    assert [(one["value"], one["timestamp"]) for one in history] == [
        (owners["r2"], "2026-11-03T09:00:00.000Z"),
        (owners["r1"], "2026-11-02T10:00:01.000Z"),
    ]
    assert history[0]["updatedByUserId"] == 7
    call = api.get(f"/crm/objects/2026-03/calls/{records['call']}?properties=hs_timestamp,hs_createdate").json()
    assert call["properties"]["hs_timestamp"] == "2026-11-02T10:20:00.000Z"
    assert call["properties"]["hs_createdate"] == "2026-11-02T12:00:00.000Z"
    linked = api.get(f"{CONTACTS}/{records['lead']}/associations/calls").json()["results"]
    assert [str(one["toObjectId"]) for one in linked] == [records["call"]]
    assert control.writes() == []
    assert control.webhooks()["counts"] == {}


def test_a_seed_with_a_wrong_ref_names_it(control: SandboxControl) -> None:
    wrong = {"portal_id": PORTAL, "records": [{"ref": "x", "properties": {"hubspot_owner_id": {"ref": "nobody"}}}]}
    with pytest.raises(requests.HTTPError, match="nobody"):
        control.seed(wrong)


def test_five_thousand_contacts_are_loaded_and_paged_quickly(api: Api, control: SandboxControl) -> None:
    control.settings(rate_limit=1000)
    started = time.monotonic()
    names = dict.fromkeys(("firstname", "lastname", "phone", "company", "city"), "x")
    control.seed(
        {
            "portal_id": PORTAL,
            "records": [{"properties": {"email": f"p{number}@lead.example", **names}} for number in range(5000)],
        }
    )
    seen, after = 0, "0"
    while after:
        page = api.get(f"{CONTACTS}?limit=100&after={after}&properties=email,phone,firstname,lastname,company").json()
        seen += len(page["results"])
        after = page.get("paging", {}).get("next", {}).get("after", "")
    assert seen == 5000
    assert time.monotonic() - started < 8


def test_truth_is_kept_as_given(control: SandboxControl) -> None:
    assert control.truth() is None
    control.plant_truth({"late": ["1", "2"]})
    assert control.truth() == {"late": ["1", "2"]}


def test_requests_are_counted_by_shape(api: Api, control: SandboxControl) -> None:
    one = control.create_contact(PORTAL, {"lastname": "x"})
    for _ in range(2):
        api.get(f"{CONTACTS}/{one}")
    api.get(f"{CONTACTS}/12")
    assert control.count_requests("GET", f"{CONTACTS}/{{id}}") == 3
    assert [entry["status"] for entry in control.requests_made(portalId=PORTAL)] == [200, 200, 404]
    control.clear_requests()
    assert control.request_log()["counts"] == []


def test_a_person_adds_a_lead_logs_a_call_and_sees_our_fields(api: Api, control: SandboxControl) -> None:
    api.post("/crm/properties/2026-03/contacts/groups", {"name": "assay", "label": "Assay"})
    score = {
        "name": "assay_score",
        "label": "Lead quality",
        "type": "number",
        "fieldType": "number",
        "groupName": "assay",
    }
    api.post("/crm/properties/2026-03/contacts", score)
    home = f"{api.base_url}/contacts/{PORTAL}"
    form = {"p_firstname": "Pia", "p_lastname": "<b>Page</b>", "p_email": "pia@lead.example"}
    made = requests.post(home, data=form, timeout=5)
    assert made.status_code == 200
    assert "/record/0-1/" in made.url
    api.call("PATCH", f"{CONTACTS}/{made.url.rsplit('/', 1)[1]}", {"properties": {"assay_score": "71"}})
    call = {"type": "calls", "call_hs_call_direction": "OUTBOUND", "call_hs_call_status": "NO_ANSWER"}
    call["acting_as"] = str(REP)
    page = requests.post(f"{made.url}/log", data=call, timeout=5).text
    assert "Lead quality" in page
    assert '<dd data-property="assay_score">71</dd>' in page
    assert "NO_ANSWER" in page
    assert "<b>Page</b>" not in page
    requests.post(f"{made.url}/set", data={"name": "phone", "value": "+1 202 555 0123"}, timeout=5)
    assert "+1 202 555 0123" in requests.get(made.url, timeout=5).text
    assert "Pia" in requests.get(f"{home}?q=pia", timeout=5).text
    assert "Northwind" in requests.get(api.base_url, timeout=5).text
    assert [(write["door"], write["userId"]) for write in control.writes(objectType="calls")] == [("page", REP)]


def test_the_configuration_file_names_a_wrong_key() -> None:
    with pytest.raises(ValueError, match="portalz"):
        config_from_json({"portalz": []})
    with pytest.raises(ValueError, match="client_key"):
        config_from_json({"app": {"client_key": "x"}})
    portal = {
        "portal_id": 7,
        "users": [{"user_id": 1, "email": "a@b.example", "name": "A B", "is_super_admin": True}],
    }
    config = config_from_json({"portals": [portal], "app": {"redirect_uris": ["http://127.0.0.1:1/cb"]}})
    assert config.portals[0].users[0].is_super_admin
    assert config.app.redirect_uris == ("http://127.0.0.1:1/cb",)
    assert config.control_token != SandboxConfig().control_token


@pytest.mark.process
def test_the_entry_point_says_where_it_listens(tmp_path: Path) -> None:
    path = tmp_path / "sandbox.json"
    path.write_text(json.dumps({"control_token": "secret", "portals": [{"portal_id": 42}]}))
    command = [sys.executable, "-m", "connector.sandbox", "--config", str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        ready = json.loads(process.stdout.readline())
        with SandboxControl(ready["base_url"], "secret") as control:
            assert [one["portal_id"] for one in control.portals()] == [42]
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
    path.write_text("{}}")
    wrong = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    assert wrong.returncode == 2
    assert "sandbox.json" in wrong.stderr
