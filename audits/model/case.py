"""All that is known of one lead as of one instant: the only input of a rule, beside the policy."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from audits.model.activity import Activity, Owner, OwnerChange, StageChange, Task
from audits.model.deal import Deal
from audits.model.lead import Lead
from audits.model.surroundings import Surroundings


class Fact(StrEnum):
    """A kind of fact that a CRM, with the scopes granted, can or cannot show."""

    CALLS = "calls"
    EMAILS = "emails"
    MEETINGS = "meetings"
    MESSAGES = "messages"
    TASKS = "tasks"
    OWNER_HISTORY = "owner_history"
    STAGE_HISTORY = "stage_history"
    DUPLICATES = "duplicates"
    CONTACT_DATA = "contact_data"
    OWNER = "owner"
    SOURCE = "source"
    TEXTS = "texts"
    DEALS = "deals"
    OWNERS = "owners"
    SUBMITTED_AT = "submitted_at"
    PREFERRED_AT = "preferred_at"
    CONSENT = "consent"
    RECONTACT_ON = "recontact_on"
    STAGE = "stage"


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """Which facts were looked at. `missing` names each fact that was not, with the cause in words for a person.

    A fact that is not in `missing` was read completely.
    """

    missing: tuple[tuple[Fact, str], ...] = ()

    def cause(self, *facts: Fact) -> str | None:
        """The first cause why one of `facts` cannot be seen, or None when all can."""
        for fact, cause in self.missing:
            if fact in facts:
                return cause
        return None


class KeyKind(StrEnum):
    """What two leads share. PERSON: neither number nor address, and yet likely one person."""

    PHONE = "phone"
    EMAIL = "email"
    PERSON = "person"


class Apart(StrEnum):
    """Why two leads that share much are two persons: one household, one switchboard, or somebody said so."""

    HOUSEHOLD = "household"
    SWITCHBOARD = "switchboard"
    SAID = "said"


@dataclass(frozen=True, slots=True)
class Agreement:
    """What one field says of two leads: at which level both are (audits.truth.duplicates.compare.LEVELS), and what
    that weighs, in natural log-odds."""

    field: str
    level: str
    weight: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """Another lead with the same phone or e-mail address (normalised), or likely of the same person.

    `percent`: how likely it is one person, None = not compared; `agrees`: what that is made of, heaviest first;
    `apart`: why it is another person all the same. `source`: whence the other lead came.
    """

    lead_id: str
    received_at: datetime
    key_kind: KeyKind
    record_url: str | None = None
    source: str | None = None
    percent: int | None = None
    agrees: tuple[Agreement, ...] = ()
    apart: Apart | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadCase:
    """One lead with its whole known timeline. Tuples are sorted by time, then id. `as_of` is aware UTC.

    `owners`: those who are named anywhere in the case, as far as the CRM knows them.

    Facts later than `as_of` (by `recorded_at`) must not be in the case: the loader cuts them off.
    """

    lead: Lead
    as_of: datetime
    activities: tuple[Activity, ...] = ()
    tasks: tuple[Task, ...] = ()
    owner_changes: tuple[OwnerChange, ...] = ()
    stage_changes: tuple[StageChange, ...] = ()
    sightings: tuple[Sighting, ...] = ()
    deals: tuple[Deal, ...] = ()
    owners: tuple[Owner, ...] = ()
    surroundings: Surroundings = field(default_factory=Surroundings)
    coverage: Coverage = field(default_factory=Coverage)
