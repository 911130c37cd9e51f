"""The outbox: values to write to our own fields in the CRM, what was written last, and what people made of it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from connector.storage.json_text import dump_map, load_map
from connector.storage.statements import insert, portions, upsert
from connector.storage.tables import leads, outbox, written_values


class OutboxStatus(StrEnum):
    """PENDING is written at its time; PARKED waits for a person, or for a new plan."""

    PENDING = "pending"
    PARKED = "parked"


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxRow:
    """Absolute values for one record. `complaint`: what the CRM said to the last of `attempts` tries."""

    lead_id: str
    values: Mapping[str, str]
    status: OutboxStatus
    attempts: int
    complaint: str
    planned_at: datetime
    retry_at: datetime | None


def put_outbox(conn: Connection, install_id: str, lead_id: str, values: Mapping[str, str], at: datetime) -> None:
    """Plan a write; it replaces what was planned for the lead. An equal plan keeps its place and its tries."""
    statement = insert(conn, outbox).values(
        install_id=install_id,
        lead_id=lead_id,
        values=dump_map(values),
        status=OutboxStatus.PENDING.value,
        attempts=0,
        complaint="",
        planned_at=at,
        retry_at=None,
    )
    names = ("values", "status", "attempts", "complaint", "planned_at", "retry_at")
    conn.execute(
        statement.on_conflict_do_update(
            index_elements=["install_id", "lead_id"],
            set_={name: statement.excluded[name] for name in names},
            where=outbox.c["values"] != statement.excluded["values"],
        )
    )


def take_outbox(conn: Connection, install_id: str, limit: int, now: datetime) -> list[OutboxRow]:
    """Writes that may be tried at `now`, the oldest first. They stay until they are marked."""
    rows = conn.execute(
        sa.select(outbox)
        .where(
            outbox.c.install_id == install_id,
            outbox.c.status == OutboxStatus.PENDING.value,
            sa.or_(outbox.c.retry_at.is_(None), outbox.c.retry_at <= now),
        )
        .order_by(outbox.c.planned_at, outbox.c.lead_id)
        .limit(limit)
    )
    return [_row(row) for row in rows]


def list_parked(conn: Connection, install_id: str, limit: int = 100) -> list[OutboxRow]:
    """Writes that the CRM refused again and again, the newest first."""
    rows = conn.execute(
        sa.select(outbox)
        .where(outbox.c.install_id == install_id, outbox.c.status == OutboxStatus.PARKED.value)
        .order_by(outbox.c.planned_at.desc(), outbox.c.lead_id)
        .limit(limit)
    )
    return [_row(row) for row in rows]


def count_outbox(conn: Connection, install_id: str) -> dict[OutboxStatus, int]:
    """How many writes are pending and parked."""
    counts = dict.fromkeys(OutboxStatus, 0)
    rows = conn.execute(
        sa.select(outbox.c.status, sa.func.count()).where(outbox.c.install_id == install_id).group_by(outbox.c.status)
    )
    for status, count in rows:
        counts[OutboxStatus(status)] = count
    return counts


def mark_written(conn: Connection, install_id: str, row: OutboxRow, at: datetime) -> None:
    """The CRM took `row`: remember the values as ours and as shown. A plan made meanwhile stays."""
    _drop_same(conn, install_id, row)
    shown = conn.execute(
        sa.select(leads.c.our_fields).where(leads.c.install_id == install_id, leads.c.lead_id == row.lead_id)
    ).scalar_one_or_none()
    if shown is None:
        return  # forgotten while the call was under way: nothing may be kept of it
    conn.execute(
        sa.update(leads)
        .where(leads.c.install_id == install_id, leads.c.lead_id == row.lead_id)
        .values(our_fields=dump_map({**load_map(shown), **row.values}))
    )
    upsert(
        conn,
        written_values,
        [
            {
                "install_id": install_id,
                "lead_id": row.lead_id,
                "field": field,
                "value": value,
                "written_at": at,
            }
            for field, value in row.values.items()
        ],
    )


def mark_failed(
    conn: Connection, install_id: str, row: OutboxRow, *, complaint: str, retry_at: datetime | None
) -> None:
    """The CRM refused `row`: try again at `retry_at`, or never by ourselves (None: parked). A newer plan stays."""
    status = OutboxStatus.PARKED if retry_at is None else OutboxStatus.PENDING
    conn.execute(
        sa.update(outbox)
        .where(_same(install_id, row))
        .values(status=status.value, attempts=outbox.c.attempts + 1, complaint=complaint, retry_at=retry_at)
    )


def drop(conn: Connection, install_id: str, row: OutboxRow) -> None:
    """The record is gone: write nothing. A plan made meanwhile stays."""
    _drop_same(conn, install_id, row)


def cancel(conn: Connection, install_id: str, lead_ids: Collection[str]) -> None:
    """Nothing is to be written to these any more: what was planned is what the CRM shows by now, or a person's."""
    for ids in portions(lead_ids):
        conn.execute(sa.delete(outbox).where(outbox.c.install_id == install_id, outbox.c.lead_id.in_(ids)))


