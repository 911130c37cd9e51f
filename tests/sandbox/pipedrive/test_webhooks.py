"""Webhooks v2: the envelope, Basic credentials, retries, the ban, removal, and what is lost."""

from __future__ import annotations

import base64
import re
import time

import pytest

from tests.sandbox.pipedrive.conftest import ADMIN, COMPANY, OTHER_COMPANY, REP, data_of, error_of


def subscribe(api, url, action="*", entity="*", **more):
    body = {"subscription_url": url, "event_action": action, "event_object": entity, "name": "ours", **more}
    return data_of(api.post("/api/v1/webhooks", body), 201)


@pytest.fixture
def made(control):
    return control.seed(
        {
            "company_id": COMPANY,
            "persons": [{"ref": "p", "name": "Pat"}, {"ref": "q", "name": "Quinn"}],
            "leads": [{"ref": "lead", "title": "a lead", "person_id": {"ref": "p"}}],
            "deals": [{"ref": "deal", "title": "a deal", "person_id": {"ref": "p"}}],
            "fields": [],
        }
    )["records"]


def until(condition, timeout_s=5.0):
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_hook_as_the_api_lists_it(control, api, rep_api, listener):
    hook = subscribe(api, listener.url, "change", "lead", http_auth_user="u", http_auth_password="p", version="2.0")
    assert (hook["is_active"], hook["type"], hook["version"], hook["user_id"]) == (1, "application", "2.0", ADMIN)
    assert (hook["last_delivery_time"], hook["last_http_status"], hook["remove_reason"]) == (None, None, None)
    assert [one["id"] for one in data_of(api.get("/api/v1/webhooks"))] == [hook["id"]]
    assert data_of(rep_api.get("/api/v1/webhooks")) == []
    error_of(rep_api.call("DELETE", f"/api/v1/webhooks/{hook['id']}"), 404)
    data_of(api.call("DELETE", f"/api/v1/webhooks/{hook['id']}"))
    assert data_of(api.get("/api/v1/webhooks")) == []


@pytest.mark.parametrize(
    "wrong",
    [{"event_action": "updated"}, {"event_object": "call"}, {"subscription_url": "no-address"}, {"version": "1.0"},
     {"user_id": 5}, {"surprise": 1}, {"name": ""}],
)  # fmt: skip
def test_hooks_that_cannot_be(api, listener, wrong):
    body = {"subscription_url": listener.url, "event_action": "*", "event_object": "*", "name": "x", **wrong}
    error_of(api.post("/api/v1/webhooks", body), 400)


def test_public_addresses_must_be_https(control, api, listener):
    control.settings(webhook_allow_plain_http=False)
    body = {"subscription_url": listener.url, "event_action": "*", "event_object": "*", "name": "x"}
    error_of(api.post("/api/v1/webhooks", body), 400)
    assert subscribe(api, "https://hooks.example/x")


def test_forty_hooks_and_no_more(control, api, listener):
    for _ in range(40):
        subscribe(api, listener.url)
    body = {"subscription_url": listener.url, "event_action": "*", "event_object": "*", "name": "x"}
    assert "40" in error_of(api.post("/api/v1/webhooks", body), 422)


def test_one_event_a_request_with_basic_credentials(control, api, listener, made):
    hook = subscribe(api, listener.url, http_auth_user="inställ-7", http_auth_password="säker:x")
    lead = control.create(COMPANY, "lead", {"title": "New", "person_id": made["p"]}, as_user=REP)
    control.wait_for_webhooks()
    (one,) = listener.received
    expected = base64.b64encode("inställ-7:säker:x".encode()).decode()
    assert one.headers["Authorization"] == f"Basic {expected}"
    assert one.path == "/hooks/a-secret-part"
    data, meta = one.event["data"], one.event["meta"]
    assert one.event["previous"] is None
    assert (data["id"], data["title"], data["owner_id"]) == (lead["id"], "New", REP)
    assert data["custom_fields"] == {}
    assert {"label_ids", "source_name", "was_seen", "is_archived", "next_activity_id", "value"} <= set(data)
    assert meta["action"] == "create"
    assert meta["entity"] == "lead"
    texts = (
        "entity_id",
        "company_id",
        "user_id",
        "webhook_id",
        "webhook_owner_id",
        "id",
        "correlation_id",
        "timestamp",
    )
    assert all(isinstance(meta[name], str) for name in texts)
    assert (meta["company_id"], meta["user_id"], meta["webhook_id"]) == (str(COMPANY), str(REP), str(hook["id"]))
    assert (meta["change_source"], meta["attempt"], meta["version"], meta["type"]) == ("app", 1, "2.0", "application")
    assert re.fullmatch(r"[\d-]{10}T[\d:]{8}\.\d{3}Z", meta["timestamp"])
    assert meta["permitted_user_ids"] == [str(ADMIN), str(REP)]
    shown = data_of(api.get("/api/v1/webhooks"))[0]
    assert (shown["last_http_status"], shown["last_delivery_time"] is None) == (200, False)


