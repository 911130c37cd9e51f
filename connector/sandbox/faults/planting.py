"""What the planted faults share: spans that break one rule and spare the next, and ways in which a lead goes on."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from connector.sandbox.everyday import CADENCE, DAY
from connector.sandbox.history import By, Door
from connector.sandbox.people import Person
from connector.sandbox.stage import DAYS, HOUR, Stage
from connector.sandbox.story import Story

Scenario = Callable[[Stage], None]

#: Open seconds for which a lead may stay untouched before it counts as never called, less the margin of 3 hours.
UNCALLED_MOST: Final = int(4.5 * HOUR)
#: More than the hour to which what is usual is rounded up.
UNANSWERED_LEAST: Final = 70 * 60
#: Long enough to be never called, too short (with the margin) to be silent for forty hours.
UNTOUCHED: Final = (10 * HOUR, 34 * HOUR)
#: Long enough after a failed attempt to be dropped, too short to be a gap of 32 hours or silence.
DROPPED: Final = (int(25.5 * HOUR), int(28.5 * HOUR))
SILENT: Final = (46 * HOUR, 200 * HOUR)
#: Spoken with so long ago: nothing is silent yet, nor will it be while one looks.
LATELY: Final = (11 * HOUR, 33 * HOUR)
ROBOT: Final = By(Door.AUTOMATION, "Welcome workflow")
SEQUENCE: Final = By(Door.SEQUENCE, "New lead sequence")
#: Younger than the fifteen days of the cadence, also in three hours.
FRESH: Final = CADENCE - timedelta(hours=10)


def planted(story: Story, *rules: str, note: str) -> Story:
    """From now on exactly these rules must be found on it."""
    story.rules = frozenset(rules)
    story.note = note
    return story


def old_enough(stage: Stage, silent: tuple[int, int]) -> tuple[datetime, datetime]:
    """When a lead came and when it was last spoken with, so many open seconds before now."""
    last = stage.arrival_by_hours(*silent)
    return arrived_before(stage, last), last


def arrived_before(stage: Stage, last: datetime) -> datetime:
    """When a lead came that was last spoken with at `last`: a day to two weeks before."""
    oldest = min(timedelta(days=DAYS), stage.until - last + 15 * DAY)
    return stage.arrival(oldest, stage.until - last + DAY, lambda at: stage.hours.open_s(at, last) > 2 * HOUR)


def end_with_words(stage: Stage, story: Story, last: datetime) -> None:
    """The last touch is a conversation, at or a little after `last`."""
    stage.talk(story, max(last, story.last_at + timedelta(minutes=15)))


def in_good_hands(stage: Stage, kind: str, *, youngest: timedelta = 4 * DAY, oldest: timedelta = 30 * DAY) -> Story:
    """A lead that was tried in time and is spoken with ever since: what is planted beside stands alone."""
    received = stage.arrival(oldest, youngest, stage.is_answerable)
    story = stage.lead(kind, received)
    stage.converse(story, stage.soon(received))
    return story


def worked(stage: Stage, kind: str, received: datetime, *, is_won: bool, person: Person | None = None) -> Story:
    """Spoken with for a day or so, then closed."""
    story = stage.lead(kind, received, person)
    at = stage.soon(received)
    stage.converse(story, at, stop=stage.later(at, 5, 12))
    end = story.last_at + timedelta(minutes=40)
    if is_won:
        stage.sell(story, end)
    else:
        story.close(end, is_won=False)
    return story


def tried_and_discarded(stage: Stage, kind: str) -> Story:
    """Called once, then found to be nothing."""
    received = stage.arrival(timedelta(days=DAYS), 4 * DAY)
    story = stage.lead(kind, received)
    at = stage.soon(received)
    stage.miss(story, at)
    story.close(at + timedelta(minutes=stage.dice.randint(6, 90)), is_won=False)
    return story
