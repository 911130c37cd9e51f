"""What scenarios are played with: the dice, the clock, the people, and the ways in which a rep works a lead."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from connector.sandbox.history import By, CallResult, Channel, Door, EditedField, Rep, Source, Status
from connector.sandbox.office_hours import OfficeHours
from connector.sandbox.people import Crowd, Person
from connector.sandbox.story import WEBSITE, Story

HOUR: Final = 3600
DAYS: Final = 60
#: What is expected at `until` still holds this much later: nothing may fall due in between.
MARGIN: Final = timedelta(hours=3)
#: Nothing is done in the last minutes: a record is written a little after the act.
QUIET: Final = timedelta(minutes=12)

_FAILED: Final = (
    CallResult.NO_ANSWER,
    CallResult.NO_ANSWER,
    CallResult.NO_ANSWER,
    CallResult.BUSY,
    CallResult.VOICEMAIL,
    CallResult.LEFT_MESSAGE,
)
_SUBJECTS: Final = (
    "Your solar enquiry",
    "Roof plan and first figures",
    "A few questions about your roof",
    "Your offer",
    "Dates for the survey",
)

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
    stories: list[Story] = field(default_factory=list)

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
        is_unowned: bool = False,
        arrived_by: By | None = None,
    ) -> Story:
        """A lead of one of the vendors, given to one of the reps."""
        vendor = self.dice.choices(VENDORS, weights=[vendor.weight for vendor in VENDORS])[0]
        story = Story(
            ref=f"lead{len(self.stories) + 1}",
            kind=kind,
            person=person or self.crowd.person(),
            received_at=received_at,
            until=self.until,
            rep=None if is_unowned else self.dice.choice(self.reps),
            source=vendor.source,
            source_detail=vendor.detail,
            campaign=self.dice.choice(("roof-2026", "autumn", "battery", "heatpump")),
            company=self.crowd.company() if self.dice.random() < 0.25 else "",
            arrived_by=arrived_by or vendor.arrived_by,
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

    def miss(self, story: Story, at: datetime) -> None:
        """A call that reaches nobody."""
        result = self.dice.choice(_FAILED)
        story.call(
            at, result, self.dice.randint(18, 40) if result is CallResult.VOICEMAIL else self.dice.randint(0, 15)
        )

    def talk(self, story: Story, at: datetime) -> None:
        """A call that reaches the person."""
        story.call(at, CallResult.CONNECTED, self.dice.randint(45, 9 * 60))

    def write(self, story: Story, at: datetime) -> None:
        """An e-mail by the rep."""
        story.write(at, self.dice.choice(_SUBJECTS))

    def chase(
        self, story: Story, at: datetime, *, stop: datetime | None = None, gap_h: tuple[float, float] = (4, 15)
    ) -> None:
        """Try from `at` on without reaching anybody, by call and by mail in turn, until `stop` or now.

        No wait is as long as the 24 hours after which a failed attempt counts as dropped, with room to spare.
        """
        is_call = True
        while self.is_past(at) and (stop is None or at < stop):
            if is_call:
                self.miss(story, at)
            else:
                self.write(story, at)
            is_call = not is_call
            at = self.later(at, *gap_h)

    def converse(self, story: Story, at: datetime, stop: datetime | None = None) -> None:
        """Speak at `at`, then keep in touch until `stop` or now, never silent for long."""
        if not self.is_past(at):
            return
        self.talk(story, at)
        story.stand(Status.CONNECTED, at + timedelta(minutes=12))
        # Every third is a deal from then on; no dice, so that histories of older seeds stay what they were.
        if len(self.stories) % 3 == 0:
            story.convert(at + timedelta(minutes=12))
        at = self.later(at, 4, 28)
        while self.is_past(at) and (stop is None or at < stop):
            chance = self.dice.random()
            if chance < 0.4:
                self.write(story, at)
                at = self.later(at, 5, 28)
            elif chance < 0.5:
                story.answer(at)
                at = self.later(at, 0.5, 3)
            elif chance < 0.58:
                story.message(at, self.dice.choice((Channel.WHATSAPP, Channel.SMS, Channel.LINKEDIN)))
                at = self.later(at, 0.5, 4)
            elif chance < 0.8:
                self.talk(story, at)
                at = self.later(at, 6, 28)
            else:
                self.miss(story, at)
                at = self.later(at, 3, 15)

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
