"""What an account's own values mean: shown, chosen, taken back; and the leads read again each time."""

from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient

from connector.crm.values import KnownValue
from connector.storage import cursors, health, installs, value_mappings
from tests.web.conftest import WebApp, post
from tests.web.seed import Tenant

PAGE = "/settings/values"
OUTCOME = "0f9d8c7b-1111-2222-3333-444455556666"


@pytest.fixture
def admin(web: WebApp, tenant: Tenant) -> FlaskClient:
    """An admin of an account with statuses and call outcomes of its own."""
    known = [
        KnownValue(field="hs_lead_status", value="NEW", label="Brand new"),
        KnownValue(field="hs_lead_status", value="nurturing 2", label="Nurturing, second round"),
        KnownValue(field="hs_call_disposition", value=OUTCOME, label="<b>Gatekeeper</b>"),
    ]
    with web.database.write() as connection:
        value_mappings.replace_known_values(connection, tenant.install_id, known)
        health.note_unmapped(connection, tenant.install_id, "call.hs_object_source", "MARTIAN")
    return web.signed_in(tenant, tenant.admin_id)


def key_of(page: str, label: str) -> str:
    """The name of the field that says what the value with this label means."""
    found = re.search(rf'<label class="visually-hidden" for="(means-\w+)">What {re.escape(label)} means', page)
    assert found, page
    return found.group(1)


def chosen(web: WebApp, tenant: Tenant) -> dict[tuple[str, str], str]:
    with web.database.read() as connection:
        return value_mappings.chosen_meanings(connection, tenant.install_id)


def choose(client: FlaskClient, label: str, meaning: str, field: str = "hs_lead_status"):
    return post(client, PAGE, {"field": field, key_of(client.get(PAGE).text, label): meaning})


def test_the_page_shows_what_is_known_and_what_is_not(admin: FlaskClient):
    page = admin.get(PAGE).text
    rows = [row for row in page.split("<tr>") if "<bdi>" in row]
    own, shipped = (next(row for row in rows if name in row) for name in ("Nurturing, second round", "Brand new"))
    assert "14 times" in own
    assert '<option value="">not evaluated</option>' in own
    assert "nurturing 2" in own
    assert "as delivered" in shipped
    assert "Open: to be worked" in shipped
    assert "&lt;b&gt;Gatekeeper&lt;/b&gt;" in page
    assert page.index("Nurturing, second round") < page.index("Brand new"), "what has no meaning stands first"
    assert "2 values without a meaning" in page
    assert "MARTIAN" not in page, "nobody can say what this means"


def test_a_choice_is_kept_for_every_spelling_and_the_leads_are_read_again(
    web: WebApp, tenant: Tenant, admin: FlaskClient
):
    saved = choose(admin, "Nurturing, second round", "discarded")
    assert saved.headers["Location"] == "/settings/values?note=mapped#field-hs-lead-status"
    assert chosen(web, tenant) == {
        ("hs_lead_status", "nurturing 2"): "discarded",
        ("hs_lead_status", "Nurturing 2"): "discarded",
    }
    with web.database.read() as connection:
        assert ("hs_lead_status", "Nurturing 2") not in value_mappings.list_unmapped(connection, tenant.install_id)
        reading = cursors.get_cursor(connection, tenant.install_id, "backfill")
    assert reading is not None
    assert (reading.finished_at, reading.done, reading.started_at) == (None, 0, web.clock.now)
    page = admin.get(PAGE + "?note=mapped").text
    assert "The leads are being read again" in page
    assert "Reading the last 90 days: 0 contacts so far." in page
    assert 'hx-get="/install/progress/bar"' in page


