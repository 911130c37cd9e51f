"""Workers that are killed, stopped and woken, started late or twice. Real processes; the sandbox's log of writes and
the databases themselves are the witnesses."""

from __future__ import annotations

import copy
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from connector.jobs.context import make_context
from connector.sandbox.hubspot_seed import hubspot_document
from connector.sandbox.population import make_population
from connector.settings import load_settings
from connector.storage.column_types import to_micros
from connector.storage.installs import Install
from connector.storage.migrate import upgrade
from tests.jobs.oracle import body_of, contact, count, event, post, rows
from tests.stack import PORTAL, Stack

pytestmark = pytest.mark.process

READ = "/crm/objects/*/contacts/batch/read"
UPDATE = "/crm/objects/*/contacts/batch/update"
KILLS = 8


def logged(stack: Stack, name: str) -> list[dict[str, object]]:
    """Lines of that event in the log of all workers."""
    if not stack.worker_log.exists():
        return []
    lines = [json.loads(line) for line in stack.worker_log.read_text().splitlines() if line.startswith("{")]
    return [line for line in lines if line.get("event") == name]


def started(stack: Stack) -> subprocess.Popen[bytes]:
    """A worker that has begun to work."""
    before = len(logged(stack, "worker_started"))
    worker = stack.start_worker()
    stack.wait(lambda: len(logged(stack, "worker_started")) > before or worker.poll() is not None)
    assert worker.poll() is None, stack.worker_log.read_text()[-3000:]
    return worker


def is_idle(stack: Stack) -> bool:
    """Whether the tables say that nothing is due."""
    waiting = [
        "SELECT COUNT(*) FROM events WHERE done_at IS NULL",
        "SELECT COUNT(*) FROM dirty_leads",
        "SELECT COUNT(*) FROM outbox",
        "SELECT COUNT(*) FROM cursors WHERE finished_at IS NULL",
        "SELECT 1 - COUNT(*) FROM cursors WHERE name = 'reconcile'",
    ]
    is_sorted = rows(stack.settings.inbox_url, "SELECT COUNT(*) FROM inbox WHERE status = 'new'") == [(0,)]
    return is_sorted and all(count(stack, query) == 0 for query in waiting)


def current(url: str) -> dict[tuple[str, str], str]:
    """(lead, rule) → fingerprint of what is said now."""
    found = rows(url, "SELECT lead_id, rule_id, fingerprint FROM current_findings")
    return {(lead, rule): fingerprint for lead, rule, fingerprint in found}


def undisturbed(stack: Stack, folder: Path) -> str:
    """Audit the same account in one go into fresh stores; returns the URL of their tables."""
    folder.mkdir()
    url, inbox_url = f"sqlite:///{folder}/leadassay.sqlite", f"sqlite:///{folder}/inbox.sqlite"
    upgrade(url, inbox_url)
    reference = copy.copy(stack)
    names = {"DATA_DIR": str(folder), "DATABASE_URL": url, "INBOX_URL": inbox_url, "JOBS_URL": ""}
    reference.settings = load_settings({**stack.env, **{f"LEADASSAY_{name}": value for name, value in names.items()}})
    reference.context = make_context(reference.settings, holder="reference")
    install = reference.install()
    for _ in range(10):
        reference.advance(install)
        if is_idle(reference):
            break
    assert is_idle(reference)
    reference.context.inbox.close()
    reference.context.database.close()
    return url


def test_a_worker_killed_at_random_instants_audits_every_lead_as_an_undisturbed_one(stack: Stack, tmp_path: Path):
    dice = random.Random(20_261_121)
    population = make_population(seed=11, until=datetime.now(UTC), leads=300)
    ids = stack.control.seed(hubspot_document(population.history, PORTAL))["records"]
    assert isinstance(ids, dict)
    leads = sorted(str(ids[ref]) for ref in population.truth)
    stack.control.misbehave("slow", path="/crm/*", delay_s=0.02, count=None)
    installed_at = datetime.now(UTC)
    stack.install()
    called = dice.sample(leads, KILLS)
    done_at_kill = []
    for lead in called:
        worker = started(stack)
        stack.control.log_call(PORTAL, lead)
        time.sleep(dice.uniform(0.5, 3.0))
        done_at_kill.append(count(stack, "SELECT COUNT(*) FROM lead_audits"))
        stack.kill(worker)
    stack.control.clear_rules()
    started(stack)
    stack.control.wait_for_webhooks()
    stack.wait(lambda: is_idle(stack))
    stack.kill(stack.workers[-1], signal.SIGTERM)
    assert stack.workers[-1].wait(60) == 0
    # The kills fell into the work, not before or after it.
    assert len({audits for audits in done_at_kill if audits > 0}) >= 2, done_at_kill

    assert len(leads) >= 300
    assert {lead for (lead,) in rows(stack.settings.database_url, "SELECT lead_id FROM lead_audits")} == set(leads)
    assert count(stack, "SELECT COUNT(*) FROM events") == KILLS
    writes = stack.control.writes(door="api", action="update", objectType="contacts")
    reference = undisturbed(stack, tmp_path / "reference")
    # When a record was last changed by anybody but us is not shown by a CRM that has our values: a fresh store does
    # not know it, and the other one kept it from the first read. Neither takes our write for somebody's edit.
    here, there = current(stack.settings.database_url), current(reference)
    differ = {key for key in here.keys() | there.keys() if here.get(key) != there.get(key)}
    assert {rule for _, rule in differ} <= {"AG005"}
    for url in (stack.settings.database_url, reference):
        seen_edited = rows(
            url,
            "SELECT lead_id FROM leads WHERE modified_at >= :since",
            since=to_micros(installed_at),
        )
        assert {lead for (lead,) in seen_edited} <= set(called)
    # What the undisturbed run would write stands on every record already, but for that one rule's sentence.
    later = stack.control.writes(door="api", action="update", objectType="contacts")
    assert later[: len(writes)] == writes
    assert {write["objectId"] for write in later[len(writes) :]} <= {lead for lead, _ in differ}
    equal = Counter((write["objectId"], json.dumps(write["properties"], sort_keys=True)) for write in writes)
    assert sum(number - 1 for number in equal.values()) <= KILLS * 100
    _assert_sound(stack)


