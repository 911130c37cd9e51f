"""Too few attempts, dropped, too narrow, too far apart, given up too early, without leave, not cared for after."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from connector.sandbox.everyday import CADENCE, DAY
from connector.sandbox.faults.planting import DROPPED, FRESH, Scenario, in_good_hands, planted
from connector.sandbox.history import Status
from connector.sandbox.stage import DAYS, HOUR, Stage
from connector.sandbox.story import Story


def too_few_attempts(stage: Stage) -> None:
    """FU001: tried now and then, less often than agreed."""
    received = stage.arrival(26 * DAY, CADENCE + DAY)
    story = stage.lead("too_few_attempts", received)
    stage.chase(story, stage.soon(received), gap_h=(15, 19))
    planted(story, "FU001", note="an attempt every second day: not six calls and five e-mails in 15 days")


def always_in_the_afternoon(stage: Stage) -> None:
    """FU001: as often as agreed and longer, but every call lies between two and five o'clock."""
    received = stage.arrival(26 * DAY, CADENCE + 3 * DAY)
    story = stage.lead("always_in_the_afternoon", received)
    at = stage.soon(received)
    stage.write(story, at)
    # Two hours a day in turn: who calls at one alone has another habit, which FU003 names.
    day, hours = stage.hours.day_of(at), stage.dice.sample((14, 15, 16), 2)
    while stage.is_past(call := stage.hours.local(day, hours[story.calls % 2], stage.dice.randint(18, 40))):
        if call > at and stage.hours.is_open(call):
            stage.miss(story, call)
            if stage.is_past(letter := stage.later(call, 3, 7)):
                stage.write(story, letter)
        day += DAY
    planted(story, "FU001", note=f"{story.calls} calls in vain, none of them in the morning")


def too_few_and_dropped(stage: Stage) -> None:
    """FU001 and FU002: tried a few times, then dropped after a missed call."""
    received = stage.arrival(24 * DAY, CADENCE + 2 * DAY)
    story = stage.lead("too_few_and_dropped", received)
    last = stage.arrival_by_hours(*DROPPED)
    stage.chase(story, stage.soon(received), stop=stage.hours.before(last, 2 * HOUR), gap_h=(17, 20))
    stage.miss(story, _elsewhen(stage, story, last))
    planted(story, "FU001", "FU002", note="few attempts in 15 days, and none after the last missed call")


def dropped_after_a_miss(stage: Stage) -> None:
    """FU002: nobody tried again after the last missed call."""
    last = stage.arrival_by_hours(*DROPPED)
    received = stage.arrival(
        FRESH, stage.until - last + timedelta(hours=3), lambda at: stage.hours.open_s(at, last) > HOUR
    )
    story = stage.lead("dropped_after_a_miss", received)
    stage.chase(story, stage.soon(received), stop=stage.hours.before(last, 20 * 60))
    stage.miss(story, _elsewhen(stage, story, last))
    planted(story, "FU002", note="the last attempt failed more than 24 working hours ago")


def dropped_and_silent(stage: Stage) -> None:
    """FU002 and NC002: the same, for longer."""
    last = stage.arrival_by_hours(45 * HOUR, 55 * HOUR)
    received = stage.arrival(
        FRESH, stage.until - last + timedelta(hours=3), lambda at: stage.hours.open_s(at, last) > HOUR
    )
    story = stage.lead("dropped_and_silent", received)
    stage.chase(story, stage.soon(received), stop=stage.hours.before(last, 20 * 60))
    stage.miss(story, _elsewhen(stage, story, last))
    planted(story, "FU002", "NC002", note="the last attempt failed, and then silence for forty working hours")


def always_at_ten(stage: Stage) -> None:
    """FU003: called day after day at the same hour, in vain."""
    received = stage.arrival(FRESH, 6 * DAY, lambda at: stage.waited_s(at) > 40 * HOUR)
    story = stage.lead("always_at_ten", received)
    stage.write(story, stage.soon(received))
    hour = stage.dice.randint(10, 16)
    # The first call falls into the first seven working hours, as a call is due then.
    first = stage.hours.after(received, 40 * 60)
    day = stage.hours.day_of(first)
    if stage.hours.local(day, hour, 2) < first:
        hour = min(17, first.astimezone(stage.hours.zone).hour + 1)
        if stage.hours.local(day, hour, 2) < first or not stage.hours.is_open(stage.hours.local(day, hour, 2)):
            day, hour = day + DAY, 10
    while not stage.hours.is_open(stage.hours.local(day, hour)):
        day += DAY
    calls = 0
    while stage.is_past(at := stage.hours.local(day, hour, stage.dice.randint(20, 40))):
        if stage.hours.is_open(at):
            stage.miss(story, at)
            calls += 1
            if calls % 2 == 0 and stage.is_past(letter := stage.later(at, 2, 5)):
                stage.write(story, letter)
        day += DAY
    planted(story, "FU003", note=f"{calls} calls, all at {hour} o'clock")


