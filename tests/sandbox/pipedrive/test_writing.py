"""Writing: strict types, keys of our own in every company, hash keys at the root and nested, histories, merges."""

from __future__ import annotations

import re
import time

import pytest

from tests.sandbox.pipedrive.conftest import ADMIN, COMPANY, OTHER_COMPANY, REP, data_of, error_of


@pytest.fixture
def made(control):
    """A person with a lead and a deal; the answer's ids by ref."""
    return control.seed(
        {
            "company_id": COMPANY,
            "persons": [{"ref": "p", "name": "Pat Doe"}, {"ref": "q", "name": "Quinn"}],
            "leads": [{"ref": "lead", "title": "a lead", "person_id": {"ref": "p"},
                       "value": {"amount": 300, "currency": "EUR"}}],
            "deals": [{"ref": "deal", "title": "a deal", "person_id": {"ref": "p"}}],
            "activities": [{"ref": "call", "type": "call", "subject": "c", "lead_id": {"ref": "lead"},
                            "person_id": {"ref": "p"}, "done": True}],
            "notes": [{"ref": "note", "content": "<b>n</b>", "lead_id": {"ref": "lead"}}],
        }
    )["records"]  # fmt: skip


def new_field(api, name, kind, options=None, entity="deal"):
    body = {"field_name": name, "field_type": kind}
    if options:
        body["options"] = [{"label": label} for label in options]
    return data_of(api.post(f"/api/v2/{entity}Fields", body), 201)


def test_a_field_has_another_key_in_every_company(sandbox, control, api):
    from tests.sandbox.conftest import Api

    other = Api(sandbox.base_url, str(control.install(OTHER_COMPANY)["access_token"]))
    here, there = (new_field(one, "[LA] Verdict", "enum", ["valid", "junk"]) for one in (api, other))
    assert re.fullmatch("[0-9a-f]{40}", here["field_code"])
    assert here["field_code"] != there["field_code"]
    assert here["is_custom_field"] is True
    assert [option["label"] for option in here["options"]] == ["valid", "junk"]
    # Names are not unique: the same again is a second field.
    assert new_field(api, "[LA] Verdict", "enum", ["valid"])["field_code"] != here["field_code"]
    listed = data_of(api.get("/api/v2/dealFields?limit=500"))
    assert [one["field_name"] for one in listed].count("[LA] Verdict") == 2
    assert data_of(api.get(f"/api/v2/dealFields/{here['field_code']}"))["field_name"] == "[LA] Verdict"


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({"field_name": "x", "field_type": "boolean"}, "field_type"),
        ({"field_name": "x", "field_type": "datetime"}, "field_type"),
        ({"field_name": "x", "field_type": "enum"}, "options"),
        ({"field_name": "x", "field_type": "text", "options": [{"label": "a"}]}, "options"),
        ({"field_name": "x", "field_type": "enum", "options": [{"label": "a"}, {"label": "a"}]}, "already"),
        ({"field_name": "", "field_type": "text"}, "field_name"),
        ({"field_name": "x", "field_type": "text", "color": "red"}, "color"),
    ],
)
def test_fields_that_cannot_be(api, body, says):
    assert says in error_of(api.post("/api/v2/dealFields", body), 400)


def test_fields_change_their_name_and_options_never_their_type(api, made):
    field = new_field(api, "Verdict", "enum", ["valid", "junk"])
    code, options = field["field_code"], field["options"]
    path = f"/api/v2/dealFields/{code}"
    assert data_of(api.call("PATCH", path, {"field_name": "Renamed"}))["field_name"] == "Renamed"
    assert "field_type" in error_of(api.call("PATCH", path, {"field_type": "text"}), 400)
    added = data_of(api.post(f"{path}/options", [{"label": "unclear"}]))
    assert added[0]["label"] == "unclear"
    renamed = data_of(api.call("PATCH", f"{path}/options", [{"id": added[0]["id"], "label": "doubtful"}]))
    assert renamed == [{"id": added[0]["id"], "label": "doubtful"}]
    # All or none.
    error_of(
        api.call("PATCH", f"{path}/options", [{"id": options[0]["id"], "label": "z"}, {"id": 1, "label": "y"}]), 400
    )
    data_of(api.call("PATCH", f"/api/v2/deals/{made['deal']}", {"custom_fields": {code: options[1]["id"]}}))
    data_of(api.call("DELETE", f"{path}/options", [{"id": options[1]["id"]}]))
    labels = [option["label"] for option in data_of(api.get(path))["options"]]
    assert labels == ["valid", "doubtful"]
    assert data_of(api.get(f"/api/v2/deals/{made['deal']}"))["custom_fields"] == {code: None}
    assert "description" in error_of(
        api.post("/api/v2/personFields", {"field_name": "x", "field_type": "text", "description": "d"}), 400
    )


