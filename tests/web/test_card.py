"""The cards in the CRM: who is believed, who sees what, and that it says what the lead page says."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from audits.model.activity import Disposition
from connector.crm.port import LeadRecord
from connector.errors import StorageBusy
from connector.storage import card_queries, findings, installs, people
from connector.storage.tables import activities, current_findings, lead_audits, leads, owners, tasks
from connector.storage.tables import findings as findings_table
from connector.storage.tables import installs as installs_table
from tests.conftest import DatabaseUrls
from tests.factories import make_activity, make_lead, make_task
from tests.web.card_calls import (
    PIPEDRIVE_CLIENT,
    PIPEDRIVE_SECRET,
    ask_hubspot,
    ask_pipedrive,
    basic,
    hubspot_signature,
    panel_token,
)
from tests.web.conftest import WebApp
from tests.web.seed import BERLIN, NOW, Tenant, missing_emails, seed_tenant, store_and_audit
from tests.web.test_hostile_texts import NAUGHTY

PORTAL = "247279312"


def shown(web: WebApp, user_id: str, lead_id: str, **more: Any) -> dict[str, Any]:
    answer = ask_hubspot(web.visitor(), portal=PORTAL, user=user_id, record=lead_id, now=NOW, **more)
    assert answer.status_code == 200, answer.text
    return json.loads(answer.data)


def only_lead(web: WebApp, user_id: str, lead_id: str) -> dict[str, Any]:
    (lead,) = shown(web, user_id, lead_id)["leads"]
    return lead


def put_lead(web: WebApp, tenant: Tenant, lead_id: str = "4711", **fields: Any) -> None:
    """A lead that arrived an hour ago and belongs to the rep, who called in vain once."""
    arrived_at = NOW - timedelta(hours=1)
    lead = replace(
        make_lead(lead_id), received_at=arrived_at, recorded_at=arrived_at, owner_id=tenant.rep_owner_id,
        first_name="Ada", last_name="Quick", record_url=f"https://app.hubspot.com/contacts/{PORTAL}/record/0-1/{lead_id}",
    )  # fmt: skip
    call = replace(
        make_activity("c1", lead_id), occurred_at=NOW - timedelta(minutes=40), owner_id=tenant.rep_owner_id,
        recorded_at=NOW - timedelta(minutes=40),
    )  # fmt: skip
    record = LeadRecord(lead=lead, activities=(call,))
    store_and_audit(web.context, tenant.install_id, [replace(record, **fields)])


# --- what is shown ------------------------------------------------------------------------------------------------


def test_a_card_says_what_the_lead_page_says(web: WebApp, tenant: Tenant):
    put_lead(web, tenant)
    card = only_lead(web, tenant.admin_id, "4711")
    page = web.signed_in(tenant, tenant.admin_id).get("/leads/4711").text
    with web.database.read() as connection:
        row = findings.get_audit(connection, tenant.install_id, "4711")
    assert row is not None
    assert row.due_at is not None
    assert (card["quality"]["value"], card["handling"]["value"]) == (row.quality.value, row.handling.value)
    assert card["quality"]["says"] == f"{row.quality.value} of 100"
    details = card["details"]
    for text in (card["verdict"]["text"], card["status"]["text"], details["nextStep"]):
        assert text in page
    due = row.due_at.astimezone(BERLIN)
    assert details["clock"]["text"].startswith(f"next attempt: due {due:%a} {due.day} {due:%b}, {due:%H:%M}, in ")
    assert details["attempts"] == [
        {
            "what": "Call to the lead",
            "when": "Wed 18 Nov, 13:40",
            "who": "Anneke de Vries",
            "result": "no answer, 12\xa0s",
        }
    ]
    assert details["page"]["url"] == "http://localhost:8000/leads/4711"
    assert details["warnings"] == []


def test_a_call_that_does_not_count_says_why(web: WebApp, tenant: Tenant):
    short = make_activity(
        "c2", "4711", occurred_at=NOW - timedelta(minutes=30), disposition=Disposition.CONNECTED, duration_s=5
    )
    put_lead(web, tenant, activities=(short,))
    says = "not counted: claims a conversation shorter than one can be"
    (attempt,) = only_lead(web, tenant.admin_id, "4711")["details"]["attempts"]
    assert attempt["result"] == says
    page = web.signed_in(tenant, tenant.admin_id).get("/leads/4711").text
    assert says in page


def test_what_is_overdue_says_by_how_much_and_what_was_owed(web: WebApp, tenant: Tenant):
    put_lead(web, tenant, activities=())
    web.clock.now = NOW + timedelta(hours=2, minutes=5)
    card = only_lead_at(web, tenant.admin_id, "4711")
    with web.database.read() as connection:
        row = findings.get_audit(connection, tenant.install_id, "4711")
    assert row is not None
    assert row.due_at is not None
    late = web.clock.now - row.due_at
    hours, minutes = divmod(int(late.total_seconds()) // 60, 60)
    assert card["details"]["clock"]["text"].endswith(f"overdue by {hours}\xa0h {minutes}\xa0min of working time")
    assert card["details"]["clock"]["tone"] == "bad"
    assert "no attempt" in card["details"]["nextStep"]
    assert card["details"]["attempts"] == []
    assert card["details"]["noAttempts"] == "No attempt so far."


def test_a_night_does_not_count_as_late(web: WebApp, tenant: Tenant):
    put_lead(web, tenant, activities=())
    web.clock.now = NOW.replace(day=19, hour=8, minute=30)  # half past nine in Berlin
    with web.database.read() as connection:
        row = findings.get_audit(connection, tenant.install_id, "4711")
    assert row is not None
    assert row.due_at is not None
    hours, minutes = divmod(int((NOW.replace(hour=17, minute=0) - row.due_at).total_seconds()) // 60 + 30, 60)
    clock = only_lead_at(web, tenant.admin_id, "4711")["details"]["clock"]
    assert clock["text"].endswith(f"overdue by {hours}\xa0h {minutes}\xa0min of working time")
    web.clock.now = row.due_at
    assert (
        only_lead_at(web, tenant.admin_id, "4711")["details"]["clock"]["text"]
        == "first attempt: was due Wed 18 Nov, 13:50"
    )


def only_lead_at(web: WebApp, user_id: str, lead_id: str) -> dict[str, Any]:
    answer = ask_hubspot(web.visitor(), portal=PORTAL, user=user_id, record=lead_id, now=web.clock.now)
    (lead,) = json.loads(answer.data)["leads"]
    return lead


def test_the_last_three_attempts_are_shown_the_latest_first_and_a_planned_task(web: WebApp, tenant: Tenant):
    calls = tuple(
        replace(
            make_activity(f"c{n}", "4711"), occurred_at=NOW - timedelta(minutes=50 - 10 * n),
            recorded_at=NOW - timedelta(minutes=50 - 10 * n), disposition=None, duration_s=None,
        )
        for n in range(5)
    )  # fmt: skip
    task = replace(make_task("t1", "4711"), recorded_at=NOW, due_at=NOW + timedelta(hours=3))
    put_lead(web, tenant, activities=calls, tasks=(replace(task, owner_id=tenant.rep_owner_id),))
    details = only_lead(web, tenant.rep_id, "4711")["details"]
    moments = [each["when"] for each in details["attempts"]]
    assert moments == ["Wed 18 Nov, 14:10", "Wed 18 Nov, 14:00", "Wed 18 Nov, 13:50"]
    assert {each["result"] for each in details["attempts"]} == {"result unknown"}
    assert "Task planned, due Wed 18 Nov, 17:20, Anneke de Vries." in details["nextStep"]


def test_unknown_is_said_in_words(web: WebApp, tenant: Tenant):
    with web.database.write() as connection:
        installs.set_capabilities(
            connection, tenant.install_id, coverage=missing_emails(), missing_scopes=["sales-email-read"]
        )
    put_lead(web, tenant, activities=())
    with web.database.write() as connection:
        connection.execute(sa.delete(lead_audits).where(lead_audits.c.lead_id == "4711"))
    card = only_lead(web, tenant.admin_id, "4711")
    assert (card["quality"], card["handling"]) == (
        {"value": None, "says": "unknown"},
        {"value": None, "says": "unknown"},
    )
    assert card["verdict"]["text"] == card["status"]["text"] == "Not evaluated"
    assert "not judged yet" in card["details"]["clock"]["text"]
    assert card["details"]["noAttempts"].startswith("unknown")
    assert card["details"]["warnings"] == [missing_emails().missing[0][1]]


def test_a_score_that_cannot_be_given_is_unknown(web: WebApp, tenant: Tenant):
    with web.database.write() as connection:
        connection.execute(
            sa.update(lead_audits)
            .where(lead_audits.c.lead_id == tenant.lead_ids[0])
            .values(quality=None, quality_parts="[]", due_at=None)
        )
    card = only_lead(web, tenant.admin_id, tenant.lead_ids[0])
    assert card["quality"] == {"value": None, "says": "unknown"}


def test_a_record_that_is_no_lead_of_ours_has_nothing_to_show(web: WebApp, tenant: Tenant):
    for record, kind in (("999999", "0-1"), (tenant.lead_ids[0], "0-3")):
        body = shown(web, tenant.admin_id, record, object_type=kind)
        assert body["leads"] == []
        assert body["empty"] == "Lead Assay knows no lead of this record."


# --- who sees what ------------------------------------------------------------------------------------------------


def test_a_rep_sees_the_details_of_his_own_leads_and_else_what_stands_on_the_record(web: WebApp, tenant: Tenant):
    with web.database.read() as connection:
        rows = connection.execute(sa.select(leads).where(leads.c.install_id == tenant.install_id)).all()
        named = {owner.name for owner in people.list_owners(connection, tenant.install_id)}
    own = [row for row in rows if row.owner_id == tenant.rep_owner_id]
    others = [row for row in rows if row.owner_id != tenant.rep_owner_id]
    assert own
    assert others
    assert all(only_lead(web, tenant.rep_id, row.lead_id)["details"] for row in own)
    for row in others:
        body = shown(web, tenant.rep_id, row.lead_id)
        (card,) = body["leads"]
        assert card["details"] is None
        assert card["limited"]
        whole = only_lead(web, tenant.head_id, row.lead_id)
        assert {name: card[name] for name in ("quality", "handling", "verdict", "status")} == {
            name: whole[name] for name in ("quality", "handling", "verdict", "status")
        }
        said = json.dumps(body, ensure_ascii=False)
        assert not [text for text in (row.last_name, row.email, row.phone, row.record_url) if text and text in said]
        assert not [name for name in named if name in said]


def test_who_is_not_known_gets_the_same_words_whatever_is_connected(web: WebApp, tenant: Tenant):
    lead_id, client = tenant.lead_ids[0], web.visitor()
    with web.database.write() as connection:
        people.disable_user(connection, tenant.install_id, tenant.rep_id, NOW)
        connection.execute(sa.update(owners).where(owners.c.user_id == "503").values(is_archived=True))
    answers = [
        ask_hubspot(client, portal=PORTAL, user="99999", record=lead_id, now=NOW),
        ask_hubspot(client, portal="1", user=tenant.admin_id, record=lead_id, now=NOW),
        ask_hubspot(client, portal=PORTAL, user=tenant.rep_id, record=lead_id, now=NOW),
        ask_hubspot(client, portal=PORTAL, user="503", record=lead_id, now=NOW),
    ]
    assert {answer.status_code for answer in answers} == {403}
    (body,) = {answer.text for answer in answers}
    assert "Ask an admin of your account" in body


def test_an_owner_who_never_signed_in_is_a_rep(web: WebApp, tenant: Tenant):
    with web.database.read() as connection:
        assert people.find_user(connection, tenant.install_id, "502") is None
        owned = connection.execute(sa.select(leads.c.lead_id, leads.c.owner_id)).all()
    for lead_id, owner_id in owned:
        assert (only_lead(web, "502", lead_id)["details"] is not None) == (owner_id == "72")


def test_a_user_whose_owner_left_sees_nothing_and_an_admin_still_does(web: WebApp, tenant: Tenant):
    with web.database.write() as connection:
        connection.execute(sa.update(owners).values(is_archived=True))
    client, lead_id = web.visitor(), tenant.lead_ids[0]
    for user_id in (tenant.rep_id, tenant.head_id):
        assert ask_hubspot(client, portal=PORTAL, user=user_id, record=lead_id, now=NOW).status_code == 403
    assert only_lead(web, tenant.admin_id, lead_id)["details"]


@pytest.mark.parametrize(("status", "says"), [("paused", "has stopped"), ("uninstalled", "is uninstalled")])
def test_an_install_that_does_not_work_says_so_and_shows_nothing(web: WebApp, tenant: Tenant, status: str, says: str):
    with web.database.write() as connection:
        connection.execute(sa.update(installs_table).values(status=status))
    for user_id in (tenant.admin_id, tenant.rep_id):
        answer = ask_hubspot(web.visitor(), portal=PORTAL, user=user_id, record=tenant.lead_ids[0], now=NOW)
        body = json.loads(answer.data)
        assert (answer.status_code, body["leads"]) == (403, [])
        assert says in body["notice"]["text"]
        assert (body["notice"]["action"] is not None) == (user_id == tenant.admin_id)


def test_a_lead_that_is_gone_is_not_there(web: WebApp, tenant: Tenant):
    with web.database.write() as connection:
        connection.execute(sa.update(leads).where(leads.c.lead_id == tenant.lead_ids[0]).values(gone_at=NOW))
    assert shown(web, tenant.admin_id, tenant.lead_ids[0])["leads"] == []


# --- who is believed ----------------------------------------------------------------------------------------------


def test_a_call_that_hubspot_did_not_sign_gets_nothing(web: WebApp, tenant: Tenant):
    lead_id, client = tenant.lead_ids[0], web.visitor()
    asked = {"portal": PORTAL, "user": tenant.admin_id, "record": lead_id}
    good = ask_hubspot(client, **asked, now=NOW)
    assert good.status_code == 200
    for answer in (
        ask_hubspot(client, **asked, now=NOW, secret="secret-2"),
        ask_hubspot(client, **asked, now=NOW, secret=""),
        ask_hubspot(client, **asked, now=NOW - timedelta(seconds=301)),
        ask_hubspot(client, **asked, now=NOW + timedelta(seconds=301)),
        client.get("/cards/hubspot"),
        client.post("/cards/hubspot", json={"objectId": lead_id, "objectTypeId": "0-1"}),
        web.signed_in(tenant, tenant.admin_id).get("/cards/hubspot"),
    ):
        assert (answer.status_code, answer.data) == (401, b"")


def test_no_part_of_a_signed_call_can_be_changed(web: WebApp, tenant: Tenant):
    client, stamp = web.visitor(), str(int(NOW.timestamp() * 1000))
    path = f"/cards/hubspot?userId={tenant.admin_id}&portalId={PORTAL}"
    body = json.dumps({"objectId": tenant.lead_ids[0], "objectTypeId": "0-1"}).encode()
    signature = hubspot_signature("secret-1", "POST", "http://localhost:8000" + path, body, stamp)

    def ask(path: str = path, body: bytes = body, stamp: str = stamp, signature: str = signature) -> int:
        headers = {"X-HubSpot-Signature-v3": signature, "X-HubSpot-Request-Timestamp": stamp}
        return client.post(path, data=body, headers=headers).status_code

    assert ask() == 200
    assert ask(path=path.replace(PORTAL, "247279313")) == 401
    assert ask(path=path.replace(tenant.admin_id, tenant.head_id)) == 401
    assert ask(path=path + "&x=1") == 401
    assert ask(body=body.replace(tenant.lead_ids[0].encode(), b"9002")) == 401
    assert ask(stamp=str(int(stamp) + 1)) == 401
    assert ask(signature=signature.lower()) == 401


def test_an_extension_cannot_put_another_portal_before_hubspots_own_word(web: WebApp, tenant: Tenant):
    """HubSpot signs the address that our extension chose plus its own parameters: two of one are refused."""
    client, record = web.visitor(), tenant.lead_ids[0]
    for front in (f"portalId={PORTAL}&", f"userId={tenant.admin_id}&", "portalId=1&portalId=2&"):
        for portal, user in (("1", "2"), (PORTAL, tenant.admin_id)):
            answer = ask_hubspot(client, portal=portal, user=user, record=record, now=NOW, front=front)
            assert (answer.status_code, answer.data) == (401, b"")
    assert ask_hubspot(
        client, portal=PORTAL, user=tenant.admin_id, record=record, now=NOW, front="x=1&x=2&"
    ).data  # what is none of HubSpot's words may be there


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{}", b"{", b'{"objectId":"a","objectTypeId":"0-1"}', b"\xff", b"[" * 9999]
)
def test_a_signed_call_that_says_nothing_sound_is_refused(web: WebApp, tenant: Tenant, body: bytes):
    answer = ask_hubspot(web.visitor(), portal=PORTAL, user=tenant.admin_id, record="1", now=NOW, body=body)
    assert answer.status_code == 400
    assert json.loads(answer.data)["leads"] == []


def test_a_body_that_is_too_long_is_not_read(web: WebApp, tenant: Tenant):
    assert web.visitor().post("/cards/hubspot", data=b"x" * 20_001).status_code == 413


def test_only_crms_with_a_card_have_one(web: WebApp):
    for crm in ("nothing", "sandbox", "..", "%00"):
        assert web.visitor().get(f"/cards/{crm}").status_code == 404


def test_a_card_has_no_session_and_is_kept_by_nobody(web: WebApp, tenant: Tenant):
    answer = ask_hubspot(web.visitor(), portal=PORTAL, user=tenant.admin_id, record=tenant.lead_ids[0], now=NOW)
    assert "Set-Cookie" not in answer.headers
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_a_busy_database_is_said_in_the_shape_of_the_card(
    web: WebApp, tenant: Tenant, monkeypatch: pytest.MonkeyPatch
):
    def busy(*_: object) -> None:
        raise StorageBusy("locked")

    monkeypatch.setattr(card_queries, "find_card_viewer", busy)
    answer = ask_hubspot(web.visitor(), portal=PORTAL, user=tenant.admin_id, record="1", now=NOW)
    assert answer.status_code == 503
    assert "busy" in json.loads(answer.data)["notice"]["text"]


@pytest.mark.parametrize("text", NAUGHTY)
def test_hostile_texts_stay_text(panel: WebApp, text: str):
    tenant = seed_tenant(panel.context, leads=1)
    put_lead(panel, tenant)
    with panel.database.write() as connection:
        stored = text.encode("utf-8", "replace").decode().replace("\x00", "\ufffd")
        connection.execute(
            sa.update(leads).values(first_name=stored, last_name=stored, record_url="javascript:alert(1)")
        )
        connection.execute(sa.update(owners).values(name=stored))
    answer = ask_hubspot(panel.visitor(), portal=PORTAL, user=tenant.admin_id, record="4711", now=NOW)
    assert answer.status_code == 200
    assert answer.mimetype == "application/json"
    assert json.loads(answer.data)["leads"][0]["details"]["attempts"][0]["who"] == stored
    assert "javascript:" not in answer.text or "javascript:" in text
    as_pipedrive(panel)
    answer = ask_pipedrive(panel.visitor(), company=PORTAL, user=tenant.admin_id, record="4711")
    (made,) = json.loads(answer.data)["data"]
    assert "markdown" not in answer.text
    assert "\n" not in made["header"]
    assert len(made["header"]) <= 255


# --- Pipedrive's panels -------------------------------------------------------------------------------------------


@pytest.fixture
def panel(make_web: Callable[..., WebApp], sqlite_urls: DatabaseUrls) -> WebApp:
    """The app with Pipedrive's panels."""
    return make_web(sqlite_urls, PIPEDRIVE_CLIENT_ID=PIPEDRIVE_CLIENT, PIPEDRIVE_CLIENT_SECRET=PIPEDRIVE_SECRET)


