"""A CRM that refuses, stalls, loses answers, takes records and grants away: what we write, and what we never write.

The witness is the sandbox's own log of writes.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

import requests

from connector.jobs import pump
from connector.jobs.uninstall import uninstall
from connector.storage import worklist
from connector.storage.installs import Install
from tests.jobs.oracle import audited_at, body_of, contact, count, event, live, poll, post, ready, rows
from tests.stack import OTHER_PORTAL, PORTAL, Stack

READ = "/crm/objects/*/contacts/batch/read"
UPDATE = "/crm/objects/*/contacts/batch/update"


@contextmanager
def held(stack: Stack, install: Install, path: str, stage: str) -> Iterator[None]:
    """While the install's job is held by the CRM at `path`; afterwards the job has ended."""
    stack.sort()
    rule = stack.control.misbehave("hold", path=path, stage=stage)
    job = threading.Thread(target=stack.advance, args=(install,))
    job.start()
    try:
        stack.control.wait_held(rule)
        yield
    finally:
        stack.control.release(rule)
        job.join(30)
    assert not job.is_alive()


def waits_until(stack: Stack, install: Install) -> datetime | None:
    with stack.context.database.read() as connection:
        return worklist.get_wake(connection, install.install_id).not_before


def written(stack: Stack, lead: str) -> list[object]:
    """The values of our fields in each write to `lead`."""
    return [write["properties"] for write in stack.our_writes(lead)]


def test_a_429_is_waited_for_and_not_stormed(stack: Stack):
    install = ready(stack)
    lead = contact(stack)
    stack.control.wait_for_webhooks()
    stack.control.misbehave("rate_limit", path=READ, retry_after_s=1)
    stack.control.clear_requests()
    stack.settle(install)
    made = [
        one for one in stack.control.requests_made(method="POST") if str(one["path"]).endswith("contacts/batch/read")
    ]
    assert [one["status"] for one in made[:2]] == [429, 200]
    gap = datetime.fromisoformat(str(made[1]["ts"])) - datetime.fromisoformat(str(made[0]["ts"]))
    assert gap >= timedelta(seconds=0.95)
    assert len(stack.our_writes(lead)) == 1


def test_a_long_429_puts_its_account_to_rest_and_no_other(stack: Stack):
    ours, theirs = ready(stack), ready(stack, OTHER_PORTAL)
    contact(stack)
    other = contact(stack, OTHER_PORTAL)
    stack.control.wait_for_webhooks()
    stack.sort()
    stack.control.misbehave("rate_limit", path=READ, retry_after_s=600)
    stack.control.clear_requests()
    stack.advance(ours)
    rests_until = waits_until(stack, ours)
    assert rests_until is not None
    assert rests_until > stack.context.clock() + timedelta(seconds=500)
    assert stack.control.count_requests("POST", "/crm/objects/2026-03/contacts/batch/read") == 1
    asked: list[str] = []
    pump.wake_installs(stack.context, lambda install_id, _: asked.append(install_id), with_polls=True)
    assert asked == [theirs.install_id]
    stack.advance(theirs)
    assert stack.fields(other, OTHER_PORTAL)["leadassay_audit_note"]


def test_an_answer_cut_after_the_write_leads_to_an_equal_write(stack: Stack):
    install = ready(stack)
    lead = contact(stack)
    stack.control.wait_for_webhooks()
    stack.control.misbehave("cut", path=UPDATE)
    stack.settle(install)
    assert len(written(stack, lead)) == 1
    assert waits_until(stack, install) is not None
    assert count(stack, "SELECT COUNT(*) FROM written_values") == 0
    stack.advance(install)
    first, second = written(stack, lead)
    assert first == second
    assert count(stack, "SELECT COUNT(*) FROM outbox") == 0
    stack.advance(install)
    assert len(written(stack, lead)) == 2


def test_of_a_batch_the_sound_records_are_written_and_the_refused_one_is_parked(stack: Stack):
    for is_partial in (True, False):
        stack.control.settings(partial_on_invalid=is_partial)
        install = ready(stack)
        _refuse_verdict(stack, "pseudo")
        refused = contact(stack, firstname="Test", lastname="Test", phone="", email="test@mailinator.com")
        sound = [contact(stack) for _ in range(4)]
        stack.settle(install)
        assert all(stack.fields(lead)["leadassay_audit_note"] for lead in sound)
        assert stack.fields(refused)["leadassay_audit_note"] == ""
        [(status, attempts, complaint)] = rows(
            stack.settings.database_url, "SELECT status, attempts, complaint FROM outbox"
        )
        assert (status, attempts) == ("pending", 1)
        assert complaint
        for _ in range(6):
            _retry_now(stack)
            stack.advance(install)
        assert rows(stack.settings.database_url, "SELECT status, attempts FROM outbox") == [("parked", 5)]
        assert [len(stack.our_writes(lead)) for lead in sound] == [1, 1, 1, 1]
        stack.control.act("delete", PORTAL, type="contacts", id=refused)
        stack.settle(install)
        assert count(stack, "SELECT COUNT(*) FROM outbox") == 0


