"""Worker processes and whether they live: a slot belongs to the process that renews it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy import Connection

from connector.storage import tables as t


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerSlot:
    """A slot and its holder's last sign of life (aware UTC). `host` and `pid` tell a dead local process at once."""

    slot: str
    holder: str
    host: str
    pid: int
    seen_at: datetime


def list_slots(connection: Connection) -> list[WorkerSlot]:
    """All slots, by name."""
    rows = connection.execute(sa.select(t.worker_slots).order_by(t.worker_slots.c.slot))
    return [
        WorkerSlot(slot=row.slot, holder=row.holder, host=row.host, pid=row.pid, seen_at=row.seen_at) for row in rows
    ]


def take_slot(connection: Connection, slot: WorkerSlot) -> None:
    """Give `slot.slot` to `slot.holder`, whoever held it. Call in one transaction with `list_slots`."""
    connection.execute(sa.delete(t.worker_slots).where(t.worker_slots.c.slot == slot.slot))
    connection.execute(
        sa.insert(t.worker_slots).values(
            slot=slot.slot, holder=slot.holder, host=slot.host, pid=slot.pid, seen_at=slot.seen_at
        )
    )


def renew_slot(connection: Connection, slot: str, holder: str, at: datetime) -> bool:
    """Sign of life. False when the slot is another's by now."""
    result = connection.execute(
        sa.update(t.worker_slots)
        .where(t.worker_slots.c.slot == slot, t.worker_slots.c.holder == holder)
        .values(seen_at=at)
    )
    return result.rowcount == 1


def release_slot(connection: Connection, slot: str, holder: str) -> None:
    """Leave the slot on an orderly stop."""
    connection.execute(
        sa.delete(t.worker_slots).where(t.worker_slots.c.slot == slot, t.worker_slots.c.holder == holder)
    )


def is_alive(slot: WorkerSlot, now: datetime, timeout_s: int) -> bool:
    """Whether its holder gave a sign of life within `timeout_s` seconds before `now`."""
    return now - slot.seen_at <= timedelta(seconds=timeout_s)
