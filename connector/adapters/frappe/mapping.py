"""Frappe CRM's values in our words. Pure: what has no word here becomes None and is named, never guessed."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import TypeVar
from urllib.parse import quote

from audits.model.activity import ActivityState, Direction, Disposition, OwnerChange, StageChange
from audits.model.deal import Deal as CaseDeal
from audits.model.deal import DealContact
from audits.model.lead import Lead, LeadStatus
from connector.adapters.frappe.times import SiteTime
from connector.crm import values
from connector.crm.money import minor_units
from connector.crm.values import MappableField, StatusWords, ValueMap
from connector.errors import UnexpectedPayload
from connector.payloads import JsonObject, find_text, parse_json

LEAD, DEAL = "CRM Lead", "CRM Deal"

STATUS_FIELD, DEAL_STATUS_FIELD, CALL_FIELD = "status", "deal_status", "call_status"

CALL_DIRECTION = {"Incoming": Direction.INBOUND, "Outgoing": Direction.OUTBOUND}
#: All values of CRM Call Log.status. "Completed" says that the line was open, not that the lead was at its end.
CALL_STATE: Mapping[str, ActivityState] = {
    "Initiated": ActivityState.PLANNED,
    "Queued": ActivityState.PLANNED,
    "Ringing": ActivityState.DONE,
    "In Progress": ActivityState.DONE,
    "Completed": ActivityState.DONE,
    "Busy": ActivityState.DONE,
    "No Answer": ActivityState.DONE,
    "Canceled": ActivityState.CANCELLED,
    "Failed": ActivityState.FAILED,
}
_CALL_ENDED = frozenset({"Completed", "Busy", "No Answer"})
MAIL_DIRECTION = {"Sent": Direction.OUTBOUND, "Received": Direction.INBOUND}
#: Communication.delivery_status of what was sent; without any it was logged by hand, or is out.
MAIL_STATE: Mapping[str, ActivityState] = {
    "Sent": ActivityState.DONE,
    "Opened": ActivityState.DONE,
    "Clicked": ActivityState.DONE,
    "Read": ActivityState.DONE,
    "Marked As Spam": ActivityState.DONE,
    "Recipient Unsubscribed": ActivityState.DONE,
    "Sending": ActivityState.PLANNED,
    "Scheduled": ActivityState.PLANNED,
    "Delayed": ActivityState.PLANNED,
    "Bounced": ActivityState.FAILED,
    "Soft-Bounced": ActivityState.FAILED,
    "Rejected": ActivityState.FAILED,
    "Error": ActivityState.FAILED,
    "Expired": ActivityState.FAILED,
}
BOUNCED = frozenset({"Bounced", "Soft-Bounced"})
#: Event.status. The scheduler closes every event that has passed: "Closed" says nothing of whether it took place.
EVENT_STATE: Mapping[str, tuple[ActivityState | None, Disposition | None]] = {
    "Open": (ActivityState.PLANNED, None),
    "Completed": (ActivityState.DONE, Disposition.CONNECTED),
    "Closed": (None, None),
    "Cancelled": (ActivityState.CANCELLED, None),
}
#: CRM Task.status: whether it is done; None = it was taken back and is no task any more.
TASK_IS_DONE: Mapping[str, bool | None] = {
    "Backlog": False,
    "Todo": False,
    "In Progress": False,
    "Done": True,
    "Canceled": None,
}

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
        explains="Says whether a lead is still to be worked. A lead that became a deal is judged by its deal.",
        choices=_STATUS_CHOICES,
        shipped={
            "new": LeadStatus.OPEN.value,
            "open": LeadStatus.OPEN.value,
            "contacted": LeadStatus.OPEN.value,
            "nurture": LeadStatus.OPEN.value,
            "qualified": LeadStatus.OPEN.value,
            "converted": LeadStatus.WON.value,
            "unqualified": LeadStatus.DISCARDED.value,
            "junk": LeadStatus.DISCARDED.value,
        },
    ),
    MappableField(
        name=DEAL_STATUS_FIELD,
        label="Deal status",
        explains="Says where a lead stands that became a deal.",
        choices=_STATUS_CHOICES,
        shipped={
            "qualification": LeadStatus.OPEN.value,
            "demo/making": LeadStatus.OPEN.value,
            "proposal/quotation": LeadStatus.OPEN.value,
            "negotiation": LeadStatus.OPEN.value,
            "ready to close": LeadStatus.OPEN.value,
            "won": LeadStatus.WON.value,
            "lost": LeadStatus.LOST.value,
        },
    ),
    MappableField(
        name=CALL_FIELD,
        label="Call status",
        explains="Says whether a call reached the lead. Without a meaning a completed call counts as an attempt, and "
        "whether contact was made stays unknown: a mailbox completes a call, too.",
        choices=(
            (Disposition.CONNECTED.value, "Reached: spoke with the lead"),
            (Disposition.NO_ANSWER.value, "No answer"),
            (Disposition.BUSY.value, "Busy"),
            (Disposition.VOICEMAIL.value, "Voicemail"),
            (Disposition.LEFT_MESSAGE.value, "Left a message with somebody"),
            (Disposition.WRONG_NUMBER.value, "Wrong number"),
        ),
        shipped={"busy": Disposition.BUSY.value, "no answer": Disposition.NO_ANSWER.value},
    ),
)
"""What a site's admin can say the values of. Statuses are lists of the site's own; those of calls are fixed."""

STATUS_WORDS = StatusWords(contacted=("Contacted",), waiting=("Nurture",))
"""Of the lead statuses that Frappe CRM ships."""

T = TypeVar("T")


@dataclass(slots=True)
class Unmapped(values.Unmapped):
    """See there; a site's own values mean what we ship, unless said otherwise."""

    values: ValueMap = field(default_factory=lambda: ValueMap(MAPPABLE))

    def looked_up(self, table: Mapping[str, T], name: str, value: str | None) -> T | None:
        """Our word for a value by `table`; None when there is no value, or (and then noted) no word."""
        if not value:
            return None
        if value not in table:
            self.note(name, value)
        return table.get(value)


