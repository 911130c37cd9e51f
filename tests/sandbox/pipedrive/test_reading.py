"""Reading: the two generations, their paging, filters, visibility and refusals."""

from __future__ import annotations

import pytest

from tests.sandbox.pipedrive.conftest import ADMIN, COMPANY, OTHER_COMPANY, REP, data_of, error_of


def some_leads(control, count, company=COMPANY, owner=ADMIN):
    persons = [
        {"ref": f"p{n}", "name": f"Person {n}", "owner_id": owner, "add_time": f"2026-11-01T10:00:{n:02d}Z"}
        for n in range(count)
    ]
    leads = [
        {
            "ref": f"l{n}", "title": f"Lead {n}", "person_id": {"ref": f"p{n}"}, "owner_id": owner,
            "add_time": f"2026-11-01T10:00:{n:02d}.250Z", "update_time": f"2026-11-02T10:00:{count - n:02d}.250Z",
        }
        for n in range(count)
    ]  # fmt: skip
    return control.seed({"company_id": company, "persons": persons, "leads": leads})["records"]


def test_leads_by_pages_in_the_order_asked_for(control, api):
    ids = some_leads(control, 5)
    seen, start = [], 0
    while True:
        answer = api.get(f"/api/v1/leads?limit=2&start={start}&sort=update_time ASC")
        seen += [lead["id"] for lead in data_of(answer)]
        pagination = answer.json()["additional_data"]["pagination"]
        assert (pagination["start"], pagination["limit"]) == (start, 2)
        if not pagination["more_items_in_collection"]:
            assert "next_start" not in pagination
            break
        start = pagination["next_start"]
    assert seen == [ids[f"l{n}"] for n in (4, 3, 2, 1, 0)]


def test_a_lead_as_v1_shows_it(control, api):
    ids = some_leads(control, 1)
    lead = data_of(api.get(f"/api/v1/leads/{ids['l0']}"))
    assert lead["add_time"] == "2026-11-01T10:00:00.250Z"
    assert lead["person_id"] == ids["p0"]
    assert lead["visible_to"] == "3"
    assert lead["next_activity_id"] is None
    assert "custom_fields" not in lead
    assert "is_deleted" not in lead


def test_updated_since_is_inclusive_and_takes_rfc3339_alone(control, api):
    ids = some_leads(control, 3)
    found = data_of(api.get("/api/v1/leads?updated_since=2026-11-02T10:00:02.250Z"))
    assert {lead["id"] for lead in found} == {ids["l0"], ids["l1"]}
    assert "RFC 3339" in error_of(api.get("/api/v1/leads?updated_since=2026-11-02 10:00:02"), 400)


def test_archived_leads_stand_apart_and_refuse_edits(control, api):
    ids = some_leads(control, 2)
    control.act("archive", COMPANY, kind="lead", id=ids["l0"])
    assert [lead["id"] for lead in data_of(api.get("/api/v1/leads"))] == [ids["l1"]]
    archived = data_of(api.get("/api/v1/leads/archived"))
    assert [lead["id"] for lead in archived] == [ids["l0"]]
    assert archived[0]["archive_time"] is not None
    assert "Archived" in error_of(api.call("PATCH", f"/api/v1/leads/{ids['l0']}", {"title": "new"}), 400)
    assert data_of(api.call("PATCH", f"/api/v1/leads/{ids['l0']}", {"is_archived": False}))["archive_time"] is None


