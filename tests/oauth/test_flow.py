"""The consent flow against the sandbox's authorization server: faults rows 66, 68, 69, 70, 73, 45."""

from __future__ import annotations

import json
from datetime import timedelta
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest

from audits.model.case import Fact
from connector.catalog import CRMS, adapter_for_install, oauth_for
from connector.errors import ConfigError, LeadAssayError
from connector.oauth.flow import Installed, InstallRefused, begin_install, finish_install, secret_hash
from connector.oauth.tokens import TokenKeeper
from connector.oauth.vault import Vault
from connector.sandbox import SandboxControl
from connector.settings import Settings
from connector.storage import installs, people, tokens, web_sessions
from connector.storage.database import Database
from connector.storage.people import Role
from tests.oauth.conftest import PORTAL, REP, SESSION, answered, connect, narrowed, now

TOKEN = "/oauth/2026-03/token"


def begun(database: Database, vault: Vault, settings: Settings, session_hash: str = SESSION) -> str:
    return begin_install(database, vault, settings, "hubspot", session_hash=session_hash, now=now())


def finished(
    database: Database, vault: Vault, settings: Settings, params: dict[str, str], session_hash: str = SESSION
) -> Installed:
    return finish_install(database, vault, settings, "hubspot", params, session_hash=session_hash, now=now())


def test_the_consent_makes_an_install_an_admin_and_a_sealed_token(
    database: Database, vault: Vault, settings: Settings, installed: Installed, control: SandboxControl
) -> None:
    install = installed.install
    assert (install.crm, install.account_id, install.account_name) == ("hubspot", str(PORTAL), "northwind.example")
    assert (install.zone, install.missing_scopes) == ("America/New_York", ())
    assert (installed.user.email, installed.user.role) == ("ada.admin@northwind.example", Role.ADMIN)
    assert set(CRMS["hubspot"].required_scopes) <= set(install.scopes)
    with database.read() as connection:
        stored = tokens.get_token(connection, install.install_id)
    assert stored is not None
    assert stored.key_id == "k1"
    opened = json.loads(vault.open(install.install_id, stored.key_id, stored.sealed))
    assert opened["refresh_token"].startswith("na1-")
    keeper = TokenKeeper(database, vault, lambda crm, site: oauth_for(settings, crm, site), holder="test")
    adapter = adapter_for_install(settings, keeper, install)
    assert adapter.account().account_id == str(PORTAL)


def test_the_authorize_url_says_what_hubspot_demands(
    database: Database, vault: Vault, settings: Settings, control: SandboxControl
) -> None:
    url = begun(database, vault, settings)
    parts = urlsplit(url)
    query = {name: values[0] for name, values in parse_qs(parts.query).items()}
    assert f"{parts.scheme}://{parts.netloc}{parts.path}" == f"{control.base_url}/oauth/authorize"
    assert query["redirect_uri"] == "http://127.0.0.1:8000/oauth/hubspot/callback"
    assert query["scope"].split() == list(CRMS["hubspot"].required_scopes)
    assert query["optional_scope"].split() == list(CRMS["hubspot"].optional_scopes)
    assert query["code_challenge_method"] == "S256"
    assert len(query["code_challenge"]) == 43
    assert len(query["state"]) >= 43
    assert "+" not in parts.query
    assert "%20" in parts.query


def test_every_flow_has_its_own_state_and_challenge(database: Database, vault: Vault, settings: Settings) -> None:
    queries = [parse_qs(urlsplit(begun(database, vault, settings)).query) for _ in range(5)]
    assert len({query["state"][0] for query in queries}) == 5
    assert len({query["code_challenge"][0] for query in queries}) == 5


@pytest.mark.parametrize("case", ["missing", "unknown", "reused", "foreign session", "expired", "other CRM"])
def test_an_answer_that_is_not_ours_never_reaches_the_token_endpoint(
    database: Database, vault: Vault, settings: Settings, control: SandboxControl, case: str
) -> None:
    params = answered(control, begun(database, vault, settings))
    at, session_hash, crm = now(), SESSION, "hubspot"
    if case == "missing":
        del params["state"]
    elif case == "unknown":
        params["state"] = "x" * 43
    elif case == "reused":
        finished(database, vault, settings, params)
        params["code"] = answered(control, begun(database, vault, settings))["code"]
    elif case == "foreign session":
        session_hash = "b" * 64
    elif case == "expired":
        at += timedelta(minutes=10, seconds=1)
    else:
        crm = "nosuchcrm"
    before = control.count_requests("POST", TOKEN)
    with pytest.raises(InstallRefused):
        finish_install(database, vault, settings, crm, params, session_hash=session_hash, now=at)
    assert control.count_requests("POST", TOKEN) == before


