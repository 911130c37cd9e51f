"""AG006: tasks that were ticked off in a burst, and nobody turned to the lead about that time."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from audits.claims import Backing, backing, touched, uncounted_evidence, with_uncounted
from audits.lead_rule import (
    CANNOT_TELL,
    NOT_LOOKED_AT,
    UNKNOWN_ACTIVITY,
    Draft,
    LeadRule,
    at_measure,
    not_looked_at,
    unknown_activity,
)
from audits.model.activity import Task
from audits.model.case import Fact, LeadCase
from audits.model.finding import Evidence, Measure, Outcome
from audits.model.policy import Policy
from audits.model.said import say
from audits.model.zones import load_zone
from audits.rule import Default, Family, MeasureInfo, RuleInfo, Trust
from audits.timeline import CONTACT_FACTS, holder_at
from audits.wording import counted, moment, span

INFO = RuleInfo(
    rule_id="AG006",
    version=1,
    family=Family.ANTI_GAMING,
    title="Tasks ticked in bulk",
    question="When tasks were ticked off in a burst, had anybody turned to this lead?",
    why_it_matters=(
        "A ticked task looks like a step taken. Many in one minute are a list that was tidied, not leads that were "
        "worked; no clock stops for them."
    ),
    reasons=(
        ("no_burst", "no task of the lead was ticked off together with many others"),
        ("backed", "an attempt or contact lies close to each task that was ticked off in a burst"),
        ("burst_open", "a task was ticked off in a burst, and the time for an attempt beside it runs"),
        ("ticked_in_bulk", "a task was ticked off in a burst, and no attempt and no contact lies close to it"),
        ("no_ticked_task", "no task of the lead is done"),
        ("neighbours_not_counted", "nobody has counted what else the same owner ticked off in those minutes"),
        ("tick_time_unknown", "the CRM does not say when a task was ticked off"),
        *((code, CANNOT_TELL[code]) for code in (UNKNOWN_ACTIVITY, NOT_LOOKED_AT)),
    ),
    outcomes=(
        (Outcome.PASS, ("no_burst", "backed", "burst_open")),
        (Outcome.BREACH, ("ticked_in_bulk",)),
        (Outcome.NOT_APPLICABLE, ("no_ticked_task",)),
        (Outcome.NOT_EVALUATED, ("neighbours_not_counted", "tick_time_unknown", UNKNOWN_ACTIVITY, NOT_LOOKED_AT)),
    ),
    measures=(
        MeasureInfo("tasks_ticked", "count", "tasks of the lead that are done"),
        MeasureInfo("largest_tick_crowd", "count", "most tasks that the owner ticked off in the same minute"),
        MeasureInfo("ticked_at", "at", "the tick that has the least beside it, of those in company"),
        MeasureInfo("tick_gap_wall_s", "s", "wall time between that tick and the nearest attempt; unknown = none"),
    ),
    defaults=(
        Default("tick_burst", "5 tasks of one owner in one minute are still no burst", "our choice", Trust.OURS),
        Default("claim_window_s", "10 min of wall time before and after the tick", "our choice", Trust.OURS),
    ),
)

_QUESTION = say("whether tasks were only ticked off")


def judge(case: LeadCase, policy: Policy) -> Draft:
    """A breach when one task surely was ticked off in a burst with nothing beside it."""
    done = [
        task for task in case.tasks if task.is_done and (task.completed_at is None or task.completed_at <= case.as_of)
    ]
    ahead = tuple(task.completed_at for task in case.tasks if task.completed_at and task.completed_at > case.as_of)
    return replace(draft := _judged(case, policy, done), wakes=(*draft.wakes, *ahead))


def _judged(case: LeadCase, policy: Policy, done: list[Task]) -> Draft:
    unseen = case.coverage.cause(Fact.TASKS)
    zone = load_zone(policy.calendar.zone)
    window = timedelta(seconds=policy.claim_window_s)
    crowds = _crowds(case)
    acts = touched(case, policy)
    crowded = [
        (task, at, backing(acts, at, policy.claim_window_s))
        for task, at in ((task, task.completed_at) for task in done if task.task_id in crowds)
        if at is not None
    ]
    bursts = [each for each in crowded if crowds[each[0].task_id] > policy.tick_burst]
    measures = _measures(done, crowds, crowded)
    unbacked = [each for each in bursts if each[2].sure is None]
    over = [each for each in unbacked if case.as_of >= each[1] + window]
    wakes = tuple(at + window for _, at, _ in unbacked)
    missing = case.coverage.cause(*CONTACT_FACTS)
    surely = [each for each in over if each[2].possible is None]
    if surely and missing is None:
        task, at, found = surely[0]
        return Draft(
            outcome=Outcome.BREACH,
            reason="ticked_in_bulk",
            sentence=with_uncounted(
                say(
                    "A task of the lead was ticked off {at}, as one of {tasks} in one minute, but no attempt and no "
                    "contact lies within {limit} of that.",
                    at=moment(at, zone),
                    tasks=counted(crowds[task.task_id], "task"),
                    limit=span(policy.claim_window_s),
                ),
                found.uncounted,
                case,
                policy,
                zone,
            ),
            measures=measures,
            evidence=(*_evidence(task, at), *uncounted_evidence(found.uncounted)),
            owner_id=holder_at(case, at),
        )
    for _, _, found in over:
        if found.possible is not None:
            return replace(unknown_activity(found.possible, _QUESTION, measures), wakes=wakes)
    if over and missing is not None:
        return replace(not_looked_at(missing, _QUESTION, measures), wakes=wakes)
    if unseen is not None:
        return not_looked_at(unseen, _QUESTION, measures)
    if not done:
        return Draft(
            outcome=Outcome.NOT_APPLICABLE,
            reason="no_ticked_task",
            sentence=say("No task of the lead is done."),
            measures=measures,
        )
    if any(task.completed_at is None for task in done):
        return Draft(
            outcome=Outcome.NOT_EVALUATED,
            reason="tick_time_unknown",
            sentence=say(
                "It cannot be told {question}: the CRM does not say when a task was ticked off.", question=_QUESTION
            ),
            measures=measures,
        )
    if case.surroundings.crowded_ticks is None:
        return Draft(
            outcome=Outcome.NOT_EVALUATED,
            reason="neighbours_not_counted",
            sentence=say(
                "It cannot be told {question}: what else was ticked off in those minutes was not counted.",
                question=_QUESTION,
            ),
            measures=measures,
        )
    if unbacked:
        task, at, _ = unbacked[0]
        return Draft(
            outcome=Outcome.PASS,
            reason="burst_open",
            sentence=say(
                "A task of the lead was ticked off {at}, as one of {tasks} in one minute; an attempt until {until} "
                "still stands beside it.",
                at=moment(at, zone),
                tasks=counted(crowds[task.task_id], "task"),
                until=moment(at + window, zone),
            ),
            measures=measures,
            evidence=_evidence(task, at),
            owner_id=holder_at(case, at),
            wakes=wakes,
        )
    owner_id = holder_at(case, case.as_of)
    if bursts:
        return Draft(
            outcome=Outcome.PASS,
            reason="backed",
            sentence=say(
                "Tasks were ticked off in a burst, and an attempt or contact lies close to each of this lead."
            ),
            measures=measures,
            owner_id=owner_id,
        )
    return Draft(
        outcome=Outcome.PASS,
        reason="no_burst",
        sentence=say("Done: {tasks}, none ticked off in a burst.", tasks=counted(len(done), "task")),
        measures=measures,
        owner_id=owner_id,
    )


def _crowds(case: LeadCase) -> dict[str, int]:
    """Of each task how many were ticked off in its minute, itself included."""
    found: dict[str, int] = {}
    for crowd in case.surroundings.crowded_ticks or ():
        found[crowd.record_id] = max(crowd.count, found.get(crowd.record_id, 0))
    return found


def _measures(
    done: list[Task], crowds: dict[str, int], crowded: list[tuple[Task, datetime, Backing]]
) -> tuple[Measure, ...]:
    least = max(crowded, key=lambda each: (each[2].gap_s is None, each[2].gap_s or 0, each[1]), default=None)
    return (
        Measure("tasks_ticked", len(done), "count"),
        Measure("largest_tick_crowd", max((crowds[task.task_id] for task, _, _ in crowded), default=None), "count"),
        at_measure("ticked_at", None if least is None else least[1]),
        Measure("tick_gap_wall_s", None if least is None else least[2].gap_s, "s"),
    )


def _evidence(task: Task, at: datetime) -> tuple[Evidence, ...]:
    values = (("completed_at", at.isoformat()), *task.raw)
    return tuple(
        Evidence(record_type="task", record_id=task.task_id, field=field, value=value, at=at)
        for field, value in values
    )


RULE = LeadRule(INFO, judge)
