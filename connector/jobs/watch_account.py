"""Once a day: who works in the account, and which fields it has. No webhook of any CRM tells of all of that."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection

from connector.crm.port import CrmAdapter
from connector.jobs.context import Lease
from connector.storage import cursors, field_roles, people, timeline, worklist

NAME = "account"
LOOK_EVERY = timedelta(days=1)
"""Our choice: somebody who left is seen the next day, and it costs two or three calls."""


def watch_account(lease: Lease, adapter: CrmAdapter) -> bool:
    """Read the owners and the fields of the account again when the last look is a day old.

    The leads of somebody who left or came back since are due for audit. Returns whether it looked.
    """
    context, now = lease.context, lease.context.clock()
    with context.database.read() as connection:
        looked = cursors.get_cursor(connection, lease.install_id, NAME)
        before = {owner.owner_id: owner.is_archived for owner in people.list_owners(connection, lease.install_id)}
    if looked is None or now < looked.updated_at + LOOK_EVERY:
        return False
    owners, fields = tuple(adapter.iter_owners()), adapter.known_fields()
    with lease.commit() as connection:
        people.replace_owners(connection, lease.install_id, owners)
        field_roles.replace_known_fields(connection, lease.install_id, fields)
        for owner in people.list_owners(connection, lease.install_id):
            if before.get(owner.owner_id, owner.is_archived) != owner.is_archived:
                held = timeline.lead_ids_by_owner(connection, lease.install_id, owner.owner_id)
                worklist.mark_due(connection, lease.install_id, held, now)
        note_account(connection, lease.install_id, len(owners), now)
    return True


def note_account(connection: Connection, install_id: str, owners: int, at: datetime) -> None:
    """Keep that owners and fields were read at `at` (aware UTC)."""
    cursors.put_cursor(connection, install_id, NAME, cursor=None, done=owners, total=None, at=at, is_finished=True)