def call_disposition(status: str | None, unmapped: Unmapped) -> Disposition | None:
    """How a call ended; None while it goes on, when it never began, and where nobody said what its status means."""
    meaning = unmapped.meaning(CALL_FIELD, status) if status in _CALL_ENDED and status else None
    return None if meaning is None else Disposition(meaning)


def whole_seconds(value: object) -> int | None:
    """A Duration field (seconds as a number or as digits) → whole seconds, rounded down; None when it is no span."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        span = float(value)
    except ValueError:
        return None
    return int(span) if 0 <= span < 1e9 else None


def is_set(row: JsonObject, name: str) -> bool:
    """Whether a Check field is ticked."""
    return row.get(name) in (1, True, "1")


@dataclass(frozen=True, slots=True, kw_only=True)
class Deal:
    """What a lead became. `creation`, `value`: as sent. `others`: contacts of the deal beside the lead."""

    name: str
    lead: str
    creation: str
    status: str
    owner: str | None
    value: str | None = None
    currency: str | None = None
    others: tuple[str, ...] = ()


def deal_of(row: JsonObject) -> Deal | None:
    """A row of CRM Deal; None for a deal that began without a lead."""
    name, lead = find_text(row, "name"), find_text(row, "lead")
    if name is None or lead is None:
        return None
    return Deal(
        name=name,
        lead=lead,
        creation=find_text(row, "creation") or "",
        status=find_text(row, "status") or "",
        owner=find_text(row, "deal_owner"),
        value=None if row.get("deal_value") in (None, "", 0) else str(row["deal_value"]),
        currency=find_text(row, "currency"),
    )


def case_deal(
    deal: Deal, stages: Sequence[StageChange], site: SiteTime, currency: str | None, base_url: str, unmapped: Unmapped
) -> CaseDeal:
    """The deal as rules see it. `stages`: those of its lead; `currency`: of deals that name none."""
    meaning = unmapped.meaning(DEAL_STATUS_FIELD, deal.status) if deal.status else None
    status = None if meaning is None else LeadStatus(meaning)
    created_at = site.at(deal.creation)
    if created_at is None:
        raise UnexpectedPayload("The Frappe site sent a CRM Deal without a sound creation time.")
    since = stage_since(DEAL_STATUS_FIELD, deal.status, stages)
    code, minor = deal.currency or currency, None
    if deal.value is not None and code is not None:
        try:
            minor = minor_units(Decimal(deal.value), code)
        except (InvalidOperation, ValueError):
            unmapped.note("deal_value", deal.value)
    return CaseDeal(
        deal_id=f"{DEAL}/{deal.name}",
        pipeline=DEAL,
        stage=deal.status,
        status=status,
        created_at=created_at,
        amount_minor=minor,
        currency=code if minor is not None else None,
        owner_id=deal.owner,
        closed_at=since if status not in (None, LeadStatus.OPEN) else None,
        stage_since=since,
        contacts=(
            DealContact(contact_id=deal.lead),
            *(DealContact(contact_id=f"Contact/{name}") for name in deal.others),
        ),
        record_url=f"{base_url.removesuffix('leads/')}deals/{quote(deal.name, safe='')}",
    )


def stage_since(field: str, stage: str, stages: Sequence[StageChange]) -> datetime | None:
    """Since when the status `field` is `stage`, by the changes known; None where they do not tell."""
    last = next((one for one in reversed(stages) if one.field == field), None)
    return last.occurred_at if last is not None and last.raw_status == stage else None


def with_stage(lead: Lead, stages: Sequence[StageChange], *, is_deal: bool) -> Lead:
    """The lead with where it stands and since when: by its deal's status where it became one, else by its own."""
    if lead.raw_status is None:
        return lead
    field = DEAL_STATUS_FIELD if is_deal else STATUS_FIELD
    since = stage_since(field, lead.raw_status, stages)
    is_over = lead.status not in (None, LeadStatus.OPEN)
    return replace(
        lead,
        pipeline=DEAL if is_deal else LEAD,
        stage=lead.raw_status,
        stage_since=since,
        closed_at=since if is_over else None,
    )


