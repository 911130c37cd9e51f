"""Leads that look like faults and are none, or hide what a careless look would find."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from connector.sandbox.everyday import DAY, plan_next
from connector.sandbox.faults.planting import FRESH, ROBOT, SILENT, UNANSWERED_LEAST, UNCALLED_MOST, arrived_before
from connector.sandbox.history import By, CallResult, Door, EditedField, Status
from connector.sandbox.people import SHORT_NAMES, respelt
from connector.sandbox.stage import DAYS, HOUR, Stage
from connector.sandbox.story import Story

#: Names that make people laugh and that people bear.
FUNNY_NAMES: Final = (
    ("Anita", "Knapp"),
    ("Dusty", "Carr"),
    ("Crystal", "Glass"),
    ("Bill", "Lowney"),
    ("Candy", "Barr"),
)
#: Services that hide an address and pass the mail on: private, not disposable.
RELAYS: Final = ("privaterelay.appleid.com", "duck.com", "mozmail.com")


def answered_at_nine(stage: Stage) -> None:
    """Came in the night, called at five past nine."""
    received = stage.arrival(
        timedelta(days=DAYS - 5), 4 * DAY, lambda at: not 6 <= at.astimezone(stage.hours.zone).hour < 23
    )
    story = stage.lead("answered_at_nine", received)
    story.note = "nine hours by the wall clock, five minutes of working time"
    stage.converse(story, stage.hours.after(received, 5 * 60))


def answered_on_monday(stage: Stage) -> None:
    """Came on Friday evening or at the weekend, called on Monday before half past nine."""
    received = stage.arrival(timedelta(days=DAYS - 5), 9 * DAY, lambda at: _is_weekend(stage, at))
    story = stage.lead("answered_on_monday", received)
    story.note = "days by the wall clock, minutes of working time"
    stage.converse(story, stage.hours.after(received, stage.dice.randint(300, 28 * 60)))


def answered_out_of_hours(stage: Stage) -> None:
    """Tried in the evening, before the office opens again."""
    received = stage.arrival(
        timedelta(days=DAYS - 5), 5 * DAY, lambda at: 18 <= at.astimezone(stage.hours.zone).hour < 22
    )
    story = stage.lead("answered_out_of_hours", received)
    story.note = "an attempt in the evening counts too"
    at = received + timedelta(minutes=stage.dice.randint(3, 50))
    stage.miss(story, at)
    stage.converse(story, stage.soon(at))


def imported(stage: Stage) -> None:
    """Came with a list, called days later: no fresh lead, no response time."""
    received = stage.arrival(timedelta(days=DAYS - 5), 6 * DAY)
    story = stage.lead("imported", received, arrived_by=By(Door.IMPORT, "Trade fair list"))
    story.note = "an imported row is no fresh lead"
    stage.converse(story, stage.later(received, 5, 20))


def rang_first(stage: Stage) -> None:
    """The lead rang before anybody of ours could; the rep called back in time."""
    received = stage.arrival(timedelta(days=DAYS - 5), DAY, stage.is_answerable)
    story = stage.lead("rang_first", received)
    story.note = "the call from the lead is not the attempt; the call back is"
    story.call(received + timedelta(seconds=70), CallResult.CONNECTED, 95, is_inbound=True)
    stage.converse(story, stage.hours.after(received, stage.dice.randint(10 * 60, 26 * 60)))


def handed_over(stage: Stage) -> None:
    """Given to another rep before the first try, which was in time."""
    received = stage.arrival(timedelta(days=DAYS - 5), DAY, stage.is_answerable)
    story = stage.lead("handed_over", received)
    story.note = "handed over within the target"
    at = stage.hours.after(received, stage.dice.randint(12 * 60, 26 * 60))
    story.hand_to(stage.dice.choice([rep for rep in stage.reps if rep is not story.rep]), at - timedelta(minutes=6))
    stage.converse(story, at)


def known_before(stage: Stage) -> None:
    """A call before the lead arrived, and one in time after it."""
    received = stage.arrival(timedelta(days=DAYS - 5), DAY, stage.is_answerable)
    story = stage.lead("known_before", received)
    story.note = "the call before the lead changes nothing"
    story.call(received - timedelta(days=3, minutes=20), CallResult.NO_ANSWER, 0)
    stage.converse(story, stage.soon(received))


def written_then_called(stage: Stage) -> None:
    """The first attempt is an e-mail in time; the call follows the same day."""
    received = stage.arrival(timedelta(days=DAYS - 5), 3 * DAY)
    story = stage.lead("written_then_called", received)
    story.note = "an e-mail by a person is an attempt"
    story.write(received + timedelta(seconds=30), subject="Thank you for your enquiry", by=ROBOT)
    at = stage.soon(received)
    stage.write(story, at)
    stage.converse(story, stage.later(at, 1, 6))


def own_status(stage: Stage) -> None:
    """Nothing was done, but the account's own status does not say whether anything was due."""
    received = stage.arrival(timedelta(days=DAYS - 20), 3 * DAY)
    story = stage.lead("own_status", received)
    story.note = "an unmapped status is not evaluated"
    story.stand(Status.OWN, received + timedelta(minutes=5), label="PARKED_BY_PARTNER")


