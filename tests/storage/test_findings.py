"""Findings, measures, the outbox, cursors and health."""

from __future__ import annotations

from dataclasses import replace

import pytest
import sqlalchemy as sa

from audits.model.finding import Evidence, Measure, Outcome
from audits.model.said import Count, Listed, Moment, Span, Term, say, verbatim
from audits.model.score import Score, ScorePart
from connector.storage import cursors, findings, health, outbox, timeline, worklist
from connector.storage.database import Database
from connector.storage.installs import Install
from connector.storage.tables import findings as findings_table
from tests.factories import (
    NOW,
    at,
    make_audit,
    make_finding,
    make_install,
    make_record,
)


@pytest.fixture
def install(database: Database) -> Install:
    with database.write() as conn:
        made = make_install(conn)
        timeline.store_records(conn, made.install_id, [make_record("1"), make_record("2")], at(-60))
        return made


def test_a_finding_comes_back_equal(database: Database, install: Install) -> None:
    said = make_finding(
        measures=(Measure("wait", 1800, "s"), Measure("why", "träge\x00", "text"), Measure("known", None, "bool")),
        evidence=(Evidence(record_type="lead", record_id="2", field="f", value="ü", at=NOW),),
        next_change_at=at(30),
    )
    with database.write() as conn:
        assert findings.store_findings(conn, install.install_id, [said], NOW) == 1
        (stored,) = findings.list_findings(conn, install.install_id, "1")
    assert stored.finding == said
    assert stored.fingerprint == said.fingerprint()
    assert (stored.found_at, stored.confirmed_at, stored.is_current) == (NOW, NOW, True)


def test_the_same_again_is_confirmed_and_another_answer_becomes_current(database: Database, install: Install) -> None:
    tenant, late = install.install_id, make_finding()
    fine = make_finding(outcome=Outcome.PASS, reason="in_time", sentence="In time.", evidence=())
    with database.write() as conn:
        assert findings.store_findings(conn, tenant, [late], at(1)) == 1
        assert findings.store_findings(conn, tenant, [replace(late, said=verbatim("worded anew"))], at(2)) == 0
        assert findings.store_findings(conn, tenant, [fine, make_finding("2")], at(3)) == 2
        history = findings.list_findings(conn, tenant, "1")
        assert [(each.finding.outcome, each.is_current) for each in history] == [
            (Outcome.PASS, True),
            (Outcome.BREACH, False),
        ]
        assert (history[1].found_at, history[1].confirmed_at) == (at(1), at(2))
        assert history[1].finding.sentence == late.sentence
        assert findings.store_findings(conn, tenant, [late], at(4)) == 0
        (now,) = findings.list_findings(conn, tenant, "1", only_current=True)
        assert now.finding == late


def test_measures_come_back_equal(database: Database, install: Install) -> None:
    parts = Score((ScorePart("number", 40, 60, say("reachable")), ScorePart("mail", None, 40, say("not looked at"))))
    row = make_audit(
        first_attempt_at=at(-30), first_attempt_s=1800, first_attempt_wall_s=5400, attempts_calls=2, quality=parts,
        note="Call.", next_change_at=at(9), due_at=at(8),
    )  # fmt: skip
    with database.write() as conn:
        findings.store_audits(conn, install.install_id, [row])
        assert findings.get_audit(conn, install.install_id, "1") == row
        assert findings.get_audit(conn, install.install_id, "2") is None


def test_time_wakes_exactly_the_leads_that_are_due(database: Database, install: Install) -> None:
    tenant = install.install_id
    with database.write() as conn:
        later, now = make_audit("1", next_change_at=at(1)), make_audit("2", next_change_at=NOW)
        findings.store_audits(conn, tenant, [later, now])
        assert worklist.due_leads(conn, tenant, at(-1), 10) == []
        assert worklist.installs_with_work(conn, at(-1)) == []
        assert worklist.due_leads(conn, tenant, NOW, 10) == ["2"]
        assert worklist.due_leads(conn, tenant, at(9), 10) == ["2", "1"]
        assert worklist.due_leads(conn, tenant, at(9), 1) == ["2"]
        assert worklist.installs_with_work(conn, NOW) == [tenant]
        timeline.mark_gone(conn, tenant, ["2"], NOW)
        findings.store_audits(conn, tenant, [now])  # judged before it was gone, stored after
        assert worklist.due_leads(conn, tenant, NOW, 10) == []
        assert findings.mark_all_due(conn, tenant, NOW) == 1
        assert worklist.due_leads(conn, tenant, NOW, 10) == ["1"]


