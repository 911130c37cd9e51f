"""A contract made from scratch in a real browser without scripts: contradicting itself, mended, saved, exported."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page
from werkzeug.serving import make_server

from connector.contracts.contract_file import read_contracts
from connector.storage import contracts
from tests.web.conftest import WebApp
from tests.web.seed import Tenant

pytestmark = pytest.mark.browser
Opener = Callable[[str, str], Page]


@pytest.fixture
def opened(browser: Browser, web: WebApp, tenant: Tenant) -> Iterator[Opener]:
    """Opens a path as a user of the account, without scripts: everything works without them."""
    server = make_server("127.0.0.1", 0, web.app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    url = f"http://127.0.0.1:{server.server_port}"
    contexts = []

    def open_as(user_id: str, path: str) -> Page:
        cookie = web.signed_in(tenant, user_id).get_cookie("assay", domain="localhost")
        assert cookie is not None
        context = browser.new_context(java_script_enabled=False, accept_downloads=True)
        contexts.append(context)
        context.add_cookies([{"name": "assay", "value": cookie.value, "url": url}])
        page = context.new_page()
        page.goto(url + path)
        return page

    yield open_as
    for context in contexts:
        context.close()
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_contract_is_made_mended_saved_and_given_back(
    opened: Opener, web: WebApp, tenant: Tenant, tmp_path: Path
) -> None:
    page = opened(tenant.head_id, "/contracts")
    page.click("main a:text('New contract')")
    page.fill("#f-contract", "sun-1")
    page.fill("#f-vendor", "Sun & Sons")
    page.fill("#f-currency", "EUR")
    page.fill("#f-pricing-price", "25,00")
    page.click("button[value='add:returns']")
    page.fill("#f-returns-window-until", "10")
    page.fill("#f-returns-window-not_before", "20")
    page.click("button[value='add:returns.reasons']")
    page.select_option("#f-returns-reasons-0-code", "FICTITIOUS")
    page.fill("#f-returns-reasons-0-words", "bogus\nMickey Mouse")
    page.click("button:text-is('Save')")
    assert "is no id" in page.locator("#f-vendor-wrong").inner_text()
    assert "write a point: 25.00" in page.locator("#f-pricing-price-wrong").inner_text()
    assert page.input_value("#f-returns-reasons-0-words") == "bogus\nMickey Mouse"
    page.fill("#f-vendor", "sun")
    page.fill("#f-pricing-price", "25.00")
    page.click("button:text-is('Save')")
    found = page.locator("#found")
    assert "Contradiction" in found.inner_text()
    assert "Returns › Window" in found.inner_text()
    assert page.locator("input[name='all-the-same']").count() == 1
    with web.database.read() as connection:
        assert contracts.list_versions(connection, tenant.install_id) == []
    page.fill("#f-returns-window-not_before", "2")
    # Enter in a field checks, and removes nothing.
    page.press("#f-returns-window-not_before", "Enter")
    assert "Contradiction" not in page.locator("#found").inner_text()
    page.click("button:text-is('Save')")
    page.wait_for_url("**/contracts/sun-1/1?note=contract-saved")
    told = page.locator("main").inner_text()
    assert "Returns are claimed within 10 days after delivery, not before 2 days after it." in told
    assert "made-up person" in told
    with page.expect_download() as download:
        page.click("main a:text('YAML')")
    path = tmp_path / "given.yaml"
    download.value.save_as(path)
    [given] = read_contracts(path.read_text(), "given")
    with web.database.read() as connection:
        [kept] = contracts.list_versions(connection, tenant.install_id)
    assert given.digest == kept.agreed.digest
    assert given.returns is not None
    assert given.returns.reasons[0].words == ("bogus", "Mickey Mouse")
    page.goto(page.url.split("/contracts/")[0] + "/contracts")
    assert page.locator("tbody tr").count() == 1