def test_a_change_tells_only_what_changed_and_our_own_writes_say_api(control, api, listener, made):
    code = data_of(api.post("/api/v2/dealFields", {"field_name": "V", "field_type": "enum",
                                                   "options": [{"label": "a"}, {"label": "b"}]}), 201)  # fmt: skip
    key, (first, second) = code["field_code"], [option["id"] for option in code["options"]]
    subscribe(api, listener.url, "change", "lead")
    data_of(api.call("PATCH", f"/api/v1/leads/{made['lead']}", {key: first}))
    data_of(api.call("PATCH", f"/api/v1/leads/{made['lead']}", {key: first}))
    data_of(api.call("PATCH", f"/api/v1/leads/{made['lead']}", {key: second}))
    control.wait_for_webhooks()
    one, two = listener.events
    assert set(one["previous"]) == {"update_time", "custom_fields"}
    assert one["previous"]["custom_fields"] == {key: None}
    assert one["data"]["custom_fields"] == {key: {"type": "enum", "id": first}}
    assert two["previous"]["custom_fields"] == {key: {"type": "enum", "id": first}}
    assert (one["meta"]["change_source"], one["meta"]["user_id"]) == ("api", str(ADMIN))
    control.settings(lead_webhooks_carry_custom_fields=False)
    data_of(api.call("PATCH", f"/api/v1/leads/{made['lead']}", {key: first}))
    control.wait_for_webhooks()
    assert listener.events[2]["data"]["custom_fields"] == {}
    assert set(listener.events[2]["previous"]) == {"update_time"}


def test_deletion_has_no_data_and_a_merge_is_two_events(control, api, listener, made):
    subscribe(api, listener.url)
    data_of(api.call("DELETE", f"/api/v1/leads/{made['lead']}"))
    control.act("merge", COMPANY, kind="person", id=made["p"], into_id=made["q"])
    control.wait_for_webhooks()
    told = {(event["meta"]["action"], event["meta"]["entity"]): event for event in listener.events}
    gone = told["delete", "lead"]
    assert gone["data"] is None
    assert gone["previous"]["title"] == "a lead"
    assert told["delete", "person"]["meta"]["merged_to_id"] == str(made["q"])
    assert told["change", "person"]["meta"]["merged_from_id"] == str(made["p"])
    assert told["change", "person"]["meta"]["entity_id"] == str(made["q"])


def test_a_conversion_deletes_the_lead_and_creates_the_deal(control, api, listener, made):
    subscribe(api, listener.url)
    control.act("convert", COMPANY, id=made["lead"])
    control.wait_for_webhooks()
    told = {(event["meta"]["action"], event["meta"]["entity"]): event for event in listener.events}
    assert set(told) == {("create", "deal"), ("delete", "lead")}
    assert told["create", "deal"]["data"]["source_lead_id"] == made["lead"]


def test_activities_notes_and_users(control, api, listener, made):
    subscribe(api, listener.url)
    control.log(COMPANY, "lead", made["lead"], {"due_time": "10:30", "due_date": "2026-11-20"}, as_user=REP)
    data_of(api.post("/api/v1/notes", {"content": "x", "lead_id": made["lead"]}), 201)
    control.act("change_user", COMPANY, user_id=REP, is_active=False)
    control.wait_for_webhooks()
    told = {event["meta"]["entity"]: event for event in listener.events}
    activity = told["activity"]["data"]
    assert (activity["done"], activity["lead_id"], activity["person_id"]) == (True, made["lead"], made["p"])
    assert activity["due_time"] == {"value": "10:30", "timezone_id": "America/New_York"}
    assert told["note"]["data"]["content"] == "x"
    user = told["user"]
    assert (user["data"]["active_flag"], user["previous"]) == (False, {"active_flag": True})
    assert (user["meta"]["id"], isinstance(user["meta"]["timestamp"], int)) == (REP, True)


def test_a_hook_hears_what_its_user_may_see_in_its_company(sandbox, control, api, rep_api, listener):
    subscribe(rep_api, listener.url)
    for visible_to, owner in ((1, ADMIN), (3, ADMIN), (1, REP)):
        control.create(
            COMPANY, "person", {"name": f"{visible_to} {owner}", "visible_to": visible_to, "owner_id": owner}
        )
    control.create(OTHER_COMPANY, "person", {"name": "elsewhere"})
    control.wait_for_webhooks()
    assert {event["data"]["name"] for event in listener.events} == {f"3 {ADMIN}", f"1 {REP}"}


