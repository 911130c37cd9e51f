"""Leads worked as agreed: most of an account. Nothing may be found on them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from connector.sandbox.history import DealPerson, MeetingOutcome, Role, Status
from connector.sandbox.stage import DAYS, HOUR, MARGIN, Stage
from connector.sandbox.story import Story

DAY: Final = timedelta(days=1)
#: Six calls and five e-mails are agreed within fifteen days; younger leads are still on their way there.
CADENCE: Final = 15 * DAY


def sold(stage: Stage) -> None:
    """Reached, visited, sold within days."""
    story, at = _reached(stage, "sold", timedelta(days=DAYS), 14 * DAY)
    story.convert(at + timedelta(minutes=10))
    meeting = stage.later(at, 6, 20)
    closed = stage.later(meeting, 3, 18)
    story.meet(meeting, booked_at=at + timedelta(minutes=11), outcome=MeetingOutcome.HELD)
    stage.write(story, meeting + timedelta(hours=2))
    stage.sell(story, closed)


def sold_slowly(stage: Stage) -> None:
    """Reached, then thought about for weeks, with ten days in which nobody spoke, and sold in the sixth week."""
    received = stage.arrival(timedelta(days=DAYS - 1), timedelta(days=DAYS - 8))
    story = stage.lead("sold_slowly", received)
    at = stage.soon(received)
    stage.talk(story, at)
    story.convert(at + timedelta(minutes=10))
    first = stage.later(at, 2, 10)
    stage.write(story, first)
    stage.keep_in_touch(story, stage.later(first, 5, 20), at + stage.dice.randint(4, 12) * DAY)
    again = stage.hours.after(story.last_at + 10 * DAY, stage.dice.randint(HOUR, 3 * HOUR))
    stage.talk(story, again)
    closed = stage.hours.after(at + stage.dice.randint(38, 42) * DAY, stage.dice.randint(HOUR, 6 * HOUR))
    stage.keep_in_touch(story, stage.later(again, 4, 20), closed - DAY)
    stage.sell(story, max(closed, story.last_at + timedelta(hours=2)))


def no_buyer(stage: Stage) -> None:
    """Reached at once or late, and found to be no buyer."""
    received = stage.arrival(timedelta(days=DAYS), 8 * DAY)
    story = stage.lead("no_buyer", received, asks=stage.dice.random() < 0.2)
    at = stage.soon(received)
    closed = stage.later(at, 6, 35)
    if stage.dice.random() < 0.5:
        stage.chase(story, at, stop=closed)
        stage.talk(story, stage.later(story.last_at, 2, 8))
    else:
        stage.converse(story, at, stop=closed)
    story.close(max(closed, story.last_at + timedelta(minutes=20)), is_won=False)
    if stage.dice.random() < 0.3:
        stage.aside(story, max(closed, story.last_at) + timedelta(hours=1))


def lost(stage: Stage) -> None:
    """Spoken with, but somebody else got the order; at times one comes back to them on an agreed day."""
    received = stage.arrival(timedelta(days=DAYS), 9 * DAY)
    story = stage.lead("lost", received)
    at = stage.soon(received)
    stage.converse(story, at, stop=stage.later(at, 10, 30))
    closed = story.last_at + timedelta(minutes=30)
    story.close(closed, is_won=False, status=Status.LOST)
    if stage.dice.random() < 0.5:
        return
    day = stage.hours.day_of(closed + stage.dice.randint(3, 40) * DAY)
    story.recontact_on = day
    again = stage.hours.after(stage.hours.local(day, 0), stage.dice.randint(HOUR // 4, 4 * HOUR))
    if stage.is_past(again):
        stage.write(story, again)
    elif again < stage.until + timedelta(hours=8):
        # It would fall due while one looks.
        story.recontact_on = day + 4 * DAY


def gave_up_at_last(stage: Stage) -> None:
    """Never reached, tried as often as agreed and for as long, then given up."""
    received = stage.arrival(timedelta(days=DAYS), 20 * DAY)
    story = stage.lead("gave_up_at_last", received)
    end = received + CADENCE + DAY
    stage.chase(story, stage.soon(received), stop=end, gap_h=(3, 6))
    closed = stage.hours.after(end, stage.dice.randint(HOUR, 12 * HOUR))
    story.close(max(closed, story.last_at + timedelta(minutes=20)), is_won=False, status=Status.LOST)


def in_conversation(stage: Stage) -> None:
    """Reached, and spoken with every few days since."""
    asks = stage.dice.random() < 0.3
    _reached(stage, "in_conversation", timedelta(days=DAYS - 8), 2 * timedelta(hours=1), goes_on=True, asks=asks)


def being_tried(stage: Stage) -> None:
    """Not reached yet, tried again and again."""
    received = stage.arrival(CADENCE - timedelta(hours=10), timedelta(hours=1), stage.is_answerable)
    story = stage.lead("being_tried", received, asks=stage.dice.random() < 0.3)
    stage.chase(story, stage.soon(received))
    if stage.dice.random() < 0.3:
        stage.aside(story, story.last_at + timedelta(minutes=9))


def next_step_planned(stage: Stage) -> None:
    """Spoken with long ago, and the next step stands in the diary."""
    received = stage.arrival(timedelta(days=DAYS - 2), 12 * DAY)
    story = stage.lead("next_step_planned", received)
    at = stage.soon(received)
    stage.talk(story, at)
    if stage.dice.random() < 0.5:
        stage.write(story, stage.later(at, 0.5, 3))
    plan_next(stage, story)


def cadence_kept(stage: Stage) -> None:
    """Never reached, but tried as often as agreed and more, and tried again of late."""
    received = stage.arrival(24 * DAY, CADENCE + 3 * DAY)
    story = stage.lead("cadence_kept", received)
    at = stage.soon(received)
    stage.chase(story, at, stop=received + CADENCE - DAY, gap_h=(3, 5))
    stage.chase(story, stage.later(story.last_at, 4, 12))


def just_arrived(stage: Stage) -> None:
    """Came in outside office hours, so that nothing is due yet; in office hours it is one answered at once."""
    asleep = stage.hours.open_s(stage.until, stage.until + MARGIN) == 0
    if not asleep:
        being_tried(stage)
        return
    received = stage.until - timedelta(minutes=stage.dice.randint(4, 40))
    if stage.waited_s(received):
        being_tried(stage)
        return
    stage.lead("just_arrived", received)


def called_when_wished(stage: Stage) -> None:
    """Said from when on a call is welcome, at or after the opening of the office, and was called then."""
    received = stage.arrival(
        timedelta(days=DAYS - 8), 2 * DAY, lambda at: not stage.hours.is_open(at) and stage.is_answerable(at)
    )
    story = stage.lead("called_when_wished", received)
    wished = stage.hours.after(received, stage.dice.randint(2, 14) * 60)
    story.preferred_at = wished
    stage.converse(story, wished + timedelta(seconds=stage.dice.randint(60, 11 * 60)))


def two_at_the_firm(stage: Stage) -> None:
    """A large purchase: two people of one firm enquired, both are spoken with, and one of them decides."""
    received = stage.arrival(timedelta(days=28), 6 * DAY)
    first = stage.lead("two_at_the_firm", received)
    at = stage.soon(received)
    stage.talk(first, at)
    first.convert(at + timedelta(minutes=10))
    stage.keep_in_touch(first, stage.later(at, 3, 20))
    second = stage.lead("two_at_the_firm", received + timedelta(hours=stage.dice.randint(2, 30)))
    at = stage.soon(second.received_at)
    stage.talk(second, at)
    stage.keep_in_touch(second, stage.later(at, 3, 20))
    first.company = second.company = first.company or stage.crowd.company()
    first.amount_minor = stage.dice.randint(18_000, 90_000) * 100
    first.role = stage.dice.choice((Role.DECIDER, Role.USER))
    first.others.append(DealPerson(second.ref, Role.DECIDER))


def without_phone(stage: Stage) -> None:
    """Gave an e-mail address alone; asked for a number, and written to again and again."""
    received = stage.arrival(CADENCE - timedelta(hours=10), DAY, stage.is_answerable)
    story = stage.lead("without_phone", received)
    story.phone = ""
    at = stage.soon(received)
    while stage.is_past(at):
        stage.write(story, at, asks_phone=True)
        at = stage.later(at, 8, 20)


def plan_next(stage: Stage, story: Story) -> None:
    """A step in the future: a task or a meeting, days ahead."""
    made = story.last_at + timedelta(minutes=15)
    due = stage.hours.after(stage.until + DAY, stage.dice.randint(HOUR, 60 * HOUR))
    if stage.dice.random() < 0.6:
        story.task(made, due, "Call again when the quote for the roof is in")
    else:
        story.meet(due, booked_at=made, outcome=MeetingOutcome.PLANNED)


def _reached(
    stage: Stage,
    kind: str,
    oldest: timedelta,
    youngest: timedelta,
    *,
    goes_on: bool = False,
    asks: bool = False,
) -> tuple[Story, datetime]:
    """A lead that is spoken with at the first or second try. Returns it and when."""
    received = stage.arrival(oldest, youngest, stage.is_answerable)
    story = stage.lead(kind, received, asks=asks)
    at = stage.soon(received)
    if stage.dice.random() < 0.4:
        stage.miss(story, at)
        again = stage.later(at, 1, 6)
        if not stage.is_past(again):
            return story, at
        at = again
    if goes_on:
        stage.converse(story, at)
    else:
        stage.talk(story, at)
    return story, at


EVERYDAY: Final = (
    (sold, 14),
    (sold_slowly, 10),
    (no_buyer, 14),
    (lost, 6),
    (gave_up_at_last, 6),
    (in_conversation, 18),
    (being_tried, 14),
    (next_step_planned, 8),
    (cadence_kept, 4),
    (just_arrived, 2),
    (called_when_wished, 4),
    (two_at_the_firm, 3),
    (without_phone, 3),
)
