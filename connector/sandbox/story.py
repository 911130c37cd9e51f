"""The story of one made-up lead while it is told: what is on its record and what was done on it.

Every moment is aware UTC. Nothing may lie after `until`, but for what is planned.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from connector.sandbox.history import (
    ROUND_ROBIN,
    Act,
    By,
    Call,
    CallResult,
    Channel,
    Door,
    Edit,
    EditedField,
    Email,
    EmailStatus,
    LeadHistory,
    LeadPerson,
    Meeting,
    MeetingOutcome,
    Message,
    Note,
    OwnerChange,
    Rep,
    Source,
    Status,
    StatusChange,
    Task,
)
from connector.sandbox.people import Person

INBOX: Final = By(Door.MAILBOX, "Connected inbox")
BOOKING: Final = By(Door.BOOKING, "Meetings tool")
WEBSITE: Final = By(Door.FORM, "Website form")


def stamp(t: datetime) -> str:
    """A moment as it stands in a seed: ISO-8601 UTC, to the millisecond."""
    return t.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@dataclass(slots=True, kw_only=True)
class Story:
    """One lead. `rules`: the complete set of rule ids that must be found on it. `kind`: what was planted.

    The details of the record may be set from outside as long as the story is told; `person` is who it really is.
    """

    ref: str
    kind: str
    person: Person
    received_at: datetime
    until: datetime
    rep: Rep | None
    rules: frozenset[str] = frozenset()
    note: str = ""
    arrived_by: By = WEBSITE
    first_name: str = field(init=False)
    last_name: str = field(init=False)
    email: str = field(init=False)
    phone: str = field(init=False)
    country: str = field(init=False)
    mobile: str = ""
    source: Source | None = None
    source_detail: str = ""
    campaign: str = ""
    company: str = ""
    last_at: datetime = field(init=False)
    _owners: list[OwnerChange] = field(default_factory=list)
    _statuses: list[StatusChange] = field(default_factory=list)
    _edits: list[Edit] = field(default_factory=list)
    _acts: list[Act] = field(default_factory=list)
    _converted_at: datetime | None = None

    def __post_init__(self) -> None:
        self.last_at = self.received_at
        self.first_name, self.last_name = self.person.first_name, self.person.last_name
        self.email, self.phone = self.person.email, self.person.phone
        self.country = self.person.region
        self.stand(Status.NEW, self.received_at, self.arrived_by)
        if self.rep is not None:
            self.hand_to(self.rep, self.received_at + timedelta(seconds=2), By(Door.AUTOMATION, ROUND_ROBIN))

    # -- the record

    def stand(self, status: Status, at: datetime, by: By | None = None, *, label: str = "") -> None:
        """The lead gets another status; by the rep's hand unless given."""
        self._past(at)
        self._statuses.append(StatusChange(at, status, by or self._by_hand(), label))

    def edit(self, name: EditedField, value: str, at: datetime, by: By | None = None) -> None:
        """A detail is corrected; by the rep's hand unless given."""
        self._past(at)
        self._edits.append(Edit(at, name, value, by or self._by_hand()))

    def hand_to(self, rep: Rep, at: datetime, by: By | None = None) -> None:
        """The lead is given to `rep`, who does what follows."""
        self._past(at)
        self.rep = rep
        self._owners.append(OwnerChange(at, rep.ref, by or self._by_hand()))

    def convert(self, at: datetime) -> None:
        """The lead becomes a deal, in CRMs that tell the two apart."""
        self._past(at)
        self._converted_at = at

    def close(self, at: datetime, *, is_won: bool) -> None:
        """Sold, or found to be no buyer. What is sold was a deal."""
        if is_won and self._converted_at is None:
            self.convert(at - timedelta(minutes=3))
        self.stand(Status.WON if is_won else Status.UNQUALIFIED, at)

    # -- what was done

    def call(self, at: datetime, result: CallResult, talk_s: int, *, is_inbound: bool = False) -> None:
        """A call that began at `at`."""
        self._touch(
            Call(
                at=at,
                recorded_at=at + timedelta(seconds=talk_s + 4),
                rep_ref=self._rep_ref(),
                by=self._by_hand(),
                subject=f"Call with {self.person.first_name}",
                number=self.phone,
                is_inbound=is_inbound,
                result=result,
                talk_s=talk_s,
            )
        )

    def write(
        self, at: datetime, subject: str, *, status: EmailStatus = EmailStatus.SENT, by: By | None = None
    ) -> None:
        """An e-mail to the lead; written by the rep unless a machine is named."""
        self._touch(
            Email(
                at=at,
                recorded_at=at + timedelta(seconds=1),
                rep_ref=self._rep_ref(),
                by=by or INBOX,
                subject=subject,
                is_inbound=False,
                status=status,
            )
        )

    def answer(self, at: datetime) -> None:
        """An e-mail from the lead."""
        self._touch(
            Email(
                at=at,
                recorded_at=at + timedelta(seconds=9),
                rep_ref=self._rep_ref(),
                by=INBOX,
                subject="Re: your enquiry",
                is_inbound=True,
                status=None,
            )
        )

    def message(self, at: datetime, channel: Channel = Channel.WHATSAPP) -> None:
        """A chat message, of which nobody noted who wrote it."""
        self._touch(
            Message(at=at, recorded_at=at, rep_ref=self._rep_ref(), by=self._by_hand(), channel=channel),
        )

    def meet(self, start: datetime, *, booked_at: datetime, outcome: MeetingOutcome, minutes: int = 45) -> None:
        """A meeting, past or planned."""
        self._past(booked_at)
        self._acts.append(
            Meeting(
                at=start,
                recorded_at=booked_at,
                rep_ref=self._rep_ref(),
                by=BOOKING,
                subject="On-site survey",
                end_at=start + timedelta(minutes=minutes),
                outcome=outcome,
            )
        )
        if start <= self.until:
            self.last_at = max(self.last_at, start)

    def note_down(self, at: datetime, text: str) -> None:
        """A note: kept as context, no touch."""
        self._past(at)
        self._acts.append(Note(at=at, recorded_at=at, rep_ref=self._rep_ref(), by=self._by_hand(), text=text))

    def task(self, made_at: datetime, due_at: datetime, subject: str, *, done_at: datetime | None = None) -> None:
        """A planned step, done or not."""
        self._past(made_at)
        if done_at is not None:
            self._past(done_at)
        self._acts.append(
            Task(
                at=due_at,
                recorded_at=made_at,
                rep_ref=self._rep_ref(),
                by=self._by_hand(),
                subject=subject,
                done_at=done_at,
            )
        )

    # -- the end

    def history(self) -> LeadHistory:
        """The lead as it was told."""
        return LeadHistory(
            ref=self.ref,
            person=LeadPerson(self.first_name, self.last_name, self.email, self.phone, self.mobile),
            company=self.company,
            country=self.country,
            city=self.person.city,
            source=self.source,
            source_detail=self.source_detail,
            campaign=self.campaign,
            arrived_by=self.arrived_by,
            received_at=self.received_at,
            owner_changes=tuple(self._owners),
            status_changes=tuple(self._statuses),
            edits=tuple(self._edits),
            acts=tuple(self._acts),
            converted_at=self._converted_at,
        )

    def _touch(self, act: Call | Email | Message) -> None:
        self._past(act.recorded_at)
        self._acts.append(act)
        self.last_at = max(self.last_at, act.at)

    def _rep_ref(self) -> str | None:
        return None if self.rep is None else self.rep.ref

    def _by_hand(self) -> By:
        return By(Door.HAND, rep_ref=self._rep_ref())

    def _past(self, at: datetime) -> None:
        if at > self.until:
            raise AssertionError(f"{self.ref} ({self.kind}): {stamp(at)} lies after {stamp(self.until)}")
