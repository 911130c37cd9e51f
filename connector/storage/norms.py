"""What is usual in an account: sets of learned figures, kept for good, and the rows that they are learned from."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from itertools import groupby

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from audits.learning import finished_stays
from audits.model.lead import LeadStatus
from audits.norms import Norms
from connector.storage.deals import leads_of_deals
from connector.storage.tables import deals, leads, norms, stage_changes


@dataclass(frozen=True, slots=True)
class StageStay:
    """A lead stood in `stage` from one recorded change to the next of the same field, [entered_at, left_at).

    `pipeline`: that in which leads stand in this stage now. A lead that went on in another one does not take the
    stages that it left along; only where a stage is found in several pipelines is it the lead's own.
    """

    pipeline: str
    stage: str
    lead_type: str | None
    source: str | None
    entered_at: datetime
    left_at: datetime


@dataclass(frozen=True, slots=True)
class DealAge:
    """A deal that was won, or is still open. Times are aware UTC; `closed_at` None = open."""

    deal_id: str
    pipeline: str
    created_at: datetime
    closed_at: datetime | None


def norms_at(conn: Connection, install_id: str, as_of: datetime) -> Norms:
    """The set in force at `as_of` (aware UTC); an empty one before the first."""
    text = conn.execute(
        sa.select(norms.c.figures)
        .where(norms.c.install_id == install_id, norms.c.learned_at <= as_of)
        .order_by(norms.c.learned_at.desc())
        .limit(1)
    ).scalar_one_or_none()
    return Norms() if text is None else _read(text)


def find_norms(conn: Connection, install_id: str, norms_id: str) -> Norms | None:
    """The set that a past audit names; "" is the empty one."""
    if not norms_id:
        return Norms()
    text = conn.execute(
        sa.select(norms.c.figures)
        .where(norms.c.install_id == install_id, norms.c.norms_id == norms_id)
        .order_by(norms.c.learned_at)
        .limit(1)
    ).scalar_one_or_none()
    return None if text is None else _read(text)


def put_norms(conn: Connection, install_id: str, learned: Norms, at: datetime) -> bool:
    """Let `learned` hold from `at` (aware UTC) on; later audits see it, earlier ones never. Returns whether it
    differs from what held before: equal figures are not stored again."""
    if norms_at(conn, install_id, at).norms_id == learned.norms_id:
        return False
    conn.execute(
        sa.insert(norms).values(
            install_id=install_id,
            learned_at=at,
            norms_id=learned.norms_id,
            figures=json.dumps(learned.to_json(), ensure_ascii=False, separators=(",", ":")),
        )
    )
    return True


def last_read_at(conn: Connection, install_id: str) -> datetime | None:
    """When a lead or a deal was last read from the CRM, None = never."""
    latest = [
        conn.execute(
            sa.select(sa.func.max(table.c.read_at, type_=table.c.read_at.type)).where(
                table.c.install_id == install_id
            )
        ).scalar_one()
        for table in (leads, deals)
    ]
    return max((at for at in latest if at is not None), default=None)


def iter_stays(conn: Connection, install_id: str, as_of: datetime) -> Iterator[StageStay]:
    """Every finished stay of a live lead in a stage, as recorded by `as_of`; read once, never held."""
    query = (
        sa.select(
            stage_changes.c.lead_id,
            stage_changes.c.field,
            stage_changes.c.raw_status,
            stage_changes.c.occurred_at,
            leads.c.pipeline,
            leads.c.lead_type,
            leads.c.source,
        )
        .join(
            leads,
            sa.and_(leads.c.install_id == stage_changes.c.install_id, leads.c.lead_id == stage_changes.c.lead_id),
        )
        .where(
            stage_changes.c.install_id == install_id,
            stage_changes.c.occurred_at <= as_of,
            leads.c.install_id == install_id,
            leads.c.gone_at.is_(None),
            leads.c.is_imported.is_(sa.false()),
        )
        .order_by(stage_changes.c.lead_id, stage_changes.c.occurred_at, stage_changes.c.raw_status)
    )
    pipelines: dict[str, set[str]] = {}
    for standing in conn.execute(
        sa.select(leads.c.stage, leads.c.pipeline)
        .where(leads.c.install_id == install_id, leads.c.stage.is_not(None), leads.c.gone_at.is_(None))
        .distinct()
    ):
        pipelines.setdefault(standing.stage, set()).add(standing.pipeline or "")
    rows = conn.execute(query, execution_options={"yield_per": 1000})
    for _, of_lead in groupby(rows, key=lambda row: row.lead_id):
        changes = list(of_lead)
        lead = changes[0]
        told = ((change.field, change.raw_status, change.occurred_at) for change in changes)
        for stage, entered_at, left_at in finished_stays(told):
            known = pipelines.get(stage, set())
            yield StageStay(
                pipeline=next(iter(known)) if len(known) == 1 else lead.pipeline or "",
                stage=stage,
                lead_type=lead.lead_type,
                source=lead.source,
                entered_at=entered_at,
                left_at=left_at,
            )


def list_deal_ages(conn: Connection, install_id: str, as_of: datetime) -> list[DealAge]:
    """Deals won and deals open, as read; without those that were won after `as_of` or at an unknown time."""
    rows = conn.execute(
        sa.select(deals.c.deal_id, deals.c.pipeline, deals.c.status, deals.c.created_at, deals.c.closed_at)
        .where(
            deals.c.install_id == install_id,
            deals.c.created_at <= as_of,
            deals.c.status.in_((LeadStatus.OPEN.value, LeadStatus.WON.value)),
        )
        .order_by(deals.c.deal_id)
    )
    return [
        DealAge(
            deal_id=row.deal_id,
            pipeline=row.pipeline,
            created_at=row.created_at,
            closed_at=row.closed_at if row.status == LeadStatus.WON.value else None,
        )
        for row in rows
        if row.status == LeadStatus.OPEN.value
        or (row.closed_at is not None and row.created_at <= row.closed_at <= as_of)
    ]


def open_leads_in(
    conn: Connection, install_id: str, stages: Collection[tuple[str, str]], pipelines: Collection[str]
) -> set[str]:
    """Open live leads that stand in one of `stages` (pipeline, stage), or in an open deal of one of `pipelines`."""
    found: set[str] = set()
    rows = conn.execute(
        sa.select(leads.c.lead_id, leads.c.pipeline, leads.c.stage).where(
            leads.c.install_id == install_id,
            leads.c.gone_at.is_(None),
            leads.c.status == LeadStatus.OPEN.value,
            leads.c.stage.in_(sorted({stage for _, stage in stages})),
        )
    )
    found.update(row.lead_id for row in rows if (row.pipeline or "", row.stage) in stages)
    wanted = conn.execute(
        sa.select(deals.c.deal_id).where(
            deals.c.install_id == install_id,
            deals.c.status == LeadStatus.OPEN.value,
            deals.c.pipeline.in_(sorted(set(pipelines))),
        )
    ).scalars()
    return found | leads_of_deals(conn, install_id, list(wanted))


@lru_cache(maxsize=64)
def _read(text: str) -> Norms:
    return Norms.from_json(json.loads(text))
