"""Write planned values to the CRM, and record what became of each record."""

from __future__ import annotations

from datetime import timedelta

from connector.crm.port import CrmAdapter, FieldWrite
from connector.jobs.context import Lease
from connector.storage import health, outbox, timeline

PARK_AFTER = 5


def apply_outbox(lease: Lease, adapter: CrmAdapter) -> bool:
    """Write one batch of due outbox rows. Returns whether there were any.

    Values are absolute, so a batch that is written twice (killed before the commit) leaves the same record.
    """
    context, install_id = lease.context, lease.install_id
    now = context.clock()
    with context.database.read() as connection:
        rows = outbox.take_outbox(connection, install_id, adapter.capabilities().write_batch, now)
        lead_ids = [row.lead_id for row in rows]
        companions = timeline.companions_to_show(connection, install_id, lead_ids)
        locked = timeline.locked_leads(connection, install_id, lead_ids)
    if not rows:
        return False
    lease.check()
    results = adapter.write_fields(
        [
            FieldWrite(
                lead_id=row.lead_id,
                values=row.values,
                companion_id=companions.get(row.lead_id),
                is_locked=row.lead_id in locked,
            )
            for row in rows
        ]
    )
    now = context.clock()
    by_lead = {row.lead_id: row for row in rows}
    with lease.commit() as connection:
        for result in results:
            row = by_lead[result.lead_id]
            if result.is_written:
                outbox.mark_written(connection, install_id, row, now)
            elif result.is_gone:
                timeline.mark_gone(connection, install_id, [row.lead_id], now)
                outbox.drop(connection, install_id, row)
            elif result.is_locked:
                # Planned again with the next audit: once the lead can be changed again, it is read and audited.
                outbox.drop(connection, install_id, row)
            else:
                is_parked = row.attempts + 1 >= PARK_AFTER
                retry_at = now + timedelta(seconds=30 * 2**row.attempts)
                outbox.mark_failed(
                    connection, install_id, row, complaint=result.complaint, retry_at=None if is_parked else retry_at
                )
        health.bump(connection, install_id, "records_written", sum(r.is_written for r in results), now)
    return True
