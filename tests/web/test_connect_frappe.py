"""A person types the address of a Frappe site into a real browser, consents there, and comes back connected."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Browser, expect
from werkzeug.serving import make_server

from connector.storage import installs
from tests.browser.live import free_port
from tests.conftest import DatabaseUrls
from tests.frappe_site.server import FrappeSite
from tests.web.conftest import WebApp, close_web, open_web

pytestmark = pytest.mark.browser


@pytest.fixture
def site() -> Iterator[FrappeSite]:
    with FrappeSite() as running:
        yield running


@pytest.fixture
def served(sqlite_urls: DatabaseUrls, tmp_path: Path) -> Iterator[tuple[WebApp, str]]:
    """The app at its public address."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    web = open_web(sqlite_urls, tmp_path, LEADASSAY_PUBLIC_URL=url, LEADASSAY_PRIVATE_CRM_HOSTS="127.0.0.1")
    server = make_server("127.0.0.1", port, web.app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield web, url
    server.shutdown()
    thread.join()
    server.server_close()
    close_web(web)


def test_a_site_that_was_typed_is_reached_and_connected(
    browser: Browser, served: tuple[WebApp, str], site: FrappeSite
):
    web, url = served
    context = browser.new_context()
    try:
        page = context.new_page()
        refused: list[str] = []
        page.on("console", lambda said: refused.append(said.text) if "Security Policy" in said.text else None)
        page.goto(url)
        page.get_by_role("link", name="Connect Frappe CRM").click()
        redirect_uri = page.locator(".copy code").inner_text()
        assert redirect_uri == f"{url}/oauth/frappe/callback"
        client_id, secret = site.add_client(redirect_uri)
        page.get_by_label("Client id").fill(client_id)
        page.get_by_label("Client secret").fill(secret)
        page.get_by_label("Address of the site").fill("http://crm.example.com")
        page.get_by_role("button", name="Go on to Frappe CRM").click()
        wrong = page.get_by_label("Address of the site")
        expect(wrong).to_have_attribute("aria-invalid", "true")
        expect(wrong).to_have_value("http://crm.example.com")
        expect(page.get_by_label("Client id")).to_have_value(client_id)
        expect(page.get_by_label("Client secret")).to_have_value("")
        page.get_by_label("Address of the site").fill(site.url)
        page.get_by_label("Client secret").fill(secret)
        page.get_by_role("button", name="Go on to Frappe CRM").click()
        page.wait_for_url(f"{site.url}/**")
        assert refused == []
        page.goto(f"{redirect_uri}?{urlencode(site.approve(page.url))}")
        page.wait_for_url(f"{url}/install/progress")
        expect(page.get_by_text("is connected")).to_be_visible()
        page.goto(f"{url}/sync")
        expect(page.locator("dl.facts dd", has_text=site.account).first).to_be_visible()
    finally:
        context.close()
    with web.database.read() as connection:
        install = installs.find_install_by_account(connection, "frappe", site.account)
    assert install is not None
    assert install.api_url == site.url
