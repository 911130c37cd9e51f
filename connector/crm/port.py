"""The contract of a CRM adapter. It translates, it never decides. Errors are those of connector.errors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from audits.model.activity import Activity, Owner, OwnerChange, StageChange, Task
from audits.model.case import Coverage, Fact
from audits.model.deal import Deal
from audits.model.lead import Lead
from connector.crm.lead_fields import KnownField
from connector.crm.values import KnownValue


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """The CRM account that was connected. `account_id` is the tenant key there; `zone` an IANA zone.

    `api_url`: scheme://host of the account's own API, where each account has one; "" = the CRM's common one.
    """

    account_id: str
    name: str
    zone: str
    currency: str | None
    record_url_base: str
    api_url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """What the CRM's token endpoint gave. `expires_at` is aware UTC.

    `account_id` "" = the token's answer does not say; the account that it opens does. `api_url`: as Account.api_url,
    and already held against the CRM's allow-list.
    """

    access_token: str
    refresh_token: str
    expires_at: datetime
    scopes: tuple[str, ...]
    account_id: str
    user_id: str | None
    api_url: str = ""

    def __repr__(self) -> str:
        return f"Grant(account_id={self.account_id!r}, expires_at={self.expires_at.isoformat()}, secrets hidden)"


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadRecord:
    """One lead with everything read of it. `merged_ids`: records that were merged into this one.

    `converted_from`: the id of the lead that this record continues in another form (a lead that became a deal): one
    timeline, received when that lead was. `companion_id`: another record that shows our fields for this lead (its
    person); the newest lead of a companion is the one that is shown. `organization_id`: the CRM's record of the
    lead's company, where it has one. `missing`: facts that could not be read of this lead, beside those that the
    whole account does not show; see Coverage. Where the history of owner or stage is among what is missing, the
    storage notes what it sees change from read to read. `is_locked`: the CRM lets nobody change the record as it is
    (archived, say), so that our fields cannot be written on it; a companion is written all the same. `deals`: its
    deals, each with all its contacts, who are named as leads are, or as companions; when they were last touched, and
    on which lead a deal is judged, the storage works out.
    """

    lead: Lead
    activities: tuple[Activity, ...] = ()
    tasks: tuple[Task, ...] = ()
    owner_changes: tuple[OwnerChange, ...] = ()
    stage_changes: tuple[StageChange, ...] = ()
    deals: tuple[Deal, ...] = ()
    merged_ids: tuple[str, ...] = ()
    converted_from: str | None = None
    companion_id: str | None = None
    organization_id: str | None = None
    is_locked: bool = False
    missing: tuple[tuple[Fact, str], ...] = ()
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
    progress bar. `total`: how many records there are to scan in all, where the CRM tells it. `companion_ids`: of a
    poll: companions that changed; whose they are is known where leads are kept.
    """

    lead_ids: tuple[str, ...]
    cursor: str | None
    companion_ids: tuple[str, ...] = ()
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

    `object_type` is "lead" for the record that we call lead, "companion" for a companion of leads, else the
    activity's type (ActivityKind or "task"), or "deal"; `object_id` is then the lead's id, the companion's, else
    Activity.activity_id, Task.task_id or Deal.deal_id. The adapter finds the leads of those. `occurred_at` is the
    CRM's time.
    """

    event_key: str
    account_id: str
    kind: EventKind
    object_type: str
    object_id: str
    occurred_at: datetime
    is_creation: bool = False
    is_import: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """A stored delivery. `account_id`: the account whose own hook secret proved it, and "" where a secret of the app
    did: then the body says whose it is. `field_keys`: what the account calls our fields (see FieldSetup)."""

    body: bytes = field(repr=False)
    account_id: str = ""
    field_keys: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hook:
    """Where one install's webhooks go, and the secret (64 hex digits) that proves them."""

    url: str
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class HookReport:
    """What became of our subscriptions: names of those that were missing and `made`, of ours that pointed elsewhere
    and were `removed`, and a sentence for an admin for each that is `failing`."""

    made: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    failing: tuple[str, ...] = ()