def test_the_plan_caps_fields(sandbox, control, api):
    cap = sandbox.sandbox.config.companies[0].custom_field_cap
    control.settings(burst_limit=1000)
    for number in range(cap):
        new_field(api, f"f{number}", "text", entity="person")
    refused = api.post("/api/v2/personFields", {"field_name": "one more", "field_type": "text"})
    assert error_of(refused, 403)
    assert refused.json()["code"].startswith("feature_capping")


def test_one_deal_field_serves_leads_and_deals_each_in_its_shape(control, api, made):
    verdict = new_field(api, "Verdict", "enum", ["valid", "junk"])
    score = new_field(api, "Score", "double")
    budget = new_field(api, "Budget", "monetary")
    code, junk = verdict["field_code"], verdict["options"][1]["id"]
    lead_path, deal_path = f"/api/v1/leads/{made['lead']}", f"/api/v2/deals/{made['deal']}"

    sent = {
        code: junk,
        score["field_code"]: 41.5,
        budget["field_code"]: 10,
        f"{budget['field_code']}_currency": "EUR",
    }
    lead = data_of(api.call("PATCH", lead_path, sent))
    assert {name: lead[name] for name in sent} == sent
    assert "custom_fields" not in lead
    assert "Validation failed" in error_of(api.call("PATCH", lead_path, {score["field_code"]: "41"}), 400)
    assert "not allowed" in error_of(api.call("PATCH", lead_path, {"custom_fields": {code: junk}}), 400)

    deal = data_of(api.call("PATCH", deal_path, {"custom_fields": {code: junk}}))
    assert deal["custom_fields"] == {code: junk, score["field_code"]: None, budget["field_code"]: None}
    assert "not allowed" in error_of(api.call("PATCH", deal_path, {code: junk}), 400)
    only = data_of(api.get(f"{deal_path}?custom_fields={code}&include_option_labels=true"))
    assert only["custom_fields"] == {code: {"id": junk, "label": "junk"}}
    keys = [field["key"] for field in data_of(api.get("/api/v1/leadFields"))]
    assert code in keys
    assert data_of(api.call("PATCH", lead_path, {code: None})).get(code) is None
    person = f"/api/v2/persons/{made['p']}"
    assert "not allowed" in error_of(api.call("PATCH", person, {"custom_fields": {code: junk}}), 400)
    assert data_of(api.get(person))["custom_fields"] is None


@pytest.mark.parametrize(
    ("kind", "right", "wrong"),
    [
        ("varchar", "x" * 255, "x" * 256),
        ("text", "long" * 1000, 5),
        ("double", 1.5, "1.5"),
        ("double", 3, True),
        ("date", "2026-11-21", "2026-11-21T10:00:00Z"),
        ("user", ADMIN, 1),
        ("people", None, 999_999),
        ("time", {"value": "10:30"}, "10:30"),
        ("daterange", {"value": "2026-11-01", "until": "2026-11-03"}, {"value": "2026-11-01", "to": "x"}),
        ("monetary", {"value": 5, "currency": "EUR"}, 5),
        ("address", {"value": "Main Street 1"}, {"value": 1}),
    ],
)
def test_custom_values_are_what_their_type_says(api, made, kind, right, wrong):
    code = new_field(api, kind, kind)["field_code"]
    path = f"/api/v2/deals/{made['deal']}"
    assert data_of(api.call("PATCH", path, {"custom_fields": {code: right}}))["custom_fields"][code] == right
    assert code in error_of(api.call("PATCH", path, {"custom_fields": {code: wrong}}), 400)


def test_sets_are_cleared_with_null_not_with_an_empty_list(api, made):
    field = new_field(api, "Reasons", "set", ["a", "b"])
    code, ids = field["field_code"], [option["id"] for option in field["options"]]
    path = f"/api/v2/deals/{made['deal']}"
    assert data_of(api.call("PATCH", path, {"custom_fields": {code: ids}}))["custom_fields"][code] == ids
    error_of(api.call("PATCH", path, {"custom_fields": {code: []}}), 400)
    error_of(api.call("PATCH", path, {"custom_fields": {code: ["a"]}}), 400)
    assert data_of(api.call("PATCH", path, {"custom_fields": {code: None}}))["custom_fields"][code] is None


def test_the_same_value_again_changes_nothing(control, api, made):
    code = new_field(api, "Score", "double")["field_code"]
    path = f"/api/v1/leads/{made['lead']}"
    first = data_of(api.call("PATCH", path, {code: 5}))
    time.sleep(0.01)
    assert data_of(api.call("PATCH", path, {code: 5}))["update_time"] == first["update_time"]
    assert len(control.writes(recordId=made["lead"], action="update")) == 1


