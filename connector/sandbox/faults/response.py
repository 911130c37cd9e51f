"""Late, unanswered, delivered late, waiting for an owner, not answered again.

Who was never tried is still new, which others are for minutes: it is stalled in its stage (NC004), too.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from connector.sandbox.everyday import DAY
from connector.sandbox.faults.planting import (
    FRESH,
    LATELY,
    ROBOT,
    UNANSWERED_LEAST,
    UNCALLED_MOST,
    UNTOUCHED,
    Scenario,
    arrived_before,
    end_with_words,
    in_good_hands,
    planted,
)
from connector.sandbox.history import By, CallResult, Door, EmailStatus
from connector.sandbox.stage import DAYS, HOUR, Stage


def late_first_call(stage: Stage) -> None:
    """RT001: the first call comes too late."""
    received = stage.arrival(FRESH, 5 * DAY)
    story = stage.lead("late_first_call", received)
    stage.converse(story, stage.later(received, 0.8, 6))
    planted(story, "RT001", note="first attempt 48 min to 6 h of working time after the arrival")


def late_after_weekend(stage: Stage) -> None:
    """RT001: came at the weekend, called late on Monday."""
    received = stage.arrival(timedelta(days=DAYS), 14 * DAY, lambda at: at.astimezone(stage.hours.zone).weekday() > 4)
    story = stage.lead("late_after_weekend", received)
    at = stage.later(received, 1, 3)
    stage.converse(story, at, stop=at + 3 * DAY)
    stage.sell(story, story.last_at + timedelta(hours=1))
    planted(story, "RT001", note="arrived at the weekend, first call an hour or more into Monday")


def late_behind_robot(stage: Stage) -> None:
    """RT001: a machine answered at once, a person late."""
    received = stage.arrival(timedelta(days=DAYS - 5), 6 * DAY)
    story = stage.lead("late_behind_robot", received)
    story.write(received + timedelta(seconds=40), subject="Thank you for your enquiry", by=ROBOT)
    stage.converse(story, stage.later(received, 2, 5))
    planted(story, "RT001", note="an automated e-mail in the first minute is no attempt; the first call is late")


def late_and_discarded(stage: Stage) -> None:
    """RT001 and FU005: called late, and discarded though nobody was reached."""
    received = stage.arrival(timedelta(days=DAYS), 8 * DAY)
    story = stage.lead("late_and_discarded", received)
    stage.miss(story, stage.later(received, 1, 7))
    story.close(story.last_at + timedelta(hours=2), is_won=False)
    planted(story, "RT001", "FU005", note="closing a lead does not undo the late first attempt, nor what is owed")


def called_before_the_wish(stage: Stage) -> None:
    """RT001: tried at once although the person is in later, and then not before hours after the time asked for."""
    received = stage.arrival(timedelta(days=DAYS - 5), 5 * DAY)
    story = stage.lead("called_before_the_wish", received)
    early = stage.soon(received)
    story.preferred_at = stage.later(early, 1, 2)
    stage.miss(story, early)
    stage.converse(story, stage.later(story.preferred_at, 0.8, 3))
    planted(story, "RT001", note="the call before the time asked for is none in time, and the next was late")


def unanswered(stage: Stage) -> None:
    """RT002 and NC004: past its target, not yet given up."""
    story = stage.lead("unanswered", stage.arrival_by_hours(UNANSWERED_LEAST, UNCALLED_MOST))
    planted(story, "RT002", "NC004", note="no attempt for 70 min to 4.5 h of working time")


def unanswered_without_phone(stage: Stage) -> None:
    """RT002 and NC004: gave an e-mail address alone, so that no call is due, and was not written to."""
    story = stage.lead("unanswered_without_phone", stage.arrival_by_hours(*UNTOUCHED))
    story.phone = ""
    planted(story, "RT002", "NC004", note="without a phone number no call is due, but an answer is")


def only_the_lead_called(stage: Stage) -> None:
    """NC004: the lead rang and was spoken with; nobody of ours ever did."""
    received = stage.arrival_by_hours(14 * HOUR, 30 * HOUR)
    story = stage.lead("only_the_lead_called", received)
    story.call(stage.later(received, 3, 5), CallResult.CONNECTED, 140, is_inbound=True)
    planted(story, "NC004", note="spoken with, so it waits for no answer; but it stands where it stood")


def bounced_and_left(stage: Stage) -> None:
    """RT002, NC001 and NC004: the only e-mail bounced."""
    received = stage.arrival_by_hours(*UNTOUCHED)
    story = stage.lead("bounced_and_left", received)
    story.write(stage.soon(received), status=EmailStatus.BOUNCED)
    planted(story, "RT002", "NC001", "NC004", note="a bounced e-mail did not take place")


def delivered_late(stage: Stage) -> None:
    """RT003: the form was sent days before the vendor brought the lead."""
    story = in_good_hands(stage, "delivered_late")
    story.submitted_at = story.received_at - timedelta(minutes=stage.dice.randint(27 * 60, 110 * 60))
    planted(story, "RT003", note="27 to 110 hours from the person's form to the delivery")


def delivered_late_and_called_late(stage: Stage) -> None:
    """RT003 and RT001: days old when it came, and then not called in time either."""
    received = stage.arrival(FRESH, 5 * DAY)
    story = stage.lead("delivered_late_and_called_late", received)
    story.submitted_at = received - timedelta(minutes=stage.dice.randint(27 * 60, 110 * 60))
    stage.converse(story, stage.later(received, 0.8, 4))
    planted(story, "RT001", "RT003", note="who asked days ago is hardly waiting for the call any more")
    story.cause = "arrived_late_from_vendor"


def waited_for_an_owner(stage: Stage) -> None:
    """RT004: somebody called in time, but nobody was responsible for an hour and more."""
    received = stage.arrival(timedelta(days=DAYS - 10), 3 * DAY)
    story = stage.lead("waited_for_an_owner", received, is_unowned=True)
    rep = stage.dice.choice(stage.reps)
    at = stage.hours.after(received, stage.dice.randint(120, 24 * 60))
    stage.talk(story, at)
    story.hand_to(rep, stage.later(received, 0.7, 3), By(Door.AUTOMATION, "Late assignment"))
    stage.keep_in_touch(story, stage.later(received, 4, 20))
    planted(story, "RT004", note="an owner only after 42 min to 3 h of working time")


def late_for_want_of_an_owner(stage: Stage) -> None:
    """RT004 and RT001: nobody was responsible, and so nobody called in time."""
    received = stage.arrival(timedelta(days=DAYS - 10), 3 * DAY)
    story = stage.lead("late_for_want_of_an_owner", received, is_unowned=True)
    given = stage.later(received, 1, 4)
    story.hand_to(stage.dice.choice(stage.reps), given, By(Door.AUTOMATION, "Late assignment"))
    stage.converse(story, stage.hours.after(given, stage.dice.randint(120, 900)))
    planted(story, "RT001", "RT004", note="called within a quarter of an hour of getting it, which was too late")
    story.cause = "waited_for_owner"


def wrote_again(stage: Stage) -> None:
    """RT005: spoken with, then the lead wrote and nobody answered."""
    last = stage.arrival_by_hours(6 * HOUR, 20 * HOUR)
    story = stage.lead("wrote_again", arrived_before(stage, last))
    stage.converse(story, stage.soon(story.received_at), stop=stage.hours.before(last, 4 * HOUR))
    story.answer(max(last, stage.hours.after(story.last_at, 600)))
    planted(story, "RT005", note="the lead wrote 6 to 20 working hours ago and has no answer")


def answered_days_later(stage: Stage) -> None:
    """RT005: the lead wrote, and the answer came the next day or later."""
    last = stage.arrival_by_hours(30 * HOUR, 60 * HOUR)
    story = stage.lead("answered_days_later", arrived_before(stage, last))
    stage.converse(story, stage.soon(story.received_at), stop=last)
    asked = stage.hours.after(story.last_at, stage.dice.randint(HOUR, 4 * HOUR))
    story.answer(asked)
    stage.keep_in_touch(story, stage.later(asked, 6, 12))
    planted(story, "RT005", note="answered 6 to 12 working hours after the lead wrote")


def missed_their_call(stage: Stage) -> None:
    """RT006: the lead rang, nobody picked up, and nobody rang back for hours."""
    last = stage.arrival_by_hours(*LATELY)
    story = stage.lead("missed_their_call", arrived_before(stage, last))
    stage.converse(story, stage.soon(story.received_at), stop=stage.hours.before(last, 3 * HOUR))
    end_with_words(stage, story, stage.hours.before(last, HOUR))
    rang = stage.hours.after(story.last_at, stage.dice.randint(HOUR // 2, HOUR))
    story.call(rang, CallResult.NO_ANSWER, 0, is_inbound=True)
    stage.keep_in_touch(story, stage.later(rang, 2, 6))
    planted(story, "RT006", note="their call was returned 2 to 6 working hours later")


SCENARIOS: Final[tuple[tuple[Scenario, int], ...]] = (
    (late_first_call, 2),
    (late_after_weekend, 2),
    (late_behind_robot, 2),
    (late_and_discarded, 2),
    (called_before_the_wish, 2),
    (unanswered, 4),
    (unanswered_without_phone, 2),
    (only_the_lead_called, 2),
    (bounced_and_left, 2),
    (delivered_late, 4),
    (delivered_late_and_called_late, 1),
    (waited_for_an_owner, 2),
    (late_for_want_of_an_owner, 2),
    (wrote_again, 2),
    (answered_days_later, 2),
    (missed_their_call, 4),
)
