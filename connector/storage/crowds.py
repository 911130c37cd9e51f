"""What one owner logged or ticked off within one minute, counted over the store (see audits.crowds)."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from audits.crowds import WINDOW, Act, calls_of, crowds_among, ticked_of
from audits.model.activity import ActivityKind, ActivityState, Direction
from audits.model.case import LeadCase
from audits.model.surroundings import Crowd
from connector.storage.ranges import merged, owner_ranges
from connector.storage.statements import portions
from connector.storage.tables import activities, tasks

_MICRO = timedelta(microseconds=1)


def log_crowds(
    conn: Connection, install_id: str, cases: Sequence[LeadCase], as_of: datetime
) -> dict[str, tuple[Crowd, ...]]:
    """Of each lead its calls that were recorded in company, as of `as_of` (aware UTC)."""
    own = [act for case in cases for act in calls_of(case)]
    return crowds_among(own, _near(conn, _LOGS, install_id, own, as_of))


def tick_crowds(
    conn: Connection, install_id: str, cases: Sequence[LeadCase], as_of: datetime
) -> dict[str, tuple[Crowd, ...]]:
    """Of each lead its tasks that were ticked off in company, as of `as_of` (aware UTC)."""
    own = [act for case in cases for act in ticked_of(case)]
    return crowds_among(own, _near(conn, _TICKS, install_id, own, as_of))


def logs_of(conn: Connection, install_id: str, lead_ids: Collection[str]) -> frozenset[Act]:
    """The calls of these leads, as they stand now, that may stand in a crowd."""
    return _of_leads(conn, _LOGS, install_id, lead_ids)


def ticks_of(conn: Connection, install_id: str, lead_ids: Collection[str]) -> frozenset[Act]:
    """The ticked tasks of these leads, as they stand now."""
    return _of_leads(conn, _TICKS, install_id, lead_ids)


def beside_logs(conn: Connection, install_id: str, acts: Collection[Act], as_of: datetime, burst: int) -> set[str]:
    """Leads whose crowd of calls may have come to be more, or no more, than `burst` when `acts` came or went.

    Where more than twice `burst` others stand within a minute before and after, they were a crowd without `acts`,
    too: so each act names at most that many leads, whatever an import may have put there.
    """
    return _beside(_near(conn, _LOGS, install_id, list(acts), as_of), acts, burst)


def beside_ticks(conn: Connection, install_id: str, acts: Collection[Act], as_of: datetime, burst: int) -> set[str]:
    """The same for tasks that were ticked off."""
    return _beside(_near(conn, _TICKS, install_id, list(acts), as_of), acts, burst)


@dataclass(frozen=True, slots=True)
class _Kind:
    """Where acts of one kind stand, which of them count, and which column says when."""

    table: sa.Table
    at: sa.Column[datetime]
    act_id: sa.Column[str]
    counts: sa.ColumnElement[bool]

    def query(self) -> sa.Select[Any]:
        table = self.table.c
        return sa.select(table.owner_id, self.at, self.act_id, table.lead_id).where(
            table.owner_id.is_not(None), self.counts
        )


_LOGS = _Kind(
    activities,
    activities.c.recorded_at,
    activities.c.activity_id,
    sa.and_(
        activities.c.kind == ActivityKind.CALL.value,
        activities.c.direction == Direction.OUTBOUND.value,
        activities.c.state == ActivityState.DONE.value,
        activities.c.is_automated.is_(False),
    ),
)
_TICKS = _Kind(
    tasks, tasks.c.completed_at, tasks.c.task_id, sa.and_(tasks.c.is_done, tasks.c.completed_at.is_not(None))
)


def _of_leads(conn: Connection, kind: _Kind, install_id: str, lead_ids: Collection[str]) -> frozenset[Act]:
    table = kind.table.c
    found: set[Act] = set()
    for ids in portions(sorted(set(lead_ids))):
        query = kind.query().where(
            table.install_id == install_id, table.lead_id.in_(ids), table.missing_since.is_(None)
        )
        found.update(Act(*row) for row in conn.execute(query))
    return frozenset(found)


def _near(conn: Connection, kind: _Kind, install_id: str, own: Sequence[Act], as_of: datetime) -> list[Act]:
    """All acts of the same owners less than a minute from one of `own`, as of `as_of`."""
    table = kind.table.c
    query = kind.query().where(sa.or_(table.missing_since.is_(None), table.missing_since > as_of))
    if kind.at is not table.recorded_at:
        query = query.where(table.recorded_at <= as_of)
    by_owner: dict[str, list[datetime]] = {}
    for act in own:
        by_owner.setdefault(act.owner_id, []).append(act.at)
    if not by_owner:
        return []
    wanted = owner_ranges(conn, install_id, merged(by_owner, WINDOW, WINDOW, as_of + _MICRO))
    is_wanted = sa.and_(
        table.install_id == wanted.c.install_id,
        table.owner_id == wanted.c.owner_id,
        kind.at > wanted.c.low,
        kind.at < wanted.c.high,
    )
    return [Act(*row) for row in conn.execute(query.select_from(wanted.join(kind.table, is_wanted)))]


def _beside(near: Sequence[Act], acts: Collection[Act], burst: int) -> set[str]:
    own = {act.lead_id for act in acts}
    by_owner: dict[str, list[Act]] = {}
    for act in near:
        if act.lead_id not in own:
            by_owner.setdefault(act.owner_id, []).append(act)
    found: set[str] = set()
    for others in by_owner.values():
        others.sort(key=lambda act: act.at)
    times = {owner_id: [act.at for act in others] for owner_id, others in by_owner.items()}
    for act in acts:
        if act.owner_id not in by_owner:
            continue
        first = bisect_right(times[act.owner_id], act.at - WINDOW)
        last = bisect_left(times[act.owner_id], act.at + WINDOW)
        if last - first <= 2 * burst:
            found.update(other.lead_id for other in by_owner[act.owner_id][first:last])
    return found
