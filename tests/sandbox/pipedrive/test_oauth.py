"""OAuth: the consent page, HTTP Basic alone, one refresh token, the marketplace's start, revocation, uninstall."""

from __future__ import annotations

import base64
import json
import re
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import requests

from connector.sandbox import PipedriveControl, PipedriveHandle
from connector.sandbox.pipedrive.config import ALL_SCOPES
from tests.sandbox.conftest import Api
from tests.sandbox.pipedrive.conftest import ADMIN, COMPANY, OTHER_COMPANY, REP, Listener, data_of, error_of

CLIENT = ("sandbox-client-id", "sandbox-client-secret")


def address(sandbox: PipedriveHandle, callback: str, **changed: str) -> str:
    sent = {"client_id": CLIENT[0], "redirect_uri": callback, "state": "s-1", **changed}
    return f"{sandbox.base_url}/oauth/authorize?{urlencode({name: value for name, value in sent.items() if value})}"


def token(sandbox: PipedriveHandle, auth: tuple[str, str] | None = CLIENT, **form: str) -> requests.Response:
    return requests.post(f"{sandbox.base_url}/oauth/token", data=form, auth=auth, timeout=5)


def test_the_whole_way(sandbox: PipedriveHandle, control: PipedriveControl, listener: Listener):
    answer = control.consent(address(sandbox, listener.url), COMPANY, REP)
    back = urlsplit(answer.headers["Location"])
    sent = {name: values[0] for name, values in parse_qs(back.query).items()}
    assert answer.headers["Location"].startswith(listener.url)
    assert sent["state"] == "s-1"

    tokens = token(sandbox, grant_type="authorization_code", code=sent["code"], redirect_uri=listener.url).json()
    assert tokens["token_type"] == "Bearer"
    assert tokens["expires_in"] == 3599
    assert tokens["api_domain"] == sandbox.base_url
    assert tokens["scope"].split(",") == list(ALL_SCOPES)
    api = Api(tokens["api_domain"], tokens["access_token"])
    me = data_of(api.get("/api/v1/users/me"))
    assert (me["id"], me["company_id"], me["company_domain"]) == (REP, COMPANY, "northwind")

    second = token(sandbox, grant_type="authorization_code", code=sent["code"], redirect_uri=listener.url)
    assert (second.status_code, second.json()["error"]) == (400, "invalid_grant")

    again = token(sandbox, grant_type="refresh_token", refresh_token=tokens["refresh_token"]).json()
    assert again["refresh_token"] == tokens["refresh_token"]
    assert again["access_token"] != tokens["access_token"]


def test_a_denial_comes_back_as_user_denied(sandbox, control, listener):
    answer = control.consent(address(sandbox, listener.url), COMPANY, ADMIN, decision="deny")
    assert parse_qs(urlsplit(answer.headers["Location"]).query) == {"error": ["user_denied"], "state": ["s-1"]}


@pytest.mark.parametrize("changed", [{"client_id": "another"}, {"redirect_uri": "http://127.0.0.1:1/elsewhere"}])
def test_a_wrong_client_or_address_is_never_redirected(sandbox, listener, changed):
    answer = requests.get(address(sandbox, listener.url, **changed), timeout=5, allow_redirects=False)
    assert answer.status_code == 400
    assert "Location" not in answer.headers


def test_credentials_in_the_body_do_not_count(sandbox, control):
    refresh = str(control.install(COMPANY)["refresh_token"])
    form = {"grant_type": "refresh_token", "refresh_token": refresh}
    answer = token(sandbox, None, client_id=CLIENT[0], client_secret=CLIENT[1], **form)
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
    assert token(sandbox, (CLIENT[0], "wrong"), **form).status_code == 401
    assert token(sandbox, CLIENT, **form).status_code == 200


def test_codes_live_for_their_time_and_keep_their_address(sandbox, control, listener):
    url = control.marketplace_url(COMPANY)
    code = parse_qs(urlsplit(url).query)["code"][0]
    wrong = token(sandbox, grant_type="authorization_code", code=code, redirect_uri="http://127.0.0.1:1/")
    assert wrong.json()["error"] == "invalid_grant"
    control.settings(auth_code_ttl_s=0)
    code = parse_qs(urlsplit(control.marketplace_url(COMPANY)).query)["code"][0]
    late = token(sandbox, grant_type="authorization_code", code=code, redirect_uri=listener.url)
    assert late.json()["error"] == "invalid_grant"


