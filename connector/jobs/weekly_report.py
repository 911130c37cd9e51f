"""Make the report on each full week once, when the week is over."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

from connector.jobs import backfill
from connector.jobs.context import Lease
from connector.reporting.figures import week_bounds
from connector.reporting.making import WEEKLY, keep_report, make_report
from connector.storage import cursors, reports, worklist


def weekly_report(lease: Lease) -> bool:
    """Make the report on the last full week in the account's zone, Monday to Monday. Returns whether it did.

    None is made before the past has been read, on a week that ended before the account was connected, or while leads
    wait for their audit.
    """
    context, install_id = lease.context, lease.install_id
    now = context.clock()
    with context.database.read() as connection:
        install = lease.install()
        today = now.astimezone(ZoneInfo(install.zone)).date()
        since, until = week_bounds(today - timedelta(days=7), install.zone)
        if until <= install.created_at or reports.has_report(connection, install_id, WEEKLY, until):
            return False
        past = cursors.get_cursor(connection, install_id, backfill.NAME)
        if past is None or past.finished_at is None or worklist.due_leads(connection, install_id, now, 1):
            return False
        made = make_report(connection, install_id, since, until, now)
    with lease.commit() as connection:
        keep_report(connection, install_id, made, now)
    return True
