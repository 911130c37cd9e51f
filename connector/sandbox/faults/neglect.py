"""Never called, silent, overdue, stalled, handed over and dropped, left alone by who went."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from connector.sandbox.everyday import CADENCE, DAY
from connector.sandbox.faults.planting import (
    FRESH,
    SEQUENCE,
    SILENT,
    UNTOUCHED,
    Scenario,
    arrived_before,
    end_with_words,
    in_good_hands,
    old_enough,
    planted,
)
from connector.sandbox.history import CallResult, EditedField, Rep, Status
from connector.sandbox.people import respelt
from connector.sandbox.stage import DAYS, HOUR, Stage


def untouched(stage: Stage) -> None:
    """RT002, NC001 and NC004: nothing was done."""
    story = stage.lead("untouched", stage.arrival_by_hours(*UNTOUCHED))
    planted(story, "RT002", "NC001", "NC004", note="no attempt at all for more than a working day")


def robot_only(stage: Stage) -> None:
    """RT002, NC001 and NC004: a sequence writes, nobody else does."""
    received = stage.arrival_by_hours(*UNTOUCHED)
    story = stage.lead("robot_only", received)
    for minute in (1, 200, 480):
        story.write(received + timedelta(minutes=minute), subject="Still interested?", by=SEQUENCE)
    planted(story, "RT002", "NC001", "NC004", note="automated e-mails count as no attempt")


def busy_looking(stage: Stage) -> None:
    """RT002, NC001 and AG001: notes, a done task and a status that claims an attempt, but nobody tried."""
    received = stage.arrival_by_hours(*UNTOUCHED)
    story = stage.lead("busy_looking", received)
    at = stage.later(received, 0.2, 3)
    story.note_down(at, "Will look into it.")
    story.stand(Status.ATTEMPTED, at + timedelta(minutes=1))
    story.task(at, at + timedelta(hours=2), "Call back", done_at=at + timedelta(minutes=50))
    story.edit(EditedField.PHONE, story.person.phone, received, story.arrived_by)
    story.edit(EditedField.PHONE, respelt(story.person.phone), at + timedelta(minutes=55))
    planted(story, "RT002", "NC001", "AG001", note="a status flip, a note, an edit and a ticked task are no attempt")


def called_before_it_came(stage: Stage) -> None:
    """RT002, NC001 and NC004: the only call lies before the lead."""
    received = stage.arrival_by_hours(*UNTOUCHED)
    story = stage.lead("called_before_it_came", received)
    story.call(received - timedelta(days=2, minutes=stage.dice.randint(0, 300)), CallResult.CONNECTED, 95)
    planted(story, "RT002", "NC001", "NC004", note="a call before the lead arrived answers an older matter")


def written_to_never_called(stage: Stage) -> None:
    """NC001: answered by e-mail in time, never called; after four letters FU007, too."""
    received = stage.arrival(FRESH, timedelta(hours=20), lambda at: stage.waited_s(at) > 11 * HOUR)
    story = stage.lead("written_to_never_called", received)
    at, letters = stage.soon(received), 0
    while stage.is_past(at):
        stage.write(story, at)
        letters += 1
        at = stage.later(at, 8, 28)
    one_channel = ("FU007",) if letters > 3 else ()
    planted(story, "NC001", *one_channel, note=f"{letters} e-mails, but nobody called the number given")


def forgotten(stage: Stage) -> None:
    """Everything at once: weeks without any attempt."""
    received = stage.arrival(timedelta(days=DAYS - 3), CADENCE + 2 * DAY)
    story = stage.lead("forgotten", received)
    if stage.dice.random() < 0.5:
        story.note_down(received + timedelta(days=6), "Ask Dana about this one.")
    rules = ("RT002", "NC001", "NC002", "NC004", "FU001")
    planted(story, *rules, note="no attempt in more than the 15 days of the cadence")


def fell_silent(stage: Stage) -> None:
    """NC002: spoken with, then nothing, and nothing planned."""
    received, last = old_enough(stage, SILENT)
    story = stage.lead("fell_silent", received)
    stage.talk(story, stage.soon(received))
    stage.keep_in_touch(story, stage.later(story.last_at, 4, 20), stop=last)
    end_with_words(stage, story, last)
    if stage.dice.random() < 0.5:
        due = story.last_at + DAY
        story.task(story.last_at + timedelta(minutes=2), due, "Send the offer", done_at=due)
    planted(story, "NC002", note="spoken with, silent for more than forty working hours, no step planned")


def silent_behind_overdue_task(stage: Stage) -> None:
    """NC002 and NC003: the task that should have woken somebody is overdue."""
    received, last = old_enough(stage, SILENT)
    story = stage.lead("silent_behind_overdue_task", received)
    stage.talk(story, stage.soon(received))
    stage.keep_in_touch(story, stage.later(story.last_at, 4, 20), stop=last)
    end_with_words(stage, story, last)
    story.task(story.last_at + timedelta(minutes=2), story.last_at + 2 * DAY, "Call again")
    planted(story, "NC002", "NC003", note="an overdue task is no next step")


def overdue_task(stage: Stage) -> None:
    """NC003: spoken with, but what was promised for a day is not done."""
    story = in_good_hands(stage, "overdue_task", youngest=6 * DAY)
    due = stage.arrival_by_hours(10 * HOUR, 26 * HOUR)
    story.task(stage.hours.before(due, 2 * HOUR), due, "Send the offer with storage")
    planted(story, "NC003", note="a task is overdue for 10 to 26 working hours")


def stuck_in_its_stage(stage: Stage) -> None:
    """NC004: spoken with for seven weeks, and still where others are for hours."""
    received = stage.arrival(59 * DAY, 53 * DAY)
    story = stage.lead("stuck_in_its_stage", received)
    at = stage.soon(received)
    stage.talk(story, at)
    stage.keep_in_touch(story, stage.later(at, 4, 20))
    story.is_stuck = True
    planted(story, "NC004", note="connected, says the status, for more than seven weeks")


def handed_over_and_dropped(stage: Stage) -> None:
    """NC005: the new owner has not said a word."""
    given = stage.arrival_by_hours(12 * HOUR, 32 * HOUR)
    story = stage.lead("handed_over_and_dropped", arrived_before(stage, given))
    stage.converse(story, stage.soon(story.received_at), stop=stage.hours.before(given, 4 * HOUR))
    end_with_words(stage, story, stage.hours.before(given, HOUR))
    at = max(given, story.last_at + timedelta(minutes=30))
    story.hand_to(stage.dice.choice([rep for rep in stage.reps if rep is not story.rep]), at)
    planted(story, "NC005", note="handed over 12 to 32 working hours ago, and nobody tried since")


def left_by_who_went(stage: Stage) -> None:
    """NC006: its owner left the firm; nobody took it over."""
    _left_alone(stage, "left_by_who_went", stage.gone)


def left_for_the_holiday(stage: Stage) -> None:
    """NC006: its owner is away, and nobody stands in."""
    _left_alone(stage, "left_for_the_holiday", stage.absent)


def _left_alone(stage: Stage, kind: str, rep: Rep) -> None:
    went = rep.left_at or (rep.away or (stage.until,))[0]
    last = stage.hours.before(went, stage.dice.randint(HOUR, 4 * HOUR))
    story = stage.lead(kind, arrived_before(stage, last), rep=rep)
    stage.converse(story, stage.soon(story.received_at), stop=stage.hours.before(last, 4 * HOUR))
    end_with_words(stage, story, last)
    planted(story, "NC006", note=f"{rep.first_name} went, and nobody tried since")
    story.reasons = {"NC006": "owner_absent" if rep.left_at is None else "owner_left"}


SCENARIOS: Final[tuple[tuple[Scenario, int], ...]] = (
    (untouched, 4),
    (robot_only, 2),
    (busy_looking, 2),
    (called_before_it_came, 2),
    (written_to_never_called, 2),
    (forgotten, 3),
    (fell_silent, 3),
    (silent_behind_overdue_task, 2),
    (overdue_task, 3),
    (stuck_in_its_stage, 3),
    (handed_over_and_dropped, 4),
    (left_by_who_went, 2),
    (left_for_the_holiday, 2),
)
