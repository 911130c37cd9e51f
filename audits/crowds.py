"""What one owner logged or ticked off within one minute, over all leads.

The window slides: an act stands in a crowd of n when some span of 60 seconds holds it and n - 1 others of its owner.
So it does not matter at which second a minute of the clock begins, nor in which order the acts are asked about. Only
calls of which it is sure that they would be attempts count, and tasks whose tick has a time; an act of nobody stands
alone. One act that hangs on several leads counts once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from audits.model.activity import Activity, ActivityKind, ActivityState, Direction, Task
from audits.model.case import LeadCase
from audits.model.surroundings import Crowd

WINDOW = timedelta(seconds=60)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICRO = timedelta(microseconds=1)
_WINDOW_MICROS = WINDOW // _MICRO


class Act(NamedTuple):
    """One act of an owner: when it was recorded or ticked off, and on which lead. Of acts with one `act_id` on
    several leads each is named."""

    owner_id: str
    at: datetime
    act_id: str
    lead_id: str


def crowds_among(own: Sequence[Act], near: Iterable[Act]) -> dict[str, tuple[Crowd, ...]]:
    """Of each lead those of its acts in `own` that stand in company, by lead id. `near`: all acts of the same owners
    within a minute of them, themselves included."""
    found: dict[str, list[Crowd]] = {}
    for act, size in zip(own, _largest(own, near), strict=True):
        if size > 1:
            found.setdefault(act.lead_id, []).append(Crowd(record_id=act.act_id, count=size, at=act.at))
    return {
        lead_id: tuple(sorted(crowds, key=lambda each: (each.at, each.record_id)))
        for lead_id, crowds in found.items()
    }


def calls_of(case: LeadCase) -> list[Act]:
    """The calls of the case that may stand in a crowd."""
    return [
        Act(each.owner_id, each.recorded_at, each.activity_id, case.lead.lead_id)
        for each in case.activities
        if each.owner_id is not None and _is_sure_call(each)
    ]


def _is_sure_call(activity: Activity) -> bool:
    return (
        activity.kind is ActivityKind.CALL
        and activity.direction is Direction.OUTBOUND
        and activity.state is ActivityState.DONE
        and activity.is_automated is False
    )


def ticked_of(case: LeadCase) -> list[Act]:
    """The ticked tasks of the case."""
    return [
        Act(task.owner_id, task.completed_at, task.task_id, case.lead.lead_id)
        for task in case.tasks
        if task.owner_id is not None and _is_ticked(task, case.as_of) and task.completed_at is not None
    ]


def _is_ticked(task: Task, as_of: datetime) -> bool:
    return task.is_done and task.completed_at is not None and task.completed_at <= as_of


def _largest(own: Sequence[Act], near: Iterable[Act]) -> list[int]:
    """Of each of `own` the most acts of its owner in any minute that holds it, itself included."""
    by_owner: dict[str, dict[str, int]] = {}
    for act in near:
        by_owner.setdefault(act.owner_id, {})[act.act_id] = _micros(act.at)
    times: Mapping[str, npt.NDArray[np.int64]] = {
        owner_id: np.sort(np.fromiter(acts.values(), dtype=np.int64)) for owner_id, acts in by_owner.items()
    }
    counts = {
        owner_id: np.searchsorted(each, each + _WINDOW_MICROS, side="left") - np.arange(len(each))
        for owner_id, each in times.items()
    }
    sizes: list[int] = []
    for act in own:
        each = times.get(act.owner_id)
        if each is None:
            sizes.append(1)
            continue
        at = _micros(act.at)
        first, last = np.searchsorted(each, (at - _WINDOW_MICROS, at), side="right")
        sizes.append(int(counts[act.owner_id][first:last].max(initial=1)))
    return sizes


def _micros(at: datetime) -> int:
    return (at - _EPOCH) // _MICRO
