"""Erase the tenants whose purge date has come."""

from __future__ import annotations

from connector.jobs.context import JobContext
from connector.logs import get_logger
from connector.storage import installs

_log = get_logger(__name__)


def purge_due(context: JobContext) -> int:
    """Erase every uninstalled tenant whose purge date has passed. Returns how many."""
    now = context.clock()
    with context.database.read() as connection:
        due = installs.due_for_purge(connection, now)
    for install_id in due:
        with context.database.write() as connection:
            installs.purge(connection, install_id)
        _log.info("install_purged", install_id=install_id)
    return len(due)
