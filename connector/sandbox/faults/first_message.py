"""Letters that everybody gets, questions without an answer, numbers that nobody asked for."""

from __future__ import annotations

from typing import Final

from connector.sandbox.everyday import DAY
from connector.sandbox.faults.planting import FRESH, Scenario, planted
from connector.sandbox.stage import HOUR, Stage

#: So many leads get the same letter: twins of at least five others each.
ALIKE: Final = 6


def same_letter(stage: Stage) -> None:
    """FM001 on each of several leads: the first letter is the one that everybody gets."""
    for _ in range(ALIKE):
        received = stage.arrival(27 * DAY, 3 * DAY, stage.is_answerable)
        story = stage.lead("same_letter", received)
        at = stage.soon(received)
        story.write_alike(at)
        stage.converse(story, stage.later(at, 1, 5))
        planted(story, "FM001", note="a letter without a word on this person or this house")


def question_ignored(stage: Stage) -> None:
    """FM002: the person asked something; for a day, there were only calls in vain."""
    received = stage.arrival(30 * DAY, 4 * DAY)
    story = stage.lead("question_ignored", received, asks=True)
    at = stage.soon(received)
    stage.miss(story, at)
    stage.miss(story, stage.later(at, 2, 4))
    answered = stage.later(at, 10, 14)
    stage.write(story, answered)
    stage.converse(story, stage.later(answered, 4, 10))
    planted(story, "FM002", note="the question was answered after more than a working day")


def number_never_asked(stage: Stage) -> None:
    """FM003: no phone number, and no letter asks for one."""
    received = stage.arrival(FRESH, 4 * DAY, lambda at: stage.waited_s(at) > 30 * HOUR)
    story = stage.lead("number_never_asked", received)
    story.phone = ""
    at = stage.soon(received)
    while stage.is_past(at):
        stage.write(story, at)
        at = stage.later(at, 8, 20)
    planted(story, "FM003", note="several letters, and none asks for a number")


SCENARIOS: Final[tuple[tuple[Scenario, int], ...]] = (
    (same_letter, 1),
    (question_ignored, 4),
    (number_never_asked, 4),
)
