"""What makes a figure look good and does nothing for the lead: claimed, padded, back-dated, parked, ticked off."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from connector.sandbox.everyday import DAY
from connector.sandbox.faults.planting import (
    SILENT,
    Scenario,
    arrived_before,
    end_with_words,
    in_good_hands,
    old_enough,
    planted,
)
from connector.sandbox.history import By, CallResult, Door, EditedField, Rep, Status
from connector.sandbox.stage import DAYS, HOUR, Stage
from connector.sandbox.story import Story

#: So many leads of one rep get the same treatment in one minute.
TOGETHER: Final = 6


def claimed_contact(stage: Stage) -> None:
    """AG001: the status says attempted, hours before anybody tried."""
    received = stage.arrival(30 * DAY, 4 * DAY, stage.is_answerable)
    story = stage.lead("claimed_contact", received)
    at = stage.soon(received)
    stage.write(story, at)
    story.stand(Status.CONNECTED, stage.hours.after(at, stage.dice.randint(40 * 60, 80 * 60)))
    stage.converse(story, stage.later(at, 2, 5))
    planted(story, "AG001", note="connected, says the status, half an hour and more away from any attempt")


def seconds_of_talk(stage: Stage) -> None:
    """AG002: a conversation of a few seconds."""
    story = in_good_hands(stage, "seconds_of_talk")
    at = _between(stage, story)
    story.call(at, CallResult.CONNECTED, stage.dice.randint(3, 14))
    planted(story, "AG002", note="a call of some seconds that claims to have reached the person")


def logged_days_later(stage: Stage) -> None:
    """AG002: a call that is said to have been made days before it was noted."""
    story = in_good_hands(stage, "logged_days_later", youngest=8 * DAY)
    at = stage.hours.after(story.received_at + 2 * DAY, HOUR)
    recorded = at + timedelta(hours=stage.dice.randint(28, 100))
    story.call(at, CallResult.NO_ANSWER, 0, recorded_at=recorded)
    planted(story, "AG002", note="a call noted 28 to 100 hours after it is said to have been made")


def calls_by_the_dozen(stage: Stage) -> None:
    """AG002 on each of several leads: one rep notes a call on all of them within seconds."""
    rep, minute = stage.busy_minute(3 * HOUR, 30 * HOUR)
    for number, story in enumerate(_of_one_rep(stage, "calls_by_the_dozen", rep, minute)):
        recorded = minute + timedelta(seconds=3 * number)
        story.call(recorded - timedelta(minutes=9), CallResult.NO_ANSWER, 0, recorded_at=recorded)
        planted(story, "AG002", note=f"one of {TOGETHER} calls that were noted within half a minute")


def entered_for_last_week(stage: Stage) -> None:
    """AG003: a message that is said to have been sent more than a week before it was noted."""
    story = in_good_hands(stage, "entered_for_last_week", youngest=14 * DAY)
    at = stage.hours.after(story.received_at + DAY, HOUR)
    recorded = at + timedelta(hours=stage.dice.randint(8 * 24 + 6, 11 * 24))
    by = By(Door.HAND, rep_ref=None if story.rep is None else story.rep.ref)
    story.write(at, by=by, recorded_at=recorded)
    planted(story, "AG003", note="an e-mail entered by hand, dated more than a week back")


def parked_without_a_word(stage: Stage) -> None:
    """AG004: set to waiting for the lead, who was not asked for anything."""
    last = stage.arrival_by_hours(20 * HOUR, 34 * HOUR)
    story = stage.lead("parked_without_a_word", arrived_before(stage, last))
    stage.talk(story, stage.soon(story.received_at))
    stage.keep_in_touch(story, stage.later(story.last_at, 4, 20), stop=stage.hours.before(last, 3 * HOUR))
    end_with_words(stage, story, last)
    # A whole working day later and more: days without hours do not age a word.
    parked = stage.hours.after(story.last_at, stage.dice.randint(10 * HOUR, 12 * HOUR))
    story.stand(Status.WAITING, parked)
    planted(story, "AG004", note="waiting for the lead, to whom nobody had spoken for a day and more")


def touched_up(stage: Stage) -> None:
    """NC002 and AG005: silent for long, but the record looks fresh by a corrected field."""
    received, last = old_enough(stage, (SILENT[0] + 8 * HOUR, SILENT[1]))
    story = stage.lead("touched_up", received)
    stage.talk(story, stage.soon(received))
    stage.keep_in_touch(story, stage.later(story.last_at, 4, 20), stop=last)
    end_with_words(stage, story, last)
    story.edit(EditedField.CITY, f"{story.person.city} (centre)", stage.hours.after(story.last_at, 42 * HOUR))
    planted(story, "NC002", "AG005", note="an edit after forty silent working hours touches the record, not the lead")


def ticked_off_together(stage: Stage) -> None:
    """AG006 on each of several leads: one rep ticks off all tasks in one minute."""
    rep, minute = stage.busy_minute(3 * HOUR, 30 * HOUR)
    for number, story in enumerate(_of_one_rep(stage, "ticked_off_together", rep, minute)):
        done = minute + timedelta(seconds=3 * number)
        story.task(
            stage.hours.before(minute, 9 * HOUR), minute + timedelta(hours=1), "Ask how it stands", done_at=done
        )
        planted(story, "AG006", note=f"one of {TOGETHER} tasks that were ticked off within half a minute")


def discarded_untried(stage: Stage) -> None:
    """AG007: discarded the same day, and nobody had tried. No clock runs on it any more."""
    received = stage.arrival(timedelta(days=DAYS), DAY, lambda at: stage.waited_s(at) > 4 * HOUR)
    story = stage.lead("discarded_untried", received)
    story.close(stage.later(received, 0.2, 3), is_won=False)
    planted(story, "AG007", note="found to be no buyer by somebody who had neither called nor written")


def _of_one_rep(stage: Stage, kind: str, rep: Rep, minute: datetime) -> list[Story]:
    """Leads of one rep, spoken with days before `minute` and again hours after it, but not around it."""
    found: list[Story] = []
    for _ in range(TOGETHER):
        story = stage.lead(kind, arrived_before(stage, minute), rep=rep)
        stage.talk(story, stage.soon(story.received_at))
        stage.keep_in_touch(story, stage.later(story.last_at, 4, 20), stop=stage.hours.before(minute, 4 * HOUR))
        end_with_words(stage, story, stage.hours.before(minute, stage.dice.randint(HOUR, 3 * HOUR)))
        stage.keep_in_touch(story, stage.later(minute, 1, 24))
        found.append(story)
    return found


def _between(stage: Stage, story: Story) -> datetime:
    """A moment of office time a day or two after the lead came."""
    return stage.hours.after(story.received_at + DAY, stage.dice.randint(HOUR, 5 * HOUR))


SCENARIOS: Final[tuple[tuple[Scenario, int], ...]] = (
    (claimed_contact, 3),
    (seconds_of_talk, 2),
    (logged_days_later, 2),
    (calls_by_the_dozen, 1),
    (entered_for_last_week, 4),
    (parked_without_a_word, 4),
    (touched_up, 3),
    (ticked_off_together, 1),
    (discarded_untried, 4),
)
