"""Reports that are being made: what was asked for, how far it is, and what was judged so far.

There is one row for each kind of report of an install, so that nobody can ask for what is being made already. Once a
run has ended the row says how, until the next is asked for; what was judged goes with the end.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from connector.storage.statements import insert, portions, upsert
from connector.storage.tables import report_parts, report_runs

_BATCH = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportRun:
    """One report on [period_from, period_to) that was asked for. Times are aware UTC.

    `as_of`: of which instant it tells; None = not begun. `plan`: what is fixed since then, see
    connector.reporting.making. `done` leads of `total` are judged. `ended_at` None = it is being made; then
    `report_id` names what was made, or `failure` says in a sentence why nothing was.
    """

    kind: str
    asked_at: datetime
    period_from: datetime
    period_to: datetime
    as_of: datetime | None
    plan: Mapping[str, Any]
    done: int
    total: int
    ended_at: datetime | None
    report_id: str
    failure: str


@dataclass(frozen=True, slots=True)
class ReportPart:
    """What one lead adds to a report that is being made. `body`: opaque; empty = nothing."""

    lead_id: str
    body: bytes


def ask_report(conn: Connection, install_id: str, kind: str, since: datetime, until: datetime, at: datetime) -> bool:
    """Ask at `at` for the report on [since, until), all aware UTC. Returns False when one of that kind is being
    made: then nothing changes."""
    values = {
        "asked_at": at,
        "period_from": since,
        "period_to": until,
        "as_of": None,
        "plan": "{}",
        "done": 0,
        "total": 0,
        "ended_at": None,
        "report_id": "",
        "failure": "",
    }
    statement = insert(conn, report_runs).values(install_id=install_id, kind=kind, **values)
    asked = conn.execute(
        statement.on_conflict_do_update(
            index_elements=["install_id", "kind"], set_=values, where=report_runs.c.ended_at.is_not(None)
        ).returning(report_runs.c.kind)
    )
    return asked.first() is not None


def list_runs(conn: Connection, install_id: str) -> list[ReportRun]:
    """The last run of each kind, whether it has ended or not; those asked for first come first."""
    rows = conn.execute(
        sa.select(report_runs)
        .where(report_runs.c.install_id == install_id)
        .order_by(report_runs.c.asked_at, report_runs.c.kind)
    )
    return [_run(row) for row in rows]


def begin_run(
    conn: Connection, install_id: str, kind: str, as_of: datetime, plan: Mapping[str, object], total: int
) -> None:
    """Begin the run, or begin it anew: it tells of `as_of` (aware UTC), and none of its `total` leads is judged."""
    _delete_parts(conn, install_id, kind)
    _update(
        conn,
        install_id,
        kind,
        as_of=as_of,
        plan=json.dumps(plan, ensure_ascii=False, separators=(",", ":")),
        done=0,
        total=total,
    )


def put_parts(conn: Connection, install_id: str, kind: str, parts: Sequence[ReportPart], leads: int) -> None:
    """Keep what `leads` more leads add. The last lead looked at has a part, if an empty one: see last_part."""
    for some in portions(parts):
        upsert(
            conn,
            report_parts,
            [{"install_id": install_id, "kind": kind, "lead_id": each.lead_id, "body": each.body} for each in some],
        )
    _update(conn, install_id, kind, done=report_runs.c.done + leads)


def last_part(conn: Connection, install_id: str, kind: str) -> str:
    """The greatest lead id of which a part is kept: there the run goes on; "" = at the beginning.

    It is not kept by itself, so that nothing names a lead whose person was forgotten meanwhile.
    """
    return (
        conn.execute(
            sa.select(sa.func.max(report_parts.c.lead_id)).where(
                report_parts.c.install_id == install_id, report_parts.c.kind == kind
            )
        ).scalar_one_or_none()
        or ""
    )


def iter_parts(conn: Connection, install_id: str, kind: str) -> Iterator[ReportPart]:
    """All that is kept of the run, by lead id, in batches; without the empty ones."""
    last = ""
    while True:
        rows = conn.execute(
            sa.select(report_parts.c.lead_id, report_parts.c.body)
            .where(
                report_parts.c.install_id == install_id, report_parts.c.kind == kind, report_parts.c.lead_id > last
            )
            .order_by(report_parts.c.lead_id)
            .limit(_BATCH)
        ).all()
        for row in rows:
            if row.body:
                yield ReportPart(row.lead_id, row.body)
        if len(rows) < _BATCH:
            return
        last = rows[-1].lead_id


def end_run(
    conn: Connection, install_id: str, kind: str, at: datetime, *, report_id: str = "", failure: str = ""
) -> None:
    """The run ended at `at` (aware UTC): with that report, or with a sentence that says why there is none."""
    _delete_parts(conn, install_id, kind)
    _update(conn, install_id, kind, ended_at=at, report_id=report_id, failure=failure, plan="{}")


def _update(conn: Connection, install_id: str, kind: str, **values: object) -> None:
    conn.execute(
        sa.update(report_runs)
        .where(report_runs.c.install_id == install_id, report_runs.c.kind == kind)
        .values(**values)
    )


def _delete_parts(conn: Connection, install_id: str, kind: str) -> None:
    conn.execute(sa.delete(report_parts).where(report_parts.c.install_id == install_id, report_parts.c.kind == kind))


def _run(row: sa.Row[Any]) -> ReportRun:
    return ReportRun(
        kind=row.kind,
        asked_at=row.asked_at,
        period_from=row.period_from,
        period_to=row.period_to,
        as_of=row.as_of,
        plan=json.loads(row.plan),
        done=min(row.done, row.total),
        total=row.total,
        ended_at=row.ended_at,
        report_id=row.report_id,
        failure=row.failure,
    )
