"""The pages in a real browser: nothing refused, filters without a reload, and all of it without scripts."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, BrowserContext, Page
from werkzeug.serving import make_server

from tests.web.conftest import WebApp
from tests.web.seed import Tenant

pytestmark = pytest.mark.browser
PATHS = (
    "/overview",
    "/leads",
    "/owners",
    "/owners/72?days=90",
    "/neglected",
    "/duplicates",
    "/repairs",
    "/response",
    "/follow-up",
    "/funnel",
    "/report",
    "/rules-at-work",
    "/sync",
    "/settings",
    "/settings/hours",
    "/settings/api-keys",
    "/settings/campaigns",
    "/settings/values",
    "/install/frappe",
    "/install/hubspot",
    "/install/progress",
    "/rulebook",
)


@dataclass
class Site:
    """The running app and a browser for it."""

    url: str
    browser: Browser
    cookie: str
    tenant: Tenant

    def context(self, **options: object) -> BrowserContext:
        context = self.browser.new_context(**options)
        context.add_cookies([{"name": "assay", "value": self.cookie, "url": self.url}])
        return context


@pytest.fixture(scope="module")
def served(browser: Browser, seeded: tuple[WebApp, Tenant]) -> Iterator[Site]:
    web, tenant = seeded
    server = make_server("127.0.0.1", 0, web.app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    cookie = web.signed_in(tenant, tenant.admin_id).get_cookie("assay", domain="localhost")
    assert cookie is not None
    yield Site(f"http://127.0.0.1:{server.server_port}", browser, cookie.value, tenant)
    server.shutdown()
    thread.join()
    server.server_close()


def complaints(page: Page) -> list[str]:
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type in {"error", "warning"} else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    # A request that a later one replaces is ended by the page itself.
    page.on(
        "requestfailed",
        lambda request: said.append(request.url) if request.failure != "net::ERR_ABORTED" else None,
    )
    return said


@pytest.mark.parametrize("width", [1280, 360])
@pytest.mark.parametrize("lang", ["en", "qps"])
def test_no_page_is_refused_anything_or_scrolls_sideways(served: Site, width: int, lang: str):
    with served.context(viewport={"width": width, "height": 800}) as context:
        page = context.new_page()
        said = complaints(page)
        for path in (
            *PATHS,
            f"/leads/{served.tenant.lead_ids[0]}",
            f"/report/{served.tenant.report_id}",
            "/no-such-page",
        ):
            page.goto(f"{served.url}{path}{'&' if '?' in path else '?'}lang={lang}")
            wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            assert wide <= 0, path
            assert page.evaluate("getComputedStyle(document.body).fontVariantNumeric") == "tabular-nums"
            assert page.locator("html").get_attribute("dir") == ("rtl" if lang == "qps" else "ltr")
            assert page.locator("h1").count() == 1, path
        assert [text for text in said if "404" not in text] == []


def test_filters_answer_without_a_reload_and_keep_the_address(served: Site):
    with served.context() as context:
        page = context.new_page()
        said = complaints(page)
        page.goto(f"{served.url}/leads")
        page.evaluate("window.stayed = true")
        page.select_option("#f-status", "closed")
        page.wait_for_url("**/leads?*status=closed*")
        page.wait_for_function(
            "[...document.querySelectorAll('#rows tbody tr')].every(r => r.innerText.includes('Closed'))"
        )
        assert page.evaluate("window.stayed") is True
        page.locator("#rows thead a").first.click()
        page.wait_for_url("**sort=**")
        assert page.evaluate("window.stayed") is True
        page.goto(page.url)
        assert page.locator("#f-status").input_value() == "closed"
        assert said == []


def test_everything_works_without_scripts(served: Site):
    with served.context(java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(f"{served.url}/leads")
        page.select_option("#f-status", "closed")
        page.click("text=Show")
        assert "status=closed" in page.url
        assert page.locator("#rows tbody tr").count() > 0
        page.locator("#rows tbody a").first.click()
        page.wait_for_selector("svg.timeline[role=img]")
        page.goto(f"{served.url}/install/progress")
        assert "contacts read" in page.locator("#bar").inner_text()


def test_everything_works_without_a_mouse(served: Site):
    with served.context() as context:
        page = context.new_page()
        page.goto(f"{served.url}/overview")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.className") == "skip"
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.id") == "main"
        for _ in range(60):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement.closest('svg a, main a') !== null"):
                break
        outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert outline == "solid"
        with page.expect_navigation():
            page.keyboard.press("Enter")
        page.goto(f"{served.url}/settings")
        unlabelled = page.evaluate(
            "[...document.querySelectorAll('input:not([type=hidden]), select, textarea')]"
            ".filter(field => !field.labels.length && !field.getAttribute('aria-label')).map(field => field.name)"
        )
        assert unlabelled == []


def test_no_frame_may_hold_our_pages(served: Site):
    with served.context() as context:
        page = context.new_page()
        page.set_content(f'<iframe src="{served.url}/overview"></iframe>')
        page.wait_for_timeout(500)
        assert all("Overview" not in frame.content() for frame in page.frames[1:])
