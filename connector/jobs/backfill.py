"""Read the past: every lead of the last days, page by page, going on where it stopped."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection

from connector.crm.port import CrmAdapter
from connector.jobs.context import Lease
from connector.jobs.refresh_leads import refresh_leads
from connector.storage import cursors

NAME = "backfill"


def backfill(lease: Lease, adapter: CrmAdapter) -> bool:
    """Read one page of the back-fill. Returns whether it did anything (False once the end was reached).

    The cursor moves in a transaction of its own after the page's leads are stored: a kill between the two reads
    one page again, which changes nothing.
    """
    context, install_id = lease.context, lease.install_id
    with context.database.read() as connection:
        progress = cursors.get_cursor(connection, install_id, NAME)
    if progress is None or progress.finished_at is not None:
        return False
    since = progress.started_at - timedelta(days=context.settings.backfill_days)
    page = adapter.list_leads(progress.cursor, since)
    refresh_leads(lease, adapter, page.lead_ids)
    now = context.clock()
    with lease.commit() as connection:
        cursors.put_cursor(
            connection,
            install_id,
            NAME,
            cursor=page.cursor,
            done=progress.done + page.scanned,
            total=page.total if page.total is not None else progress.total,
            at=now,
            is_finished=page.cursor is None,
        )
    return True


def start_backfill(connection: Connection, install_id: str, at: datetime) -> None:
    """Begin the back-fill anew at `at` (aware UTC), unless one is under way."""
    progress = cursors.get_cursor(connection, install_id, NAME)
    if progress is None or progress.finished_at is not None:
        cursors.start_cursor(connection, install_id, NAME, at)