def _assert_sound(stack: Stack) -> None:
    for path in Path(stack.settings.data_dir).glob("*.sqlite"):
        connection = sqlite3.connect(path)
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)], path
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == [], path
        connection.close()
    assert logged(stack, "worker_task_crashed") == []
    assert logged(stack, "job_failed") == []


def test_a_kill_between_the_write_and_our_commit_repeats_an_equal_value(stack: Stack):
    stack.install()
    worker = started(stack)
    stack.wait(lambda: is_idle(stack))
    rule = stack.control.misbehave("hold", path=UPDATE, stage="after")
    lead = contact(stack)
    stack.control.wait_held(rule, timeout_s=30)
    assert len(stack.our_writes(lead)) == 1
    stack.kill(worker)
    assert count(stack, "SELECT COUNT(*) FROM written_values") == 0
    stack.control.release(rule)
    started(stack)
    stack.wait(lambda: is_idle(stack) and count(stack, "SELECT COUNT(*) FROM written_values") > 0)
    writes = [write["properties"] for write in stack.our_writes(lead)]
    assert 1 <= len(writes) <= 2
    assert all(write == writes[0] for write in writes)
    [[note, verdict]] = rows(stack.settings.database_url, "SELECT note, verdict FROM lead_audits")
    fields = stack.fields(lead)
    assert (fields["leadassay_audit_note"], fields["leadassay_lead_verdict"]) == (note, verdict)


@pytest.mark.parametrize("is_beside", [False, True], ids=["started in its place", "running beside it"])
def test_a_stopped_worker_that_wakes_may_not_commit(stack: Stack, is_beside: bool):
    stack.install()
    sleeper = started(stack)
    stack.wait(lambda: is_idle(stack))
    rule = stack.control.misbehave("hold", path=READ, stage="after")
    lead = contact(stack)
    stack.control.wait_held(rule, timeout_s=30)
    stack.kill(sleeper, signal.SIGSTOP)
    other = started(stack) if is_beside else None
    with stack.context.database.write() as connection:
        # As after a minute without a sign of life.
        connection.exec_driver_sql(f"UPDATE worker_slots SET seen_at = seen_at - 60000000 WHERE pid = {sleeper.pid}")
    other = other or started(stack)
    stack.wait(lambda: is_idle(stack) and len(stack.our_writes(lead)) == 1)
    before = _all_rows(stack)
    stack.control.release(rule)
    stack.kill(sleeper, signal.SIGCONT)
    stack.wait(lambda: any("was taken by" in str(line["reason"]) for line in logged(stack, "install_not_ours")))
    if is_beside:
        assert sleeper.poll() is None
    else:
        # Its slot is another's: it must not take jobs under that name.
        assert sleeper.wait(60) == 1
        assert logged(stack, "slot_taken")
    assert other.poll() is None
    assert _all_rows(stack) == before
    assert len(stack.our_writes(lead)) == 1
    # And the work goes on.
    late = contact(stack)
    stack.wait(lambda: len(stack.our_writes(late)) == 1)


def _all_rows(stack: Stack) -> list[tuple[object, ...]]:
    return [
        *rows(stack.settings.database_url, "SELECT lead_id, audited_at, note FROM lead_audits ORDER BY lead_id"),
        *rows(stack.settings.database_url, "SELECT fingerprint, confirmed_at FROM findings ORDER BY fingerprint"),
        *rows(stack.settings.database_url, "SELECT event_hash, done_at FROM events ORDER BY event_hash"),
    ]


def test_a_worker_that_starts_late_catches_up(stack: Stack):
    stack.install()
    leads = [contact(stack) for _ in range(30)]
    stack.control.log_call(PORTAL, leads[0])
    stack.control.wait_for_webhooks()
    oldest = stack.context.inbox.oldest_new_at()
    assert oldest is not None
    assert oldest <= datetime.now(UTC)
    started(stack)
    stack.wait(lambda: is_idle(stack))
    assert stack.context.inbox.oldest_new_at() is None
    assert all(len(stack.our_writes(lead)) == 1 for lead in leads)
    assert rows(stack.settings.database_url, "SELECT lead_id FROM lead_audits WHERE attempts_calls = 1") == [
        (leads[0],)
    ]


