"""/duplicates: persons with their leads, who sells whose leads again, and the word of a head of sales."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

from connector.crm.port import LeadRecord
from tests.factories import make_lead
from tests.web.conftest import WebApp, post
from tests.web.seed import NOW, Tenant, store_and_audit

ANNA = {"first_name": "Anna", "last_name": "Berg", "phone": "+47 912 34 567", "email": "anna.berg@fjordpost.no"}


def stored(web: WebApp, tenant: Tenant) -> None:
    """Anna three times, from two sources and a slip apart; her brother at the same number; and somebody else."""
    leads: list[tuple[str, int, dict[str, Any]]] = [
        ("a1", 20, {**ANNA, "source": "Portal"}),
        ("a2", 10, {**ANNA, "phone": "+47 912 34 568", "email": "anna@firma.no", "source": "Agency <b>"}),
        ("a3", 5, {**ANNA, "source": None}),
        ("p1", 4, {**ANNA, "first_name": "Per", "email": "per@firma.no", "source": "Portal"}),
    ]
    records = []
    for lead_id, days, fields in leads:
        received_at = NOW - timedelta(days=days)
        owner_id = tenant.rep_owner_id if lead_id == "a2" else None
        lead = make_lead(lead_id, received_at=received_at, **{"owner_id": owner_id, **fields})
        records.append(LeadRecord(lead=lead))
    store_and_audit(web.context, tenant.install_id, records)


def block_of_anna(page: str) -> str:
    (block,) = re.findall(r'<section class="panel" aria-labelledby="p-\d+">.*?</section>', page, re.DOTALL)
    return block


def test_a_person_stands_with_leads_sources_and_what_they_share(web: WebApp, tenant: Tenant):
    client = web.signed_in(tenant, tenant.head_id)
    before = client.get("/duplicates?first=Portal").text
    assert "Nobody came so." in before
    stored(web, tenant)
    page = client.get("/duplicates?first=Portal").text
    block = block_of_anna(page)
    assert [each for each in ("a1", "a2", "a3", "p1") if f'href="/leads/{each}"' in block] == ["a1", "a2", "a3"]
    assert "3 leads" in block
    assert "Phone: nearly the same" in block
    assert "shares number or address with" in block
    assert "Agency &lt;b&gt;" in page
    # The table counts who came from the portal first, and leads to the persons of one pair.
    pair = "/duplicates?first=Portal&amp;later=Agency+%3Cb%3E"
    assert f'href="{pair}"' in page
    assert 'href="/leads/a2"' in client.get(pair.replace("&amp;", "&")).text
    assert 'href="/leads/a2"' not in client.get("/duplicates?first=Portal&later=Nowhere").text
    assert 'href="/leads/a2"' not in client.get("/duplicates?first=-").text
    # Nobody came again in the last seven days from the agency.
    assert 'href="/leads/a2"' not in client.get("/duplicates?days=7&later=Agency+%3Cb%3E").text


def test_pages_follow_one_another(web: WebApp, tenant: Tenant):
    records = []
    for number in range(43):
        for again in (0, 1):
            lead = make_lead(
                f"m{number}-{again}",
                received_at=NOW - timedelta(days=3, minutes=2 * number + again),
                first_name="Odd",
                last_name="Moe",
                email=f"odd{number}@x.example",
                source="Fair",
            )
            records.append(LeadRecord(lead=lead))
    store_and_audit(web.context, tenant.install_id, records)
    client = web.signed_in(tenant, tenant.head_id)
    first = client.get("/duplicates?first=Fair").text
    assert "1 to 20 of 43" in first
    assert 'href="/duplicates?first=Fair&amp;page=2"' in first
    assert 'rel="prev"' not in first
    last = client.get("/duplicates?first=Fair&page=3").text
    assert "41 to 43 of 43" in last
    assert 'rel="next"' not in last
    assert "Nobody came so." in client.get("/duplicates?first=Fair&page=9").text


def test_the_lead_says_where_it_was_seen_before(web: WebApp, tenant: Tenant):
    stored(web, tenant)
    page = web.signed_in(tenant, tenant.head_id).get("/leads/a3").text
    seen = page.partition('aria-labelledby="seen"')[2].partition("</section>")[0]
    assert ('href="/leads/a1"' in seen, 'href="/leads/a2"' in seen) == (True, True)
    assert "seen before" in seen
    assert "another person: people of different names share a number" in seen
    # A rep is told that there are others, and not who they are.
    own = web.signed_in(tenant, tenant.rep_id).get("/leads/a2").text
    seen = own.partition('aria-labelledby="seen"')[2].partition("</section>")[0]
    assert "likely the same person" in seen
    assert "/leads/a1" not in seen
    assert "Anna" not in seen


def test_a_head_of_sales_tells_two_apart_and_takes_it_back(web: WebApp, tenant: Tenant):
    stored(web, tenant)
    client = web.signed_in(tenant, tenant.head_id)
    form = {"other": "a1", "first": "Portal", "days": "90"}
    answer = post(client, "/leads/a2/persons", {**form, "do": "apart"}, form_on="/duplicates")
    assert answer.headers["Location"] == "/duplicates?first=Portal&note=told-apart"
    page = client.get("/duplicates?first=Portal").text
    assert 'href="/leads/a2"' not in block_of_anna(page)
    assert "Said to be two persons" in page
    again = post(client, "/leads/a1/persons", {"other": "a2", "do": "apart"}, form_on="/duplicates")
    assert again.headers["Location"].endswith("note=persons-not")
    back = post(client, "/leads/a1/persons", {"other": "a2", "do": "together"}, form_on="/duplicates")
    assert back.headers["Location"].endswith("note=taken-together")
    page = client.get("/duplicates?first=Portal").text
    assert 'href="/leads/a2"' in block_of_anna(page)
    assert "Said to be two persons" not in page
    assert post(client, "/leads/a1/persons", {"other": "a2", "do": "x"}, form_on="/duplicates").status_code == 400
    assert post(client, "/leads/no/persons", {"other": "a2", "do": "apart"}, form_on="/duplicates").status_code == 404


def test_a_rep_has_no_such_page(web: WebApp, tenant: Tenant):
    stored(web, tenant)
    client = web.signed_in(tenant, tenant.rep_id)
    assert client.get("/duplicates").status_code == 403
    answer = post(client, "/leads/a2/persons", {"other": "a1", "do": "apart"}, form_on="/my")
    assert answer.status_code == 403