@pytest.mark.parametrize(
    "body",
    [{"title": 5}, {"owner_id": "12094821"}, {"owner_id": 1}, {"status": "deleted"}, {"stage_id": 1},
     {"value": "5"}, {"label_ids": "1"}, {"surprise": 1}, {"visible_to": "3"}, {"expected_close_date": "soon"}],
)  # fmt: skip
def test_v2_takes_no_wrong_type(api, made, body):
    error_of(api.call("PATCH", f"/api/v2/deals/{made['deal']}", body), 400)


def test_a_task_for_a_rep(api, made):
    body = {"subject": "Call back", "type": "task", "due_date": "2026-11-25", "due_time": "09:30", "owner_id": REP,
            "lead_id": made["lead"], "participants": [{"person_id": made["p"], "primary": True}], "note": "now",
            "done": False}  # fmt: skip
    task = data_of(api.post("/api/v2/activities", body), 201)
    assert (task["person_id"], task["owner_id"], task["creator_user_id"]) == (made["p"], REP, ADMIN)
    assert task["marked_as_done_time"] is None
    done = data_of(api.call("PATCH", f"/api/v2/activities/{task['id']}", {"done": True}))
    assert done["marked_as_done_time"] is not None
    for wrong in ({"person_id": made["p"]}, {"type": "whatsapp"}, {"done": 1}, {"due_date": "21.11.2026"},
                  {"lead_id": "nobody"}, {"participants": [{"person_id": 5}]}):  # fmt: skip
        error_of(api.post("/api/v2/activities", {"subject": "x", **wrong}), 400)


def test_notes(api, made):
    note = data_of(api.post("/api/v1/notes", {"content": "<p>x</p>", "lead_id": made["lead"],
                                              "pinned_to_lead_flag": 1}), 201)  # fmt: skip
    assert (note["content"], note["lead_id"], note["user_id"]) == ("<p>x</p>", made["lead"], ADMIN)
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", note["add_time"])
    assert [one["id"] for one in data_of(api.get(f"/api/v1/notes?lead_id={made['lead']}&sort=id DESC"))] == [
        note["id"], made["note"]
    ]  # fmt: skip
    assert data_of(api.get(f"/api/v1/notes?deal_id={made['deal']}")) is None
    error_of(api.post("/api/v1/notes", {"content": "x"}), 400)
    error_of(api.post("/api/v1/notes", {"lead_id": made["lead"]}), 400)


def test_a_person_without_contact_sync(api, made):
    assert "Contact Sync" in error_of(api.call("PATCH", f"/api/v2/persons/{made['p']}", {"job_title": "x"}), 403)


def test_an_app_made_lead_says_so(api, made):
    lead = data_of(api.post("/api/v1/leads", {"title": "New", "person_id": made["p"]}), 201)
    assert (lead["origin"], lead["origin_id"], lead["channel"], lead["channel_id"], lead["source_name"]) == (
        "Marketplace", "sandbox-client-id", 8, "Lead Assay", "API",
    )  # fmt: skip
    error_of(api.post("/api/v1/leads", {"title": "Nobody's"}), 400)


def test_history_of_a_deal(control, api, made):
    code = new_field(api, "Score", "double")["field_code"]
    path = f"/api/v2/deals/{made['deal']}"
    stages = data_of(api.get("/api/v2/stages"))
    control.set_values(COMPANY, "deal", made["deal"], {"owner_id": REP})
    moved = data_of(api.call("PATCH", path, {"stage_id": stages[2]["id"]}))
    assert moved["stage_change_time"] is not None
    data_of(api.call("PATCH", path, {"custom_fields": {code: 7}}))
    won = data_of(api.call("PATCH", path, {"status": "won"}))
    assert won["won_time"] == won["close_time"] is not None

    lines, cursor = [], ""
    while cursor is not None:
        answer = api.get(f"/api/v1/deals/{made['deal']}/changelog?limit=2" + (f"&cursor={cursor}" if cursor else ""))
        lines += data_of(answer)
        cursor = answer.json()["additional_data"]["next_cursor"]
    told = {line["field_key"]: line for line in lines}
    assert [told["user_id"][name] for name in ("old_value", "new_value", "change_source")] == [
        str(ADMIN),
        str(REP),
        "app",
    ]
    assert [told["stage_id"][name] for name in ("new_value", "change_source")] == [str(stages[2]["id"]), "api"]
    assert told[code]["new_value"] == "7"
    assert lines[-1]["field_key"] == "user_id"
    assert len(lines) == len({(line["field_key"], line["time"], line["new_value"]) for line in lines})

    flow = data_of(api.get(f"/api/v1/deals/{made['deal']}/flow?items=dealChange"))
    assert code not in {entry["data"]["field_key"] for entry in flow}
    everything = data_of(api.get(f"/api/v1/deals/{made['deal']}/flow?all_changes=1"))
    assert code in {entry["data"].get("field_key") for entry in everything}


