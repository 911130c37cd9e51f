"""Statements that every table needs: upserts in the dialect of the connection, and ids in portions."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection

ItemT = TypeVar("ItemT")

#: Most ids in one IN list: far below SQLite's 32,766 and PostgreSQL's 65,535 parameters.
PORTION = 500


def insert(conn: Connection, table: sa.Table) -> sqlite.Insert | postgresql.Insert:
    """An INSERT that knows ON CONFLICT."""
    return sqlite.insert(table) if conn.dialect.name == "sqlite" else postgresql.insert(table)


def insert_new(conn: Connection, table: sa.Table, rows: Sequence[dict[str, object]]) -> None:
    """Insert rows; one whose key is there already changes nothing."""
    if rows:
        conn.execute(insert(conn, table).on_conflict_do_nothing(), rows)


def upsert(
    conn: Connection,
    table: sa.Table,
    rows: Sequence[dict[str, object]],
    *,
    keep: Collection[str] = (),
    only_changed: bool = False,
) -> None:
    """Insert rows, or overwrite what is there under the same primary key, but for the columns in `keep`.

    All rows have the same columns. `only_changed`: an equal row is not written again.
    """
    if not rows:
        return
    statement = insert(conn, table)
    keys = {column.name for column in table.primary_key}
    changed = {name: statement.excluded[name] for name in rows[0] if name not in keys and name not in keep}
    where = None
    if only_changed:
        where = sa.or_(*(table.c[name].is_distinct_from(value) for name, value in changed.items()))
    conn.execute(statement.on_conflict_do_update(index_elements=sorted(keys), set_=changed, where=where), rows)


def portions(items: Collection[ItemT], size: int = PORTION) -> Iterator[list[ItemT]]:
    """`items` in lists of at most `size`."""
    listed = list(items)
    for start in range(0, len(listed), size):
        yield listed[start : start + size]


def rows_of(table: sa.Table, install_id: str, lead_ids: Iterable[str]) -> sa.Select[Any]:
    """The rows of `table` that belong to these leads of an install."""
    return sa.select(table).where(table.c.install_id == install_id, table.c.lead_id.in_(list(lead_ids)))
