"""What lay on the holder of a lead when it came to him: his leads that waited for their first attempt, and his pace.

Counted from the timeline alone, not from what was found before, so that the answer does not hang on the order in
which leads were judged. A lead waits from its arrival, or from when the holder was given it, until its first attempt,
its closing, its hand-over, or its end in the CRM; it is new for as long as the cadence lasts. A lead that was closed
nobody knows when, without an attempt, is left out.

The pace is learned from the 90 days before, from hours in which he made two first attempts or more: so many as he
made in the best tenth of them. Hours with none or one do not count: they tell how many leads came, or how many he
left, not how many he can try, and neglect must not excuse itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from audits.clock import NoWorkingHours, case_clock
from audits.dues import response_due
from audits.model.activity import ActivityKind, ActivityState, Direction, Disposition
from audits.model.case import Fact, LeadCase
from audits.model.lead import LeadStatus
from audits.model.policy import Policy
from audits.model.surroundings import Load
from audits.timeline import CONTACT_FACTS, holder_at
from connector.storage.column_types import UtcMicros, to_micros
from connector.storage.policies import PolicyBook
from connector.storage.ranges import merged, owner_ranges
from connector.storage.tables import activities, leads, owner_changes

LEARNED_OVER = timedelta(days=90)
#: Fewer first attempts, in such hours, are not enough to learn a pace from.
LEAST_ATTEMPTS = 20
_LEAST_IN_AN_HOUR = 2
_PERCENT = 90
_MICROS = 1_000_000
_HOUR_MICROS = 3600 * _MICROS
_NEVER = 2**62


@dataclass(frozen=True, slots=True)
class _Asked:
    """A lead, who held it first, and since when."""

    case: LeadCase
    policy: Policy
    holder_id: str
    at: datetime


@dataclass(slots=True)
class _Waits:
    """The waits of one owner's leads, as columns: received, begun and ended (microseconds since 1970), and whether an
    attempt ended it."""

    received: list[int]
    begun: list[int]
    ended: list[int]
    attempted: list[bool]


def loads_of(
    conn: Connection, install_id: str, cases: Sequence[LeadCase], as_of: datetime, book: PolicyBook
) -> dict[str, Load]:
    """The load of each lead's first holder when the lead came to him; a lead without a load is not named.

    None is counted for an import, where the hour of arrival, the holders or the attempts cannot be seen, and for a
    lead that nobody has held yet.
    """
    asked = [each for each in (_asked(case, book, as_of) for case in cases) if each is not None]
    if not asked:
        return {}
    instants: dict[str, list[datetime]] = {}
    for each in asked:
        instants.setdefault(each.holder_id, []).append(each.at)
    is_learned = any(not each.policy.capacity_per_hour_milli for each in asked)
    longest = timedelta(days=max(each.policy.cadence.within_days for each in asked))
    before = max(longest, LEARNED_OVER) if is_learned else longest
    waits = _waits(conn, install_id, instants, before, as_of, book.policy_for(as_of, as_of))
    columns = {owner_id: _Columns.of(each) for owner_id, each in waits.items()}
    found = {}
    for each in asked:
        load = _load(each, columns.get(each.holder_id))
        if load is not None:
            found[each.case.lead.lead_id] = load
    return found


def _asked(case: LeadCase, book: PolicyBook, as_of: datetime) -> _Asked | None:
    lead = case.lead
    if lead.is_imported or lead.received_latest_at is not None or lead.received_at > as_of:
        return None
    if case.coverage.cause(*CONTACT_FACTS, Fact.OWNER_HISTORY) is not None:
        return None
    holder_id, at = holder_at(case, lead.received_at), lead.received_at
    if holder_id is None:
        given = next(
            (change for change in case.owner_changes if change.occurred_at > at and change.owner_id is not None), None
        )
        if given is None or given.owner_id is None:
            return None
        holder_id, at = given.owner_id, given.occurred_at
    return _Asked(case, book.policy_for(lead.received_at, as_of), holder_id, at)


@dataclass(frozen=True, slots=True)
class _Columns:
    received: np.ndarray[Any, np.dtype[np.int64]]
    begun: np.ndarray[Any, np.dtype[np.int64]]
    ended: np.ndarray[Any, np.dtype[np.int64]]
    attempted: np.ndarray[Any, np.dtype[np.bool_]]

    @classmethod
    def of(cls, waits: _Waits) -> _Columns:
        return cls(
            np.array(waits.received, dtype=np.int64),
            np.array(waits.begun, dtype=np.int64),
            np.array(waits.ended, dtype=np.int64),
            np.array(waits.attempted, dtype=np.bool_),
        )

    def waiting(self, at: int, new_since: int) -> int:
        """How many waited at that instant, having arrived after `new_since`."""
        return int(((self.begun <= at) & (self.ended > at) & (self.received > new_since)).sum())

    def pace(self, since: int, until: int) -> tuple[int | None, int]:
        """First attempts in an hour of the clock when there was more than one to make, by those after `since` up to
        `until`, None = not enough data; and over how many hours that was learned."""
        made = self.ended[self.attempted & (self.ended > since) & (self.ended <= until)]
        _, counts = np.unique(made // _HOUR_MICROS, return_counts=True)
        counts = np.sort(counts[counts >= _LEAST_IN_AN_HOUR])
        if counts.sum() < LEAST_ATTEMPTS:
            return None, len(counts)
        # The smallest that at least so many percent of the hours do not exceed.
        return int(counts[-(-len(counts) * _PERCENT // 100) - 1]), len(counts)


def _load(asked: _Asked, columns: _Columns | None) -> Load | None:
    policy, at = asked.policy, to_micros(asked.at)
    try:
        clock = case_clock(asked.case, policy)
        working_s = clock.elapsed(asked.at, response_due(asked.case, policy, clock))
    except NoWorkingHours:
        return None
    new_since = to_micros(asked.at - timedelta(days=policy.cadence.within_days))
    capacity: int | None = policy.capacity_per_hour_milli or None
    hours = 0
    if capacity is None and columns is not None:
        pace, hours = columns.pace(to_micros(asked.at - LEARNED_OVER), at)
        capacity = None if pace is None else pace * 1000
    return Load(
        holder_id=asked.holder_id,
        # The lead itself is one of them even where it was tried before it was given to anybody.
        open_new_leads=max(1, columns.waiting(at, new_since) if columns is not None else 1),
        working_s=working_s,
        capacity_per_hour_milli=capacity,
        n=hours,
    )


def _waits(
    conn: Connection,
    install_id: str,
    instants: Mapping[str, Sequence[datetime]],
    before: timedelta,
    as_of: datetime,
    policy: Policy,
) -> dict[str, _Waits]:
    wanted = owner_ranges(conn, install_id, merged(instants, before, timedelta(0), as_of))
    candidates = _candidates(wanted, as_of).cte("candidates")
    changes: dict[str, list[tuple[int, str]]] = {}
    for row in conn.execute(_changes_of(candidates, as_of)):
        changes.setdefault(row.lead_id, []).append((to_micros(row.occurred_at), row.owner_id))
    attempted = conn.execute(_first_attempts(candidates, as_of, policy))
    first = {row.lead_id: to_micros(row.at) for row in attempted}
    found: dict[str, _Waits] = {}
    for row in conn.execute(sa.select(candidates)):
        _add(found, row, changes.get(row.lead_id), first.get(row.lead_id), instants)
    return found


def _add(
    found: dict[str, _Waits],
    row: sa.Row[Any],
    changes: Sequence[tuple[int, str]] | None,
    first_attempt: int | None,
    wanted: Mapping[str, object],
) -> None:
    """The waits of one lead under each of its holders that are asked about."""
    if (
        first_attempt is None
        and row.status != LeadStatus.OPEN.value
        and row.closed_at is None
        and row.gone_at is None
    ):
        return
    received = to_micros(row.received_at)
    over = [to_micros(end) for end in (row.closed_at, row.gone_at) if end is not None]
    end = min([*over, _NEVER if first_attempt is None else first_attempt])
    held = list(changes) if changes else [(received, row.owner_id or "")]
    for place, (since, owner_id) in enumerate(held):
        until = held[place + 1][0] if place + 1 < len(held) else _NEVER
        begun, ended = max(received, since), min(end, until)
        if owner_id not in wanted or ended < begun:
            continue
        waits = found.setdefault(owner_id, _Waits([], [], [], []))
        waits.received.append(received)
        waits.begun.append(begun)
        waits.ended.append(ended)
        waits.attempted.append(ended == first_attempt)


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
