"""A rep's pages speak of his own leads alone, in their numbers too."""

from __future__ import annotations

import re

import pytest

from connector.storage import people
from connector.web.access import Access
from tests.web.conftest import WebApp, csrf_of
from tests.web.routes import ROUTES
from tests.web.seed import Tenant, seed_tenant
from tests.web.test_numbers import numbers_of


@pytest.fixture
def tenant(web: WebApp) -> Tenant:
    return seed_tenant(web.context, leads=60)


@pytest.mark.parametrize("path", ["/overview", "/overview?days=90", "/neglected", "/owners?days=90"])
def test_every_number_a_rep_is_shown_equals_his_own_rows(web: WebApp, tenant: Tenant, path: str):
    rep, head = web.signed_in(tenant, tenant.rep_id), web.signed_in(tenant, tenant.head_id)
    numbers = dict(numbers_of(rep.get(path).text))
    assert numbers
    assert numbers != dict(numbers_of(head.get(path).text))
    for href, count in numbers.items():
        rows = rep.get(href, headers={"HX-Request": "true", "HX-Target": "rows"}).text
        shown = re.search(r"([\d,]+) leads?\b", rows)
        assert (int(shown.group(1)) if shown else 0) == count, href


def test_a_rep_sees_no_line_of_a_colleague(web: WebApp, tenant: Tenant):
    with web.database.read() as connection:
        owners = people.list_owners(connection, tenant.install_id)
    [own] = [owner.name for owner in owners if owner.owner_id == tenant.rep_owner_id]
    others = [owner.name for owner in owners if owner.owner_id != tenant.rep_owner_id]
    rep, head = web.signed_in(tenant, tenant.rep_id), web.signed_in(tenant, tenant.head_id)
    for path in ("/owners", "/owners.csv", "/neglected", "/neglected.csv", "/leads", "/leads.csv", "/overview"):
        shown = rep.get(path, buffered=True).text
        assert not [name for name in others if name in shown], path
    assert own in rep.get("/owners.csv", buffered=True).text
    assert [name for name in others if name in head.get("/owners.csv", buffered=True).text]


@pytest.mark.parametrize("rank", [Access.SIGNED_IN, Access.MANAGER])
def test_a_form_with_its_token_does_not_lift_anybody_above_his_role(web: WebApp, tenant: Tenant, rank: Access):
    user_id = {Access.SIGNED_IN: tenant.rep_id, Access.MANAGER: tenant.head_id}[rank]
    client = web.signed_in(tenant, user_id)
    token = csrf_of(client, "/overview")
    above = [route for route in ROUTES if route.method == "POST" and route.access is not None and route.access > rank]
    assert above
    for route in above:
        path = route.example.format(
            lead_id=tenant.lead_ids[0],
            user_id=user_id,
            owner_id=tenant.rep_owner_id,
            contract=f"contract-{tenant.install_id}",
        )
        data = {"csrf_token": token, "do": "role", "role": "admin", "confirm": tenant.install.account_name}
        assert client.post(path, data=data).status_code == 403, route
    with web.database.read() as connection:
        user = people.find_user(connection, tenant.install_id, user_id)
    assert user is not None
    assert user.role is not people.Role.ADMIN


def test_the_bar_of_a_rep_holds_no_page_that_is_closed_to_him(web: WebApp, tenant: Tenant) -> None:
    client = web.signed_in(tenant, tenant.rep_id)
    bar = re.search(r'<nav class="nav-main".*?</nav>', client.get("/overview").text, re.DOTALL)
    assert bar is not None
    hrefs = re.findall(r'href="([^"]+)"', bar.group())
    assert {"/leads", "/repairs", "/rulebook"} <= set(hrefs)
    assert not {"/duplicates", "/report", "/contests", "/rules-at-work", "/sync", "/settings"} & set(hrefs)
    assert all(client.get(href).status_code == 200 for href in hrefs)
    # Of the rules he sees one page alone: no menu for it.
    assert re.findall(r"<summary[^>]*>([A-Z][a-z]+)", bar.group()) == ["Leads", "Analysis"]
