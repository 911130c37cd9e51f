"""The story of one made-up lead while it is told: what is on its record and what was done on it.

Every moment is aware UTC. Nothing may lie after `until`, but for what is planned.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Final

from connector.sandbox.history import (
    ROUND_ROBIN,
    Act,
    By,
    Call,
    CallResult,
    Channel,
    DealHistory,
    DealPerson,
    DealStage,
    DealStep,
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
    Priority,
    Rep,
    Role,
    Source,
    Status,
    StatusChange,
    Task,
    Visit,
)
from connector.sandbox.people import Person
from connector.sandbox.texts import Pen

INBOX: Final = By(Door.MAILBOX, "Connected inbox")
BOOKING: Final = By(Door.BOOKING, "Meetings tool")
WEBSITE: Final = By(Door.FORM, "Website form")
_RESTS: Final = {Status.ATTEMPTED: Status.OPEN, Status.CONNECTED: Status.IN_PROGRESS}


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
    pen: Pen
    rules: frozenset[str] = frozenset()
    #: What it is instead of somebody who asked; "" = somebody who asked. Rules that may be in doubt about it, and
    #: what beside name, number, address and firm must be shown for it to be seen.
    lead_class: str = ""
    unsure: frozenset[str] = frozenset()
    shown_by: frozenset[str] = frozenset()
    is_lookalike: bool = False
    #: Why its first attempt was late, where it is not that nobody called.
    cause: str = ""
    #: Why a rule is broken, where the rule alone does not say it: rule id → code of the reason.
    reasons: Mapping[str, str] = field(default_factory=dict)
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
    message: str = ""
    submitted_at: datetime | None = None
    visit: Visit = field(default_factory=Visit)
    preferred_at: datetime | None = None
    has_call_consent: bool | None = None
    recontact_on: date | None = None
    priority: Priority | None = None
    lead_type: str = ""
    language: str = ""
    #: What the deal is worth, once there is one.
    amount_minor: int = 0
    #: Others of the buying side, by the refs of their leads, and what this person is among them.
    role: Role | None = None
    others: list[DealPerson] = field(default_factory=list)
    #: Whether the status is left as it stands, though nothing moves.
    is_stuck: bool = False
    last_at: datetime = field(init=False)
    called_at: list[datetime] = field(default_factory=list)
    _owners: list[OwnerChange] = field(default_factory=list)
    _statuses: list[StatusChange] = field(default_factory=list)
    _edits: list[Edit] = field(default_factory=list)
    _acts: list[Act] = field(default_factory=list)
    _converted_at: datetime | None = None
    _steps: list[DealStep] = field(default_factory=list)

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

    @property
    def asks(self) -> bool:
        """Whether the person put a question."""
        return "?" in self.message

    @property
    def calls(self) -> int:
        """How often we called."""
        return len(self.called_at)

    @property
    def is_deal(self) -> bool:
        """Whether it has become a deal."""
        return self._converted_at is not None

    @property
    def status(self) -> Status:
        """Where it stands now."""
        return self._statuses[-1].status

    def convert(self, at: datetime) -> None:
        """The lead becomes a deal, in CRMs that tell the two apart; once is enough."""
        if not self.is_deal:
            self._past(at)
            self._converted_at = at
            self._steps.append(DealStep(at, DealStage.QUALIFIED, self._by_hand()))

    def close(self, at: datetime, *, is_won: bool, status: Status = Status.UNQUALIFIED) -> None:
        """Sold, or found to be no buyer, or lost by another `status`. What is sold was a deal."""
        if is_won:
            self.convert(at - timedelta(minutes=30))
            self._steps.append(DealStep(at - timedelta(minutes=20), DealStage.PROPOSAL, self._by_hand()))
        if self.is_deal:
            self._steps.append(DealStep(at, DealStage.WON if is_won else DealStage.LOST, self._by_hand()))
        self.stand(Status.WON if is_won else status, at)

    # -- what was done

    def call(
        self,
        at: datetime,
        result: CallResult,
        talk_s: int,
        *,
        is_inbound: bool = False,
        recorded_at: datetime | None = None,
    ) -> None:
        """A call that began at `at`; noted when it was over, unless said otherwise."""
        if not is_inbound:
            self.called_at.append(at)
        self._touch(
            Call(
                at=at,
                recorded_at=recorded_at or at + timedelta(seconds=talk_s + 4),
                rep_ref=self._rep_ref(),
                by=self._by_hand(),
                subject=f"Call with {self.person.first_name}",
                number=self.phone,
                is_inbound=is_inbound,
                result=result,
                talk_s=talk_s,
                text=self.pen.call_note(name=self.person.first_name, city=self.person.city)
                if result is CallResult.CONNECTED
                else "",
            )
        )

    def write(
        self,
        at: datetime,
        *,
        subject: str = "",
        text: str = "",
        status: EmailStatus = EmailStatus.SENT,
        by: By | None = None,
        recorded_at: datetime | None = None,
        asks_phone: bool = False,
    ) -> None:
        """An e-mail to the lead; written by the rep for this person unless a machine or a text is named."""
        name = f"{self.person.first_name} {self.person.last_name}"
        rep = self._rep_name()
        self._touch(
            Email(
                at=at,
                recorded_at=recorded_at or at + timedelta(seconds=1),
                rep_ref=self._rep_ref(),
                by=by or INBOX,
                subject=subject or self.pen.subject(name),
                is_inbound=False,
                status=status,
                text=text
                or self.pen.letter(
                    name=name, city=self.person.city, rep=rep, language=self.language, asks_phone=asks_phone
                ),
            )
        )

    def write_alike(self, at: datetime) -> None:
        """The letter that everybody gets."""
        name = f"{self.person.first_name} {self.person.last_name}"
        self.write(at, text=self.pen.form_letter(name=name, rep=self._rep_name()))

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
                text=self.pen.answer(),
            )
        )

    def chat(self, at: datetime, channel: Channel = Channel.WHATSAPP) -> None:
        """A chat message, of which nobody noted who wrote it."""
        self._touch(
            Message(
                at=at,
                recorded_at=at,
                rep_ref=self._rep_ref(),
                by=self._by_hand(),
                channel=channel,
                text=self.pen.chat(name=self.person.first_name, city=self.person.city),
            ),
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
        """The lead as it was told. Who is worked on rests in no status that others only pass through: who was tried
        is open, who was spoken with is in progress."""
        rests = _RESTS.get(self.status)
        if rests is not None and not self.is_stuck:
            self.stand(rests, self._statuses[-1].at + timedelta(seconds=100))
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
            message=self.message,
            submitted_at=self.submitted_at,
            visit=self.visit,
            preferred_at=self.preferred_at,
            has_call_consent=self.has_call_consent,
            recontact_on=self.recontact_on,
            priority=self.priority,
            lead_type=self.lead_type,
            language=self.language,
            owner_changes=tuple(self._owners),
            status_changes=tuple(self._statuses),
            edits=tuple(self._edits),
            acts=tuple(self._acts),
            converted_at=self._converted_at,
        )

    def is_noted_near(self, rep: Rep, at: datetime) -> bool:
        """Whether something of the rep's was noted on it within two minutes of `at`."""
        return any(act.rep_ref == rep.ref and abs(act.recorded_at - at) < timedelta(minutes=2) for act in self._acts)

    def deal(self) -> DealHistory | None:
        """The deal that it became, if it did."""
        if not self.is_deal:
            return None
        return DealHistory(
            ref=f"{self.ref}.deal",
            name=f"{self.company or self.person.last_name}, {self.person.city}",
            amount_minor=self.amount_minor,
            currency="EUR",
            rep_ref=self._rep_ref(),
            steps=tuple(self._steps),
            persons=(DealPerson(self.ref, self.role), *self.others),
        )

    def _touch(self, act: Call | Email | Message) -> None:
        self._past(act.recorded_at)
        self._acts.append(act)
        self.last_at = max(self.last_at, act.at)

    def _rep_ref(self) -> str | None:
        return None if self.rep is None else self.rep.ref

    def _rep_name(self) -> str:
        return "Meridian Solar" if self.rep is None else f"{self.rep.first_name} {self.rep.last_name}"

    def _by_hand(self) -> By:
        return By(Door.HAND, rep_ref=self._rep_ref())

    def _past(self, at: datetime) -> None:
        if at > self.until:
            raise AssertionError(f"{self.ref} ({self.kind}): {stamp(at)} lies after {stamp(self.until)}")
