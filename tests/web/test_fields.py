"""Which of the CRM's fields holds what: shown, proposed, chosen, taken back; and the leads read again each time."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from audits.model.case import Fact
from connector.crm.lead_fields import FieldKind, KnownField
from connector.storage import cursors, field_roles, health, installs
from tests.web.conftest import WebApp, post
from tests.web.seed import Tenant

PAGE = "/settings/fields"
KNOWN = [
    KnownField(name="form_sent", label="Form sent <b>at</b>", kind=FieldKind.INSTANT),
    KnownField(name="call_ok", label="Phone consent", kind=FieldKind.YES_NO),
    KnownField(name="wish", label="Preferred call time", kind=FieldKind.INSTANT),
    KnownField(name="prio", label="Urgency", kind=FieldKind.CHOICE),
]


@pytest.fixture
def admin(web: WebApp, tenant: Tenant) -> FlaskClient:
    """An admin of an account with fields of its own."""
    with web.database.write() as connection:
        field_roles.replace_known_fields(connection, tenant.install_id, KNOWN)
    return web.signed_in(tenant, tenant.admin_id)


def chosen(web: WebApp, tenant: Tenant) -> dict[str, str]:
    with web.database.read() as connection:
        return field_roles.chosen_roles(connection, tenant.install_id)


def cause(web: WebApp, tenant: Tenant, fact: Fact) -> str | None:
    with web.database.read() as connection:
        return installs.get_install(connection, tenant.install_id).coverage.cause(fact)


def is_reading(web: WebApp, tenant: Tenant) -> bool:
    with web.database.read() as connection:
        reading = cursors.get_cursor(connection, tenant.install_id, "backfill")
    assert reading is not None
    return reading.finished_at is None


def test_only_fields_that_can_hold_it_are_offered(admin: FlaskClient) -> None:
    rows = {row.split('name="role-')[1].split('"')[0]: row for row in admin.get(PAGE).text.split("<tr>")[2:]}
    assert set(rows) == {
        "submitted_at",
        "preferred_at",
        "recontact_on",
        "has_call_consent",
        "priority",
        "lead_type",
        "language",
        "ip",
        "user_agent",
        "time_on_form_s",
        "honeypot",
        "consent_proof",
        "city",
        "job_title",
        "age_group",
        "organisation_city",
        "organisation_kind",
        "industry",
        "staff",
        "decides",
    }
    assert "Form sent &lt;b&gt;at&lt;/b&gt; (form_sent)" in rows["submitted_at"]
    assert 'value="call_ok"' not in rows["submitted_at"]
    assert 'value="call_ok"' in rows["has_call_consent"]
    assert "Take Phone consent" in rows["has_call_consent"]
    assert "Take" not in rows["priority"], "its name does not speak for it"
    assert "as delivered: hs_language" in rows["language"]


def test_a_choice_is_kept_and_its_fact_is_seen_from_then_on(web: WebApp, tenant: Tenant, admin: FlaskClient) -> None:
    saved = post(admin, PAGE, {"role-submitted_at": "form_sent", "role-priority": "prio", "role-language": ""})
    assert saved.headers["Location"] == "/settings/fields?note=fields"
    assert chosen(web, tenant) == {"submitted_at": "form_sent", "priority": "prio"}
    assert cause(web, tenant, Fact.SUBMITTED_AT) is None
    assert "name it under Settings" in str(cause(web, tenant, Fact.CONSENT))
    assert is_reading(web, tenant)
    page = admin.get(PAGE + "?note=fields").text
    assert "so that the fields count" in page
    assert '<option value="form_sent" selected>' in page


def test_a_proposal_is_taken_alone_and_a_choice_taken_back(web: WebApp, tenant: Tenant, admin: FlaskClient) -> None:
    post(admin, PAGE, {"take": "has_call_consent", "role-priority": "prio"})
    assert chosen(web, tenant) == {"has_call_consent": "call_ok"}
    assert cause(web, tenant, Fact.CONSENT) is None
    post(admin, PAGE, {"undo": "has_call_consent", "role-priority": "prio"})
    assert chosen(web, tenant) == {}
    assert cause(web, tenant, Fact.CONSENT) is not None


def test_what_changes_nothing_reads_nothing(web: WebApp, tenant: Tenant, admin: FlaskClient) -> None:
    same = post(admin, PAGE, {"role-priority": ""})
    assert same.headers["Location"] == "/settings/fields?note=same-fields"
    assert not is_reading(web, tenant)


@pytest.mark.parametrize("name", ["call_ok", "no_such_field", "<script>"])
def test_only_fields_of_the_list_are_taken(web: WebApp, tenant: Tenant, admin: FlaskClient, name: str) -> None:
    refused = post(admin, PAGE, {"role-submitted_at": name})
    assert refused.status_code == 422
    assert "Nothing was saved" in refused.text
    assert chosen(web, tenant) == {}


def test_what_is_gone_or_not_understood_is_told(web: WebApp, tenant: Tenant, admin: FlaskClient) -> None:
    post(admin, PAGE, {"role-submitted_at": "form_sent", "role-preferred_at": "wish"})
    with web.database.write() as connection:
        field_roles.replace_known_fields(connection, tenant.install_id, KNOWN[1:])
        health.note_unmapped(connection, tenant.install_id, "wish", "some day")
        health.note_unmapped(connection, tenant.install_id, "wish", "next week")
    page = admin.get(PAGE).text
    assert "form_sent (not there any more)" in page
    assert "2 values could not be read" in page
    kept = post(admin, PAGE, {"role-submitted_at": "form_sent"})
    assert kept.status_code == 303, "what stands there already may be sent again"


def test_settings_and_sync_lead_there(web: WebApp, tenant: Tenant, admin: FlaskClient) -> None:
    assert f'href="{PAGE}"' in admin.get("/settings").text
    post(admin, PAGE, {"role-priority": "prio"})
    sync = admin.get("/sync").text
    assert "What no field is named for" in sync
    assert f'href="{PAGE}"' in sync
