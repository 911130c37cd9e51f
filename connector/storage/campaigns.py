"""Spans in which many leads were to be expected, because somebody of the account said so: a spot on television.

One that is taken back stays, with who did it and when: what was judged before went by it. One that is set again is
a row of its own with the same id, so that between the two it explains nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from audits.truth.clusters import Announced, folded
from connector.storage.statements import upsert
from connector.storage.tables import campaigns, lead_audits, leads


@dataclass(frozen=True, slots=True, kw_only=True)
class Campaign:
    """One span as entered: `label`, in the words of whoever entered it; both ends belong to it (aware UTC); `source`:
    None = leads of any. `removed_at` set = taken back."""

    campaign_id: str
    label: str
    from_at: datetime
    until_at: datetime
    source: str | None
    entered_by: str
    entered_at: datetime
    removed_by: str | None = None
    removed_at: datetime | None = None

    @property
    def announced(self) -> Announced:
        """The span as bursts are explained by it."""
        return Announced(from_at=self.from_at, until_at=self.until_at, source=self.source)


def put_campaign(conn: Connection, install_id: str, campaign: Campaign) -> None:
    """Keep one that holds from its `entered_at` on, instead of what was entered under its id at that very instant."""
    upsert(
        conn,
        campaigns,
        [
            {
                "install_id": install_id,
                "campaign_id": campaign.campaign_id,
                "label": campaign.label,
                "from_at": campaign.from_at,
                "until_at": campaign.until_at,
                "source": campaign.source,
                "entered_by": campaign.entered_by,
                "entered_at": campaign.entered_at,
                "removed_by": None,
                "removed_at": None,
            }
        ],
    )


def list_campaigns(conn: Connection, install_id: str) -> list[Campaign]:
    """All, each as it was entered last, those taken back included; the latest span first."""
    rows = conn.execute(
        sa.select(campaigns)
        .where(campaigns.c.install_id == install_id)
        .order_by(campaigns.c.from_at.desc(), campaigns.c.entered_at.desc(), campaigns.c.campaign_id)
    )
    found: dict[str, Campaign] = {}
    for row in rows:
        found.setdefault(row.campaign_id, _campaign(row))
    return list(found.values())


def find_campaign(conn: Connection, install_id: str, campaign_id: str) -> Campaign | None:
    """One of them as it was entered last, taken back or not."""
    row = conn.execute(
        sa.select(campaigns)
        .where(campaigns.c.install_id == install_id, campaigns.c.campaign_id == campaign_id)
        .order_by(campaigns.c.entered_at.desc())
        .limit(1)
    ).one_or_none()
    return None if row is None else _campaign(row)


def take_back(conn: Connection, install_id: str, campaign_id: str, user_id: str, at: datetime) -> bool:
    """From `at` (aware UTC) on it explains nothing. False where there is none, or it was taken back already."""
    done = conn.execute(
        sa.update(campaigns)
        .where(
            campaigns.c.install_id == install_id,
            campaigns.c.campaign_id == campaign_id,
            campaigns.c.removed_at.is_(None),
        )
        .values(removed_by=user_id, removed_at=at)
    )
    return done.rowcount == 1


def set_again(conn: Connection, install_id: str, campaign_id: str, user_id: str, at: datetime) -> bool:
    """It holds again, as one that `user_id` entered at `at` (aware UTC). False where there is none, or it holds."""
    last = find_campaign(conn, install_id, campaign_id)
    if last is None or last.removed_at is None:
        return False
    put_campaign(
        conn,
        install_id,
        replace(last, entered_by=user_id, entered_at=max(at, last.removed_at), removed_by=None, removed_at=None),
    )
    return True


def announced_at(conn: Connection, install_id: str, as_of: datetime) -> list[Announced]:
    """What was entered by `as_of` (aware UTC) and not taken back by then."""
    rows = conn.execute(
        sa.select(campaigns)
        .where(
            campaigns.c.install_id == install_id,
            campaigns.c.entered_at <= as_of,
            sa.or_(campaigns.c.removed_at.is_(None), campaigns.c.removed_at > as_of),
        )
        .order_by(campaigns.c.from_at, campaigns.c.campaign_id)
    )
    return [_campaign(row).announced for row in rows]


def leads_explained(conn: Connection, install_id: str, announced: Announced) -> list[str]:
    """The live leads, judged already, that came within the span: whose judgement may hang on it."""
    rows = conn.execute(
        sa.select(lead_audits.c.lead_id, leads.c.received_at, leads.c.source, leads.c.source_detail)
        .join(
            leads, sa.and_(leads.c.install_id == lead_audits.c.install_id, leads.c.lead_id == lead_audits.c.lead_id)
        )
        .where(
            lead_audits.c.install_id == install_id,
            lead_audits.c.received_at >= announced.from_at,
            lead_audits.c.received_at <= announced.until_at,
            lead_audits.c.gone_at.is_(None),
        )
        .order_by(lead_audits.c.lead_id)
    )
    return [
        row.lead_id
        for row in rows
        if announced.explains(row.received_at, [folded(each) for each in (row.source, row.source_detail) if each])
    ]


def _campaign(row: sa.Row[tuple[object, ...]]) -> Campaign:
    return Campaign(**{name: value for name, value in row._mapping.items() if name != "install_id"})