def retry_parked(conn: Connection, install_id: str) -> int:
    """Try everything parked again; returns how many rows."""
    return conn.execute(
        sa.update(outbox)
        .where(outbox.c.install_id == install_id, outbox.c.status == OutboxStatus.PARKED.value)
        .values(status=OutboxStatus.PENDING.value, attempts=0, retry_at=None)
    ).rowcount


def last_written(conn: Connection, install_id: str, lead_ids: Collection[str]) -> dict[str, dict[str, str]]:
    """For each lead that we ever wrote to: field → the value we wrote last."""
    found: dict[str, dict[str, str]] = {}
    for ids in portions(lead_ids):
        rows = conn.execute(
            sa.select(written_values).where(
                written_values.c.install_id == install_id, written_values.c.lead_id.in_(ids)
            )
        )
        for row in rows:
            found.setdefault(row.lead_id, {})[row.field] = row.value
    return found


def crm_values(conn: Connection, install_id: str, lead_ids: Collection[str]) -> dict[str, dict[str, str]]:
    """For each known lead: what the CRM shows in our fields, as far as we know (last read, or written since)."""
    found: dict[str, dict[str, str]] = {}
    for ids in portions(lead_ids):
        rows = conn.execute(
            sa.select(leads.c.lead_id, leads.c.our_fields).where(
                leads.c.install_id == install_id, leads.c.lead_id.in_(ids)
            )
        )
        found.update({row.lead_id: load_map(row.our_fields) for row in rows})
    return found


def cleared_by_human(conn: Connection, install_id: str, lead_ids: Collection[str]) -> dict[str, frozenset[str]]:
    """For each lead with any: the fields that we filled and that are empty in the CRM now. A person wants them so."""
    written = last_written(conn, install_id, lead_ids)
    shown = crm_values(conn, install_id, list(written))
    cleared = {
        lead_id: frozenset(
            field for field, value in values.items() if value and lead_id in shown and not shown[lead_id].get(field)
        )
        for lead_id, values in written.items()
    }
    return {lead_id: fields for lead_id, fields in cleared.items() if fields}


def _same(install_id: str, row: OutboxRow) -> sa.ColumnElement[bool]:
    return sa.and_(
        outbox.c.install_id == install_id,
        outbox.c.lead_id == row.lead_id,
        outbox.c["values"] == dump_map(row.values),
    )


def _drop_same(conn: Connection, install_id: str, row: OutboxRow) -> None:
    conn.execute(sa.delete(outbox).where(_same(install_id, row)))


def _row(row: sa.Row[Any]) -> OutboxRow:
    return OutboxRow(
        lead_id=row.lead_id,
        values=load_map(row._mapping["values"]),
        status=OutboxStatus(row.status),
        attempts=row.attempts,
        complaint=row.complaint,
        planned_at=row.planned_at,
        retry_at=row.retry_at,
    )
