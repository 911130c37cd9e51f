"""Reports as they were made: the figures, and what they were made from. A row never changes but for what a person who
is forgotten takes with him."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from connector.storage.statements import insert_new
from connector.storage.tables import forgotten, reports


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredReport:
    """One report on [period_from, period_to). `figures`: JSON text as made; `digest`: hex SHA-256 of it then.
    `inputs`: what it was made from, see connector.reporting.making. Times are aware UTC."""

    report_id: str
    kind: str
    period_from: datetime
    period_to: datetime
    as_of: datetime
    made_at: datetime
    inputs: Mapping[str, Any]
    figures: str
    digest: str


def put_report(
    conn: Connection,
    install_id: str,
    *,
    kind: str,
    since: datetime,
    until: datetime,
    as_of: datetime,
    made_at: datetime,
    inputs: Mapping[str, object],
    figures: str,
) -> StoredReport:
    """Keep a report for good. The same figures as of the same instant are one report."""
    digest = hashlib.sha256(figures.encode()).hexdigest()
    name = hashlib.sha256(f"{install_id} {kind} {as_of.isoformat()} {digest}".encode()).hexdigest()
    report = StoredReport(
        report_id=f"{until:%Y%m%d}-{name[:10]}",
        kind=kind,
        period_from=since,
        period_to=until,
        as_of=as_of,
        made_at=made_at,
        inputs=inputs,
        figures=figures,
        digest=digest,
    )
    insert_new(
        conn,
        reports,
        [
            {
                "install_id": install_id,
                "report_id": report.report_id,
                "kind": kind,
                "period_from": since,
                "period_to": until,
                "as_of": as_of,
                "made_at": made_at,
                "inputs": json.dumps(inputs, ensure_ascii=False, separators=(",", ":")),
                "figures": figures,
                "digest": digest,
            }
        ],
    )
    return report


def find_report(conn: Connection, install_id: str, report_id: str) -> StoredReport | None:
    """The report of that id, or None."""
    row = conn.execute(
        sa.select(reports).where(reports.c.install_id == install_id, reports.c.report_id == report_id)
    ).one_or_none()
    return None if row is None else _report(row)


def list_reports(conn: Connection, install_id: str, limit: int = 100) -> list[StoredReport]:
    """The newest reports, by the end of their period, then by when they were made."""
    rows = conn.execute(
        sa.select(reports)
        .where(reports.c.install_id == install_id)
        .order_by(reports.c.period_to.desc(), reports.c.made_at.desc(), reports.c.report_id)
        .limit(limit)
    )
    return [_report(row) for row in rows]


def has_report(conn: Connection, install_id: str, kind: str, until: datetime) -> bool:
    """Whether a report of this kind was made on the period that ends at `until` (aware UTC)."""
    found = conn.execute(
        sa.select(reports.c.report_id)
        .where(reports.c.install_id == install_id, reports.c.kind == kind, reports.c.period_to == until)
        .limit(1)
    ).first()
    return found is not None


def count_forgotten_since(conn: Connection, install_id: str, since: datetime) -> int:
    """How many records of people were forgotten after `since` (aware UTC)."""
    return conn.execute(
        sa.select(sa.func.count())
        .select_from(forgotten)
        .where(forgotten.c.install_id == install_id, forgotten.c.at > since)
    ).scalar_one()


def _report(row: sa.Row[Any]) -> StoredReport:
    return StoredReport(
        report_id=row.report_id,
        kind=row.kind,
        period_from=row.period_from,
        period_to=row.period_to,
        as_of=row.as_of,
        made_at=row.made_at,
        inputs=json.loads(row.inputs),
        figures=row.figures,
        digest=row.digest,
    )
