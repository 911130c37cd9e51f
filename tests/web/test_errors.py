"""When something is wrong: a sentence with a remedy, nothing of the inside, and the right status."""

from __future__ import annotations

import sqlite3

import pytest
import structlog

from connector.app import create_app
from connector.storage.database import Database
from connector.storage.inbox import Inbox
from tests.conftest import DatabaseUrls
from tests.web.conftest import Clock, WebApp, post, settings_for
from tests.web.seed import Tenant


def test_an_address_that_is_none(web: WebApp, tenant: Tenant):
    for client in (web.visitor(), web.signed_in(tenant, tenant.rep_id)):
        answer = client.get("/leads/../../etc/passwd")
        assert answer.status_code == 404
        assert "There is nothing at this address." in answer.text
        assert "Start from the overview" in answer.text


def test_a_page_for_others_says_whom_to_ask(web: WebApp, tenant: Tenant):
    answer = web.signed_in(tenant, tenant.rep_id).get("/settings")
    assert answer.status_code == 403
    assert "This page is for the admins. Ask an admin" in answer.text


def test_too_big_a_form_is_refused(web: WebApp, tenant: Tenant):
    client = web.signed_in(tenant, tenant.admin_id)
    answer = post(client, "/settings/policy", {"days_off": "x" * 400_000}, form_on="/settings")
    assert answer.status_code == 413
    assert "What was sent is too big." in answer.text


def test_the_wrong_method_is_told(web: WebApp):
    assert web.visitor().put("/sign-in", data={}).status_code in {400, 405}


def test_a_crash_tells_a_number_and_nothing_else(web: WebApp, tenant: Tenant, monkeypatch: pytest.MonkeyPatch):
    def crash() -> str:
        raise ZeroDivisionError("a secret of the inside")

    crash.access = web.app.view_functions["owners.owners"].access
    monkeypatch.setitem(web.app.view_functions, "owners.owners", crash)
    monkeypatch.setattr(web.app, "testing", False)
    client = web.signed_in(tenant, tenant.admin_id)
    with structlog.testing.capture_logs(processors=[structlog.contextvars.merge_contextvars]) as logged:
        answer = client.get("/owners")
    [crashed] = [line for line in logged if line["event"] == "page crashed"]
    assert crashed["request_id"] in answer.text
    assert crashed["install_id"] == tenant.install_id
    assert answer.status_code == 500
    assert "Number of this request" in answer.text
    assert "secret of the inside" not in answer.text
    assert "Traceback" not in answer.text
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_busy_database_is_503_with_a_time_to_come_back(
    web: WebApp, tenant: Tenant, sqlite_urls: DatabaseUrls, tmp_path
):
    settings = settings_for(sqlite_urls, tmp_path)
    database, inbox = Database.open(settings.database_url, timeout_s=0.2), Inbox.open(settings.inbox_url)
    app = create_app(settings, database=database, inbox=inbox, clock=Clock())
    hasty = WebApp(app, app.extensions["leadassay"], Clock())
    client = hasty.signed_in(tenant, tenant.admin_id)
    assert client.get("/overview").status_code == 200
    other = sqlite3.connect(settings.database_url.removeprefix("sqlite:///"), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        answer = post(client, "/sign-out", form_on="/overview")
    finally:
        other.execute("ROLLBACK")
        other.close()
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "5"
    assert "The database is busy" in answer.text
    assert client.get("/overview").status_code == 200
    hasty.site.links.close()
    inbox.close()
    database.close()


def test_health_is_told_without_a_session(web: WebApp):
    answer = web.visitor().get("/healthz")
    assert (answer.status_code, answer.json) == (200, {"status": "ok"})
    assert "Set-Cookie" not in answer.headers


def test_webhooks_need_no_session_and_no_token(web: WebApp):
    answer = web.visitor().post("/webhooks/hubspot", data=b"[]")
    assert answer.status_code == 401
    assert "Set-Cookie" not in answer.headers
    assert web.visitor().post("/webhooks/nobody", data=b"[]").status_code == 404
