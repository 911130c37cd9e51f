"""Install, webhook, audit and write-back, with Pipedrive's sandbox on the other side and real stores on ours."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from connector.adapters.pipedrive.mapping import ANY_MESSENGER, MESSENGERS
from connector.errors import InstallNotActive
from connector.jobs.uninstall import uninstall
from connector.storage import cursors, outbox, timeline, value_mappings, worklist
from connector.storage.installs import Install
from tests.conftest import DatabaseUrls
from tests.sides.pipedrive import COMPANY, PipedriveSide
from tests.stack import Stack


@pytest.fixture
def side() -> PipedriveSide:
    return PipedriveSide()


@pytest.fixture
def stack(sqlite_urls: DatabaseUrls, tmp_path: Path, side: PipedriveSide) -> Iterator[Stack]:
    with Stack(tmp_path, sqlite_urls.database_url, sqlite_urls.inbox_url, side=side) as ready:
        yield ready


def installed(stack: Stack) -> Install:
    """The company, connected, set up and read; its admin said that there are no chats beside Pipedrive."""
    install = stack.install()
    with stack.context.database.write() as connection:
        said = {(MESSENGERS.name, ANY_MESSENGER): "logged"}
        value_mappings.choose_meanings(connection, install.install_id, said, stack.context.clock())
    stack.advance(install)
    return install


def test_a_lead_is_read_judged_and_written_to_with_its_person(stack: Stack, side: PipedriveSide) -> None:
    old = side.create_lead(
        side.account, at=datetime.now(UTC) - timedelta(days=7), first_name="Ann", last_name="Old", phone="+4930555010"
    )
    install = installed(stack)
    assert stack.fields(old)["leadassay_follow_up_status"] == "never_called"
    new = side.create_lead(side.account, first_name="Bea", last_name="New", email="bea@example.com")
    stack.settle(install)
    shown = stack.fields(new)
    assert shown["leadassay_lead_verdict"]
    assert shown["leadassay_follow_up_status"] == "due"
    persons = side.control.custom_values(COMPANY, "persons")
    assert [one["Lead Assay: follow-up status"] for one in persons.values()] == ["Never called", "Due"]
    side.log_call(side.account, new)
    stack.settle(install)
    assert stack.fields(new)["leadassay_follow_up_status"] == "in_progress"
    with stack.context.database.read() as connection:
        assert cursors.get_cursor(connection, install.install_id, "backfill") is not None
    writes = len(stack.our_writes(new))
    stack.settle(install)
    assert len(stack.our_writes(new)) == writes


@pytest.mark.parametrize("has_fields", [True, False])
def test_our_own_echo_ends_the_talk(stack: Stack, side: PipedriveSide, has_fields: bool) -> None:
    side.control.settings(lead_webhooks_carry_custom_fields=has_fields)
    install = installed(stack)
    lead = side.create_lead(side.account, first_name="Eva", phone="+4930555013")
    stack.settle(install)
    assert len(stack.our_writes(lead)) == 1
    side.forget_calls()
    for _ in range(3):
        stack.settle(install)
    assert len(stack.our_writes(lead)) == 1
    read_again = [call for call in side.calls() if call.method == "GET" and lead.removeprefix("lead:") in call.path]
    assert len(read_again) == (0 if has_fields else 1)


def test_uninstalling_gives_the_grant_back(stack: Stack, side: PipedriveSide) -> None:
    install = installed(stack)
    assert side.control.hooks(COMPANY)
    uninstall(stack.context, install.install_id, "by an admin")
    assert side.control.hooks(COMPANY) == []
    with pytest.raises(InstallNotActive):
        stack.context.adapter_for(install).account()


def test_the_day_of_tokens_ends_and_audits_go_on(stack: Stack, side: PipedriveSide) -> None:
    lead = side.create_lead(side.account, first_name="Ann", phone="+4930555010")
    side.control.settings(daily_token_limit=100_000)
    install = installed(stack)
    assert stack.fields(lead)["leadassay_follow_up_status"]
    side.control.spend_tokens(COMPANY, 60_000)
    stack.context.adapter_for(install).account()
    side.control.set_values(COMPANY, "lead", lead.removeprefix("lead:"), {"title": "new"})
    side.wait_for_webhooks()
    stack.sort()
    side.forget_calls()
    stack.advance(install)
    stack.advance(install)
    assert [call for call in side.calls() if not call.is_oauth] == []
    with stack.context.database.read() as connection:
        wake = worklist.get_wake(connection, install.install_id)
    assert wake.not_before is not None
    assert "60 % of all stay for the account's other tools" in wake.last_error
    assert wake.failures == 0


def test_the_past_leaves_half_of_our_part_to_what_is_new(stack: Stack, side: PipedriveSide) -> None:
    side.create_lead(side.account, at=datetime.now(UTC) - timedelta(days=2), first_name="Old")
    side.control.settings(daily_token_limit=10_000)
    side.control.spend_tokens(COMPANY, 2_100)
    install = stack.install()
    stack.context.adapter_for(install).account()
    stack.advance(install)
    with stack.context.database.read() as connection:
        wake = worklist.get_wake(connection, install.install_id)
        past = cursors.get_cursor(connection, install.install_id, "backfill")
        poll = cursors.get_cursor(connection, install.install_id, "reconcile")
    assert past is not None
    assert past.finished_at is None
    assert poll is not None
    assert "reading the past goes on tomorrow" in wake.last_error
    assert wake.not_before is not None
    assert wake.not_before - stack.context.clock() < timedelta(seconds=31)
    new = side.create_lead(side.account, first_name="New", phone="+4930555012")
    stack.settle(install)
    assert stack.fields(new)["leadassay_follow_up_status"]


def test_a_lead_that_becomes_a_deal_keeps_one_timeline(stack: Stack, side: PipedriveSide) -> None:
    arrived = datetime.now(UTC) - timedelta(hours=3)
    lead = side.create_lead(side.account, at=arrived, first_name="Cid", phone="+4930555011")
    install = installed(stack)
    side.log_call(side.account, lead)
    stack.settle(install)
    deal = side.control.act("convert", COMPANY, id=lead.removeprefix("lead:"))
    stack.settle(install)
    with stack.context.database.read() as connection:
        cases = timeline.load_cases(
            connection, install.install_id, [f"deal:{deal['id']}", lead], stack.context.clock(), install.coverage
        )
    (case,) = cases
    assert case.lead.lead_id == f"deal:{deal['id']}"
    assert abs((case.lead.received_at - arrived).total_seconds()) <= 1
    assert len(case.activities) == 1
    assert stack.fields(case.lead.lead_id)["leadassay_follow_up_status"] == "in_progress"


def test_an_archived_lead_gets_its_values_when_it_is_brought_back(stack: Stack, side: PipedriveSide) -> None:
    lead = side.create_lead(side.account, first_name="Dora", last_name="Back", phone="+4930555012")
    install = installed(stack)
    assert stack.fields(lead)["leadassay_follow_up_status"] == "due"
    record_id = lead.removeprefix("lead:")
    side.control.act("archive", COMPANY, kind="lead", id=record_id)
    side.forget_calls()
    stack.settle(install)
    assert stack.fields(lead)["leadassay_follow_up_status"] == "due"
    persons = side.control.custom_values(COMPANY, "persons")
    assert [one["Lead Assay: follow-up status"] for one in persons.values()] == ["Closed"]
    assert [call.path for call in side.calls() if call.method == "PATCH" and "/leads/" in call.path] == []
    with stack.context.database.read() as connection:
        assert sum(outbox.count_outbox(connection, install.install_id).values()) == 0
    side.log_call(side.account, lead)
    side.control.act("archive", COMPANY, kind="lead", id=record_id, is_archived=False)
    stack.settle(install)
    assert stack.fields(lead)["leadassay_follow_up_status"] == "in_progress"