def test_v2_lists_go_on_from_the_last_record_shown(control, api):
    ids = some_leads(control, 5)
    first = api.get("/api/v2/persons?limit=2&sort_by=update_time&sort_direction=asc")
    cursor = first.json()["additional_data"]["next_cursor"]
    # A record that is touched moves to the end: no page is shifted by it.
    control.set_values(COMPANY, "person", ids["p0"], {"name": "Touched"})
    rest = api.get(f"/api/v2/persons?limit=500&sort_by=update_time&sort_direction=asc&cursor={cursor}")
    assert [one["id"] for one in data_of(first)] == [ids["p0"], ids["p1"]]
    assert [one["id"] for one in data_of(rest)] == [ids["p2"], ids["p3"], ids["p4"], ids["p0"]]
    assert rest.json()["additional_data"] == {"next_cursor": None}
    assert "cursor" in error_of(api.get(f"/api/v2/persons?sort_by=id&cursor={cursor}"), 400)
    assert "cursor" in error_of(api.get("/api/v2/persons?cursor=nonsense"), 400)


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("/api/v2/persons?limit=501", "limit"),
        ("/api/v2/persons?limit=0", "limit"),
        ("/api/v2/persons?surprise=1", "surprise"),
        ("/api/v2/persons?limit=5&limit=6", "more than once"),
        ("/api/v2/activities?type=call", "type"),
        ("/api/v2/activities?done=1", "done"),
        ("/api/v2/deals?ids=" + ",".join(["1"] * 101), "100"),
        ("/api/v2/deals?status=all", "status"),
        ("/api/v2/deals?updated_since=yesterday", "updated_since"),
        ("/api/v2/deals?sort_by=title", "sort_by"),
        ("/api/v2/deals?include_fields=title", "include_fields"),
        ("/api/v2/deals?custom_fields=" + ",".join(f"{n:040x}" for n in range(16)), "15"),
        ("/api/v1/leads?limit=501", "limit"),
        ("/api/v1/leads?sort=phone", "sort"),
        ("/api/v1/callLogs?limit=51", "limit"),
    ],
)
def test_what_is_not_in_the_description_is_refused(api, path, says):
    assert says in error_of(api.get(path), 400)


def test_errors_of_the_two_generations(api):
    old, new = api.get("/api/v1/leads/nobody"), api.get("/api/v2/deals/1")
    assert error_of(old, 404) == "Lead not found"
    assert old.json()["errorCode"] == 404
    assert error_of(new, 404) == "Deal not found"
    assert set(new.json()) == {"success", "error", "error_info", "data", "additional_data"}


@pytest.mark.parametrize("path", ["deals", "deals/7", "persons", "persons/7", "organizations", "activities", "stages",
                                  "pipelines", "itemSearch", "dealFields"])  # fmt: skip
def test_the_retired_half_of_v1_is_gone(api, control, path):
    assert error_of(api.get(f"/api/v1/{path}"), 410)
    control.settings(deprecated_v1_status=404)
    assert error_of(api.get(f"/api/v1/{path}"), 404)


def test_a_rep_sees_what_is_theirs_or_shared(control, api, rep_api):
    made = control.seed(
        {
            "company_id": COMPANY,
            "persons": [{"ref": "p", "name": "Pat", "owner_id": ADMIN}],
            "leads": [
                {"ref": "shared", "title": "a", "person_id": {"ref": "p"}, "owner_id": ADMIN},
                {"ref": "private", "title": "b", "person_id": {"ref": "p"}, "owner_id": ADMIN, "visible_to": 1},
                {"ref": "own", "title": "c", "person_id": {"ref": "p"}, "owner_id": REP, "visible_to": 1},
            ],
            "activities": [
                {"ref": "a1", "type": "call", "subject": "x", "owner_id": ADMIN, "lead_id": {"ref": "private"}},
                {"ref": "a2", "type": "call", "subject": "y", "owner_id": ADMIN, "lead_id": {"ref": "shared"}},
            ],
        }
    )["records"]
    assert len(data_of(api.get("/api/v1/leads"))) == 3
    assert {one["id"] for one in data_of(rep_api.get("/api/v1/leads"))} == {made["shared"], made["own"]}
    assert rep_api.get(f"/api/v1/leads/{made['private']}").status_code == 404
    assert [one["id"] for one in data_of(rep_api.get("/api/v2/activities"))] == [made["a2"]]


