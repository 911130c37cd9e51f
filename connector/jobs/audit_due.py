"""Audit the leads whose answer time or new facts may have changed. Nothing sweeps the whole base."""

from __future__ import annotations

from connector.jobs.audit_leads import BATCH, audit_leads
from connector.jobs.context import Lease
from connector.jobs.isolate import each_or_park
from connector.storage import worklist


def audit_due(lease: Lease) -> bool:
    """Audit up to BATCH leads that are due by now. Returns whether there were any."""
    context = lease.context
    with context.database.read() as connection:
        due = worklist.due_leads(connection, lease.install_id, context.clock(), BATCH)
    if not due:
        return False
    if lease.is_isolating:
        each_or_park(lease, due, lambda lead_id: _audit_one(lease, lead_id))
    else:
        audit_leads(lease, due)
    return True


def _audit_one(lease: Lease, lead_id: str) -> None:
    audit_leads(lease, [lead_id])