def as_pipedrive(web: WebApp) -> None:
    """What was seeded for HubSpot, as deals of a Pipedrive company."""
    with web.database.write() as connection:
        connection.execute(sa.update(installs_table).values(crm="pipedrive"))
        for table in (leads, lead_audits, activities, tasks, findings_table, current_findings):
            connection.execute(sa.update(table).values(lead_id=sa.literal("deal:") + table.c.lead_id))


@pytest.fixture
def company(panel: WebApp) -> Tenant:
    tenant = seed_tenant(panel.context, leads=25)
    as_pipedrive(panel)
    return tenant


def objects(client: FlaskClient, user: str, record: str, resource: str) -> list[dict[str, Any]]:
    answer = ask_pipedrive(client, company=PORTAL, user=user, record=record, resource=resource)
    assert answer.status_code == 200, answer.text
    return json.loads(answer.data)["data"]


def test_panels_show_the_deal_the_leads_of_the_person_and_of_the_organization(panel: WebApp, company: Tenant):
    with panel.database.write() as connection:
        for n, lead_id in enumerate(company.lead_ids[:12]):
            connection.execute(
                sa.update(leads)
                .where(leads.c.lead_id == f"deal:{lead_id}")
                .values(companion_id="person:31" if n < 2 else None, organization_id="organization:55")
            )
        connection.execute(
            sa.update(leads).where(leads.c.lead_id == f"deal:{company.lead_ids[0]}").values(gone_at=NOW)
        )
    client = panel.visitor()
    assert len(objects(client, company.admin_id, company.lead_ids[3], "deal")) == 1
    assert len(objects(client, company.admin_id, "31", "person")) == 1
    assert objects(client, company.admin_id, "32", "person") == []
    assert objects(client, company.admin_id, company.lead_ids[3], "product") == []
    answer = json.loads(
        ask_pipedrive(client, company=PORTAL, user=company.admin_id, record="55", resource="organization").data
    )
    assert len(answer["data"]) == 10
    assert answer["external_link"]["url"] == "http://localhost:8000/leads"
    assert answer["settings"] == {"url": "http://localhost:8000/settings"}
    assert [made["id"] for made in answer["data"]] == list(range(1, 11))


