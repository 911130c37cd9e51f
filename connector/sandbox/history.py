"""What happened to the leads of a made-up account, in nobody's dialect: people, hand-overs, statuses, acts.

Every CRM's population is drawn from this. Nothing here is a value that some CRM publishes: each renderer says what
its CRM calls a thing, and what it cannot hold. Every moment is aware UTC. `ref`s are names inside one history.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Final

ROUND_ROBIN: Final = "Round robin"


class Door(StrEnum):
    """How something came into the CRM."""

    HAND = "hand"
    FORM = "form"
    INTEGRATION = "integration"
    IMPORT = "import"
    AUTOMATION = "automation"
    SEQUENCE = "sequence"
    MAILBOX = "mailbox"
    BOOKING = "booking"


@dataclass(frozen=True, slots=True)
class By:
    """Who or what did it. `name`: the form, integration, list or workflow. `rep_ref`: who, where a person did it."""

    door: Door
    name: str = ""
    rep_ref: str | None = None

    @property
    def is_automated(self) -> bool:
        """Whether a machine acted on its own."""
        return self.door in (Door.AUTOMATION, Door.SEQUENCE)


class Source(StrEnum):
    """Where a lead was won."""

    PAID_SOCIAL = "paid_social"
    PAID_SEARCH = "paid_search"
    ORGANIC_SEARCH = "organic_search"
    OFFLINE = "offline"


class Status(StrEnum):
    """Where a lead stands. WAITING: for something that the lead is to send or decide. LOST: to somebody else, or to
    no need; UNQUALIFIED: it was no buyer; DENIED: the person who was reached had asked for nothing. OWN: a word of
    the account's own, which stands in the label."""

    NEW = "new"
    OPEN = "open"
    ATTEMPTED = "attempted"
    CONNECTED = "connected"
    IN_PROGRESS = "in_progress"
    WAITING = "waiting"
    UNQUALIFIED = "unqualified"
    LOST = "lost"
    DENIED = "did_not_request"
    WON = "won"
    OWN = "own"


class CallResult(StrEnum):
    """How a call ended."""

    CONNECTED = "connected"
    NO_ANSWER = "no_answer"
    BUSY = "busy"
    VOICEMAIL = "voicemail"
    LEFT_MESSAGE = "left_message"
    WRONG_NUMBER = "wrong_number"


class EmailStatus(StrEnum):
    """What became of an e-mail of ours."""

    SENT = "sent"
    BOUNCED = "bounced"


class Channel(StrEnum):
    """Where a chat message was written."""

    WHATSAPP = "whatsapp"
    SMS = "sms"
    LINKEDIN = "linkedin"


class MeetingOutcome(StrEnum):
    """What became of a meeting."""

    PLANNED = "planned"
    HELD = "held"
    NO_SHOW = "no_show"
    CANCELLED = "cancelled"


class Priority(StrEnum):
    """How pressing the account says that a lead is."""

    HIGH = "high"
    NORMAL = "normal"


class Role(StrEnum):
    """What a person is in a purchase."""

    DECIDER = "decider"
    USER = "user"


class DealStage(StrEnum):
    """Where a deal stands."""

    QUALIFIED = "qualified"
    PROPOSAL = "proposal"
    WON = "won"
    LOST = "lost"


class EditedField(StrEnum):
    """A detail that somebody corrected."""

    PHONE = "phone"
    CITY = "city"
    JOB_TITLE = "job_title"


@dataclass(frozen=True, slots=True)
class Rep:
    """Somebody of the sales team. `number` counts from 1 and tells reps apart where a CRM wants a number.

    `left_at`: when he left the firm and his user was closed. `away`: [start, end) of a holiday.
    """

    ref: str
    number: int
    first_name: str
    last_name: str
    email: str
    team: str
    left_at: datetime | None = None
    away: tuple[datetime, datetime] | None = None


@dataclass(frozen=True, slots=True)
class LeadPerson:
    """Who enquired, as it stood on the record before any of the lead's `edits`. Unknown = empty."""

    first_name: str
    last_name: str
    email: str
    phone: str
    mobile: str = ""


@dataclass(frozen=True, slots=True)
class Visit:
    """How a form was filled in: from which address of the net, by which browser, in how many seconds, and what
    stood in a field that people do not see. Unknown = empty, None for the seconds."""

    ip: str = ""
    user_agent: str = ""
    seconds: int | None = None
    trap: str = ""


@dataclass(frozen=True, slots=True)
class OwnerChange:
    """The lead was given to a rep, or (None) to nobody."""

    at: datetime
    rep_ref: str | None
    by: By


@dataclass(frozen=True, slots=True)
class StatusChange:
    """The status became another. `label`: the account's own word, for Status.OWN."""

    at: datetime
    status: Status
    by: By
    label: str = ""


