"""What is due, as rows: events to look at, leads to audit, and the wakes of the job engine."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy import Connection

from connector.storage import tables as t
from connector.storage.statements import insert, insert_new, portions, upsert

#: A mark that lies so far ahead was set to park a lead. Less may be a clock, or a wait for the CRM or the database.
_IS_PARKED = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class EventRow:
    """One event of a delivery as kept. `kind` and `object_type` are the port's words; times aware UTC."""

    event_key: str
    kind: str
    object_type: str
    object_id: str
    occurred_at: datetime
    is_creation: bool = False
    is_import: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Wake:
    """The present wake of an install. `not_before` (aware UTC) holds it back after a failure."""

    install_id: str
    wake_no: int
    failures: int
    not_before: datetime | None
    last_error: str


def event_hash(event_key: str) -> str:
    """Fixed-length key of an event: hex SHA-256 of the adapter's composite key."""
    return hashlib.sha256(event_key.encode()).hexdigest()


def put_events(connection: Connection, install_id: str, events: Sequence[EventRow], at: datetime) -> int:
    """Keep events; one with a known key is a duplicate and changes nothing. Returns how many are new."""
    rows = {
        event_hash(event.event_key): {
            "install_id": install_id,
            "event_hash": event_hash(event.event_key),
            "kind": event.kind,
            "object_type": event.object_type,
            "object_id": event.object_id,
            "occurred_at": event.occurred_at,
            "is_creation": event.is_creation,
            "is_import": event.is_import,
            "arrived_at": at,
        }
        for event in events
    }
    known: set[str] = set()
    for keys in portions(rows):
        known.update(
            connection.execute(
                sa.select(t.events.c.event_hash).where(
                    t.events.c.install_id == install_id, t.events.c.event_hash.in_(keys)
                )
            ).scalars()
        )
    fresh = [row for key, row in rows.items() if key not in known]
    insert_new(connection, t.events, fresh)
    return len(fresh)


def take_events(connection: Connection, install_id: str, limit: int) -> list[EventRow]:
    """Events not yet done, oldest first by the CRM's time; `event_key` holds the hash here."""
    rows = connection.execute(
        sa.select(t.events)
        .where(t.events.c.install_id == install_id, t.events.c.done_at.is_(None))
        .order_by(t.events.c.occurred_at, t.events.c.event_hash)
        .limit(limit)
    )
    return [
        EventRow(
            event_key=row.event_hash,
            kind=row.kind,
            object_type=row.object_type,
            object_id=row.object_id,
            occurred_at=row.occurred_at,
            is_creation=row.is_creation,
            is_import=row.is_import,
        )
        for row in rows
    ]


def finish_events(connection: Connection, install_id: str, hashes: Sequence[str], at: datetime) -> None:
    """Mark events done: called in the transaction that stores their effect."""
    for keys in portions(hashes):
        connection.execute(
            sa.update(t.events)
            .where(t.events.c.install_id == install_id, t.events.c.event_hash.in_(keys))
            .values(done_at=at)
        )


def purge_events(connection: Connection, install_id: str, done_before: datetime) -> int:
    """Drop events done before `done_before`: after the sender's retries have ended they cannot come again."""
    return connection.execute(
        sa.delete(t.events).where(t.events.c.install_id == install_id, t.events.c.done_at < done_before)
    ).rowcount


def mark_due(connection: Connection, install_id: str, lead_ids: Collection[str], at: datetime) -> None:
    """Ask for an audit of `lead_ids`: their own facts changed at `at` (aware UTC)."""
    upsert(connection, t.dirty_leads, _marks(install_id, lead_ids, at))


