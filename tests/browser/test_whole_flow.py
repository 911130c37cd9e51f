"""Install → new lead → finding → score in the CRM, by a browser alone, against the real processes."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.live import Live
from tests.stack import OUR_FIELDS, PORTAL

pytestmark = pytest.mark.browser
ADMIN = "ada.admin@northwind.example"
ADMIN_ID = 98_499_705


def connect(page: Page, live: Live) -> None:
    """Through the landing page and the CRM's consent page back to the progress page."""
    page.goto(live.url)
    page.get_by_role("button", name="Connect HubSpot").click()
    expect(page.get_by_role("heading", name=re.compile("Connect Lead Assay"))).to_be_visible()
    page.get_by_test_id("grant").click()
    page.wait_for_url(f"{live.url}/install/progress")


def our_fields(live: Live, contact_id: str) -> dict[str, str]:
    for record in live.control.records(PORTAL):
        if record["id"] == contact_id:
            properties = record["properties"]
            assert isinstance(properties, dict)
            return {name: str(properties.get(name) or "") for name in OUR_FIELDS}
    return {}


def test_install_new_lead_finding_and_score_in_the_crm(page: Page, live: Live):
    connect(page, live)
    expect(page.get_by_role("heading", name=re.compile("is connected"))).to_be_visible()
    expect(page.get_by_role("link", name="To the overview")).to_be_visible(timeout=60_000)
    page.get_by_role("link", name="To the overview").click()
    page.wait_for_url(f"{live.url}/overview")

    page.goto(f"{live.sandbox.base_url}/contacts/{PORTAL}")
    if not page.get_by_label("First name").is_visible():
        page.get_by_text("Add a lead").click()
    page.get_by_label("First name").fill("Asdf")
    page.get_by_label("Last name").fill("Qwertz")
    page.get_by_label("E-mail").fill("someone@mailinator.com")
    page.get_by_label("Phone").fill("123")
    page.get_by_test_id("save-lead").click()
    contact_id = str(live.control.records(PORTAL)[-1]["id"])
    live.wait(lambda: our_fields(live, contact_id).get("leadassay_lead_quality", "") != "")

    page.goto(f"{live.url}/leads")
    page.get_by_role("link", name=re.compile("Asdf")).first.click()
    expect(page.get_by_text("mailinator.com").first).to_be_visible()
    quality = our_fields(live, contact_id)["leadassay_lead_quality"]
    expect(page.get_by_role("region", name=re.compile("Lead quality"))).to_contain_text(quality)

    page.goto(f"{live.sandbox.base_url}/contacts/{PORTAL}/record/0-1/{contact_id}")
    expect(page.get_by_text("leadassay_lead_quality").first).to_be_visible()
    page.get_by_test_id("save-call").click()
    live.wait(lambda: our_fields(live, contact_id)["leadassay_follow_up_status"] == "in_progress")


def test_another_person_signs_in_by_a_mailed_link(page: Page, live: Live):
    sent_before = len(live.mails())
    page.goto(f"{live.url}/sign-in")
    page.get_by_label("E-mail address").fill("nobody@elsewhere.example")
    page.get_by_role("button", name="Send me a link").click()
    answer = page.get_by_role("status").inner_text()
    page.goto(f"{live.url}/sign-in")
    page.get_by_label("E-mail address").fill(ADMIN)
    page.get_by_role("button", name="Send me a link").click()
    assert page.get_by_role("status").inner_text() == answer
    live.wait(lambda: len(live.mails()) == sent_before + 1)
    page.goto(live.sign_in_link())
    page.get_by_role("button", name="Sign me in").click()
    page.wait_for_url(f"{live.url}/overview")
    page.goto(live.sign_in_link())
    page.get_by_role("button", name="Sign me in").click()
    expect(page.get_by_text(re.compile("link", re.IGNORECASE)).first).to_be_visible()


