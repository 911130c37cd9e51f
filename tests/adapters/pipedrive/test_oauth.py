"""OAuth at Pipedrive, against the sandbox's consent page and token endpoint."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import pytest

from connector.adapters.pipedrive import REQUIRED_SCOPES, PipedriveOAuth, checked_api_url, parse_uninstall
from connector.adapters.pipedrive.oauth import OPTIONAL_SCOPES, granted
from connector.crm.port import Grant, UninstallNotice
from connector.errors import ConfigError, CrmRejected, ReauthorizationNeeded, UnexpectedPayload
from connector.settings import CrmApp
from tests.sides.pipedrive import ADMIN, CLIENT_SECRET, COMPANY, REP, PipedriveSide

CALLBACK = "http://127.0.0.1:9/oauth/pipedrive/callback"
REAL = CrmApp(
    client_id="id",
    secrets=("new", "old"),
    auth_url="https://oauth.pipedrive.com",
    api_url="https://api.pipedrive.com",
)


@pytest.fixture
def app(side: PipedriveSide) -> CrmApp:
    base = side.sandbox.base_url
    return CrmApp(client_id=side.env["PIPEDRIVE_CLIENT_ID"], secrets=(CLIENT_SECRET,), auth_url=base, api_url=base)


def consented(side: PipedriveSide, oauth: PipedriveOAuth, user_id: int = ADMIN) -> Grant:
    url = oauth.authorize_url(state="s1", code_challenge="c", redirect_uri=CALLBACK)
    query = parse_qs(urlsplit(url).query)
    assert set(query) == {"response_type", "client_id", "redirect_uri", "state"}
    sent_to = urlsplit(side.control.consent(url, COMPANY, user_id).headers["Location"])
    answer = parse_qs(sent_to.query)
    assert answer["state"] == ["s1"]
    return oauth.exchange(code=answer["code"][0], code_verifier="v", redirect_uri=CALLBACK)


def test_consent_exchange_and_refresh(side: PipedriveSide, app: CrmApp) -> None:
    oauth = PipedriveOAuth(app)
    grant = consented(side, oauth)
    assert set(REQUIRED_SCOPES) | set(OPTIONAL_SCOPES) <= set(grant.scopes)
    assert (grant.account_id, grant.api_url) == ("", side.sandbox.base_url)
    assert 3_500 < (grant.expires_at - datetime.now(UTC)).total_seconds() < 3_600
    again = oauth.refresh(grant.refresh_token)
    assert again.refresh_token == grant.refresh_token
    assert again.access_token != grant.access_token
    user, account = oauth.installing_user(again), oauth.account(again)
    assert (user.user_id, user.email) == (str(ADMIN), "ada.admin@northwind.example")
    assert (account.account_id, account.name, account.currency) == (str(COMPANY), "Northwind Sales", "USD")


def test_whoever_is_no_admin_connects_nothing(side: PipedriveSide, app: CrmApp) -> None:
    """Every user may install an app: he would be our admin, and the account's grant would show what he sees alone."""
    oauth = PipedriveOAuth(app)
    grant = consented(side, oauth, REP)
    assert oauth.account(grant).account_id == str(COMPANY)
    with pytest.raises(CrmRejected, match="no admin of this company"):
        oauth.installing_user(grant)
    side.control.act("change_user", COMPANY, user_id=REP, is_admin=True)
    assert oauth.installing_user(grant).user_id == str(REP)


def test_a_refresh_token_that_rotates_is_kept(side: PipedriveSide, app: CrmApp) -> None:
    side.control.settings(rotate_refresh_tokens=True)
    oauth = PipedriveOAuth(app)
    grant = consented(side, oauth)
    again = oauth.refresh(grant.refresh_token)
    assert again.refresh_token != grant.refresh_token
    assert oauth.refresh(again.refresh_token).access_token


