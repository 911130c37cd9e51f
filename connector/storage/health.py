"""Signs of life of an install: counters, values that we have no word for, and notices to send."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from connector.storage.outbox import OutboxStatus, count_outbox
from connector.storage.statements import insert, insert_new
from connector.storage.tables import counters, notices, unknown_accounts, unmapped_values

#: Longer values are cut: what is unmapped is a choice of a list, not prose.
_LONGEST_VALUE = 200


@dataclass(frozen=True, slots=True)
class Counter:
    """How often something happened, and when last (aware UTC)."""

    value: int
    last_at: datetime


@dataclass(frozen=True, slots=True)
class Unmapped:
    """A value of a CRM field for which we have no word, and how many records showed it."""

    field: str
    value: str
    seen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """Something that an admin must be told once. `sentence` says what is wrong and how to mend it."""

    notice_key: str
    kind: str
    sentence: str
    lead_id: str | None
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """All signs of life of one install; `counters` by name, a missing one never happened."""

    counters: dict[str, Counter]
    unmapped: tuple[Unmapped, ...]
    parked_writes: int
    pending_writes: int

    def count(self, name: str) -> int:
        """The counter `name`, 0 when it never happened."""
        return self.counters[name].value if name in self.counters else 0

    def last_at(self, name: str) -> datetime | None:
        """When `name` happened last."""
        return self.counters[name].last_at if name in self.counters else None


def bump(conn: Connection, install_id: str, name: str, by: int, at: datetime) -> None:
    """Count `by` more of `name` at `at`. Counting nothing changes nothing."""
    if not by:
        return
    statement = insert(conn, counters).values(install_id=install_id, name=name, value=by, last_at=at)
    conn.execute(
        statement.on_conflict_do_update(
            index_elements=["install_id", "name"],
            set_={"value": counters.c.value + statement.excluded.value, "last_at": statement.excluded.last_at},
        )
    )


def set_gauge(conn: Connection, install_id: str, name: str, value: int, at: datetime) -> None:
    """Keep the present value of `name`, such as the calls left today."""
    statement = insert(conn, counters).values(install_id=install_id, name=name, value=value, last_at=at)
    conn.execute(
        statement.on_conflict_do_update(
            index_elements=["install_id", "name"],
            set_={"value": statement.excluded.value, "last_at": statement.excluded.last_at},
        )
    )


def note_unmapped(conn: Connection, install_id: str, field: str, value: str) -> None:
    """Count one more record with a value for which we have no word."""
    statement = insert(conn, unmapped_values).values(
        install_id=install_id, field=field[:_LONGEST_VALUE], value=value[:_LONGEST_VALUE], seen=1
    )
    conn.execute(
        statement.on_conflict_do_update(
            index_elements=["install_id", "field", "value"], set_={"seen": unmapped_values.c.seen + 1}
        )
    )


def read_health(conn: Connection, install_id: str, *, unmapped_limit: int = 100) -> Health:
    """All signs of life; of the unmapped values the most frequent ones."""
    counted = {
        row.name: Counter(row.value, row.last_at)
        for row in conn.execute(sa.select(counters).where(counters.c.install_id == install_id))
    }
    unmapped = conn.execute(
        sa.select(unmapped_values)
        .where(unmapped_values.c.install_id == install_id)
        .order_by(unmapped_values.c.seen.desc(), unmapped_values.c.field, unmapped_values.c.value)
        .limit(unmapped_limit)
    )
    writes = count_outbox(conn, install_id)
    return Health(
        counters=counted,
        unmapped=tuple(Unmapped(row.field, row.value, row.seen) for row in unmapped),
        parked_writes=writes[OutboxStatus.PARKED],
        pending_writes=writes[OutboxStatus.PENDING],
    )


def put_notice(
    conn: Connection,
    install_id: str,
    notice_key: str,
    *,
    kind: str,
    sentence: str,
    at: datetime,
    lead_id: str | None = None,
) -> None:
    """Keep a notice. The key names what it is about (and the period): the same key is told once, whoever asks."""
    insert_new(
        conn,
        notices,
        [
            {
                "install_id": install_id,
                "notice_key": notice_key,
                "kind": kind,
                "sentence": sentence,
                "lead_id": lead_id,
                "created_at": at,
            }
        ],
    )


def take_notices(conn: Connection, install_id: str, at: datetime) -> list[Notice]:
    """Notices not yet taken, the oldest first; of two callers one gets each."""
    rows = conn.execute(
        sa.update(notices)
        .where(notices.c.install_id == install_id, notices.c.taken_at.is_(None))
        .values(taken_at=at)
        .returning(*notices.c)
    ).all()
    return sorted(
        (
            Notice(
                notice_key=row.notice_key,
                kind=row.kind,
                sentence=row.sentence,
                lead_id=row.lead_id,
                created_at=row.created_at,
            )
            for row in rows
        ),
        key=lambda notice: (notice.created_at, notice.notice_key),
    )


def drop_notice(conn: Connection, install_id: str, notice_key: str) -> None:
    """What it was about is mended: the next time it is told again."""
    conn.execute(sa.delete(notices).where(notices.c.install_id == install_id, notices.c.notice_key == notice_key))


def count_unknown_account(conn: Connection, sender: str, events: int, at: datetime) -> None:
    """Count events of accounts that no install knows; nothing else is kept of them."""
    statement = insert(conn, unknown_accounts).values(sender=sender, events=events, last_at=at)
    conn.execute(
        statement.on_conflict_do_update(
            index_elements=["sender"],
            set_={
                "events": unknown_accounts.c.events + statement.excluded.events,
                "last_at": statement.excluded.last_at,
            },
        )
    )


def read_unknown_accounts(conn: Connection) -> dict[str, Counter]:
    """Sender → how many such events there were: for the operator."""
    return {row.sender: Counter(row.events, row.last_at) for row in conn.execute(sa.select(unknown_accounts))}
