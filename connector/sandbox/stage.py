"""What scenarios are played with: the dice, the clock, the people, and the ways in which a rep works a lead."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from connector.sandbox.history import By, CallResult, Channel, Door, EditedField, Priority, Rep, Source, Status, Visit
from connector.sandbox.office_hours import OfficeHours
from connector.sandbox.people import Crowd, Person
from connector.sandbox.story import WEBSITE, Story
from connector.sandbox.texts import Pen
from connector.sandbox.web import Web

HOUR: Final = 3600
DAYS: Final = 60
#: What is expected at `until` still holds this much later: nothing may fall due in between.
MARGIN: Final = timedelta(hours=3)
#: Nothing is done in the last minutes: a record is written a little after the act.
QUIET: Final = timedelta(minutes=18)

_FAILED: Final = (
    CallResult.NO_ANSWER,
    CallResult.NO_ANSWER,
    CallResult.NO_ANSWER,
    CallResult.BUSY,
    CallResult.VOICEMAIL,
    CallResult.LEFT_MESSAGE,
)
#: What people ask for who expect an answer at once: the target is the shortest there is, as for no type at all.
_HOT_TYPES: Final = ("order", "callback")
_LANGUAGES: Final = {"DE": "de", "AT": "de", "CH": "de", "GR": "el", "CY": "el", "NO": "nb", "AE": "ar", "EG": "ar"}
#: An open deal is younger than this, unless its age is what was planted: sold ones took longer, or far less.
YOUNG_DEAL: Final = timedelta(days=32)

Fits = Callable[[datetime], bool]


@dataclass(frozen=True, slots=True)
class Vendor:
    """Where leads come from. `detail`: what the source says of itself."""

    source: Source
    detail: str
    arrived_by: By
    weight: int


VENDORS: Final = (
    Vendor(Source.PAID_SOCIAL, "leadharbor", By(Door.INTEGRATION, "LeadHarbor"), 30),
    Vendor(Source.OFFLINE, "kontaktwerk", By(Door.INTEGRATION, "Kontaktwerk"), 25),
    Vendor(Source.PAID_SEARCH, "brightfunnel", By(Door.INTEGRATION, "Brightfunnel"), 25),
    Vendor(Source.ORGANIC_SEARCH, "website", WEBSITE, 20),
)


@dataclass(slots=True)
class Stage:
    """One account on its way to `until`."""

    dice: random.Random
    hours: OfficeHours
    until: datetime
    reps: tuple[Rep, ...]
    crowd: Crowd
    pen: Pen
    web: Web
    #: Who left the firm, and who is on holiday: neither gets leads of the vendors.
    gone: Rep
    absent: Rep
    #: Whose leads are told together, since they say something of him.
    keeper: Rep
    stories: list[Story] = field(default_factory=list)
    busy_at: list[tuple[str, datetime]] = field(default_factory=list)
    _noted: dict[str, Counter[int]] = field(default_factory=dict)

    # -- when leads arrive

    def arrival(self, oldest: timedelta, youngest: timedelta, fits: Fits = lambda _: True) -> datetime:
        """A believable moment between two ages: mostly by day and on weekdays, at times at night."""
        spread = (oldest - youngest).total_seconds()
        for _ in range(20_000):
            at = self.until - youngest - timedelta(seconds=self.dice.uniform(0, spread))
            local = at.astimezone(self.hours.zone)
            weight = (0.06 if local.hour < 7 else 1.0 if 8 <= local.hour < 20 else 0.35) * (
                0.4 if local.weekday() > 4 else 1.0
            )
            if self.dice.random() < weight and fits(at):
                return at.replace(microsecond=0)
        raise AssertionError(f"no arrival between {oldest} and {youngest} before {self.until} fits")

    def arrival_by_hours(self, least_s: int, most_s: int) -> datetime:
        """A moment with so many open seconds between it and `until`."""
        return self.hours.before(self.until, self.dice.randint(least_s, most_s)).replace(microsecond=0)

    def waited_s(self, at: datetime) -> int:
        """Open seconds from `at` to `until`."""
        return self.hours.open_s(at, self.until)

    def is_answerable(self, at: datetime) -> bool:
        """Whether a lead of `at` could be tried in time before `until`."""
        return self.waited_s(at) > HOUR and self.until - at > 2 * QUIET

    # -- the lead

    def lead(
        self,
        kind: str,
        received_at: datetime,
        person: Person | None = None,
        *,
        rep: Rep | None = None,
        is_unowned: bool = False,
        arrived_by: By | None = None,
        asks: bool = False,
    ) -> Story:
        """A lead of one of the vendors, given to one of the reps. `asks`: the person put a question."""
        dice = self.dice
        vendor = dice.choices(VENDORS, weights=[vendor.weight for vendor in VENDORS])[0]
        who = person or self.crowd.person()
        by = arrived_by or vendor.arrived_by
        story = Story(
            ref=f"lead{len(self.stories) + 1}",
            kind=kind,
            person=who,
            received_at=received_at,
            until=self.until,
            rep=None if is_unowned else rep or dice.choice(self.reps),
            pen=self.pen,
            source=vendor.source,
            source_detail=vendor.detail,
            campaign=dice.choice(("roof-2026", "autumn", "battery", "heatpump")),
            company=self.crowd.company() if dice.random() < 0.25 else "",
            arrived_by=by,
            message=self.pen.wish(city=who.city, is_question=asks) if asks or dice.random() < 0.4 else "",
            submitted_at=None
            if by.door is Door.IMPORT
            else received_at - timedelta(seconds=dice.randint(2, 60 if by.door is Door.FORM else 540)),
            visit=Visit() if by.door is Door.IMPORT else self.web.visit(),
            has_call_consent=True if dice.random() < 0.8 else None,
            priority=dice.choice((Priority.HIGH, Priority.NORMAL, None)),
            lead_type=dice.choice(_HOT_TYPES),
            language=_LANGUAGES.get(who.region, "en"),
            amount_minor=dice.randint(2_500, 9_600) * 100,
        )
        self.stories.append(story)
        return story

    # -- how it is worked

    def soon(self, received_at: datetime) -> datetime:
        """When a diligent rep first tries: 2 to 24 minutes of open time after the arrival."""
        return self.hours.after(received_at, self.dice.randint(120, 24 * 60))

    def later(self, at: datetime, least_h: float, most_h: float) -> datetime:
        """A moment so many open hours after `at`."""
        return self.hours.after(at, self.dice.randint(int(least_h * HOUR), int(most_h * HOUR)))

    def is_past(self, at: datetime) -> bool:
        """Whether an act at `at` is over and written down by `until`."""
        return at <= self.until - QUIET

    def busy_minute(self, least_s: int, most_s: int) -> tuple[Rep, datetime]:
        """A rep, and a minute of his so many open seconds ago in which he notes many things and nothing else: no
        call or letter of his lies around it, nor will any."""
        while True:
            rep, at = self.dice.choice(self.reps), self.arrival_by_hours(least_s, most_s)
            if not any(story.is_noted_near(rep, at) for story in self.stories) and not self.is_noting(rep, at):
                self.busy_at.append((rep.ref, at))
                return rep, at

    def is_noting(self, rep: Rep | None, at: datetime) -> bool:
        """Whether a call that begins at `at` might be noted in such a minute."""
        return rep is not None and any(
            rep.ref == ref and minute - timedelta(minutes=12) < at < minute + timedelta(minutes=3)
            for ref, minute in self.busy_at
        )

    def miss(self, story: Story, at: datetime) -> None:
        """A call that reaches nobody."""
        result = self.dice.choice(_FAILED)
        talk_s = self.dice.randint(18, 40) if result is CallResult.VOICEMAIL else self.dice.randint(0, 15)
        at = self._undisturbed(story, at, talk_s)
        story.call(at, result, talk_s)
        self._tried(story, at)

    def talk(self, story: Story, at: datetime) -> None:
        """A call that reaches the person."""
        talk_s = self.dice.randint(45, 8 * 60)
        at = self._undisturbed(story, at, talk_s)
        story.call(at, CallResult.CONNECTED, talk_s)
        if story.status in (Status.NEW, Status.ATTEMPTED):
            story.stand(Status.CONNECTED, at + timedelta(seconds=talk_s + 40))

    def write(self, story: Story, at: datetime, *, asks_phone: bool = False) -> None:
        """An e-mail by the rep; it may ask for a phone number."""
        at = self._undisturbed(story, at, 1)
        story.write(at, asks_phone=asks_phone)
        self._tried(story, at)

    def another_hour(self, story: Story, at: datetime) -> datetime:
        """`at`, or later where all calls so far were made at one hour of the day, or at last in one part of it: who
        is never in at ten is not called at ten for ever, nor always before noon."""
        while story.calls > 1 and self.call_hours(story) == {self.hour(at)}:
            at = self.later(at, 0.7, 1.3)
        while story.calls > 2 and {_part_of_day(each) for each in self.call_hours(story)} == {
            _part_of_day(self.hour(at))
        }:
            at = self.later(at, 0.7, 1.3)
        return at

    def call_hours(self, story: Story) -> set[int]:
        """The hours of the day at which we called, by the clock of the office."""
        return {self.hour(at) for at in story.called_at}

    def hour(self, at: datetime) -> int:
        """The hour of the day by the clock of the office."""
        return at.astimezone(self.hours.zone).hour

    def chase(
        self, story: Story, at: datetime, *, stop: datetime | None = None, gap_h: tuple[float, float] = (4, 15)
    ) -> None:
        """Try from `at` on without reaching anybody, by call and by mail in turn, until `stop` or now.

        No wait is as long as the 24 hours after which a failed attempt counts as dropped, with room to spare. Whoever
        put a question is written to first, and called the same day.
        """
        is_call = not story.asks
        while True:
            if is_call:
                at = self.another_hour(story, at)
            if not self.is_past(at) or (stop is not None and at >= stop):
                return
            if is_call:
                self.miss(story, at)
            else:
                self.write(story, at)
            is_call = not is_call
            at = self.later(at, 1, 4) if story.calls == 0 else self.later(at, *gap_h)

    def converse(self, story: Story, at: datetime, stop: datetime | None = None) -> None:
        """Speak at `at`, then keep in touch until `stop` or now, never silent for long."""
        if not self.is_past(at):
            return
        self.talk(story, at)
        # Every third is a deal from then on.
        if len(self.stories) % 3 == 0 and self.until - at < YOUNG_DEAL:
            story.convert(at + timedelta(minutes=10))
        self.keep_in_touch(story, self.later(at, 4, 28), stop)

    def keep_in_touch(self, story: Story, at: datetime, stop: datetime | None = None) -> None:
        """Go on with somebody who was spoken with, from `at` until `stop` or now."""
        while self.is_past(at) and (stop is None or at < stop):
            chance = self.dice.random()
            if chance < 0.1:
                back_at = self.later(at, 0.3, 2.5)
                if self.is_past(back_at):
                    # Who writes is answered the same day.
                    story.answer(at)
                    at = back_at
            if chance < 0.5:
                self.write(story, at)
                at = self.later(at, 5, 28)
            elif chance < 0.58:
                story.chat(at, self.dice.choice((Channel.WHATSAPP, Channel.SMS, Channel.LINKEDIN)))
                at = self.later(at, 0.5, 4)
            elif chance < 0.8:
                self.talk(story, at)
                at = self.later(at, 6, 28)
            else:
                self.miss(story, at)
                at = self.later(at, 3, 15)

    def sell(self, story: Story, at: datetime, *, is_cared_for: bool = True) -> None:
        """It is sold at `at`; within nine days somebody asks how the new owner likes it."""
        story.close(at, is_won=True)
        care_at = self.hours.after(at + timedelta(days=self.dice.randint(3, 8)), self.dice.randint(HOUR, 5 * HOUR))
        if is_cared_for and self.is_past(care_at):
            self.write(story, care_at)

    def _undisturbed(self, story: Story, at: datetime, talk_s: int) -> datetime:
        """`at`, or a little off where the rep notes other things at the end of `talk_s`: by a quarter of an hour
        around a busy minute, by one or two minutes where two things are noted already."""
        if self.is_noting(story.rep, at):
            before = at - timedelta(minutes=16)
            is_early = before <= max(story.received_at, story.last_at) or self.is_noting(story.rep, before)
            at = at + timedelta(minutes=16) if is_early else before
        if story.rep is not None:
            noted = self._noted.setdefault(story.rep.ref, Counter())
            while sum(noted[minute] for minute in _around(at, talk_s)) > 1:
                at += timedelta(minutes=1)
            noted[_around(at, talk_s)[1]] += 1
        return at

    def _tried(self, story: Story, at: datetime) -> None:
        if story.status is Status.NEW:
            story.stand(Status.ATTEMPTED, at + timedelta(seconds=self.dice.randint(60, 240)))

    def aside(self, story: Story, at: datetime) -> None:
        """Things that are no attempt: a note, a corrected field, a done task."""
        chance = self.dice.random()
        if chance < 0.5:
            story.note_down(
                at, self.dice.choice(("Roof faces south-west.", "Asked for a battery as well.", "Owns the house."))
            )
        elif chance < 0.75:
            story.edit(EditedField.CITY, f"{story.person.city} ", at)
        else:
            story.task(at - timedelta(minutes=1), at + timedelta(hours=3), "Check the address", done_at=at)


def _part_of_day(hour: int) -> int:
    """Before eleven, until two, until five, and after."""
    return sum(hour >= begins for begins in (11, 14, 17))


def _around(at: datetime, talk_s: int) -> tuple[int, int, int]:
    """The minute (since 1970) in which something is noted, between the ones before and after it."""
    minute = int(at.timestamp() + talk_s) // 60
    return minute - 1, minute, minute + 1
