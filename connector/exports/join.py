"""Sorted rows → cases, one lead at a time: leads, touches and sightings merged by lead id."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import groupby
from typing import Generic, Protocol, TypeVar

from audits.model.activity import (
    Activity,
    ActivityKind,
    ActivityState,
    Direction,
    OwnerChange,
    StageChange,
    Task,
)
from audits.model.case import Coverage, Fact, KeyKind, LeadCase, Sighting
from audits.model.lead import Lead
from connector.exports.mapping import EventField, EventLogMap, LeadField
from connector.exports.packing import EPOCH, unpack_activity, unpack_event, unpack_lead, unpack_task
from connector.exports.problems import BadRow, excerpt
from connector.exports.rows import Event
from connector.exports.store import LostActLine, Store, TouchLine


@dataclass(slots=True)
class JoinCounts:
    """What was left out while joining, and why."""

    leads_after_as_of: int = 0
    touches_after_as_of: int = 0
    touches_without_lead: int = 0
    rows_without_touch: int = 0
    received_at_differs: int = 0


class _Line(Protocol):
    @property
    def lead_id(self) -> str: ...


LineT = TypeVar("LineT", bound=_Line)


class _Merge(Generic[LineT]):
    """Hands out the lines of one lead after the other; lines of leads that are never asked for go to `orphan`."""

    def __init__(self, lines: Iterator[LineT], orphan: Callable[[LineT], None]) -> None:
        self._lines = lines
        self._orphan = orphan
        self._next = next(lines, None)

    def of(self, lead_id: str) -> list[LineT]:
        """The lines of `lead_id`, which must not sort before the lead asked for last."""
        found: list[LineT] = []
        while self._next is not None and self._next.lead_id <= lead_id:
            if self._next.lead_id == lead_id:
                found.append(self._next)
            else:
                self._orphan(self._next)
            self._next = next(self._lines, None)
        return found

    def finish(self) -> None:
        """Hand what is left to `orphan`."""
        while self._next is not None:
            self._orphan(self._next)
            self._next = next(self._lines, None)


def iter_cases(
    store: Store, leads_file: str, as_of: datetime, coverage: Coverage, counts: JoinCounts
) -> Iterator[LeadCase]:
    """A case for every lead known at `as_of`, by lead id. What is left out goes to `counts` and the bad rows."""

    def without_lead(line: TouchLine) -> None:
        counts.touches_without_lead += 1
        reason = "names a lead that is not in the leads file"
        store.add_bad(BadRow(file=line.file, line=line.line, reason=reason, value=excerpt(line.lead_id)))

    touches = _Merge(store.touches(), without_lead)
    sightings = _Merge(store.sightings(), lambda _: None)
    lost = _Merge(store.lost_acts(), lambda _: None)
    before: tuple[str, int] | None = None
    for stored in store.leads():
        if before is not None and stored.lead_id == before[0]:
            reason = f"the lead id stands already on line {before[1]}; that row is used"
            store.add_bad(BadRow(file=leads_file, line=stored.line, reason=reason, value=excerpt(stored.lead_id)))
            continue
        before = (stored.lead_id, stored.line)
        lead = unpack_lead(stored.packed)
        own_touches, own_sightings = touches.of(lead.lead_id), sightings.of(lead.lead_id)
        own_lost = lost.of(lead.lead_id)
        if max(lead.received_at, lead.recorded_at) > as_of:
            counts.leads_after_as_of += 1
            continue
        activities, tasks = _acts(own_touches, lead, as_of, counts, store)
        yield LeadCase(
            lead=lead,
            as_of=as_of,
            activities=activities,
            tasks=tasks,
            sightings=tuple(
                Sighting(
                    lead_id=line.other_id,
                    received_at=EPOCH + timedelta(microseconds=line.at),
                    key_kind=KeyKind(line.kind),
                    record_url=line.record_url,
                )
                for line in own_sightings
            ),
            coverage=_less(coverage, own_lost),
        )
    touches.finish()


def _less(coverage: Coverage, lost: list[LostActLine]) -> Coverage:
    """The coverage without what the rows in `lost` may have shown."""
    causes = dict(coverage.missing)
    for line in lost:
        for fact in line.facts.split():
            causes.setdefault(Fact(fact), f"line {line.line} of {line.file} names this lead and could not be used")
    return Coverage(missing=tuple(causes.items())) if lost else coverage


def _acts(
    lines: list[TouchLine], lead: Lead, as_of: datetime, counts: JoinCounts, store: Store
) -> tuple[tuple[Activity, ...], tuple[Task, ...]]:
    activities: list[Activity] = []
    tasks: list[Task] = []
    seen: dict[tuple[int, str], int] = {}
    for line in lines:
        first_line = seen.setdefault((line.place, line.touch_id), line.line)
        if first_line != line.line:
            reason = f"the touch id stands already on line {first_line} for this lead; that row is used"
            store.add_bad(BadRow(file=line.file, line=line.line, reason=reason, value=excerpt(line.touch_id)))
            continue
        act = _recorded(line, lead)
        if act.recorded_at > as_of:
            counts.touches_after_as_of += 1
        elif isinstance(act, Task):
            tasks.append(_as_it_stood(act, as_of))
        else:
            activities.append(act)
    activities.sort(key=lambda act: (act.occurred_at, act.activity_id))
    tasks.sort(key=lambda task: (task.recorded_at, task.task_id))
    return tuple(activities), tuple(tasks)


def _recorded(line: TouchLine, lead: Lead) -> Activity | Task:
    """The act. When the export does not say when it was written down, a plan is as old as the lead."""
    act = unpack_task(line.packed) if line.is_task else unpack_activity(line.packed)
    if line.is_recorded_known or (isinstance(act, Activity) and act.state is not ActivityState.PLANNED):
        return act
    return replace(act, recorded_at=lead.received_at)


def _as_it_stood(task: Task, as_of: datetime) -> Task:
    """A task that was completed after `as_of` was still open then."""
    if task.completed_at is not None and task.completed_at > as_of:
        return replace(task, is_done=False, completed_at=None)
    return task


def iter_event_cases(
    store: Store, how: EventLogMap, as_of: datetime, coverage: Coverage, counts: JoinCounts
) -> Iterator[LeadCase]:
    """A case for every lead of an event log known at `as_of`, by lead id."""
    lost = _Merge(store.lost_acts(), lambda _: None)
    # A log without a column of the arrival is read by the time of its first event: the others cannot disagree.
    says_arrival = how.lead.columns[LeadField.RECEIVED_AT] != (how.columns[EventField.EVENT_AT],)
    for lead_id, lines in groupby(store.events(), key=lambda line: line.lead_id):
        own_lost = lost.of(lead_id)
        events = [unpack_event(line.packed) for line in lines]
        known = [event for event in events if event.event_at <= as_of]
        counts.received_at_differs += says_arrival and len({event.lead.received_at for event in events}) > 1
        received_at = events[0].lead.received_at
        if not known or received_at > as_of:
            counts.leads_after_as_of += 1
            continue
        counts.touches_after_as_of += len(events) - len(known)
        yield _event_case(known, how, as_of, _less(coverage, own_lost))


def _event_case(events: list[Event], how: EventLogMap, as_of: datetime, coverage: Coverage) -> LeadCase:
    first, last = events[0], events[-1]
    lead = replace(
        last.lead,
        received_at=first.lead.received_at,
        received_latest_at=first.lead.received_latest_at,
        recorded_at=min(first.lead.recorded_at, first.event_at),
        modified_at=last.event_at,
    )
    owner_changes: list[OwnerChange] = []
    stage_changes: list[StageChange] = []
    status_column = how.columns.get(EventField.STATUS, "")
    owner, status = None, None
    for event in events:
        if event.lead.owner_id != owner:
            owner = event.lead.owner_id
            owner_changes.append(OwnerChange(lead_id=lead.lead_id, occurred_at=event.event_at, owner_id=owner))
        if status_column and event.lead.raw_status is not None and event.lead.raw_status != status:
            status = event.lead.raw_status
            stage_changes.append(
                StageChange(
                    lead_id=lead.lead_id,
                    occurred_at=event.event_at,
                    field=status_column,
                    raw_status=status,
                )
            )
    return LeadCase(
        lead=lead,
        as_of=as_of,
        activities=tuple(
            sorted(
                (_event_activity(event, first.actor, how) for event in events),
                key=lambda act: (act.occurred_at, act.activity_id),
            )
        ),
        owner_changes=tuple(owner_changes),
        stage_changes=tuple(stage_changes),
        coverage=coverage,
    )


def _event_activity(event: Event, first_actor: str | None, how: EventLogMap) -> Activity:
    """The event as an act: a note by whoever recorded the case, automated by a system user, else an attempt."""
    is_recorder = how.is_first_actor_ignored and event.actor is not None and event.actor == first_actor
    is_system = event.actor is not None and event.actor.casefold() in how.system_users
    is_automated = None if event.actor is None else is_system
    return Activity(
        activity_id=f"{event.lead.lead_id}:{event.line}",
        lead_id=event.lead.lead_id,
        kind=ActivityKind.NOTE if is_recorder and not is_system else ActivityKind(how.touch_kind.value),
        occurred_at=event.event_at,
        latest_at=event.latest_at,
        recorded_at=event.event_at,
        direction=Direction.OUTBOUND,
        state=ActivityState.DONE,
        is_automated=is_automated,
        owner_id=event.actor,
        raw=() if event.actor is None else ((how.columns[EventField.ACTOR], event.actor),),
    )
