"""A job does nothing for a tenant that it was not made for; equal ids of two accounts never mix."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from connector.errors import InstallLost, InstallNotActive, UnknownInstall
from connector.jobs import advance
from connector.jobs.apply_outbox import apply_outbox
from connector.jobs.audit_leads import audit_leads
from connector.jobs.context import Lease, take_lease
from connector.jobs.uninstall import end_install
from connector.storage import findings, timeline
from connector.storage.tables import metadata
from tests.jobs.oracle import contact, count, live, ready, rows
from tests.stack import OTHER_PORTAL, PORTAL, Stack

TENANT_TABLES = sorted(table.name for table in metadata.sorted_tables if "install_id" in table.c)


def snapshot(stack: Stack, install_id: str) -> dict[str, list[tuple[object, ...]]]:
    """All rows of a tenant in every table."""
    return {
        name: sorted(
            rows(
                stack.settings.database_url, f'SELECT * FROM "{name}" WHERE install_id = :install', install=install_id
            ),
            key=repr,
        )
        for name in TENANT_TABLES
    }


def test_a_job_of_an_unknown_tenant_ends_without_a_trace(stack: Stack):
    install = ready(stack)
    before = snapshot(stack, install.install_id)
    for foreign in ("", "nobody", install.install_id + "0", install.install_id.upper() + "X"):
        stack.control.clear_requests()
        advance.advance(stack.context, foreign, f"advance:{foreign}:0")
        assert stack.control.requests_made() == []
        assert count(stack, "SELECT COUNT(*) FROM wakes WHERE install_id = :install", install=foreign) == 0
        with pytest.raises(UnknownInstall):
            take_lease(stack.context, foreign, "test")
    assert snapshot(stack, install.install_id) == before


def test_a_lease_holds_for_its_own_tenant_alone(stack: Stack):
    ours, theirs = ready(stack), ready(stack, OTHER_PORTAL)
    lease = take_lease(stack.context, ours.install_id, "test")
    for fence in (lease.fence, lease.fence - 1, lease.fence + 1, 0):
        forged = Lease(stack.context, theirs.install_id, fence + 1_000)
        with pytest.raises(InstallLost), forged.commit():
            raise AssertionError("the block must not be entered")
    with pytest.raises(InstallNotActive), Lease(stack.context, "nobody", lease.fence).commit():
        raise AssertionError("the block must not be entered")
    end_install(stack.context, theirs.install_id, "left")
    with pytest.raises(InstallNotActive):
        take_lease(stack.context, theirs.install_id, "test")


def test_a_job_cannot_judge_or_write_leads_of_another_tenant(stack: Stack):
    ours, theirs = ready(stack), ready(stack, OTHER_PORTAL)
    contact(stack, OTHER_PORTAL, lastname="Nebenan")
    foreign = contact(stack, OTHER_PORTAL, lastname="Nebenan")
    stack.settle(theirs)
    before = snapshot(stack, theirs.install_id)
    lease = take_lease(stack.context, ours.install_id, "test")
    assert audit_leads(lease, [foreign]) == 0
    assert not apply_outbox(lease, stack.context.adapter_for(ours))
    with stack.context.database.read() as connection:
        assert findings.list_findings(connection, ours.install_id, foreign) == []
        assert findings.get_audit(connection, ours.install_id, foreign) is None
    with lease.commit() as connection:
        assert timeline.mark_gone(connection, ours.install_id, [foreign], stack.context.clock()) == frozenset()
        timeline.forget(connection, ours.install_id, [foreign], stack.context.clock())
    assert snapshot(stack, theirs.install_id) == before


def test_two_accounts_with_equal_record_ids_never_mix(stack: Stack):
    ours, theirs = ready(stack), ready(stack, OTHER_PORTAL)
    mine = [contact(stack, lastname="Hier", phone="+4930111111") for _ in range(3)]
    other = [contact(stack, OTHER_PORTAL, lastname="Dort", phone="+4930111111") for _ in range(3)]
    assert mine == other
    stack.control.log_call(PORTAL, mine[0])
    stack.settle(ours)
    stack.advance(theirs)
    names = rows(stack.settings.database_url, "SELECT DISTINCT install_id, last_name FROM leads")
    assert set(names) == {(ours.install_id, "Hier"), (theirs.install_id, "Dort")}
    called = rows(stack.settings.database_url, "SELECT install_id, lead_id FROM lead_audits WHERE attempts_calls = 1")
    assert called == [(ours.install_id, mine[0])]
    assert live(stack, ours) == live(stack, theirs) == set(mine)
    before = snapshot(stack, theirs.install_id)
    stack.control.act("delete", PORTAL, type="contacts", id=mine[1])
    stack.control.act("gdpr_delete", PORTAL, type="contacts", id=mine[2])
    stack.control.log_call(PORTAL, mine[0])
    stack.settle(ours)
    assert live(stack, ours) == {mine[0]}
    assert snapshot(stack, theirs.install_id) == before
    by_account = {
        int(str(write["portalId"])) for write in stack.control.writes(door="api", action="update", objectId=mine[0])
    }
    assert by_account == {PORTAL, OTHER_PORTAL}
    for portal, name in ((PORTAL, "Hier"), (OTHER_PORTAL, "Dort")):
        [lastname] = {record["properties"]["lastname"] for record in stack.control.records(portal)}
        assert lastname == name


def test_every_key_of_a_tenants_table_begins_with_the_tenant():
    apart = {"oauth_states", "web_sessions", "login_links"}  # found by a secret of their own
    for table in metadata.sorted_tables:
        if "install_id" in table.c and table.name not in apart:
            first = next(iter(table.primary_key.columns))
            assert first.name == "install_id", table.name
            assert isinstance(first, sa.Column)
