"""What lay on the holder of a lead when it came to him, counted over the store (see audits.loads)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from audits.loads import LEARNED_OVER, Wait, Waits, Worked, asked_of, load_of, waits_of
from audits.model.activity import ActivityKind, ActivityState, Direction, Disposition
from audits.model.case import LeadCase
from audits.model.lead import LeadStatus
from audits.model.policy import Policy
from audits.model.surroundings import Load
from connector.storage.column_types import UtcMicros
from connector.storage.policies import PolicyBook
from connector.storage.ranges import merged, owner_ranges
from connector.storage.tables import activities, leads, owner_changes

_MICROS = 1_000_000


def loads_of(
    conn: Connection, install_id: str, cases: Sequence[LeadCase], as_of: datetime, book: PolicyBook
) -> dict[str, Load]:
    """The load of each lead's first holder when the lead came to him; a lead without a load is not named.

    None is counted for an import, where the hour of arrival, the holders or the attempts cannot be seen, and for a
    lead that nobody has held yet.
    """
    asked = [
        each
        for case in cases
        if (each := asked_of(case, book.policy_for(case.lead.received_at, as_of), as_of)) is not None
    ]
    if not asked:
        return {}
    instants: dict[str, list[datetime]] = {}
    for each in asked:
        instants.setdefault(each.holder_id, []).append(each.at)
    is_learned = any(each.capacity_per_hour_milli is None for each in asked)
    longest = max(each.new_for for each in asked)
    before = max(longest, LEARNED_OVER) if is_learned else longest
    waits = _waits(conn, install_id, instants, before, as_of, book.policy_for(as_of, as_of))
    columns = {owner_id: Waits.of(each) for owner_id, each in waits.items()}
    return {each.lead_id: load_of(each, columns.get(each.holder_id)) for each in asked}


def _waits(
    conn: Connection,
    install_id: str,
    instants: Mapping[str, Sequence[datetime]],
    before: timedelta,
    as_of: datetime,
    policy: Policy,
) -> dict[str, list[Wait]]:
    wanted = owner_ranges(conn, install_id, merged(instants, before, timedelta(0), as_of))
    candidates = _candidates(wanted, as_of).cte("candidates")
    changes: dict[str, list[tuple[datetime, str]]] = {}
    for row in conn.execute(_changes_of(candidates, as_of)):
        changes.setdefault(row.lead_id, []).append((row.occurred_at, row.owner_id))
    attempted = conn.execute(_first_attempts(candidates, as_of, policy))
    first = {row.lead_id: row.at for row in attempted}
    found: dict[str, list[Wait]] = {}
    for row in conn.execute(sa.select(candidates)):
        worked = Worked(
            received_at=row.received_at,
            status=None if row.status is None else LeadStatus(row.status),
            closed_at=row.closed_at,
            gone_at=row.gone_at,
            first_attempt_at=first.get(row.lead_id),
            held=tuple(changes.get(row.lead_id) or [(row.received_at, row.owner_id or "")]),
        )
        for wait in waits_of(worked):
            if wait.owner_id in instants:
                found.setdefault(wait.owner_id, []).append(wait)
    return found


def _candidates(wanted: sa.CTE, as_of: datetime) -> sa.CompoundSelect[Any]:
    """Leads that the owners hold now, or were given, and that arrived, or were given, in the ranges."""
    columns = (
        leads.c.install_id,
        leads.c.lead_id,
        leads.c.received_at,
        leads.c.owner_id,
        leads.c.status,
        leads.c.closed_at,
        leads.c.gone_at,
    )
    known = sa.and_(leads.c.recorded_at <= as_of, leads.c.is_imported.is_(False))
    held = (
        sa.select(*columns)
        .select_from(
            wanted.join(
                leads,
                sa.and_(
                    leads.c.install_id == wanted.c.install_id,
                    leads.c.owner_id == wanted.c.owner_id,
                    leads.c.received_at > wanted.c.low,
                    leads.c.received_at <= wanted.c.high,
                ),
            )
        )
        .where(known)
    )
    given = (
        sa.select(*columns)
        .select_from(
            wanted.join(
                owner_changes,
                sa.and_(
                    owner_changes.c.install_id == wanted.c.install_id,
                    owner_changes.c.owner_id == wanted.c.owner_id,
                    owner_changes.c.occurred_at > wanted.c.low,
                    owner_changes.c.occurred_at <= wanted.c.high,
                ),
            ).join(
                leads,
                sa.and_(leads.c.install_id == wanted.c.install_id, leads.c.lead_id == owner_changes.c.lead_id),
            )
        )
        .where(known)
    )
    return sa.union(held, given)


def _changes_of(candidates: sa.CTE, as_of: datetime) -> sa.Select[Any]:
    return (
        sa.select(owner_changes.c.lead_id, owner_changes.c.occurred_at, owner_changes.c.owner_id)
        .select_from(
            candidates.join(
                owner_changes,
                sa.and_(
                    owner_changes.c.install_id == candidates.c.install_id,
                    owner_changes.c.lead_id == candidates.c.lead_id,
                ),
            )
        )
        .where(owner_changes.c.occurred_at <= as_of)
        .order_by(owner_changes.c.lead_id, owner_changes.c.occurred_at, owner_changes.c.owner_id)
    )


def _first_attempts(candidates: sa.CTE, as_of: datetime, policy: Policy) -> sa.Select[Any]:
    """The first sure attempt on each, by the rules of audits.timeline; which calls stood in a crowd is not asked."""
    acts = activities.c
    by_person = sa.and_(
        acts.kind.in_([each.value for each in (ActivityKind.CALL, ActivityKind.EMAIL, ActivityKind.MESSAGE)]),
        acts.direction == Direction.OUTBOUND.value,
        acts.is_automated.is_(False),
    )
    met = sa.and_(acts.kind == ActivityKind.MEETING.value, acts.is_automated.is_not(True))
    claims = sa.or_(acts.disposition.is_(None), acts.disposition == Disposition.CONNECTED.value)
    late_micros = policy.late_log_s * _MICROS
    logged_after = sa.type_coerce(acts.recorded_at, sa.BigInteger) - sa.type_coerce(acts.occurred_at, sa.BigInteger)
    uncounted = sa.and_(
        acts.kind == ActivityKind.CALL.value,
        sa.or_(
            sa.and_(claims, sa.func.coalesce(acts.duration_s, policy.min_conversation_s) < policy.min_conversation_s),
            logged_after > late_micros,
        ),
    )
    return (
        sa.select(acts.lead_id, sa.func.min(acts.occurred_at, type_=UtcMicros).label("at"))
        .select_from(
            candidates.join(
                activities,
                sa.and_(acts.install_id == candidates.c.install_id, acts.lead_id == candidates.c.lead_id),
            )
        )
        .where(
            acts.occurred_at >= candidates.c.received_at,
            acts.recorded_at <= as_of,
            sa.or_(acts.missing_since.is_(None), acts.missing_since > as_of),
            acts.state == ActivityState.DONE.value,
            sa.or_(by_person, met),
            sa.not_(uncounted),
        )
        .group_by(acts.lead_id)
    )