def test_companies_never_mix_although_their_ids_coincide(sandbox, control, api):
    mine, theirs = some_leads(control, 1), some_leads(control, 1, OTHER_COMPANY, 12_095_001)
    assert mine["p0"] == theirs["p0"]
    assert api.get(f"/api/v1/leads/{theirs['l0']}").status_code == 404
    assert len(data_of(api.get("/api/v1/leads"))) == 1


def test_deals_by_status_and_the_deleted_for_a_while(control, api):
    made = control.seed(
        {
            "company_id": COMPANY,
            "deals": [
                {"ref": "open", "title": "a"},
                {"ref": "won", "title": "b", "status": "won", "won_time": "2026-11-03T09:00:00Z"},
                {"ref": "put away", "title": "c", "is_archived": True},
                {"ref": "gone", "title": "d"},
                {"ref": "long gone", "title": "e", "is_deleted": True, "update_time": "2026-01-01T00:00:00Z"},
            ],
        }
    )["records"]
    assert data_of(api.call("DELETE", f"/api/v2/deals/{made['gone']}")) == {"id": made["gone"]}
    assert {one["id"] for one in data_of(api.get("/api/v2/deals"))} == {made["open"], made["won"]}
    assert [one["id"] for one in data_of(api.get("/api/v2/deals?status=won"))] == [made["won"]]
    deleted = data_of(api.get("/api/v2/deals?status=deleted"))
    assert [(one["id"], one["is_deleted"], one["status"]) for one in deleted] == [(made["gone"], True, "deleted")]
    assert [one["id"] for one in data_of(api.get("/api/v2/deals/archived"))] == [made["put away"]]
    assert data_of(api.get(f"/api/v2/deals/{made['won']}"))["won_time"] == "2026-11-03T09:00:00Z"
    again = api.call("DELETE", f"/api/v2/deals/{made['gone']}")
    assert (again.status_code, again.json()["success"]) == (410, True)


def test_activities_by_filter_and_what_a_person_includes(control, api):
    made = control.seed(
        {
            "company_id": COMPANY,
            "persons": [{"ref": "p", "name": "Pat Doe"}],
            "leads": [{"ref": "l", "title": "a", "person_id": {"ref": "p"}}],
            "activities": [
                {"ref": "done", "type": "call", "subject": "c", "lead_id": {"ref": "l"}, "person_id": {"ref": "p"},
                 "done": True, "marked_as_done_time": "2026-11-03T09:00:00Z", "due_date": "2026-11-03",
                 "add_time": "2026-11-03T09:00:00Z", "update_time": "2026-11-03T09:00:00.900Z"},
                {"ref": "plan", "type": "task", "subject": "t", "lead_id": {"ref": "l"}, "person_id": {"ref": "p"},
                 "due_date": "2026-11-09", "add_time": "2026-11-03T09:05:00Z"},
            ],
            "mail_messages": [
                {"user_id": ADMIN, "person_id": {"ref": "p"}, "from": [{"email_address": "a@x.example"}],
                 "to": [{"email_address": "b@x.example"}], "sent_flag": 1, "message_time": "2026-11-03T10:00:00Z"}
            ],
        }
    )["records"]  # fmt: skip
    done = data_of(api.get(f"/api/v2/activities?lead_id={made['l']}&done=true"))
    assert [one["id"] for one in done] == [made["done"]]
    assert done[0]["participants"] == [{"person_id": made["p"], "primary": True}]
    assert done[0]["update_time"] == "2026-11-03T09:00:00Z"
    span = "updated_since=2026-11-03T09:00:00Z&updated_until=2026-11-03T09:05:00Z"
    assert [one["id"] for one in data_of(api.get(f"/api/v2/activities?{span}"))] == [made["done"]]
    wanted = "done_activities_count,last_activity_id,next_activity_id,last_outgoing_mail_time,marketing_status"
    person = data_of(api.get(f"/api/v2/persons/{made['p']}?include_fields={wanted}"))
    assert person["done_activities_count"] == 1
    assert (person["last_activity_id"], person["next_activity_id"]) == (made["done"], made["plan"])
    assert person["last_outgoing_mail_time"] == "2026-11-03T10:00:00Z"
    assert (person["first_name"], person["last_name"]) == ("Pat", "Doe")
    assert "marketing_status" not in data_of(api.get(f"/api/v2/persons/{made['p']}"))
    assert data_of(api.get(f"/api/v1/leads/{made['l']}"))["next_activity_id"] == made["plan"]


