"""Connecting a CRM through the pages: refusals with a remedy, then the progress page and its three questions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
import sqlalchemy as sa

from connector.sandbox import SandboxConfig, SandboxControl, SandboxHandle, run_in_thread
from connector.storage import cursors, installs, people, policies
from connector.storage.people import Role
from connector.storage.tables import installs as table
from tests.conftest import DatabaseUrls
from tests.web.conftest import WebApp, post
from tests.web.seed import Tenant, seed_tenant

PORTAL, ADMIN = 247_279_312, 98_499_705


@pytest.fixture
def sandbox() -> Iterator[SandboxHandle]:
    with run_in_thread(SandboxConfig()) as handle:
        yield handle


@pytest.fixture
def control(sandbox: SandboxHandle) -> Iterator[SandboxControl]:
    with SandboxControl(sandbox.base_url, sandbox.control_token) as control:
        control.settings(webhooks_on=False)
        yield control


@pytest.fixture
def connected(make_web: Callable[..., WebApp], sqlite_urls: DatabaseUrls, sandbox: SandboxHandle) -> WebApp:
    """The app beside a running sandbox."""
    web = make_web(
        sqlite_urls,
        HUBSPOT_CLIENT_ID="sandbox-client-id",
        HUBSPOT_CLIENT_SECRET="sandbox-client-secret",
        HUBSPOT_AUTH_URL=sandbox.base_url,
        HUBSPOT_API_URL=sandbox.base_url,
        LEADASSAY_PUBLIC_URL="http://127.0.0.1:8000",
    )
    web.clock.now = datetime.now(UTC)
    return web


def answer_of(control: SandboxControl, url: str, decision: str = "grant") -> str:
    """Path and query to which the consent page sends the browser."""
    parts = urlsplit(control.consent(url, PORTAL, ADMIN, decision).headers["Location"])
    return f"{parts.path}?{parts.query}"


def count_installs(web: WebApp) -> int:
    with web.database.read() as connection:
        return int(connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one())


def test_consent_leads_to_an_install_and_a_session(connected: WebApp, control: SandboxControl):
    client = connected.visitor()
    sent = post(client, "/install/hubspot", form_on="/")
    assert sent.status_code == 303
    query = parse_qs(urlsplit(sent.headers["Location"]).query)
    assert query["code_challenge_method"] == ["S256"]
    assert query["redirect_uri"] == ["http://127.0.0.1:8000/oauth/hubspot/callback"]
    before = client.get_cookie("assay", domain="localhost")
    back = client.get(answer_of(control, sent.headers["Location"]))
    assert (back.status_code, back.headers["Location"]) == (303, "/install/progress")
    assert back.headers["Referrer-Policy"] == "no-referrer"
    assert client.get_cookie("assay", domain="localhost") != before
    page = client.get("/install/progress").text
    assert "Reading the last 90 days begins in a moment." in page
    assert "Three questions" in page
    assert client.get("/settings").status_code == 200


def test_an_answer_in_another_browser_is_refused(connected: WebApp, control: SandboxControl):
    sent = post(connected.visitor(), "/install/hubspot", form_on="/")
    victim = connected.visitor()
    refused = victim.get(answer_of(control, sent.headers["Location"]))
    assert refused.status_code == 400
    assert "begun in another browser" in refused.text
    assert "Start again" in refused.text
    assert victim.get("/overview").status_code == 303
    assert count_installs(connected) == 0


def test_an_answer_works_once(connected: WebApp, control: SandboxControl):
    client = connected.visitor()
    path = answer_of(control, post(client, "/install/hubspot", form_on="/").headers["Location"])
    assert client.get(path).status_code == 303
    assert client.get(path).status_code == 400


def test_a_consent_that_was_not_given_says_so(connected: WebApp, control: SandboxControl):
    client = connected.visitor()
    path = answer_of(control, post(client, "/install/hubspot", form_on="/").headers["Location"], "deny")
    refused = client.get(path)
    assert refused.status_code == 400
    assert "The access was not granted in HubSpot" in refused.text


def test_a_consent_older_than_ten_minutes_is_refused(connected: WebApp, control: SandboxControl):
    client = connected.visitor()
    path = answer_of(control, post(client, "/install/hubspot", form_on="/").headers["Location"])
    connected.clock.now += timedelta(minutes=11)
    assert client.get(path).status_code == 400


@pytest.mark.parametrize(
    "query", ["", "?code=x", "?code=x&state=", "?error=%3Cscript%3Ealert(1)%3C/script%3E&error_description=%3Cimg%3E"]
)
def test_an_answer_without_our_state_is_refused_and_echoes_nothing(web: WebApp, query: str):
    refused = web.visitor().get("/oauth/hubspot/callback" + query)
    assert refused.status_code == 400
    assert refused.headers["Referrer-Policy"] == "no-referrer"
    assert "<script>alert" not in refused.text
    assert "Nothing was connected" in refused.text


@pytest.mark.parametrize("crm", ["nocrm", "..", "hubspot%2F..", "HUBSPOT"])
def test_an_unknown_crm_is_not_there(web: WebApp, crm: str):
    client = web.visitor()
    assert client.get(f"/oauth/{crm}/callback").status_code == 404
    assert post(client, f"/install/{crm}", form_on="/").status_code == 404


def test_a_crm_that_is_not_set_up_has_no_button(make_web: Callable[..., WebApp], sqlite_urls: DatabaseUrls):
    web = make_web(sqlite_urls, HUBSPOT_CLIENT_ID="", HUBSPOT_CLIENT_SECRET="")
    client = web.visitor()
    assert "/install/hubspot" not in client.get("/").text
    assert post(client, "/install/hubspot", form_on="/sign-in").status_code == 404


def test_the_bar_counts_and_then_shows_what_was_found(web: WebApp):
    tenant = seed_tenant(web.context, leads=60)
    client, began = web.signed_in(tenant, tenant.admin_id), web.clock.now
    with web.database.write() as connection:
        cursors.start_cursor(connection, tenant.install_id, "backfill", began - timedelta(minutes=2, seconds=40))
        cursors.put_cursor(connection, tenant.install_id, "backfill", "c", 12_400, 31_000, began)
    bar = client.get("/install/progress/bar").text
    assert "Reading the last 90 days: 12,400 of 31,000 contacts, 4\xa0min left." in bar
    assert "You can close this page." in bar
    assert 'hx-trigger="every 2s"' in bar
    assert 'aria-valuenow="40"' in bar
    with web.database.write() as connection:
        cursors.put_cursor(connection, tenant.install_id, "backfill", None, 31_000, 31_000, began, is_finished=True)
    bar = client.get("/install/progress/bar").text
    assert "31,000 contacts read." in bar
    assert "hx-trigger" not in bar
    assert "Show me" in bar


def test_the_answers_are_kept(web: WebApp, tenant: Tenant):
    client = web.signed_in(tenant, tenant.admin_id)
    page = client.get("/install/progress").text
    assert '<option value="DE" selected>' in page
    answers = {"hours_fri": "9:00-15:00", "country": "DE", "response_target": "45", "manager": tenant.rep_id}
    saved = post(client, "/install/answers", answers, form_on="/install/progress")
    assert saved.headers["Location"] == "/overview?note=answers"
    with web.database.read() as connection:
        policy = policies.policy_as_of(connection, tenant.install_id, web.clock.now)
        rep = people.find_user(connection, tenant.install_id, tenant.rep_id)
        head = people.find_user(connection, tenant.install_id, tenant.head_id)
    assert policy.response_target_s == 45 * 60
    assert policy.calendar.week[4] == ((9 * 3600, 15 * 3600),)
    assert datetime(2026, 12, 25, tzinfo=UTC).date() in policy.calendar.holidays
    assert policy.holidays_source is not None
    assert "DE; 2025 to 2028" in policy.holidays_source
    assert rep is not None
    assert head is not None
    assert (rep.role, head.role) == (Role.HEAD_OF_SALES, Role.REP)


def test_the_first_answer_holds_from_the_beginning_and_a_later_one_from_then_on(web: WebApp, tenant: Tenant):
    client, received = web.signed_in(tenant, tenant.admin_id), datetime(2020, 1, 6, tzinfo=UTC)

    def agreed(since: datetime) -> int:
        with web.database.read() as connection:
            policy = policies.policy_for(connection, tenant.install_id, since, web.clock.now)
        return policy.response_target_s // 60

    for minutes, before, from_now_on in (("45", 45, 45), ("50", 45, 50)):
        post(client, "/install/answers", {"response_target": minutes}, form_on="/install/progress")
        assert (agreed(received), agreed(web.clock.now)) == (before, from_now_on)


def test_a_paused_install_says_why_and_offers_to_connect_again(web: WebApp, tenant: Tenant):
    with web.database.write() as connection:
        installs.pause(connection, tenant.install_id, "The grant was taken back in HubSpot.", web.clock.now)
    admin, head = web.signed_in(tenant, tenant.admin_id), web.signed_in(tenant, tenant.head_id)
    assert "The grant was taken back in HubSpot." in admin.get("/overview").text
    assert "Connect again" in admin.get("/overview").text
    assert "Connect again" not in head.get("/overview").text