def test_three_retries_with_the_same_id(control, api, listener, made):
    control.settings(webhook_time_scale=0.01)
    subscribe(api, listener.url)
    listener.answers += [500, 302, 404]
    control.set_values(COMPANY, "lead", made["lead"], {"title": "x"})
    control.wait_for_webhooks()
    assert [event["meta"]["attempt"] for event in listener.events] == [1, 2, 3, 4]
    assert len({event["meta"]["id"] for event in listener.events}) == 1
    waits = [later.at - sooner.at for sooner, later in zip(listener.received, listener.received[1:], strict=False)]
    assert [wait >= least for wait, least in zip(waits, (0.03, 0.3, 1.5), strict=True)] == [True, True, True]
    listener.answers += [500] * 4
    control.set_values(COMPANY, "lead", made["lead"], {"title": "y"})
    control.wait_for_webhooks()
    assert control.webhook_counts()["given_up"] == 1
    assert control.hooks(COMPANY)[0]["fails"] == 2


def test_ten_failed_first_tries_ban_the_hook_and_events_are_lost(control, api, listener, made):
    control.settings(webhook_time_scale=0.001)
    subscribe(api, listener.url)
    listener.answers += [500] * 40
    for number in range(10):
        control.set_values(COMPANY, "lead", made["lead"], {"title": f"t{number}"})
        until(lambda number=number: control.webhook_counts().get("sent", 0) > number)
    until(lambda: control.hooks(COMPANY)[0]["is_banned"])
    assert data_of(api.get("/api/v1/webhooks"))[0]["is_active"] == 1
    listener.answers.clear()
    before = len(listener.received)
    control.set_values(COMPANY, "lead", made["lead"], {"title": "lost"})
    assert control.webhook_counts()["lost"] == 1
    until(lambda: not control.hooks(COMPANY)[0]["is_banned"])
    control.set_values(COMPANY, "lead", made["lead"], {"title": "heard"})
    control.wait_for_webhooks()
    titles = [event["data"]["title"] for event in listener.events[before:]]
    assert "lost" not in titles
    assert titles[-1] == "heard"


def test_no_success_for_three_days_removes_the_hook_with_a_reason(control, api, listener, made):
    control.settings(webhook_time_scale=0.000002)
    subscribe(api, listener.url)
    listener.answers += [500] * 10
    time.sleep(0.6)
    control.set_values(COMPANY, "lead", made["lead"], {"title": "x"})
    until(lambda: data_of(api.get("/api/v1/webhooks"))[0]["is_active"] == 0)
    hook = data_of(api.get("/api/v1/webhooks"))[0]
    assert hook["remove_reason"]
    assert hook["remove_time"]
    control.act("drop_webhooks", COMPANY)
    assert data_of(api.get("/api/v1/webhooks")) == []


def test_dropped_doubled_and_made_up_events(control, api, listener, made):
    hook = subscribe(api, listener.url)
    control.misbehave("webhook_drop", path="change.lead")
    control.set_values(COMPANY, "lead", made["lead"], {"title": "dropped"})
    control.misbehave("webhook_double", path="change.*")
    control.set_values(COMPANY, "lead", made["lead"], {"title": "twice"})
    control.wait_for_webhooks()
    assert [event["data"]["title"] for event in listener.events] == ["twice", "twice"]
    control.redeliver([listener.events[0]["meta"]["id"]])
    control.send_event(hook["id"], {"data": {"id": "forged"}, "previous": None, "meta": {"attempt": 1}})
    control.wait_for_webhooks()
    assert len(listener.received) == 4
    assert {"data": {"id": "forged"}, "previous": None, "meta": {"attempt": 1}} in listener.events


def test_who_answers_too_late_has_failed(control, api, listener, made):
    control.settings(webhook_timeout_s=0.2, webhook_time_scale=0.01)
    assert control.settings()["webhook_timeout_s"] == 0.2
    subscribe(api, listener.url)
    listener.pauses += [0.6]
    control.set_values(COMPANY, "lead", made["lead"], {"title": "x"})
    control.wait_for_webhooks()
    first, second = control.deliveries()
    assert (first["status"], first["httpStatus"], first["error"]) == ("retried", None, "ReadTimeout")
    assert (second["status"], second["attempt"], second["id"]) == ("acked", 2, first["id"])
    assert control.hooks(COMPANY)[0]["fails"] == 1
