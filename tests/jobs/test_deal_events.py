"""What a webhook says of a deal reaches all its contacts, also when the deal is gone."""

from __future__ import annotations

from collections.abc import Mapping

import requests

from connector.storage import timeline
from connector.storage.installs import Install
from tests.jobs.oracle import body_of, contact, count, event, post, ready
from tests.stack import PORTAL, Stack

DEALS = "/crm/objects/2026-03/deals"


def called(stack: Stack, method: str, path: str, sent: object) -> Mapping[str, object]:
    """What another program of the account does."""
    token = str(stack.control.install(PORTAL)["access_token"])
    answer = requests.request(
        method,
        f"{stack.control.base_url}{path}",
        json=sent,
        headers={"Authorization": f"Bearer {token}"},
        timeout=10,
    )
    answer.raise_for_status()
    return answer.json() if answer.content else {}


def stages(stack: Stack, install: Install, lead_id: str) -> list[str]:
    with stack.context.database.read() as connection:
        (case,) = timeline.load_cases(
            connection, install.install_id, [lead_id], stack.context.clock(), install.coverage
        )
    return [deal.stage for deal in case.deals]


def test_a_deal_that_changes_is_read_for_all_its_contacts(stack: Stack) -> None:
    install = ready(stack)
    first, second = contact(stack), contact(stack)
    deal = str(called(stack, "POST", DEALS, {"properties": {"dealname": "D", "dealstage": "offer"}})["id"])
    for one in (first, second):
        called(stack, "PUT", f"{DEALS}/{deal}/associations/default/contacts/{one}", None)
    stack.settle(install)
    stack.control.settings(webhooks_on=False)
    assert stages(stack, install, first) == stages(stack, install, second) == ["offer"]
    called(stack, "PATCH", f"{DEALS}/{deal}", {"properties": {"dealstage": "signed"}})
    assert post(stack, body_of([event(deal, "object.propertyChange", objectTypeId="0-3")])) == 204
    stack.settle(install)
    assert stages(stack, install, first) == stages(stack, install, second) == ["signed"]
    called(stack, "DELETE", f"{DEALS}/{deal}", None)
    assert post(stack, body_of([event(deal, "object.deletion", objectTypeId="0-3")])) == 204
    stack.settle(install)
    assert stages(stack, install, first) == stages(stack, install, second) == []
    assert count(stack, "SELECT COUNT(*) FROM deal_contacts WHERE missing_since IS NULL") == 0
