"""The contract of a CRM adapter. It translates, it never decides. Errors are those of connector.errors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from audits.model.activity import Activity, Owner, OwnerChange, StageChange, Task
from audits.model.case import Coverage
from audits.model.lead import Lead


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """The CRM account that was connected. `account_id` is the tenant key there; `zone` an IANA zone."""

    account_id: str
    name: str
    zone: str
    currency: str | None
    record_url_base: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """What the CRM's token endpoint gave. `expires_at` is aware UTC."""

    access_token: str
    refresh_token: str
    expires_at: datetime
    scopes: tuple[str, ...]
    account_id: str
    user_id: str | None

    def __repr__(self) -> str:
        return f"Grant(account_id={self.account_id!r}, expires_at={self.expires_at.isoformat()}, secrets hidden)"


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadRecord:
    """One lead with everything read of it. `merged_ids`: records that were merged into this one."""

    lead: Lead
    activities: tuple[Activity, ...] = ()
    tasks: tuple[Task, ...] = ()
    owner_changes: tuple[OwnerChange, ...] = ()
    stage_changes: tuple[StageChange, ...] = ()
    merged_ids: tuple[str, ...] = ()
    our_fields: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadsRead:
    """The answer to "look again at these": what is there, and which ids are gone (deleted, merged or unknown).

    `unmapped`: (field, value) pairs for which we have no word; they are shown with counts, never guessed.
    """

    records: tuple[LeadRecord, ...]
    gone_ids: tuple[str, ...] = ()
    unmapped: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page of lead ids. `cursor` None = the end.

    `scanned`: how many records the CRM listed for this page (those left out by `since` included), for the
    progress bar. `total`: how many records there are to scan in all, where the CRM tells it.
    """

    lead_ids: tuple[str, ...]
    cursor: str | None
    scanned: int = 0
    total: int | None = None


class EventKind(StrEnum):
    """What a webhook event asks of us."""

    LOOK_AGAIN = "look_again"
    DELETED = "deleted"
    FORGET = "forget"
    IGNORED = "ignored"


@dataclass(frozen=True, slots=True, kw_only=True)
class CrmEvent:
    """One event of a delivery, reduced to a pointer. `event_key` is unique per (install, event).

    `object_type` is "lead" for the record that we call lead, else the activity's type (ActivityKind or "task");
    `object_id` is then the lead's id, else Activity.activity_id or Task.task_id. The adapter finds the leads of an
    activity. `occurred_at` is the CRM's time.
    """

    event_key: str
    account_id: str
    kind: EventKind
    object_type: str
    object_id: str
    occurred_at: datetime
    is_creation: bool = False
    is_import: bool = False


class OurField(StrEnum):
    """Our five fields on the CRM's lead record; the values are the internal names there."""

    LEAD_QUALITY = "leadassay_lead_quality"
    HANDLING = "leadassay_handling"
    LEAD_VERDICT = "leadassay_lead_verdict"
    FOLLOW_UP_STATUS = "leadassay_follow_up_status"
    AUDIT_NOTE = "leadassay_audit_note"


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldWrite:
    """Absolute values for our fields on one record. "" clears. Keys are OurField values."""

    lead_id: str
    values: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteResult:
    """Result for one record of a batch: `is_written`, or the CRM's complaint; `is_gone` = record is no more."""

    lead_id: str
    is_written: bool
    is_gone: bool = False
    complaint: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What this CRM with these scopes can show, and how much one call may carry."""

    coverage: Coverage
    read_batch: int
    write_batch: int
    missing_scopes: tuple[str, ...] = ()


class CrmAdapter(Protocol):
    """One CRM for one install, built on an authorised transport."""

    def account(self) -> Account:
        """The connected account."""
        ...

    def capabilities(self) -> Capabilities:
        """What can be seen with the granted scopes."""
        ...

    def without_scope(self, scope: str) -> Capabilities:
        """What can still be seen when `scope`, which the CRM just found missing, is not there."""
        ...

    def iter_owners(self) -> Iterator[Owner]:
        """Every owner, former ones included."""
        ...

    def ensure_fields(self) -> tuple[str, ...]:
        """Make our group and five fields, or repair them; returns the names that were made or repaired."""
        ...

    def list_leads(self, cursor: str | None, since: datetime) -> Page:
        """One page of the back-fill, from `cursor` (None = from the start), in a stable order.

        Only leads created at or after `since` (aware UTC) are named; older ones are scanned and left out.
        """
        ...

    def list_modified(self, since: datetime, until: datetime, cursor: str | None) -> Page:
        """One page of leads last modified from `since` to `until` (aware UTC, both included), oldest first."""
        ...

    def read_leads(self, lead_ids: Sequence[str]) -> LeadsRead:
        """Read leads with all their activities and histories; at most `read_batch` ids."""
        ...

    def find_leads_of(self, object_type: str, object_ids: Sequence[str]) -> Mapping[str, tuple[str, ...]]:
        """For activities of one type: activity id → ids of the leads it belongs to."""
        ...

    def write_fields(self, writes: Sequence[FieldWrite]) -> tuple[WriteResult, ...]:
        """Set our fields; one result per record, partial failure kept per record. At most `write_batch`."""
        ...

    def calls_left(self) -> int | None:
        """Calls left to us in the CRM's present window, as it last said; None while it said nothing."""
        ...

    def uninstall(self) -> None:
        """Remove our app from the account at the CRM."""
        ...


class CrmOAuth(Protocol):
    """The OAuth side of one CRM, before there is an install."""

    def authorize_url(self, *, state: str, code_challenge: str, redirect_uri: str) -> str:
        """Where to send the admin's browser."""
        ...

    def exchange(self, *, code: str, code_verifier: str, redirect_uri: str) -> Grant:
        """Code → grant. Raises CrmRejected or ReauthorizationNeeded."""
        ...

    def refresh(self, refresh_token: str) -> Grant:
        """New access token. Raises ReauthorizationNeeded when the grant is dead, RetryLater otherwise."""
        ...

    def installing_user(self, grant: Grant) -> Owner:
        """Who installed: user id and e-mail, by introspection."""
        ...

    def account(self, grant: Grant) -> Account:
        """The account that was connected, before there is an install."""
        ...
