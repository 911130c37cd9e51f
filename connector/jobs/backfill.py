"""Read the past: every lead of the last days, page by page, going on where it stopped."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection

from connector.crm.port import CrmAdapter
from connector.jobs.context import Lease
from connector.jobs.refresh_leads import refresh_leads
from connector.storage import cursors, findings, installs, worklist

NAME = "backfill"
PAGES_PER_STEP = 20
"""Where most leads are older than the window a step ends after so many pages, whatever it found."""


def backfill(lease: Lease, adapter: CrmAdapter) -> bool:
    """Read a part of the back-fill. Returns whether it did anything (False once the end was reached).

    Pages are listed until there are as many leads as one reading takes: leads that are read together cost fewer
    calls. The cursor moves in a transaction of its own after all of them are stored: a kill between the two reads
    them again, which changes nothing.
    """
    context, install_id = lease.context, lease.install_id
    with context.database.read() as connection:
        progress = cursors.get_cursor(connection, install_id, NAME)
    if progress is None or progress.finished_at is not None:
        return False
    capabilities = adapter.capabilities()
    if progress.cursor is None and capabilities.coverage != lease.install().coverage:
        # What an admin said of values may change what can be seen; every lead is read again from here on.
        with lease.commit() as connection:
            installs.set_capabilities(
                connection, install_id, coverage=capabilities.coverage, missing_scopes=capabilities.missing_scopes
            )
            findings.mark_all_due(connection, install_id, context.clock())
    since = progress.started_at - timedelta(days=context.settings.backfill_days)
    page = adapter.list_leads(progress.cursor, since)
    lead_ids, scanned, total = list(page.lead_ids), page.scanned, page.total
    for _ in range(PAGES_PER_STEP - 1):
        if page.cursor is None or len(lead_ids) >= capabilities.read_batch:
            break
        page = adapter.list_leads(page.cursor, since)
        lead_ids += page.lead_ids
        scanned, total = scanned + page.scanned, page.total if page.total is not None else total
    refresh_leads(lease, adapter, lead_ids)
    now = context.clock()
    with lease.commit() as connection:
        cursors.put_cursor(
            connection,
            install_id,
            NAME,
            cursor=page.cursor,
            done=progress.done + scanned,
            total=total if total is not None else progress.total,
            at=now,
            is_finished=page.cursor is None,
        )
    return True


def start_backfill(connection: Connection, install_id: str, at: datetime) -> None:
    """Begin the back-fill anew at `at` (aware UTC), unless one is under way."""
    progress = cursors.get_cursor(connection, install_id, NAME)
    if progress is None or progress.finished_at is not None:
        cursors.start_cursor(connection, install_id, NAME, at)


def restart_backfill(connection: Connection, install_id: str, at: datetime) -> None:
    """Begin the back-fill from its start at `at` (aware UTC), also when one is under way: values mean something else.

    A job that runs now still reads by the old meanings: the install is taken from it, so that it commits nothing
    more, and its wake ends, so that the next begins at once. Raises UnknownInstall.
    """
    installs.take_fence(connection, install_id, "restart of the back-fill", at)
    cursors.start_cursor(connection, install_id, NAME, at)
    wake = worklist.get_wake(connection, install_id)
    worklist.finish_wake(
        connection,
        install_id,
        wake.wake_no,
        failures=wake.failures,
        not_before=wake.not_before,
        last_error=wake.last_error,
    )
