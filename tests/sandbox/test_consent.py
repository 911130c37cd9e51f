"""The install: consent page, PKCE, scopes, tokens and their ends."""

from __future__ import annotations

import base64
import hashlib
import secrets
import threading
from collections.abc import Callable
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import requests

from connector.sandbox import SandboxControl, SandboxHandle
from tests.sandbox.conftest import ADMIN, OTHER_PORTAL, PORTAL, REP, Api

Exchange = Callable[..., requests.Response]


def _url(sandbox: SandboxHandle, path: str = "/oauth/authorize", **changed: str) -> str:
    app = sandbox.sandbox.config.app
    query = {
        "client_id": app.client_id,
        "redirect_uri": app.redirect_uris[0],
        "scope": " ".join(app.required_scopes),
        "optional_scope": " ".join((*app.optional_scopes, *app.conditional_scopes)),
        "state": "state-1",
        **changed,
    }
    return f"{sandbox.base_url}{path}?{urlencode(query)}"


def _code(answer: requests.Response) -> str:
    assert answer.status_code == 302, answer.text
    return parse_qs(urlsplit(answer.headers["Location"]).query)["code"][0]


@pytest.fixture
def exchange(sandbox: SandboxHandle) -> Exchange:
    app = sandbox.sandbox.config.app

    def post(**form: str) -> requests.Response:
        sent = {"client_id": app.client_id, "client_secret": app.client_secret, **form}
        if "code" in form:
            sent = {"grant_type": "authorization_code", "redirect_uri": app.redirect_uris[0], **sent}
        elif "refresh_token" in form:
            sent = {"grant_type": "refresh_token", **sent}
        return requests.post(f"{sandbox.base_url}/oauth/2026-03/token", data=sent, timeout=10)

    return post


def _pkce() -> tuple[str, dict[str, str]]:
    verifier = secrets.token_urlsafe(48)
    digest = hashlib.sha256(verifier.encode()).digest()
    challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
    return verifier, {"code_challenge": challenge, "code_challenge_method": "S256"}


def test_consent_page_shows_scopes_and_leads_back_with_code_and_state(
    sandbox: SandboxHandle, control: SandboxControl, exchange: Exchange
) -> None:
    verifier, challenge = _pkce()
    url = _url(sandbox, **challenge)
    page = requests.get(url, timeout=10)
    assert "crm.objects.owners.read" in page.text
    assert "Southwind Homes" in page.text
    answer = control.consent(url, PORTAL, ADMIN)
    assert parse_qs(urlsplit(answer.headers["Location"]).query)["state"] == ["state-1"]
    tokens = exchange(code=_code(answer), code_verifier=verifier).json()
    assert (tokens["hub_id"], tokens["user_id"], tokens["expires_in"]) == (PORTAL, ADMIN, 1800)
    assert tokens["token_type"] == "bearer"
    assert len(tokens["refresh_token"]) > 400
    assert "crm.objects.leads.read" not in tokens["scopes"], "this portal has no leads object"
    answer = requests.get(
        f"{sandbox.base_url}/account-info/2026-03/details",
        headers={"Authorization": f"Bearer {tokens['access_token']}"},
        timeout=10,
    )
    assert answer.json()["portalId"] == PORTAL


@pytest.mark.parametrize("sent", [{}, {"code_verifier": "x" * 50}])
def test_pkce_is_enforced_once_a_challenge_was_sent(
    sandbox: SandboxHandle, control: SandboxControl, exchange: Exchange, sent: dict[str, str]
) -> None:
    _, challenge = _pkce()
    code = _code(control.consent(_url(sandbox, **challenge), PORTAL, ADMIN))
    answer = exchange(code=code, **sent)
    assert answer.status_code == 400
    assert answer.json()["status"] == "BAD_CODE_VERIFIER"


def test_plain_pkce_is_refused(sandbox: SandboxHandle, control: SandboxControl) -> None:
    url = _url(sandbox, code_challenge="y" * 50, code_challenge_method="plain")
    assert control.consent(url, PORTAL, ADMIN).status_code == 400


