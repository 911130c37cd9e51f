"""Ways in and out that a CRM begins: a site of the company's own, a call of the marketplace, word of an uninstall."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
import sqlalchemy as sa

from connector.catalog import CRMS
from connector.crm.port import UninstallNotice
from connector.errors import ConfigError, UnexpectedPayload
from connector.sandbox import SandboxConfig, SandboxControl, SandboxHandle, run_in_thread
from connector.sandbox.config import ClientApp
from connector.settings import CrmApp, Settings
from connector.storage import installs, page_queries, tokens
from connector.storage.installs import InstallStatus
from connector.storage.tables import installs as table
from tests.conftest import DatabaseUrls
from tests.web.conftest import WebApp, csrf_of, post
from tests.web.seed import Tenant, seed_tenant
from tests.web.test_install import ADMIN, PORTAL, answer_of

PUBLIC_URL = "http://127.0.0.1:8000"
TYPED = {"client_id": "sandbox-client-id", "client_secret": "sandbox-client-secret"}


def check_site(settings: Settings, address: str) -> str:
    """As a CRM would that companies host: https, or plain http at a host that the operator named."""
    parts = urlsplit(address)
    if parts.hostname in settings.private_crm_hosts:
        return f"{parts.scheme}://{parts.netloc}"
    if parts.scheme != "https":
        raise ConfigError("The address must begin with https://: a secret travels there.")
    if parts.hostname is None or "." not in parts.hostname:
        raise ConfigError("This is not the address of a site.")
    return f"https://{parts.netloc}"


def parse_uninstall(app: CrmApp, headers: Mapping[str, str], body: bytes) -> UninstallNotice | None:
    """As a CRM would that signs with Basic."""
    proof = base64.b64encode(f"{app.client_id}:{app.secrets[0]}".encode()).decode()
    if headers.get("authorization") != f"Basic {proof}":
        return None
    try:
        said = json.loads(body)
    except ValueError:
        raise UnexpectedPayload("The notice is no JSON.") from None
    return UninstallNotice(account_id=str(said["company_id"]), user_id=said.get("user_id"))


@pytest.fixture
def sandbox() -> Iterator[SandboxHandle]:
    app = ClientApp(redirect_uris=tuple(f"{PUBLIC_URL}/oauth/{crm}/callback" for crm in ("hubspot", "house")))
    with run_in_thread(SandboxConfig(app=app)) as handle:
        yield handle


@pytest.fixture
def control(sandbox: SandboxHandle) -> Iterator[SandboxControl]:
    with SandboxControl(sandbox.base_url, sandbox.control_token) as control:
        control.settings(webhooks_on=False)
        yield control


@pytest.fixture
def open_app(
    make_web: Callable[..., WebApp],
    sqlite_urls: DatabaseUrls,
    sandbox: SandboxHandle,
    monkeypatch: pytest.MonkeyPatch,
) -> WebApp:
    """The app with a CRM that companies host, and one whose marketplace calls first and tells of uninstalls."""
    hubspot = CRMS["hubspot"]
    monkeypatch.setitem(
        CRMS,  # type: ignore[arg-type]
        "house",
        replace(hubspot, label="House CRM", check_site=check_site, card=None, record_names=("lead", "leads")),
    )
    monkeypatch.setitem(
        CRMS,  # type: ignore[arg-type]
        "hubspot",
        replace(
            hubspot, starts_at_marketplace=True, denials=frozenset({"user_denied"}), parse_uninstall=parse_uninstall
        ),
    )
    web = make_web(
        sqlite_urls,
        HUBSPOT_CLIENT_ID="sandbox-client-id",
        HUBSPOT_CLIENT_SECRET="sandbox-client-secret",
        HUBSPOT_AUTH_URL=sandbox.base_url,
        HUBSPOT_API_URL=sandbox.base_url,
        LEADASSAY_PUBLIC_URL=PUBLIC_URL,
        LEADASSAY_PRIVATE_CRM_HOSTS="127.0.0.1",
    )
    web.clock.now = datetime.now(UTC)
    return web


def count_installs(web: WebApp) -> int:
    with web.database.read() as connection:
        return int(connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one())


# --- a site of the company's own ---------------------------------------------------------------------------------


def test_the_landing_page_has_a_door_for_every_crm(open_app: WebApp):
    page = open_app.visitor().get("/").text
    assert "Connect HubSpot</button>" in page
    assert '<a class="button primary" href="/install/house">Connect House CRM</a>' in page


def test_a_site_is_named_connected_and_called_with_its_own_client(
    open_app: WebApp, control: SandboxControl, sandbox: SandboxHandle
):
    client = open_app.visitor()
    page = client.get("/install/house")
    assert f"<code>{PUBLIC_URL}/oauth/house/callback</code>" in page.text
    forms = page.headers["Content-Security-Policy"].partition("form-action ")[2].partition(";")[0].split()
    assert forms == ["'self'", "https:", "http:"]
    sent = post(client, "/install/house", {**TYPED, "site": f" {sandbox.base_url}/app/crm "})
    assert sent.status_code == 303
    assert sent.headers["Location"].startswith(sandbox.base_url + "/")
    back = client.get(answer_of(control, sent.headers["Location"]))
    assert (back.status_code, back.headers["Location"]) == (303, "/install/progress")
    with open_app.database.read() as connection:
        install = installs.find_install_by_account(connection, "house", str(PORTAL))
        assert install is not None
        assert tokens.get_token(connection, install.install_id) is not None


def test_the_site_of_an_account_stands_in_the_form_when_it_is_connected_again(
    open_app: WebApp, monkeypatch: pytest.MonkeyPatch
):
    tenant = seed_tenant(open_app.context, leads=1)
    with open_app.database.write() as connection:
        connection.execute(sa.update(table).values(crm="house", api_url="https://crm.seller.example"))
    admin = open_app.signed_in(tenant, tenant.admin_id)
    assert 'value="https://crm.seller.example"' in admin.get("/install/house").text
    assert "crm.seller.example" not in open_app.visitor().get("/install/house").text
    with open_app.database.write() as connection:
        installs.pause(connection, tenant.install_id, "The grant was taken back.", open_app.clock.now)
    assert '<a class="button primary" href="/install/house">Connect again</a>' in admin.get("/overview").text


@pytest.mark.parametrize(
    ("typed", "field", "says"),
    [
        ({"site": "http://crm.example.com"}, "site", "must begin with https://"),
        ({"site": "intranet"}, "site", "not the address of a site"),
        ({"site": ""}, "site", "This is needed."),
        ({"site": "https://crm.example.com", "client_secret": ""}, "client_secret", "This is needed."),
        ({"site": "https://crm.example.com", "client_id": "two words"}, "client_id", "This cannot be it"),
        ({"site": "https://" + "x" * 600}, "site", "This cannot be it"),
    ],
)
def test_what_was_typed_wrong_is_said_beside_its_field(
    open_app: WebApp, typed: dict[str, str], field: str, says: str
):
    client = open_app.visitor()
    secret = "very-secret-value"
    refused = post(client, "/install/house", {"client_id": "id-1", "client_secret": secret, **typed})
    assert refused.status_code == 422
    block = refused.text.partition(f'id="{field}-says">')[2].partition("</div>")[0]
    assert says in block
    assert refused.text.count('aria-invalid="true"') == 1
    assert secret not in refused.text
    assert count_installs(open_app) == 0


@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("http://crm.example.com", "must be reached by https"),
        ("https://10.0.0.5", "lies in a private network"),
        ("https://169.254.169.254", "lies in a private network"),
        ("localhost", "lies in a private network"),
        ("https://me:secret@crm.example.com", "Give the address of your Frappe site"),
        ("ftp://crm.example.com", "Give the address of your Frappe site"),
    ],
)
def test_what_frappe_refuses_is_said_beside_the_address(web: WebApp, address: str, says: str):
    page = web.visitor().get("/install/frappe")
    assert page.headers["Content-Security-Policy"].partition("form-action ")[2].startswith("'self' https:;")
    refused = post(web.visitor(), "/install/frappe", {**TYPED, "site": address})
    assert refused.status_code == 422
    assert says in refused.text.partition('id="site-says">')[2].partition("</div>")[0]


def test_a_hostile_address_is_text(open_app: WebApp):
    client = open_app.visitor()
    refused = post(client, "/install/house", {**TYPED, "site": 'http://"><script>alert(1)</script>'})
    assert refused.status_code == 422
    assert "<script>alert" not in refused.text


def test_the_page_before_the_consent_of_a_crm_with_a_marketplace(web: WebApp):
    page = web.visitor().get("/install/hubspot")
    assert 'action="/install/hubspot"' in page.text
    assert "https://app.hubspot.com" in page.headers["Content-Security-Policy"]
    assert web.visitor().get("/install/nocrm").status_code == 404


def test_connections_are_limited_like_sign_ins(web: WebApp):
    client = web.visitor()
    token = {"csrf_token": csrf_of(client, "/")}
    statuses = [client.post("/install/hubspot", data=token).status_code for _ in range(web.site.asks.most + 1)]
    assert statuses == [303] * web.site.asks.most + [429]


# --- the marketplace calls first -----------------------------------------------------------------------------------


def test_a_code_that_nobody_here_asked_for_is_never_exchanged(open_app: WebApp, control: SandboxControl):
    """An attacker gets a code for his own account and has the victim's browser open the callback with it."""
    attacker, victim = open_app.visitor(), open_app.visitor()
    begun = post(attacker, "/install/hubspot", form_on="/").headers["Location"]
    code = parse_qs(urlsplit(answer_of(control, begun)).query)["code"][0]
    control.clear_requests()
    led = victim.get(f"/oauth/hubspot/callback?code={code}")
    assert led.status_code == 303
    assert led.headers["Referrer-Policy"] == "no-referrer"
    assert code not in led.headers["Location"]
    assert [one["path"] for one in control.requests_made(method="POST")] == []
    assert count_installs(open_app) == 0
    assert victim.get("/overview").status_code == 303, "the victim is nobody still"
    state = parse_qs(urlsplit(led.headers["Location"]).query)["state"][0]
    other = open_app.visitor().get(f"/oauth/hubspot/callback?code={code}&state={state}")
    assert (other.status_code, count_installs(open_app)) == (400, 0), "the new state is bound to the victim's browser"