class OurField(StrEnum):
    """Our six fields on the CRM's lead record; the values are the internal names there."""

    LEAD_QUALITY = "leadassay_lead_quality"
    HANDLING = "leadassay_handling"
    LEAD_VERDICT = "leadassay_lead_verdict"
    FOLLOW_UP_STATUS = "leadassay_follow_up_status"
    AUDIT_NOTE = "leadassay_audit_note"
    SUGGESTED_REPAIR = "leadassay_suggested_repair"


_OURS = frozenset(field.value for field in OurField)


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldWrite:
    """Absolute values for our fields on one record. "" clears. Keys are OurField values, and nothing else is ever
    written to a CRM: raises ValueError for any other.

    `companion_id`: the other record that has to show the same, None where there is none or it shows a newer lead.
    `is_locked`: as the lead was last read; only its companion can be written.
    """

    lead_id: str
    values: Mapping[str, str]
    companion_id: str | None = None
    is_locked: bool = False

    def __post_init__(self) -> None:
        foreign = set(self.values) - _OURS
        if foreign:
            raise ValueError(f"no fields of ours: {sorted(foreign)}")


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldSetup:
    """Our fields as they are in the account. `made`: names of those that were made or repaired.

    `keys`: what the account calls them (keys, ids of options), where every account has its own names; kept with the
    install, given to the adapter again, and read by nobody else.
    """

    made: tuple[str, ...] = ()
    keys: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteResult:
    """Result for one record of a batch: `is_written`, or the CRM's complaint; `is_gone` = record is no more;
    `is_locked` = nothing can be written on it while it is as it is, which is no failure."""

    lead_id: str
    is_written: bool
    is_gone: bool = False
    is_locked: bool = False
    complaint: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What this CRM with these scopes can show, and how much one call may carry.

    `reread_per_poll`: how many of the longest unread leads each poll reads again, to find those that were deleted
    without a word; fewer where every call is paid from a budget that others share. `poll_every_s`: the fewest seconds
    between two polls that this budget bears, as it stands now.
    """

    coverage: Coverage
    read_batch: int
    write_batch: int
    reread_per_poll: int = 200
    poll_every_s: float = 0.0
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

    def known_values(self) -> tuple[KnownValue, ...]:
        """The values that the account defines for the CRM's mappable fields (CrmEntry.mappable)."""
        ...

    def known_fields(self) -> tuple[KnownField, ...]:
        """The fields of the account's lead records that an admin can name for a LeadField, our own left out."""
        ...

    def ensure_fields(self) -> FieldSetup:
        """Make our six fields, or repair them. Called again it changes nothing."""
        ...

    def ensure_hooks(self, hook: Hook) -> HookReport:
        """Make the subscriptions of this account that are missing, and remove ours that point elsewhere.

        Where the app is subscribed for all accounts at once there is nothing to do.
        """
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
        """For activities of one type, or deals: id → ids of their leads. Empty for a type unknown here."""
        ...

    def write_fields(self, writes: Sequence[FieldWrite]) -> tuple[WriteResult, ...]:
        """Set our fields; one result per lead, partial failure kept per lead. At most `write_batch`.

        A companion that cannot be written is no failure of the lead's write.
        """
        ...

    def calls_left(self) -> int | None:
        """Calls left to us in the CRM's present window, as it last said; None while it said nothing."""
        ...

    def uninstall(self) -> None:
        """Remove our app from the account at the CRM."""
        ...


class CrmOAuth(Protocol):
    """The OAuth side of one CRM for one registration of ours there, before there is an install."""

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


@dataclass(frozen=True, slots=True, kw_only=True)
class UninstallNotice:
    """The CRM's word that `user_id` (None = everybody) took our app out of the account.

    `at`: when that was (aware UTC), None where the CRM does not say.
    """

    account_id: str
    user_id: str | None
    at: datetime | None = None
