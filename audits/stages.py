"""Stages as leads go through them: by which clock a stay is counted, from when on, and with whom it is compared."""

from __future__ import annotations

from datetime import UTC, datetime

from audits.clock import CaseClock
from audits.model.case import LeadCase
from audits.model.lead import Lead
from audits.model.policy import Policy
from audits.model.working_time import working_time
from audits.model.zones import load_zone

#: The segment of a stage norm that holds for all leads of the stage.
ANY_SEGMENT = ""
_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


def segment_of(lead: Lead) -> str:
    """With whom the lead is compared: leads of its type, else of its source, else ANY_SEGMENT."""
    return kind_of(lead.lead_type, lead.source)


def kind_of(lead_type: str | None, source: str | None) -> str:
    """The segment of a lead of that type and source; case aside."""
    return (lead_type or source or ANY_SEGMENT).strip().casefold()


def stage_clock(policy: Policy) -> CaseClock:
    """The clock by which time in a stage is learned and judged: the team's hours, as they held at each time.

    Neither owners' own hours nor holds are taken off: stages are compared with how long others stood there, and they
    waited for their leads and their owners too.
    """
    changes = sorted((hours.valid_from, hours.calendar) for hours in policy.later_hours)
    segments = ((_BEGINNING, policy.calendar), *changes)
    return CaseClock(
        tuple((since, working_time(calendar)) for since, calendar in segments), load_zone(policy.calendar.zone)
    )


def entered_stage_at(case: LeadCase) -> datetime | None:
    """Since when the lead is in its stage: as the CRM says, else by the recorded changes; None = not known."""
    lead = case.lead
    if lead.stage_since is not None:
        return lead.stage_since if lead.stage_since <= case.as_of else None
    entered = [
        change.occurred_at
        for change in case.stage_changes
        if change.raw_status == lead.stage and change.occurred_at <= case.as_of
    ]
    return entered[-1] if entered else None