def test_mail_is_ones_own_and_call_logs_too(control, api, rep_api):
    made = control.seed(
        {
            "company_id": COMPANY,
            "persons": [{"ref": "p", "name": "Pat", "emails": [{"value": "pat@x.example", "primary": True}]}],
            "mail_messages": [
                {"user_id": REP, "person_id": {"ref": "p"}, "from": [{"email_address": "rob@n.example"}],
                 "to": [{"email_address": "pat@x.example"}], "sent_flag": True, "subject": "Hello",
                 "body": "<p>x</p>", "message_time": "2026-11-03T10:00:00Z"}
            ],
            "call_logs": [
                {"user_id": REP, "person_id": {"ref": "p"}, "outcome": "connected", "to_phone_number": "+15550100",
                 "start_time": "2026-11-03T11:00:00Z", "end_time": "2026-11-03T11:03:20Z"}
            ],
        }
    )["records"]  # fmt: skip
    path = f"/api/v1/persons/{made['p']}/mailMessages"
    mail = data_of(rep_api.get(path))[0]
    assert mail["object"] == "mailMessage"
    assert mail["data"]["sent_flag"] == 1
    assert mail["data"]["message_time"] == "2026-11-03 10:00:00"
    assert mail["data"]["to"][0]["linked_person_id"] == made["p"]
    assert "body" not in mail["data"]
    assert data_of(rep_api.get(f"{path}?include_body=1"))[0]["data"]["body"] == "<p>x</p>"
    assert data_of(api.get(path)) is None
    control.settings(admin_sees_others_mail=True)
    assert len(data_of(api.get(path))) == 1
    call = data_of(rep_api.get("/api/v1/callLogs"))[0]
    assert (call["duration"], call["outcome"], call["start_time"]) == ("200", "connected", "2026-11-03 11:00:00")
    assert data_of(api.get("/api/v1/callLogs")) == []


def test_the_small_lists(control, api):
    assert {"name": "Import"} in data_of(api.get("/api/v1/leadSources"))
    assert sorted(one["name"] for one in data_of(api.get("/api/v1/leadLabels"))) == ["Cold", "Hot", "Warm"]
    made = data_of(api.post("/api/v1/leadLabels", {"name": "Suspect", "color": "gray"}), 201)
    assert made["id"] in [one["id"] for one in data_of(api.get("/api/v1/leadLabels"))]
    assert [one["key_string"] for one in data_of(api.get("/api/v1/activityTypes"))][:2] == ["call", "meeting"]
    control.seed({"company_id": COMPANY, "activity_types": [{"name": "WhatsApp", "key_string": "whatsapp"}]})
    assert data_of(api.get("/api/v1/activityTypes"))[-1]["is_custom_flag"] is True
    pipelines = data_of(api.get("/api/v2/pipelines"))
    stages = data_of(api.get(f"/api/v2/stages?pipeline_id={pipelines[0]['id']}"))
    assert [stage["order_nr"] for stage in stages] == [1, 2, 3, 4, 5]
    users = data_of(api.get("/api/v1/users"))
    assert [(user["id"], user["is_you"]) for user in users] == [(ADMIN, True), (REP, False)]
    assert users[0]["access"][0] == {"app": "sales", "admin": True, "permission_set_id": "set-1"}
    assert users[0]["timezone_offset"] in ("-05:00", "-04:00")