def test_an_install_from_the_marketplace_goes_on_in_the_browser_that_came(open_app: WebApp, control: SandboxControl):
    client = open_app.visitor()
    led = client.get("/oauth/hubspot/callback?code=from-the-marketplace")
    back = client.get(answer_of(control, led.headers["Location"]))
    assert (back.status_code, back.headers["Location"]) == (303, "/install/progress")
    assert count_installs(open_app) == 1


@pytest.mark.parametrize("query", ["?code=x&state=guessed", "?state=guessed", "?error=user_denied"])
def test_an_unknown_state_and_an_error_are_refused_as_ever(open_app: WebApp, query: str):
    refused = open_app.visitor().get("/oauth/hubspot/callback" + query)
    assert refused.status_code == 400
    assert "was not begun here" in refused.text


def test_a_no_in_the_marketplaces_own_word(open_app: WebApp):
    client = open_app.visitor()
    led = client.get("/oauth/hubspot/callback?code=x")
    state = parse_qs(urlsplit(led.headers["Location"]).query)["state"][0]
    refused = client.get(f"/oauth/hubspot/callback?error=user_denied&state={state}")
    assert "The access was not granted in HubSpot" in refused.text


def test_a_crm_that_does_not_begin_there_is_refused(web: WebApp):
    assert web.visitor().get("/oauth/hubspot/callback?code=x").status_code == 400