def lead_status(row: JsonObject, deal: Deal | None, unmapped: Unmapped) -> LeadStatus | None:
    """The state of the lead. One that became a deal stands where the deal does; None where that cannot be seen."""
    if deal is not None:
        meaning = unmapped.meaning(DEAL_STATUS_FIELD, deal.status) if deal.status else None
    elif is_set(row, "converted"):
        return None
    else:
        status = find_text(row, "status")
        meaning = unmapped.meaning(STATUS_FIELD, status) if status else None
    return None if meaning is None else LeadStatus(meaning)


def lead_of(
    row: JsonObject,
    deal: Deal | None,
    site: SiteTime,
    record_url_base: str,
    unmapped: Unmapped,
    *,
    is_imported: bool = False,
) -> Lead:
    """A row of CRM Lead. Its clock starts at `creation`. Raises UnexpectedPayload for a row without one."""
    name, created = find_text(row, "name"), site.moment(find_text(row, "creation"))
    if name is None or created is None:
        raise UnexpectedPayload("The Frappe site sent a CRM Lead without a name or without a sound creation time.")
    first_name, last_name = find_text(row, "first_name"), find_text(row, "last_name")
    return Lead(
        lead_id=name,
        received_at=created.at,
        received_latest_at=created.latest_at,
        recorded_at=created.at,
        first_name=first_name,
        last_name=last_name,
        email=find_text(row, "email"),
        phone=find_text(row, "phone"),
        mobile=find_text(row, "mobile_no"),
        company=find_text(row, "organization"),
        source=find_text(row, "source"),
        owner_id=deal.owner or find_text(row, "lead_owner") if deal is not None else find_text(row, "lead_owner"),
        status=lead_status(row, deal, unmapped),
        raw_status=deal.status if deal is not None else find_text(row, "status"),
        is_imported=is_imported,
        record_url=record_url_base + quote(name, safe=""),
        modified_at=site.at(find_text(row, "modified")),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A field of a record became another, by the hand of `author` (a user). Values are "" where there was none."""

    at: datetime
    before: str
    after: str
    author: str


def changes_in(versions: Sequence[JsonObject], name: str, site: SiteTime) -> list[Change]:
    """The changes of the field `name` that rows of Version tell, oldest first.

    Raises UnexpectedPayload for a row whose data cannot be read: it must not pass for "nothing changed".
    """
    found: list[tuple[datetime, str, Change]] = []
    for row in versions:
        data = parse_json((find_text(row, "data") or "{}").encode(), "The data of a Version")
        listed = data.get("changed") if isinstance(data, dict) else None
        at, version = site.at(find_text(row, "creation")), find_text(row, "name") or ""
        if at is None:
            raise UnexpectedPayload("The Frappe site sent a Version without a sound creation time.")
        for entry in listed if isinstance(listed, list) else []:
            if isinstance(entry, list) and len(entry) == 3 and entry[0] == name:
                before, after = (_value(one) for one in entry[1:])
                found.append(
                    (at, version, Change(at=at, before=before, after=after, author=find_text(row, "owner") or ""))
                )
    return [change for _, _, change in sorted(found, key=lambda each: each[:2])]


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """The values that a field had, each with the moment it came; `is_whole`: each follows from the one before."""

    values: tuple[tuple[datetime, str, str], ...]
    is_whole: bool


def history_of(changes: Sequence[Change], created_at: datetime, now: str) -> History:
    """From the record's creation to the present value `now`. What was there first is what the first change left."""
    first = changes[0].before if changes else now
    values = [(created_at, first, "")] if first else []
    before, is_whole = first, True
    for change in changes:
        is_whole = is_whole and change.before == before
        values.append((change.at, change.after, change.author))
        before = change.after
    return History(values=tuple(values), is_whole=is_whole and before == now)


def owner_changes_of(lead_id: str, history: History) -> tuple[OwnerChange, ...]:
    """The history of the owner as hand-overs."""
    return tuple(
        OwnerChange(lead_id=lead_id, occurred_at=at, owner_id=value or None, source=author)
        for at, value, author in history.values
    )


def stage_changes_of(lead_id: str, name: str, history: History) -> tuple[StageChange, ...]:
    """The history of a status as changes of the field `name`."""
    return tuple(
        StageChange(lead_id=lead_id, occurred_at=at, field=name, raw_status=value, source=author)
        for at, value, author in history.values
    )


_TAG = re.compile(r"<[^<>]{0,200}>")


def plain_words(text: str) -> str:
    """A message of the site without its markup, on one line, at most 200 characters."""
    return " ".join(_TAG.sub(" ", text[:2000]).split())[:200]


def _value(value: object) -> str:
    return "" if value is None else str(value)