def _refuse_verdict(stack: Stack, value: str) -> None:
    """An admin takes a choice out of our verdict field."""
    token = stack.control.install(PORTAL)["access_token"]
    url = f"{stack.sandbox.base_url}/crm/properties/2026-03/contacts/leadassay_lead_verdict"
    headers = {"Authorization": f"Bearer {token}"}
    options = requests.get(url, headers=headers, timeout=5).json()["options"]
    left = [option for option in options if option["value"] != value]
    assert len(left) < len(options), [option["value"] for option in options]
    assert requests.patch(url, headers=headers, json={"options": left}, timeout=5).ok


def _retry_now(stack: Stack) -> None:
    with stack.context.database.write() as connection:
        connection.exec_driver_sql("UPDATE outbox SET retry_at = NULL")


def test_a_record_deleted_before_its_write_is_closed_and_not_made_again(stack: Stack):
    install = ready(stack)
    lead, other = contact(stack), contact(stack)
    stack.control.wait_for_webhooks()
    with held(stack, install, UPDATE, "before"):
        stack.control.act("delete", PORTAL, type="contacts", id=lead)
    assert live(stack, install) == {other}
    assert count(stack, "SELECT COUNT(*) FROM outbox") == 0
    assert rows(
        stack.settings.database_url, "SELECT follow_up_status FROM lead_audits WHERE lead_id = :lead", lead=lead
    ) == [("closed",)]
    stack.settle(install)
    poll(stack, install)
    assert [str(record["id"]) for record in stack.control.records(PORTAL)] == [other]
    assert stack.control.writes(door="api", action="create", objectType="contacts") == []
    assert len(stack.our_writes(other)) == 1


def test_a_record_merged_before_its_write_ends_in_the_winner(stack: Stack):
    install = ready(stack)
    winner, loser = contact(stack), contact(stack)
    stack.control.log_call(PORTAL, loser)
    stack.control.wait_for_webhooks()
    with held(stack, install, UPDATE, "before"):
        stack.control.act("merge", PORTAL, type="contacts", primary_id=winner, other_id=loser)
    stack.settle(install)
    stack.settle(install)
    assert live(stack, install) == {winner}
    assert count(stack, "SELECT COUNT(*) FROM outbox") == 0
    assert rows(
        stack.settings.database_url, "SELECT attempts_calls FROM lead_audits WHERE lead_id = :lead", lead=winner
    ) == [(1,)]
    assert stack.fields(winner)["leadassay_follow_up_status"] == _follow_up(stack, winner)
    assert stack.control.writes(door="api", action="create", objectType="contacts") == []


def _follow_up(stack: Stack, lead: str) -> str:
    query = "SELECT follow_up_status FROM lead_audits WHERE lead_id = :lead"
    [[status]] = rows(stack.settings.database_url, query, lead=lead)
    return str(status)


def test_what_was_done_on_a_merged_record_counts_for_the_winner(stack: Stack):
    install = ready(stack)
    winner, loser = contact(stack), contact(stack)
    stack.control.log_call(PORTAL, loser)
    stack.settle(install)
    calls = "SELECT attempts_calls FROM lead_audits WHERE lead_id = :lead"
    assert rows(stack.settings.database_url, calls, lead=winner) == [(0,)]
    stack.control.act("merge", PORTAL, type="contacts", primary_id=winner, other_id=loser)
    stack.settle(install)
    assert live(stack, install) == {winner}
    assert rows(stack.settings.database_url, calls, lead=winner) == [(1,)]
    assert rows(
        stack.settings.database_url, "SELECT winner_id FROM tombstones WHERE lead_id = :lead", lead=loser
    ) == [(winner,)]
    writes = len(stack.our_writes(loser))
    poll(stack, install)
    assert len(stack.our_writes(loser)) == writes


def test_imported_records_are_no_fresh_leads(stack: Stack):
    install = ready(stack)
    imported = stack.control.create_contact(
        PORTAL, {"lastname": "Sommer", "email": "list@sommer-bau.example"}, source={"type": "IMPORT"}
    )
    fresh = contact(stack)
    stack.settle(install)
    said = dict(
        rows(
            stack.settings.database_url,
            "SELECT lead_id, reason FROM current_findings WHERE rule_id = 'RT001'",
        )
    )
    assert said[imported] != said[fresh]


