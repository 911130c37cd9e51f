"""What is known of one delivered lead: what came, what the buyer did with it, what was found, what was claimed.

All instants are aware UTC. Plain facts: nothing in here depends on a contract.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from audits.model.contract import Against, KeyField
from audits.model.reasons import ReasonCode


class ProofKind(StrEnum):
    """What a piece of evidence is."""

    CALL_LOG = "call_log"
    RECORDING = "recording"
    VALIDATOR_RESULT = "validator_result"
    BOUNCE = "bounce"
    DISPOSITION = "disposition"
    NOTE = "note"
    CRM_RECORD = "crm_record"
    SEED_LEAD = "seed_lead"
    FINDING = "finding"
    DELIVERY = "delivery"


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """A pointer at evidence: `ref` names it to both sides without naming a person, `sha256` (hex) fixes its content;
    "" = nothing was kept of it. `at`: when it came about."""

    kind: ProofKind
    ref: str
    sha256: str = ""
    at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """Something found against the lead. `is_proven` False: it is suspected only, and `missing` says what would prove
    it. `known_at`: when it could first be known; None = not told. `found_by`: the rule and its version (PL008 v1), or
    "buyer" for what a person stated."""

    code: ReasonCode
    is_proven: bool = True
    known_at: datetime | None = None
    found_by: str = "buyer"
    proofs: tuple[Proof, ...] = ()
    missing: str = ""


class Channel(StrEnum):
    """How somebody tried to reach the person."""

    CALL = "call"
    EMAIL = "email"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Try:
    """One human attempt to reach the person; `recording_id` "" = none was kept."""

    at: datetime
    channel: Channel = Channel.CALL
    ref: str = ""
    sha256: str = ""
    recording_id: str = ""


class HandlingFact(StrEnum):
    """Facts of the handling that a source may not show. LATER_ATTEMPTS: those after the ones it does show."""

    ATTEMPTS = "attempts"
    LATER_ATTEMPTS = "later_attempts"
    DISPOSITION = "disposition"
    CONTACTED = "contacted"
    QUOTE_STARTED = "quote_started"


@dataclass(frozen=True, slots=True, kw_only=True)
class Handling:
    """What the buyer did. None of an instant = it did not happen, unless `unknown` names the fact."""

    tries: tuple[Try, ...] = ()
    disposition: str = ""
    disposed_at: datetime | None = None
    contacted_at: datetime | None = None
    quote_started_at: datetime | None = None
    unknown: frozenset[HandlingFact] = frozenset()


#: Nothing is known of what the buyer did.
NOT_SEEN = Handling(unknown=frozenset(HandlingFact))


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlierRecord:
    """A record of the same person that was there before: another delivery, a customer or contact in the buyer's CRM,
    or a deal (of interest while open: `closed_at` None = still open). `shared`: what makes the two one person."""

    where: Against
    received_at: datetime
    shared: frozenset[KeyField]
    ref: str = ""
    vendor: str = ""
    closed_at: datetime | None = None


class ClaimStatus(StrEnum):
    """Where a returned lead stands with the vendor."""

    DRAFT = "draft"
    SENT = "sent"
    ACCEPTED = "accepted"
    DENIED = "denied"
    RESUBMITTED = "resubmitted"
    SETTLED = "settled"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What was claimed of the vendor and what he said. `credited`: minor units, None until settled."""

    status: ClaimStatus
    code: ReasonCode | None = None
    sent_at: datetime | None = None
    answered_at: datetime | None = None
    remark: str = ""
    credited: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One lead that a vendor handed over.

    `delivery_id` opaque, unique for the vendor; `lead_id` in the CRM, "" = the CRM does not hold it. `submitted_at`:
    when the person asked. `fields`: what came, by name; an empty text is a field that did not. `keys`: phone (E.164)
    and e-mail (lower case, without a tag) as comparable texts; never shown. `consent`: the certificate's kind and
    reference, "" = none came. `replaces`: the delivery that this one makes good. `revenue`: minor units that came of
    it, None = not known; `converted_at`: when it was won.
    """

    delivery_id: str
    vendor: str
    delivered_at: datetime
    lead_id: str = ""
    sub_source: str = ""
    submitted_at: datetime | None = None
    fields: Mapping[str, str] = field(default_factory=dict)
    keys: Mapping[KeyField, str] = field(default_factory=dict)
    consent: str = ""
    replaces: str = ""
    revenue: int | None = None
    converted_at: datetime | None = None
    grounds: tuple[Ground, ...] = ()
    handling: Handling = NOT_SEEN
    earlier: tuple[EarlierRecord, ...] = ()
    claim: Claim | None = None
