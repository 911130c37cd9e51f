"""The agreed series of attempts: what it asks for on one lead, and when its attempts were made."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from audits.model.activity import Activity
from audits.model.case import Fact, LeadCase
from audits.model.policy import Policy


class DayPart(StrEnum):
    """A part of the day by the clock of the policy's zone."""

    MORNING = "morning"
    MIDDAY = "midday"
    AFTERNOON = "afternoon"
    EVENING = "evening"


#: The hour at which each part begins; what begins last goes on until midnight, the first begins with it. Ours.
_BEGINS = ((17, DayPart.EVENING), (14, DayPart.AFTERNOON), (11, DayPart.MIDDAY), (0, DayPart.MORNING))


@dataclass(frozen=True, slots=True)
class Agreed:
    """How many attempts the cadence asks for on one lead."""

    calls: int
    emails: int

    @property
    def any(self) -> bool:
        """Whether it asks for anything."""
        return bool(self.calls or self.emails)


def agreed_attempts(case: LeadCase, policy: Policy) -> Agreed:
    """What the cadence asks for: a way to reach that the lead did not give is not asked for, and no call where the
    lead does not allow calls. Where contact data could not be read, both ways are taken to be there."""
    lead = case.lead
    unseen = case.coverage.cause(Fact.CONTACT_DATA) is not None
    may_call = (lead.phone or lead.mobile or unseen) and lead.has_call_consent is not False
    return Agreed(policy.cadence.calls if may_call else 0, policy.cadence.emails if lead.email or unseen else 0)


def day_part(t: datetime, zone: ZoneInfo) -> DayPart:
    """The part of the day in which `t` lies by the clock of `zone`."""
    hour = t.astimezone(zone).hour
    return next(part for begins, part in _BEGINS if hour >= begins)


def parts_agreed(policy: Policy, calls: int) -> int:
    """In how many parts of the day so many agreed calls are to be made: one call lies in one part."""
    return min(policy.cadence_day_parts, calls, len(DayPart))


def by_day_part(activities: Iterable[Activity], zone: ZoneInfo) -> Mapping[DayPart, int]:
    """How many of `activities` fell in each part; those of which only the day is known in none."""
    found = Counter(day_part(each.occurred_at, zone) for each in activities if each.latest_at is None)
    return {part: found[part] for part in DayPart}


def closing_at(case: LeadCase) -> datetime | None:
    """When the lead got its present status: as the CRM says it, else by the last change to that status. None = not
    known."""
    if case.lead.closed_at is not None:
        return case.lead.closed_at
    changes = [each for each in case.stage_changes if each.occurred_at <= case.as_of]
    if changes and changes[-1].raw_status == case.lead.raw_status:
        return changes[-1].occurred_at
    return None