def test_what_is_said_comes_back_with_its_values(database: Database, install: Install) -> None:
    tenant = install.install_id
    said = say(
        "Called {times} {at} by {who}: {what}.",
        times=Count(2, "time"), at=Moment(NOW, "Europe/Oslo"), who="\ud800 Ada",
        what=Listed((Term("busy"), Span(90))),
    )  # fmt: skip
    with database.write() as conn:
        findings.store_findings(conn, tenant, [make_finding("1", said=said)], NOW)
        (kept,) = findings.list_findings(conn, tenant, "1")
        assert kept.finding.said.template == said.template
        assert dict(kept.finding.said.values) == {**dict(said.values), "who": "\N{REPLACEMENT CHARACTER} Ada"}
        conn.execute(sa.update(findings_table).values(said=None))
        (old,) = findings.list_findings(conn, tenant, "1")
        assert (old.finding.said, old.finding.sentence) == (verbatim(kept.finding.sentence), kept.finding.sentence)


def test_a_plan_is_written_once_and_then_known_as_shown(database: Database, install: Install) -> None:
    tenant, first = install.install_id, {"a": "1", "b": ""}
    with database.write() as conn:
        outbox.put_outbox(conn, tenant, "1", first, at(1))
        outbox.put_outbox(conn, tenant, "2", {"a": "9"}, at(2))
        rows = outbox.take_outbox(conn, tenant, 10, NOW)
        assert [(row.lead_id, row.values) for row in rows] == [("1", first), ("2", {"a": "9"})]
        outbox.mark_written(conn, tenant, rows[0], at(3))
        assert [row.lead_id for row in outbox.take_outbox(conn, tenant, 10, NOW)] == ["2"]
        assert outbox.last_written(conn, tenant, ["1", "2"]) == {"1": first}
        assert outbox.crm_values(conn, tenant, ["1", "2", "unknown"]) == {"1": first, "2": {}}
        assert outbox.cleared_by_human(conn, tenant, ["1", "2"]) == {}
        emptied = make_record("1", our_fields={"a": "", "b": "typed by a person"})
        assert timeline.store_records(conn, tenant, [emptied], at(4)) == frozenset()
        assert outbox.cleared_by_human(conn, tenant, ["1", "2"]) == {"1": {"a"}}


def test_a_plan_made_during_a_write_stays(database: Database, install: Install) -> None:
    tenant = install.install_id
    with database.write() as conn:
        outbox.put_outbox(conn, tenant, "1", {"a": "old"}, at(1))
        (row,) = outbox.take_outbox(conn, tenant, 10, NOW)
        outbox.put_outbox(conn, tenant, "1", {"a": "new"}, at(2))
        outbox.mark_written(conn, tenant, row, at(3))
        (left,) = outbox.take_outbox(conn, tenant, 10, NOW)
        assert left.values == {"a": "new"}
        outbox.mark_failed(conn, tenant, row, complaint="about the old one", retry_at=None)
        outbox.drop(conn, tenant, row)
        assert outbox.take_outbox(conn, tenant, 10, NOW) == [left]
        assert outbox.last_written(conn, tenant, ["1"]) == {"1": {"a": "old"}}