def mark_beside(connection: Connection, install_id: str, lead_ids: Collection[str], at: datetime) -> None:
    """Ask for an audit of `lead_ids`, because of what was learned at `at` (aware UTC) of others. Who is parked stays
    so: nothing new is known of himself, and he would make the job fail again that audits all the others too."""
    marks = _marks(install_id, lead_ids, at)
    if not marks:
        return
    statement = insert(connection, t.dirty_leads)
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=["install_id", "lead_id"],
            set_={"marked_at": statement.excluded.marked_at},
            where=t.dirty_leads.c.marked_at <= at + _IS_PARKED,
        ),
        marks,
    )


def _marks(install_id: str, lead_ids: Collection[str], at: datetime) -> list[dict[str, object]]:
    return [{"install_id": install_id, "lead_id": lead_id, "marked_at": at} for lead_id in sorted(set(lead_ids))]


def due_leads(connection: Connection, install_id: str, now: datetime, limit: int) -> list[str]:
    """Leads to audit: those whose facts changed, then those whose answer time alone may have changed by `now`."""
    dirty = list(
        connection.execute(
            sa.select(t.dirty_leads.c.lead_id)
            .where(t.dirty_leads.c.install_id == install_id, t.dirty_leads.c.marked_at <= now)
            .order_by(t.dirty_leads.c.marked_at, t.dirty_leads.c.lead_id)
            .limit(limit)
        ).scalars()
    )
    if len(dirty) >= limit:
        return dirty
    known = set(dirty)
    timed = connection.execute(
        sa.select(t.lead_audits.c.lead_id)
        .where(
            t.lead_audits.c.install_id == install_id,
            t.lead_audits.c.next_change_at <= now,
            t.lead_audits.c.gone_at.is_(None),
        )
        .order_by(t.lead_audits.c.next_change_at, t.lead_audits.c.lead_id)
        .limit(limit)
    ).scalars()
    return [*dirty, *(lead_id for lead_id in timed if lead_id not in known)][:limit]


def list_dirty(connection: Connection, install_id: str, as_of: datetime | None = None) -> frozenset[str]:
    """The leads whose facts changed since their last audit. `as_of` (aware UTC): those marked by then alone; leads
    that are parked are marked for later."""
    query = sa.select(t.dirty_leads.c.lead_id).where(t.dirty_leads.c.install_id == install_id)
    if as_of is not None:
        query = query.where(t.dirty_leads.c.marked_at <= as_of)
    return frozenset(connection.execute(query).scalars())


def postpone(connection: Connection, install_id: str, lead_id: str, until: datetime) -> None:
    """Do not audit the lead before `until`, unless new facts arrive: it failed again and again."""
    mark_due(connection, install_id, [lead_id], until)
    connection.execute(
        sa.update(t.lead_audits)
        .where(t.lead_audits.c.install_id == install_id, t.lead_audits.c.lead_id == lead_id)
        .values(next_change_at=None)
    )


def marks_of(
    connection: Connection, install_id: str, lead_ids: Collection[str], now: datetime
) -> dict[str, datetime]:
    """Of these leads those that are marked by `now` (aware UTC), with the time of the mark. To be read together with
    the facts that the leads are judged by."""
    found: dict[str, datetime] = {}
    for ids in portions(sorted(set(lead_ids))):
        rows = connection.execute(
            sa.select(t.dirty_leads.c.lead_id, t.dirty_leads.c.marked_at).where(
                t.dirty_leads.c.install_id == install_id,
                t.dirty_leads.c.lead_id.in_(ids),
                t.dirty_leads.c.marked_at <= now,
            )
        )
        found.update((row.lead_id, row.marked_at) for row in rows)
    return found


def mark_audited(connection: Connection, install_id: str, marks: Mapping[str, datetime]) -> None:
    """The leads were judged with all facts that stood beside these marks. A mark that was set since stays, whatever
    time it bears: whoever set it may have waited for the database with the time of his click."""
    if marks:
        connection.execute(
            sa.delete(t.dirty_leads).where(
                t.dirty_leads.c.install_id == install_id,
                t.dirty_leads.c.lead_id == sa.bindparam("of_lead"),
                t.dirty_leads.c.marked_at == sa.bindparam("seen_at"),
            ),
            [{"of_lead": lead_id, "seen_at": at} for lead_id, at in sorted(marks.items())],
        )


