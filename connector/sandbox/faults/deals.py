"""Deals with one person, without anybody who decides, past their usual end, and not touched for long."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from connector.sandbox.everyday import DAY, plan_next
from connector.sandbox.faults.planting import Scenario, planted
from connector.sandbox.history import Role
from connector.sandbox.stage import Stage
from connector.sandbox.story import Story


def one_voice_in_a_large_deal(stage: Stage) -> None:
    """LD001: a large deal hangs on one person."""
    story = _deal(stage, "one_voice_in_a_large_deal", 26 * DAY, 3 * DAY)
    story.amount_minor = stage.dice.randint(14_000, 80_000) * 100
    planted(story, "LD001", note=f"{story.amount_minor // 100} euros, and one person spoken with")


def nobody_decides(stage: Stage) -> None:
    """LD002: who is spoken with uses the thing, and decides nothing."""
    story = _deal(stage, "nobody_decides", 26 * DAY, 3 * DAY)
    story.role = Role.USER
    planted(story, "LD002", note="the only person spoken with does not decide")


def past_its_end(stage: Stage) -> None:
    """LD003: open for longer than nearly all that were bought."""
    story = _deal(stage, "past_its_end", 59 * DAY, 52 * DAY)
    planted(story, "LD003", note="a deal of seven weeks and more, where most are won in six")


def rarely_touched(stage: Stage) -> None:
    """LD004: no word for two weeks and more, though a step is planned some day."""
    last = stage.until - stage.dice.randint(16 * 24, 22 * 24) * timedelta(hours=1)
    received = stage.arrival(30 * DAY, stage.until - last + DAY)
    story = stage.lead("rarely_touched", received)
    at = stage.soon(received)
    stage.talk(story, at)
    story.convert(at + timedelta(minutes=10))
    stage.keep_in_touch(story, stage.later(at, 4, 20), stop=last)
    stage.talk(story, max(last, story.last_at + timedelta(minutes=15)))
    plan_next(stage, story)
    planted(story, "LD004", note="sixteen days and more without a word")


def _deal(stage: Stage, kind: str, oldest: timedelta, youngest: timedelta) -> Story:
    """An open deal, spoken about ever since."""
    received = stage.arrival(oldest, youngest)
    story = stage.lead(kind, received)
    at = stage.soon(received)
    stage.talk(story, at)
    story.convert(at + timedelta(minutes=10))
    stage.keep_in_touch(story, stage.later(at, 4, 20))
    return story


SCENARIOS: Final[tuple[tuple[Scenario, int], ...]] = (
    (one_voice_in_a_large_deal, 4),
    (nobody_decides, 4),
    (past_its_end, 2),
    (rarely_touched, 3),
)
