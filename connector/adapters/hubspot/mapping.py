"""HubSpot's values in our words. Pure: what has no word here becomes None and is named, never guessed.

Every list below is HubSpot's own set of internal values; BEHAVIOR.md says why a value means what it means here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from audits.model.activity import (
    ActivityKind,
    ActivityState,
    Direction,
    Disposition,
    OwnerChange,
    StageChange,
)
from audits.model.lead import Lead, LeadStatus
from connector.crm import moments, values
from connector.crm.values import MappableField, StatusWords, ValueMap

Properties = Mapping[str, str]
"""A record's properties: names and values as read, without those that are empty."""

CALL_DISPOSITION = {
    "f240bbac-87c9-4f6e-bf70-924b57d47db7": Disposition.CONNECTED,
    "73a0d17f-1163-4015-bdd5-ec830791da20": Disposition.NO_ANSWER,
    "9d9162e7-6cf3-4944-bf63-4dff82258764": Disposition.BUSY,
    "b2cf5968-551e-4856-9783-52b3da59a7d0": Disposition.VOICEMAIL,
    "a4c4c377-d246-4b32-a13b-75a56a4cd0ff": Disposition.LEFT_MESSAGE,
    "17b47fee-58de-441e-a44c-c6300d46f273": Disposition.WRONG_NUMBER,
}
CALL_DIRECTION = {"OUTBOUND": Direction.OUTBOUND, "INBOUND": Direction.INBOUND}
#: What a call's status says of the act, and of its result where no disposition was chosen.
CALL_STATUS: Mapping[str, tuple[ActivityState, Disposition | None]] = {
    "COMPLETED": (ActivityState.DONE, None),
    "IN_PROGRESS": (ActivityState.DONE, None),
    "RINGING": (ActivityState.DONE, None),
    "BUSY": (ActivityState.DONE, Disposition.BUSY),
    "NO_ANSWER": (ActivityState.DONE, Disposition.NO_ANSWER),
    "MISSED": (ActivityState.DONE, Disposition.NO_ANSWER),
    "QUEUED": (ActivityState.PLANNED, None),
    "CONNECTING": (ActivityState.PLANNED, None),
    "CALLING_CRM_USER": (ActivityState.PLANNED, None),
    "CANCELED": (ActivityState.CANCELLED, None),
    "FAILED": (ActivityState.FAILED, None),
}
EMAIL_DIRECTION: Mapping[str, Direction | None] = {
    "EMAIL": Direction.OUTBOUND,
    "INCOMING_EMAIL": Direction.INBOUND,
    "FORWARDED_EMAIL": None,
}
EMAIL_STATUS = {
    "SENT": ActivityState.DONE,
    "SENDING": ActivityState.PLANNED,
    "SCHEDULED": ActivityState.PLANNED,
    "BOUNCED": ActivityState.FAILED,
    "FAILED": ActivityState.FAILED,
}
MEETING_OUTCOME: Mapping[str, tuple[ActivityState, Disposition | None]] = {
    "SCHEDULED": (ActivityState.PLANNED, None),
    "COMPLETED": (ActivityState.DONE, Disposition.CONNECTED),
    "RESCHEDULED": (ActivityState.CANCELLED, None),
    "NO_SHOW": (ActivityState.DONE, Disposition.NO_SHOW),
    "CANCELED": (ActivityState.CANCELLED, None),
    "CANCELLED": (ActivityState.CANCELLED, None),
}
TASK_IS_DONE = {"NOT_STARTED": False, "IN_PROGRESS": False, "WAITING": False, "DEFERRED": False, "COMPLETED": True}
CHANNELS = frozenset({"WHATS_APP", "LINKEDIN_MESSAGE", "SMS"})

