"""The page of look-ups: off until an admin switches one on, with its price, and each account for itself alone."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from connector.storage import lookups
from connector.storage.lookups import AnswerRow, LookupKind, Told
from tests.web.conftest import NOW, WebApp, post
from tests.web.seed import Tenant, seed_tenant

PAGE, MX = "/settings/look-ups", LookupKind.MX


@pytest.fixture
def admin(web: WebApp, tenant: Tenant) -> FlaskClient:
    return web.signed_in(tenant, tenant.admin_id)


def is_on(web: WebApp, tenant: Tenant) -> bool:
    with web.database.read() as connection:
        return lookups.lookup_choice(connection, tenant.install_id, MX).is_on


def test_it_is_off_and_says_what_it_costs(web: WebApp, tenant: Tenant, admin: FlaskClient):
    page = admin.get(PAGE).text
    assert "Switch on</button>" in page
    assert "Price of a question</dt><dd>nothing</dd>" in page
    assert f'href="{PAGE}"' in admin.get("/settings").text
    assert not is_on(web, tenant)


def test_the_switch_asks_about_recent_leads_and_takes_it_back(web: WebApp, tenant: Tenant, admin: FlaskClient):
    answer = post(admin, f"{PAGE}/mx", {"do": "on"}, form_on=PAGE)
    assert answer.status_code == 303
    assert "Switched on." in admin.get(answer.headers["Location"]).text
    assert is_on(web, tenant)
    with web.database.read() as connection:
        waiting = lookups.count_wants(connection, tenant.install_id, MX)
    assert waiting > 10
    assert f"{waiting} leads wait for an answer" in admin.get(PAGE).text
    post(admin, f"{PAGE}/mx", {"do": "off"}, form_on=PAGE)
    assert not is_on(web, tenant)
    assert "0 leads wait for an answer" in admin.get(PAGE).text


def test_the_questions_of_the_month_are_counted(web: WebApp, tenant: Tenant, admin: FlaskClient):
    def row(key: str, days: int) -> AnswerRow:
        asked_at = NOW - timedelta(days=days)
        return AnswerRow(
            key_hash=key, told=Told(is_deliverable=True), asked_at=asked_at, expires_at=asked_at + timedelta(days=7)
        )

    with web.database.write() as connection:
        lookups.put_answers(connection, tenant.install_id, MX, [row("a", 1), row("b", 2), row("c", 40)])
    assert "2 questions this month" in admin.get(PAGE).text


@pytest.mark.parametrize(
    ("path", "wish", "status"), [("mx", "", 400), ("mx", "maybe", 400), ("who-knows", "on", 404)]
)
def test_what_the_page_does_not_offer_is_refused(
    web: WebApp, tenant: Tenant, admin: FlaskClient, path: str, wish: str, status: int
):
    assert post(admin, f"{PAGE}/{path}", {"do": wish}, form_on=PAGE).status_code == status
    assert not is_on(web, tenant)


def test_heads_and_reps_cannot_switch(web: WebApp, tenant: Tenant):
    for user_id in (tenant.head_id, tenant.rep_id):
        client = web.signed_in(tenant, user_id)
        assert client.get(PAGE).status_code == 403
        assert post(client, f"{PAGE}/mx", {"do": "on"}, form_on="/my").status_code == 403
    assert not is_on(web, tenant)


def test_a_choice_is_that_of_one_account(web: WebApp, tenant: Tenant, admin: FlaskClient):
    other = seed_tenant(web.context, account_id="99", name="Other", leads=3, prefix="9")
    post(admin, f"{PAGE}/mx", {"do": "on"}, form_on=PAGE)
    assert not is_on(web, other)
