"""The pages of the report: figures as the report gives them, each person's own view, and another agreement tried."""

from __future__ import annotations

import re

import pytest

from audits.reports.export_report import Answer
from audits.reports.handling import HandlingReport
from connector.reporting.figures import handling_figures, what_if_figures
from connector.web.periods import period
from tests.web.conftest import WebApp
from tests.web.seed import NOW, Tenant, seed_tenant

PAGES = ("/overview", "/response", "/follow-up", "/funnel", "/owners", "/owners/71", "/neglected")


@pytest.fixture(scope="module")
def account(seeded: tuple[WebApp, Tenant]) -> tuple[WebApp, Tenant]:
    """An account with leads enough for shares, beside the small one."""
    web, _ = seeded
    return web, seed_tenant(web.context, account_id="247279315", name="Südlicht", leads=150, prefix="5", seed=3)


def report_of(web: WebApp, tenant: Tenant, scope: str = "", days: int = 90) -> HandlingReport:
    within = period(NOW, "Europe/Berlin", days)
    with web.database.read() as connection:
        return handling_figures(connection, tenant.install_id, within.since, within.until, NOW, scope)


def text_of(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


def test_response_prints_the_figures_of_the_report(account: tuple[WebApp, Tenant]):
    web, tenant = account
    page = web.signed_in(tenant, tenant.head_id).get("/response?days=90").text
    report, shown = report_of(web, tenant), text_of(page)
    assert f"{report.in_time.hits} of {report.in_time.n}" in shown
    assert f"{report.in_goal.hits} of {report.in_goal.n}" in shown
    median = report.first_attempt.summary.median
    assert f"of {median.n}" in shown
    for answer, n in report.answers:
        if answer is not Answer.IMPORTED and n:
            assert f"answer={answer.value}" in page
    for cause, n in report.causes:
        assert not n or f"cause={cause.value}" in page
    assert page.count("data-vega=") == 4
    # The picture of the server and the table stand there before any script runs.
    assert page.count('<svg xmlns="http://www.w3.org/2000/svg"') == 4
    assert page.count('class="as-table"') == 4


def test_a_late_lead_stands_with_its_cause_and_its_sentence(account: tuple[WebApp, Tenant]):
    web, tenant = account
    client = web.signed_in(tenant, tenant.head_id)
    late = client.get("/response?days=90").text
    late = late[late.index('id="late"') :]
    lead_ids = re.findall(r'href="/leads/(\d+)"', late)[:5]
    assert lead_ids
    for lead_id in lead_ids:
        lead = client.get(f"/leads/{lead_id}").text
        assert "target" in lead
    assert any(
        words in late
        for words in ("more leads than could be tried", "waited for an owner", "not tried though", "cause not known")
    )


def test_another_agreement_is_tried_and_nothing_changes(account: tuple[WebApp, Tenant]):
    web, tenant = account
    client = web.signed_in(tenant, tenant.head_id)
    within = period(NOW, "Europe/Berlin", 90)
    counts = []
    for due in (5, 30, 600):
        with web.database.read() as connection:
            found = what_if_figures(connection, tenant.install_id, within.since, within.until, due * 60, 60)
        part = client.get(f"/response/what-if?days=90&due={due}&goal=1").text
        assert "<html" not in part
        assert f"{found.after.hits} of {found.after.n}" in part
        assert f"{found.before.hits} of {found.before.n}" in part
        assert part.count('<li><a href="/leads/') == min(len(found.newly_broken), 40)
        # The same answer stands on the whole page, which works without scripts.
        assert f"{found.after.hits} of {found.after.n}" in client.get(f"/response?days=90&due={due}&goal=1").text
        counts.append(found.after.hits)
    assert counts == sorted(counts, reverse=True)
    assert len(set(counts)) == 3
    assert report_of(web, tenant) == report_of(web, tenant)


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("due=-1", "Please give whole minutes"),
        ("due=abc", "Please give whole minutes"),
        ("due=99999999", "Please give whole minutes"),
        ("due=10&goal=20", "The goal is not later than the agreed time."),
        ("due=10&goal=5&target=nothing-of-ours", ""),
        ("due=²&goal=5", "Please give whole minutes"),
    ],
)
def test_what_makes_no_sense_is_said(account: tuple[WebApp, Tenant], query: str, said: str):
    web, tenant = account
    answer = web.signed_in(tenant, tenant.head_id).get(f"/response/what-if?days=90&{query}")
    assert answer.status_code == 200
    assert (said in answer.text) if said else ("notice" not in answer.text)


def test_an_agreement_of_its_own_can_be_asked_for(account: tuple[WebApp, Tenant]):
    web, tenant = account
    client = web.signed_in(tenant, tenant.head_id)
    everybody = client.get("/response/what-if?days=90&due=30&goal=5&target=*").text
    nobody = client.get("/response/what-if?days=90&due=30&goal=5&target=hot+request").text
    assert re.search(r'id="what-if-broken">[1-9]', everybody)
    assert 'id="what-if-broken">0 of 0' in nobody