@dataclass(frozen=True, slots=True)
class Edit:
    """A detail got another value: no event of the follow-up."""

    at: datetime
    edited: EditedField
    value: str
    by: By


@dataclass(frozen=True, slots=True)
class Merge:
    """The record of another lead was merged into this one and is gone since."""

    at: datetime
    lead_ref: str
    by: By


@dataclass(frozen=True, slots=True, kw_only=True)
class _Act:
    """Something done. `at`: when, as people entered it; `recorded_at`: when the CRM noted it.

    `rep_ref`: whose act it is; None = nobody's.
    """

    at: datetime
    recorded_at: datetime
    rep_ref: str | None
    by: By


@dataclass(frozen=True, slots=True, kw_only=True)
class Call(_Act):
    """A call. `number`: the lead's, as dialled; `talk_s`: seconds of talk; `text`: what was noted of it."""

    subject: str
    number: str
    is_inbound: bool
    result: CallResult
    talk_s: int
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Email(_Act):
    """An e-mail. `status`: what became of ours; None for one from the lead. `by` says whether a person wrote it."""

    subject: str
    is_inbound: bool
    status: EmailStatus | None
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message(_Act):
    """A chat message, of which nobody noted who wrote it."""

    channel: Channel
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Meeting(_Act):
    """A meeting, past or planned: `at` is its start, `recorded_at` when it was booked."""

    subject: str
    end_at: datetime
    outcome: MeetingOutcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Note(_Act):
    """Context in words: no touch."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Task(_Act):
    """A planned step: `at` is when it is due. `done_at`: when it was ticked off."""

    subject: str
    done_at: datetime | None


Act = Call | Email | Message | Meeting | Note | Task


@dataclass(frozen=True, slots=True)
class DealStep:
    """The deal came to stand in another stage."""

    at: datetime
    stage: DealStage
    by: By


@dataclass(frozen=True, slots=True)
class DealPerson:
    """A person of the buying side: the one of that lead. `role` None = nobody noted any."""

    lead_ref: str
    role: Role | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DealHistory:
    """A deal that grew out of a lead. `amount_minor`: cents of `currency`. `steps` ascend; the first is its making.

    `persons`: the first is the one that it grew out of.
    """

    ref: str
    name: str
    amount_minor: int
    currency: str
    rep_ref: str | None
    steps: tuple[DealStep, ...]
    persons: tuple[DealPerson, ...]

    @property
    def created_at(self) -> datetime:
        """When it was made."""
        return self.steps[0].at


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadHistory:
    """One lead from its arrival on. The changes of each list ascend in time; acts stand as they were written down.

    `country`: ISO 3166 alpha-2. `source` None and empty details: it is not known where the lead came from.
    `message`: the person's own words. `submitted_at`: when the form was sent to whoever delivered the lead.
    `visit`: how that form was filled in. `preferred_at`: from when the person wants to be called.
    `has_call_consent` None = nobody asked. `recontact_on`: the day agreed for coming back to a lost lead.
    `language`: ISO 639 code. `converted_at`: when it became a deal. `deleted_at`: when its record was thrown away.
    """

    ref: str
    person: LeadPerson
    company: str
    country: str
    city: str
    source: Source | None
    source_detail: str
    campaign: str
    arrived_by: By
    received_at: datetime
    message: str = ""
    submitted_at: datetime | None = None
    visit: Visit = Visit()
    preferred_at: datetime | None = None
    has_call_consent: bool | None = None
    recontact_on: date | None = None
    priority: Priority | None = None
    lead_type: str = ""
    language: str = ""
    owner_changes: tuple[OwnerChange, ...] = ()
    status_changes: tuple[StatusChange, ...] = ()
    edits: tuple[Edit, ...] = ()
    acts: tuple[Act, ...] = ()
    merges: tuple[Merge, ...] = ()
    converted_at: datetime | None = None
    deleted_at: datetime | None = None

    @property
    def owner_ref(self) -> str | None:
        """The rep responsible at the end; None = nobody."""
        return self.owner_changes[-1].rep_ref if self.owner_changes else None

    @property
    def status(self) -> StatusChange:
        """Where it stands at the end. Raises IndexError for a lead without any status."""
        return self.status_changes[-1]

    def edited(self, name: EditedField, before: str) -> str:
        """The value of a detail at the end, which was `before` without any edit."""
        return next((edit.value for edit in reversed(self.edits) if edit.edited is name), before)


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountHistory:
    """All of one account up to `until`. `opened_at`: when the account and its reps' users were made."""

    until: datetime
    opened_at: datetime
    reps: tuple[Rep, ...]
    leads: tuple[LeadHistory, ...] = field(default=())
    deals: tuple[DealHistory, ...] = field(default=())

    def rep(self, ref: str) -> Rep:
        """The rep of that name. Raises KeyError."""
        for rep in self.reps:
            if rep.ref == ref:
                return rep
        raise KeyError(ref)