def test_the_marketplace_starts_without_a_state(sandbox, control, listener):
    url = control.marketplace_url(OTHER_COMPANY)
    assert url.startswith(listener.url)
    sent = parse_qs(urlsplit(url).query)
    assert set(sent) == {"code"}
    tokens = token(sandbox, grant_type="authorization_code", code=sent["code"][0], redirect_uri=listener.url).json()
    assert (
        data_of(Api(sandbox.base_url, tokens["access_token"]).get("/api/v1/users/me"))["company_id"] == OTHER_COMPANY
    )


def test_a_rotated_refresh_token_ends_the_grant_when_it_comes_again(sandbox, control):
    control.settings(rotate_refresh_tokens=True)
    first = str(control.install(COMPANY)["refresh_token"])
    second = token(sandbox, grant_type="refresh_token", refresh_token=first).json()["refresh_token"]
    assert second != first
    assert token(sandbox, grant_type="refresh_token", refresh_token=first).json()["error"] == "invalid_grant"
    assert token(sandbox, grant_type="refresh_token", refresh_token=second).json()["error"] == "invalid_grant"


def test_idle_refresh_tokens_die_after_60_days_and_use_keeps_them(sandbox, control):
    refresh = str(control.install(COMPANY)["refresh_token"])
    control.act("idle", COMPANY, days=59)
    assert token(sandbox, grant_type="refresh_token", refresh_token=refresh).status_code == 200
    control.act("idle", COMPANY, days=59)
    assert token(sandbox, grant_type="refresh_token", refresh_token=refresh).status_code == 200
    control.act("idle", COMPANY, days=61)
    assert token(sandbox, grant_type="refresh_token", refresh_token=refresh).json()["error"] == "invalid_grant"


def test_revoking_an_access_token_kills_only_it_and_a_refresh_token_all(sandbox, control, api):
    made = control.install(COMPANY)
    access, refresh = str(made["access_token"]), str(made["refresh_token"])
    url = f"{sandbox.base_url}/oauth/revoke"
    assert requests.post(url, data={"token": access}, timeout=5).status_code == 401
    assert requests.post(url, data={"token": access}, auth=CLIENT, timeout=5).status_code == 200
    assert error_of(Api(sandbox.base_url, access).get("/api/v1/users/me"), 401) == "unauthorized access"
    fresh = token(sandbox, grant_type="refresh_token", refresh_token=refresh).json()["access_token"]
    assert requests.post(url, data={"token": refresh}, auth=CLIENT, timeout=5).status_code == 200
    assert Api(sandbox.base_url, fresh).get("/api/v1/users/me").status_code == 401
    assert token(sandbox, grant_type="refresh_token", refresh_token=refresh).status_code == 400


def test_uninstall_tells_the_callback_by_delete(sandbox, control, listener, api):
    data_of(
        api.post("/api/v1/webhooks", {"subscription_url": listener.url, "event_action": "*", "event_object": "*",
                                      "name": "all"}), 201,
    )  # fmt: skip
    assert control.uninstall(COMPANY) == [{"user_id": ADMIN, "status": 200}]
    told = listener.received[-1]
    assert told.method == "DELETE"
    expected = base64.b64encode(":".join(CLIENT).encode()).decode()
    assert told.headers["Authorization"] == f"Basic {expected}"
    sent = json.loads(told.body)
    assert (sent["client_id"], sent["company_id"], sent["user_id"]) == (CLIENT[0], COMPANY, ADMIN)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:.]+Z", sent["timestamp"])
    assert api.get("/api/v1/users/me").status_code == 401
    assert control.hooks(COMPANY) == []


def test_expired_closed_and_scopeless(sandbox, control, api):
    control.act("close_company", COMPANY)
    assert "not open" in error_of(api.get("/api/v1/users/me"), 402)
    control.act("close_company", COMPANY, is_closed=False)
    few = Api(sandbox.base_url, str(control.install(COMPANY, user_id=REP, scopes=["base"])["access_token"]))
    assert few.get("/api/v1/users/me").status_code == 200
    assert error_of(few.get("/api/v1/leads"), 403) == "Scope and URL mismatch"
    control.act("expire_access", COMPANY)
    assert api.get("/api/v1/users/me").status_code == 401
