"""Look again at leads: read them from the CRM, keep what changed, and mark those for audit."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from connector.crm.port import CrmAdapter
from connector.jobs.context import Lease
from connector.storage import health, timeline, worklist


@dataclass(frozen=True, slots=True)
class Refreshed:
    """What came of it: leads whose facts changed, and leads that are gone from the CRM."""

    changed: frozenset[str]
    gone: frozenset[str]


def refresh_leads(
    lease: Lease, adapter: CrmAdapter, lead_ids: Iterable[str], *, finish_events: Iterable[str] = ()
) -> Refreshed:
    """Read `lead_ids` (any number) and store them batch by batch; finish `finish_events` with the last batch.

    What changed is due for audit from this moment, in the same transaction that stores it. Forgotten people are
    not read again.
    """
    context, install_id = lease.context, lease.install_id
    with context.database.read() as connection:
        forgotten = timeline.forgotten_among(connection, install_id, sorted(set(lead_ids)))
    wanted = [lead_id for lead_id in sorted(set(lead_ids)) if lead_id not in forgotten]
    size = adapter.capabilities().read_batch
    batches = [wanted[start : start + size] for start in range(0, len(wanted), size)] or [[]]
    changed: set[str] = set()
    gone: set[str] = set()
    for number, batch in enumerate(batches, start=1):
        read_at = context.clock()
        read = adapter.read_leads(batch) if batch else None
        with lease.commit() as connection:
            if read is not None:
                ids = [record.lead.lead_id for record in read.records]
                before = timeline.key_neighbours(connection, install_id, [*ids, *read.gone_ids])
                news = timeline.store_records(connection, install_id, read.records, read_at)
                gone_now = timeline.mark_gone(connection, install_id, read.gone_ids, read_at)
                changed |= news
                gone |= gone_now
                touched = [*news, *gone_now]
                after = timeline.key_neighbours(connection, install_id, touched)
                neighbours = {other for lead_id in touched for other in before.get(lead_id, ())} | {
                    other for others in after.values() for other in others
                }
                worklist.mark_due(connection, install_id, sorted(news | neighbours), read_at)
                for field, value in read.unmapped:
                    health.note_unmapped(connection, install_id, field, value)
            if number == len(batches):
                worklist.finish_events(connection, install_id, list(finish_events), read_at)
    return Refreshed(frozenset(changed), frozenset(gone))
