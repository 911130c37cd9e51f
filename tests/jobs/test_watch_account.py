"""Once a day: who works in the account, and which fields it has."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from connector.jobs.context import take_lease
from connector.jobs.watch_account import LOOK_EVERY, watch_account
from connector.storage import field_roles, people
from connector.storage.tables import dirty_leads
from tests.conftest import DatabaseUrls
from tests.sides.hubspot import HubSpotSide
from tests.stack import Clock, Stack


@pytest.fixture
def clock() -> Clock:
    return Clock(datetime.now(UTC))


@pytest.fixture
def stack(sqlite_urls: DatabaseUrls, tmp_path: Path, clock: Clock) -> Iterator[Stack]:
    with Stack(tmp_path, sqlite_urls.database_url, sqlite_urls.inbox_url, clock=clock, side=HubSpotSide()) as made:
        yield made


def test_somebody_who_left_is_seen_the_next_day_and_his_leads_are_judged_anew(stack: Stack, clock: Clock) -> None:
    install = stack.install()
    stack.settle(install)
    lease = take_lease(stack.context, install.install_id, "test")
    adapter = stack.context.adapter_for(install)
    with stack.context.database.read() as connection:
        gone, stays, *_ = people.list_owners(connection, install.install_id)
        assert field_roles.list_known_fields(connection, install.install_id)
    held = stack.side.create_lead(stack.side.account, email="a@x.example")
    other = stack.side.create_lead(stack.side.account, email="b@x.example")
    for lead_id, owner in ((held, gone), (other, stays)):
        stack.control.set_properties(int(stack.side.account), lead_id, {"hubspot_owner_id": owner.owner_id})
    clock.forward(seconds=5)
    stack.settle(install)
    assert not watch_account(lease, adapter), "set up a moment ago"
    # As the account stood the last time: the other way round from now, for one of the two.
    with stack.context.database.write() as connection:
        listed = [
            replace(owner, is_archived=not owner.is_archived) if owner == gone else owner
            for owner in people.list_owners(connection, install.install_id)
        ]
        people.replace_owners(connection, install.install_id, listed)
        field_roles.replace_known_fields(connection, install.install_id, ())
    clock.forward(seconds=LOOK_EVERY.total_seconds())
    lease = take_lease(stack.context, install.install_id, "test")
    assert watch_account(lease, adapter)
    assert not watch_account(lease, adapter)
    with stack.context.database.read() as connection:
        seen = {owner.owner_id: owner.is_archived for owner in people.list_owners(connection, install.install_id)}
        due = connection.execute(sa.select(dirty_leads.c.lead_id)).scalars().all()
        assert field_roles.list_known_fields(connection, install.install_id)
    assert seen[gone.owner_id] is gone.is_archived
    assert held in due
    assert other not in due
