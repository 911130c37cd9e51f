"""A report that is made portion by portion, by one worker after the other, is the one that is made in one go."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from connector.errors import OtherFormat
from connector.jobs import advance, weekly_report
from connector.jobs.context import take_lease
from connector.reporting.figures import week_bounds
from connector.reporting.making import FORMAT, SO_FAR, WEEKLY, make_report, read_report
from connector.reporting.parts import pack_part, unpack_part
from connector.reporting.replay import replay
from connector.sandbox.hubspot_seed import hubspot_document
from connector.sandbox.population import LEAST_LEADS, make_population
from connector.storage import report_runs, reports, timeline, worklist
from connector.storage.report_runs import ReportRun
from connector.storage.reports import StoredReport
from connector.storage.tables import report_parts
from tests.factories import NOW, make_install
from tests.reports.account import ZONE, Account, drawn_lead
from tests.reports.test_replay import change_everything
from tests.stack import PORTAL, Stack
from tests.waiting import wait_for


def bytes_of_one_go(account: Account, kind: str = WEEKLY) -> str:
    """The report as it would be made at this moment in one go; nothing of it is kept."""
    back = timedelta(days=7) if kind == WEEKLY else timedelta()
    since, until = week_bounds((account.now - back).date(), ZONE)
    with account.context.database.read() as conn:
        return make_report(conn, account.install_id, since, until, account.now).report.to_bytes().decode()


def run_of(account: Account, kind: str = WEEKLY) -> ReportRun:
    with account.context.database.read() as conn:
        (run,) = [each for each in report_runs.list_runs(conn, account.install_id) if each.kind == kind]
    return run


def stored(account: Account) -> StoredReport:
    with account.context.database.read() as conn:
        (only,) = reports.list_reports(conn, account.install_id)
    return only


def is_equal_again(account: Account, report: StoredReport) -> bool:
    with account.context.database.read() as conn:
        return replay(conn, account.install_id, report).is_equal


def parts_kept(account: Account) -> set[str]:
    with account.context.database.read() as conn:
        return set(
            conn.execute(
                sa.select(report_parts.c.lead_id).where(report_parts.c.install_id == account.install_id)
            ).scalars()
        )


def test_portions_by_many_workers_give_the_bytes_of_one_go(account: Account) -> None:
    expected = bytes_of_one_go(account)
    seen = []
    # Each portion under a lease of its own: whoever held it before has lost the account.
    while weekly_report.weekly_report(account.lease(), portion=7):
        seen.append((run_of(account).done, run_of(account).total))
    assert seen == [(min(7 * n, 90), 90) for n in range(1, 14)]
    assert stored(account).figures == expected
    run = run_of(account)
    assert (run.report_id, run.failure) == (stored(account).report_id, "")
    assert parts_kept(account) == set()
    assert is_equal_again(account, stored(account))


def test_what_changes_between_two_portions_does_not_come_into_the_report(account: Account) -> None:
    expected = bytes_of_one_go(account)
    for _ in range(3):
        assert weekly_report.weekly_report(account.lease(), portion=12)
    change_everything(account)
    assert bytes_of_one_go(account) != expected
    while weekly_report.weekly_report(account.lease(), portion=12):
        pass
    assert stored(account).figures == expected
    assert is_equal_again(account, stored(account))


def test_leads_that_wait_for_an_audit_are_in_a_report_as_they_stood_when_it_began(account: Account) -> None:
    account.now += timedelta(minutes=10)
    drawn = random.Random(4)
    records = [drawn_lead(drawn, f"{number:04}", NOW) for number in range(90)]
    # Nobody has judged these when the report begins; 0050 changes once more before its turn comes.
    account.store([replace(each, lead=replace(each.lead, source="waits")) for each in (records[50], records[80])])
    with account.context.database.write() as conn:
        since, until = week_bounds(account.now.date(), ZONE)
        assert report_runs.ask_report(conn, account.install_id, SO_FAR, since, until, account.now)
    expected = bytes_of_one_go(account, SO_FAR)
    assert weekly_report.weekly_report(account.lease(), portion=30)
    change_everything(account)
    while run_of(account, SO_FAR).ended_at is None:
        weekly_report.weekly_report(account.lease(), portion=30)
    with account.context.database.read() as conn:
        kept = reports.find_report(conn, account.install_id, run_of(account, SO_FAR).report_id)
    assert kept is not None
    assert kept.figures == expected
    assert is_equal_again(account, kept)


def test_whoever_is_forgotten_meanwhile_is_in_no_part_and_not_in_the_report(account: Account) -> None:
    neglected = [each["lead_id"] for each in json.loads(bytes_of_one_go(account))["neglected"]]
    hidden = [neglected[0], neglected[-1], "0019"]
    for _ in range(2):
        assert weekly_report.weekly_report(account.lease(), portion=10)
    assert "0019" in parts_kept(account), "the last lead of the second portion: where the run goes on"
    account.now += timedelta(minutes=1)
    with account.context.database.write() as conn:
        timeline.forget(conn, account.install_id, hidden, account.now)
    assert not parts_kept(account) & set(hidden)
    account.now += timedelta(minutes=1)
    while weekly_report.weekly_report(account.lease(), portion=10):
        pass
    told = stored(account)
    assert not {each["lead_id"] for each in json.loads(told.figures)["neglected"]} & {*hidden, ""}
    assert is_equal_again(account, told)


def test_a_fault_ends_the_run_with_a_sentence_and_another_is_tried_after_an_hour(account: Account) -> None:
    assert weekly_report.weekly_report(account.lease(), portion=40)
    with account.context.database.write() as conn:
        conn.execute(sa.update(report_parts).where(report_parts.c.lead_id == "0001").values(body=b"spoilt"))
    while weekly_report.weekly_report(account.lease(), portion=40):
        pass
    failed = run_of(account)
    assert (failed.report_id, failed.failure) == ("", weekly_report.FAILED)
    assert parts_kept(account) == set()
    account.now += timedelta(minutes=59)
    account.audit()
    assert not weekly_report.weekly_report(account.lease(), portion=40)
    account.now += timedelta(minutes=2)
    account.audit()
    while weekly_report.weekly_report(account.lease(), portion=40):
        pass
    assert run_of(account).report_id == stored(account).report_id


def test_another_version_of_the_program_begins_anew(account: Account) -> None:
    assert weekly_report.weekly_report(account.lease(), portion=40)
    with account.context.database.write() as conn:
        run = run_of(account)
        assert run.as_of is not None
        other = {**run.plan, "program": "another"}
        report_runs.begin_run(conn, account.install_id, WEEKLY, run.as_of, other, run.total)
    account.now += timedelta(minutes=1)
    account.audit()
    while weekly_report.weekly_report(account.lease(), portion=40):
        pass
    assert stored(account).as_of == account.now


def test_a_report_that_is_being_made_is_not_asked_for_again(account: Account) -> None:
    since, until = week_bounds(account.now.date(), ZONE)
    with account.context.database.write() as conn:
        idle = make_install(conn, "another account").install_id
        assert idle not in worklist.installs_with_work(conn, account.now)
        assert report_runs.ask_report(conn, idle, SO_FAR, since, until, account.now)
        assert idle in worklist.installs_with_work(conn, account.now), "the pump wakes it"
        report_runs.end_run(conn, idle, SO_FAR, account.now, failure="It broke.")
        assert idle not in worklist.installs_with_work(conn, account.now)
        assert report_runs.ask_report(conn, account.install_id, SO_FAR, since, until, account.now)
        assert not report_runs.ask_report(conn, account.install_id, SO_FAR, since, until, account.now)
    while weekly_report.weekly_report(account.lease()):
        pass
    with account.context.database.write() as conn:
        assert report_runs.ask_report(conn, account.install_id, SO_FAR, since, until, account.now)


def test_what_is_kept_of_a_lead_says_all_that_was_judged(account: Account) -> None:
    assert weekly_report.weekly_report(account.lease(), portion=60)
    with account.context.database.read() as conn:
        kept = list(report_runs.iter_parts(conn, account.install_id, WEEKLY))
    judged = [unpack_part(each.lead_id, each.body) for each in kept]
    assert len(judged) > 30
    assert any(each.adds.row is not None and each.adds.row.load is not None for each in judged)
    assert any(each.adds.attempts for each in judged)
    assert all(unpack_part(each.lead_id, pack_part(each)) == each for each in judged)


def test_a_report_of_another_format_is_named_with_it(account: Account) -> None:
    while weekly_report.weekly_report(account.lease()):
        pass
    now = stored(account)
    assert now.inputs["format"] == FORMAT
    inputs = {name: value for name, value in now.inputs.items() if name not in ("format", "set_aside", "contests")}
    old = replace(now, inputs=inputs)
    with pytest.raises(OtherFormat, match=f"^The report {now.report_id} was kept in format 1, "):
        is_equal_again(account, old)
    assert read_report(old) == read_report(now)
    with pytest.raises(OtherFormat, match=f"{now.report_id} was kept in format 1, which this version cannot show"):
        read_report(replace(old, figures='{"zone":"UTC"}'))


WORKER = """
import os, sys
from datetime import datetime
from connector.jobs.context import make_context, take_lease
from connector.jobs.weekly_report import weekly_report
from connector.settings import load_settings
now = datetime.fromisoformat(sys.argv[2])
context = make_context(load_settings(os.environ), holder="killed", clock=lambda: now)
lease = take_lease(context, sys.argv[1], "killed")
while weekly_report(lease, portion=2):
    pass
