"""Why the first attempt was not made in time: one label for each breach of RT001 and RT002, by stated rules.

Asked in this order; the first that holds is the cause:

1. `arrived_late_from_vendor`: the vendor kept the lead for longer than is agreed (`vendor_limit_s`).
2. `waited_for_owner`: when somebody held the lead for the first time, less of the promised span was left than the
   goal, or than half of the span where the goal is longer; or nothing was left. Nobody need be quicker than that.
3. `overloaded`: the leads that waited for their first attempt with the same owner when this one came would have taken
   him longer, at the pace that is learned or set for him, than the time that was left to the due instant. A lead that
   waited alone met no load, whatever the pace.
4. `not_called`: none of these; the time was there, and it was not used.

`unknown` stands where 2 or 3 cannot be told: the history of owners is not shown, the leads were not counted or lay
with somebody else than whom the breach is charged to, or there is not enough data on the pace. A lead of which nobody
recorded when the person asked is taken to have arrived at once. `none`: there is no breach to explain. The label is
no judgement of its own: the breach stands, and its measures hold all legs.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from audits.clock import NoWorkingHours, case_clock
from audits.dues import response_due, response_goal_s, response_start, response_target_s
from audits.legs import first_owned_at, vendor_leg_s
from audits.model.case import Fact, LeadCase
from audits.model.finding import Finding, Outcome
from audits.model.policy import Policy
from audits.model.surroundings import Load

#: The rules whose breach is explained, the one that says more first.
EXPLAINED = ("RT001", "RT002")


class Cause(StrEnum):
    """What explains that the first attempt is or was late."""

    ARRIVED_LATE_FROM_VENDOR = "arrived_late_from_vendor"
    WAITED_FOR_OWNER = "waited_for_owner"
    OVERLOADED = "overloaded"
    NOT_CALLED = "not_called"
    UNKNOWN = "unknown"
    NONE = "none"


def cause_of(case: LeadCase, policy: Policy, findings: Mapping[str, Finding]) -> Cause:
    """The cause of the breach of RT001 or RT002 among `findings` (by rule id); see the module for the rules."""
    breach = next((findings[each] for each in EXPLAINED if _is_breach(findings, each)), None)
    if breach is None:
        return Cause.NONE
    vendor_s = vendor_leg_s(case)
    if vendor_s is not None and vendor_s > policy.vendor_limit_s:
        return Cause.ARRIVED_LATE_FROM_VENDOR
    had_owner_in_time = _had_owner_in_time(case, policy)
    if had_owner_in_time is False:
        return Cause.WAITED_FOR_OWNER
    is_overloaded = _is_overloaded(case.surroundings.load, breach.owner_id)
    if had_owner_in_time is None or is_overloaded is None:
        return Cause.UNKNOWN
    return Cause.OVERLOADED if is_overloaded else Cause.NOT_CALLED


def _is_breach(findings: Mapping[str, Finding], rule_id: str) -> bool:
    finding = findings.get(rule_id)
    return finding is not None and finding.outcome is Outcome.BREACH


def _had_owner_in_time(case: LeadCase, policy: Policy) -> bool | None:
    """Whether enough of the promised span was left to the first owner; None when that cannot be told."""
    if case.coverage.cause(Fact.OWNER_HISTORY) is not None:
        return None
    try:
        clock = case_clock(case, policy)
        due_at = response_due(case, policy, clock)
    except NoWorkingHours:
        return None
    owned_at = first_owned_at(case)
    if owned_at is None or owned_at > due_at:
        return False
    promised_s = response_target_s(case, policy)
    left_s = promised_s - clock.elapsed(response_start(case.lead), owned_at)
    return left_s >= min(response_goal_s(case, policy), promised_s // 2)


def _is_overloaded(load: Load | None, charged_id: str | None) -> bool | None:
    """Whether the wait that the owner's leads and his pace make likely is longer than the time to the due instant."""
    if load is None or load.holder_id != charged_id:
        return None
    if load.open_new_leads <= 1:
        return False
    if not load.capacity_per_hour_milli:
        return None
    # leads / (leads an hour) in seconds, without division: leads × 3600 × 1000 against seconds × thousandths an hour.
    return load.open_new_leads * 3_600_000 > load.working_s * load.capacity_per_hour_milli
