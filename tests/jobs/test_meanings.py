"""A meaning that an admin chose reaches the leads; a job that reads by the old ones commits nothing more."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from audits.model.case import Fact, LeadCase
from audits.model.lead import LeadStatus
from connector.catalog import CRMS
from connector.crm.port import Account
from connector.errors import InstallLost
from connector.jobs.context import take_lease, utc_now
from connector.jobs.meanings import keep_meanings
from connector.jobs.watch_values import note_look
from connector.settings import CRM_APPS, CrmApp
from connector.storage import cursors, installs, timeline, value_mappings, worklist
from connector.storage.installs import Install
from tests.stack import PORTAL, Stack

VALUE = "NURTURE_2"
KEY = ("hs_lead_status", VALUE)


def case_of(stack: Stack, install: Install, lead_id: str) -> LeadCase:
    with stack.context.database.read() as connection:
        return timeline.load_cases(connection, install.install_id, [lead_id], utc_now(), install.coverage)[0]


def say(stack: Stack, install: Install, meaning: str | None) -> None:
    assert keep_meanings(stack.context, install.install_id, {KEY: meaning}, utc_now())
    assert not keep_meanings(stack.context, install.install_id, {KEY: meaning}, utc_now())


def test_leads_are_read_again_by_the_meaning_that_was_chosen(stack: Stack):
    stack.control.act("add_option", PORTAL, type="contacts", property=KEY[0], value=VALUE, label="Later")
    lead_id = stack.control.create_contact(PORTAL, {"email": "a@lead.example", "hs_lead_status": VALUE})
    install = stack.install()
    stack.advance(install)
    with stack.context.database.read() as connection:
        assert value_mappings.list_known_values(connection, install.install_id)[KEY] == "Later"
        assert value_mappings.list_unmapped(connection, install.install_id)[KEY] >= 1
    assert case_of(stack, install, lead_id).lead.status is None
    say(stack, install, "discarded")
    stack.advance(install)
    assert case_of(stack, install, lead_id).lead.status is LeadStatus.DISCARDED
    with stack.context.database.read() as connection:
        assert KEY not in value_mappings.list_unmapped(connection, install.install_id)
    say(stack, install, None)
    stack.advance(install)
    assert case_of(stack, install, lead_id).lead.status is None


def test_what_the_account_defines_later_is_learned_when_a_record_shows_it(stack: Stack):
    path = "/calling/v1/dispositions"
    install = stack.install()
    stack.advance(install)
    assert stack.control.count_requests("GET", path) == 1
    stack.control.act("add_option", PORTAL, type="contacts", property=KEY[0], value=VALUE, label="Later")
    stack.control.create_contact(PORTAL, {"email": "b@lead.example", "hs_lead_status": VALUE})
    stack.settle(install)
    assert stack.control.count_requests("GET", path) == 1, "the last look was a moment ago"
    for times in (2, 2):
        with stack.context.database.write() as connection:
            note_look(connection, install.install_id, 0, utc_now() - timedelta(hours=7))
        stack.advance(install)
        assert stack.control.count_requests("GET", path) == times, "what is known is not asked for again"
    with stack.context.database.read() as connection:
        assert value_mappings.list_known_values(connection, install.install_id)[KEY] == "Later"
        assert value_mappings.list_unmapped(connection, install.install_id)[KEY] >= 1


def test_a_job_under_way_commits_nothing_more_and_the_next_begins_at_once(stack: Stack):
    install = stack.install()
    stack.advance(install)
    with stack.context.database.write() as connection:
        wake = worklist.get_wake(connection, install.install_id)
        worklist.finish_wake(
            connection, install.install_id, wake.wake_no, failures=3, not_before=utc_now(), last_error="later"
        )
        before = worklist.get_wake(connection, install.install_id)
    lease = take_lease(stack.context, install.install_id, "a job that runs")
    say(stack, install, "won")
    with pytest.raises(InstallLost), lease.commit() as connection:
        cursors.put_cursor(connection, install.install_id, "backfill", "far", 900, 1000, utc_now())
    with stack.context.database.read() as connection:
        reading = cursors.get_cursor(connection, install.install_id, "backfill")
        after = worklist.get_wake(connection, install.install_id)
    assert reading is not None
    assert (reading.cursor, reading.done, reading.finished_at) == (None, 0, None)
    assert after.wake_no == before.wake_no + 1
    assert (after.failures, after.not_before, after.last_error) == (3, before.not_before, "later")


def test_a_meaning_that_says_that_nothing_goes_on_unseen_widens_what_is_judged(stack: Stack):
    """Pipedrive shows no chats; where the admin says that there are none, their silence means something."""
    entry = CRMS["pipedrive"]
    account = Account(
        account_id="7",
        name="Seller",
        zone="UTC",
        currency=None,
        record_url_base="https://seller.pipedrive.com/",
        api_url="https://seller.pipedrive.com",
    )
    context = replace(
        stack.context, settings=replace(stack.context.settings, crm_apps={"pipedrive": pipedrive_app()})
    )
    with stack.context.database.write() as connection:
        coverage = entry.capabilities(()).coverage
        install = installs.create_or_reconnect(connection, "pipedrive", account, (), (), coverage, utc_now())
    assert install.coverage.cause(Fact.MESSAGES) is not None
    for meaning, is_seen in (("logged", True), ("unseen", False), ("logged", True), (None, False)):
        assert keep_meanings(context, install.install_id, {("messengers", "all"): meaning}, utc_now())
        with stack.context.database.read() as connection:
            now_seen = installs.get_install(connection, install.install_id).coverage
        assert (now_seen.cause(Fact.MESSAGES) is None) is is_seen, meaning


def pipedrive_app() -> CrmApp:
    auth_url, api_url = CRM_APPS["pipedrive"]
    return CrmApp(client_id="id", secrets=("secret",), auth_url=auth_url, api_url=api_url)