def only_a_message(stage: Stage) -> None:
    """One chat message of which nobody can tell who wrote it."""
    received = stage.arrival_by_hours(UNANSWERED_LEAST, UNCALLED_MOST)
    story = stage.lead("only_a_message", received)
    story.note = "a message without direction may be an attempt: not evaluated; but it stands where it stood"
    story.rules = frozenset({"NC004"})
    story.chat(stage.hours.after(received, 20 * 60))


def declined_at_once(stage: Stage) -> None:
    """Wrote within the hour that it is settled, and was discarded without a try: nothing is due."""
    received = stage.arrival(timedelta(days=DAYS), DAY, lambda at: stage.waited_s(at) > 4 * HOUR)
    story = stage.lead("declined_at_once", received)
    story.note = "a discarded lead needs no answer and may be silent, and this one ended it itself"
    story.answer(received + timedelta(minutes=stage.dice.randint(12, 24)))
    story.close(stage.later(story.last_at, 0.2, 3), is_won=False)


def meeting_ahead(stage: Stage) -> None:
    """Silent for long, with the next step in the diary."""
    last = stage.arrival_by_hours(*SILENT)
    received = stage.arrival(stage.until - last + 15 * DAY, stage.until - last + DAY)
    story = stage.lead("meeting_ahead", received)
    story.note = "a planned step excuses the silence"
    stage.talk(story, stage.soon(received))
    plan_next(stage, story)


def waiting_for_papers(stage: Stage) -> None:
    """Silent for long, as the lead was asked for something and has not sent it."""
    last = stage.arrival_by_hours(45 * HOUR, 70 * HOUR)
    story = stage.lead("waiting_for_papers", arrived_before(stage, last))
    stage.talk(story, stage.soon(story.received_at))
    stage.keep_in_touch(story, stage.later(story.last_at, 4, 20), stop=last)
    asked = max(last, story.last_at + timedelta(minutes=20))
    stage.write(story, asked)
    story.stand(Status.WAITING, asked + timedelta(minutes=20))
    story.note = "a hold that begins with a message stops the clock"


def covered(stage: Stage) -> None:
    """Its owner is on holiday, and a colleague goes on."""
    away, _ = stage.absent.away or (stage.until, stage.until)
    story = stage.lead("covered", arrived_before(stage, away), rep=stage.absent)
    stage.converse(story, stage.soon(story.received_at), stop=away)
    story.note = "the lead of somebody who is away, and a colleague stands in"
    story.rep = stage.dice.choice(stage.reps)
    stage.keep_in_touch(story, stage.hours.after(max(away, story.last_at), stage.dice.randint(HOUR, 5 * HOUR)))


