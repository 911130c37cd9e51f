"""What shows only over many leads of one person: a flood that nobody could work, and a taste for old clients."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from connector.sandbox.everyday import DAY
from connector.sandbox.faults.planting import planted
from connector.sandbox.history import CallResult, Status
from connector.sandbox.stage import Stage
from connector.sandbox.story import Story

#: Leads that lie there when the office opens: so many can be called within half an hour by who hurries, and so many
#: are called in time when others have to wait.
MORNING: Final = 11
IN_TIME: Final = 6
CLIENTS: Final = 5


def flooded(stage: Stage) -> None:
    """Two busy mornings show how fast he is; in a third he is not that fast, and those at the end wait too long. By
    then more leads lay before him than even he can call in half an hour."""
    for days in (57, 54):
        for number, story in enumerate(_overnight(stage, "busy_morning", days)):
            _settle(stage, story, _opening(stage, days) + timedelta(minutes=2.5 * (number + 1)))
    opening = _opening(stage, 50)
    for number, story in enumerate(_overnight(stage, "flooded", 50)):
        if number < IN_TIME:
            _settle(stage, story, opening + timedelta(minutes=4.4 * (number + 1)))
            continue
        _settle(stage, story, opening + timedelta(minutes=36 + 4.4 * (number - IN_TIME)))
        planted(story, "RT001", note="called late behind more leads than he can call in the time promised")
        story.cause = "overloaded"


def favours_clients(stage: Stage) -> frozenset[str]:
    """NC007: day after day he calls those who bought long ago, and two new leads lie there meanwhile. Returns the
    rules that must be found on him."""
    clients = []
    for _ in range(CLIENTS):
        received = stage.arrival(timedelta(days=47), timedelta(days=44), stage.hours.is_open)
        story = stage.lead("old_client", received, rep=stage.keeper)
        stage.talk(story, stage.soon(received))
        stage.sell(story, stage.later(story.last_at, 3, 10))
        clients.append(story)
    for _ in range(2):
        received = stage.arrival(timedelta(days=24), timedelta(days=22), stage.hours.is_open)
        story = stage.lead("left_for_clients", received, rep=stage.keeper)
        rules = ("RT002", "NC001", "NC002", "NC004", "FU001")
        planted(story, *rules, note="never tried; its holder called old clients meanwhile")
    for days in range(20, 10, -1):
        window = stage.hours.window(stage.hours.day_of(stage.until - days * DAY))
        if window is None:
            continue
        for number, story in enumerate(clients):
            at = window[0] + timedelta(minutes=20 + 85 * number + stage.dice.randint(0, 40))
            if stage.dice.random() < 0.5:
                stage.talk(story, at)
            else:
                stage.miss(story, at)
    return frozenset({"NC007"})


def _opening(stage: Stage, days: int) -> datetime:
    """When the office opened so many days ago, or on the next workday."""
    day = stage.hours.day_of(stage.until - days * DAY)
    while (window := stage.hours.window(day)) is None:
        day += DAY
    return window[0]


def _overnight(stage: Stage, kind: str, days: int) -> list[Story]:
    """Leads of his that came before that opening, one after the other."""
    opening = _opening(stage, days)
    return [
        stage.lead(kind, opening - timedelta(minutes=9 * (MORNING - number)), rep=stage.keeper)
        for number in range(MORNING)
    ]


def _settle(stage: Stage, story: Story, at: datetime) -> None:
    """A short talk by which it turns out to be no buyer."""
    talk_s = stage.dice.randint(45, 100)
    story.call(at, CallResult.CONNECTED, talk_s)
    story.stand(Status.CONNECTED, at + timedelta(seconds=talk_s + 40))
    story.close(at + timedelta(hours=3), is_won=False)
