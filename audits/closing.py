"""What lies before the closing of a lead: what was done for it, what it said, and who closed it.

A call may be entered when it is over, with the status set in the same minute; so an act counts as made before the
closing until `policy.claim_window_s` of wall time after it, as behind any other claim of a status.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from audits.answers import day_only, words_of_the_lead
from audits.model.activity import Activity
from audits.model.case import LeadCase
from audits.model.policy import Policy
from audits.timeline import Judged, Touches, attempts, connections, holder_at


@dataclass(frozen=True, slots=True)
class BeforeClosing:
    """`tried`: the first sure attempt, `said`: the first sure contact made or word of the lead, before the closing.
    `possible`: the first act that may be one of them. None = there is none."""

    tried: Activity | None
    said: Activity | None
    possible: Judged | None


def tried_before(case: LeadCase, policy: Policy, closed_at: datetime | None) -> BeforeClosing:
    """What was done for the lead until `closed_at` (aware UTC; None = not known, then all until the audit)."""
    until = None if closed_at is None else window_end(closed_at, policy)
    return _before(attempts(case, policy), Touches((), ()), until)


def turned_to_before(case: LeadCase, policy: Policy, closed_at: datetime | None) -> BeforeClosing:
    """The same with contact made and with what the lead wrote or left as a message since it arrived."""
    until = None if closed_at is None else window_end(closed_at, policy)
    reached, words = connections(case, policy), words_of_the_lead(case)
    return _before(
        attempts(case, policy), Touches((*reached.sure, *words.sure), (*reached.unknown, *words.unknown)), until
    )


def window_end(closed_at: datetime, policy: Policy) -> datetime:
    """The last instant at which an act still counts as made before the closing."""
    return closed_at + timedelta(seconds=policy.claim_window_s)


def closed_by(case: LeadCase, closed_at: datetime | None) -> str | None:
    """The owner id of whoever closed the lead, where the CRM's history names one of its people; else of who held it
    then. Where the instant is not known, of who held it all along; None = nobody, or not known."""
    if closed_at is None:
        holders = {case.lead.owner_id, *(change.owner_id for change in case.owner_changes)}
        return case.lead.owner_id if len(holders) == 1 else None
    changes = [each for each in case.stage_changes if each.occurred_at == closed_at and each.source]
    for owner in case.owners:
        if any(change.source in (owner.owner_id, owner.user_id, owner.email) for change in changes):
            return owner.owner_id
    return holder_at(case, closed_at)


def _before(tried: Touches, said: Touches, until: datetime | None) -> BeforeClosing:
    acts = [
        *(day_only(each) for each in (*tried.sure, *said.sure) if until is not None and _is_astride(each, until)),
        *(each for each in (*tried.unknown, *said.unknown) if until is None or each.activity.occurred_at <= until),
    ]
    return BeforeClosing(
        tried=_first(tried, until),
        said=_first(said, until),
        possible=min(acts, key=lambda each: (each.activity.occurred_at, each.activity.activity_id), default=None),
    )


def _first(touches: Touches, until: datetime | None) -> Activity | None:
    surely = (each for each in touches.sure if until is None or each.no_later_than <= until)
    return min(surely, key=lambda each: (each.occurred_at, each.activity_id), default=None)


def _is_astride(activity: Activity, until: datetime) -> bool:
    return activity.occurred_at <= until < activity.no_later_than
