"""A rep's pages speak of his own leads alone, in their numbers too."""

from __future__ import annotations

import re

import pytest

from connector.storage import people
from tests.web.conftest import WebApp
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
