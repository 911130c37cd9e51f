"""Pipedrive's values in our words. Pure: what has no word here becomes None and is named, never guessed.

BEHAVIOR.md says why a value means what it means here.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from audits.model.activity import Disposition, OwnerChange, StageChange
from audits.model.deal import Deal, DealContact
from audits.model.lead import Lead, LeadStatus
from connector.crm.moments import parse_at
from connector.crm.money import minor_units
from connector.crm.values import MappableField, Unmapped, ValueMap
from connector.errors import UnexpectedPayload
from connector.payloads import JsonObject, JsonValue, find_text, get_text

LEAD, DEAL, PERSON, ORGANIZATION = "lead", "deal", "person", "organization"

CALL_OUTCOME = {
    "connected": Disposition.CONNECTED,
    "no_answer": Disposition.NO_ANSWER,
    "left_message": Disposition.LEFT_MESSAGE,
    "left_voicemail": Disposition.VOICEMAIL,
    "wrong_number": Disposition.WRONG_NUMBER,
    "busy": Disposition.BUSY,
}
#: A deal has no source_name; its origin is the same fact under another name. What is not here is shown as it is.
SOURCE_OF_ORIGIN = {
    "ManuallyCreated": "Manually created",
    "API": "API",
    "Marketplace": "API",
    "WebForms": "Web forms",
    "Import": "Import",
    "Prospector": "Prospector",
    "LeadBooster": "Leadbooster",
    "LiveChat": "Live chat",
    "WebsiteVisitors": "Website visitors",
    "WorkflowAutomation": "Workflow automation",
}
IMPORTED = "import"
MOBILE = "mobile"

CALL_BY_US, CALL_BY_LEAD, EMAIL_BY_US, MESSAGE_BY_US = "call_by_us", "call_by_lead", "email_by_us", "message_by_us"
MEETING, TASK, NOTE, NO_TOUCH = "meeting", "task", "note", "no_touch"

ACTIVITY_TYPE = MappableField(
    name="activity_type",
    label="Activity types",
    explains="Pipedrive does not say who reached out. Say what it means when an activity of this type is done. An "
    "activity that is not done yet is a task, whatever its type.",
    choices=(
        (CALL_BY_US, "A call by us"),
        (CALL_BY_LEAD, "A call by the lead"),
        (EMAIL_BY_US, "An e-mail by us"),
        (MESSAGE_BY_US, "A message by us (chat, SMS)"),
        (MEETING, "A meeting"),
        (TASK, "A task"),
        (NOTE, "A note"),
        (NO_TOUCH, "Nothing between us and the lead"),
    ),
    shipped={
        "call": CALL_BY_US,
        "meeting": MEETING,
        "lunch": MEETING,
        "email": EMAIL_BY_US,
        "task": TASK,
        "deadline": TASK,
    },
)
LOST_REASON = MappableField(
    name="lost_reason",
    label="Lost reasons of deals",
    explains="Say which reasons mean that there never was a buyer. A reason that is not said is a lost deal.",
    choices=(("lost", "A buyer who did not buy"), ("discarded", "No buyer: bad data, spam, twice the same")),
)
LEAD_LABEL = MappableField(
    name="lead_label",
    label="Lead labels",
    explains="Say which labels close a lead. A label that is not said tells nothing.",
    choices=(
        ("nothing", "Tells nothing of where the lead stands"),
        ("won", "Won"),
        ("lost", "Lost"),
        ("discarded", "No buyer: bad data, spam, twice the same"),
    ),
)
MESSENGERS = MappableField(
    name="messengers",
    label="Chats with leads",
    explains="Pipedrive shows chats to no app. While some go on unseen, nobody can say that a lead got no answer.",
    choices=(
        ("logged", "There are none, or they are logged as activities"),
        ("unseen", "There are some that are not logged"),
    ),
)
MAPPABLE = (ACTIVITY_TYPE, LOST_REASON, LEAD_LABEL, MESSENGERS)
ANY_MESSENGER = "all"
"""The one value of MESSENGERS."""

_STATUS = {"won": LeadStatus.WON, "lost": LeadStatus.LOST, "discarded": LeadStatus.DISCARDED}
_OWNER_KEYS = frozenset({"user_id", "owner_id"})
_STAGE_KEYS = frozenset({"status", "stage_id"})
_UUID_EPOCH = datetime(1582, 10, 15, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """What the person and the organization of a lead give it; {} where there is none."""

    person: JsonObject = field(default_factory=dict)
    organization: JsonObject = field(default_factory=dict)


def our_id(kind: str, their_id: str) -> str:
    """Pipedrive's id → ours; its ids repeat between kinds."""
    return f"{kind}:{their_id}"


def their_id(our: str, kind: str) -> str | None:
    """Our id → Pipedrive's, None where it is not one of `kind`."""
    prefix, _, rest = our.partition(":")
    return rest if prefix == kind and rest else None