def test_seeded_history_and_its_times(control, api):
    made = control.seed(
        {
            "company_id": COMPANY,
            "users": [{"ref": "rep", "name": "Ria", "email": "ria@n.example"}],
            "deals": [{"ref": "d", "title": "x", "add_time": "2026-10-01T08:00:00Z"}],
            "changelog": [
                {"entity": "deal", "id": {"ref": "d"}, "field_key": "owner_id", "old_value": ADMIN,
                 "new_value": {"ref": "rep"}, "time": "2026-10-02T09:00:00Z", "actor_user_id": ADMIN}
            ],
        }
    )  # fmt: skip
    line = data_of(api.get(f"/api/v1/deals/{made['records']['d']}/changelog"))[0]
    assert (line["field_key"], line["new_value"]) == ("user_id", str(made["users"]["rep"]))
    assert line["time"] == "2026-10-02 09:00:00"


def test_a_merge_moves_what_hung_on_the_loser(control, api, made):
    merged = data_of(api.call("PUT", f"/api/v1/persons/{made['p']}/merge", {"merge_with_id": made["q"]}))
    assert merged["id"] == made["q"]
    assert api.get(f"/api/v2/persons/{made['p']}").status_code == 404
    assert data_of(api.get(f"/api/v1/leads/{made['lead']}"))["person_id"] == made["q"]
    assert [one["id"] for one in data_of(api.get(f"/api/v2/activities?person_id={made['q']}"))] == [made["call"]]
    error_of(api.call("PUT", f"/api/v1/persons/{made['q']}/merge", {"merge_with_id": made["q"]}), 400)


def test_a_lead_becomes_a_deal_in_a_job(control, api, made):
    code = new_field(api, "Score", "double")["field_code"]
    data_of(api.call("PATCH", f"/api/v1/leads/{made['lead']}", {code: 9}))
    job = data_of(api.call("POST", f"/api/v2/leads/{made['lead']}/convert/deal"))["conversion_id"]
    states = []
    for _ in range(100):
        status = data_of(api.get(f"/api/v2/leads/{made['lead']}/convert/status/{job}"))
        if status["status"] not in states:
            states.append(status["status"])
        if status["status"] == "completed":
            break
        time.sleep(0.02)
    assert states[0] == "not_started"
    assert states[-1] == "completed"
    deal = data_of(api.get(f"/api/v2/deals/{status['deal_id']}"))
    assert (deal["source_lead_id"], deal["person_id"]) == (made["lead"], made["p"])
    assert (deal["value"], deal["currency"], deal["custom_fields"]) == (300, "EUR", {code: 9})
    assert api.get(f"/api/v1/leads/{made['lead']}").status_code == 404
    assert [one["id"] for one in data_of(api.get(f"/api/v2/activities?deal_id={deal['id']}"))] == [made["call"]]
    assert data_of(api.get(f"/api/v1/notes?deal_id={deal['id']}"))[0]["id"] == made["note"]
    assert api.call("POST", f"/api/v2/leads/{made['lead']}/convert/deal").status_code == 404


def test_archived_deals_refuse_edits(api, made):
    path = f"/api/v2/deals/{made['deal']}"
    assert data_of(api.call("PATCH", path, {"is_archived": True}))["archive_time"] is not None
    assert "Archived" in error_of(api.call("PATCH", path, {"title": "x"}), 400)
    assert data_of(api.call("PATCH", path, {"is_archived": False, "title": "x"}))["title"] == "x"


def test_the_log_of_writes_is_the_oracle(control, api, made):
    code = new_field(api, "Score", "double")["field_code"]
    data_of(api.call("PATCH", f"/api/v2/persons/{made['p']}", {"name": "Renamed"}))
    data_of(api.call("PATCH", f"/api/v1/leads/{made['lead']}", {code: 5}))
    control.log(COMPANY, "lead", made["lead"], as_user=REP)
    lines = control.writes()
    assert [(line["kind"], line["action"], line["door"], line["userId"]) for line in lines] == [
        ("deal_field", "create", "api", ADMIN), ("person", "update", "api", ADMIN), ("lead", "update", "api", ADMIN),
        ("activity", "create", "control", REP),
    ]  # fmt: skip
    assert lines[2]["custom"] == {code: 5}
