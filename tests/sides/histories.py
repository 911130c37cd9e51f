"""Histories in nobody's dialect that tests load into every CRM: all kinds of lead and touch, of a seed.

Moments are whole minutes, because one CRM keeps no seconds of what people planned.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from connector.sandbox.history import (
    ROUND_ROBIN,
    AccountHistory,
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
    Merge,
    Message,
    Note,
    OwnerChange,
    Source,
    Status,
    StatusChange,
    Task,
)
from connector.sandbox.people import Crowd
from connector.sandbox.population import REPS

UNTIL = datetime(2026, 11, 19, 15, 0, tzinfo=UTC)
"""A Thursday. Nothing of these histories happens later, but for what is planned."""

DAYS = 45
FORM, HARBOR = By(Door.FORM, "Website form"), By(Door.INTEGRATION, "LeadHarbor")
FAIR, DESK = By(Door.IMPORT, "Trade fair list"), By(Door.HAND, rep_ref="rep1")
ROBIN, INBOX, DRIP = By(Door.AUTOMATION, ROUND_ROBIN), By(Door.MAILBOX, "Connected inbox"), By(Door.SEQUENCE, "Drip")
BOOKING = By(Door.BOOKING, "Meetings tool")
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
_SOURCES = {
    Source.PAID_SOCIAL: ("Facebook", "autumn"),
    Source.PAID_SEARCH: ("solar panels", "brand"),
    Source.ORGANIC_SEARCH: ("", ""),
    Source.OFFLINE: ("Fair", ""),
}
SCRIPTS: dict[str, Callable[[_Draft], None]] = {}
"""What may happen to a lead, by name; every history tells all of them in turn."""


def _script(tell: Callable[[_Draft], None]) -> Callable[[_Draft], None]:
    SCRIPTS[tell.__name__] = tell
    return tell


@dataclass(slots=True)
class _Draft:
    """A lead while it is told. Moments of acts are so long after its arrival."""

    lead: LeadHistory
    dice: random.Random
    rep: str
    acts: list[Act] = field(default_factory=list)
    held: list[tuple[datetime, str]] = field(default_factory=list)
    died: bool = False

    def at(self, after: timedelta) -> datetime:
        return min(self.lead.received_at + after, UNTIL - MINUTE)

    def call(self, after: timedelta, result: CallResult, talk_m: int = 0, *, is_inbound: bool = False) -> None:
        at = self.at(after)
        self.acts.append(
            Call(
                at=at,
                recorded_at=at + talk_m * MINUTE,
                rep_ref=self.rep,
                by=By(Door.HAND, rep_ref=self.rep),
                subject="Call",
                number=self.lead.person.phone,
                is_inbound=is_inbound,
                result=result,
                talk_s=talk_m * 60,
            )
        )

    def email(self, after: timedelta, *, is_inbound: bool = False, by: By = INBOX, bounces: bool = False) -> None:
        at, sent = self.at(after), EmailStatus.BOUNCED if bounces else EmailStatus.SENT
        self.acts.append(
            Email(
                at=at,
                recorded_at=at,
                rep_ref=self.rep,
                by=by,
                subject="Your enquiry",
                is_inbound=is_inbound,
                status=None if is_inbound else sent,
            )
        )

    def message(self, after: timedelta, channel: Channel) -> None:
        at = self.at(after)
        by = By(Door.HAND, rep_ref=self.rep)
        self.acts.append(Message(at=at, recorded_at=at, rep_ref=self.rep, by=by, channel=channel))

    def meeting(self, booked: timedelta, starts: timedelta, outcome: MeetingOutcome) -> None:
        at = self.lead.received_at + starts
        if outcome is MeetingOutcome.PLANNED:
            at = UNTIL + 2 * DAY
        at = at if outcome is MeetingOutcome.PLANNED else min(at, UNTIL - HOUR)
        booked_at = min(self.at(booked), at)
        self.acts.append(
            Meeting(
                at=at,
                recorded_at=booked_at,
                rep_ref=self.rep,
                by=BOOKING,
                subject="Survey of the roof",
                end_at=at + 30 * MINUTE,
                outcome=outcome,
            )
        )

    def note(self, after: timedelta, text: str = "Roof faces south. Größe: 84 m² ✓") -> None:
        at = self.at(after)
        self.acts.append(Note(at=at, recorded_at=at, rep_ref=self.rep, by=By(Door.HAND, rep_ref=self.rep), text=text))

    def task(self, made: timedelta, due: datetime, done_at: datetime | None = None) -> None:
        self.acts.append(
            Task(
                at=due,
                recorded_at=self.at(made),
                rep_ref=self.rep,
                by=By(Door.HAND, rep_ref=self.rep),
                subject="Call back",
                done_at=done_at,
            )
        )

    def status(self, after: timedelta, status: Status, label: str = "") -> None:
        by = By(Door.HAND, rep_ref=self.rep)
        changed = StatusChange(self.at(after), status, by, label)
        self.lead = replace(self.lead, status_changes=(*self.lead.status_changes, changed))

    def hand_over(self, after: timedelta, to: str | None) -> None:
        by = By(Door.HAND, rep_ref=self.rep)
        changes = (*self.lead.owner_changes, OwnerChange(self.at(after), to, by))
        self.lead = replace(self.lead, owner_changes=changes)
        self.rep = to or self.rep

    def person(self, **details: str) -> None:
        self.lead = replace(self.lead, person=replace(self.lead.person, **details))

    def done(self) -> LeadHistory:
        acts = tuple(sorted(self.acts, key=lambda act: act.recorded_at))
        return replace(self.lead, acts=acts)


@_script
def worked_by_the_book(draft: _Draft) -> None:
    draft.call(10 * MINUTE, CallResult.CONNECTED, 6)
    draft.email(50 * MINUTE)
    draft.note(55 * MINUTE)
    draft.status(60 * MINUTE, Status.CONNECTED)
    draft.meeting(60 * MINUTE, 2 * DAY, MeetingOutcome.HELD)
    draft.task(2 * DAY + HOUR, UNTIL + DAY)


@_script
def answered_late(draft: _Draft) -> None:
    draft.call(27 * HOUR, CallResult.NO_ANSWER)
    draft.status(27 * HOUR, Status.ATTEMPTED)
    draft.call(2 * DAY, CallResult.VOICEMAIL)
    draft.email(2 * DAY + HOUR)


@_script
def never_answered(draft: _Draft) -> None:
    draft.note(3 * DAY)


@_script
def only_a_machine_wrote(draft: _Draft) -> None:
    draft.email(1 * MINUTE, by=DRIP)
    draft.email(2 * DAY, by=DRIP)


@_script
def only_written_to(draft: _Draft) -> None:
    draft.email(20 * MINUTE)
    draft.email(2 * DAY)
    draft.email(3 * DAY, is_inbound=True)


@_script
def full_cadence_without_luck(draft: _Draft) -> None:
    for day, result in enumerate((CallResult.NO_ANSWER, CallResult.BUSY, CallResult.VOICEMAIL, CallResult.NO_ANSWER)):
        draft.call(day * DAY + 20 * MINUTE, result)
        draft.email(day * DAY + 3 * HOUR)
    draft.call(4 * DAY, CallResult.LEFT_MESSAGE, 1)
    draft.status(6 * DAY, Status.UNQUALIFIED)


@_script
def wrong_number(draft: _Draft) -> None:
    draft.call(15 * MINUTE, CallResult.WRONG_NUMBER)
    draft.email(30 * MINUTE, bounces=True)


@_script
def chatted(draft: _Draft) -> None:
    draft.message(8 * MINUTE, Channel.WHATSAPP)
    draft.message(2 * HOUR, Channel.SMS)
    draft.call(DAY, CallResult.CONNECTED, 3)


@_script
def did_not_come(draft: _Draft) -> None:
    draft.call(12 * MINUTE, CallResult.CONNECTED, 4)
    draft.meeting(20 * MINUTE, 3 * DAY, MeetingOutcome.NO_SHOW)
    draft.meeting(4 * DAY, 5 * DAY, MeetingOutcome.CANCELLED)


@_script
def called_us(draft: _Draft) -> None:
    draft.call(2 * HOUR, CallResult.CONNECTED, 9, is_inbound=True)
    draft.task(3 * HOUR, draft.at(DAY), done_at=draft.at(DAY + HOUR))
    draft.meeting(3 * HOUR, 4 * DAY, MeetingOutcome.PLANNED)


@_script
def went_silent(draft: _Draft) -> None:
    draft.call(10 * MINUTE, CallResult.CONNECTED, 2)
    draft.status(HOUR, Status.OPEN)
    draft.task(2 * HOUR, draft.at(2 * DAY))


@_script
def handed_over(draft: _Draft) -> None:
    draft.call(9 * MINUTE, CallResult.NO_ANSWER)
    draft.hand_over(DAY, "rep5" if draft.rep != "rep5" else "rep6")
    draft.call(DAY + 2 * HOUR, CallResult.CONNECTED, 5)
    draft.email(DAY + 3 * HOUR)


@_script
def sold(draft: _Draft) -> None:
    draft.call(5 * MINUTE, CallResult.CONNECTED, 7)
    draft.lead = replace(draft.lead, converted_at=draft.at(DAY))
    draft.meeting(HOUR, 2 * DAY, MeetingOutcome.HELD)
    draft.hand_over(2 * DAY + 2 * HOUR, "rep7" if draft.rep != "rep7" else "rep8")
    draft.status(3 * DAY, Status.WON)


@_script
def a_word_of_their_own(draft: _Draft) -> None:
    draft.call(14 * MINUTE, CallResult.CONNECTED, 2)
    draft.status(DAY, Status.OWN, "AT_PARTNER")


@_script
def no_way_to_reach(draft: _Draft) -> None:
    draft.person(phone="", email="", mobile="")


@_script
def throwaway_address(draft: _Draft) -> None:
    draft.person(email=f"x{draft.dice.randrange(10**6)}@mailinator.com", phone="")
    draft.email(10 * MINUTE)


@_script
def nobody_by_name(draft: _Draft) -> None:
    draft.person(first_name="Test", last_name="Test")
    draft.call(10 * MINUTE, CallResult.NO_ANSWER)


@_script
def without_a_source(draft: _Draft) -> None:
    draft.lead = replace(draft.lead, source=None, source_detail="", campaign="", arrived_by=DESK)
    draft.call(20 * MINUTE, CallResult.CONNECTED, 3)


@_script
def imported(draft: _Draft) -> None:
    draft.lead = replace(draft.lead, arrived_by=FAIR)
    draft.email(2 * DAY)


@_script
def nobodys(draft: _Draft) -> None:
    draft.lead = replace(draft.lead, owner_changes=())


@_script
def corrected(draft: _Draft) -> None:
    right = draft.lead.person.phone
    draft.person(phone=f"{right[:-1]}")
    edit = Edit(draft.at(HOUR), EditedField.PHONE, right, By(Door.HAND, rep_ref=draft.rep))
    draft.lead = replace(draft.lead, edits=(edit,))
    draft.call(2 * HOUR, CallResult.BUSY)


@_script
def thrown_away(draft: _Draft) -> None:
    draft.call(HOUR, CallResult.NO_ANSWER)
    draft.died = True


def make_history(*, seed: int, leads: int, names: tuple[str, ...] = ()) -> AccountHistory:
    """So many leads of the last DAYS days before UNTIL, scripts taken in turn (`names`: only those).

    Equal arguments give an equal history. With all scripts, every 20th lead is a second enquiry of an earlier one,
    and some were merged into their neighbour.
    """
    dice = random.Random(seed)
    crowd = Crowd(dice)
    told = list(_tell(dice, crowd, leads, names or tuple(SCRIPTS)))
    if not names:
        told = _double(told)
        told = _merge(told)
    opened_at = UNTIL - 800 * DAY
    return AccountHistory(until=UNTIL, opened_at=opened_at, reps=REPS, leads=tuple(told))


def _tell(dice: random.Random, crowd: Crowd, leads: int, names: tuple[str, ...]) -> Iterator[LeadHistory]:
    for number in range(leads):
        someone = crowd.person()
        received_at = UNTIL - DAYS * DAY + (DAYS * DAY * number) // leads
        received_at = received_at.replace(second=0, microsecond=0)
        rep = f"rep{1 + number % len(REPS)}"
        source = list(_SOURCES)[number % len(_SOURCES)]
        detail, campaign = _SOURCES[source]
        arrived_by = (FORM, HARBOR)[number % 2]
        draft = _Draft(
            LeadHistory(
                ref=f"lead{number}",
                person=LeadPerson(someone.first_name, someone.last_name, someone.email, someone.phone),
                company=crowd.company() if number % 3 == 0 else "",
                country=someone.region,
                city=someone.city,
                source=source,
                source_detail=detail,
                campaign=campaign,
                arrived_by=arrived_by,
                received_at=received_at,
                message="Bitte um Rückruf" if number % 2 else "",
                owner_changes=(OwnerChange(received_at, rep, ROBIN),),
                status_changes=(StatusChange(received_at, Status.NEW, arrived_by),),
            ),
            dice,
            rep,
        )
        SCRIPTS[names[number % len(names)]](draft)
        lead = draft.done()
        yield replace(lead, deleted_at=draft.at(5 * DAY)) if draft.died else lead


def _double(leads: list[LeadHistory]) -> list[LeadHistory]:
    """Some people enquire twice: the later lead carries the number and the address of an earlier one."""
    for later in range(20, len(leads), 20):
        earlier = leads[later - 3]
        if earlier.person.email and earlier.person.phone:
            person = replace(leads[later].person, email=earlier.person.email, phone=earlier.person.phone)
            leads[later] = replace(leads[later], person=person, edits=())
    return leads


def _merge(leads: list[LeadHistory]) -> list[LeadHistory]:
    """Some records turned out to be one: the later is merged into the earlier, with all that was done on it.

    The earlier has a value for everything: one CRM fills gaps from the record that goes, others do not.
    """
    for later in range(7, len(leads), 9):
        kept, merged = leads[later - 1], leads[later]
        is_full = kept.owner_changes and kept.source and kept.person.phone and kept.person.email and kept.company
        if not is_full or any(one.deleted_at or one.converted_at for one in (kept, merged)):
            continue
        at = min(UNTIL - MINUTE, merged.received_at + 6 * DAY)
        leads[later - 1] = replace(kept, merges=(Merge(at, merged.ref, By(Door.HAND, rep_ref="rep1")),))
    return leads