def test_calls_of_the_marketplace_are_limited(open_app: WebApp):
    client = open_app.visitor()
    statuses = [client.get("/oauth/hubspot/callback?code=x").status_code for _ in range(open_app.site.asks.most + 1)]
    assert statuses == [303] * open_app.site.asks.most + [429]


# --- the CRM tells of an uninstall ---------------------------------------------------------------------------------

PROOF = {"Authorization": "Basic " + base64.b64encode(b"sandbox-client-id:sandbox-client-secret").decode()}


@pytest.fixture
def two(open_app: WebApp) -> tuple[Tenant, Tenant]:
    """Two accounts, both connected by the user with the same id there."""
    both = (
        seed_tenant(open_app.context, leads=2),
        seed_tenant(open_app.context, account_id="247279313", name="Rival AG", leads=2),
    )
    with open_app.database.write() as connection:
        connection.execute(sa.update(table).values(installed_by=str(ADMIN)))
    return both


def told(web: WebApp, account_id: str, user_id: str | None, headers: Mapping[str, str] = PROOF):
    body = {"company_id": account_id, **({"user_id": user_id} if user_id else {})}
    return web.visitor().delete("/oauth/hubspot/callback", json=body, headers=dict(headers))


def state_of(web: WebApp, tenant: Tenant) -> tuple[InstallStatus, int]:
    """Status, and how many notices of uninstalls its admins were given."""
    with web.database.read() as connection:
        notices = page_queries.list_notices(connection, tenant.install_id)
        install = installs.get_install(connection, tenant.install_id)
    return install.status, sum(notice.kind == "uninstall" for notice in notices)