"""


def _done(account: Account) -> int:
    with account.context.database.read() as conn:
        return max((run.done for run in report_runs.list_runs(conn, account.install_id)), default=0)


@pytest.mark.process
def test_workers_killed_at_random_instants_leave_the_bytes_of_one_go(account: Account) -> None:
    expected = bytes_of_one_go(account)
    dice, done = random.Random(8), [0]
    for _ in range(3):
        worker = subprocess.Popen(
            [sys.executable, "-c", WORKER, account.install_id, account.now.isoformat()],
            env={**os.environ, **account.stack.env, "LEADASSAY_LOG_LEVEL": "error"},
        )
        wait_for(lambda: _done(account) > done[-1], 60)
        time.sleep(dice.uniform(0, 0.05))
        worker.send_signal(signal.SIGKILL)
        worker.wait()
        done.append(_done(account))
    assert run_of(account).ended_at is None, "every kill fell into the making"
    assert 0 < done[1] < done[2] < done[3], "each worker went on where the one before was killed"
    while weekly_report.weekly_report(account.lease(), portion=3):
        pass
    assert stored(account).figures == expected
    assert is_equal_again(account, stored(account))


def test_the_job_makes_a_report_over_several_turns(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    population = make_population(seed=3, until=stack.context.clock(), leads=LEAST_LEADS)
    stack.control.seed(hubspot_document(population.history, PORTAL))
    install = stack.install()
    while not _is_settled(stack):
        stack.settle(install)
    now = stack.context.clock()
    with stack.context.database.write() as conn:
        assert report_runs.ask_report(conn, install.install_id, SO_FAR, *week_bounds(now.date(), install.zone), now)
    # Each turn is over after its first round or its second.
    monkeypatch.setattr(advance, "TURN_S", 0.02)
    monkeypatch.setattr(weekly_report, "PORTION", 9)
    turns = []
    while not turns or turns[-1].ended_at is None:
        stack.advance(install)
        with stack.context.database.read() as conn:
            turns += [run for run in report_runs.list_runs(conn, install.install_id) if run.kind == SO_FAR]
        assert len(turns) < 40
    assert len({run.done for run in turns if run.ended_at is None}) >= 4
    with stack.context.database.read() as conn:
        kept = reports.find_report(conn, install.install_id, turns[-1].report_id)
        assert kept is not None
        assert replay(conn, install.install_id, kept).is_equal
    assert take_lease(stack.context, install.install_id, "test").fence > len(turns)


def _is_settled(stack: Stack) -> bool:
    with stack.context.database.read() as conn:
        return not worklist.installs_with_work(conn, stack.context.clock()) and bool(
            conn.execute(sa.text("SELECT COUNT(*) FROM lead_audits")).scalar_one()
        )
