"""Many small ranges of one index in one query: each owner, or each text, has its own span of time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa

from connector.storage.column_types import UtcMicros, Words

#: Most ranges in one query: each is four parameters, SQLite takes 32,766.
MOST_RANGES = 5000

OwnerRange = tuple[str, datetime, datetime]


def owner_ranges(ranges: Sequence[OwnerRange]) -> sa.CTE:
    """(owner_id, low, high) as rows to join with."""
    return (
        sa.values(
            sa.column("owner_id", Words), sa.column("low", UtcMicros), sa.column("high", UtcMicros), name="wanted"
        )
        .data(list(ranges))
        .cte("wanted")
    )


def merged(instants: Mapping[str, Iterable[datetime]], before: timedelta, after: timedelta) -> list[OwnerRange]:
    """For each owner the spans from `before` each of his instants to `after` it; those that touch are one."""
    found: list[OwnerRange] = []
    for owner_id in sorted(instants):
        low: datetime | None = None
        high: datetime | None = None
        for instant in sorted(instants[owner_id]):
            if low is None or high is None or instant - before > high:
                if low is not None and high is not None:
                    found.append((owner_id, low, high))
                low = instant - before
            high = instant + after
        if low is not None and high is not None:
            found.append((owner_id, low, high))
    return found
