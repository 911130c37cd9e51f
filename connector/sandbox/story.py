"""The story of one made-up lead: what is on its record and what was done on it, written down as a seed.

Every moment is aware UTC. Nothing may lie after `until`, but for what is planned.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final

from connector.sandbox.people import Person
from connector.sandbox.wire import JsonObject

Properties = dict[str, object]
LIFE: Final = "lifecyclestage"
STATUS: Final = "hs_lead_status"
OWNER: Final = "hubspot_owner_id"


class Result(StrEnum):
    """How a call ended: HubSpot's published disposition ids."""

    CONNECTED = "f240bbac-87c9-4f6e-bf70-924b57d47db7"
    NO_ANSWER = "73a0d17f-1163-4015-bdd5-ec830791da20"
    BUSY = "9d9162e7-6cf3-4944-bf63-4dff82258764"
    VOICEMAIL = "b2cf5968-551e-4856-9783-52b3da59a7d0"
    LEFT_MESSAGE = "a4c4c377-d246-4b32-a13b-75a56a4cd0ff"
    WRONG_NUMBER = "17b47fee-58de-441e-a44c-c6300d46f273"


@dataclass(frozen=True, slots=True)
class Rep:
    """Somebody of the sales team. `ref` is the owner's name in the seed."""

    ref: str
    user_id: int
    first_name: str
    last_name: str
    email: str
    team: str


def stamp(t: datetime) -> str:
    """A moment as it stands in a seed: ISO-8601 UTC, to the millisecond."""
    return t.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@dataclass(slots=True)
