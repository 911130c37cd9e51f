"""Another agreement on the first attempt: who would break it, held to judging each lead anew."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta

import pytest

from audits.engine import audit
from audits.model.case import LeadCase
from audits.model.finding import Outcome
from audits.model.policy import Policy, ResponseTarget
from audits.reports.export_report import Answer
from audits.reports.handled import HandledLead, handled_lead
from audits.reports.what_if import what_if
from audits.statistics.shares import Share
from tests.factories import NOW, at, make_activity, make_case, make_lead, make_policy

HOT = ResponseTarget(name="hot", goal_s=60, due_s=600, lead_types=("demo",))


def drawn_cases(n: int) -> list[LeadCase]:
    """Leads of the last five days, tried after minutes or hours, some at the very closing of a day, or never."""
    drawn = random.Random(3)
    found = []
    for number in range(n):
        received_at = at(hours=-drawn.randrange(1, 120), minutes=-drawn.randrange(60))
        at_closing = received_at.replace(hour=18, minute=0) + timedelta(minutes=drawn.choice([0, 0, 90]))
        tried_at = drawn.choice([received_at + timedelta(minutes=drawn.randrange(900)), at_closing, None])
        is_tried = tried_at is not None and received_at <= tried_at <= NOW
        found.append(
            make_case(
                make_lead(f"{number:03}", received_at=received_at, lead_type=drawn.choice(["demo", None])),
                activities=(make_activity("call", f"{number:03}", occurred_at=tried_at),) if is_tried else (),
            )
        )
    return found


def rows_of(cases: list[LeadCase], policy: Policy) -> list[HandledLead]:
    return [handled_lead(case, policy, audit(case, policy)) for case in cases]


@pytest.mark.parametrize("due_s", [0, 1, 600, 1800, 3600, 9 * 3600, 9 * 3600 + 1, 30 * 3600])
def test_the_same_leads_break_it_as_when_each_is_judged_anew(due_s: int) -> None:
    cases = drawn_cases(120)
    agreed = make_policy(targets=(HOT,))
    other = replace(agreed, targets=(), response_target_s=due_s, response_goal_s=min(60, due_s))
    told = what_if(rows_of(cases, agreed), due_s=due_s, goal_s=min(60, due_s))
    anew = {
        finding.subject_id
        for case in cases
        for finding in audit(case, other).findings
        if finding.rule_id in ("RT001", "RT002") and finding.outcome is Outcome.BREACH
    }
    assert set(told.broken) == anew
    assert told.after.hits == len(anew)
    assert told.after.n + told.waiting == len(cases)
    assert told.unknown == 0
    goals = sum(row.is_goal_kept is True for row in rows_of(cases, other))
    assert told.goal_after.hits == goals


def test_the_present_agreement_changes_nothing() -> None:
    rows = rows_of(drawn_cases(80), make_policy(targets=()))
    told = what_if(rows, due_s=1800, goal_s=300)
    assert (told.newly_broken, told.newly_kept) == ((), ())
    assert told.before == told.after
    assert told.goal_before == told.goal_after


def test_one_agreement_of_several_may_be_moved() -> None:
    rows = rows_of(drawn_cases(80), make_policy(targets=(HOT,)))
    hot = what_if(rows, due_s=10**9, goal_s=0, target="hot")
    others = what_if(rows, due_s=10**9, goal_s=0, target="")
    assert hot.before.n == sum(
        row.target == "hot" and row.answer in (Answer.IN_TIME, Answer.LATE, Answer.UNANSWERED) for row in rows
    )
    assert hot.before.n > 5
    assert others.before.n > 5
    assert hot.broken == others.broken == ()
    assert what_if(rows, due_s=5, goal_s=5, target="unheard of").before == Share(0, 0)


def test_a_lead_that_cannot_be_told_is_counted_as_such() -> None:
    rows = [replace(row, needed_s=None) for row in rows_of(drawn_cases(10), make_policy(targets=()))]
    told = what_if(rows, due_s=60, goal_s=0)
    assert (told.unknown, told.after, told.broken) == (10, Share(0, 0), ())


def test_a_goal_beyond_the_promise_is_refused() -> None:
    with pytest.raises(ValueError, match="not between"):
        what_if([], due_s=60, goal_s=61)
