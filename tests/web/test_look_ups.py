"""The page of look-ups: off until an admin switches one on, with its price, and each account for itself alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from connector.jobs.uninstall import end_install
from connector.lookups.port import Price
from connector.lookups.twilio import TwilioLookup
from connector.storage import lookups
from connector.storage.lookups import AnswerRow, LookupChoice, LookupKind, Told
from tests.web.conftest import NOW, WebApp, post
from tests.web.seed import Tenant, seed_tenant

PAGE, MX, PHONE = "/settings/look-ups", LookupKind.MX, LookupKind.PHONE


@pytest.fixture
def admin(web: WebApp, tenant: Tenant) -> FlaskClient:
    return web.signed_in(tenant, tenant.admin_id)


def is_on(web: WebApp, tenant: Tenant) -> bool:
    with web.database.read() as connection:
        return lookups.lookup_choice(connection, tenant.install_id, MX).is_on


def test_it_is_off_and_says_what_it_costs(web: WebApp, tenant: Tenant, admin: FlaskClient):
    page = admin.get(PAGE).text
    assert page.count("Switch on</button>") == len(LookupKind)
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


PAID = {"do": "on", "key_id": "SK123", "secret": "s3cret", "price": "0.007", "currency": "usd", "limit": "20"}


def paid(web: WebApp, tenant: Tenant) -> LookupChoice:
    with web.database.read() as connection:
        return lookups.lookup_choice(connection, tenant.install_id, PHONE)


def test_what_costs_money_needs_key_price_and_limit(web: WebApp, tenant: Tenant, admin: FlaskClient):
    answer = post(admin, f"{PAGE}/phone", {"do": "on"}, form_on=PAGE)
    assert answer.status_code == 422
    assert answer.text.count('class="wrong"') == 5
    assert not paid(web, tenant).is_on
    assert post(admin, f"{PAGE}/phone", PAID, form_on=PAGE).status_code == 303
    kept = paid(web, tenant)
    assert (kept.is_on, kept.price_milli, kept.currency, kept.limit_minor) == (True, 700, "USD", 2000)
    page = admin.get(PAGE).text
    assert "0.007 USD" in page
    assert "0 USD of 20 USD" in page
    assert "s3cret" not in page
    assert "SK123" not in page
    assert "A key is kept, sealed" in page


def test_the_key_is_sealed_for_the_account_and_opens_for_its_job(web: WebApp, tenant: Tenant, admin: FlaskClient):
    post(admin, f"{PAGE}/phone", PAID, form_on=PAGE)
    kept = paid(web, tenant)
    assert kept.sealed is not None
    assert b"s3cret" not in kept.sealed
    assert "s3cret" not in repr(kept)
    asker = web.context.lookup_for(tenant.install_id, kept)
    assert isinstance(asker, TwilioLookup)
    assert asker.price == Price(milli=700, currency="USD")
    # Copied to another account's row it opens nothing, and nobody is asked.
    assert web.context.lookup_for("another", kept) is None


def test_price_and_limit_change_without_the_key_and_off_takes_it_back(
    web: WebApp, tenant: Tenant, admin: FlaskClient
):
    post(admin, f"{PAGE}/phone", PAID, form_on=PAGE)
    before = paid(web, tenant)
    less = {"do": "on", "price": "0,01", "currency": "EUR", "limit": "5.5"}
    assert post(admin, f"{PAGE}/phone", less, form_on=PAGE).status_code == 303
    after = paid(web, tenant)
    assert (after.price_milli, after.currency, after.limit_minor, after.sealed) == (1000, "EUR", 550, before.sealed)
    post(admin, f"{PAGE}/phone", {"do": "off"}, form_on=PAGE)
    assert paid(web, tenant) == replace(after, is_on=False, sealed=None)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("price", "0"),
        ("price", "-1"),
        ("price", "free"),
        ("price", "0.0000001"),
        ("price", "1001"),
        ("currency", "dollars"),
        ("currency", "€"),
        ("limit", ""),
        ("limit", "20.005"),
        ("limit", "10000000"),
        ("secret", ""),
        ("secret", "two words"),
        ("key_id", "a:b"),
        ("key_id", "x" * 201),
    ],
)
def test_a_mistake_is_said_at_its_field(web: WebApp, tenant: Tenant, admin: FlaskClient, field: str, value: str):
    answer = post(admin, f"{PAGE}/phone", {**PAID, field: value}, form_on=PAGE)
    assert answer.status_code == 422
    assert f'id="wrong-{field}"' in answer.text
    assert answer.text.count('class="wrong"') == 1
    assert "s3cret" not in answer.text
    assert not paid(web, tenant).is_on


def test_the_page_says_that_the_limit_is_reached(web: WebApp, tenant: Tenant, admin: FlaskClient):
    post(admin, f"{PAGE}/phone", {**PAID, "limit": "0.01"}, form_on=PAGE)
    assert "The limit of this month is reached" not in admin.get(PAGE).text
    spent = AnswerRow(
        key_hash="a", told=None, asked_at=NOW, expires_at=NOW + timedelta(days=1), price_milli=700, currency="USD"
    )
    with web.database.write() as connection:
        lookups.put_answers(connection, tenant.install_id, PHONE, [spent])
    page = admin.get(PAGE).text
    assert "The limit of this month is reached: nothing more is asked before" in page
    assert "1 question this month, 0.007 USD of 0.01 USD" in page


def test_a_key_that_opens_no_more_is_asked_for_again(web: WebApp, tenant: Tenant, admin: FlaskClient):
    post(admin, f"{PAGE}/phone", PAID, form_on=PAGE)
    with web.database.write() as connection:
        kept = lookups.lookup_choice(connection, tenant.install_id, PHONE)
        assert kept.sealed is not None
        assert lookups.replace_key(connection, tenant.install_id, PHONE, kept.sealed, b"gone\0nothing")
    assert "The key that is kept here does not open any more: enter it again." in admin.get(PAGE).text


def test_an_account_that_leaves_takes_its_key_along(web: WebApp, tenant: Tenant, admin: FlaskClient):
    post(admin, f"{PAGE}/phone", PAID, form_on=PAGE)
    post(admin, f"{PAGE}/mx", {"do": "on"}, form_on=PAGE)
    end_install(web.context, tenant.install_id, "left")
    kept = paid(web, tenant)
    assert (kept.is_on, kept.sealed) == (False, None)
    with web.database.read() as connection:
        assert lookups.switched_on(connection, tenant.install_id) == []
        assert lookups.count_wants(connection, tenant.install_id, MX) == 0