HUMAN_SOURCES = frozenset(
    {"CRM_UI", "CRM_UI_BULK_ACTION", "CONTACTS_WEB", "MOBILE_IOS", "MOBILE_ANDROID", "EXTENSION", "SIDEKICK", "SALES",
     "SALES_MESSAGES", "COMMUNICATOR", "BCC_TO_CRM", "FORWARD_TO_CRM", "EMAIL_INTEGRATION", "GMAIL_INTEGRATION",
     "OUTLOOK_INTEGRATION", "ENGAGEMENTS", "TASK", "MEETINGS", "CONVERSATIONS"}
)  # fmt: skip
AUTOMATED_SOURCES = frozenset(
    {"AUTOMATION", "AUTOMATION_PLATFORM", "AUTOMATION_JOURNEY", "WORKFLOWS", "SEQUENCES", "BOT", "PROSPECTING_AGENT",
     "INTERNAL_PROCESSING", "CRM_PROCESSES_PLATFORM", "BEHAVIORAL_EVENTS"}
)  # fmt: skip
#: A program wrote the record; whether a person acted shows in the record's owner alone.
PROGRAM_SOURCES = frozenset({"INTEGRATION", "INTEGRATIONS_PLATFORM", "INTEGRATIONS_SYNC", "API", "IMPORT"})

OPEN_STATUSES = frozenset(
    {"NEW", "OPEN", "IN_PROGRESS", "OPEN_DEAL", "ATTEMPTED_TO_CONTACT", "CONNECTED", "BAD_TIMING"}
)
DISCARDED_STATUSES = frozenset({"UNQUALIFIED"})
WON_STAGES = frozenset({"customer", "evangelist"})
OPEN_STAGES = frozenset({"subscriber", "lead", "marketingqualifiedlead", "salesqualifiedlead", "opportunity"})

STATUS_FIELD, STAGE_FIELD, OUTCOME_FIELD = "hs_lead_status", "lifecyclestage", "hs_call_disposition"
_STATUS_CHOICES = (
    (LeadStatus.OPEN.value, "Open: to be worked"),
    (LeadStatus.WON.value, "Won"),
    (LeadStatus.LOST.value, "Lost"),
    (LeadStatus.DISCARDED.value, "Discarded: no lead for us"),
)
MAPPABLE = (
    MappableField(
        name=STATUS_FIELD,
        label="Lead status",
        explains="Says whether a lead is still to be worked. A contact without a status is judged by its lifecycle "
        "stage.",
        choices=_STATUS_CHOICES,
        shipped={
            **{value.casefold(): LeadStatus.OPEN.value for value in OPEN_STATUSES},
            **{value.casefold(): LeadStatus.DISCARDED.value for value in DISCARDED_STATUSES},
        },
    ),
    MappableField(
        name=STAGE_FIELD,
        label="Lifecycle stage",
        explains="A stage that means won closes a lead whatever its lead status says; any other counts where there "
        "is no lead status.",
        choices=_STATUS_CHOICES,
        shipped={
            **dict.fromkeys(WON_STAGES, LeadStatus.WON.value),
            **dict.fromkeys(OPEN_STAGES, LeadStatus.OPEN.value),
        },
    ),
    MappableField(
        name=OUTCOME_FIELD,
        label="Call outcome",
        explains="Says whether a call reached the lead. Without a meaning a call counts as an attempt, and whether "
        "contact was made stays unknown.",
        choices=(
            (Disposition.CONNECTED.value, "Reached: spoke with the lead"),
            (Disposition.NO_ANSWER.value, "No answer"),
            (Disposition.BUSY.value, "Busy"),
            (Disposition.VOICEMAIL.value, "Voicemail"),
            (Disposition.LEFT_MESSAGE.value, "Left a message with somebody"),
            (Disposition.WRONG_NUMBER.value, "Wrong number"),
        ),
        shipped={value: word.value for value, word in CALL_DISPOSITION.items()},
    ),
)
"""What an account's admin can say the values of. Stages and statuses are the account's own, call outcomes too."""

STATUS_WORDS = StatusWords(contacted=("ATTEMPTED_TO_CONTACT", "CONNECTED"), waiting=("BAD_TIMING",))
"""Of the lead statuses that HubSpot ships."""

