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

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import numpy as np

from audits.clock import NoWorkingHours, case_clock
from audits.dues import response_due
from audits.model.activity import Activity
from audits.model.case import Fact, LeadCase
from audits.model.lead import LeadStatus
from audits.model.policy import Policy
from audits.model.surroundings import Load
from audits.timeline import CONTACT_FACTS, AttemptVerdict, holder_at, judge_attempt, uncounted_reason

LEARNED_OVER = timedelta(days=90)
#: Fewer first attempts, in such hours, are not enough to learn a pace from.
LEAST_ATTEMPTS = 20
_LEAST_IN_AN_HOUR = 2
_PERCENT = 90
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICRO = timedelta(microseconds=1)
_HOUR_MICROS = 3600 * 1_000_000
_NEVER = 2**62


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A lead whose load is asked about: who held it first, and since when (aware UTC); his working time from then to
    the due instant; for how long a lead is new; and the capacity that is set, None = his pace is learned."""

    lead_id: str
    holder_id: str
    at: datetime
    working_s: int
    new_for: timedelta
    capacity_per_hour_milli: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Worked:
    """What tells how long a lead waited with whom: `held`, (since when, owner id) in order, "" = nobody. Times are
    aware UTC; `gone_at`: its end in the CRM."""

    received_at: datetime
    status: LeadStatus | None
    closed_at: datetime | None
    gone_at: datetime | None
    first_attempt_at: datetime | None
    held: tuple[tuple[datetime, str], ...]


class Wait(NamedTuple):
    """A lead waited with an owner: received, begun and ended in microseconds since 1970; whether an attempt ended
    it."""

    owner_id: str
    received: int
    begun: int
    ended: int
    is_tried: bool


def asked_of(case: LeadCase, policy: Policy, as_of: datetime) -> Asked | None:
    """What is asked about the load of a lead, by the `policy` of its terms. None for an import, where the hour of
    arrival, the holders or the attempts cannot be seen, for a lead that nobody has held yet, and where nobody shares
    an hour with his team."""
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
    try:
        clock = case_clock(case, policy)
        working_s = clock.elapsed(at, response_due(case, policy, clock))
    except NoWorkingHours:
        return None
    return Asked(
        lead_id=lead.lead_id,
        holder_id=holder_id,
        at=at,
        working_s=working_s,
        new_for=timedelta(days=policy.cadence.within_days),
        capacity_per_hour_milli=policy.capacity_per_hour_milli or None,
    )


def worked_of(case: LeadCase, policy: Policy) -> Worked | None:
    """How long the lead of `case` waited with whom; None for an import. By `policy` a logged call counts; which calls
    stood in a crowd is not asked."""
    lead = case.lead
    if lead.is_imported:
        return None
    held = tuple((change.occurred_at, change.owner_id or "") for change in case.owner_changes)
    return Worked(
        received_at=lead.received_at,
        status=lead.status,
        closed_at=lead.closed_at,
        gone_at=None,
        first_attempt_at=min(
            (each.occurred_at for each in case.activities if _is_first_attempt(each, case, policy)), default=None
        ),
        held=held or ((lead.received_at, lead.owner_id or ""),),
    )


def _is_first_attempt(activity: Activity, case: LeadCase, policy: Policy) -> bool:
    verdict = judge_attempt(activity, case.lead.received_at, max(case.as_of, activity.occurred_at)).verdict
    return verdict is AttemptVerdict.YES and uncounted_reason(activity, case, policy) in (None, "crowded")


def waits_of(worked: Worked) -> Iterator[Wait]:
    """The waits of one lead under each of its holders."""
    is_over = worked.status is not LeadStatus.OPEN
    if worked.first_attempt_at is None and is_over and worked.closed_at is None and worked.gone_at is None:
        return
    received = micros(worked.received_at)
    over = [micros(end) for end in (worked.closed_at, worked.gone_at) if end is not None]
    tried = None if worked.first_attempt_at is None else micros(worked.first_attempt_at)
    end = min([*over, _NEVER if tried is None else tried])
    for place, (since, owner_id) in enumerate(worked.held):
        until = micros(worked.held[place + 1][0]) if place + 1 < len(worked.held) else _NEVER
        begun, ended = max(received, micros(since)), min(end, until)
        if ended >= begun:
            yield Wait(owner_id, received, begun, ended, ended == tried)


def micros(at: datetime) -> int:
    """Microseconds since 1970, UTC."""
    return (at - _EPOCH) // _MICRO


@dataclass(frozen=True, slots=True)
class Waits:
    """The waits of one owner as columns, by when the leads were received."""

    received: np.ndarray[Any, np.dtype[np.int64]]
    begun: np.ndarray[Any, np.dtype[np.int64]]
    ended: np.ndarray[Any, np.dtype[np.int64]]
    tried: np.ndarray[Any, np.dtype[np.int64]]

    @classmethod
    def of(cls, waits: Iterable[Wait]) -> Waits:
        """The columns of these waits, all of one owner; in any order."""
        rows = sorted((wait.received, wait.begun, wait.ended, wait.is_tried) for wait in waits)
        return cls(
            np.array([row[0] for row in rows], dtype=np.int64),
            np.array([row[1] for row in rows], dtype=np.int64),
            np.array([row[2] for row in rows], dtype=np.int64),
            np.array(sorted(row[2] for row in rows if row[3]), dtype=np.int64),
        )

    def waiting(self, at: int, new_since: int) -> int:
        """How many waited at that instant, having arrived after `new_since`."""
        low, high = np.searchsorted(self.received, (new_since, at), side="right")
        # Who had not arrived by then did not wait.
        return int(((self.begun[low:high] <= at) & (self.ended[low:high] > at)).sum())

    def pace(self, since: int, until: int) -> tuple[int | None, int]:
        """First attempts in an hour of the clock when there was more than one to make, by those after `since` up to
        `until`, None = not enough data; and over how many hours that was learned."""
        low, high = np.searchsorted(self.tried, (since, until), side="right")
        _, counts = np.unique(self.tried[low:high] // _HOUR_MICROS, return_counts=True)
        counts = np.sort(counts[counts >= _LEAST_IN_AN_HOUR])
        if counts.sum() < LEAST_ATTEMPTS:
            return None, len(counts)
        # The smallest that at least so many percent of the hours do not exceed.
        return int(counts[-(-len(counts) * _PERCENT // 100) - 1]), len(counts)


def load_of(asked: Asked, waits: Waits | None) -> Load:
    """The load that met the lead; `waits`: those of its first holder, None = he has none."""
    at, capacity, hours = micros(asked.at), asked.capacity_per_hour_milli, 0
    if capacity is None and waits is not None:
        pace, hours = waits.pace(micros(asked.at - LEARNED_OVER), at)
        capacity = None if pace is None else pace * 1000
    return Load(
        holder_id=asked.holder_id,
        # The lead itself is one of them even where it was tried before it was given to anybody.
        open_new_leads=max(1, waits.waiting(at, micros(asked.at - asked.new_for)) if waits is not None else 1),
        working_s=asked.working_s,
        capacity_per_hour_milli=capacity,
        n=hours,
    )