def longest_unread(connection: Connection, install_id: str, limit: int) -> list[str]:
    """Live leads that the CRM showed us the longest ago."""
    return list(
        connection.execute(
            sa.select(t.leads.c.lead_id)
            .where(t.leads.c.install_id == install_id, t.leads.c.gone_at.is_(None))
            .order_by(t.leads.c.read_at, t.leads.c.lead_id)
            .limit(limit)
        ).scalars()
    )


def installs_with_work(connection: Connection, now: datetime) -> list[str]:
    """Active installs that have events, leads to audit, writes, a back-fill, a report or a look-up waiting at
    `now`."""
    live = sa.select(t.installs.c.install_id).where(t.installs.c.status == "active").subquery()
    parts = [
        sa.select(t.events.c.install_id).where(t.events.c.done_at.is_(None)),
        sa.select(t.dirty_leads.c.install_id).where(t.dirty_leads.c.marked_at <= now),
        sa.select(t.lead_audits.c.install_id).where(
            t.lead_audits.c.next_change_at <= now, t.lead_audits.c.gone_at.is_(None)
        ),
        sa.select(t.outbox.c.install_id).where(
            t.outbox.c.status == "pending", sa.or_(t.outbox.c.retry_at.is_(None), t.outbox.c.retry_at <= now)
        ),
        sa.select(t.cursors.c.install_id).where(t.cursors.c.name == "backfill", t.cursors.c.finished_at.is_(None)),
        sa.select(t.report_runs.c.install_id).where(t.report_runs.c.ended_at.is_(None)),
        sa.select(t.lookup_wants.c.install_id).where(t.lookup_wants.c.ask_at <= now),
    ]
    due = sa.union(*parts).subquery()
    return list(
        connection.execute(
            sa.select(live.c.install_id)
            .where(live.c.install_id.in_(sa.select(due.c.install_id)))
            .order_by(live.c.install_id)
        ).scalars()
    )


def installs_to_poll(connection: Connection, now: datetime, every_s: int) -> list[str]:
    """Active installs whose reconciling poll is due, or that were never set up.

    A poll is due `every_s` seconds after the one before, but not before the moment that one named.
    """
    polled = sa.select(t.cursors.c.install_id).where(
        t.cursors.c.name == "reconcile",
        sa.or_(t.cursors.c.updated_at > now - timedelta(seconds=every_s), t.cursors.c.next_at > now),
    )
    return list(
        connection.execute(
            sa.select(t.installs.c.install_id)
            .where(t.installs.c.status == "active", t.installs.c.install_id.not_in(polled))
            .order_by(t.installs.c.install_id)
        ).scalars()
    )


def get_wake(connection: Connection, install_id: str) -> Wake:
    """The install's present wake; number 0 before the first."""
    row = connection.execute(sa.select(t.wakes).where(t.wakes.c.install_id == install_id)).one_or_none()
    if row is None:
        return Wake(install_id=install_id, wake_no=0, failures=0, not_before=None, last_error="")
    return Wake(
        install_id=install_id,
        wake_no=row.wake_no,
        failures=row.failures,
        not_before=row.not_before,
        last_error=row.last_error,
    )


def finish_wake(
    connection: Connection,
    install_id: str,
    wake_no: int,
    *,
    failures: int = 0,
    not_before: datetime | None = None,
    last_error: str = "",
) -> None:
    """End wake `wake_no`, so that the next may be asked for. A wake that ended already stays ended."""
    values = {
        "wake_no": wake_no + 1,
        "failures": failures,
        "not_before": not_before,
        "last_error": last_error,
    }
    statement = insert(connection, t.wakes).values(install_id=install_id, **values)
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=["install_id"], set_=values, where=t.wakes.c.wake_no <= wake_no
        )
    )
