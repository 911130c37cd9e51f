"""Make the report on each full week once, when the week is over, and those that somebody asked for on a page.

A large account takes longer than one turn of a job. A report is made portion by portion, and each commit leaves a
state from which any worker goes on; other work of the account gets its turn between two portions. What is changed
meanwhile does not come into the report: it tells of the instant at which its making began.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from connector.errors import LeadAssayError
from connector.jobs import backfill
from connector.jobs.context import Lease
from connector.logs import get_logger
from connector.reporting.figures import week_bounds
from connector.reporting.making import (
    PORTION,
    WEEKLY,
    ReportPlan,
    begin_report,
    finish_report,
    judge_leads,
    keep_beginning,
    plan_from_json,
    program_mark,
    put_made,
)
from connector.reporting.parts import pack_part, unpack_part
from connector.storage import cursors, report_runs, reports, snapshots, worklist
from connector.storage.report_runs import ReportPart, ReportRun

#: A report is not begun while more leads than these wait for their audit: those come first.
MOST_WAITING = 500
#: The report on a full week is tried again so long after a fault of our own.
AGAIN_AFTER = timedelta(hours=1)
#: Said on the page, see connector.language.stored.
FAILED = (
    "The report could not be made, by a fault of our own; nothing was lost. Ask for it again. When it fails again, "
    "tell the operator: the log has the rest."
)

_log = get_logger(__name__)


def weekly_report(lease: Lease, portion: int | None = None) -> bool:
    """Ask for the report on the last full week in the account's zone, Monday to Monday, when it is due, and do one
    portion of the report that was asked for first. Returns whether there was anything to do.

    None on a full week is asked for before the past has been read, on a week that ended before the account was
    connected, or while leads wait for their audit. `portion`: how many leads are judged in one go, None = PORTION.
    """
    _ask_when_due(lease)
    with lease.context.database.read() as connection:
        run = next((each for each in report_runs.list_runs(connection, lease.install_id) if not each.ended_at), None)
    if run is None:
        return False
    try:
        return _go_on(lease, run, portion or PORTION)
    except LeadAssayError:
        raise
    except Exception as fault:  # noqa: BLE001  (logged, and said on the page; nothing else of the account waits for it)
        _log.exception("report_failed", report_kind=run.kind, kind=type(fault).__name__)
        with lease.commit() as connection:
            report_runs.end_run(connection, lease.install_id, run.kind, lease.context.clock(), failure=FAILED)
        return True


def _ask_when_due(lease: Lease) -> None:
    context, install_id = lease.context, lease.install_id
    now = context.clock()
    with context.database.read() as connection:
        install = lease.install()
        today = now.astimezone(ZoneInfo(install.zone)).date()
        since, until = week_bounds(today - timedelta(days=7), install.zone)
        if until <= install.created_at or reports.has_report(connection, install_id, WEEKLY, until):
            return
        past = cursors.get_cursor(connection, install_id, backfill.NAME)
        if past is None or past.finished_at is None or worklist.due_leads(connection, install_id, now, 1):
            return
        last = next((each for each in report_runs.list_runs(connection, install_id) if each.kind == WEEKLY), None)
        if last is not None and (last.ended_at is None or (last.failure and last.ended_at > now - AGAIN_AFTER)):
            return
    with lease.commit() as connection:
        report_runs.ask_report(connection, install_id, WEEKLY, since, until, now)


def _go_on(lease: Lease, run: ReportRun, size: int) -> bool:
    """One portion; the first begins the report, the last one ends it. Returns whether anything could be done."""
    plan = _plan_of(run) or _begin(lease, run)
    if plan is None:
        return False
    context, install_id = lease.context, lease.install_id
    with context.database.read() as connection:
        after = report_runs.last_part(connection, install_id, run.kind)
        ids = snapshots.list_seen(connection, install_id, plan.as_of, after, size)
        judged = judge_leads(connection, install_id, plan, ids)
    if ids:
        parts = {each.lead_id: pack_part(each) for each in judged}
        parts.setdefault(ids[-1], b"")
        with lease.commit() as connection:
            kept = [ReportPart(lead_id, body) for lead_id, body in sorted(parts.items())]
            report_runs.put_parts(connection, install_id, run.kind, kept, len(ids))
    if len(ids) < size:
        _finish(lease, run, plan)
    return True


def _plan_of(run: ReportRun) -> ReportPlan | None:
    """By what the run goes on; None = it has not begun, or another version of the program began it."""
    if run.as_of is None or run.plan.get("program") != program_mark():
        return None
    return plan_from_json(run.plan, run.period_from, run.period_to, run.as_of)


def _begin(lease: Lease, run: ReportRun) -> ReportPlan | None:
    """Fix the instant that the report tells of, and what was known then. None while too many leads wait."""
    context, install_id = lease.context, lease.install_id
    now = context.clock()
    with context.database.read() as connection:
        if len(worklist.list_dirty(connection, install_id, now)) > MOST_WAITING:
            return None
        begun = begin_report(connection, install_id, run.period_from, run.period_to, now)
    with lease.commit() as connection:
        keep_beginning(connection, install_id, begun)
        report_runs.begin_run(connection, install_id, run.kind, now, begun.plan.to_json(), begun.total)
    _log.info("report_begun", report_kind=run.kind, leads=begun.total, waited_s=_seconds(run.asked_at, now))
    return begun.plan


def _finish(lease: Lease, run: ReportRun, plan: ReportPlan) -> None:
    context, install_id = lease.context, lease.install_id
    with context.database.read() as connection:
        parts = report_runs.iter_parts(connection, install_id, run.kind)
        made = finish_report(connection, install_id, plan, (unpack_part(each.lead_id, each.body) for each in parts))
    now = context.clock()
    with lease.commit() as connection:
        stored = put_made(connection, install_id, made, now, run.kind)
        report_runs.end_run(connection, install_id, run.kind, now, report_id=stored.report_id)
    _log.info("report_made", report_kind=run.kind, report_id=stored.report_id, took_s=_seconds(plan.as_of, now))


def _seconds(since: datetime, until: datetime) -> int:
    return round((until - since).total_seconds())