def test_a_rep_who_looks_at_an_organization_is_told_no_names_of_other_leads(panel: WebApp, company: Tenant):
    with panel.database.write() as connection:
        connection.execute(sa.update(leads).values(organization_id="organization:55"))
        rows = {row.lead_id: row for row in connection.execute(sa.select(leads).order_by(leads.c.received_at.desc()))}
    client = panel.visitor()
    made = objects(client, company.rep_id, "55", "organization")
    newest = list(rows.values())[:10]
    for row, one in zip(newest, made, strict=True):
        is_own = row.owner_id == company.rep_owner_id
        assert ("clock" in one) == is_own
        assert ("limited" in one) != is_own
        assert (row.last_name in json.dumps(one, ensure_ascii=False)) == is_own


def test_a_viewer_who_has_not_installed_sees_nothing_private(panel: WebApp, company: Tenant):
    client, lead_id = panel.visitor(), company.lead_ids[0]
    answers = [
        ask_pipedrive(client, company=PORTAL, user=company.admin_id, record=lead_id, isShared="true"),
        ask_pipedrive(client, company=PORTAL, user="99999", record=lead_id),
        ask_pipedrive(client, company="4", user=company.admin_id, record=lead_id),
    ]
    (body,) = {answer.text for answer in answers}
    assert {answer.status_code for answer in answers} == {403}
    error = json.loads(body)["error"]
    assert len(error["title"]) <= 30
    assert "Ask an admin" in error["subtitle"]


