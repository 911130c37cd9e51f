"""What values of the CRM mean for one account: the values it defines, and what an admin said of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Protocol

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from connector.storage.statements import insert_new, upsert
from connector.storage.tables import known_values, unmapped_values, value_mappings


class ValueLike(Protocol):
    """A value that the account defines; see KnownValue of the CRM port."""

    @property
    def field(self) -> str:
        """The mappable field."""
        ...

    @property
    def value(self) -> str:
        """The value as records hold it."""
        ...

    @property
    def label(self) -> str:
        """What people of the account see."""
        ...


def replace_known_values(conn: Connection, install_id: str, values: Iterable[ValueLike]) -> None:
    """Keep the values that the account defines now."""
    conn.execute(sa.delete(known_values).where(known_values.c.install_id == install_id))
    insert_new(
        conn,
        known_values,
        [
            {"install_id": install_id, "field": each.field, "value": each.value, "label": each.label}
            for each in values
        ],
    )


def list_known_values(conn: Connection, install_id: str) -> dict[tuple[str, str], str]:
    """(field, value) → label of the values that the account defines, by field and value."""
    query = (
        sa.select(known_values)
        .where(known_values.c.install_id == install_id)
        .order_by(known_values.c.field, known_values.c.value)
    )
    return {(row.field, row.value): row.label for row in conn.execute(query)}


def list_unmapped(conn: Connection, install_id: str) -> dict[tuple[str, str], int]:
    """(field, value) → how many records showed it, of the values for which we had no word."""
    query = (
        sa.select(unmapped_values)
        .where(unmapped_values.c.install_id == install_id)
        .order_by(unmapped_values.c.seen.desc(), unmapped_values.c.field, unmapped_values.c.value)
    )
    return {(row.field, row.value): row.seen for row in conn.execute(query)}


def chosen_meanings(conn: Connection, install_id: str) -> dict[tuple[str, str], str]:
    """(field, value) → meaning, as an admin said."""
    query = sa.select(value_mappings).where(value_mappings.c.install_id == install_id)
    return {(row.field, row.value): row.meaning for row in conn.execute(query)}


def choose_meanings(
    conn: Connection, install_id: str, meanings: Mapping[tuple[str, str], str | None], at: datetime
) -> bool:
    """Keep what an admin said at `at` (aware UTC); None takes a choice back. Returns whether anything changed.

    Counts of unmapped values that are mapped now are dropped. The leads must be read again: see start_backfill.
    """
    before = chosen_meanings(conn, install_id)
    dropped = [key for key, meaning in meanings.items() if meaning is None and key in before]
    set_now = {
        key: meaning for key, meaning in meanings.items() if meaning is not None and before.get(key) != meaning
    }
    for name, value in dropped:
        conn.execute(_of(sa.delete(value_mappings), value_mappings, install_id, name, value))
    rows: list[dict[str, object]] = [
        {"install_id": install_id, "field": name, "value": value, "meaning": meaning, "chosen_at": at}
        for (name, value), meaning in set_now.items()
    ]
    upsert(conn, value_mappings, rows)
    for name, value in set_now:
        conn.execute(_of(sa.delete(unmapped_values), unmapped_values, install_id, name, value))
    return bool(dropped or set_now)


def _of(statement: sa.Delete, table: sa.Table, install_id: str, name: str, value: str) -> sa.Delete:
    return statement.where(table.c.install_id == install_id, table.c.field == name, table.c.value == value)