def is_set(value: JsonValue) -> bool:
    """A flag of either generation: true, 1 or "1"."""
    return value is True or value in (1, "1")


def shows_all_mails(counted: JsonValue, shown: int) -> bool:
    """Whether the mails of a person that we were shown are all that Pipedrive counts with him."""
    return isinstance(counted, int) and not isinstance(counted, bool) and shown >= counted


def arrival_of_converted(lead_id: str, deal_added_at: datetime) -> datetime | None:
    """When the lead arrived that a deal was made of; None when its id does not tell.

    Ids of leads are UUIDs of version 1, which hold the moment they were made at. A moment after the deal's, or more
    than ten years before it, is none.
    """
    try:
        made = uuid.UUID(lead_id)
    except ValueError:
        return None
    if made.version != 1:
        return None
    arrived_at = _UUID_EPOCH + timedelta(microseconds=made.time // 10)
    # Deals show whole seconds.
    earliest, latest = deal_added_at - timedelta(days=3653), deal_added_at + timedelta(seconds=1)
    return arrived_at if earliest <= arrived_at <= latest else None


def lead_of(lead: JsonObject, contact: Contact, base_url: str, values: ValueMap, unmapped: Unmapped) -> Lead:
    """A record of the Leads inbox. Raises UnexpectedPayload for one without id or add_time."""
    stands = _lead_status(lead, values, unmapped)
    found = _lead(LEAD, "leads/inbox/", lead, contact, base_url, _added_at(lead, "A lead"), stands)
    is_over = stands[0] is not LeadStatus.OPEN
    # One that a label alone says is over has no time of its end.
    return replace(found, closed_at=parse_at(find_text(lead, "archive_time")) if is_over else None)


def deal_of(deal: JsonObject, contact: Contact, base_url: str, values: ValueMap, unmapped: Unmapped) -> Lead:
    """A deal. One that was a lead arrived when the lead did, as far as that can be told. Raises UnexpectedPayload."""
    added_at = _added_at(deal, "A deal")
    origin_id = find_text(deal, "source_lead_id")
    arrived_at = arrival_of_converted(origin_id, added_at) if origin_id is not None else None
    stands = _deal_status(deal, values, unmapped)
    lead = _lead(DEAL, "deal/", deal, contact, base_url, arrived_at or added_at, stands)
    is_over = stands[0] not in (None, LeadStatus.OPEN)
    closed = (parse_at(find_text(deal, name)) for name in ("won_time", "lost_time", "close_time", "archive_time"))
    return replace(
        lead,
        pipeline=find_text(deal, "pipeline_id"),
        stage=find_text(deal, "stage_id"),
        # A deal that never moved on stands where it began.
        stage_since=parse_at(find_text(deal, "stage_change_time")) or added_at,
        closed_at=next((at for at in closed if at is not None), None) if is_over else None,
    )


def own_deal(lead: Lead, deal: JsonObject, unmapped: Unmapped) -> Deal:
    """The deal that `lead`, made of it, is: one record is both. Its persons are companions of leads; Pipedrive knows
    no roles of theirs."""
    person_id, currency = find_text(deal, "person_id"), find_text(deal, "currency")
    amount = deal.get("value")
    minor = None
    if currency is not None and isinstance(amount, int | float) and not isinstance(amount, bool):
        try:
            minor = minor_units(Decimal(str(amount)), currency)
        except ValueError:
            unmapped.note("value", str(amount))
    return Deal(
        deal_id=lead.lead_id,
        pipeline=lead.pipeline or "",
        stage=lead.stage or "",
        status=lead.status,
        created_at=parse_at(find_text(deal, "add_time")) or lead.recorded_at,
        amount_minor=minor,
        currency=currency if minor is not None else None,
        owner_id=lead.owner_id,
        closed_at=lead.closed_at,
        stage_since=lead.stage_since,
        contacts=(DealContact(contact_id=our_id(PERSON, person_id)),) if person_id is not None else (),
        record_url=lead.record_url,
    )


def has_others(deal: JsonObject) -> bool:
    """Whether somebody beside the main person takes part in a deal, who is counted among the participants."""
    count = deal.get("participants_count")
    least = 1 if find_text(deal, "person_id") is not None else 0
    return isinstance(count, int) and not isinstance(count, bool) and count > least


def phones_of(person: JsonObject) -> tuple[str, ...]:
    """All numbers of a person."""
    return tuple(one.text for one in _said(person, "phones"))


def owner_changes_of(
    lead_id: str, lines: Iterable[JsonObject], added_at: datetime, unmapped: Unmapped
) -> tuple[OwnerChange, ...]:
    """Who held a deal from when on, by its changelog, oldest first. The first holder held it since it arrived,
    `added_at`."""
    changes = _changes(lines, _OWNER_KEYS, unmapped)
    found = [OwnerChange(lead_id=lead_id, occurred_at=at, owner_id=new, source=why) for at, _, _, new, why in changes]
    if changes and changes[0][2] is not None:
        found.insert(0, OwnerChange(lead_id=lead_id, occurred_at=added_at, owner_id=changes[0][2]))
    return tuple(found)


def stage_changes_of(lead_id: str, lines: Iterable[JsonObject], unmapped: Unmapped) -> tuple[StageChange, ...]:
    """The statuses and stages that a deal came to, by its changelog, oldest first."""
    return tuple(
        StageChange(lead_id=lead_id, occurred_at=at, field=key, raw_status=new or "", source=why)
        for at, key, _, new, why in _changes(lines, _STAGE_KEYS, unmapped)
    )


def _changes(
    lines: Iterable[JsonObject], keys: frozenset[str], unmapped: Unmapped
) -> list[tuple[datetime, str, str | None, str | None, str]]:
    found = []
    for line in lines:
        key = find_text(line, "field_key") or ""
        if key not in keys:
            continue
        text = find_text(line, "time")
        at = parse_at(text)
        if at is None:
            unmapped.note("changelog time", text or "")
            continue
        why = find_text(line, "change_source") or ""
        found.append((at, key, find_text(line, "old_value"), find_text(line, "new_value"), why))
    return sorted(found, key=lambda change: change[0])


def _added_at(record: JsonObject, what: str) -> datetime:
    added_at = parse_at(find_text(record, "add_time"))
    if added_at is None:
        raise UnexpectedPayload(f"{what} came from Pipedrive without a sound add_time.")
    return added_at


def _lead(
    kind: str,
    page: str,
    record: JsonObject,
    contact: Contact,
    base_url: str,
    received_at: datetime,
    stands: tuple[LeadStatus | None, str | None],
) -> Lead:
    their = get_text(record, "id", f"A {kind}")
    person = contact.person
    first, last = find_text(person, "first_name"), find_text(person, "last_name")
    phones, emails = _said(person, "phones"), _said(person, "emails")
    phone = _first(phones)
    mobile = next((one.text for one in phones if one.label == MOBILE), None)
    origin = find_text(record, "origin")
    source = find_text(record, "source_name") or (
        SOURCE_OF_ORIGIN.get(origin, origin) if origin is not None else None
    )
    return Lead(
        lead_id=our_id(kind, their),
        received_at=received_at,
        recorded_at=received_at,
        first_name=first if first or last else find_text(person, "name"),
        last_name=last,
        email=_first(emails),
        phone=phone,
        mobile=mobile if mobile != phone else None,
        company=find_text(contact.organization, "name"),
        source=source,
        source_detail=find_text(record, "channel_id"),
        owner_id=find_text(record, "owner_id"),
        status=stands[0],
        raw_status=stands[1],
        is_imported=(source or "").casefold() == IMPORTED,
        record_url=f"{base_url}{page}{their}",
        modified_at=parse_at(find_text(record, "update_time")),
    )


@dataclass(frozen=True, slots=True)
class _Said:
    """One phone number or address of a person."""

    text: str
    is_primary: bool
    label: str


def _said(person: JsonObject, name: str) -> list[_Said]:
    listed = person.get(name)
    entries = [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
    return [
        _Said(text, is_set(one.get("primary")), (find_text(one, "label") or "").casefold())
        for one in entries
        if (text := find_text(one, "value")) is not None
    ]


def _first(said: list[_Said]) -> str | None:
    return next((one.text for one in said if one.is_primary), said[0].text if said else None)


def _lead_status(lead: JsonObject, values: ValueMap, unmapped: Unmapped) -> tuple[LeadStatus, str]:
    is_archived = lead.get("is_archived") is True
    listed = lead.get("label_ids")
    told: LeadStatus | None = None
    for label in listed if isinstance(listed, list) else []:
        if not isinstance(label, str):
            continue
        meaning = values.meaning(LEAD_LABEL.name, label)
        if meaning is None:
            unmapped.note(LEAD_LABEL.name, label)
        elif meaning in _STATUS:
            told = told or _STATUS[meaning]
    if told is not None:
        return told, "archived" if is_archived else f"open ({told})"
    return (LeadStatus.DISCARDED, "archived") if is_archived else (LeadStatus.OPEN, "open")


def _deal_status(deal: JsonObject, values: ValueMap, unmapped: Unmapped) -> tuple[LeadStatus | None, str | None]:
    status = find_text(deal, "status")
    if status == "won":
        return LeadStatus.WON, status
    if status == "lost":
        reason = find_text(deal, "lost_reason")
        if reason is None:
            return LeadStatus.LOST, status
        meaning = values.meaning(LOST_REASON.name, reason)
        if meaning is None:
            unmapped.note(LOST_REASON.name, reason)
        return _STATUS.get(meaning or "lost", LeadStatus.LOST), f"lost: {reason}"
    if status == "open":
        is_archived = deal.get("is_archived") is True
        return (LeadStatus.DISCARDED, "archived") if is_archived else (LeadStatus.OPEN, status)
    unmapped.note("status", status or "")
    return None, status