def leadassay(stack: Stack, *words: str) -> str:
    """What the command line says."""
    answer = subprocess.run(
        [sys.executable, "-m", "connector.cli", *words],
        env={**os.environ, **stack.env},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert answer.returncode == 0, answer.stderr
    return answer.stdout


def test_a_delivery_that_cannot_be_read_is_parked_and_the_others_go_on(stack: Stack):
    stack.install()
    stack.control.settings(webhooks_on=False)
    lead = contact(stack)
    poison = [
        b'{"eventId": 1}',
        b"[" * 50_000 + b"]" * 50_000,
        b"[{]",
        b'[{"objectId": 1, "objectId": 2}]',
        b'\xff\xfe["kanari@zwitscher.example"]',
    ]
    odd = [
        b"[]",
        b"[null, 1, [], {}]",
        body_of([event(lead, eventId="\ud800", propertyName="\x00")]),
        body_of([event("9" * 400)]),
        body_of([event(lead, occurredAt=10**30, portalId=str(PORTAL))]),
    ]
    for body in poison + odd:
        assert post(stack, body) == 204
    assert post(stack, body_of([event(lead)])) == 204
    started(stack)
    in_state = "SELECT status, attempts, COUNT(*) FROM inbox GROUP BY status, attempts ORDER BY status"
    wanted = [("done", 0, len(odd) + 1), ("parked", 5, len(poison))]
    stack.wait(lambda: rows(stack.settings.inbox_url, in_state) == wanted)
    stack.wait(lambda: is_idle(stack))
    assert len(stack.our_writes(lead)) == 1
    listed = [json.loads(line) for line in leadassay(stack, "inbox", "list", "--json").splitlines()]
    assert [(row["attempts"], bool(row["error"])) for row in listed] == [(5, True)] * len(poison)
    assert "zwitscher" not in json.dumps(listed)
    assert "zwitscher" not in stack.worker_log.read_text()
    # One that its reader can make sense of by now has its effect.
    [[healed]] = rows(stack.settings.inbox_url, "SELECT inbox_id FROM inbox ORDER BY inbox_id LIMIT 1")
    late = contact(stack)
    inbox_table = "UPDATE inbox SET body = :body WHERE inbox_id = :row"
    _change(stack, inbox_table, body=body_of([event(late)]), row=healed)
    leadassay(stack, "inbox", "replay", "--parked")
    stack.wait(lambda: len(stack.our_writes(late)) == 1)
    stack.wait(
        lambda: (
            rows(stack.settings.inbox_url, in_state) == [("done", 0, len(odd) + 2), ("parked", 5, len(poison) - 1)]
        )
    )
    assert logged(stack, "worker_task_crashed") == []


def _change(stack: Stack, query: str, **values: object) -> None:
    engine = sa.create_engine(stack.settings.inbox_url)
    with engine.begin() as connection:
        connection.execute(sa.text(query), values)
    engine.dispose()


def test_two_workers_tell_each_thing_once(stack: Stack):
    install = stack.install(scopes=_scopes_without_emails(stack))
    with stack.context.database.write() as connection:
        # The scope was there once, as far as we know.
        connection.exec_driver_sql("UPDATE installs SET missing_scopes = '[]', coverage = '[]'")
    started(stack)
    started(stack)
    assert len(rows(stack.settings.database_url, "SELECT slot FROM worker_slots")) == 2
    lead = contact(stack)
    stack.wait(lambda: len(stack.our_writes(lead)) == 1)
    _stays(stack, "SELECT COUNT(*) FROM notices WHERE kind = 'permission'")
    stack.control.act("revoke_grant", PORTAL, kills_access=True)
    stack.control.act("expire_access", PORTAL)
    stack.control.clear_requests()
    assert post(stack, body_of([event(lead, "object.propertyChange", propertyName="lastname")])) == 204
    stack.wait(lambda: _status(stack, install) == "paused")
    _stays(stack, "SELECT COUNT(*) FROM notices WHERE kind = 'reconnect'")
    assert stack.control.count_requests("POST", "/oauth/2026-03/token") <= 2


def _stays(stack: Stack, query: str) -> None:
    stack.wait(lambda: count(stack, query) == 1)
    time.sleep(1.0)
    assert count(stack, query) == 1


def _status(stack: Stack, install: Install) -> str:
    [[status]] = rows(
        stack.settings.database_url,
        "SELECT status FROM installs WHERE install_id = :install",
        install=install.install_id,
    )
    return str(status)


def _scopes_without_emails(stack: Stack) -> list[str]:
    granted = stack.control.install(PORTAL)["scopes"]
    assert isinstance(granted, list)
    return [str(scope) for scope in granted if scope != "sales-email-read"]