def taken_over(stage: Stage) -> None:
    """Its owner left the firm; who took it over goes on."""
    left = stage.gone.left_at or stage.until
    story = stage.lead("taken_over", arrived_before(stage, left), rep=stage.gone)
    stage.converse(story, stage.soon(story.received_at), stop=stage.hours.before(left, 4 * HOUR))
    story.note = "the lead of somebody who left, taken over by a colleague"
    story.hand_to(stage.dice.choice(stage.reps), left - timedelta(minutes=30))
    stage.keep_in_touch(story, stage.hours.after(left, stage.dice.randint(HOUR, 5 * HOUR)))


def edited(stage: Stage) -> None:
    """Spoken with in time and touched up by many hands since; closed and quiet."""
    received = stage.arrival(timedelta(days=DAYS), 16 * DAY)
    story = stage.lead("edited", received)
    story.note = "cosmetic edits are no events of the follow-up"
    stage.talk(story, stage.soon(received))
    story.close(story.last_at + timedelta(hours=2), is_won=False)
    for day in (3, 6, 9):
        at = received + timedelta(days=day)
        by = By(Door.AUTOMATION, "Enrichment")
        story.edit(EditedField.JOB_TITLE, f"Owner, {stage.crowd.company()}", at, by)
        story.note_down(at + timedelta(minutes=3), "Spelling of the firm corrected.")


def short_name(stage: Stage) -> None:
    """A name of two short words, borne by people."""
    received = stage.arrival(FRESH, timedelta(hours=3), stage.is_answerable)
    story = stage.lead("short_name", received, stage.crowd.person(stage.dice.choice((*SHORT_NAMES, *FUNNY_NAMES))))
    story.note = "nobody is fake by a short or funny name"
    story.is_lookalike = True
    stage.chase(story, stage.soon(received))


def private_relay(stage: Stage) -> None:
    """An address that hides the person but reaches it."""
    received = stage.arrival(timedelta(days=DAYS - 5), DAY, stage.is_answerable)
    story = stage.lead("private_relay", received)
    story.note = "a relay address lasts"
    story.is_lookalike = True
    story.email = f"{stage.dice.randrange(16**10):010x}@{stage.dice.choice(RELAYS)}"
    stage.converse(story, stage.soon(received))


def half_reachable(stage: Stage) -> None:
    """A wrong number beside a good address."""
    received = stage.arrival(timedelta(days=DAYS), 4 * DAY)
    story = stage.lead("half_reachable", received)
    story.note = "one way to reach the person is enough"
    at = stage.soon(received)
    story.call(at, CallResult.WRONG_NUMBER, 6)
    stage.write(story, stage.later(at, 0.2, 2))
    story.phone = "+49 000 0000000"
    story.answer(stage.later(story.last_at, 0.5, 4))
    stage.write(story, stage.later(story.last_at, 0.2, 2))
    story.close(story.last_at + DAY, is_won=False)


def same_house(stage: Stage) -> None:
    """Two leads with one number, more than 30 days apart: two enquiries."""
    first_at = stage.arrival(timedelta(days=DAYS), timedelta(days=DAYS - 12))
    second_at = first_at + timedelta(days=stage.dice.randint(33, 42))
    stories: list[Story] = []
    for received in (first_at, second_at):
        story = stage.lead("same_house", received)
        story.note = "the same number, but outside the 30 days"
        at = stage.soon(received)
        stage.converse(story, at, stop=stage.later(at, 3, 9))
        story.close(story.last_at + timedelta(minutes=30), is_won=False)
        stories.append(story)
    stories[1].phone = respelt(stories[0].person.phone)
    stories[1].country = stories[0].person.region


def _is_weekend(stage: Stage, at: datetime) -> bool:
    local = at.astimezone(stage.hours.zone)
    return local.weekday() > 4 or (local.weekday() == 4 and local.hour >= 18)


TRAPS: Final[tuple[Callable[[Stage], None], ...]] = (
    answered_at_nine,
    answered_on_monday,
    answered_out_of_hours,
    imported,
    rang_first,
    handed_over,
    known_before,
    written_then_called,
    own_status,
    only_a_message,
    declined_at_once,
    meeting_ahead,
    waiting_for_papers,
    covered,
    taken_over,
    edited,
    short_name,
    private_relay,
    half_reachable,
    same_house,
)
