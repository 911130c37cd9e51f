"""What was done on a lead, document by document, as activities and tasks. Pure; the tables are in mapping.py."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from audits.model.activity import Activity, ActivityKind, ActivityState, Direction, Disposition, Task
from audits.model.case import Fact
from connector.adapters.frappe import mapping
from connector.adapters.frappe.mapping import Unmapped
from connector.adapters.frappe.times import Moment, SiteTime
from connector.crm.plain_text import plain_text
from connector.errors import UnexpectedPayload
from connector.payloads import JsonObject, find_text

EMAIL_MEDIUM = "Email"
#: Communication.communication_medium of what is a chat message here.
MESSAGE_MEDIA = frozenset({"SMS", "Chat"})
#: Frappe itself notes one of these for each participant of an event; the event is read as such.
EVENT_MEDIUM = "Event"
_COMMENT = "comment/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One doctype whose documents are about a lead.

    `reference`: its fields that name the record it is about, None where only a child table does. `also`: a further
    filter. `facts`: what cannot be seen without it.
    """

    doctype: str
    object_type: str
    fields: tuple[str, ...]
    reference: tuple[str, str] | None
    facts: tuple[Fact, ...] = ()
    also: tuple[tuple[str, str, tuple[str, ...]], ...] = ()

    @property
    def scope(self) -> str:
        """What we call the permission to read it."""
        return f"read {self.doctype}"


_REFERENCE = ("reference_doctype", "reference_docname")
CALL_LOG = Document(
    doctype="CRM Call Log",
    object_type=ActivityKind.CALL.value,
    fields=(
        "name", "creation", "type", "status", "duration", "start_time", "caller", "receiver", "telephony_medium",
    ),
    reference=_REFERENCE,
    facts=(Fact.CALLS,),
)  # fmt: skip
COMMUNICATION = Document(
    doctype="Communication",
    object_type=ActivityKind.EMAIL.value,
    fields=(
        "name", "creation", "communication_type", "communication_medium", "communication_date", "sent_or_received",
        "delivery_status", "user", "subject", "content",
    ),
    reference=("reference_doctype", "reference_name"),
    facts=(Fact.EMAILS, Fact.MESSAGES, Fact.TEXTS),
    also=(("communication_type", "in", ("Communication", "Automated Message")),),
)  # fmt: skip
EVENT = Document(
    doctype="Event",
    object_type=ActivityKind.MEETING.value,
    fields=("name", "creation", "owner", "starts_on", "ends_on", "all_day", "status", "event_category"),
    reference=None,
    facts=(Fact.MEETINGS,),
)
NOTE = Document(
    doctype="FCRM Note",
    object_type=ActivityKind.NOTE.value,
    fields=("name", "creation", "owner"),
    reference=_REFERENCE,
)
COMMENT = Document(
    doctype="Comment",
    object_type=ActivityKind.NOTE.value,
    fields=("name", "creation", "owner"),
    reference=("reference_doctype", "reference_name"),
    also=(("comment_type", "in", ("Comment",)),),
)
TASK = Document(
    doctype="CRM Task",
    object_type="task",
    fields=("name", "creation", "assigned_to", "status", "due_date"),
    reference=_REFERENCE,
    facts=(Fact.TASKS,),
)

ALL = (CALL_LOG, COMMUNICATION, EVENT, NOTE, COMMENT, TASK)


def document_of(object_type: str, our_id: str) -> Document | None:
    """The doctype that an id of ours leads to."""
    if object_type == ActivityKind.MESSAGE:
        return COMMUNICATION
    if object_type == ActivityKind.NOTE and our_id.startswith(f"{object_type}:{_COMMENT}"):
        return COMMENT
    return next((one for one in ALL if one.object_type == object_type and one is not COMMENT), None)


def their_id(our_id: str) -> str:
    """Our id → the document's name."""
    return our_id.partition(":")[2].removeprefix(_COMMENT)


def activity_of(
    document: Document, row: JsonObject, lead_id: str, site: SiteTime, unmapped: Unmapped
) -> Activity | None:
    """One document on one lead; None for one that is no act (see BEHAVIOR.md). For every doctype but tasks."""
    name, created = _name_and_creation(document, row, site)
    act = _READERS[document.doctype](row, site, unmapped)
    if act is None:
        return None
    when = act.when or created
    prefix = _COMMENT if document is COMMENT else ""
    return Activity(
        activity_id=f"{act.kind.value}:{prefix}{name}",
        lead_id=lead_id,
        kind=act.kind,
        occurred_at=when.at,
        latest_at=when.latest_at,
        recorded_at=created.at,
        direction=act.direction,
        state=act.state,
        disposition=act.disposition,
        is_automated=act.is_automated,
        duration_s=act.duration_s,
        owner_id=act.owner_id,
        raw=_raw(row),
        subject=plain_text(find_text(row, "subject")),
        text=plain_text(find_text(row, "content")) if document is COMMUNICATION else None,
    )


