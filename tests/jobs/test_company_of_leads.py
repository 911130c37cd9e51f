"""A call on one lead may change what is said of another: both are judged, and the pages see it."""

from __future__ import annotations

from connector.storage import findings
from connector.storage.installs import Install
from tests.stack import PORTAL, Stack

OWNER = {"hubspot_owner_id": "77"}


def reasons(stack: Stack, install: Install, lead_ids: list[str]) -> list[str]:
    """What AG002 says of each of these leads now."""
    with stack.context.database.read() as connection:
        return [
            next(
                stored.finding.reason
                for stored in findings.list_findings(connection, install.install_id, lead_id, only_current=True)
                if stored.finding.rule_id == "AG002"
            )
            for lead_id in lead_ids
        ]


def test_the_fourth_call_in_a_minute_takes_the_count_of_all_four(stack: Stack) -> None:
    install = stack.install()
    stack.advance(install)
    leads = [
        stack.control.create_contact(PORTAL, {"firstname": "Lena", "email": f"lena{number}@bau.example", **OWNER})
        for number in range(4)
    ]
    for lead_id in leads[:3]:
        stack.control.log_call(PORTAL, lead_id, OWNER)
    stack.settle(install)
    assert reasons(stack, install, leads) == ["all_counted", "all_counted", "all_counted", "no_calls"]
    stack.control.log_call(PORTAL, leads[3], OWNER)
    stack.settle(install)
    assert reasons(stack, install, leads) == ["not_counted"] * 4
