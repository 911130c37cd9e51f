"""How far the long readings of an account are: where to go on after a stop, and what to show meanwhile."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from connector.storage.statements import insert, upsert
from connector.storage.tables import cursors


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """One reading. `cursor` (opaque, the CRM's) None = at the start or at the end; `total` where the CRM tells it.

    Times are aware UTC; `finished_at` None = still running; `next_at`: the CRM bears no other before that.
    """

    cursor: str | None
    done: int
    total: int | None
    started_at: datetime
    updated_at: datetime
    finished_at: datetime | None
    next_at: datetime | None = None


def get_cursor(conn: Connection, install_id: str, name: str) -> Progress | None:
    """The reading `name` (backfill, reconcile, …), or None before the first."""
    row = conn.execute(
        sa.select(cursors).where(cursors.c.install_id == install_id, cursors.c.name == name)
    ).one_or_none()
    if row is None:
        return None
    return Progress(
        cursor=row.cursor,
        done=row.done,
        total=row.total,
        started_at=row.started_at,
        updated_at=row.updated_at,
        finished_at=row.finished_at,
        next_at=row.next_at,
    )


def start_cursor(conn: Connection, install_id: str, name: str, at: datetime) -> None:
    """Begin the reading anew, from its start."""
    upsert(
        conn,
        cursors,
        [
            {
                "install_id": install_id,
                "name": name,
                "cursor": None,
                "done": 0,
                "total": None,
                "started_at": at,
                "updated_at": at,
                "finished_at": None,
                "next_at": None,
            }
        ],
    )


def put_cursor(
    conn: Connection,
    install_id: str,
    name: str,
    cursor: str | None,
    done: int,
    total: int | None,
    at: datetime,
    *,
    is_finished: bool = False,
    next_at: datetime | None = None,
) -> None:
    """Keep how far the reading is; `done` is the count so far. In the transaction that stores what was read.

    `next_at` (aware UTC): where the CRM bears the reading less often than the settings ask for it.
    """
    values = {
        "cursor": cursor,
        "done": done,
        "total": total,
        "updated_at": at,
        "finished_at": at if is_finished else None,
        "next_at": next_at,
    }
    statement = insert(conn, cursors).values(install_id=install_id, name=name, started_at=at, **values)
    conn.execute(statement.on_conflict_do_update(index_elements=["install_id", "name"], set_=values))