def test_nobody_finishes_another_ones_install(browser: Browser, page: Page, live: Live):
    """Login CSRF: the attacker's callback address opened in the victim's browser is refused."""
    page.goto(live.url)
    page.get_by_role("button", name="Connect HubSpot").click()
    expect(page.get_by_test_id("grant")).to_be_visible()
    callback = live.control.consent(page.url, PORTAL, ADMIN_ID).headers["Location"]
    assert callback.startswith(f"{live.url}/oauth/hubspot/callback?")
    victim = browser.new_context()
    try:
        victims_page = victim.new_page()
        answer = victims_page.goto(callback)
        assert answer is not None
        assert answer.status in {400, 403}
        victims_page.goto(f"{live.url}/overview")
        assert "/sign-in" in victims_page.url
    finally:
        victim.close()


def test_a_status_of_the_account_gets_its_meaning_on_the_page_and_counts(page: Page, live: Live):
    """By the real worker, which reads by the old meaning until the moment it is changed."""
    status = "NURTURE_2"
    live.control.act("add_option", PORTAL, type="contacts", property="hs_lead_status", value=status, label="Later")
    contact_id = live.control.create_contact(
        PORTAL, {"firstname": "Ines", "email": "ines@lead.example", "phone": "+4930123456", "hs_lead_status": status}
    )
    connect(page, live)
    expect(page.get_by_role("link", name="To the overview")).to_be_visible(timeout=60_000)

    def is_listed() -> bool:
        # The lead is as new as the installation: it may be read after the past, by its own notice.
        page.goto(f"{live.url}/sync")
        return page.get_by_role("link", name=status).is_visible()

    live.wait(is_listed)
    page.get_by_role("link", name=status).click()
    page.wait_for_url(f"{live.url}/settings/values#field-hs-lead-status")
    page.get_by_label("What Later means").or_(page.get_by_label(f"What {status} means")).select_option("discarded")
    page.locator("#field-hs-lead-status").get_by_role("button", name="Save").click()
    expect(page.get_by_text("The leads are being read again")).to_be_visible()
    expect(page.get_by_role("link", name="To the overview")).to_be_visible(timeout=60_000)
    live.wait(lambda: our_fields(live, contact_id).get("leadassay_follow_up_status") == "closed")
    page.goto(f"{live.url}/settings/values")
    page.get_by_role("button", name="Undo").click()
    live.wait(lambda: our_fields(live, contact_id).get("leadassay_follow_up_status") != "closed")


HOSTILE = (
    "<script>window.pwned=1</script>",
    '"><img src=x onerror=window.pwned=1>',
    "<svg/onload=window.pwned=1>",
    "{{7*7}}${7*7}<%=7*7%>",
    "javascript:window.pwned=1",
    "</title><script>window.pwned=1</script>",
    "' onmouseover='window.pwned=1",
)


def test_hostile_fields_are_inert_on_every_page(page: Page, live: Live):
    connect(page, live)
    violations: list[str] = []
    dialogs: list[str] = []
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    page.on(
        "console",
        lambda said: violations.append(said.text) if "Content Security Policy" in said.text else None,
    )
    made = [
        live.control.create_contact(
            PORTAL,
            {
                "firstname": text,
                "lastname": text[::1],
                "company": text,
                "email": f"xss{number}@example.org",
                "phone": text,
                "hs_analytics_source": "PAID_SEARCH",
                "hs_analytics_source_data_1": text,
            },
        )
        for number, text in enumerate(HOSTILE)
    ]
    live.wait(lambda: all(our_fields(live, contact).get("leadassay_audit_note") for contact in made))
    paths = ["/overview", "/leads", "/owners", "/neglected", "/sync", *(f"/leads/{contact}" for contact in made)]
    for path in paths:
        page.goto(f"{live.url}{path}")
        assert page.evaluate("window.pwned") is None, path
    assert not dialogs
    assert not violations
