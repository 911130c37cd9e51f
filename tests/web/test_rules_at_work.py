"""Rules at work: agreement of each rule with what was noted, its interval, what was learned; and what is missing."""

from __future__ import annotations

import csv
import io
import re

import pytest

from audits.model.truth import PSEUDO_CLASSES, LeadClass
from audits.truth.experience import Experience, Noted, lesson_of
from audits.truth.outcomes import Found, FoundOut
from connector.jobs.learn_truth import grounds_of
from connector.storage import lessons, outcomes, timeline
from tests.factories import make_lead, make_record
from tests.web.conftest import WebApp
from tests.web.seed import NOW, Tenant

GENUINE = FoundOut(found=Found.GENUINE, why="own_act", against=PSEUDO_CLASSES)
PSEUDO = FoundOut(found=Found.PSEUDO, why="denied", classes=(LeadClass.EMPTY,))


def clear(web: WebApp) -> None:
    with web.database.write() as connection:
        connection.execute(outcomes.lead_outcomes.delete())


def note(web: WebApp, tenant: Tenant, *kinds: tuple[int, float, FoundOut | None]) -> None:
    """(how many, said, found) of each kind of leads; those of which much was said were called empty. These alone."""
    clear(web)
    lines = []
    for place, (n, said, found) in enumerate(kinds):
        spoke, codes = (("PL011",), ("mashed_name",)) if said > 0.9 else ((), ("need_stated",))
        lines += [
            Noted(lead_id=f"noted-{place}-{number}", said=said, spoke=spoke, codes=codes, found=found)
            for number in range(n)
        ]
    with web.database.write() as connection:
        records = [make_record(make_lead(each.lead_id, received_at=NOW, recorded_at=NOW)) for each in lines]
        timeline.store_records(connection, tenant.install_id, records, NOW)
        outcomes.note_outcomes(connection, tenant.install_id, lines, NOW)


def learn(web: WebApp, tenant: Tenant) -> None:
    with web.database.write() as connection:
        experience = Experience.of(outcomes.count_noted(connection, tenant.install_id))
        lessons.put_lesson(connection, tenant.install_id, lesson_of(experience), grounds_of(experience), NOW)


def page_of(web: WebApp, tenant: Tenant, query: str = "") -> str:
    answer = web.signed_in(tenant, tenant.head_id).get(f"/rules-at-work{query}")
    assert answer.status_code == 200
    return answer.text


def words(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


def row_of(html: str, rule_id: str) -> str:
    (row,) = [each for each in re.findall(r"<tr>.*?</tr>", html, re.DOTALL) if f"<code>{rule_id}</code>" in each]
    return row


def test_without_outcomes_it_says_what_is_missing(web: WebApp, tenant: Tenant):
    clear(web)
    shown = words(page_of(web, tenant))
    assert "Nobody has found out anything yet." in shown
    assert "100 more outcomes are needed" in shown
    assert "not accuracy" in shown
    assert "Not enough outcomes yet for any step of the curve." in shown
    assert "Nothing was learned yet" in shown


def test_each_rule_stands_with_its_interval_and_its_leads(web: WebApp, tenant: Tenant):
    note(web, tenant, (30, 0.99, PSEUDO), (10, 0.99, GENUINE), (7, 0.99, None))
    html = page_of(web, tenant)
    row = row_of(html, "PL011")
    assert "75 % (60 % to 86 %) of 40" in words(row)
    assert 'class="interval"' in row
    assert 'href="/leads?rule=PL011&amp;outcome=breach"' in row
    assert 'class="tag good">in force<' in row
    assert "too few outcomes" in words(row_of(html, "PL009"))
    assert "75 % (60 % to 86 %) of 40" in words(row_of(html, "mashed_name"))
    assert "60 more outcomes are needed" in words(html)


def test_of_either_kind_enough_must_be_found_out(web: WebApp, tenant: Tenant):
    note(web, tenant, (99, 0.04, GENUINE), (3, 0.99, PSEUDO))
    assert "17 more pseudo-leads must be found out" in words(page_of(web, tenant))
    note(web, tenant, (4, 0.04, GENUINE), (99, 0.99, PSEUDO))
    assert "16 more leads who asked must be found out" in words(page_of(web, tenant))


def test_a_demoted_rule_says_since_when_and_what_was_learned_is_shown(web: WebApp, tenant: Tenant):
    note(web, tenant, (90, 0.04, GENUINE), (20, 0.04, PSEUDO), (5, 0.99, PSEUDO), (40, 0.99, GENUINE))
    assert "demoted within a day" in words(row_of(page_of(web, tenant), "PL011"))
    learn(web, tenant)
    html = page_of(web, tenant)
    assert re.search(r"demoted since \w+ 18 Nov 2026", words(row_of(html, "PL011")))
    with web.database.read() as connection:
        (version,) = lessons.list_lessons(connection, tenant.install_id)
    assert version.learned.weak == (LeadClass.EMPTY,)
    assert html.count(version.learned.version) == 2
    assert html.count("data-vega=") == 1
    assert 'class="as-table"' in html
    assert "as learned here" in html
    shown = words(html)
    assert str(version.grounds.outcomes) in shown
    assert version.grounds.brier_shipped is not None
    assert version.grounds.brier_learned is not None
    assert version.grounds.brier_learned < version.grounds.brier_shipped
    assert f"{version.grounds.brier_learned:.3f}" in shown


def test_the_table_is_exported(web: WebApp, tenant: Tenant):
    note(web, tenant, (30, 0.99, PSEUDO), (10, 0.99, GENUINE))
    answer = web.signed_in(tenant, tenant.head_id).get("/rules-at-work.csv")
    rows = {each["rule_id"]: each for each in csv.DictReader(io.StringIO(answer.text.lstrip("\ufeff")))}
    assert (rows["PL011"]["kind"], rows["PL011"]["outcomes_agree"], rows["PL011"]["outcomes_known"]) == (
        "rule", "30", "40",
    )  # fmt: skip
    assert float(rows["PL011"]["share_agree"]) == pytest.approx(0.75)
    assert rows["mashed_name"]["kind"] == "reason"
    assert rows["PL012"]["share_agree"] == ""
    with web.signed_in(tenant, tenant.head_id).get("/rules-at-work.xlsx") as sheet:
        assert sheet.data[:2] == b"PK"


def test_a_representative_does_not_see_it(web: WebApp, tenant: Tenant):
    client = web.signed_in(tenant, tenant.rep_id)
    for path in ("/rules-at-work", "/rules-at-work.csv", "/rules-at-work.xlsx"):
        assert client.get(path).status_code == 403
    assert "/rules-at-work" not in client.get("/overview").text


@pytest.mark.parametrize("lang", ["ar", "el", "nb"])
def test_it_is_printed_in_each_language(web: WebApp, tenant: Tenant, lang: str):
    note(web, tenant, (90, 0.04, GENUINE), (20, 0.04, PSEUDO), (25, 0.99, PSEUDO))
    learn(web, tenant)
    html = page_of(web, tenant, f"?lang={lang}")
    assert html.count("data-vega=") == 1