@pytest.mark.parametrize("user_id", [None, str(ADMIN)])
def test_an_uninstall_ends_that_account_and_no_other(
    open_app: WebApp, two: tuple[Tenant, Tenant], user_id: str | None
):
    mine, other = two
    admin = open_app.signed_in(mine, mine.admin_id)
    answer = told(open_app, "247279312", user_id)
    assert (answer.status_code, answer.data) == (204, b"")
    assert "Set-Cookie" not in answer.headers
    assert state_of(open_app, mine) == (InstallStatus.UNINSTALLED, 0)
    assert state_of(open_app, other) == (InstallStatus.ACTIVE, 0)
    assert admin.get("/overview").status_code == 303, "its sessions have ended"
    with open_app.database.read() as connection:
        assert tokens.get_token(connection, mine.install_id) is None
    assert told(open_app, "247279312", user_id).status_code == 204, "told again it changes nothing"


def test_what_another_user_took_back_ends_nothing_and_is_told(open_app: WebApp, two: tuple[Tenant, Tenant]):
    mine, other = two
    assert told(open_app, "247279312", "7").status_code == 204
    assert told(open_app, "247279312", "7").status_code == 204
    assert state_of(open_app, mine) == (InstallStatus.ACTIVE, 1)
    assert state_of(open_app, other) == (InstallStatus.ACTIVE, 0)
    assert "goes on with the grant it has" in open_app.signed_in(mine, mine.admin_id).get("/sync").text


def test_an_account_that_is_not_known_gets_the_same_answer(open_app: WebApp, two: tuple[Tenant, Tenant]):
    answer = told(open_app, "1", None)
    assert (answer.status_code, answer.data) == (204, b"")
    assert [state_of(open_app, tenant)[0] for tenant in two] == [InstallStatus.ACTIVE] * 2


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Basic " + base64.b64encode(b"sandbox-client-id:wrong").decode()},
        {"Authorization": "Bearer sandbox-client-secret"},
    ],
)
def test_what_is_not_proven_ends_nothing(open_app: WebApp, two: tuple[Tenant, Tenant], headers: dict[str, str]):
    assert told(open_app, "247279312", None, headers).status_code == 401
    assert [state_of(open_app, tenant) for tenant in two] == [(InstallStatus.ACTIVE, 0)] * 2


def test_a_session_proves_no_uninstall(open_app: WebApp, two: tuple[Tenant, Tenant]):
    admin = open_app.signed_in(two[0], two[0].admin_id)
    assert admin.delete("/oauth/hubspot/callback", json={"company_id": "247279312"}).status_code == 401
    assert state_of(open_app, two[0]) == (InstallStatus.ACTIVE, 0)


def test_notices_that_cannot_be_read(open_app: WebApp):
    client = open_app.visitor()
    assert client.delete("/oauth/hubspot/callback", data=b"{", headers=PROOF).status_code == 400
    assert client.delete("/oauth/hubspot/callback", data=b"x" * 300_000, headers=PROOF).status_code == 413
    assert client.delete("/oauth/house/callback", data=b"{}", headers=PROOF).status_code == 404