def test_a_person_who_changed_our_field_is_not_fought(stack: Stack):
    install = ready(stack)
    lead = contact(stack)
    stack.settle(install)
    stack.control.set_properties(PORTAL, lead, {"leadassay_audit_note": "I know him, he is fine."})
    for name in ("Winter", "Herbst", "Lenz"):
        stack.control.set_properties(PORTAL, lead, {"lastname": name})
        stack.settle(install)
        poll(stack, install)
    assert stack.fields(lead)["leadassay_audit_note"] == "I know him, he is fine."
    assert len(stack.our_writes(lead)) == 1
    # Something new to say is said: the person's words were about what we said before.
    stack.control.set_properties(PORTAL, lead, {"email": "", "phone": ""})
    stack.settle(install)
    assert stack.fields(lead)["leadassay_audit_note"] not in {"", "I know him, he is fine."}


def test_a_field_that_a_person_emptied_stays_empty_for_good(stack: Stack):
    install = ready(stack)
    lead = contact(stack)
    stack.settle(install)
    before = stack.fields(lead)
    stack.control.set_properties(PORTAL, lead, {"leadassay_audit_note": ""})
    poll(stack, install)
    stack.control.set_properties(PORTAL, lead, {"email": "", "phone": ""})
    stack.settle(install)
    after = stack.fields(lead)
    assert after["leadassay_audit_note"] == ""
    assert after["leadassay_lead_quality"] != before["leadassay_lead_quality"]


def test_after_an_uninstall_in_the_middle_of_a_job_nothing_is_written(stack: Stack):
    install = ready(stack)
    lead = contact(stack)
    stack.control.wait_for_webhooks()
    with held(stack, install, READ, "after"):
        uninstall(stack.context, install.install_id, "an admin asked for it")
    assert written(stack, lead) == []
    assert count(stack, "SELECT COUNT(*) FROM tokens") == 0
    assert count(stack, "SELECT COUNT(*) FROM leads") == 0
    assert rows(stack.settings.database_url, "SELECT status FROM installs") == [("uninstalled",)]
    asked: list[str] = []
    pump.wake_installs(stack.context, lambda install_id, _: asked.append(install_id), with_polls=True)
    assert asked == []


def _ended(stack: Stack, install: Install, act: Callable[[], object]) -> int:
    """Let the grant end by `act`, then work on; returns how often the token endpoint was asked."""
    act()
    stack.control.act("expire_access", PORTAL)
    stack.control.clear_requests()
    for _ in range(4):
        stack.settle(install)
    return stack.control.count_requests("POST", "/oauth/2026-03/token")


def test_a_revoked_grant_parks_the_work_once_and_connecting_again_resumes_it(stack: Stack):
    install = ready(stack)
    known = contact(stack)
    stack.settle(install)
    waiting = contact(stack)
    stack.control.wait_for_webhooks()
    tried = _ended(stack, install, lambda: stack.control.act("revoke_grant", PORTAL, kills_access=True))
    assert 1 <= tried <= 2
    assert rows(stack.settings.database_url, "SELECT status FROM installs") == [("paused",)]
    assert rows(stack.settings.database_url, "SELECT kind FROM notices") == [("reconnect",)]
    asked: list[str] = []
    pump.wake_installs(stack.context, lambda install_id, _: asked.append(install_id), with_polls=True)
    assert asked == []
    assert written(stack, waiting) == []
    # Work that comes in meanwhile is kept.
    late = event(known, "object.propertyChange", propertyName="lastname", propertyValue="Winter")
    stack.control.set_properties(PORTAL, known, {"lastname": "Winter"})
    assert post(stack, body_of([late])) == 204
    stack.sort()
    assert count(stack, "SELECT COUNT(*) FROM events WHERE done_at IS NULL") > 0
    again = stack.install()
    assert again.install_id == install.install_id
    pump.wake_installs(stack.context, lambda install_id, _: asked.append(install_id), with_polls=False)
    assert asked == [install.install_id]
    stack.settle(again)
    assert len(written(stack, waiting)) == 1
    assert rows(stack.settings.database_url, "SELECT last_name FROM leads WHERE lead_id = :lead", lead=known) == [
        ("Winter",)
    ]
    assert audited_at(stack, waiting) > 0


def test_a_scope_that_nothing_works_without_pauses_the_install_with_one_notice(stack: Stack):
    install = ready(stack)
    contact(stack)
    stack.control.wait_for_webhooks()
    with stack.context.database.write() as connection:
        connection.exec_driver_sql("DELETE FROM tokens")
    stack.control.act("limit_scopes", PORTAL, scopes=["oauth", "crm.objects.owners.read"])
    install = stack.install()
    stack.control.clear_requests()
    for _ in range(4):
        stack.settle(install)
    assert rows(stack.settings.database_url, "SELECT status FROM installs") == [("paused",)]
    assert count(stack, "SELECT COUNT(*) FROM notices WHERE kind = 'reconnect'") == 1
    assert len(stack.control.requests_made()) < 12