def long_gap(stage: Stage) -> None:
    """FU004: a week of working time between two attempts of a series that still ran."""
    received = stage.arrival(FRESH, 9 * DAY, lambda at: stage.waited_s(at) > 52 * HOUR)
    story = stage.lead("long_gap", received)
    at = stage.soon(received)
    stage.miss(story, at)
    letter = stage.later(at, 3, 6)
    stage.write(story, letter)
    stage.chase(story, stage.later(letter, 34, 38))
    planted(story, "FU004", note="34 to 38 working hours between the second attempt and the third")


def given_up_early(stage: Stage) -> None:
    """FU005: lost after two or three attempts, never reached."""
    received = stage.arrival(timedelta(days=DAYS), 7 * DAY)
    story = stage.lead("given_up_early", received)
    at = stage.soon(received)
    stage.chase(story, at, stop=stage.later(at, 6, 16))
    closed = stage.later(story.last_at, 1, 9)
    story.close(closed, is_won=False, status=Status.LOST)
    planted(story, "FU005", note="given up as lost within days, after a few attempts that reached nobody")


def not_come_back_to(stage: Stage) -> None:
    """FU006: lost, with a day agreed for coming back, which passed."""
    day = stage.hours.day_of(stage.arrival_by_hours(28 * HOUR, 90 * HOUR))
    received = stage.arrival(timedelta(days=DAYS), stage.until - stage.hours.local(day, 9) + 12 * DAY)
    story = stage.lead("not_come_back_to", received)
    at = stage.soon(received)
    stage.converse(story, at, stop=stage.later(at, 10, 30))
    story.close(story.last_at + timedelta(hours=1), is_won=False, status=Status.LOST)
    story.recontact_on = day
    planted(story, "FU006", note=f"to be asked again from {day} on, and nobody did")


def only_calls(stage: Stage) -> None:
    """FU007: called again and again, never written to."""
    received = stage.arrival(FRESH, 8 * DAY, lambda at: stage.waited_s(at) > 46 * HOUR)
    story = stage.lead("only_calls", received)
    at = stage.soon(received)
    while stage.is_past(at):
        stage.miss(story, at)
        at = stage.another_hour(story, stage.later(at, 8, 12))
    planted(story, "FU007", note=f"{story.calls} calls in vain, and no letter to the address given")


def called_without_leave(stage: Stage) -> None:
    """FU008: said no to calls, and was called."""
    story = in_good_hands(stage, "called_without_leave")
    story.has_call_consent = False
    planted(story, "FU008", note="called although the person gave no leave")


def sold_and_forgotten(stage: Stage) -> None:
    """FU009: sold, and nobody asked afterwards how it goes."""
    received = stage.arrival(timedelta(days=DAYS), 26 * DAY)
    story = stage.lead("sold_and_forgotten", received)
    at = stage.soon(received)
    stage.converse(story, at, stop=stage.later(at, 14, 40))
    stage.sell(story, story.last_at + timedelta(hours=1), is_cared_for=False)
    planted(story, "FU009", note="nothing within fourteen days after the sale")


def _elsewhen(stage: Stage, story: Story, at: datetime) -> datetime:
    """`at`, or an hour before, so that not all calls fall into one hour of the day."""
    is_narrow = story.calls > 1 and stage.call_hours(story) == {stage.hour(at)}
    return stage.hours.before(at, HOUR) if is_narrow else at


SCENARIOS: Final[tuple[tuple[Scenario, int], ...]] = (
    (too_few_attempts, 4),
    (always_in_the_afternoon, 3),
    (too_few_and_dropped, 2),
    (dropped_after_a_miss, 4),
    (dropped_and_silent, 3),
    (always_at_ten, 4),
    (long_gap, 4),
    (given_up_early, 4),
    (not_come_back_to, 4),
    (only_calls, 4),
    (called_without_leave, 4),
    (sold_and_forgotten, 4),
)
