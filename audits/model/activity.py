"""What was done: activities, tasks, and changes of owner and status. All append-only facts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class ActivityKind(StrEnum):
    """The kind of a logged act. Notes are kept as context and are never a touch."""

    CALL = "call"
    EMAIL = "email"
    MEETING = "meeting"
    MESSAGE = "message"
    NOTE = "note"


class Direction(StrEnum):
    """Who reached out: OUTBOUND is from the seller to the lead."""

    OUTBOUND = "outbound"
    INBOUND = "inbound"


class ActivityState(StrEnum):
    """Whether the act took place. PLANNED and CANCELLED acts, and sends that failed, are no attempts."""

    DONE = "done"
    PLANNED = "planned"
    CANCELLED = "cancelled"
    FAILED = "failed"


class Disposition(StrEnum):
    """Result of one attempt in our words."""

    CONNECTED = "connected"
    NO_ANSWER = "no_answer"
    BUSY = "busy"
    VOICEMAIL = "voicemail"
    LEFT_MESSAGE = "left_message"
    WRONG_NUMBER = "wrong_number"
    NO_SHOW = "no_show"
    BOUNCED = "bounced"


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """One logged act on a lead. Times are aware UTC, spans seconds.

    None means "the CRM does not say, or says something unmapped": `direction`, `state`, `disposition` and
    `is_automated` are judged as unknown then, never guessed. `occurred_at` can be edited by people in most CRMs,
    `recorded_at` cannot. `latest_at`: None when `occurred_at` is exact; where only the day is known, the act lies
    between `occurred_at`, its first second, and `latest_at`, its last. `raw` holds the values as read (field name,
    value) for evidence. `subject` and `text` are plain words without markup; None = not read, or no longer kept.
    """

    activity_id: str
    lead_id: str
    kind: ActivityKind
    occurred_at: datetime
    recorded_at: datetime
    direction: Direction | None = None
    state: ActivityState | None = None
    disposition: Disposition | None = None
    is_automated: bool | None = None
    duration_s: int | None = None
    owner_id: str | None = None
    raw: tuple[tuple[str, str], ...] = ()
    latest_at: datetime | None = None
    subject: str | None = None
    text: str | None = None

    @property
    def no_later_than(self) -> datetime:
        """The latest instant at which it can have taken place."""
        return self.latest_at or self.occurred_at


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A planned act. `due_at` None = no due time set; `completed_at` None while not done."""

    task_id: str
    lead_id: str
    recorded_at: datetime
    due_at: datetime | None = None
    is_done: bool = False
    completed_at: datetime | None = None
    owner_id: str | None = None
    raw: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnerChange:
    """The lead was handed to `owner_id` (None = taken away from everybody) at `occurred_at`."""

    lead_id: str
    occurred_at: datetime
    owner_id: str | None
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StageChange:
    """The lead's status or stage became `raw_status` at `occurred_at`; `field` is the CRM's field."""

    lead_id: str
    occurred_at: datetime
    field: str
    raw_status: str
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """A person of the buyer who can hold leads. `owner_id` is what records point at; `user_id` is who logs in."""

    owner_id: str
    user_id: str | None
    email: str | None
    name: str
    team: str | None = None
    is_archived: bool = False
