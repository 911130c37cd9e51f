"""Writes: what is refused, what is partial, what the log of writes holds."""

from __future__ import annotations

from connector.sandbox import SandboxControl
from tests.sandbox.conftest import ADMIN, PORTAL, Api

CONTACTS = "/crm/objects/2026-03/contacts"


def _scored(api: Api) -> None:
    api.post("/crm/properties/2026-03/contacts/groups", {"name": "assay", "label": "Assay"})
    for name, type_name, field_type, options in (
        ("assay_score", "number", "number", []),
        ("assay_verdict", "enumeration", "select", [{"label": "Good", "value": "good", "hidden": False}]),
    ):
        made = api.post(
            "/crm/properties/2026-03/contacts",
            {
                "name": name,
                "label": name,
                "type": type_name,
                "fieldType": field_type,
                "groupName": "assay",
                "options": options,
            },
        )
        assert made.status_code == 201, made.text


def test_batch_update_is_partial_per_record(api: Api, control: SandboxControl) -> None:
    _scored(api)
    good, bad = (control.create_contact(PORTAL, {"email": f"{name}@lead.example"}) for name in ("good", "bad"))
    sent = {
        "inputs": [
            {"id": good, "properties": {"assay_score": 71, "assay_verdict": "good"}, "objectWriteTraceId": "t1"},
            {"id": bad, "properties": {"assay_verdict": "splendid"}},
            {"id": "12", "properties": {"assay_score": "1"}},
        ]
    }
    answer = api.post(f"{CONTACTS}/batch/update", sent)
    assert answer.status_code == 207
    content = answer.json()
    assert [(one["id"], one["objectWriteTraceId"]) for one in content["results"]] == [(good, "t1")]
    assert {(one["category"], one["context"]["ids"][0]) for one in content["errors"]} == {
        ("OBJECT_NOT_FOUND", "12"),
        ("VALIDATION_ERROR", bad),
    }
    control.settings(partial_on_invalid=False)
    assert api.post(f"{CONTACTS}/batch/update", sent).status_code == 400


def test_one_record_twice_in_a_batch_is_refused(api: Api, control: SandboxControl) -> None:
    one = control.create_contact(PORTAL, {"email": "a@lead.example"})
    sent = {"inputs": [{"id": one, "properties": {"firstname": name}} for name in ("A", "B")]}
    assert api.post(f"{CONTACTS}/batch/update", sent).status_code == 400
    twins = {"inputs": [{"properties": {"email": "twin@lead.example"}} for _ in range(2)]}
    assert api.post(f"{CONTACTS}/batch/create", twins).status_code == 409


def test_bad_values_are_named(api: Api, control: SandboxControl) -> None:
    for properties, code in (
        ({"nope": "1"}, "PROPERTY_DOESNT_EXIST"),
        ({"hs_object_id": "1"}, "READ_ONLY_VALUE"),
        ({"email": "not an address"}, "INVALID_EMAIL"),
        ({"num_notes": "many"}, "INVALID_INTEGER"),
        ({"hs_lead_status": "SLEEPING"}, "INVALID_OPTION"),
    ):
        answer = api.post(CONTACTS, {"properties": properties})
        assert answer.status_code == 400
        assert answer.json()["errors"][0]["code"] == code
    control.create_contact(PORTAL, {"email": "taken@lead.example"})
    answer = api.post(CONTACTS, {"properties": {"email": "TAKEN@lead.example"}})
    assert answer.status_code == 409
    assert "Existing ID: 546500000001" in answer.json()["message"]


def test_lifecycle_stage_moves_forward_only_by_the_api(api: Api, control: SandboxControl) -> None:
    one = control.create_contact(PORTAL, {"email": "l@lead.example", "lifecyclestage": "opportunity"})
    answer = api.call("PATCH", f"{CONTACTS}/{one}", {"properties": {"lifecyclestage": "lead"}})
    assert answer.status_code == 200
    assert control.records(PORTAL)[0]["properties"]["lifecyclestage"] == "opportunity"  # type: ignore[index]