T = TypeVar("T")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(slots=True)
class Unmapped(values.Unmapped):
    """See there; HubSpot's own values mean what we ship, unless said otherwise."""

    values: ValueMap = field(default_factory=lambda: ValueMap(MAPPABLE))


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A CRM record as read: id, when the CRM made it (aware UTC), and its properties."""

    record_id: str
    created_at: datetime
    properties: Properties


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """One entry of a property's history; `value` "" = cleared."""

    value: str
    at: str
    source: str


def parse_at(text: str | None) -> datetime | None:
    """ISO-8601 or epoch milliseconds → aware UTC; a text without a zone is UTC. None for anything else."""
    if not text or not (text.lstrip("-").isdecimal() and len(text) > 8):
        return moments.parse_at(text)
    try:
        moment = _EPOCH + timedelta(milliseconds=int(text))
    except (ValueError, OverflowError):
        return None
    return moment if moments.is_plausible(moment) else None


def whole_seconds(milliseconds: str) -> int | None:
    """Milliseconds as text → whole seconds, rounded down; None when it is no span."""
    try:
        span = float(milliseconds)
    except ValueError:
        return None
    return int(span // 1000) if 0 <= span < 1e12 else None


def is_automated(kind: ActivityKind, properties: Properties, unmapped: Unmapped) -> bool | None:
    """Whether a machine acted by itself; None = the record does not say."""
    source = properties.get("hs_object_source", "").upper()
    if source in HUMAN_SOURCES:
        return False
    if source in AUTOMATED_SOURCES:
        return True
    has_person = "hubspot_owner_id" in properties and kind in {ActivityKind.CALL, ActivityKind.MEETING}
    if source in PROGRAM_SOURCES and has_person:
        # Telephony and calendar apps log what the owner did; a robot's record carries no owner.
        return False
    unmapped.note(f"{kind}.hs_object_source", source)
    return None


def lead_status(properties: Properties, unmapped: Unmapped) -> LeadStatus | None:
    """The state of the contact as a lead; None when its status or stage is the account's own."""
    status, stage = (properties.get(name, "").strip() for name in (STATUS_FIELD, STAGE_FIELD))
    if stage and unmapped.values.meaning(STAGE_FIELD, stage) == LeadStatus.WON:
        return LeadStatus.WON
    if not status and not stage:
        return LeadStatus.OPEN
    meaning = unmapped.meaning(STATUS_FIELD, status) if status else unmapped.meaning(STAGE_FIELD, stage)
    return None if meaning is None else LeadStatus(meaning)


def call_disposition(properties: Properties, unmapped: Unmapped) -> Disposition | None:
    """The outcome that somebody chose for a call; None where none was, or its meaning is not known."""
    value = properties.get(OUTCOME_FIELD, "").strip()
    meaning = unmapped.meaning(OUTCOME_FIELD, value) if value else None
    return None if meaning is None else Disposition(meaning)


def lead_of(record: Record, record_url_base: str, unmapped: Unmapped) -> Lead:
    """The contact as a lead. Its clock starts at `createdate`."""
    known = record.properties
    return Lead(
        lead_id=record.record_id,
        received_at=parse_at(known.get("createdate")) or record.created_at,
        recorded_at=record.created_at,
        first_name=known.get("firstname"),
        last_name=known.get("lastname"),
        email=known.get("email"),
        phone=known.get("phone"),
        mobile=known.get("mobilephone"),
        company=known.get("company"),
        country=known.get("country") or known.get("hs_calculated_phone_number_country_code"),
        source=known.get("hs_analytics_source") or known.get("hs_latest_source"),
        source_detail=_source_detail(known),
        owner_id=known.get("hubspot_owner_id"),
        status=lead_status(known, unmapped),
        raw_status=known.get("hs_lead_status") or known.get("lifecyclestage"),
        message=known.get("message"),
        is_imported=known.get("hs_object_source", "").upper() == "IMPORT",
        record_url=f"{record_url_base}{record.record_id}",
        modified_at=parse_at(known.get("lastmodifieddate")),
    )


def with_stage(lead: Lead, known: Properties, history: Mapping[str, Iterable[Version]], unmapped: Unmapped) -> Lead:
    """The lead with where it stands and since when: by its lead status, else by its lifecycle stage; a stage that
    means won comes before both. `history`: the versions of both properties, in any order."""
    stage = known.get(STAGE_FIELD)
    is_won = stage is not None and unmapped.values.meaning(STAGE_FIELD, stage.strip()) == LeadStatus.WON
    name = STATUS_FIELD if STATUS_FIELD in known and not is_won else STAGE_FIELD
    if name not in known:
        return lead
    moments_of = [at for version in history.get(name, ()) if (at := parse_at(version.at)) is not None]
    since = max(moments_of, default=None)
    is_over = lead.status not in (None, LeadStatus.OPEN)
    return replace(lead, pipeline=name, stage=known[name], stage_since=since, closed_at=since if is_over else None)


def _source_detail(known: Properties) -> str | None:
    prefix = "hs_analytics_source" if "hs_analytics_source" in known else "hs_latest_source"
    details = [known[name] for name in (f"{prefix}_data_1", f"{prefix}_data_2") if name in known]
    return " / ".join(details) or None


def merged_ids_of(properties: Properties) -> tuple[str, ...]:
    """Ids of the contacts that were merged into this one."""
    parts = properties.get("hs_merged_object_ids", "").replace(",", ";").split(";")
    return tuple(dict.fromkeys(part.strip() for part in parts if part.strip()))


def owner_changes_of(lead_id: str, history: Iterable[Version], unmapped: Unmapped) -> tuple[OwnerChange, ...]:
    """Who held the lead from when on, oldest first."""
    found: list[OwnerChange] = []
    for version in history:
        at = parse_at(version.at)
        if at is None:
            unmapped.note("hubspot_owner_id history timestamp", version.at)
            continue
        found.append(
            OwnerChange(lead_id=lead_id, occurred_at=at, owner_id=version.value or None, source=version.source)
        )
    return tuple(sorted(found, key=lambda change: change.occurred_at))


def stage_changes_of(
    lead_id: str, name: str, history: Iterable[Version], unmapped: Unmapped
) -> tuple[StageChange, ...]:
    """The values that the property `name` (lead status or lifecycle stage) had from when on, oldest first."""
    found: list[StageChange] = []
    for version in history:
        at = parse_at(version.at)
        if at is None:
            unmapped.note(f"{name} history timestamp", version.at)
            continue
        found.append(
            StageChange(lead_id=lead_id, occurred_at=at, field=name, raw_status=version.value, source=version.source)
        )
    return tuple(sorted(found, key=lambda change: change.occurred_at))


_RAW = (
    "hs_timestamp", "hs_createdate", "hs_call_direction", "hs_call_status", "hs_call_disposition", "hs_call_duration",
    "hs_email_direction", "hs_email_status", "hs_meeting_start_time", "hs_meeting_end_time", "hs_meeting_outcome",
    "hs_task_status", "hs_task_type", "hs_communication_channel_type", "hs_object_source", "hs_object_source_label",
)  # fmt: skip


def raw_values(properties: Properties) -> tuple[tuple[str, str], ...]:
    """The values for evidence; bodies, subjects, numbers and addresses stay in the CRM."""
    return tuple((name, properties[name]) for name in _RAW if name in properties)


def looked_up(table: Mapping[str, T], name: str, properties: Properties, unmapped: Unmapped) -> T | None:
    """Our word for the property `name` by `table`; None when it is empty, or unmapped (and then named)."""
    value = properties.get(name)
    if value is None:
        return None
    for key in (value.upper(), value.lower()):
        if key in table:
            return table[key]
    unmapped.note(name, value)
    return None
