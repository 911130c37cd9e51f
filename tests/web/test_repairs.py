"""/repairs: what waits, who may decide on it, what one click changes, and that all of it can be taken back."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from connector.crm.port import LeadRecord, OurField
from connector.jobs.audit_leads import audit_leads
from connector.jobs.context import take_lease
from connector.storage import outbox, repairs, worklist
from connector.storage.repairs import RepairState
from connector.web.views.repairs import PAGE
from tests.conftest import DatabaseUrls
from tests.factories import make_lead
from tests.web.card_calls import ask_hubspot
from tests.web.conftest import WebApp, post
from tests.web.seed import NOW, Tenant, seed_tenant, store_and_audit

BAD, GOOD = "ada.lovelace@gmial.com", "ada.lovelace@gmail.com"
OURS = OurField.SUGGESTED_REPAIR.value


@pytest.fixture
def tenant(web: WebApp) -> Tenant:
    return seed_tenant(web.context, leads=4)


def store(web: WebApp, tenant: Tenant, lead_id: str, *, email: str = BAD, owner_id: str | None = None) -> None:
    arrived = NOW - timedelta(hours=4)
    lead = make_lead(lead_id, received_at=arrived, recorded_at=arrived, owner_id=owner_id or tenant.rep_owner_id)
    named = replace(lead, email=email, first_name="Ada", last_name=f"Lovelace-{lead_id}")
    store_and_audit(web.context, tenant.install_id, [LeadRecord(lead=named)])


def one(client: FlaskClient, lead_id: str, deed: str, proposed: str = GOOD, given: str = BAD, back: str = "list"):
    data = {"do": deed, "field": "email", "given": given, "proposed": proposed, "back": back}
    return post(client, f"/leads/{lead_id}/repairs", data, form_on="/my")


def many(client: FlaskClient, deed: str, keys: list[str], **more: str):
    token = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/my").text)
    assert token
    return client.post("/repairs", data={"csrf_token": token[1], "do": deed, "each": keys, **more})


def keys_of(page: str) -> list[str]:
    return re.findall(r'type="checkbox" name="each" value="([^"]+)"', page)


def state(web: WebApp, tenant: Tenant, lead_id: str) -> RepairState:
    with web.database.read() as connection:
        found = repairs.find_repair(connection, tenant.install_id, lead_id, "email")
    assert found is not None
    return found.state


def planned(web: WebApp, tenant: Tenant, lead_id: str) -> str | None:
    """What the next write would put into the field for suggestions."""
    audit_leads(take_lease(web.context, tenant.install_id, "test"), [lead_id])
    with web.database.read() as connection:
        rows = outbox.take_outbox(connection, tenant.install_id, 500, NOW + timedelta(days=1))
    (row,) = [row for row in rows if row.lead_id == lead_id]
    return row.values.get(OURS)


def words(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


def test_nothing_waits_in_an_account_without_slips(web: WebApp, tenant: Tenant):
    page = web.signed_in(tenant, tenant.head_id).get("/repairs")
    assert page.status_code == 200
    assert "Nothing waits to be mended." in page.text
    assert keys_of(page.text) == []
    assert "No repair matches." in web.signed_in(tenant, tenant.head_id).get("/repairs?state=declined").text


def test_what_is_accepted_is_planned_for_the_record_and_can_be_taken_back(web: WebApp, tenant: Tenant):
    store(web, tenant, "4711")
    head = web.signed_in(tenant, tenant.head_id)
    page = words(head.get("/repairs").text)
    assert "Ada Lovelace-4711" in page
    assert re.search(rf"Given {BAD} {GOOD} .*one slip of the fingers away", page)
    assert "1 repair" in page
    assert planned(web, tenant, "4711") is None
    answer = one(head, "4711", "accept")
    assert answer.headers["Location"] == "/repairs?note=repaired"
    assert state(web, tenant, "4711") is RepairState.ACCEPTED
    with web.database.read() as connection:
        assert "4711" in worklist.due_leads(connection, tenant.install_id, NOW, 500)
    assert planned(web, tenant, "4711") == f"e-mail: {GOOD} (given: {BAD})"
    shown = words(head.get("/repairs?state=accepted").text)
    assert "Accepted Lena Brandt" in shown
    assert "Nothing waits to be mended." in head.get("/repairs").text
    assert one(head, "4711", "undo").headers["Location"] == "/repairs?note=repair-undone"
    assert state(web, tenant, "4711") is RepairState.OPEN
    assert planned(web, tenant, "4711") is None
    assert one(head, "4711", "decline").headers["Location"] == "/repairs?note=repair-declined"
    assert planned(web, tenant, "4711") is None
    assert state(web, tenant, "4711") is RepairState.DECLINED


def test_what_is_not_there_any_more_changes_nothing(web: WebApp, tenant: Tenant):
    store(web, tenant, "4711")
    head = web.signed_in(tenant, tenant.head_id)
    for proposed, given in ((GOOD, "other@gmial.com"), ("nobody@proposed.it", BAD)):
        assert one(head, "4711", "accept", proposed, given).headers["Location"] == "/repairs?note=repair-not"
    assert one(head, "4711", "undo").headers["Location"] == "/repairs?note=repair-not"
    assert one(head, "4711", "anything").status_code == 400
    assert one(head, "no-such-lead", "accept").status_code == 404
    assert many(head, "anything", []).status_code == 400
    assert state(web, tenant, "4711") is RepairState.OPEN
    store(web, tenant, "4711", email=GOOD)
    assert one(head, "4711", "undo").headers["Location"] == "/repairs?note=repair-not"
    assert "Mended in the CRM" in head.get("/repairs?state=mended").text


def test_several_are_decided_at_once_as_they_were_shown(web: WebApp, tenant: Tenant):
    for lead_id in ("4711", "4712", "4713"):
        store(web, tenant, lead_id)
    head = web.signed_in(tenant, tenant.head_id)
    keys = keys_of(head.get("/repairs").text)
    assert len(keys) == 3
    assert head.get("/repairs?marked=all").text.count(" checked>") == 3
    store(web, tenant, "4712", email="eva@gmial.com")
    answer = many(head, "accept", keys, **{"list-state": "all", "list-field": "email"})
    assert answer.headers["Location"] == "/repairs?state=all&field=email&note=repairs-some"
    assert [state(web, tenant, each) for each in ("4711", "4712", "4713")] == [
        RepairState.ACCEPTED,
        RepairState.OPEN,
        RepairState.ACCEPTED,
    ]
    (left,) = keys_of(head.get("/repairs").text)
    assert many(head, "decline", [left]).headers["Location"] == "/repairs?note=repair-declined"
    assert state(web, tenant, "4712") is RepairState.DECLINED
    assert many(head, "accept", []).headers["Location"] == "/repairs?note=repairs-none"
    assert many(head, "accept", ["x", "a:b", "::", left]).headers["Location"] == "/repairs?note=repairs-some"


def test_a_rep_decides_on_his_own_leads_alone(web: WebApp, tenant: Tenant):
    store(web, tenant, "4711")
    store(web, tenant, "4712", owner_id="72")
    rep, head = web.signed_in(tenant, tenant.rep_id), web.signed_in(tenant, tenant.head_id)
    page = rep.get("/repairs?owner=72")
    assert "Lovelace-4711" in page.text
    assert "Lovelace-4712" not in page.text
    assert 'name="owner"' not in page.text.replace('name="list-owner"', "")
    foreign = [key for key in keys_of(head.get("/repairs").text) if key.endswith(":4712")]
    assert one(rep, "4712", "accept").status_code == 404
    assert many(rep, "accept", foreign).headers["Location"] == "/repairs?note=repairs-some"
    assert state(web, tenant, "4712") is RepairState.OPEN
    assert one(rep, "4711", "accept").status_code == 303
    assert state(web, tenant, "4711") is RepairState.ACCEPTED


def test_the_filters_and_the_counts_speak_of_the_same_rows(web: WebApp, tenant: Tenant):
    store(web, tenant, "4711")
    store(web, tenant, "4712", owner_id="72")
    admin = web.signed_in(tenant, tenant.admin_id)
    one(admin, "4711", "decline")
    assert re.findall(r"To be decided 1 .*Declined 1 .*All 2", words(admin.get("/repairs").text))
    assert len(keys_of(admin.get("/repairs?owner=72").text)) == 1
    assert keys_of(admin.get("/repairs?owner=71").text) == []
    assert keys_of(admin.get("/repairs?owner=-").text) == []
    assert keys_of(admin.get("/repairs?field=phone").text) == []
    assert len(keys_of(admin.get("/repairs?field=email").text)) == 1
    assert "2 repairs" in words(admin.get("/repairs?state=all").text)
    # What makes no sense is left out.
    assert len(keys_of(admin.get("/repairs?field=x&state=y&page=zz").text)) == 1


def test_a_long_list_has_pages(web: WebApp, tenant: Tenant):
    for number in range(PAGE + 1):
        store(web, tenant, f"5{number:03}")
    head = web.signed_in(tenant, tenant.head_id)
    first, second = head.get("/repairs").text, head.get("/repairs?page=2").text
    assert (len(keys_of(first)), len(keys_of(second))) == (PAGE, 1)
    assert f"1 to {PAGE} of {PAGE + 1}" in words(first)
    assert 'rel="next" href="/repairs?page=2"' in first
    assert 'rel="prev" href="/repairs?page=1"' in second
    data = {"list-page": "2", "list-state": "open"}
    assert many(head, "decline", keys_of(second), **data).headers["Location"] == (
        "/repairs?page=2&note=repair-declined"
    )


def test_the_page_of_the_lead_has_the_same_buttons(web: WebApp, tenant: Tenant):
    store(web, tenant, "4711")
    rep = web.signed_in(tenant, tenant.rep_id)
    page = rep.get("/leads/4711").text
    assert re.findall(r'name="do" value="(\w+)"', page) == ["accept", "decline"]
    answer = one(rep, "4711", "accept", back="lead")
    assert answer.headers["Location"] == "/leads/4711?note=repaired#truth"
    page = rep.get("/leads/4711").text
    assert re.findall(r'name="do" value="(\w+)"', page) == ["undo"]
    assert "Accepted Anneke de Vries" in words(page)


def test_the_overview_says_how_many_leads_can_be_mended(web: WebApp, tenant: Tenant):
    rep, head = web.signed_in(tenant, tenant.rep_id), web.signed_in(tenant, tenant.head_id)
    assert "can be mended" not in head.get("/overview").text
    store(web, tenant, "4711")
    store(web, tenant, "4712", owner_id="72")
    assert '<a href="/repairs">2 leads can be mended</a>' in head.get("/overview").text
    assert '<a href="/repairs">1 lead can be mended</a>' in rep.get("/overview").text


def test_the_card_beside_the_record_says_what_was_probably_meant(web: WebApp, tenant: Tenant):
    store(web, tenant, "4711")

    def next_step(user_id: str) -> str | None:
        card = ask_hubspot(
            web.visitor(), portal=tenant.install.account_id, user=user_id, record="4711", now=web.clock.now
        )
        (lead,) = card.get_json()["leads"]
        return None if lead["details"] is None else re.sub("[\u2068\u2069]", "", lead["details"]["nextStep"])

    assert f"E-mail: probably {GOOD} instead of {BAD}." in (next_step(tenant.rep_id) or "")
    one(web.signed_in(tenant, tenant.rep_id), "4711", "accept")
    assert f"E-mail: {GOOD} instead of {BAD}, accepted." in (next_step(tenant.head_id) or "")
    one(web.signed_in(tenant, tenant.rep_id), "4711", "undo")
    one(web.signed_in(tenant, tenant.rep_id), "4711", "decline")
    assert GOOD not in (next_step(tenant.head_id) or GOOD)


def test_nothing_is_asked_of_leads_that_nobody_sent(web: WebApp, tenant: Tenant):
    """What a bot wrote is not worth mending; the page of the lead says all the same what it may have meant."""
    arrived = NOW - timedelta(hours=4)
    lead = make_lead("4711", received_at=arrived, recorded_at=arrived, owner_id=tenant.rep_owner_id)
    bot = replace(lead, email=BAD, honeypot="x", user_agent="curl/8.4", first_name="asdfghj", last_name="qwrtzx")
    store_and_audit(web.context, tenant.install_id, [LeadRecord(lead=bot)])
    head = web.signed_in(tenant, tenant.head_id)
    assert keys_of(head.get("/repairs").text) == []
    page = head.get("/leads/4711").text
    assert GOOD in page
    assert 'name="do" value="accept"' not in page


@pytest.mark.parametrize("language", ["ar", "el", "nb"])
def test_the_page_is_whole_in_every_language(web: WebApp, tenant: Tenant, language: str):
    store(web, tenant, "4711")
    head = web.signed_in(tenant, tenant.head_id)
    page = head.get(f"/repairs?state=all&lang={language}")
    assert page.status_code == 200
    assert f"<bdi>{GOOD}</bdi>" in page.text


@pytest.mark.postgres
def test_the_list_is_the_same_on_the_server(make_web, postgres_urls: DatabaseUrls):
    web = make_web(postgres_urls)
    tenant = seed_tenant(web.context, leads=2)
    store(web, tenant, "4711")
    head = web.signed_in(tenant, tenant.head_id)
    assert len(keys_of(head.get("/repairs").text)) == 1
    assert many(head, "accept", keys_of(head.get("/repairs").text)).headers["Location"] == "/repairs?note=repaired"
    assert state(web, tenant, "4711") is RepairState.ACCEPTED
