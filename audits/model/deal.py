"""A deal that grew out of a lead: what it is worth, where it stands, and who on the other side is spoken with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from audits.model.lead import LeadStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class DealContact:
    """One person of the buying side. `role`: as the CRM says it, None = none given. `is_decider`: whether that role
    decides, None = the role has no meaning for us. `last_touch_at`: the last sure attempt on or contact with that
    person (aware UTC), None = never touched as far as the CRM shows."""

    contact_id: str
    role: str | None = None
    is_decider: bool | None = None
    last_touch_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Deal:
    """One deal. Times are aware UTC; the amount is in minor units of `currency`, both None when not known.

    `status` None = its stage is not mapped. `closed_at`: when it was won or lost. `stage_since`: when it entered its
    present stage, None = not shown. `is_primary`: whether the case's lead is the one that the deal is judged on: the
    first of its contacts. Only there do the rules speak, so that one deal is one finding.
    """

    deal_id: str
    pipeline: str
    stage: str
    status: LeadStatus | None
    created_at: datetime
    amount_minor: int | None = None
    currency: str | None = None
    owner_id: str | None = None
    closed_at: datetime | None = None
    stage_since: datetime | None = None
    is_primary: bool = True
    contacts: tuple[DealContact, ...] = ()
    record_url: str | None = None
