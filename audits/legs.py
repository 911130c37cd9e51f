"""Where the time went between a person's request and the first attempt: three legs, each with somebody to answer.

The vendor leg runs from the person's submit to the arrival, by the wall clock: vendors keep no hours of ours. The
system leg runs from the arrival to the first owner, the human leg from there to the first attempt, both in working
time. Where the person asked for a later call, both begin no sooner than that moment: until then nobody delays
anything. System and human leg sum to the working time from that start to the first attempt.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from audits.answers import day_only
from audits.clock import CaseClock
from audits.dues import response_start
from audits.lead_rule import lead_evidence
from audits.model.activity import Activity
from audits.model.case import Fact, LeadCase
from audits.model.finding import Evidence
from audits.model.lead import Lead
from audits.model.policy import Policy
from audits.timeline import Judged, attempts


@dataclass(frozen=True, slots=True, kw_only=True)
class Legs:
    """Seconds of each leg; None = cannot be told.

    `owned_at`: when somebody held the lead for the first time, None = nobody yet, or not known. `is_owner_known`:
    whether the history of owners tells it at all.
    """

    vendor_wall_s: int | None
    system_working_s: int | None
    human_working_s: int | None
    owned_at: datetime | None
    is_owner_known: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DecidingAttempts:
    """The attempts by which the first one is judged, by `occurred_at`: the sure ones, those that may be such, and the
    sure ones before the time from which the person asked to be called, which are neither late nor fast."""

    sure: tuple[Activity, ...]
    unknown: tuple[Judged, ...]
    early: tuple[Activity, ...]


def deciding_attempts(case: LeadCase, policy: Policy) -> DecidingAttempts:
    """All attempts; where the person asked for a later call, those from that moment on."""
    tried, asked_at = attempts(case, policy), case.lead.preferred_at
    if asked_at is None or asked_at <= case.lead.received_at:
        return DecidingAttempts(sure=tried.sure, unknown=tried.unknown, early=())
    unknown = [day_only(each) for each in tried.sure if each.occurred_at < asked_at <= each.no_later_than]
    unknown += [judged for judged in tried.unknown if judged.activity.no_later_than >= asked_at]
    return DecidingAttempts(
        sure=tuple(each for each in tried.sure if each.occurred_at >= asked_at),
        unknown=tuple(unknown),
        early=tuple(each for each in tried.sure if each.no_later_than < asked_at),
    )


def asked_evidence(lead: Lead) -> tuple[Evidence, ...]:
    """From when the person asked to be called, where that was after the arrival."""
    if lead.preferred_at is None or lead.preferred_at <= lead.received_at:
        return ()
    return (lead_evidence(lead, "preferred_at", lead.preferred_at.isoformat(), lead.preferred_at),)


def first_owned_at(case: LeadCase) -> datetime | None:
    """When the lead had an owner for the first time, as far as the case shows; no earlier than its arrival."""
    received_at = case.lead.received_at
    if not case.owner_changes:
        return None if case.lead.owner_id is None else received_at
    for change in case.owner_changes:
        if change.occurred_at > case.as_of:
            return None
        if change.owner_id is not None:
            return max(received_at, change.occurred_at)
    return None


def vendor_leg_s(case: LeadCase) -> int | None:
    """Wall seconds from the submit to the arrival, at least 0; None when the submit or the hour is not known."""
    lead = case.lead
    if lead.submitted_at is None or lead.received_latest_at is not None:
        return None
    return max(0, int((lead.received_at - lead.submitted_at).total_seconds()))


def legs(case: LeadCase, clock: CaseClock, until: datetime | None) -> Legs:
    """The legs up to `until`, the first attempt; None = its hour is not known, or nothing was agreed to end there.

    Raises NoWorkingHours when working time cannot be counted.
    """
    vendor_s = vendor_leg_s(case)
    if case.coverage.cause(Fact.OWNER_HISTORY) is not None:
        return Legs(
            vendor_wall_s=vendor_s, system_working_s=None, human_working_s=None, owned_at=None, is_owner_known=False
        )
    owned_at = first_owned_at(case)
    if until is None or case.lead.received_latest_at is not None:
        system_s = human_s = None
    else:
        start = response_start(case.lead)
        owned = until if owned_at is None else min(max(start, owned_at), until)
        system_s, human_s = clock.elapsed(start, owned), clock.elapsed(owned, until)
    return Legs(
        vendor_wall_s=vendor_s,
        system_working_s=system_s,
        human_working_s=human_s,
        owned_at=owned_at,
        is_owner_known=True,
    )