def test_a_code_is_good_once_and_only_for_its_redirect_uri(
    sandbox: SandboxHandle, control: SandboxControl, exchange: Exchange
) -> None:
    code = _code(control.consent(_url(sandbox), PORTAL, ADMIN))
    assert exchange(code=code, redirect_uri="http://127.0.0.1:9/else").json()["status"] == "BAD_REDIRECT_URI"
    assert exchange(code=code).status_code == 200
    assert exchange(code=code).json()["status"] == "BAD_AUTH_CODE"


def test_client_credentials_are_taken_from_the_body_only(sandbox: SandboxHandle, exchange: Exchange) -> None:
    app = sandbox.sandbox.config.app
    assert exchange(code="x", client_secret="wrong").json()["status"] == "BAD_CLIENT_SECRET"
    assert exchange(code="x", client_id="wrong").json()["status"] == "BAD_CLIENT_ID"
    basic = requests.post(
        f"{sandbox.base_url}/oauth/2026-03/token",
        data={"grant_type": "authorization_code", "code": "x"},
        auth=(app.client_id, app.client_secret),
        timeout=10,
    )
    assert basic.status_code == 400


def test_denial_leads_back_with_an_error(sandbox: SandboxHandle, control: SandboxControl) -> None:
    answer = control.consent(_url(sandbox), PORTAL, ADMIN, decision="deny")
    query = parse_qs(urlsplit(answer.headers["Location"]).query)
    assert (query["error"], query["state"]) == (["access_denied"], ["state-1"])


def test_only_a_super_admin_may_install(sandbox: SandboxHandle, control: SandboxControl) -> None:
    answer = control.consent(_url(sandbox), PORTAL, REP)
    assert answer.status_code == 403
    assert "may not install" in answer.text


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"scope": "oauth"}, "mismatch between the scopes"),
        ({"optional_scope": "crm.objects.quotes.read"}, "crm.objects.quotes.read"),
        ({"redirect_uri": "http://evil.example/"}, "not supported by client"),
        ({"client_id": "nobody"}, "does not exist"),
    ],
)
def test_a_wrong_install_url_is_refused_on_a_page_and_never_redirects(
    sandbox: SandboxHandle, changed: dict[str, str], reason: str
) -> None:
    answer = requests.get(_url(sandbox, **changed), timeout=10, allow_redirects=False)
    assert answer.status_code == 400
    assert reason in answer.text


def test_a_consent_ticket_is_good_once(sandbox: SandboxHandle) -> None:
    url = _url(sandbox)
    forged = {"ticket": "made up", "account": f"{PORTAL}:{ADMIN}", "decision": "grant"}
    answer = requests.post(url, data=forged, timeout=10, allow_redirects=False)
    assert answer.status_code == 400


def test_install_url_of_one_portal_offers_only_that(sandbox: SandboxHandle, control: SandboxControl) -> None:
    url = _url(sandbox, f"/oauth/{OTHER_PORTAL}/authorize")
    assert "Northwind" not in requests.get(url, timeout=10).text
    assert control.consent(url, PORTAL, ADMIN).status_code == 400
    assert control.consent(url, OTHER_PORTAL, 98_500_001).status_code == 302


def test_narrowed_scopes_are_left_out_and_then_missed(
    sandbox: SandboxHandle, control: SandboxControl, exchange: Exchange
) -> None:
    granted = ["oauth", "crm.objects.contacts.read"]
    control.act("limit_scopes", PORTAL, scopes=granted)
    tokens = exchange(code=_code(control.consent(_url(sandbox), PORTAL, ADMIN))).json()
    assert tokens["scopes"] == granted
    api = Api(sandbox.base_url, tokens["access_token"])
    assert api.get("/crm/objects/2026-03/contacts").status_code == 200
    refused = api.get("/crm/objects/2026-03/emails")
    assert refused.status_code == 403
    assert refused.json()["category"] == "MISSING_SCOPES"
    assert refused.json()["errors"][0]["context"]["requiredGranularScopes"] == ["sales-email-read"]
    assert api.get("/crm/owners/2026-03").status_code == 403
    api.session.close()