def test_refusals(side: PipedriveSide, app: CrmApp) -> None:
    oauth = PipedriveOAuth(app)
    with pytest.raises(CrmRejected, match="invalid_grant"):
        oauth.exchange(code="wrong", code_verifier="v", redirect_uri=CALLBACK)
    with pytest.raises(ReauthorizationNeeded):
        oauth.refresh("unknown")
    grant = consented(side, oauth)
    side.control.act("idle", COMPANY, days=61)
    with pytest.raises(ReauthorizationNeeded, match="60 days"):
        oauth.refresh(grant.refresh_token)
    stranger = PipedriveOAuth(replace(app, secrets=("wrong",)))
    with pytest.raises(ConfigError, match="PIPEDRIVE_CLIENT_SECRET"):
        stranger.refresh(grant.refresh_token)


def test_revoking_the_refresh_token_ends_the_grant(side: PipedriveSide, app: CrmApp) -> None:
    oauth = PipedriveOAuth(app)
    grant = consented(side, oauth)
    oauth.revoke(grant.refresh_token)
    with pytest.raises(ReauthorizationNeeded):
        oauth.refresh(grant.refresh_token)
    with pytest.raises(ReauthorizationNeeded):
        oauth.account(grant)


def test_a_company_has_its_api_below_pipedrive_alone() -> None:
    assert checked_api_url(REAL, "https://northwind.pipedrive.com") == "https://northwind.pipedrive.com"
    assert checked_api_url(REAL, "https://Northwind.Pipedrive.com/") == "https://northwind.pipedrive.com"
    assert checked_api_url(REAL, "") == "https://api.pipedrive.com"
    for address in (
        "http://northwind.pipedrive.com", "https://pipedrive.com.evil.example", "https://evil.example",
        "https://northwind.pipedrive.com:8443", "https://user@northwind.pipedrive.com", "https://xpipedrive.com",
        "http://127.0.0.1:80", "javascript:alert(1)", "https://northwind.pipedrive.com.",
    ):  # fmt: skip
        with pytest.raises(UnexpectedPayload):
            checked_api_url(REAL, address)
    loopback = replace(REAL, api_url="http://127.0.0.1:5005")
    assert checked_api_url(loopback, "http://127.0.0.1:5005") == "http://127.0.0.1:5005"
    with pytest.raises(UnexpectedPayload):
        checked_api_url(loopback, "http://127.0.0.1:5006")


def test_a_scope_that_allows_all_allows_reading() -> None:
    assert granted("base,activities:full deals:read") == ("base", "activities:full", "deals:read", "activities:read")
    assert granted("") == ()


NOTICE = {"client_id": "id", "company_id": 8087566, "user_id": 1, "timestamp": "2026-01-01T00:00:00Z"}


def notice(pair: str = "id:new", body: object = NOTICE, scheme: str = "Basic") -> UninstallNotice | None:
    encoded = base64.b64encode(pair.encode()).decode()
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return parse_uninstall(REAL, {"authorization": f"{scheme} {encoded}"}, raw)


def test_the_uninstall_proves_itself_by_our_own_credentials() -> None:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    told = UninstallNotice(account_id="8087566", user_id="1", at=at)
    assert notice() == notice("id:old") == notice(scheme="basic") == told
    for wrong in ("id:", "id:wrong", ":new", "other:new", "id:new\n"):
        assert notice(wrong) is None
    for said, moment in (
        (1767225600, at), ("1767225600", at), (1767225600000, at), (None, None), ("soon", None), (10**40, None),
    ):  # fmt: skip
        assert notice(body={**NOTICE, "timestamp": said}) == replace(told, at=moment)
    assert notice(scheme="Bearer") is None
    assert notice(body=b"{") is None
    assert notice(body=[]) is None
    assert notice(body={**NOTICE, "client_id": "other"}) is None
    assert notice(body={"client_id": "id"}) is None
    assert parse_uninstall(REAL, {}, b"{}") is None
    assert parse_uninstall(REAL, {"authorization": "Basic \ud800é"}, b"{}") is None
    assert (
        parse_uninstall(replace(REAL, secrets=("",)), {"authorization": "Basic aWQ6"}, json.dumps(NOTICE).encode())
        is None
    )
