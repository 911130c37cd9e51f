"""Nobody's leads, and leads from nowhere."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from connector.sandbox.faults.planting import FRESH, UNTOUCHED, Scenario, planted, tried_and_discarded
from connector.sandbox.stage import Stage


def nobodys(stage: Stage) -> None:
    """DQ001 and RT004: nobody is responsible, though somebody works it."""
    received = stage.arrival(FRESH, timedelta(hours=3), stage.is_answerable)
    story = stage.lead("nobodys", received, is_unowned=True)
    stage.converse(story, stage.soon(received))
    planted(story, "DQ001", "RT004", note="no owner, and so nobody who was given it")


def nobodys_and_untouched(stage: Stage) -> None:
    """DQ001 and RT004, and so nobody called."""
    story = stage.lead("nobodys_and_untouched", stage.arrival_by_hours(*UNTOUCHED), is_unowned=True)
    planted(story, "DQ001", "RT002", "RT004", "NC001", "NC004", note="no owner, so nobody called")
    story.cause = "waited_for_owner"


def sourceless(stage: Stage) -> None:
    """DQ002 and FU005: it is not known where the lead came from, and one call was all."""
    story = tried_and_discarded(stage, "sourceless")
    story.source, story.source_detail, story.campaign = None, "", ""
    planted(story, "DQ002", "FU005", note="no source field is filled; discarded after one call that reached nobody")


SCENARIOS: Final[tuple[tuple[Scenario, int], ...]] = (
    (nobodys, 3),
    (nobodys_and_untouched, 2),
    (sourceless, 5),
)
