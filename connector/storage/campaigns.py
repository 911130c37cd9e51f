"""Spans in which many leads were to be expected, because somebody of the account said so: a spot on television."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from audits.truth.clusters import Announced
from connector.storage.tables import campaigns


def announced_at(conn: Connection, install_id: str, as_of: datetime) -> list[Announced]:
    """What was entered by `as_of` (aware UTC) and not taken back by then."""
    rows = conn.execute(
        sa.select(campaigns.c.from_at, campaigns.c.until_at, campaigns.c.source)
        .where(
            campaigns.c.install_id == install_id,
            campaigns.c.entered_at <= as_of,
            sa.or_(campaigns.c.removed_at.is_(None), campaigns.c.removed_at > as_of),
        )
        .order_by(campaigns.c.from_at, campaigns.c.campaign_id)
    )
    return [Announced(from_at=row.from_at, until_at=row.until_at, source=row.source) for row in rows]
