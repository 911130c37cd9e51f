"""Find duplicates anew after the country of numbers without + was changed in the settings."""

from __future__ import annotations

from connector.jobs.context import Lease
from connector.storage import timeline

BATCH = 500


def refresh_keys(lease: Lease) -> bool:
    """Make the contact keys of one batch of leads by the policy of now. Returns whether there were any to make."""
    now = lease.context.clock()
    with lease.context.database.read() as connection:
        stale = timeline.stale_key_leads(connection, lease.install_id, now, BATCH)
    if not stale:
        return False
    with lease.commit() as connection:
        timeline.rebuild_keys(connection, lease.install_id, stale, now)
    return True
