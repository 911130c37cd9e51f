"""The control API, the seed, the pages people look at, and the ways to start."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
import requests

from connector.sandbox import PipedriveConfig, PipedriveControl, SandboxConfig, read_config
from tests.sandbox.pipedrive.conftest import ADMIN, COMPANY, REP, data_of

POPULATION = {
    "company_id": COMPANY,
    "users": [{"ref": "rep", "name": "Ria Rep", "email": "ria@n.example", "timezone_name": "Europe/Berlin"}],
    "activity_types": [{"name": "WhatsApp", "key_string": "whatsapp"}],
    "lead_labels": [{"ref": "vendor", "name": "Vendor A", "color": "green"}],
    "pipelines": [{"ref": "solar", "name": "Solar"}],
    "stages": [{"ref": "new", "name": "New", "pipeline_id": {"ref": "solar"}, "order_nr": 1}],
    "fields": [
        {"ref": "vendor name", "entity": "deal", "field_name": "Vendor", "field_type": "enum",
         "options": [{"label": "Acme"}, {"label": "Bolt"}]},
        {"ref": "consent", "entity": "person", "field_name": "Consent", "field_type": "varchar"},
    ],
    "organizations": [{"ref": "org", "name": "Org"}],
    "persons": [{"ref": "p", "name": "Pat Doe", "owner_id": {"ref": "rep"}, "org_id": {"ref": "org"},
                 "emails": [{"value": "pat@x.example", "primary": True, "label": "work"}],
                 "custom_fields": {"consent": "yes"}, "add_time": "2026-10-01T08:00:00Z"}],
    "leads": [{"ref": "lead", "title": "Roof", "owner_id": {"ref": "rep"}, "person_id": {"ref": "p"},
               "label_ids": [{"ref": "vendor"}], "custom_fields": {"vendor name": "Bolt"},
               "origin": "API", "source_name": "API", "add_time": "2026-10-01T08:00:05.123Z"}],
    "deals": [{"ref": "deal", "title": "Roof 2", "stage_id": {"ref": "new"}, "source_lead_id": {"ref": "lead"}}],
    "activities": [{"ref": "a", "type": "whatsapp", "subject": "hi", "lead_id": {"ref": "lead"}, "done": True,
                    "marked_as_done_time": "2026-10-01T09:00:00Z", "add_time": "2026-10-01T09:00:00Z"}],
    "notes": [{"content": "n", "lead_id": {"ref": "lead"}, "user_id": {"ref": "rep"}}],
}  # fmt: skip


def test_a_seeded_population_reads_as_if_it_had_grown(control: PipedriveControl, api):
    answer = control.seed(POPULATION)
    ids, users, fields = answer["records"], answer["users"], answer["fields"]
    assert answer["count"] == 13
    lead = data_of(api.get(f"/api/v1/leads/{ids['lead']}"))
    assert (lead["owner_id"], lead["person_id"], lead["label_ids"]) == (users["rep"], ids["p"], [ids["vendor"]])
    assert lead["add_time"] == lead["update_time"] == "2026-10-01T08:00:05.123Z"
    options = data_of(api.get(f"/api/v2/dealFields/{fields['vendor name']}"))["options"]
    assert lead[fields["vendor name"]] == options[1]["id"]
    person = data_of(api.get(f"/api/v2/persons/{ids['p']}"))
    assert person["custom_fields"] == {fields["consent"]: "yes"}
    deal = data_of(api.get(f"/api/v2/deals/{ids['deal']}"))
    assert (deal["pipeline_id"], deal["stage_id"], deal["source_lead_id"]) == (ids["solar"], ids["new"], ids["lead"])
    activity = data_of(api.get(f"/api/v2/activities/{ids['a']}"))
    assert activity["marked_as_done_time"] == "2026-10-01T09:00:00Z"
    assert control.writes() == []
    assert control.webhooks()["deliveries"] == []
    counts = {one["company_id"]: one["counts"] for one in control.companies()}
    assert counts[COMPANY] == {
        "leads": 1, "deals": 1, "persons": 1, "organizations": 1, "activities": 1, "notes": 1
    }  # fmt: skip
    assert [one["id"] for one in control.records(COMPANY)] == [ids["lead"]]


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"lead": []}, "lead"),
        ({"leads": [{"title": "x", "colour": "red"}]}, "colour"),
        ({"leads": [{"title": "x", "person_id": {"ref": "nobody"}}]}, "nobody"),
        ({"leads": [{"title": "x", "person_id": 5}]}, "person_id"),
        ({"leads": [{"title": "x", "add_time": "yesterday"}]}, "add_time"),
        ({"leads": [{"title": "x", "custom_fields": {"nope": 1}}]}, "nope"),
        ({"call_logs": [{"user_id": ADMIN, "outcome": "lost"}]}, "outcome"),
        ({"changelog": [{"entity": "lead", "id": 1}]}, "entity"),
    ],
)
def test_a_seed_that_is_wrong_says_where(control, changed, says):
    with pytest.raises(requests.HTTPError, match=says):
        control.seed({"company_id": COMPANY, **changed})


def test_the_control_api_is_guarded_and_keeps_the_truth(sandbox, control):
    assert requests.get(f"{sandbox.base_url}/_sandbox/settings", timeout=5).status_code == 401
    control.plant_truth({"a": [1]})
    assert control.truth() == {"a": [1]}
    assert control.settings()["webhook_ban_after"] == 10
    with pytest.raises(requests.HTTPError, match="unknown setting"):
        control.settings(colour="red")
    with pytest.raises(requests.HTTPError, match="Unknown action"):
        control.act("dance", COMPANY)


def test_a_person_adds_a_lead_logs_a_call_and_sees_our_fields(sandbox, control, api):
    base = f"{sandbox.base_url}/companies/{COMPANY}"
    assert "Northwind Sales" in requests.get(sandbox.base_url, timeout=5).text
    page = requests.post(base, data={"name": "Lena Park", "email": "l@x.example", "owner_id": str(REP)}, timeout=5)
    assert page.status_code == 200
    lead = data_of(api.get("/api/v1/leads"))[0]
    assert lead["owner_id"] == REP
    made = {"field_name": "Verdict", "field_type": "enum", "options": [{"label": "plausible"}, {"label": "no"}]}
    field = data_of(api.post("/api/v2/dealFields", made), 201)
    data_of(api.call("PATCH", f"/api/v1/leads/{lead['id']}", {field["field_code"]: field["options"][0]["id"]}))
    path = f"{base}/leads/{lead['id']}"
    logged = requests.post(
        f"{path}/log", data={"type": "call", "subject": "First call", "acting_as": str(REP)}, timeout=5
    )
    assert "First call" in logged.text
    activity = data_of(api.get(f"/api/v2/activities?lead_id={lead['id']}"))[0]
    assert (activity["owner_id"], activity["done"]) == (REP, True)
    shown = requests.get(path, timeout=5).text
    assert f'data-property="{field["field_code"]}">plausible<' in shown
    assert "plausible" in requests.get(base, timeout=5).text
    assert requests.post(f"{path}/owner", data={"owner_id": str(ADMIN)}, timeout=5).status_code == 200
    assert data_of(api.get(f"/api/v1/leads/{lead['id']}"))["owner_id"] == ADMIN
    deal = requests.post(f"{path}/convert", timeout=5)
    assert "/deals/" in deal.url
    assert requests.get(f"{base}?q=lena", timeout=5).text.count("data-property") == 1
    assert control.writes(door="page", kind="activity")[0]["userId"] == REP
    gone = requests.post(deal.url + "/delete", timeout=5)
    assert gone.url == base
    assert data_of(api.get("/api/v2/deals")) == []


def test_texts_of_people_are_escaped_on_the_pages(sandbox, control):
    person = control.create(COMPANY, "person", {"name": "<script>alert(1)</script>"})
    control.create(COMPANY, "lead", {"title": "<script>alert(2)</script>", "person_id": person["id"]})
    page = requests.get(f"{sandbox.base_url}/companies/{COMPANY}", timeout=5).text
    assert "<script>" not in page
    assert "&lt;script&gt;alert(2)" in page


def test_the_configuration_file_names_the_dialect():
    made = read_config({"dialect": "pipedrive", "companies": [{"company_id": 5, "users": [
        {"user_id": 1, "email": "a@x.example", "name": "A"}]}], "settings": {"burst_limit": 5}})  # fmt: skip
    assert isinstance(made, PipedriveConfig)
    assert (made.companies[0].company_id, made.settings.burst_limit) == (5, 5)
    assert isinstance(read_config({}), SandboxConfig)
    assert isinstance(read_config({}, "pipedrive"), PipedriveConfig)
    for wrong, asked in (
        ({"dialect": "zoho"}, None),
        ({"dialect": "hubspot"}, "pipedrive"),
        ({"portals": []}, "pipedrive"),
    ):
        with pytest.raises(ValueError):
            read_config(wrong, asked)


@pytest.mark.process
def test_as_a_process_of_its_own():
    command = [sys.executable, "-m", "connector.sandbox", "--dialect", "pipedrive"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            ready = json.loads(process.stdout.readline())
            with PipedriveControl(ready["base_url"], ready["control_token"]) as control:
                assert [one["company_id"] for one in control.companies()] == ready["companies"]
        finally:
            process.terminate()
            process.wait(10)
    assert process.returncode == 0


@pytest.mark.process
def test_by_the_command_line_with_a_file(tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    file = tmp_path / "sandbox.json"
    file.write_text(json.dumps({"dialect": "pipedrive", "control_token": "secret", "companies": [{"company_id": 5}]}))
    leadassay = Path(sys.executable).with_name("leadassay")
    with subprocess.Popen([leadassay, "sandbox", "--port", str(port), "--config", file]) as process:
        try:
            with PipedriveControl(f"http://127.0.0.1:{port}", "secret") as control:
                deadline = time.monotonic() + 30
                while True:
                    try:
                        assert [one["company_id"] for one in control.companies()] == [5]
                        break
                    except requests.ConnectionError:
                        assert time.monotonic() < deadline
                        time.sleep(0.1)
        finally:
            process.kill()
