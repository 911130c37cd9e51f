"""Every number on a page leads to exactly as many rows."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from html.parser import HTMLParser

import pytest
from openpyxl import load_workbook

from audits.model.activity import Disposition
from audits.rulebook import RULES
from connector.web.views.neglected import LANES
from tests.conftest import DatabaseUrls
from tests.web.conftest import WebApp
from tests.web.seed import Tenant, seed_tenant

_NUMBER = re.compile(r"[\d,]+")


class Links(HTMLParser):
    """(href, text) of every link to the list of leads, the text of an SVG link being its label."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, str]] = []
        self._open: list[str] = []

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if tag == "a" and (given.get("href") or "").startswith("/leads?"):
            self._open = [given["href"], given.get("aria-label", "").rpartition(": ")[2]]

    def handle_data(self, data):
        if self._open and not self._open[1]:
            self._open[1] = data.strip()

    def handle_endtag(self, tag):
        if tag == "a" and self._open:
            self.found.append((self._open[0], self._open[1]))
            self._open = []


def numbers_of(html: str) -> list[tuple[str, int]]:
    parser = Links()
    parser.feed(html)
    return [
        (href, int(_NUMBER.search(text).group().replace(",", "")))
        for href, text in parser.found
        if _NUMBER.match(text)
    ]


@pytest.fixture(params=["sqlite_urls", pytest.param("postgres_urls", marks=pytest.mark.postgres)])
def account(request: pytest.FixtureRequest, make_web: Callable[..., WebApp]) -> tuple[WebApp, Tenant]:
    """A full account, once on SQLite and once on PostgreSQL."""
    urls: DatabaseUrls = request.getfixturevalue(request.param)
    web = make_web(urls)
    return web, seed_tenant(web.context, leads=90)


@pytest.mark.parametrize(
    "path",
    [
        "/overview",
        "/overview?days=7",
        "/overview?days=90",
        "/owners?days=90",
        "/owners/72?days=90",
        "/neglected",
        "/response?days=90",
        "/follow-up?days=90",
        "/funnel?by=week",
    ],
)
def test_every_number_equals_its_rows(account: tuple[WebApp, Tenant], path: str):
    web, tenant = account
    client = web.signed_in(tenant, tenant.admin_id)
    numbers = numbers_of(client.get(path).text)
    assert len(numbers) >= 4
    for href, count in dict(numbers).items():
        rows = client.get(href, headers={"HX-Request": "true", "HX-Target": "rows"}).text
        shown = re.search(r"([\d,]+) leads?\b", rows)
        assert (int(shown.group(1)) if shown else 0) == count, href


def test_exports_hold_the_rows_of_their_list(account: tuple[WebApp, Tenant]):
    web, tenant = account
    client = web.signed_in(tenant, tenant.admin_id)
    for query in ("", "?status=closed", "?rule=NC002&outcome=breach", "?q=nowak"):
        lines = list(csv.DictReader(io.StringIO(client.get("/leads.csv" + query).text.lstrip("\ufeff"))))
        shown = re.search(
            r"([\d,]+) leads?\b",
            client.get("/leads" + query, headers={"HX-Request": "true", "HX-Target": "rows"}).text,
        )
        assert len(lines) == (int(shown.group(1)) if shown else 0) > 0, query
        book = load_workbook(io.BytesIO(client.get("/leads.xlsx" + query, buffered=True).data))
        assert [cell.value for cell in book.active["A"]][1:] == [line["lead_id"] for line in lines]
    board = list(csv.DictReader(io.StringIO(client.get("/neglected.csv").text.lstrip("\ufeff"))))
    page = client.get("/neglected").text
    for rule_id in LANES:
        count = sum(line["rule_id"] == rule_id for line in board)
        assert not count or f">{count}</a></strong>" in page


def test_the_parts_of_the_period_sum_to_the_new_leads(account: tuple[WebApp, Tenant]):
    web, tenant = account
    page = web.signed_in(tenant, tenant.admin_id).get("/overview?days=90").text
    page = page[page.index('aria-labelledby="kept"') :]
    key = page[page.index('<ul class="key">') : page.index("</ul>", page.index('<ul class="key">'))]
    parts = [
        int(text) for text in re.findall(r">\s*(\d+)</a>|(?<=quiet)\D+(\d+)\s*</li>", key) for text in text if text
    ]
    new = re.search(r">(\d+) new leads<", page)
    assert new
    assert sum(parts) == int(new.group(1))


def test_sorting_and_paging_lose_no_row(account: tuple[WebApp, Tenant]):
    web, tenant = account
    client = web.signed_in(tenant, tenant.admin_id)
    for sort in ("newest", "oldest", "due_first", "slowest", "lowest_quality", "lowest_handling"):
        seen = []
        for number in (1, 2):
            seen += re.findall(r'href="/leads/(\d+)"', client.get(f"/leads?sort={sort}&page={number}").text)
        assert sorted(seen) == sorted(tenant.lead_ids), sort
    assert "No lead matches" in client.get("/leads?q=nobody-has-this-name").text


def test_a_lead_page_tells_the_whole_story(account: tuple[WebApp, Tenant]):
    web, tenant = account
    client = web.signed_in(tenant, tenant.admin_id)
    pages = [client.get(f"/leads/{lead_id}").text for lead_id in tenant.lead_ids[:12]]
    assert any("target broken" in page and "Target for the first attempt broken" in page for page in pages)
    assert any("contact made" in page for page in pages)
    for page in pages:
        assert 'class="timeline"' in page
        assert 'class="open"' in page
        assert "sent by a machine" in page
        assert "Open in HubSpot" in page
        assert "https://app.hubspot.com/contacts/247279312/record/0-1/" in page
        assert page.count('class="finding"') == len(RULES)
        assert 'href="/rulebook#RT001"' in page
        assert "/ 30" in page
    assert Disposition.NO_ANSWER.value.replace("_", " ") in "".join(pages)
