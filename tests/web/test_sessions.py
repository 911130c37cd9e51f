"""Sessions: a new id at sign-in, dead at once when they must be, and only a hash on the server."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from connector.storage import installs, people
from connector.storage.people import Role
from connector.storage.tables import web_sessions as table
from tests.conftest import DatabaseUrls
from tests.web.conftest import WebApp, csrf_of, post
from tests.web.links import sign_in_by_link
from tests.web.seed import Tenant, seed_tenant


def cookie(client: FlaskClient, name: str = "assay") -> str:
    found = client.get_cookie(name, domain="localhost")
    assert found is not None
    return found.value


def test_a_visitor_costs_no_row(web: WebApp):
    client = web.visitor()
    for path in ("/", "/sign-in", "/rulebook"):
        assert client.get(path).status_code == 200
    with web.database.read() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one() == 0


def test_sign_in_gives_a_new_id_and_the_old_one_is_worth_nothing(web: WebApp, tenant: Tenant):
    client = web.visitor()
    client.get("/sign-in")
    planted = cookie(client)
    sign_in_by_link(web, client, f"admin@{tenant.install.account_id}.example")
    assert cookie(client) != planted
    assert client.get("/overview").status_code == 200
    thief = web.visitor()
    thief.set_cookie("assay", planted, domain="localhost")
    assert thief.get("/overview").status_code == 303


@pytest.mark.parametrize("value", ["", "x", "v.forged.signature", "a" * 64, "é" * 50, "s" * 3000])
def test_a_cookie_of_somebody_elses_making_is_replaced(web: WebApp, value: str):
    client = web.visitor()
    client.set_cookie("assay", value, domain="localhost")
    assert client.get("/overview").status_code == 303
    assert cookie(client) != value


def test_only_a_hash_is_stored(web: WebApp, tenant: Tenant):
    client = web.visitor()
    sign_in_by_link(web, client, f"admin@{tenant.install.account_id}.example")
    with web.database.read() as connection:
        rows = connection.execute(sa.select(table)).all()
    assert len(rows) == 1
    assert cookie(client) not in str(rows)
    assert len(cookie(client)) >= 43  # 256 bits in base64


def test_sign_out_kills_a_stolen_copy(web: WebApp, tenant: Tenant):
    client = web.signed_in(tenant, tenant.admin_id)
    stolen = cookie(client)
    assert post(client, "/sign-out", form_on="/overview").status_code == 303
    thief = web.visitor()
    thief.set_cookie("assay", stolen, domain="localhost")
    assert thief.get("/overview").status_code == 303


def test_a_disabled_user_is_out_at_once(web: WebApp, tenant: Tenant):
    client = web.signed_in(tenant, tenant.head_id)
    assert client.get("/overview").status_code == 200
    with web.database.write() as connection:
        people.disable_user(connection, tenant.install_id, tenant.head_id, web.clock())
    again = web.signed_in(tenant, tenant.head_id)
    assert (client.get("/overview").status_code, again.get("/overview").status_code) == (303, 303)


def test_a_person_whom_the_crm_no_longer_lists_is_out_at_once(web: WebApp, tenant: Tenant):
    client = web.signed_in(tenant, tenant.head_id)
    with web.database.write() as connection:
        owners = [
            owner for owner in people.list_owners(connection, tenant.install_id) if owner.user_id != tenant.head_id
        ]
        people.replace_owners(connection, tenant.install_id, owners)
    assert client.get("/overview").status_code == 303


def test_a_lower_role_counts_at_once(web: WebApp, tenant: Tenant):
    client = web.signed_in(tenant, tenant.head_id)
    assert client.get("/sync").status_code == 200
    with web.database.write() as connection:
        people.set_role(connection, tenant.install_id, tenant.head_id, Role.REP)
    again = web.signed_in(tenant, tenant.head_id)
    assert (client.get("/sync").status_code, again.get("/sync").status_code) == (403, 403)


def test_an_uninstalled_account_is_closed(web: WebApp, tenant: Tenant):
    client = web.signed_in(tenant, tenant.admin_id)
    with web.database.write() as connection:
        installs.mark_uninstalled(connection, tenant.install_id, "test", web.clock(), web.clock())
    again = web.signed_in(tenant, tenant.admin_id)
    assert (client.get("/overview").status_code, again.get("/overview").status_code) == (303, 303)


def test_a_session_ends_when_idle_for_12_hours(web: WebApp, tenant: Tenant):
    client = web.visitor()
    sign_in_by_link(web, client, f"admin@{tenant.install.account_id}.example")
    web.clock.now += timedelta(hours=11)
    assert client.get("/overview").status_code == 200
    web.clock.now += timedelta(hours=11)
    assert client.get("/overview").status_code == 200
    web.clock.now += timedelta(hours=12, minutes=1)
    assert client.get("/overview").status_code == 303


def test_a_session_ends_after_7_days_whatever_is_done(web: WebApp, tenant: Tenant):
    client, began = web.visitor(), web.clock.now
    sign_in_by_link(web, client, f"admin@{tenant.install.account_id}.example")
    while web.clock.now < began + timedelta(days=6, hours=20):
        web.clock.now += timedelta(hours=8)
        assert client.get("/rulebook").status_code == 200
    web.clock.now = began + timedelta(days=7, minutes=1)
    assert client.get("/overview").status_code == 303


def test_cookies_over_https_are_bound_to_the_host(make_web: Callable[..., WebApp], sqlite_urls: DatabaseUrls):
    web = make_web(sqlite_urls, LEADASSAY_PUBLIC_URL="https://assay.example.com")
    said = web.visitor().get("/sign-in").headers["Set-Cookie"]
    assert said.startswith("__Host-assay=v.")
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= {part.strip() for part in said.split(";")}
    assert "Domain" not in said
    assert "max-age" in web.visitor().get("/").headers["Strict-Transport-Security"]


def test_forged_forwarding_headers_change_nothing(web: WebApp, tenant: Tenant):
    client = web.signed_in(tenant, tenant.admin_id)
    forged = {
        "X-Forwarded-Host": "evil.example",
        "X-Forwarded-Proto": "https",
        "Host": "evil.example",
        "Forwarded": "host=evil.example",
    }
    page = web.visitor().get("/sign-in", headers=forged)
    assert "evil.example" not in page.text + str(page.headers)
    answer = web.visitor().post("/install/hubspot", headers=forged, data={"csrf_token": csrf_of(client, "/sync")})
    assert "evil.example" not in str(answer.headers)


def test_tokens_of_one_browser_do_not_serve_another(web: WebApp, tenant: Tenant):
    one, other = web.signed_in(tenant, tenant.admin_id), web.signed_in(tenant, tenant.head_id)
    assert other.post("/sign-out", data={"csrf_token": csrf_of(one, "/overview")}).status_code == 400
    assert other.get("/overview").status_code == 200


def test_two_accounts_keep_their_own_sessions(web: WebApp, tenant: Tenant):
    other = seed_tenant(web.context, account_id="247279313", name="Rival AG", leads=2, prefix="2")
    assert "Rival AG" not in web.signed_in(tenant, tenant.admin_id).get("/overview").text
    assert "Rival AG" in web.signed_in(other, other.admin_id).get("/overview").text
