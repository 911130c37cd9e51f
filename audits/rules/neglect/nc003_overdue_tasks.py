"""NC003: an open lead with a task that should have been done long ago."""

from __future__ import annotations

from dataclasses import replace

from audits.clock import case_clock
from audits.dues import task_due
from audits.lead_rule import (
    CANNOT_TELL,
    NO_WORKING_HOURS,
    NOT_LOOKED_AT,
    UNMAPPED_STATUS,
    Draft,
    LeadRule,
    at_measure,
    not_looked_at,
    unmapped_status,
)
from audits.model.activity import Task
from audits.model.case import Fact, LeadCase
from audits.model.finding import Evidence, Measure, Outcome
from audits.model.lead import LeadStatus
from audits.model.policy import Policy
from audits.model.said import say
from audits.rule import Default, Family, MeasureInfo, RuleInfo, Trust
from audits.timeline import holder_at
from audits.wording import moment, moment_after, span, status_word

INFO = RuleInfo(
    rule_id="NC003",
    version=1,
    family=Family.NEGLECTED_CONTACT,
    title="Overdue task",
    question="Does an open lead have a task that is long overdue?",
    why_it_matters="A task is a promise to oneself; where overdue ones stay, the next step exists on paper only.",
    reasons=(
        ("tasks_in_time", "every open task is due later, or was due only lately"),
        ("overdue", "a task is open although it was due long ago"),
        ("no_open_task", "no open task has a due time"),
        ("closed", "the lead is closed"),
        *((code, CANNOT_TELL[code]) for code in (NOT_LOOKED_AT, UNMAPPED_STATUS, NO_WORKING_HOURS)),
    ),
    outcomes=(
        (Outcome.PASS, ("tasks_in_time",)),
        (Outcome.BREACH, ("overdue",)),
        (Outcome.NOT_APPLICABLE, ("no_open_task", "closed")),
        (Outcome.NOT_EVALUATED, (NOT_LOOKED_AT, UNMAPPED_STATUS, NO_WORKING_HOURS)),
    ),
    measures=(
        MeasureInfo("open_tasks", "count", "open tasks with a due time"),
        MeasureInfo("oldest_due_at", "at", "when the oldest of them is or was due"),
        MeasureInfo("overdue_working_s", "s", "working time from then to the moment of the audit"),
        MeasureInfo("overdue_wall_s", "s", "wall time from then to the moment of the audit"),
    ),
    defaults=(Default("overdue_task_s", "8 h of working time (one working day)", "our choice", Trust.OURS),),
)

_QUESTION = say("whether a task of the lead is overdue")


def judge(case: LeadCase, policy: Policy) -> Draft:
    """A breach once the agreed working time has passed since the oldest open task was due.

    A hold does not stop this clock: whoever waits for the lead sets the task to the day on which he will ask again.
    """
    lead = case.lead
    if lead.status is None:
        return unmapped_status(lead)
    if lead.status is not LeadStatus.OPEN:
        return Draft(
            outcome=Outcome.NOT_APPLICABLE,
            reason="closed",
            sentence=say("The lead is closed ({status}), so no task is owed.", status=status_word(lead.status)),
        )
    dated = sorted(
        (task.due_at, task.task_id, task) for task in case.tasks if not task.is_done and task.due_at is not None
    )
    unseen = case.coverage.cause(Fact.TASKS)
    if not dated:
        if unseen is not None:
            return not_looked_at(unseen, _QUESTION)
        return Draft(
            outcome=Outcome.NOT_APPLICABLE,
            reason="no_open_task",
            sentence=say("The lead has no open task with a due time."),
        )
    due_at, _, task = dated[0]
    clock = case_clock(case, policy)
    overdue_at = task_due(due_at, policy, clock)
    measures = (
        Measure("open_tasks", len(dated), "count"),
        at_measure("oldest_due_at", due_at),
        Measure("overdue_working_s", clock.elapsed(due_at, case.as_of), "s"),
        Measure("overdue_wall_s", max(0, int((case.as_of - due_at).total_seconds())), "s"),
    )
    if case.as_of < overdue_at:
        if unseen is not None:
            return replace(not_looked_at(unseen, _QUESTION, measures), wakes=(overdue_at,))
        return Draft(
            outcome=Outcome.PASS,
            reason="tasks_in_time",
            sentence=say("The oldest open task is due {due}.", due=moment(due_at, clock.zone)),
            measures=measures,
            evidence=_evidence(task),
            owner_id=holder_at(case, case.as_of),
            wakes=(overdue_at,),
        )
    if clock.doubt is not None:
        return not_looked_at(clock.doubt, _QUESTION, measures)
    return Draft(
        outcome=Outcome.BREACH,
        reason="overdue",
        sentence=say(
            "A task was due {due} and was still open {until}, {limit} of working time later.",
            due=moment(due_at, clock.zone),
            until=moment_after(overdue_at, due_at, clock.zone),
            limit=span(policy.overdue_task_s),
        ),
        measures=measures,
        evidence=_evidence(task),
        owner_id=holder_at(case, overdue_at),
    )


def _evidence(task: Task) -> tuple[Evidence, ...]:
    due = "" if task.due_at is None else task.due_at.isoformat()
    return tuple(
        Evidence(record_type="task", record_id=task.task_id, field=field, value=value, at=task.due_at)
        for field, value in (("due_at", due), ("is_done", str(task.is_done).lower()), *task.raw)
    )


RULE = LeadRule(INFO, judge)