def task_of(row: JsonObject, lead_id: str, site: SiteTime, unmapped: Unmapped) -> Task | None:
    """One CRM Task on one lead; None for one that was taken back."""
    name, created = _name_and_creation(TASK, row, site)
    status = find_text(row, "status")
    is_done = unmapped.looked_up(mapping.TASK_IS_DONE, "task status", status)
    if status in mapping.TASK_IS_DONE and is_done is None:
        return None
    due = _noted(row, "due_date", site, unmapped)
    return Task(
        task_id=f"task:{name}",
        lead_id=lead_id,
        recorded_at=created.at,
        due_at=None if due is None else due.no_later_than,
        is_done=is_done is True,
        owner_id=find_text(row, "assigned_to"),
        raw=_raw(row),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Act:
    """What one document says of itself. `when` None = nothing but its creation."""

    kind: ActivityKind
    when: Moment | None = None
    direction: Direction | None = None
    state: ActivityState | None = None
    disposition: Disposition | None = None
    is_automated: bool | None = None
    duration_s: int | None = None
    owner_id: str | None = None


def _call(row: JsonObject, site: SiteTime, unmapped: Unmapped) -> _Act:
    status = find_text(row, "status")
    direction = unmapped.looked_up(mapping.CALL_DIRECTION, "call type", find_text(row, "type"))
    owner_id = find_text(row, "receiver" if direction is Direction.INBOUND else "caller")
    is_by_hand = find_text(row, "telephony_medium") == "Manual"
    return _Act(
        kind=ActivityKind.CALL,
        when=_noted(row, "start_time", site, unmapped),
        direction=direction,
        state=unmapped.looked_up(mapping.CALL_STATE, mapping.CALL_FIELD, status),
        disposition=mapping.call_disposition(status, unmapped),
        # What a person logged by hand, and what carries a person, a person did.
        is_automated=False if is_by_hand or owner_id is not None else None,
        # A Duration field of Frappe cannot be empty: no call that ended lasted 0 s.
        duration_s=mapping.whole_seconds(row.get("duration")) or None,
        owner_id=owner_id,
    )


def _communication(row: JsonObject, site: SiteTime, unmapped: Unmapped) -> _Act | None:
    medium = find_text(row, "communication_medium") or ""
    if medium != EMAIL_MEDIUM and medium not in MESSAGE_MEDIA:
        if medium != EVENT_MEDIUM:
            unmapped.note("communication_medium", medium)
        return None
    direction = unmapped.looked_up(mapping.MAIL_DIRECTION, "sent_or_received", find_text(row, "sent_or_received"))
    status = find_text(row, "delivery_status")
    is_sent = direction is Direction.OUTBOUND
    state: ActivityState | None = ActivityState.DONE
    if is_sent and status:
        state = unmapped.looked_up(mapping.MAIL_STATE, "delivery_status", status)
    return _Act(
        kind=ActivityKind.EMAIL if medium == EMAIL_MEDIUM else ActivityKind.MESSAGE,
        when=_noted(row, "communication_date", site, unmapped),
        direction=direction,
        state=state,
        disposition=Disposition.BOUNCED if is_sent and status in mapping.BOUNCED else None,
        is_automated=find_text(row, "communication_type") == "Automated Message",
        owner_id=find_text(row, "user") if is_sent else None,
    )


def _event(row: JsonObject, site: SiteTime, unmapped: Unmapped) -> _Act | None:
    if find_text(row, "event_category") == "Sent/Received Email":
        return None
    told = unmapped.looked_up(mapping.EVENT_STATE, "event status", find_text(row, "status"))
    state, disposition = told if told is not None else (None, None)
    begin, end = (_noted(row, name, site, unmapped) for name in ("starts_on", "ends_on"))
    duration_s = None
    if begin is not None and mapping.is_set(row, "all_day"):
        begin = Moment(begin.at, begin.no_later_than + timedelta(days=1, seconds=-1))
    elif begin is not None and end is not None and end.at >= begin.at:
        duration_s = int((end.at - begin.at).total_seconds())
    return _Act(
        kind=ActivityKind.MEETING,
        when=begin,
        state=state,
        disposition=disposition,
        is_automated=False,
        duration_s=duration_s,
        owner_id=find_text(row, "owner"),
    )


def _note(row: JsonObject, _site: SiteTime, _unmapped: Unmapped) -> _Act:
    return _Act(kind=ActivityKind.NOTE, state=ActivityState.DONE, owner_id=find_text(row, "owner"))


_READERS: Mapping[str, Callable[[JsonObject, SiteTime, Unmapped], _Act | None]] = {
    CALL_LOG.doctype: _call,
    COMMUNICATION.doctype: _communication,
    EVENT.doctype: _event,
    NOTE.doctype: _note,
    COMMENT.doctype: _note,
}

#: Values for evidence; subjects, bodies, numbers and addresses stay in the CRM.
_RAW = (
    "creation", "type", "status", "duration", "start_time", "telephony_medium", "communication_type",
    "communication_medium", "communication_date", "sent_or_received", "delivery_status", "starts_on", "ends_on",
    "all_day", "event_category", "due_date",
)  # fmt: skip


def _raw(row: JsonObject) -> tuple[tuple[str, str], ...]:
    return tuple((name, str(row[name])) for name in _RAW if row.get(name) not in (None, ""))


def _noted(row: JsonObject, name: str, site: SiteTime, unmapped: Unmapped) -> Moment | None:
    text = find_text(row, name)
    moment = site.moment(text)
    if text is not None and moment is None:
        unmapped.note(name, text)
    return moment


def _name_and_creation(document: Document, row: JsonObject, site: SiteTime) -> tuple[str, Moment]:
    name, created = find_text(row, "name"), site.moment(find_text(row, "creation"))
    if name is None or created is None:
        raise UnexpectedPayload(f"The Frappe site sent a {document.doctype} without a name or a sound creation time.")
    return name, created
