"""Leads worked as agreed: most of an account. Nothing may be found on them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from connector.sandbox.history import MeetingOutcome
from connector.sandbox.stage import DAYS, HOUR, MARGIN, Stage
from connector.sandbox.story import Story

DAY: Final = timedelta(days=1)
#: Six calls and five e-mails are agreed within fifteen days; younger leads are still on their way there.
CADENCE: Final = 15 * DAY


def sold(stage: Stage) -> None:
    """Reached, visited, sold."""
    story, at = _reached(stage, "sold", timedelta(days=DAYS), 14 * DAY)
    meeting = stage.later(at, 6, 20)
    closed = stage.later(meeting, 3, 18)
    story.meet(meeting, booked_at=at + timedelta(minutes=11), outcome=MeetingOutcome.HELD)
    stage.write(story, meeting + timedelta(hours=2))
    story.close(closed, is_won=True)


def no_buyer(stage: Stage) -> None:
    """Reached or not, and found to be no buyer."""
    received = stage.arrival(timedelta(days=DAYS), 8 * DAY)
    story = stage.lead("no_buyer", received)
    at = stage.soon(received)
    closed = stage.later(at, 6, 35)
    if stage.dice.random() < 0.5:
        stage.chase(story, at, stop=closed)
    else:
        stage.converse(story, at, stop=closed)
    story.close(max(closed, story.last_at + timedelta(minutes=20)), is_won=False)
    if stage.dice.random() < 0.3:
        stage.aside(story, max(closed, story.last_at) + timedelta(hours=1))


def in_conversation(stage: Stage) -> None:
    """Reached, and spoken with every few days since."""
    _reached(stage, "in_conversation", timedelta(days=DAYS - 8), 2 * timedelta(hours=1), goes_on=True)


def being_tried(stage: Stage) -> None:
    """Not reached yet, tried again and again."""
    received = stage.arrival(CADENCE - timedelta(hours=10), timedelta(hours=1), stage.is_answerable)
    story = stage.lead("being_tried", received)
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


def plan_next(stage: Stage, story: Story) -> None:
    """A step in the future: a task or a meeting, days ahead."""
    made = story.last_at + timedelta(minutes=15)
    due = stage.hours.after(stage.until + DAY, stage.dice.randint(HOUR, 60 * HOUR))
    if stage.dice.random() < 0.6:
        story.task(made, due, "Call again when the quote for the roof is in")
    else:
        story.meet(due, booked_at=made, outcome=MeetingOutcome.PLANNED)


def _reached(
    stage: Stage, kind: str, oldest: timedelta, youngest: timedelta, *, goes_on: bool = False
) -> tuple[Story, datetime]:
    """A lead that is spoken with at the first or second try. Returns it and when."""
    received = stage.arrival(oldest, youngest, stage.is_answerable)
    story = stage.lead(kind, received)
    at = stage.soon(received)
    if stage.dice.random() < 0.4:
        stage.miss(story, at)
        again = stage.later(at, 1, 12)
        if not stage.is_past(again):
            return story, at
        at = again
    if goes_on:
        stage.converse(story, at)
    else:
        stage.talk(story, at)
    return story, at


EVERYDAY: Final = (
    (sold, 16),
    (no_buyer, 24),
    (in_conversation, 22),
    (being_tried, 20),
    (next_step_planned, 10),
    (cadence_kept, 5),
    (just_arrived, 3),
)
