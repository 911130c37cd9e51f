"""Look again at leads: read them from the CRM, keep what changed, and mark those for audit."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection

from connector.crm.port import CrmAdapter, LeadsRead
from connector.jobs.context import Lease
from connector.jobs.isolate import each_or_park
from connector.storage import health, policies, surroundings, timeline, worklist
from connector.storage.statements import portions

STORE_BATCH = 100
"""Leads in one write transaction: a read may bring a thousand, and nobody else may write for as long as it lasts."""


@dataclass(frozen=True, slots=True)
class Refreshed:
    """What came of it: leads whose facts changed, and leads that are gone from the CRM."""

    changed: set[str] = field(default_factory=set)
    gone: set[str] = field(default_factory=set)


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
    batches = list(portions(wanted, adapter.capabilities().read_batch))
    found = Refreshed()
    ended = list(finish_events)
    for number, batch in enumerate(batches, start=1):
        read_at = context.clock()
        read = adapter.read_leads(batch)
        if lease.is_isolating:
            _store_one_by_one(lease, read, read_at, found)
            continue
        parts = list(_parts(read))
        for place, part in enumerate(parts, start=1):
            with lease.commit() as connection:
                news = _store(connection, install_id, part, read_at)
                if number == len(batches) and place == len(parts):
                    worklist.finish_events(connection, install_id, ended, read_at)
            _add(found, news)
    if ended and (lease.is_isolating or not batches):
        with lease.commit() as connection:
            worklist.finish_events(connection, install_id, ended, context.clock())
    return found


def _parts(read: LeadsRead) -> Iterator[LeadsRead]:
    """The same in parts that are stored one by one. What is gone, and what has no meaning, goes with the last."""
    whole, rest = divmod(max(len(read.records), 1) - 1, STORE_BATCH)
    for number in range(whole):
        yield LeadsRead(records=read.records[number * STORE_BATCH : (number + 1) * STORE_BATCH])
    last = read.records[len(read.records) - rest - 1 :] if read.records else ()
    yield LeadsRead(records=last, gone_ids=read.gone_ids, unmapped=read.unmapped)


def _store(connection: Connection, install_id: str, read: LeadsRead, read_at: datetime) -> Refreshed:
    """Keep what was read, and mark for audit what changed, whoever shares a number or address with it, and whoever
    came into a crowd of acts, or out of one, by it."""
    ids = [record.lead.lead_id for record in read.records]
    touched_ids = [*ids, *read.gone_ids, *_ended_in(read)]
    company = surroundings.company_of(connection, install_id, touched_ids)
    before = timeline.key_neighbours(connection, install_id, [*ids, *read.gone_ids])
    changed = timeline.store_records(connection, install_id, read.records, read_at)
    gone = timeline.mark_gone(connection, install_id, read.gone_ids, read_at)
    touched = [*changed, *gone]
    after = timeline.key_neighbours(connection, install_id, touched)
    neighbours = {other for lead_id in touched for other in before.get(lead_id, ())} | {
        other for others in after.values() for other in others
    }
    neighbours |= timeline.deal_neighbours(connection, install_id, changed)
    changes = company.changes(surroundings.company_of(connection, install_id, touched_ids))
    policy = policies.policy_as_of(connection, install_id, read_at)
    neighbours |= surroundings.beside(connection, install_id, changes, read_at, policy)
    worklist.mark_beside(connection, install_id, neighbours - changed, read_at)
    worklist.mark_due(connection, install_id, changed, read_at)
    for name, value in read.unmapped:
        health.note_unmapped(connection, install_id, name, value)
    return Refreshed(set(changed), set(gone))


def _ended_in(read: LeadsRead) -> Iterator[str]:
    """The ids of the records that end in these."""
    for record in read.records:
        yield from record.merged_ids
        if record.converted_from is not None:
            yield record.converted_from


def _store_one_by_one(lease: Lease, read: LeadsRead, read_at: datetime, found: Refreshed) -> None:
    """The same, each lead in a transaction of its own. Values without a meaning are not counted again."""
    lead_ids = [*(record.lead.lead_id for record in read.records), *read.gone_ids]

    def store(lead_id: str) -> None:
        part = LeadsRead(
            records=tuple(record for record in read.records if record.lead.lead_id == lead_id),
            gone_ids=tuple(gone for gone in read.gone_ids if gone == lead_id),
        )
        with lease.commit() as connection:
            news = _store(connection, lease.install_id, part, read_at)
        _add(found, news)

    each_or_park(lease, lead_ids, store)


def _add(found: Refreshed, news: Refreshed) -> None:
    found.changed.update(news.changed)
    found.gone.update(news.gone)