def test_rotating_refresh_tokens_end_the_family_on_reuse(control: SandboxControl, exchange: Exchange) -> None:
    control.settings(rotate_refresh_tokens=True)
    first = str(control.install(PORTAL)["refresh_token"])
    second = exchange(refresh_token=first).json()
    assert second["refresh_token"] != first
    third = exchange(refresh_token=second["refresh_token"]).json()
    reused = exchange(refresh_token=first)
    assert (reused.status_code, reused.json()["status"]) == (400, "BAD_REFRESH_TOKEN")
    assert reused.json()["error"] == "invalid_grant"
    assert exchange(refresh_token=third["refresh_token"]).status_code == 400


def test_of_parallel_refreshes_with_a_rotating_token_one_wins(control: SandboxControl, exchange: Exchange) -> None:
    control.settings(rotate_refresh_tokens=True)
    token = str(control.install(PORTAL)["refresh_token"])
    statuses: list[int] = []
    threads = [
        threading.Thread(target=lambda: statuses.append(exchange(refresh_token=token).status_code)) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [200, 400, 400, 400]


def test_a_revoked_grant_refuses_refreshes_and_may_keep_its_access_token(
    sandbox: SandboxHandle, control: SandboxControl, exchange: Exchange
) -> None:
    tokens = control.install(PORTAL)
    api = Api(sandbox.base_url, str(tokens["access_token"]))
    control.act("revoke_grant", PORTAL)
    assert exchange(refresh_token=str(tokens["refresh_token"])).json()["status"] == "BAD_REFRESH_TOKEN"
    assert api.get("/crm/objects/2026-03/contacts").status_code == 200
    control.act("install", PORTAL)
    control.act("uninstall", PORTAL)
    again = control.install(PORTAL)
    api.session.headers["Authorization"] = f"Bearer {again['access_token']}"
    control.act("uninstall", PORTAL)
    assert api.get("/crm/objects/2026-03/contacts").status_code == 401
    api.session.close()


def test_a_closed_portal_is_told_apart(control: SandboxControl, exchange: Exchange) -> None:
    token = str(control.install(PORTAL)["refresh_token"])
    control.act("close_portal", PORTAL)
    assert exchange(refresh_token=token).json()["status"] == "BAD_HUB"


def test_an_expired_access_token_is_named_so(api: Api, control: SandboxControl) -> None:
    assert api.get("/crm/objects/2026-03/contacts").status_code == 200
    control.act("expire_access", PORTAL)
    answer = api.get("/crm/objects/2026-03/contacts")
    assert (answer.status_code, answer.json()["category"]) == (401, "EXPIRED_AUTHENTICATION")


def test_introspection_and_revocation(sandbox: SandboxHandle, control: SandboxControl) -> None:
    app = sandbox.sandbox.config.app
    tokens = control.install(PORTAL)

    def post(path: str, token: object, **form: str) -> requests.Response:
        sent = {"client_id": app.client_id, "client_secret": app.client_secret, "token": str(token), **form}
        return requests.post(f"{sandbox.base_url}/oauth/2026-03/token/{path}", data=sent, timeout=10)

    alive = post("introspect", tokens["access_token"]).json()
    assert (alive["active"], alive["hub_id"], alive["user"]) == (True, PORTAL, "ada.admin@northwind.example")
    assert alive["signed_access_token"]["installingUserId"] == ADMIN
    assert post("introspect", "nonsense").json() == {"active": False}
    assert post("introspect", tokens["access_token"], client_secret="no").status_code == 400
    assert post("revoke", tokens["refresh_token"]).status_code == 204
    assert post("introspect", tokens["refresh_token"]).json() == {"active": False}
    assert post("introspect", tokens["access_token"]).json()["active"] is True
