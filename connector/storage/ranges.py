"""Many small ranges of one index in one query: each owner, or each text, has its own span of time.

The ranges go to the database as one JSON parameter, so that a statement is the same for any number of them. Each
names its tenant, and whatever is joined takes its install_id from there: so the ranges lead and the index follows,
whatever a database believes of the sizes of its tables. One more bound on the same column would be one too many: a
range ends with the instant that is asked about.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import Connection
from sqlalchemy.types import TypeEngine

from connector.storage.column_types import UtcMicros, Words, to_micros

OwnerRange = tuple[str, datetime, datetime]


def rows_wanted(conn: Connection, rows: Iterable[Sequence[object]], **columns: type[TypeEngine[Any]]) -> sa.CTE:
    """`rows` as a table "wanted" with these columns, to join with. Instants go as UtcMicros."""
    values = [[to_micros(value) if isinstance(value, datetime) else value for value in row] for row in rows]
    parameter = sa.bindparam(None, json.dumps(values), type_=sa.Text, unique=True)
    if conn.dialect.name == "sqlite":
        each = sa.func.json_each(parameter).table_valued("value", name="each_row")
        parts: list[sa.ColumnElement[Any]] = [
            sa.func.json_extract(each.c.value, f"$[{place}]") for place in range(len(columns))
        ]
    else:
        each = sa.func.jsonb_array_elements(sa.cast(parameter, JSONB)).table_valued(
            sa.column("value", JSONB), name="each_row"
        )
        parts = [
            sa.cast(each.c.value[place].astext, sa.Text if kind is Words else sa.BigInteger)
            for place, kind in enumerate(columns.values())
        ]
    labelled = [
        sa.type_coerce(part, kind).label(name) for part, (name, kind) in zip(parts, columns.items(), strict=True)
    ]
    return sa.select(*labelled).cte("wanted").prefix_with("MATERIALIZED")


def owner_ranges(conn: Connection, install_id: str, ranges: Sequence[OwnerRange]) -> sa.CTE:
    """(install_id, owner_id, low, high) as rows to join with."""
    rows = [(install_id, *each) for each in ranges]
    return rows_wanted(conn, rows, install_id=Words, owner_id=Words, low=UtcMicros, high=UtcMicros)


def merged(
    instants: Mapping[str, Iterable[datetime]], before: timedelta, after: timedelta, last: datetime
) -> list[OwnerRange]:
    """For each owner the spans from `before` each of his instants to `after` it, or to `last` where that is earlier;
    those that touch are one."""
    found: list[OwnerRange] = []
    for owner_id in sorted(instants):
        low: datetime | None = None
        high: datetime | None = None
        for instant in sorted(instants[owner_id]):
            if low is None or high is None or instant - before > high:
                if low is not None and high is not None:
                    found.append((owner_id, low, high))
                low = instant - before
            high = min(instant + after, last)
        if low is not None and high is not None:
            found.append((owner_id, low, high))
    return found
