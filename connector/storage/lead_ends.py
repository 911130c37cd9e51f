"""How a lead ends: gone from the CRM, merged into another, or going on as another record. Each leaves a tombstone."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from audits.model.score import FollowUpStatus
from connector.storage.column_types import storable
from connector.storage.forget import forgotten_among
from connector.storage.neighbours import end_traits
from connector.storage.snapshots import end_snapshots
from connector.storage.statements import insert, insert_new, portions, rows_of, upsert
from connector.storage.tables import (
    activities,
    current_findings,
    dirty_leads,
    lead_audits,
    leads,
    outbox,
    owner_changes,
    repairs,
    stage_changes,
    tasks,
    tombstones,
)
from connector.storage.timeline_rows import RecordLike


class TombstoneKind(StrEnum):
    """Why an id is no live lead any more."""

    GONE = "gone"
    MERGED = "merged"
    CONVERTED = "converted"


ENDED_IN_ANOTHER = (TombstoneKind.MERGED, TombstoneKind.CONVERTED)
"""Such a tombstone stays, whatever is read later."""


@dataclass(frozen=True, slots=True)
class Conversion:
    """An earlier record that a lead continues: its id, and when we read that it does (aware UTC)."""

    lead_id: str
    at: datetime


def mark_gone(conn: Connection, install_id: str, lead_ids: Collection[str], at: datetime) -> frozenset[str]:
    """The CRM no longer has these as of `at`; returns those that were live until now.

    Their figures stay in the reports of the past; nothing is due on them any more and nothing is written to them. A
    lead that was read after `at` lives. An id never seen is remembered, so that an older read cannot bring it in.
    """
    gone: set[str] = set()
    for ids in portions(sorted({storable(lead_id) for lead_id in lead_ids})):
        known = {row.lead_id: row for row in conn.execute(rows_of(leads, install_id, ids))}
        hidden = forgotten_among(conn, install_id, ids)
        ended = [
            lead_id
            for lead_id in ids
            if lead_id not in hidden and not (lead_id in known and known[lead_id].read_at > at)
        ]
        gone |= {lead_id for lead_id in ended if lead_id in known and known[lead_id].gone_at is None}
        _bury(conn, install_id, ended, at)
        _close(conn, install_id, ended, at)
    return frozenset(gone)


def conversions_of(conn: Connection, install_id: str, lead_id: str) -> tuple[Conversion, ...]:
    """The earlier records that this lead continues, the oldest conversion first."""
    rows = conn.execute(
        sa.select(tombstones.c.lead_id, tombstones.c.at)
        .where(
            tombstones.c.install_id == install_id,
            tombstones.c.winner_id == storable(lead_id),
            tombstones.c.kind == TombstoneKind.CONVERTED.value,
        )
        .order_by(tombstones.c.at, tombstones.c.lead_id)
    )
    return tuple(Conversion(row.lead_id, row.at) for row in rows)


def merge_ended(
    conn: Connection, install_id: str, records: Mapping[str, RecordLike], read_at: datetime
) -> tuple[set[str], set[str]]:
    """Merged and converted records end as tombstones; what was done on them is done on the winner.

    Who held a lead, how it stood and what was decided on its repairs goes on with the record that continues it, not
    with one it was merged into. A merged lead was an enquiry and stays in the lists; one that goes on as another
    record is listed as that one alone.
    Returns the winners with news, and all losers.
    """
    winners = {
        storable(loser): winner
        for winner, record in records.items()
        for loser in (*record.merged_ids, *filter(None, (record.converted_from,)))
        if storable(loser) != winner
    }
    if not winners:
        return set(), set()
    known = {row.lead_id: row.winner_id for row in conn.execute(rows_of(tombstones, install_id, winners))}
    hidden = forgotten_among(conn, install_id, winners)
    fresh = {loser: winner for loser, winner in winners.items() if known.get(loser) != winner and loser not in hidden}
    continued = {
        loser: winner
        for loser, winner in fresh.items()
        if records[winner].converted_from is not None and storable(records[winner].converted_from or "") == loser
    }
    upsert(
        conn,
        tombstones,
        [
            {
                "install_id": install_id,
                "lead_id": loser,
                "kind": (TombstoneKind.CONVERTED if loser in continued else TombstoneKind.MERGED).value,
                "winner_id": winner,
                "at": read_at,
            }
            for loser, winner in fresh.items()
        ],
    )
    for table in (activities, tasks):
        inherited = [
            {**row._mapping, "lead_id": fresh[row.lead_id], "from_lead_id": row.lead_id}
            for row in conn.execute(rows_of(table, install_id, fresh))
            if row.missing_since is None
        ]
        insert_new(conn, table, inherited)
    for table in (owner_changes, stage_changes, repairs):
        rows = conn.execute(rows_of(table, install_id, continued))
        insert_new(conn, table, [{**row._mapping, "lead_id": continued[row.lead_id]} for row in rows])
    _close(conn, install_id, list(fresh), read_at)
    for ids in portions(sorted(continued)):
        # The same enquiry goes on under another id: counted under both, it would be two.
        for table in (lead_audits, current_findings):
            conn.execute(sa.delete(table).where(table.c.install_id == install_id, table.c.lead_id.in_(ids)))
    return set(fresh.values()), set(winners)


def _bury(conn: Connection, install_id: str, lead_ids: Sequence[str], at: datetime) -> None:
    """Tombstones of kind gone; a later one counts, and one of a merge stays."""
    statement = insert(conn, tombstones)
    if lead_ids:
        conn.execute(
            statement.on_conflict_do_update(
                index_elements=["install_id", "lead_id"],
                set_={"at": statement.excluded.at},
                where=sa.and_(tombstones.c.kind == TombstoneKind.GONE.value, tombstones.c.at < statement.excluded.at),
            ),
            [
                {"install_id": install_id, "lead_id": lead_id, "kind": TombstoneKind.GONE.value, "at": at}
                for lead_id in lead_ids
            ],
        )


def _close(conn: Connection, install_id: str, lead_ids: Sequence[str], at: datetime) -> None:
    """Nothing is due any more on leads that are gone."""
    for ids in portions(lead_ids):
        mine = sa.and_(leads.c.install_id == install_id, leads.c.lead_id.in_(ids), leads.c.gone_at.is_(None))
        conn.execute(sa.update(leads).where(mine).values(gone_at=at))
        conn.execute(
            sa.update(lead_audits)
            .where(lead_audits.c.install_id == install_id, lead_audits.c.lead_id.in_(ids))
            .values(gone_at=at, follow_up_status=FollowUpStatus.CLOSED.value, next_change_at=None, due_at=None)
        )
        for table in (outbox, dirty_leads):
            conn.execute(sa.delete(table).where(table.c.install_id == install_id, table.c.lead_id.in_(ids)))
        end_snapshots(conn, install_id, ids, at)
    end_traits(conn, install_id, lead_ids)


def revive(conn: Connection, install_id: str, lead_ids: Sequence[str]) -> None:
    """The CRM shows these again: their tombstones go, and their figures count in the present."""
    if lead_ids:
        conn.execute(
            sa.delete(tombstones).where(tombstones.c.install_id == install_id, tombstones.c.lead_id.in_(lead_ids))
        )
        conn.execute(
            sa.update(lead_audits)
            .where(lead_audits.c.install_id == install_id, lead_audits.c.lead_id.in_(lead_ids))
            .values(gone_at=None)
        )