def test_a_state_begun_for_another_crm_is_refused(
    database: Database, vault: Vault, settings: Settings, control: SandboxControl
) -> None:
    params = answered(control, begun(database, vault, settings))
    state_hash = secret_hash(params["state"])
    with database.write() as connection:
        kept = web_sessions.take_state(connection, state_hash, now())
        assert kept is not None
        web_sessions.put_state(connection, state_hash, "zoho", SESSION, kept.sealed_verifier, kept.expires_at)
    with pytest.raises(InstallRefused, match="another CRM"):
        finished(database, vault, settings, params)
    assert control.count_requests("POST", TOKEN) == 0


def test_two_browsers_with_one_answer_make_one_install(
    database: Database, vault: Vault, settings: Settings, control: SandboxControl
) -> None:
    params = answered(control, begun(database, vault, settings))
    finished(database, vault, settings, params)
    with pytest.raises(InstallRefused):
        finished(database, vault, settings, params)
    assert control.count_requests("POST", TOKEN) == 1


def test_a_stolen_code_with_an_own_state_fails_at_the_verifier(
    database: Database, vault: Vault, settings: Settings, control: SandboxControl
) -> None:
    victims = answered(control, begun(database, vault, settings))
    attackers = answered(control, begun(database, vault, settings, "b" * 64))
    with pytest.raises(InstallRefused, match="did not accept the code"):
        finished(database, vault, settings, {**attackers, "code": victims["code"]}, "b" * 64)
    with database.read() as connection:
        assert installs.find_install_by_account(connection, "hubspot", str(PORTAL)) is None


def test_an_answer_with_an_error_is_told_without_its_words(
    database: Database, vault: Vault, settings: Settings, control: SandboxControl
) -> None:
    params = answered(control, begun(database, vault, settings), decision="deny")
    assert params["error"] == "access_denied"
    with pytest.raises(InstallRefused, match="was not granted"):
        finished(database, vault, settings, {**params, "error_description": "<img src=x onerror=alert(1)>"})
    url = begun(database, vault, settings)
    state = parse_qs(urlsplit(url).query)["state"][0]
    with pytest.raises(InstallRefused) as caught:
        finished(database, vault, settings, {"state": state, "error": "<script>\r\nX: y" + "x" * 500})
    assert len(str(caught.value)) < 200
    assert "\n" not in str(caught.value)
    assert control.count_requests("POST", TOKEN) == 0


def test_a_rep_of_the_crm_cannot_install(
    database: Database, vault: Vault, settings: Settings, control: SandboxControl
) -> None:
    assert control.consent(begun(database, vault, settings), PORTAL, REP).status_code == 403


def test_scopes_that_were_not_granted_are_named_and_not_evaluated(
    database: Database, vault: Vault, settings: Settings, control: SandboxControl
) -> None:
    control.act("limit_scopes", PORTAL, scopes=list(CRMS["hubspot"].required_scopes))
    installed = connect(control, database, vault, settings)
    assert installed.missing_scopes == installed.install.missing_scopes == CRMS["hubspot"].optional_scopes
    assert "sales-email-read" in str(installed.install.coverage.cause(Fact.EMAILS))


def test_a_second_consent_reconnects_the_same_tenant_and_wakes_it(
    database: Database, vault: Vault, settings: Settings, control: SandboxControl, installed: Installed
) -> None:
    with database.write() as connection:
        installs.pause(connection, installed.install.install_id, "grant dead", now())
        people.set_role(connection, installed.install.install_id, installed.user.user_id, Role.REP)
    again = connect(control, database, vault, settings)
    assert again.install.install_id == installed.install.install_id
    assert again.install.status is installs.InstallStatus.ACTIVE
    assert again.user.role is Role.ADMIN


def test_a_wrong_client_secret_is_a_matter_of_settings(
    database: Database, vault: Vault, settings: Settings, control: SandboxControl
) -> None:
    params = answered(control, begun(database, vault, settings))
    with pytest.raises(ConfigError, match="HUBSPOT_CLIENT_SECRET"):
        finished(database, vault, narrowed(settings, "wrong"), params)


def test_a_state_sealed_with_another_ring_does_not_open(
    database: Database, vault: Vault, settings: Settings, control: SandboxControl
) -> None:
    params = answered(control, begun(database, vault, settings))
    with pytest.raises(LeadAssayError):
        finished(database, Vault([("k1", b"z" * 32)]), settings, params)
    assert control.count_requests("POST", TOKEN) == 0


def test_nothing_of_the_flow_is_stored_in_the_clear(
    database: Database, vault: Vault, settings: Settings, control: SandboxControl
) -> None:
    url = begun(database, vault, settings)
    state = dict(parse_qsl(urlsplit(url).query))["state"]
    with database.read() as connection:
        rows = connection.exec_driver_sql("SELECT state_hash, sealed_verifier FROM oauth_states").all()
    assert len(rows) == 1
    assert state not in str(rows)
