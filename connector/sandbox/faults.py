"""Planted faults: each scenario makes leads and says the complete set of rules that must be found on them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from connector.sandbox.everyday import CADENCE, DAY
from connector.sandbox.history import By, CallResult, Door, EditedField, EmailStatus, Status
from connector.sandbox.people import respelt
from connector.sandbox.stage import DAYS, HOUR, Stage
from connector.sandbox.story import Story

#: Open seconds for which a lead may stay untouched before it counts as never called, less the margin of 3 hours.
UNCALLED_MOST: Final = int(4.5 * HOUR)
UNANSWERED_LEAST: Final = 50 * 60
#: Long enough to be never called, too short (with the margin) to be silent for forty hours.
UNTOUCHED: Final = (10 * HOUR, 34 * HOUR)
#: Long enough after a failed attempt to be dropped, too short to be silent.
DROPPED: Final = (26 * HOUR, 35 * HOUR)
SILENT: Final = (46 * HOUR, 200 * HOUR)
ROBOT: Final = By(Door.AUTOMATION, "Welcome workflow")
SEQUENCE: Final = By(Door.SEQUENCE, "New lead sequence")
FRESH: Final = CADENCE - timedelta(hours=10)

DISPOSABLE_DOMAINS: Final = (
    "mailinator.com",
    "guerrillamail.com",
    "10minutemail.com",
    "trashmail.com",
    "yopmail.com",
)
NO_NAMES: Final = (
    ("Test", "Test"),
    ("asdf", "asdf"),
    ("Xxx", "Xxx"),
    ("qwerty", "qwerty"),
    ("aaaa", "aaaa"),
    ("N/A", "N/A"),
)
NO_NUMBERS: Final = ("0000000000", "123", "+49 000 0000000", "+1 555", "999999", "+44 1")
NO_ADDRESSES: Final = ("{}@", "{}", "{}@localhost", "{}@@example.com", "{} at example.com", "{}@example..com")


def _planted(story: Story, *rules: str, note: str) -> Story:
    story.rules = frozenset(rules)
    story.note = note
    return story


# -- response


def late_first_call(stage: Stage) -> None:
    """RT001: the first call comes too late."""
    received = stage.arrival(FRESH, 5 * DAY)
    story = stage.lead("late_first_call", received)
    stage.converse(story, stage.later(received, 0.8, 6))
    _planted(story, "RT001", note="first attempt 48 min to 6 h of working time after the arrival")


def late_after_weekend(stage: Stage) -> None:
    """RT001: came at the weekend, called late on Monday."""
    received = stage.arrival(timedelta(days=DAYS), 9 * DAY, lambda at: at.astimezone(stage.hours.zone).weekday() > 4)
    story = stage.lead("late_after_weekend", received)
    at = stage.later(received, 1, 3)
    stage.converse(story, at, stop=at + 3 * DAY)
    story.close(story.last_at + timedelta(hours=1), is_won=True)
    _planted(story, "RT001", note="arrived at the weekend, first call an hour or more into Monday")


def late_behind_robot(stage: Stage) -> None:
    """RT001: a machine answered at once, a person late."""
    received = stage.arrival(timedelta(days=DAYS - 5), 6 * DAY)
    story = stage.lead("late_behind_robot", received)
    story.write(received + timedelta(seconds=40), "Thank you for your enquiry", by=ROBOT)
    stage.converse(story, stage.later(received, 2, 5))
    _planted(story, "RT001", note="an automated e-mail in the first minute is no attempt; the first call is late")


def late_and_discarded(stage: Stage) -> None:
    """RT001: called late, then found to be no buyer."""
    received = stage.arrival(timedelta(days=DAYS), 8 * DAY)
    story = stage.lead("late_and_discarded", received)
    stage.miss(story, stage.later(received, 1, 7))
    story.close(story.last_at + timedelta(hours=2), is_won=False)
    _planted(story, "RT001", note="closing a lead does not undo the late first attempt")


def unanswered(stage: Stage) -> None:
    """RT002: past its target, not yet given up."""
    story = stage.lead("unanswered", stage.arrival_by_hours(UNANSWERED_LEAST, UNCALLED_MOST))
    _planted(story, "RT002", note="no attempt for 50 min to 4.5 h of working time")


def unanswered_without_phone(stage: Stage) -> None:
    """RT002: gave an e-mail address alone, so that no call is due, and was not written to."""
    story = stage.lead("unanswered_without_phone", stage.arrival_by_hours(*UNTOUCHED))
    story.phone = ""
    _planted(story, "RT002", note="without a phone number no call is due, but an answer is")


def only_the_lead_called(stage: Stage) -> None:
    """RT002: the lead rang; nobody of ours ever did."""
    received = stage.arrival_by_hours(14 * HOUR, 30 * HOUR)
    story = stage.lead("only_the_lead_called", received)
    story.call(stage.later(received, 3, 5), CallResult.CONNECTED, 140, is_inbound=True)
    _planted(story, "RT002", note="a call from the lead is contact made, but no attempt of ours")


def bounced_and_left(stage: Stage) -> None:
    """RT002 and NC001: the only e-mail bounced."""
    received = stage.arrival_by_hours(*UNTOUCHED)
    story = stage.lead("bounced_and_left", received)
    story.write(stage.soon(received), "Your solar enquiry", status=EmailStatus.BOUNCED)
    _planted(story, "RT002", "NC001", note="a bounced e-mail did not take place")


# -- neglect


def untouched(stage: Stage) -> None:
    """RT002 and NC001: nothing was done."""
    story = stage.lead("untouched", stage.arrival_by_hours(*UNTOUCHED))
    _planted(story, "RT002", "NC001", note="no attempt at all for more than a working day")


def robot_only(stage: Stage) -> None:
    """RT002 and NC001: a sequence writes, nobody else does."""
    received = stage.arrival_by_hours(*UNTOUCHED)
    story = stage.lead("robot_only", received)
    for minute in (1, 200, 480):
        story.write(received + timedelta(minutes=minute), "Still interested?", by=SEQUENCE)
    _planted(story, "RT002", "NC001", note="automated e-mails count as no attempt")


def busy_looking(stage: Stage) -> None:
    """RT002 and NC001: notes, a done task and a flipped status, but nobody tried."""
    received = stage.arrival_by_hours(*UNTOUCHED)
    story = stage.lead("busy_looking", received)
    at = stage.later(received, 0.2, 3)
    story.note_down(at, "Will look into it.")
    story.stand(Status.ATTEMPTED, at + timedelta(minutes=1))
    story.task(at, at + timedelta(hours=2), "Call back", done_at=at + timedelta(minutes=50))
    story.edit(EditedField.PHONE, story.person.phone, received, story.arrived_by)
    story.edit(EditedField.PHONE, respelt(story.person.phone), at + timedelta(minutes=55))
    _planted(story, "RT002", "NC001", note="a status flip, a note, an edit and a ticked task are no attempt")


def called_before_it_came(stage: Stage) -> None:
    """RT002 and NC001: the only call lies before the lead."""
    received = stage.arrival_by_hours(*UNTOUCHED)
    story = stage.lead("called_before_it_came", received)
    story.call(received - timedelta(days=2, minutes=stage.dice.randint(0, 300)), CallResult.CONNECTED, 95)
    _planted(story, "RT002", "NC001", note="a call before the lead arrived answers an older matter")


def written_to_never_called(stage: Stage) -> None:
    """NC001: answered by e-mail in time, never called."""
    received = stage.arrival(FRESH, timedelta(hours=20), lambda at: stage.waited_s(at) > 11 * HOUR)
    story = stage.lead("written_to_never_called", received)
    at = stage.soon(received)
    while stage.is_past(at):
        stage.write(story, at)
        at = stage.later(at, 8, 28)
    _planted(story, "NC001", note="e-mails in time, but nobody called the number given")


def forgotten(stage: Stage) -> None:
    """Everything at once: weeks without any attempt."""
    received = stage.arrival(timedelta(days=DAYS - 3), CADENCE + 2 * DAY)
    story = stage.lead("forgotten", received)
    if stage.dice.random() < 0.5:
        story.note_down(received + timedelta(days=6), "Ask Dana about this one.")
    _planted(story, "RT002", "NC001", "NC002", "FU001", note="no attempt in more than the 15 days of the cadence")


def fell_silent(stage: Stage) -> None:
    """NC002: spoken with, then nothing, and nothing planned."""
    received, last = _old_enough(stage, SILENT)
    story = stage.lead("fell_silent", received)
    stage.converse(story, stage.soon(received), stop=last)
    _end_with_words(stage, story, last)
    if stage.dice.random() < 0.5:
        due = story.last_at + DAY
        story.task(story.last_at + timedelta(minutes=2), due, "Send the offer", done_at=due)
    _planted(story, "NC002", note="spoken with, silent for more than forty working hours, no step planned")


def silent_behind_overdue_task(stage: Stage) -> None:
    """NC002: the task that should have woken somebody is overdue."""
    received, last = _old_enough(stage, SILENT)
    story = stage.lead("silent_behind_overdue_task", received)
    stage.converse(story, stage.soon(received), stop=last)
    _end_with_words(stage, story, last)
    story.task(story.last_at + timedelta(minutes=2), story.last_at + 2 * DAY, "Call again")
    _planted(story, "NC002", note="an overdue task is no next step")


# -- follow-up


def too_few_attempts(stage: Stage) -> None:
    """FU001: tried now and then, less often than agreed."""
    received = stage.arrival(26 * DAY, CADENCE + DAY)
    story = stage.lead("too_few_attempts", received)
    stage.chase(story, stage.soon(received), gap_h=(15, 19))
    _planted(story, "FU001", note="an attempt every second day: not six calls and five e-mails in 15 days")


def too_few_and_dropped(stage: Stage) -> None:
    """FU001 and FU002: tried a few times, then dropped after a missed call."""
    received = stage.arrival(24 * DAY, CADENCE + 2 * DAY)
    story = stage.lead("too_few_and_dropped", received)
    last = stage.arrival_by_hours(*DROPPED)
    at = stage.soon(received)
    while at < stage.hours.before(last, 2 * HOUR):
        stage.write(story, at)
        at = stage.later(at, 24, 30)
        if at < stage.hours.before(last, 2 * HOUR):
            stage.miss(story, at)
            at = stage.later(at, 15, 20)
    stage.miss(story, last)
    _planted(story, "FU001", "FU002", note="few attempts in 15 days, and none after the last missed call")


def dropped_after_a_miss(stage: Stage) -> None:
    """FU002: nobody tried again after the last missed call."""
    last = stage.arrival_by_hours(*DROPPED)
    received = stage.arrival(
        FRESH, stage.until - last + timedelta(hours=3), lambda at: stage.hours.open_s(at, last) > HOUR
    )
    story = stage.lead("dropped_after_a_miss", received)
    stage.chase(story, stage.soon(received), stop=stage.hours.before(last, 20 * 60))
    stage.miss(story, last)
    _planted(story, "FU002", note="the last attempt failed more than 24 working hours ago")


def dropped_and_silent(stage: Stage) -> None:
    """FU002 and NC002: the same, for longer."""
    last = stage.arrival_by_hours(45 * HOUR, 55 * HOUR)
    received = stage.arrival(
        FRESH, stage.until - last + timedelta(hours=3), lambda at: stage.hours.open_s(at, last) > HOUR
    )
    story = stage.lead("dropped_and_silent", received)
    stage.chase(story, stage.soon(received), stop=stage.hours.before(last, 20 * 60))
    stage.miss(story, last)
    _planted(story, "FU002", "NC002", note="the last attempt failed, and then silence for forty working hours")


# -- pseudo-leads


def unreachable(stage: Stage) -> None:
    """PL001: neither number nor address can be right."""
    story = _tried_and_discarded(stage, "unreachable")
    mailbox = f"{story.person.slug}{stage.dice.randrange(10_000)}"
    address = stage.dice.choice(NO_ADDRESSES).format(mailbox)
    story.phone, story.email = stage.dice.choice(NO_NUMBERS), address
    _planted(story, "PL001", note="no numbering plan has the number, no mail reaches the address")


def disposable(stage: Stage) -> None:
    """PL002: an address made to be thrown away."""
    story = _tried_and_discarded(stage, "disposable")
    domain = stage.dice.choice(DISPOSABLE_DOMAINS)
    story.email = f"{story.person.slug}{stage.dice.randrange(10_000)}@{domain}"
    _planted(story, "PL002", note=f"{domain} gives addresses to throw away")


def placeholder(stage: Stage) -> None:
    """PL003: no name of a person."""
    story = _tried_and_discarded(stage, "placeholder")
    first, last = stage.dice.choice(NO_NAMES)
    story.first_name, story.last_name = first, last
    _planted(story, "PL003", note=f"{first} {last} is no name")


def delivered_twice(stage: Stage) -> None:
    """PL004 on the second of two leads with the same number, written otherwise."""
    first_at = stage.arrival(timedelta(days=DAYS), 26 * DAY)
    second_at = first_at + timedelta(days=stage.dice.randint(2, 20), minutes=stage.dice.randint(0, 300))
    first = _worked(stage, "sold_before", first_at, is_won=True)
    second = _worked(stage, "delivered_twice", second_at, is_won=False)
    if stage.dice.random() < 0.5:
        second.phone = respelt(first.phone)
        second.country = first.country
    else:
        second.mobile = respelt(first.phone)
    _planted(second, "PL004", note=f"same number as {first.person.slug}, two to twenty days later")


# -- data quality


def nobodys(stage: Stage) -> None:
    """DQ001: nobody is responsible, though somebody works it."""
    received = stage.arrival(FRESH, timedelta(hours=3), stage.is_answerable)
    story = stage.lead("nobodys", received, is_unowned=True)
    stage.converse(story, stage.soon(received))
    _planted(story, "DQ001", note="no owner")


def nobodys_and_untouched(stage: Stage) -> None:
    """DQ001, and so nobody called."""
    story = stage.lead("nobodys_and_untouched", stage.arrival_by_hours(*UNTOUCHED), is_unowned=True)
    _planted(story, "DQ001", "RT002", "NC001", note="no owner, so nobody called")


def sourceless(stage: Stage) -> None:
    """DQ002: it is not known where the lead came from."""
    story = _tried_and_discarded(stage, "sourceless")
    story.source, story.source_detail, story.campaign = None, "", ""
    _planted(story, "DQ002", note="no source field is filled")


def _old_enough(stage: Stage, silent: tuple[int, int]) -> tuple[datetime, datetime]:
    """When a lead came and when it was last spoken with, so many open seconds before now."""
    last = stage.arrival_by_hours(*silent)
    oldest = min(timedelta(days=DAYS), stage.until - last + 15 * DAY)
    received = stage.arrival(oldest, stage.until - last + DAY, lambda at: stage.hours.open_s(at, last) > 2 * HOUR)
    return received, last


def _end_with_words(stage: Stage, story: Story, last: datetime) -> None:
    """The last touch is a conversation, at or a little after `last`."""
    at = max(last, story.last_at + timedelta(minutes=15))
    stage.talk(story, at)


def _worked(stage: Stage, kind: str, received: datetime, *, is_won: bool) -> Story:
    story = stage.lead(kind, received)
    at = stage.soon(received)
    stage.converse(story, at, stop=stage.later(at, 5, 12))
    story.close(story.last_at + timedelta(minutes=30), is_won=is_won)
    return story


def _tried_and_discarded(stage: Stage, kind: str) -> Story:
    received = stage.arrival(timedelta(days=DAYS), 4 * DAY)
    story = stage.lead(kind, received)
    at = stage.soon(received)
    stage.miss(story, at)
    story.close(at + timedelta(minutes=stage.dice.randint(6, 90)), is_won=False)
    return story


#: Every scenario with its weight: of so many planted leads in a hundred.
FAULTS: Final[tuple[tuple[Callable[[Stage], None], int], ...]] = (
    (late_first_call, 3),
    (late_after_weekend, 3),
    (late_behind_robot, 3),
    (late_and_discarded, 2),
    (unanswered, 5),
    (unanswered_without_phone, 2),
    (only_the_lead_called, 2),
    (bounced_and_left, 2),
    (untouched, 5),
    (robot_only, 3),
    (busy_looking, 3),
    (called_before_it_came, 2),
    (written_to_never_called, 3),
    (forgotten, 4),
    (fell_silent, 4),
    (silent_behind_overdue_task, 3),
    (too_few_attempts, 5),
    (too_few_and_dropped, 3),
    (dropped_after_a_miss, 5),
    (dropped_and_silent, 3),
    (unreachable, 6),
    (disposable, 6),
    (placeholder, 6),
    (delivered_twice, 6),
    (nobodys, 4),
    (nobodys_and_untouched, 2),
    (sourceless, 6),
)
