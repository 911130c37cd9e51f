"""Sync: the account and its host, our subscriptions, where history comes from; and the same on a lead's page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from audits.model.activity import StageChange
from audits.model.case import Coverage, Fact
from audits.model.lead import Lead
from connector.catalog import CRMS
from connector.crm.port import Capabilities, HookReport, LeadRecord
from connector.jobs.reconcile import NAME as RECONCILE
from connector.jobs.watch_hooks import note_hooks
from connector.storage import cursors, installs, people
from connector.storage.people import Role
from connector.storage.tables import installs as table
from tests.web.conftest import WebApp
from tests.web.seed import Tenant, seed_tenant, store_and_audit

NO_HISTORY = "Bare CRM keeps no history of owners."
NO_EMAILS = "The permission to read e-mails was not granted."


@pytest.fixture
def bare(web: WebApp, monkeypatch: pytest.MonkeyPatch) -> Tenant:
    """An account of a CRM that shows no history of owners to anybody, and was not granted the e-mails."""
    always = Coverage(missing=((Fact.OWNER_HISTORY, NO_HISTORY),))

    def capabilities(missing_scopes: Sequence[str]) -> Capabilities:
        emails = ((Fact.EMAILS, NO_EMAILS),) if missing_scopes else ()
        return Capabilities(coverage=Coverage(missing=(*always.missing, *emails)), read_batch=50, write_batch=50)

    entry = replace(CRMS["hubspot"], label="Bare CRM", capabilities=capabilities, record_names=("lead", "leads"))
    monkeypatch.setitem(CRMS, "bare", entry)  # type: ignore[arg-type]
    tenant = seed_tenant(web.context, leads=3)
    with web.database.write() as connection:
        connection.execute(
            sa.update(table).values(crm="bare", api_url="https://nordlicht.bare.example", installed_by="500")
        )
        people.upsert_user(
            connection, tenant.install_id, "500", "admin@247279312.example", "Petra Admin", Role.ADMIN, None
        )
        installs.set_capabilities(
            connection,
            tenant.install_id,
            coverage=capabilities(("mail",)).coverage,
            missing_scopes=("mail",),
        )
    return tenant


def test_the_account_its_host_and_who_connected_it(web: WebApp, bare: Tenant):
    page = web.signed_in(bare, bare.admin_id).get("/sync").text
    assert "<dt>Host</dt><dd><bdi>nordlicht.bare.example</bdi></dd>" in page
    assert "<dt>Connected by</dt><dd><bdi>Petra Admin</bdi></dd>" in page


def test_an_account_at_the_common_host(web: WebApp, tenant: Tenant):
    page = web.signed_in(tenant, tenant.admin_id).get("/sync").text
    assert "<dt>Host</dt><dd><bdi>api.hubapi.com</bdi></dd>" in page
    assert "Connected by" not in page, "nobody is guessed"


def test_what_was_not_granted_is_told_from_what_the_crm_never_shows(web: WebApp, bare: Tenant):
    client = web.signed_in(bare, bare.admin_id)
    page = client.get("/sync").text
    permissions = page.partition('id="permissions"')[2].partition("</section>")[0]
    assert NO_EMAILS in permissions
    assert NO_HISTORY not in permissions
    shown = page.partition('id="shown"')[2].partition("</section>")[0]
    assert NO_HISTORY in shown
    owner = shown.partition("Changes of owner")[2].partition("Changes of status")[0]
    assert "from our own readings" in owner
    assert f"{NO_HISTORY} A change is then seen at the next reading" in owner
    assert "from Bare CRM, complete" in shown.partition("Changes of status")[2]
    overview = client.get("/overview").text
    assert overview.count("Grant it") == 1, "nobody can grant what the CRM does not have"
    assert NO_HISTORY in overview.partition("<details")[2]
    assert "HubSpot" not in page + overview


def test_histories_that_were_not_read_of_every_lead_are_counted(web: WebApp, tenant: Tenant):
    client = web.signed_in(tenant, tenant.admin_id)
    assert client.get("/sync").text.count("from HubSpot, complete") == 2
    now = web.clock.now
    lead = Lead(lead_id="rationed", received_at=now, recorded_at=now)
    rationed = ((Fact.STAGE_HISTORY, 'The "history" of this lead was not read: calls cost.'),)
    store_and_audit(web.context, tenant.install_id, [LeadRecord(lead=lead, missing=rationed)])
    page = client.get("/sync").text
    assert page.count("from HubSpot, complete") == 1
    assert "from HubSpot; of 1 of 26 leads from our own readings" in page.partition("Changes of status")[2]


def test_subscriptions_that_fail_are_told_until_they_do_not(web: WebApp, tenant: Tenant):
    client, now = web.signed_in(tenant, tenant.admin_id), web.clock.now
    broken = "The CRM banned the subscription of deals until noon."
    for made, failing in ((("a", "b"), ()), (("a",), (broken, "Another one is gone."))):
        with web.database.write() as connection:
            note_hooks(connection, tenant.install_id, HookReport(made=made, failing=failing), now)
    page = client.get("/sync").text
    figures = page.partition("Subscriptions</h3>")[2].partition("</dl>")[0]
    assert "Wed 18 Nov, 14:20" in figures
    assert '<dt>Made again so far</dt><dd><span class="value">1</span>' in figures
    assert '<dt>Failing</dt><dd><span class="value">2</span>' in figures
    assert f"<p>{broken}</p>" in page.partition('class="notice bad"')[2].partition("</div>")[0]
    with web.database.write() as connection:
        note_hooks(connection, tenant.install_id, HookReport(), now + timedelta(hours=6))
    page = client.get("/sync").text
    assert "notice bad" not in page
    assert '<dt>Failing</dt><dd><span class="value">0</span>' in page


def test_a_lead_tells_its_conversion_and_what_only_we_saw(web: WebApp, bare: Tenant):
    now = web.clock.now
    first = Lead(
        lead_id="lead:1",
        received_at=now - timedelta(days=2),
        recorded_at=now - timedelta(days=2),
        first_name="Ines",
        owner_id="71",
        raw_status="Open",
    )
    store_and_audit(web.context, bare.install_id, [LeadRecord(lead=first)])
    web.clock.now = now + timedelta(minutes=30)
    store_and_audit(web.context, bare.install_id, [LeadRecord(lead=replace(first, owner_id="72"))])
    deal = replace(first, lead_id="deal:9", received_at=now, recorded_at=now, owner_id="72")
    web.clock.now = now + timedelta(hours=1)
    stage = StageChange(lead_id="deal:9", occurred_at=now, field="stage", raw_status="Qualified", source="api")
    store_and_audit(
        web.context, bare.install_id, [LeadRecord(lead=deal, converted_from="lead:1", stage_changes=(stage,))]
    )
    page = web.signed_in(bare, bare.admin_id).get("/leads/deal:9").text
    rows = page.partition('aria-labelledby="acts"')[2].split("<tr>")
    converted = next(row for row in rows if "Went on as this record" in row)
    assert "Until then Bare CRM kept it as lead:1; all that was done there counts here." in converted
    assert "as it was when we first read it" in next(row for row in rows if "Handed to Anneke" in row)
    seen = [row for row in rows if "seen by Lead Assay between two readings" in row]
    assert any("Handed to Jonas Weber" in row for row in seen)
    assert all("Qualified" not in row for row in seen), "what the CRM's history tells is no sight of ours"
    assert "HubSpot" not in page


@pytest.mark.parametrize(
    "path",
    ["/overview", "/leads", "/owners", "/neglected", "/sync", "/settings", "/install/progress", "/settings/hours"],
)
def test_no_page_of_another_crm_says_hubspot(web: WebApp, bare: Tenant, path: str):
    page = web.signed_in(bare, bare.admin_id).get(path).text
    assert "HubSpot" not in page
    assert "contacts read" not in page
    assert "Every contact" not in page


def test_polls_that_are_rarer_than_the_setting_are_said(web: WebApp, bare: Tenant):
    session, last = web.signed_in(bare, bare.admin_id), web.clock.now
    for next_at, is_said in (
        (None, False),
        (last + timedelta(minutes=15), False),
        (last + timedelta(minutes=48), True),
    ):
        with web.database.write() as connection:
            cursors.put_cursor(
                connection, bare.install_id, RECONCILE, None, 0, None, last, is_finished=True, next_at=next_at
            )
        page = session.get("/sync").text
        assert ("<dt>Next poll</dt>" in page) is is_said
        assert ("Bare CRM&#39;s tokens of a day bear no more" in page) is is_said