def test_a_refused_write_waits_and_is_parked_in_the_end(database: Database, install: Install) -> None:
    tenant = install.install_id
    with database.write() as conn:
        outbox.put_outbox(conn, tenant, "1", {"a": "1"}, at(1))
        (row,) = outbox.take_outbox(conn, tenant, 10, NOW)
        outbox.mark_failed(conn, tenant, row, complaint="no such field", retry_at=at(5))
        assert outbox.take_outbox(conn, tenant, 10, at(4)) == []
        outbox.put_outbox(conn, tenant, "1", {"a": "1"}, at(4))  # the same plan does not start over
        (again,) = outbox.take_outbox(conn, tenant, 10, at(5))
        assert (again.attempts, again.complaint) == (1, "no such field")
        outbox.mark_failed(conn, tenant, again, complaint="still not", retry_at=None)
        assert outbox.take_outbox(conn, tenant, 10, at(99)) == []
        assert [each.complaint for each in outbox.list_parked(conn, tenant)] == ["still not"]
        assert outbox.count_outbox(conn, tenant) == {"pending": 0, "parked": 1}
        assert outbox.retry_parked(conn, tenant) == 1
        assert len(outbox.take_outbox(conn, tenant, 10, NOW)) == 1


def test_a_reading_goes_on_where_it_stopped(database: Database, install: Install) -> None:
    tenant = install.install_id
    with database.write() as conn:
        assert cursors.get_cursor(conn, tenant, "backfill") is None
        cursors.start_cursor(conn, tenant, "backfill", at(1))
        cursors.put_cursor(conn, tenant, "backfill", "page-2", 100, 250, at(2))
        assert cursors.get_cursor(conn, tenant, "backfill") == cursors.Progress(
            cursor="page-2", done=100, total=250, started_at=at(1), updated_at=at(2), finished_at=None
        )
        cursors.put_cursor(conn, tenant, "backfill", None, 250, 250, at(3), is_finished=True)
        done = cursors.get_cursor(conn, tenant, "backfill")
        assert done is not None
        assert (done.finished_at, done.started_at) == (at(3), at(1))


def test_signs_of_life_are_counted(database: Database, install: Install) -> None:
    tenant = install.install_id
    with database.write() as conn:
        health.bump(conn, tenant, "events_received", 3, at(1))
        health.bump(conn, tenant, "events_received", 2, at(2))
        health.bump(conn, tenant, "duplicates", 0, at(2))
        health.set_gauge(conn, tenant, "calls_left", 900, at(1))
        health.set_gauge(conn, tenant, "calls_left", 800, at(2))
        for value in ("CUSTOM", "CUSTOM", "x" * 5000):
            health.note_unmapped(conn, tenant, "hs_lead_status", value)
        seen = health.read_health(conn, tenant)
        assert (seen.count("events_received"), seen.last_at("events_received")) == (5, at(2))
        assert (seen.count("duplicates"), seen.last_at("duplicates")) == (0, None)
        assert seen.count("calls_left") == 800
        assert [(each.value[:6], each.seen) for each in seen.unmapped] == [("CUSTOM", 2), ("xxxxxx", 1)]
        health.count_unknown_account(conn, "hubspot", 2, at(1))
        health.count_unknown_account(conn, "hubspot", 1, at(2))
        assert health.read_unknown_accounts(conn) == {"hubspot": health.Counter(3, at(2))}


def test_a_notice_is_given_once(database: Database, install: Install) -> None:
    tenant = install.install_id
    with database.write() as conn:
        for _ in range(2):
            health.put_notice(conn, tenant, "paused", kind="reconnect", sentence="Connect again.", at=at(1))
        (notice,) = health.take_notices(conn, tenant, at(2))
        assert (notice.kind, notice.sentence, notice.created_at) == ("reconnect", "Connect again.", at(1))
        health.put_notice(conn, tenant, "paused", kind="reconnect", sentence="Connect again.", at=at(3))
        assert health.take_notices(conn, tenant, at(4)) == []
        health.drop_notice(conn, tenant, "paused")
        health.put_notice(conn, tenant, "paused", kind="reconnect", sentence="Connect again.", at=at(5))
        assert len(health.take_notices(conn, tenant, at(6))) == 1
