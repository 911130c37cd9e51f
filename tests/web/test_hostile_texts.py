"""Texts from outside are inert on every page, whatever they hold."""

from __future__ import annotations

from dataclasses import replace

import pytest

from audits.model.activity import Owner
from connector.crm.port import LeadRecord
from connector.storage import health, people
from connector.web.record_links import web_address
from tests.factories import make_activity, make_lead
from tests.web.conftest import WebApp
from tests.web.seed import NOW, Tenant, store_and_audit

SCRIPT = "<script>alert(1)</script>"
NAUGHTY = (
    SCRIPT,
    '"><img src=x onerror=alert(1)>',
    "'\"`--><svg/onload=alert(1)>",
    "{{7*7}} {% raw %} ${7*7}",
    "javascript:alert(1)",
    "a\u202eb\u200bc\ufeffd",
    "𝒜\U0001f4a9 e\u0301",
    "line\r\nSet-Cookie: a=b",
    "%s %n {name} {0}",
    "x" * 5000,
    "\x1b[31mred",
    "' OR 1=1 --",
    "null\x00byte",
    "\ud800",
    "＝1+1",
)
PAGES = ("/overview", "/leads", "/leads/evil-1", "/owners", "/neglected", "/sync", "/settings", "/install/progress")


@pytest.mark.parametrize("text", NAUGHTY)
def test_no_text_gets_out_of_its_place(web: WebApp, tenant: Tenant, text: str):
    owner = Owner(owner_id="evil-owner", user_id="evil-user", email="evil@247279312.example", name=text, team=text)
    lead = replace(
        make_lead("evil-1"), received_at=NOW.replace(hour=8), recorded_at=NOW.replace(hour=8), first_name=text,
        last_name=text, email=text, phone=text, mobile=text, company=text, country=text, source=text,
        source_detail=text, owner_id="evil-owner", raw_status=text, lead_type=text, message=text,
        record_url="javascript:alert(1)",
    )  # fmt: skip
    act = replace(
        make_activity("evil-act", "evil-1"), occurred_at=NOW.replace(hour=11), recorded_at=NOW.replace(hour=11),
        owner_id="evil-owner", raw=((text, text),),
    )  # fmt: skip
    with web.database.write() as connection:
        people.replace_owners(
            connection, tenant.install_id, [*people.list_owners(connection, tenant.install_id), owner]
        )
        health.note_unmapped(connection, tenant.install_id, text, text)
        health.put_notice(connection, tenant.install_id, "k", kind="x", sentence=text, at=NOW)
    store_and_audit(web.context, tenant.install_id, [LeadRecord(lead=lead, activities=(act,))])
    client = web.signed_in(tenant, tenant.admin_id)
    for path in PAGES:
        answer = client.get(path)
        assert answer.status_code == 200, path
        assert "<script>alert" not in answer.text
        assert "<img src=x" not in answer.text
        assert "<svg/onload" not in answer.text
        assert "49 " not in answer.text or "{{7*7}}" not in text
        assert 'href="javascript' not in answer.text
    for path in ("/leads.csv", "/leads.xlsx", "/neglected.csv", "/neglected.xlsx", "/owners.csv", "/owners.xlsx"):
        assert client.get(path, buffered=True).status_code == 200, path


@pytest.mark.parametrize("text", [*NAUGHTY, "%", "_", "\\", "a%b_c\\d", "😀"])
@pytest.mark.parametrize(
    "name", ["q", "owner", "source", "status", "sort", "from", "page", "wait", "held", "rule", "days"]
)
def test_no_filter_breaks_the_list(seeded: tuple[WebApp, Tenant], name: str, text: str):
    web, tenant = seeded
    client = web.signed_in(tenant, tenant.admin_id)
    for path in ("/leads", "/overview"):
        answer = client.get(path, query_string={name: text.encode("utf-8", "replace").decode()})
        assert answer.status_code == 200
        assert SCRIPT not in answer.text
        assert "Set-Cookie: a=b" not in str(answer.headers)


@pytest.mark.parametrize(
    "path", ["/leads/%00", "/leads/..%2f..", "/leads/" + "9" * 4000, "/leads/%ff%fe", "/leads/'%20or%201=1"]
)
def test_no_id_breaks_a_page(seeded: tuple[WebApp, Tenant], path: str):
    web, tenant = seeded
    assert web.signed_in(tenant, tenant.admin_id).get(path).status_code == 404


@pytest.mark.parametrize(
    ("url", "is_shown"),
    [
        ("https://app.hubspot.com/contacts/1", True),
        ("http://127.0.0.1:9/x", True),
        ("javascript:alert(1)", False),
        ("JaVaScRiPt:alert(1)", False),
        ("data:text/html,x", False),
        ("//evil.example", False),
        ("https://a\nb", False),
        ("https://[", False),
        ("", False),
        (None, False),
    ],
)
def test_only_web_addresses_become_links(url: str | None, is_shown: bool):
    assert web_address(url) == (url if is_shown else None)
