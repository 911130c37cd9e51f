"""The lead: one paid-for or inbound enquiry at one moment, as the CRM shows it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum


class LeadStatus(StrEnum):
    """State of a lead in our words; a CRM's own status is mapped to one of these or stays unmapped (None)."""

    OPEN = "open"
    WON = "won"
    LOST = "lost"
    DISCARDED = "discarded"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lead:
    """One lead. Times are aware UTC; ids are opaque strings of the CRM.

    `received_at` is the moment the lead reached the CRM and starts every clock. `recorded_at` is when the CRM
    made the record (later for imports). `status` is None when the CRM's status is not mapped: rules that need
    it answer `not_evaluated`. `is_imported` rows are no fresh leads: response rules do not apply to them.
    `received_latest_at`: None when `received_at` is exact; where only the day of arrival is known, `received_at` is
    its first second and this its last.

    `submitted_at`: when the person sent the form to whoever delivered the lead, None = not known. `preferred_at`:
    from when the person asked to be called. `recontact_on`: the day agreed for coming back to a lead that was lost.
    `has_call_consent`: whether calls are allowed, None = not known. `stage` and `pipeline` are the CRM's own names;
    `stage_since` is when the lead entered that stage. `language`: ISO 639 code of the person's words.

    Of the form: `ip` and `user_agent` of whoever sent it, `time_on_form_s` seconds from its opening to the sending,
    `honeypot` what stood in a field that people do not see, `consent_proof` the id of a certificate of consent.

    `facts`: what else fields of the account's own say of the person and the organisation, by the names of
    audits.model.fit.OWN_FACTS, as read; sorted, and without those of which nothing is known.
    """

    lead_id: str
    received_at: datetime
    recorded_at: datetime
    first_name: str | None = None
    last_name: str | None = None
    email: str | None = None
    phone: str | None = None
    mobile: str | None = None
    company: str | None = None
    country: str | None = None
    source: str | None = None
    source_detail: str | None = None
    owner_id: str | None = None
    status: LeadStatus | None = LeadStatus.OPEN
    raw_status: str | None = None
    lead_type: str | None = None
    message: str | None = None
    is_imported: bool = False
    record_url: str | None = None
    modified_at: datetime | None = None
    received_latest_at: datetime | None = None
    submitted_at: datetime | None = None
    preferred_at: datetime | None = None
    recontact_on: date | None = None
    has_call_consent: bool | None = None
    priority: str | None = None
    pipeline: str | None = None
    stage: str | None = None
    stage_since: datetime | None = None
    closed_at: datetime | None = None
    language: str | None = None
    ip: str | None = None
    user_agent: str | None = None
    time_on_form_s: float | None = None
    honeypot: str | None = None
    consent_proof: str | None = None
    facts: tuple[tuple[str, str], ...] = ()

    @property
    def clock_start(self) -> datetime:
        """From when the clocks run for sure: the latest instant at which the lead can have arrived."""
        return self.received_latest_at or self.received_at

    @property
    def full_name(self) -> str:
        """First and last name joined by a space; empty when neither is known."""
        return " ".join(part for part in (self.first_name, self.last_name) if part)