def test_the_log_of_writes_names_who_wrote_what(api: Api, control: SandboxControl) -> None:
    one = control.create_contact(PORTAL, {"email": "w@lead.example"})
    api.post(
        f"{CONTACTS}/batch/update",
        {"inputs": [{"id": one, "properties": {"email": "w@lead.example", "city": "Ulm"}}]},
    )
    api.call("PATCH", f"/crm/v3/objects/contacts/{one}", {"properties": {"city": ""}})
    created, *updates = control.writes()
    assert (created["door"], created["action"]) == ("control", "create")
    first, second = updates
    assert first["path"] == f"{CONTACTS}/batch/update"
    assert first["properties"] == {"email": "w@lead.example", "city": "Ulm"}
    assert first["changed"] == {"city": "Ulm"}
    assert (first["portalId"], first["door"], first["userId"]) == (PORTAL, "api", ADMIN)
    assert second["changed"] == {"city": ""}
    assert control.writes(since=2) == [second]
    assert control.writes(door="api", objectId=one) == updates


def test_clearing_keeps_the_history(api: Api, control: SandboxControl) -> None:
    one = control.create_contact(PORTAL, {"email": "h@lead.example", "city": "Bonn"})
    api.call("PATCH", f"{CONTACTS}/{one}", {"properties": {"city": ""}})
    shown = api.get(f"{CONTACTS}/{one}?properties=city&propertiesWithHistory=city").json()
    assert shown["properties"]["city"] is None
    assert [entry["value"] for entry in shown["propertiesWithHistory"]["city"]] == ["", "Bonn"]
    assert [entry["sourceType"] for entry in shown["propertiesWithHistory"]["city"]] == ["INTEGRATION", "CRM_UI"]


def test_engagements_need_a_time_and_leads_a_contact(api: Api, control: SandboxControl) -> None:
    assert api.post("/crm/objects/2026-03/notes", {"properties": {"hs_note_body": "x"}}).status_code == 400
    control.act("limit_scopes", PORTAL, scopes=None, has_leads_object=True)
    api.session.headers["Authorization"] = f"Bearer {control.install(PORTAL)['access_token']}"
    lead = {"properties": {"hs_lead_name": "Lena"}}
    assert api.post("/crm/objects/2026-03/leads", lead).status_code == 400
    contact = control.create_contact(PORTAL, {"email": "x@lead.example"})
    link = {"to": {"id": contact}, "types": [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 578}]}
    made = api.post("/crm/objects/2026-03/leads", {**lead, "associations": [link]})
    assert made.status_code == 201, made.text


def test_properties_in_batches_and_the_quota(api: Api) -> None:
    _scored(api)
    path = "/crm/properties/2026-03/contacts"
    again = {"name": "assay_score", "label": "x", "type": "number", "fieldType": "number", "groupName": "assay"}
    answer = api.post(f"{path}/batch/create", {"inputs": [again, {**again, "name": "assay_note"}]})
    assert answer.status_code == 207
    assert [one["name"] for one in answer.json()["results"]] == ["assay_note"]
    assert answer.json()["errors"][0]["category"] == "OBJECT_ALREADY_EXISTS"
    assert api.post(f"{path}/groups", {"name": "assay", "label": "x"}).status_code == 409
    assert api.post(path, {**again, "name": "b", "groupName": "none"}).status_code == 400
    assert api.post(path, {**again, "name": "c", "fieldType": "select"}).status_code == 400
    limits = api.get("/crm/limits/2026-03/custom-properties").json()
    assert [one["usage"] for one in limits["byObjectType"] if one["objectTypeId"] == "0-1"] == [3]
    assert api.call("DELETE", f"{path}/assay_note").status_code == 204
    assert api.get(f"{path}/assay_note").status_code == 404