def test_each_rule_stands_with_its_share(account: tuple[WebApp, Tenant]):
    web, tenant = account
    page = web.signed_in(tenant, tenant.head_id).get("/follow-up?days=90").text
    shown = text_of(page)
    for tally in report_of(web, tenant).rules:
        if tally.rule_id[:2] in {"FU", "NC", "FM", "AG"}:
            assert f"/rulebook#{tally.rule_id}" in page
            n = tally.breaches.n
            assert f"of {n}" in shown if n >= 20 else f"not enough data ({n} of 20)" in shown


def test_people_are_compared_in_words_and_not_ranked(account: tuple[WebApp, Tenant]):
    web, tenant = account
    page = web.signed_in(tenant, tenant.head_id).get("/owners?days=90").text
    names = re.findall(r'href="/owners/\d+"><bdi>([^<]+)', page)
    assert names == sorted(names, key=str.casefold)
    assert len(names) >= 4
    assert "as expected, within chance" in page or "not enough data to compare" in page
    assert "Believed ratio = (observed" in page
    assert "carry no ranking" in page


def test_one_person_sees_himself_and_nobody_else(account: tuple[WebApp, Tenant]):
    web, tenant = account
    rep, head = web.signed_in(tenant, tenant.rep_id), web.signed_in(tenant, tenant.head_id)
    own = rep.get(f"/owners/{tenant.rep_owner_id}?days=90").text
    assert "This is all that is said of you here." in own
    report = report_of(web, tenant, tenant.rep_owner_id)
    assert f">{report.arrivals}</a>" in own
    assert "This is all that is said of you" not in head.get(f"/owners/{tenant.rep_owner_id}").text
    for owner_id in ("572", "573", "no-such-owner", ""):
        assert rep.get(f"/owners/{owner_id}").status_code in {404, 308}
    assert head.get("/owners/572").status_code == 200
    assert head.get("/owners/no-such-owner").status_code == 404
    names = set(re.findall(r'href="/owners/(\d+)"', rep.get("/owners?days=90").text))
    assert names == {tenant.rep_owner_id}


def test_a_rep_reads_his_own_figures_and_their_rows(account: tuple[WebApp, Tenant]):
    web, tenant = account
    rep = web.signed_in(tenant, tenant.rep_id)
    report = report_of(web, tenant, tenant.rep_owner_id)
    page = rep.get("/response?days=90").text
    assert f"{report.in_time.hits} of {report.in_time.n}" in text_of(page)
    checked = 0
    for href, count in re.findall(r'href="(/leads\?[^"]*charged=[^"]*)">(\d+)</a>', page):
        rows = rep.get(href.replace("&amp;", "&"), headers={"HX-Request": "true", "HX-Target": "rows"}).text
        found = re.search(r"([\d,]+) leads?\b", rows)
        assert found
        assert int(found.group(1)) == int(count), href
        for lead_id in re.findall(r'href="/leads/(\d+)"', rows)[:3]:
            assert rep.get(f"/leads/{lead_id}").status_code == 200
            checked += 1
    assert checked


def test_leads_to_take_up_come_in_the_order_of_the_report(account: tuple[WebApp, Tenant]):
    web, tenant = account
    page = web.signed_in(tenant, tenant.head_id).get("/neglected").text
    first = page[page.index('id="first"') : page.index('class="board"')]
    shown = list(dict.fromkeys(re.findall(r'href="/leads/(\d+)"', first)))
    assert shown == [lead.lead_id for lead in report_of(web, tenant, days=30).neglected][: len(shown)]
    assert len(shown) == 15
    assert 'id="lane-NC003"' in page


def test_the_overview_speaks_of_last_week(account: tuple[WebApp, Tenant]):
    web, tenant = account
    page = web.signed_in(tenant, tenant.head_id).get("/overview").text
    week = text_of(page[page.index('id="week"') : page.index('aria-labelledby="kept"')])
    assert "Last week, 9 Nov to 15 Nov" in week
    assert "Tried in time:" in week
    assert "broken" in week


def test_an_account_without_leads_has_pages_too(web: WebApp):
    tenant = seed_tenant(web.context, leads=0)
    for user_id in (tenant.admin_id, tenant.rep_id):
        client = web.signed_in(tenant, user_id)
        for path in PAGES:
            answer = client.get(path)
            assert answer.status_code == 200, path
            assert "data-vega" not in answer.text


def test_names_cannot_break_out_of_a_picture(web: WebApp):
    tenant = seed_tenant(web.context, leads=40, canary='</svg><script>alert("x")</script>')
    client = web.signed_in(tenant, tenant.admin_id)
    for path in PAGES:
        assert "<script>alert" not in client.get(f"{path}?days=90").text, path
