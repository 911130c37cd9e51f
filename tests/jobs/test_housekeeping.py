"""What may go goes, what must not be lost by a kill is not, and a reader that crashes stops nobody else."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection

from connector.adapters.hubspot.events import parse_delivery
from connector.crm.port import CrmEvent, Delivery
from connector.errors import InstallLost
from connector.jobs import pump
from connector.jobs.context import JobContext, Lease, take_lease
from connector.jobs.install_setup import set_up
from connector.jobs.purge import DELIVERIES_KEPT, EVENTS_KEPT, purge_done, purge_due
from connector.jobs.uninstall import end_install
from connector.storage.policies import policy_as_of
from connector.storage.tables import metadata
from tests.jobs.oracle import body_of, contact, count, event, post, ready, rows
from tests.stack import OTHER_PORTAL, PORTAL, Stack


def later(stack: Stack, span: timedelta) -> JobContext:
    return replace(stack.context, clock=lambda: stack.context.clock() + span)


def test_deliveries_and_events_go_when_their_time_has_passed(stack: Stack):
    install = ready(stack)
    contact(stack)
    stack.settle(install)
    assert post(stack, b"not JSON") == 204
    inbox = "SELECT COUNT(*) FROM inbox"
    [[deliveries]] = rows(stack.settings.inbox_url, inbox)
    events = count(stack, "SELECT COUNT(*) FROM events")
    assert deliveries > 1
    assert events > 0
    assert purge_done(later(stack, DELIVERIES_KEPT - timedelta(minutes=5))) == 0
    assert purge_done(later(stack, DELIVERIES_KEPT + timedelta(minutes=5))) == deliveries - 1
    # What was never worked off stays.
    assert rows(stack.settings.inbox_url, inbox) == [(1,)]
    assert count(stack, "SELECT COUNT(*) FROM events") == events
    assert purge_done(later(stack, EVENTS_KEPT + timedelta(minutes=5))) == events


def test_texts_of_messages_go_when_the_policy_says(stack: Stack):
    install = ready(stack)
    properties = {"hs_email_direction": "EMAIL", "hs_email_subject": "Offer", "hs_email_text": "Zwitscherware"}
    stack.control.act("log", PORTAL, type="emails", contact_id=contact(stack), properties=properties)
    stack.settle(install)
    kept = "SELECT COUNT(*) FROM activities WHERE text IS NOT NULL AND subject IS NOT NULL"
    assert count(stack, kept) == 1
    with stack.context.database.read() as connection:
        days = policy_as_of(connection, install.install_id, stack.context.clock()).keep_text_days
    purge_done(later(stack, timedelta(days=days, minutes=-5)))
    assert count(stack, kept) == 1
    purge_done(later(stack, timedelta(days=days, minutes=5)))
    assert count(stack, kept) == 0
    assert count(stack, "SELECT COUNT(*) FROM activities WHERE is_text_wiped") == 1
    for path in Path(stack.settings.data_dir).glob("leadassay.sqlite*"):
        assert b"Zwitscherware" not in path.read_bytes(), path


def test_a_tenant_is_purged_with_its_deliveries_and_no_other_is_touched(stack: Stack):
    leaving, staying = ready(stack), ready(stack, OTHER_PORTAL)
    stack.control.create_contact(PORTAL, {"lastname": "Kanarimann", "email": "kanari@zwitscher.example"})
    contact(stack, OTHER_PORTAL)
    stack.settle(leaving)
    stack.settle(staying)
    purge_at = end_install(stack.context, leaving.install_id, "left")
    assert purge_due(later(stack, timedelta(days=stack.settings.purge_after_days - 1))) == 0
    assert purge_at > stack.context.clock()
    assert purge_due(later(stack, timedelta(days=stack.settings.purge_after_days + 1))) == 1
    for table in metadata.sorted_tables:
        if "install_id" in table.c:
            query = f'SELECT COUNT(*) FROM "{table.name}" WHERE install_id = :install'
            assert count(stack, query, install=leaving.install_id) == 0, table.name
    assert count(stack, "SELECT COUNT(*) FROM leads WHERE install_id = :install", install=staying.install_id) == 1
    bodies = b"".join(bytes(body) for (body,) in rows(stack.settings.inbox_url, "SELECT body FROM inbox"))
    assert b"zwitscher" not in bodies
    assert str(PORTAL).encode() not in bodies
    assert str(OTHER_PORTAL).encode() in bodies
    for path in Path(stack.settings.data_dir).glob("*.sqlite*"):
        assert b"zwitscher" not in path.read_bytes(), path


def test_a_reader_that_crashes_parks_its_delivery_and_the_others_go_on(stack: Stack):
    install = ready(stack)
    stack.control.settings(webhooks_on=False)
    lead = contact(stack)
    poison = event(lead, propertyName="poison")
    assert post(stack, body_of([poison])) == 204
    assert post(stack, body_of([event(lead)])) == 204

    def parse(delivery: Delivery) -> tuple[CrmEvent, ...]:
        if b"poison" in delivery.body:
            raise KeyError("a fault of ours")
        return parse_delivery(delivery)

    for _ in range(7):
        pump.sort_deliveries(stack.context, {"hubspot": parse})
    stack.advance(install)
    assert len(stack.our_writes(lead)) == 1
    assert rows(stack.settings.inbox_url, "SELECT status, attempts FROM inbox ORDER BY inbox_id") == [
        ("parked", 5),
        ("done", 0),
    ]


class OneCommit(Lease):
    """A lease that is lost after its first commit, as when the worker is killed there."""

    @contextmanager
    def commit(self) -> Iterator[Connection]:
        if count_of_commits(self):
            raise InstallLost("killed")
        with super().commit() as connection:
            yield connection


def count_of_commits(lease: Lease) -> int:
    with lease.context.database.read() as connection:
        return int(connection.exec_driver_sql("SELECT COUNT(*) FROM cursors").scalar_one())


def test_a_kill_after_the_set_up_does_not_lose_the_past(stack: Stack):
    old = contact(stack)
    install = stack.install()
    lease = take_lease(stack.context, install.install_id, "test")
    killed = OneCommit(stack.context, install.install_id, lease.fence)
    try:
        set_up(killed, stack.context.adapter_for(install))
    except InstallLost:
        pytest.fail("the set-up takes more than one commit: a kill between two of them would leave half of it")
    stack.advance(install)
    assert len(stack.our_writes(old)) == 1
