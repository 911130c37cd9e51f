"""What one lead adds to the periods of those who work on it: their attempts, and its waits past the due time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from audits.clock import NoWorkingHours, case_clock
from audits.dues import days_from, response_due
from audits.model.case import Coverage, LeadCase
from audits.model.lead import LeadStatus
from audits.model.owner_case import OverdueLead, OwnerAttempt, OwnerCase
from audits.model.policy import Policy
from audits.timeline import CONTACT_FACTS, attempts, holder_at


def attempts_of(case: LeadCase, policy: Policy, since: datetime) -> Iterator[tuple[str, OwnerAttempt]]:
    """Each sure attempt on the lead in [since, case.as_of) with the owner id of whoever made it; where the CRM does
    not name him, whoever held the lead. One of which only the day is known is left out: nobody can say what waited
    meanwhile."""
    won_at = _won_at(case)
    for act in attempts(case, policy).sure:
        if act.latest_at is not None or not since <= act.occurred_at < case.as_of:
            continue
        owner_id = act.owner_id or holder_at(case, act.occurred_at)
        if owner_id is not None:
            yield (
                owner_id,
                OwnerAttempt(
                    activity_id=act.activity_id,
                    lead_id=act.lead_id,
                    at=act.occurred_at,
                    lead_received_at=case.lead.received_at,
                    lead_won_at=won_at,
                ),
            )


def overdue_of(case: LeadCase, policy: Policy, since: datetime) -> tuple[str, OverdueLead] | None:
    """The wait of the lead past its due time, with the owner id of whoever held it then; None when it did not wait
    in [since, case.as_of), nobody held it, or it cannot be told.

    What may have been an attempt ends the wait as a sure one does: nobody is charged with what is not known.
    """
    lead = case.lead
    is_unseen = case.coverage.cause(*CONTACT_FACTS) is not None
    if lead.is_imported or is_unseen or (lead.status is not LeadStatus.OPEN and lead.closed_at is None):
        return None
    try:
        clock = case_clock(case, policy)
        due_at = response_due(case, policy, clock)
    except NoWorkingHours:
        return None
    owner_id = holder_at(case, due_at)
    if owner_id is None or due_at >= case.as_of:
        return None
    tried = attempts(case, policy)
    ends = [
        # From then on it is an old one itself.
        days_from(lead.clock_start, policy.cadence.within_days, clock.zone),
        *(act.occurred_at for act in tried.sure[:1]),
        *(judged.activity.occurred_at for judged in tried.unknown[:1]),
        *(change.occurred_at for change in case.owner_changes if change.occurred_at > due_at),
    ]
    if lead.status is not LeadStatus.OPEN and lead.closed_at is not None:
        ends.append(lead.closed_at)
    ended_at = min(ends)
    if ended_at <= max(due_at, since):
        return None
    return owner_id, OverdueLead(
        lead_id=lead.lead_id, due_at=due_at, ended_at=ended_at if ended_at < case.as_of else None
    )


def owner_case(
    owner_id: str,
    attempted: Iterable[OwnerAttempt],
    overdue: Iterable[OverdueLead],
    *,
    since: datetime,
    as_of: datetime,
    coverage: Coverage,
) -> OwnerCase:
    """The period [since, as_of) of one owner, put in order."""
    return OwnerCase(
        owner_id=owner_id,
        since=since,
        as_of=as_of,
        attempts=tuple(sorted(attempted, key=lambda each: (each.at, each.activity_id, each.lead_id))),
        overdue=tuple(sorted(overdue, key=lambda each: (each.due_at, each.lead_id))),
        coverage=coverage,
    )


def _won_at(case: LeadCase) -> datetime | None:
    """When the lead first became a customer, by itself or by a deal."""
    ends = [case.lead.closed_at] if case.lead.status is LeadStatus.WON else []
    ends += [deal.closed_at for deal in case.deals if deal.status is LeadStatus.WON]
    return min((end for end in ends if end is not None), default=None)