class Story:
    """One lead. `rules`: the complete set of rule ids that must be found on it. `kind`: what was planted."""

    ref: str
    kind: str
    person: Person
    received_at: datetime
    until: datetime
    rep: Rep | None
    rules: frozenset[str] = frozenset()
    note: str = ""
    properties: Properties = field(default_factory=dict)
    arrived_by: JsonObject = field(default_factory=lambda: {"type": "FORM", "label": "Website form"})
    _versions: dict[str, list[JsonObject]] = field(default_factory=dict)
    _done: list[JsonObject] = field(default_factory=list)
    last_at: datetime = field(init=False)

    def __post_init__(self) -> None:
        self.last_at = self.received_at
        self.properties = {
            "firstname": self.person.first_name,
            "lastname": self.person.last_name,
            "email": self.person.email,
            "phone": self.person.phone,
            "country": self.person.region,
            "city": self.person.city,
            **self.properties,
        }
        self.change(LIFE, "lead", self.received_at, self.arrived_by)
        self.change(STATUS, "NEW", self.received_at, self.arrived_by)
        if self.rep is not None:
            self.hand_to(
                self.rep, self.received_at + timedelta(seconds=2), {"type": "AUTOMATION", "label": "Round robin"}
            )

    # -- the record

    def change(self, name: str, value: object, at: datetime, source: JsonObject | None = None) -> None:
        """A property gets another value; `source` is the rep by hand unless given."""
        self._past(at)
        self._versions.setdefault(name, []).append(
            {"value": value, "at": stamp(at), "source": self._by_hand() if source is None else source}
        )

    def hand_to(self, rep: Rep, at: datetime, source: JsonObject | None = None) -> None:
        """The lead is given to `rep`, who does what follows."""
        self.rep = rep
        self.change(OWNER, {"ref": rep.ref}, at, source)

    def close(self, at: datetime, *, is_won: bool) -> None:
        """Sold, or found to be no buyer."""
        if is_won:
            self.change(LIFE, "customer", at)
        else:
            self.change(STATUS, "UNQUALIFIED", at)

    # -- what was done

    def call(self, at: datetime, result: Result, talk_s: int, *, is_inbound: bool = False) -> None:
        """A call that began at `at`."""
        self._touch(
            "calls",
            at,
            at + timedelta(seconds=talk_s + 4),
            {
                "hs_call_direction": "INBOUND" if is_inbound else "OUTBOUND",
                "hs_call_status": "COMPLETED",
                "hs_call_disposition": result.value,
                "hs_call_duration": str(talk_s * 1000),
                "hs_call_title": f"Call with {self.person.first_name}",
                "hs_call_to_number": str(self.properties.get("phone", "")),
            },
        )

    def email(self, at: datetime, subject: str, *, status: str = "SENT", source: JsonObject | None = None) -> None:
        """An e-mail to the lead; written by the rep unless another source is given."""
        self._touch(
            "emails",
            at,
            at + timedelta(seconds=1),
            {"hs_email_direction": "EMAIL", "hs_email_status": status, "hs_email_subject": subject},
            source or {"type": "EMAIL_INTEGRATION", "label": "Connected inbox"},
        )

    def answer(self, at: datetime) -> None:
        """An e-mail from the lead."""
        self._touch(
            "emails",
            at,
            at + timedelta(seconds=9),
            {"hs_email_direction": "INCOMING_EMAIL", "hs_email_subject": "Re: your enquiry"},
            {"type": "EMAIL_INTEGRATION", "label": "Connected inbox"},
        )

    def message(self, at: datetime, channel: str = "WHATS_APP") -> None:
        """A chat message, of which this CRM does not say who wrote it."""
        self._touch(
            "communications",
            at,
            at,
            {"hs_communication_channel_type": channel, "hs_communication_logged_from": "CRM"},
        )

    def meet(self, start: datetime, *, booked_at: datetime, outcome: str, minutes: int = 45) -> None:
        """A meeting, past or planned."""
        self._past(booked_at)
        end = start + timedelta(minutes=minutes)
        properties: Properties = {
            "hs_timestamp": stamp(start),
            "hs_meeting_start_time": stamp(start),
            "hs_meeting_end_time": stamp(end),
            "hs_meeting_outcome": outcome,
            "hs_meeting_title": "On-site survey",
        }
        self._add(
            "meetings",
            booked_at,
            properties,
            {"type": "MEETINGS", "label": "Meetings tool"},
            modified_at=min(end, self.until),
        )
        if start <= self.until:
            self.last_at = max(self.last_at, start)

    def note_down(self, at: datetime, text: str) -> None:
        """A note: kept as context, no touch."""
        self._past(at)
        self._add("notes", at, {"hs_timestamp": stamp(at), "hs_note_body": text})

    def task(self, made_at: datetime, due_at: datetime, subject: str, *, done_at: datetime | None = None) -> None:
        """A planned step, done or not."""
        self._past(made_at)
        properties: Properties = {
            "hs_timestamp": stamp(due_at),
            "hs_task_status": "NOT_STARTED" if done_at is None else "COMPLETED",
            "hs_task_type": "CALL",
            "hs_task_priority": "MEDIUM",
            "hs_task_subject": subject,
        }
        if done_at is not None:
            self._past(done_at)
            properties["hs_task_completion_date"] = stamp(done_at)
        self._add("tasks", made_at, properties)

    # -- the seed

    def records(self) -> list[JsonObject]:
        """The contact and everything done on it, as records of a seed."""
        contact: JsonObject = {
            "type": "contacts",
            "ref": self.ref,
            "created_at": stamp(self.received_at),
            "source": self.arrived_by,
            "properties": {name: value for name, value in self.properties.items() if value},
            "history": self._versions,
        }
        return [contact, *self._done]

    def _touch(
        self, kind: str, at: datetime, recorded_at: datetime, properties: Properties, source: JsonObject | None = None
    ) -> None:
        self._past(recorded_at)
        self._add(kind, recorded_at, {"hs_timestamp": stamp(at), **properties}, source)
        self.last_at = max(self.last_at, at)

    def _add(
        self,
        kind: str,
        created_at: datetime,
        properties: Properties,
        source: JsonObject | None = None,
        modified_at: datetime | None = None,
    ) -> None:
        if self.rep is not None:
            properties[OWNER] = {"ref": self.rep.ref}
        record: JsonObject = {
            "type": kind,
            "created_at": stamp(created_at),
            "source": self._by_hand() if source is None else source,
            "properties": properties,
            "associations": [{"type": "contacts", "ref": self.ref}],
        }
        if modified_at is not None:
            record["modified_at"] = stamp(modified_at)
        self._done.append(record)

    def _by_hand(self) -> JsonObject:
        return {"type": "CRM_UI"} if self.rep is None else {"type": "CRM_UI", "user_id": self.rep.user_id}

    def _past(self, at: datetime) -> None:
        if at > self.until:
            raise AssertionError(f"{self.ref} ({self.kind}): {stamp(at)} lies after {stamp(self.until)}")
