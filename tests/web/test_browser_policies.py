"""A policy changed with its effect seen before, and a finding contested and decided, in a real browser."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Page
from werkzeug.serving import make_server

from connector.storage import contests, owner_cases, policies
from tests.factories import make_finding
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
        context = browser.new_context(java_script_enabled=False)
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


def test_a_policy_is_changed_with_its_effect_seen_before(opened: Opener, web: WebApp, tenant: Tenant):
    page = opened(tenant.admin_id, "/settings/policies")
    page.click("text=Make a new version")
    page.fill("#response_goal_s", "1")
    page.fill("#response_target_s", "2")
    page.fill("#c0_days_off", "24.12.2026")
    page.click("button:text('Save as a new version')")
    assert "is no day" in page.locator("#wrong-c0_days_off").inner_text()
    assert page.input_value("#response_target_s") == "2"
    page.fill("#c0_days_off", "2026-12-24")
    page.select_option("#c0_country", "DE")
    page.click("button:text('Show its regions')")
    page.select_option("#c0_region", "BY")
    # Enter in a field shows the effect and removes nothing.
    page.press("#t0_name", "Enter")
    effect = page.locator("#effect").inner_text()
    assert "would be judged otherwise" in effect
    assert "First attempt late" in effect
    with web.database.read() as connection:
        assert len(policies.list_versions(connection, tenant.install_id)) == 1
    page.click("button:text('Save as a new version')")
    page.wait_for_url("**/settings/policies?note=policy-saved")
    assert "First attempt due, where no target fits" in page.locator("main").inner_text()
    with web.database.read() as connection:
        made = policies.list_policies(connection, tenant.install_id)[-1].policy
    assert (made.response_goal_s, made.response_target_s) == (60, 120)
    assert (made.holidays_source or "").endswith("DE-BY; 2025 to 2028")


def test_a_finding_is_contested_and_decided(opened: Opener, web: WebApp, tenant: Tenant):
    with web.database.read() as connection:
        found, _ = contests.findings_on(connection, tenant.install_id, tenant.rep_owner_id)
    rep = opened(tenant.rep_id, "/my")
    assert rep.locator("article.finding").count() == len(found)
    finding = rep.locator("article.finding").first
    finding.locator("summary:text('This is wrong')").click()
    finding.locator("input[name=why]").fill("I called from my own phone.")
    finding.locator("button:text('Contest this finding')").click()
    assert rep.locator("article.finding").first.locator(".tag:text('Contested')").count() == 1
    head = opened(tenant.head_id, "/contests")
    assert "I called from my own phone." in head.locator("main").inner_text()
    head.fill("input[name=note]", "The log of the phone shows it.")
    head.click("button:text('Set it aside')")
    assert "Nothing waits for a decision" in head.locator("main").inner_text()
    rep.reload()
    aside = rep.locator("section[aria-labelledby=aside]")
    assert "The log of the phone shows it." in aside.locator("article.finding").inner_text()
    assert rep.locator("section[aria-labelledby=found] article.finding").count() == len(found) - 1
    head.click("button:text('Take the decision back')")
    assert "1 waits for a decision" in head.locator("main").inner_text()


def test_what_is_said_of_a_person_is_contested_and_decided(opened: Opener, web: WebApp, tenant: Tenant):
    said = make_finding(tenant.rep_owner_id, "NC007", owner_id=tenant.rep_owner_id, as_of=web.clock.now)
    with web.database.write() as connection:
        since = web.clock.now - timedelta(days=28)
        owner_cases.put_owner_findings(connection, tenant.install_id, [said], since, web.clock.now)
    rep = opened(tenant.rep_id, f"/owners/{tenant.rep_owner_id}")
    finding = rep.locator("article#NC007")
    finding.locator("summary:text('This is wrong')").click()
    assert "Name no customers" in finding.locator("form").inner_text()
    finding.locator("input[name=why]").fill("These calls were renewals.")
    finding.locator("button:text('Contest this finding')").click()
    assert finding.locator(".tag:text('Contested')").count() == 1
    assert "Your reason is kept" in rep.locator("main").inner_text()
    rep.goto(rep.url.split("/owners/")[0] + "/owners")
    assert rep.locator("tbody .tag:text('1 contested')").count() == 1
    head = opened(tenant.head_id, "/contests")
    row = head.locator("section.panel", has_text="These calls were renewals.")
    assert row.locator(f"h2 a[href^='/owners/{tenant.rep_owner_id}']").count() == 1
    row.locator("input[name=note]").fill("They were renewals.")
    row.locator("button:text('Set it aside')").click()
    assert "Nothing waits for a decision" in head.locator("main").inner_text()
    rep.goto(rep.url.split("/owners")[0] + "/my")
    mine = rep.locator("section[aria-labelledby=on-me]").inner_text()
    assert "Set aside" in mine
    assert "They were renewals." in mine
