"""Learn what the account calls a value that it defined after we were set up."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection

from connector.catalog import find_crm
from connector.crm.port import CrmAdapter
from connector.jobs.context import Lease
from connector.storage import cursors, value_mappings

NAME = "values"


def watch_values(lease: Lease, adapter: CrmAdapter) -> bool:
    """Ask again for the values that the account defines when records show one that was not among them.

    At most every `settings.hooks_every_s`: some fields take any text, and then no look ever names it. Returns whether
    it asked.
    """
    context, install = lease.context, lease.install()
    entry = find_crm(install.crm)
    names = {one.name for one in entry.mappable} if entry else set()
    now = context.clock()
    with context.database.read() as connection:
        looked = cursors.get_cursor(connection, lease.install_id, NAME)
        if looked is not None and now < looked.updated_at + timedelta(seconds=context.settings.hooks_every_s):
            return False
        known = {
            (name, value.strip().casefold())
            for name, value in value_mappings.list_known_values(connection, lease.install_id)
        }
        shown = value_mappings.list_unmapped(connection, lease.install_id)
    if not any(name in names and (name, value.strip().casefold()) not in known for name, value in shown):
        return False
    values = adapter.known_values()
    with lease.commit() as connection:
        value_mappings.replace_known_values(connection, lease.install_id, values)
        note_look(connection, lease.install_id, len(values), now)
    return True


def note_look(connection: Connection, install_id: str, found: int, at: datetime) -> None:
    """Keep that the account's values were read at `at` (aware UTC)."""
    cursors.put_cursor(connection, install_id, NAME, cursor=None, done=found, total=None, at=at, is_finished=True)
