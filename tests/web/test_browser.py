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


@pytest.mark.parametrize("lang", ["en", "ar", "el", "nb", "qps"])
def test_the_bar_is_one_line_and_reaches_every_page_at_any_width(served: Site, lang: str) -> None:
    with served.context() as context:
        page = context.new_page()
        lines, reached = set(), []
        for width in (360, 768, 1000, 1280):
            page.set_viewport_size({"width": width, "height": 640})
            page.goto(f"{served.url}/repairs?lang={lang}")
            lines.add(page.locator(".bar-top").evaluate("bar => bar.offsetHeight"))
            hrefs = set()
            for menu in page.locator("details.menu:not(.of-viewer) > summary:visible").all():
                menu.click()
                panel = page.locator("details.menu[open] > .menu-panel")
                box = panel.bounding_box()
                assert box is not None
                assert box["x"] >= 0, width
                assert box["x"] + box["width"] <= width
                assert box["y"] + box["height"] <= 640, "what is longer scrolls"
                hrefs |= {link.get_attribute("href") for link in panel.locator("a").all()}
            hrefs |= {link.get_attribute("href") for link in page.locator(".nav-main > a:visible").all()}
            reached.append(hrefs)
        assert len(lines) == 1
        assert all(hrefs == reached[0] for hrefs in reached)
        assert reached[0] >= {
            "/overview",
            "/leads",
            "/repairs",
            "/duplicates",
            "/owners",
            "/rules-at-work",
            "/settings",
        }


def test_the_bar_says_which_page_is_open_and_its_menus_work_by_keyboard(served: Site) -> None:
    with served.context(viewport={"width": 1280, "height": 800}) as context:
        page = context.new_page()
        for path, entry, label in (
            ("/repairs", "Leads", "Repairs"),
            (f"/leads/{served.tenant.lead_ids[0]}", "Leads", "All leads"),
            ("/settings/policies", "Rules", "Policies"),
        ):
            page.goto(f"{served.url}{path}")
            assert page.locator(".nav-main [aria-current=true]").all_inner_texts() == [entry]
            assert page.locator(".nav-main a[aria-current=page]").all_text_contents() == [label]
        page.goto(f"{served.url}/settings/values")
        assert page.locator(".nav-main [aria-current]").all_inner_texts() == ["Settings"]
        summary = page.locator(".nav-main summary").first
        summary.focus()
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.getAttribute('href')") == "/leads"
        page.keyboard.press("Escape")
        assert page.locator("details.menu[open]").count() == 0
        assert summary.evaluate("summary => summary === document.activeElement")
        page.keyboard.press("Enter")
        page.locator("details.of-viewer > summary").click()
        assert page.locator("details.menu[open]").count() == 1, "one opens, the other closes"
        page.locator("h1").click()
        assert page.locator("details.menu[open]").count() == 0


def test_the_menus_of_the_bar_need_no_script(served: Site) -> None:
    with served.context(java_script_enabled=False, viewport={"width": 360, "height": 640}) as context:
        page = context.new_page()
        page.goto(f"{served.url}/overview")
        page.click(".nav-small > summary")
        page.click(".nav-small a[href='/repairs']")
        assert page.url == f"{served.url}/repairs"


def test_no_frame_may_hold_our_pages(served: Site):
    with served.context() as context:
        page = context.new_page()
        page.set_content(f'<iframe src="{served.url}/overview"></iframe>')
        page.wait_for_timeout(500)
        assert all("Overview" not in frame.content() for frame in page.frames[1:])