def test_a_panel_is_proven_by_basic_or_by_its_token(panel: WebApp, company: Tenant):
    client = panel.visitor()
    good = {"userId": int(company.admin_id), "companyId": int(PORTAL)}

    def ask(token: str | None = None, headers: dict[str, str] | None = None) -> int:
        more = {} if token is None else {"token": token}
        answer = ask_pipedrive(
            client, company=PORTAL, user=company.admin_id, record=company.lead_ids[0], headers=headers or {}, **more
        )
        assert answer.status_code == 200 or answer.data == b""
        return answer.status_code

    seconds = int(NOW.timestamp())
    timeless = dict(good)
    good["iat"] = seconds
    assert ask(headers=basic()) == 200
    assert ask(panel_token(good)) == 200
    assert ask(panel_token(good), basic()) == 200
    assert ask(panel_token(timeless), basic()) == 200
    assert ask(panel_token({"user_id": company.admin_id, "company_id": PORTAL, "exp": seconds + 60})) == 200
    assert ask(panel_token({}), basic()) == 200
    refused: list[tuple[str | None, dict[str, str] | None]] = [
        (None, None),
        ("", None),
        (None, basic(password="wrong")),
        (None, basic(user="wrong")),
        (None, {"Authorization": "Basic !!"}),
        (None, {"Authorization": "Bearer " + PIPEDRIVE_SECRET}),
        (panel_token(good, secret="wrong-secret-of-forty-characters-01234567"), None),
        (panel_token(good, algorithm="none"), None),
        (panel_token(good)[:-2], None),
        ("a.b.c", None),
        (panel_token({**good, "exp": seconds - 61}), None),
        (panel_token({**good, "nbf": seconds + 61}), None),
        (panel_token({**good, "iat": seconds - 601}), None),
        (panel_token(timeless), None),
        (panel_token({**timeless, "iat": None}), None),
        (panel_token({**timeless, "exp": None}), None),
        (panel_token({**timeless, "exp": "never"}), None),
        (panel_token({**good, "iat": seconds + 3600}), None),
        (panel_token({"userId": company.admin_id, "iat": seconds}), None),
        (panel_token({"companyId": PORTAL, "iat": seconds}), None),
        (panel_token({}), None),
        (panel_token({**good, "companyId": 4}), None),
        (panel_token({**good, "userId": 4}), None),
        (panel_token({**good, "company_id": 4}), None),
        (panel_token({**good, "selectedIds": "4"}), None),
        (panel_token({**good, "resource": "person"}), None),
        (panel_token({**good, "companyId": 4}), basic()),
        (panel_token(good, secret="wrong-secret-of-forty-characters-01234567"), basic()),
        (panel_token(good), basic(password="wrong")),
    ]
    for token, headers in refused:
        assert ask(token, headers) == 401, (token, headers)


