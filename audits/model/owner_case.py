"""All that bears on how one person shares out his attempts, over a period: the input of a rule on owners."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from audits.model.case import Coverage


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnerAttempt:
    """One attempt of the owner that counts for sure. Times are aware UTC. `lead_won_at`: when the lead became a
    customer, None = never, or nobody knows when."""

    activity_id: str
    lead_id: str
    at: datetime
    lead_received_at: datetime
    lead_won_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OverdueLead:
    """A new lead of the owner whose first attempt was due at `due_at` and not made by then. `ended_at`: when the
    first attempt was made, the lead closed, it went to somebody else, or it was new no longer since the days of the
    cadence were over; None = it still waits."""

    lead_id: str
    due_at: datetime
    ended_at: datetime | None = None

    def waited_at(self, t: datetime) -> bool:
        """Whether it was waiting past its due time at `t`."""
        return self.due_at <= t and (self.ended_at is None or t < self.ended_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnerCase:
    """What one owner did in [since, as_of), both aware UTC, as it was known at `as_of`; tuples by time, then id."""

    owner_id: str
    since: datetime
    as_of: datetime
    attempts: tuple[OwnerAttempt, ...] = ()
    overdue: tuple[OverdueLead, ...] = ()
    coverage: Coverage = field(default_factory=Coverage)