def test_pipedrive_tells_of_an_uninstall(make_web: Callable[..., WebApp], sqlite_urls: DatabaseUrls):
    """With what Pipedrive itself sends: our own client in Basic, numbers for ids."""
    web = make_web(sqlite_urls, PIPEDRIVE_CLIENT_ID="id-1", PIPEDRIVE_CLIENT_SECRET="secret-1")
    mine, other = (seed_tenant(web.context, account_id=account, leads=1) for account in ("77", "78"))
    with web.database.write() as connection:
        connection.execute(sa.update(table).values(crm="pipedrive", installed_by="12"))
    body = {"client_id": "id-1", "company_id": 77, "user_id": 12, "timestamp": "2026-11-18T13:20:00.000Z"}
    door, proof = "/oauth/pipedrive/callback", base64.b64encode(b"id-1:secret-1").decode()
    assert web.visitor().delete(door, json=body).status_code == 401
    for sent, status in (({**body, "client_id": "another"}, 401), ({**body, "user_id": 13}, 204)):
        answer = web.visitor().delete(door, json=sent, headers={"Authorization": f"Basic {proof}"})
        assert answer.status_code == status
        assert state_of(web, mine)[0] is InstallStatus.ACTIVE
    assert web.visitor().delete(door, json=body, headers={"Authorization": f"Basic {proof}"}).status_code == 204
    assert (state_of(web, mine)[0], state_of(web, other)[0]) == (InstallStatus.UNINSTALLED, InstallStatus.ACTIVE)


@pytest.mark.parametrize("form", ["iso", "seconds", "milliseconds"])
def test_a_notice_from_before_the_present_grant_ends_nothing(
    make_web: Callable[..., WebApp], sqlite_urls: DatabaseUrls, form: str
):
    """It came late: the account was connected again meanwhile, by the same user."""
    web = make_web(sqlite_urls, PIPEDRIVE_CLIENT_ID="id-1", PIPEDRIVE_CLIENT_SECRET="secret-1")
    tenant = seed_tenant(web.context, account_id="77", leads=1)
    connected_at = datetime(2026, 11, 18, 12, 0, tzinfo=UTC)
    with web.database.write() as connection:
        connection.execute(sa.update(table).values(crm="pipedrive", installed_by="12", connected_at=connected_at))
    proof = {"Authorization": "Basic " + base64.b64encode(b"id-1:secret-1").decode()}

    def tell(at: datetime, user_id: int) -> InstallStatus:
        unix = int(at.timestamp())
        said = {"iso": at.isoformat(), "seconds": unix, "milliseconds": unix * 1000}[form]
        body = {"client_id": "id-1", "company_id": 77, "user_id": user_id, "timestamp": said}
        answer = web.visitor().delete("/oauth/pipedrive/callback", json=body, headers=proof)
        assert answer.status_code == 204
        return state_of(web, tenant)[0]

    assert tell(connected_at - timedelta(hours=1), 12) is InstallStatus.ACTIVE
    assert tell(connected_at - timedelta(hours=1), 13) is InstallStatus.ACTIVE
    assert state_of(web, tenant)[1] == 0, "nobody is told of what is over"
    assert tell(connected_at - timedelta(seconds=30), 12) is InstallStatus.UNINSTALLED


def test_pipedrives_marketplace_begins_and_is_led_to_its_own_consent(
    make_web: Callable[..., WebApp], sqlite_urls: DatabaseUrls
):
    web = make_web(sqlite_urls, PIPEDRIVE_CLIENT_ID="id-1", PIPEDRIVE_CLIENT_SECRET="secret-1")
    led = web.visitor().get("/oauth/pipedrive/callback?code=from-the-marketplace")
    assert led.status_code == 303
    parts = urlsplit(led.headers["Location"])
    assert (parts.scheme, parts.hostname) == ("https", "oauth.pipedrive.com")
    assert parse_qs(parts.query)["state"][0]
    assert "from-the-marketplace" not in led.headers["Location"]


def test_a_crm_that_tells_of_no_uninstall_has_no_such_door(web: WebApp):
    assert web.visitor().delete("/oauth/hubspot/callback", data=b"{}").status_code == 404