def test_a_panel_question_with_a_parameter_twice_or_several_records_is_refused(panel: WebApp, company: Tenant):
    client, lead_id = panel.visitor(), company.lead_ids[0]
    query = f"resource=deal&userId={company.admin_id}&companyId={PORTAL}&selectedIds={lead_id}"
    for extra in ("companyId=4", "userId=4", "selectedIds=4", "isShared=false&isShared=true", "token=a&token=b"):
        assert client.get(f"/cards/pipedrive?{query}&{extra}", headers=basic()).status_code == 401
    for selected in (f"{lead_id},9002", "", "x", "-1"):
        answer = ask_pipedrive(client, company=PORTAL, user=company.admin_id, record=selected)
        assert answer.status_code == 400
        assert "error" in json.loads(answer.data)


def test_a_rotated_secret_still_proves(
    make_web: Callable[..., WebApp], sqlite_urls: DatabaseUrls, panel: WebApp, company: Tenant
):
    rotated = make_web(
        sqlite_urls,
        PIPEDRIVE_CLIENT_ID=PIPEDRIVE_CLIENT,
        PIPEDRIVE_CLIENT_SECRET=f"newer-{PIPEDRIVE_SECRET},{PIPEDRIVE_SECRET}",
    )
    asked = {"company": PORTAL, "user": company.admin_id, "record": company.lead_ids[0]}
    assert ask_pipedrive(rotated.visitor(), **asked).status_code == 200
    token = panel_token({"userId": company.admin_id, "companyId": PORTAL, "iat": int(NOW.timestamp())})
    assert ask_pipedrive(rotated.visitor(), **asked, headers={}, token=token).status_code == 200
