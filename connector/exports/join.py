"""Sorted rows → cases, one lead at a time: leads, touches and sightings merged by lead id."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import groupby
from operator import attrgetter
from typing import Generic, TypeVar

from audits.model.activity import (
    Activity,
    ActivityKind,
    ActivityState,
    Direction,
    Owner,
    OwnerChange,
    StageChange,
    Task,
)
from audits.model.case import Coverage, Fact, LeadCase
from audits.model.lead import Lead, LeadStatus
from connector.exports.mapping import ChangeField, EventField, EventLogMap, LeadField
from connector.exports.packing import EPOCH, unpack_activity, unpack_event, unpack_lead, unpack_task
from connector.exports.problems import BadRow, excerpt
from connector.exports.rows import Event
from connector.exports.sightings import sighting_of
from connector.exports.store import ChangeLine, LostActLine, Store, TouchLine


@dataclass(slots=True)
class JoinCounts:
    """What was left out while joining, and why."""

    leads_after_as_of: int = 0
    touches_after_as_of: int = 0
    touches_without_lead: int = 0
    rows_without_touch: int = 0
    received_at_differs: int = 0
    changes_after_as_of: int = 0
    changes_without_lead: int = 0


@dataclass(frozen=True, slots=True)
class ReadCase:
    """A case as the files tell it, nothing counted around it. `is_logging_known`: whether it is known of all its
    calls when they were written down."""

    case: LeadCase
    is_logging_known: bool


LineT = TypeVar("LineT")


class Merge(Generic[LineT]):
    """Hands out the lines of one lead after the other, or of another `key`, by which they must be sorted; lines that
    are never asked for go to `orphan`."""

    def __init__(
        self,
        lines: Iterator[LineT],
        orphan: Callable[[LineT], None],
        key: Callable[[LineT], str] = attrgetter("lead_id"),
    ) -> None:
        self._lines = lines
        self._orphan = orphan
        self._key = key
        self._next = next(lines, None)

    def of(self, wanted: str) -> list[LineT]:
        """The lines of `wanted`, which must not sort before the one asked for last."""
        found: list[LineT] = []
        while self._next is not None and self._key(self._next) <= wanted:
            if self._key(self._next) == wanted:
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
    store: Store,
    leads_file: str,
    as_of: datetime,
    coverage: Coverage,
    counts: JoinCounts,
    people: Mapping[str, Owner],
    tell: Callable[[BadRow], None],
) -> Iterator[ReadCase]:
    """A case for every lead known at `as_of`, by lead id. What is left out goes to `counts` and to `tell`.

    `people`: the owners of whom a file tells, by id.
    """

    def without_lead(line: TouchLine | ChangeLine) -> None:
        if isinstance(line, TouchLine):
            counts.touches_without_lead += 1
        else:
            counts.changes_without_lead += 1
        reason = "names a lead that is not in the leads file"
        tell(BadRow(file=line.file, line=line.line, reason=reason, value=excerpt(line.lead_id)))

    touches = Merge(store.touches(), without_lead)
    changes = Merge(store.changes(), without_lead)
    sightings = Merge(store.sightings(), lambda _: None)
    lost = Merge(store.lost_acts(), lambda _: None)
    before: tuple[str, int] | None = None
    for stored in store.leads():
        if before is not None and stored.lead_id == before[0]:
            reason = f"the lead id stands already on line {before[1]}; that row is used"
            tell(BadRow(file=leads_file, line=stored.line, reason=reason, value=excerpt(stored.lead_id)))
            continue
        before = (stored.lead_id, stored.line)
        lead = unpack_lead(stored.packed)
        own_touches, own_sightings = touches.of(lead.lead_id), sightings.of(lead.lead_id)
        own_changes, own_lost = changes.of(lead.lead_id), lost.of(lead.lead_id)
        if max(lead.received_at, lead.recorded_at) > as_of:
            counts.leads_after_as_of += 1
            continue
        activities, tasks, is_logging_known = _acts(own_touches, lead, as_of, counts, tell)
        owner_changes, stage_changes = _changed(own_changes, as_of, counts)
        case = LeadCase(
            lead=lead,
            as_of=as_of,
            activities=activities,
            tasks=tasks,
            owner_changes=owner_changes,
            stage_changes=stage_changes,
            sightings=tuple(map(sighting_of, own_sightings)),
            coverage=_less(coverage, own_lost),
        )
        yield ReadCase(_with_owners(case, people), is_logging_known)
    touches.finish()
    changes.finish()


def _changed(
    lines: list[ChangeLine], as_of: datetime, counts: JoinCounts
) -> tuple[tuple[OwnerChange, ...], tuple[StageChange, ...]]:
    owners: list[OwnerChange] = []
    stages: list[StageChange] = []
    for line in lines:
        at = EPOCH + timedelta(microseconds=line.at)
        if at > as_of:
            counts.changes_after_as_of += 1
        elif line.what == ChangeField.OWNER:
            owners.append(OwnerChange(lead_id=line.lead_id, occurred_at=at, owner_id=line.value))
        elif line.value is not None:
            stages.append(StageChange(lead_id=line.lead_id, occurred_at=at, field=line.field, raw_status=line.value))
    return tuple(owners), tuple(stages)


def _with_owners(case: LeadCase, people: Mapping[str, Owner]) -> LeadCase:
    """The case with those owners who are named anywhere in it, as far as a file tells of them."""
    if not people:
        return case
    names = {case.lead.owner_id, *(change.owner_id for change in case.owner_changes)}
    names.update(act.owner_id for act in case.activities)
    names.update(task.owner_id for task in case.tasks)
    known = sorted(name for name in names if name is not None and name in people)
    return replace(case, owners=tuple(people[name] for name in known))


def _less(coverage: Coverage, lost: list[LostActLine]) -> Coverage:
    """The coverage without what the rows in `lost` may have shown."""
    causes = dict(coverage.missing)
    for line in lost:
        for fact in line.facts.split():
            causes.setdefault(Fact(fact), f"line {line.line} of {line.file} names this lead and could not be used")
    return Coverage(missing=tuple(causes.items())) if lost else coverage


def _acts(
    lines: list[TouchLine], lead: Lead, as_of: datetime, counts: JoinCounts, tell: Callable[[BadRow], None]
) -> tuple[tuple[Activity, ...], tuple[Task, ...], bool]:
    """The activities, the tasks, and whether it is known of all calls when they were written down."""
    is_logging_known = True
    activities: list[Activity] = []
    tasks: list[Task] = []
    seen: dict[tuple[int, str], int] = {}
    for line in lines:
        first_line = seen.setdefault((line.place, line.touch_id), line.line)
        if first_line != line.line:
            reason = f"the touch id stands already on line {first_line} for this lead; that row is used"
            tell(BadRow(file=line.file, line=line.line, reason=reason, value=excerpt(line.touch_id)))
            continue
        act = _recorded(line, lead)
        if act.recorded_at > as_of:
            counts.touches_after_as_of += 1
        elif isinstance(act, Task):
            tasks.append(_as_it_stood(act, as_of))
        else:
            is_logging_known &= line.is_recorded_known or act.kind is not ActivityKind.CALL
            activities.append(act)
    activities.sort(key=lambda act: (act.occurred_at, act.activity_id))
    tasks.sort(key=lambda task: (task.recorded_at, task.task_id))
    return tuple(activities), tuple(tasks), is_logging_known


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
    store: Store,
    how: EventLogMap,
    as_of: datetime,
    coverage: Coverage,
    counts: JoinCounts,
    people: Mapping[str, Owner],
) -> Iterator[ReadCase]:
    """A case for every lead of an event log known at `as_of`, by lead id; `people` as in iter_cases."""
    lost = Merge(store.lost_acts(), lambda _: None)
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
        case = _event_case(known, how, as_of, _less(coverage, own_lost))
        yield ReadCase(_with_owners(case, people), is_logging_known=how.is_written_by_hand)


def _event_case(events: list[Event], how: EventLogMap, as_of: datetime, coverage: Coverage) -> LeadCase:
    first, last = events[0], events[-1]
    lead = replace(
        last.lead,
        received_at=first.lead.received_at,
        received_latest_at=first.lead.received_latest_at,
        recorded_at=min(first.lead.recorded_at, first.event_at),
        modified_at=last.event_at,
        closed_at=_closed_at(events) or last.lead.closed_at,
    )
    owner_changes: list[OwnerChange] = []
    stage_changes: list[StageChange] = []
    standing: list[tuple[str, Callable[[Lead], str | None]]] = []
    if EventField.STATUS in how.columns:
        standing.append((how.columns[EventField.STATUS], lambda lead: lead.raw_status))
    if EventField.STAGE in how.columns and how.columns[EventField.STAGE] != how.columns.get(EventField.STATUS):
        standing.append((how.columns[EventField.STAGE], lambda lead: lead.stage))
    stood: dict[str, str] = {}
    owner = None
    for event in events:
        if event.lead.owner_id != owner:
            owner = event.lead.owner_id
            owner_changes.append(OwnerChange(lead_id=lead.lead_id, occurred_at=event.event_at, owner_id=owner))
        for column, of in standing:
            value = of(event.lead)
            if value is not None and value != stood.get(column):
                stood[column] = value
                stage_changes.append(
                    StageChange(lead_id=lead.lead_id, occurred_at=event.event_at, field=column, raw_status=value)
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


def _closed_at(events: list[Event]) -> datetime | None:
    """When the case was closed for the last time, None = it is open, or its status has no meaning."""
    closed_at: datetime | None = None
    for event in events:
        is_closed = event.lead.status not in (LeadStatus.OPEN, None)
        closed_at = (closed_at or event.event_at) if is_closed else None
    return closed_at


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