def test_a_choice_is_taken_back(web: WebApp, tenant: Tenant, admin: FlaskClient):
    choose(admin, "Nurturing, second round", "lost")
    with web.database.write() as connection:
        cursors.put_cursor(connection, tenant.install_id, "backfill", None, 9, 9, web.clock.now, is_finished=True)
    page = admin.get(PAGE).text
    undone = post(
        admin,
        PAGE,
        {
            "field": "hs_lead_status",
            "undo": key_of(page, "Nurturing, second round").removeprefix("means-"),
            key_of(page, "Brand new"): "won",
        },
    )
    assert undone.headers["Location"].startswith("/settings/values?note=mapped")
    assert chosen(web, tenant) == {}, "what else stands in the form does not count"
    with web.database.read() as connection:
        reading = cursors.get_cursor(connection, tenant.install_id, "backfill")
    assert reading is not None
    assert reading.finished_at is None


def test_what_changes_nothing_reads_nothing(web: WebApp, tenant: Tenant, admin: FlaskClient):
    same = choose(admin, "Brand new", "")
    assert same.headers["Location"].startswith("/settings/values?note=same")
    with web.database.read() as connection:
        reading = cursors.get_cursor(connection, tenant.install_id, "backfill")
    assert reading is not None
    assert reading.finished_at is not None


@pytest.mark.parametrize("meaning", ["voicemail", "<script>", "OPEN"])
def test_only_meanings_of_the_list_are_taken(web: WebApp, tenant: Tenant, admin: FlaskClient, meaning: str):
    refused = choose(admin, "Nurturing, second round", meaning)
    assert refused.status_code == 422
    assert "Nothing was saved" in refused.text
    assert chosen(web, tenant) == {}


@pytest.mark.parametrize("field", ["", "lead_id", "call.hs_object_source"])
def test_only_fields_that_can_be_mapped_are_taken(admin: FlaskClient, field: str):
    assert post(admin, PAGE, {"field": field}).status_code == 400


def test_a_value_of_another_account_is_not_touched(web: WebApp, tenant: Tenant, admin: FlaskClient):
    key = "means-" + "0" * 20
    assert post(admin, PAGE, {"field": "hs_lead_status", key: "won"}).status_code == 303
    assert chosen(web, tenant) == {}


def test_sync_and_settings_lead_there(admin: FlaskClient):
    sync = admin.get("/sync").text
    assert 'href="/settings/values#field-hs-lead-status"' in sync
    assert "Say what they mean" in sync
    settings = admin.get("/settings").text
    assert "2 values that were read have no meaning yet" in settings
    assert f'href="{PAGE}"' in settings


def test_a_list_without_values_says_when_they_come(web: WebApp, tenant: Tenant):
    page = web.signed_in(tenant, tenant.admin_id).get(PAGE).text
    assert "Values appear here as soon as HubSpot names them or a record shows one." in page


def test_a_paused_account_may_choose_and_reads_later(web: WebApp, tenant: Tenant, admin: FlaskClient):
    with web.database.write() as connection:
        installs.pause(connection, tenant.install_id, "The grant was taken back.", web.clock.now)
    assert choose(admin, "Nurturing, second round", "won").status_code == 303
    assert ("hs_lead_status", "nurturing 2") in chosen(web, tenant)


def test_whoever_has_just_connected_is_asked_what_the_values_mean(web: WebApp, tenant: Tenant, admin: FlaskClient):
    def asked() -> int:
        bar = admin.get("/install/progress/bar").text
        found = re.search(r"(\d+) values? of your own in HubSpot (?:has|have) no meaning yet", bar)
        assert (found is not None) == ('<a href="/settings/values">Say what they mean</a>' in bar)
        return int(found.group(1)) if found else 0

    before = asked()
    choose(admin, "Nurturing, second round", "discarded")
    choose(admin, "&lt;b&gt;Gatekeeper&lt;/b&gt;", "connected", "hs_call_disposition")
    assert asked() == before - 2
    with web.database.write() as connection:
        value_mappings.replace_known_values(connection, tenant.install_id, [])
        seen = value_mappings.list_unmapped(connection, tenant.install_id)
        value_mappings.choose_meanings(connection, tenant.install_id, dict.fromkeys(seen, "open"), web.clock.now)
    assert asked() == 0
