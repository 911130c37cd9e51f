"""Find what the webhooks lost: poll by modified time, with an overlap, and count what was not known."""

from __future__ import annotations

from datetime import datetime, timedelta

from connector.crm.port import CrmAdapter
from connector.jobs.context import Lease
from connector.jobs.refresh_leads import refresh_leads
from connector.storage import cursors, health, timeline, worklist

NAME = "reconcile"
#: The CRM's index lags behind its records (up to some 30 s is reported); five minutes is ample.
OVERLAP = timedelta(minutes=5)


def reconcile(lease: Lease, adapter: CrmAdapter) -> bool:
    """Run the poll when it is due. Returns whether it ran.

    Every lead modified since the last poll (less the overlap) is read again; a lead whose facts changed by that is
    one that no webhook told us of, and is counted as lost and found (but not by the first poll, which runs beside
    the back-fill). What changed just now is left to the next poll: its webhook may be on its way. The leads that
    were not read for the longest time are read again too: a poll by modified time never shows a deletion. The next
    poll waits for as long as the CRM's budget needs, where that is longer than the setting.
    """
    context, install_id = lease.context, lease.install_id
    now = context.clock()
    with context.database.read() as connection:
        progress = cursors.get_cursor(connection, install_id, NAME)
    if progress is not None and now < _due_at(progress, context.settings.reconcile_every_s):
        return False
    since = (progress.updated_at if progress is not None else lease.install().created_at) - OVERLAP
    until = now - timedelta(seconds=context.settings.webhook_grace_s)
    found: set[str] = set()
    cursor: str | None = None
    seen_cursors: set[str] = set()
    while True:
        page = adapter.list_modified(since, until, cursor)
        with context.database.read() as connection:
            theirs = timeline.leads_of_companions(connection, install_id, page.companion_ids)
        refreshed = refresh_leads(lease, adapter, {*page.lead_ids, *theirs})
        found |= refreshed.changed | refreshed.gone
        cursor = page.cursor
        if cursor is None or cursor in seen_cursors:
            break
        seen_cursors.add(cursor)
    with context.database.read() as connection:
        unread = worklist.longest_unread(connection, install_id, adapter.capabilities().reread_per_poll)
    refreshed = refresh_leads(lease, adapter, unread)
    found |= refreshed.changed | refreshed.gone
    # Asked last: what a CRM says of its budget comes with its answers.
    next_at = now + timedelta(seconds=adapter.capabilities().poll_every_s)
    with lease.commit() as connection:
        cursors.put_cursor(
            connection,
            install_id,
            NAME,
            cursor=None,
            done=len(found),
            total=None,
            at=now,
            is_finished=True,
            next_at=next_at,
        )
        if found and progress is not None:
            health.bump(connection, install_id, "lost_found", len(found), now)
        health.bump(connection, install_id, "reconciled", 1, now)
    return True


def _due_at(progress: cursors.Progress, every_s: int) -> datetime:
    due_at = progress.updated_at + timedelta(seconds=every_s)
    return due_at if progress.next_at is None else max(due_at, progress.next_at)
