"""The label of cause: each stated rule, their order, what cannot be told. A lead of Monday 10:00, due at 10:30."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from audits.causes import Cause, cause_of
from audits.engine import audit
from audits.model.activity import Activity, ActivityKind, ActivityState, Direction, OwnerChange
from audits.model.case import Coverage, Fact, LeadCase
from audits.model.finding import Outcome
from audits.model.lead import Lead
from audits.model.policy import Policy, ResponseTarget
from audits.model.surroundings import Load, Surroundings
from audits.model.working_calendar import Calendar
from tests.rules.case_files import WEEK
from tests.rules.strategies import cases, policies

POLICY = Policy(version="1", calendar=Calendar.from_json({"tz": "Europe/Berlin", "week": WEEK}), targets=())
RECEIVED_AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
LEAD = Lead(lead_id="L1", received_at=RECEIVED_AT, recorded_at=RECEIVED_AT, owner_id="7")
#: Three leads at six an hour take half an hour: exactly the time to the due instant.
PACE = Load(holder_id="7", open_new_leads=3, working_s=1800, capacity_per_hour_milli=6000, n=40)


def minutes(count: float) -> datetime:
    return RECEIVED_AT + timedelta(minutes=count)


def called(at_minute: float) -> Activity:
    return Activity(
        activity_id="A1",
        lead_id="L1",
        kind=ActivityKind.CALL,
        occurred_at=minutes(at_minute),
        recorded_at=minutes(at_minute),
        direction=Direction.OUTBOUND,
        state=ActivityState.DONE,
        is_automated=False,
    )


def handed(at_minute: float, owner_id: str | None = "7") -> OwnerChange:
    return OwnerChange(lead_id="L1", occurred_at=minutes(at_minute), owner_id=owner_id)


def late_case(**fields: Any) -> LeadCase:
    """Called after 40 minutes, with an owner from the beginning and a load that was no hindrance."""
    usual: dict[str, Any] = {"activities": (called(40),), "surroundings": Surroundings(load=PACE)}
    return LeadCase(lead=fields.pop("lead", LEAD), as_of=minutes(60), **{**usual, **fields})


@pytest.mark.parametrize("attempted", [True, False], ids=["late", "not_answered_yet"])
@pytest.mark.parametrize(
    ("fields", "cause"),
    [
        ({}, Cause.NOT_CALLED),
        ({"surroundings": Surroundings(load=replace(PACE, open_new_leads=4))}, Cause.OVERLOADED),
        ({"surroundings": Surroundings(load=replace(PACE, working_s=1799))}, Cause.OVERLOADED),
        ({"surroundings": Surroundings()}, Cause.UNKNOWN),
        ({"surroundings": Surroundings(load=replace(PACE, capacity_per_hour_milli=None))}, Cause.UNKNOWN),
        ({"surroundings": Surroundings(load=replace(PACE, capacity_per_hour_milli=0))}, Cause.UNKNOWN),
        (
            {"surroundings": Surroundings(load=replace(PACE, open_new_leads=1, capacity_per_hour_milli=1))},
            Cause.NOT_CALLED,
        ),
        (
            {"surroundings": Surroundings(load=replace(PACE, open_new_leads=1, capacity_per_hour_milli=None))},
            Cause.NOT_CALLED,
        ),
        ({"surroundings": Surroundings(load=replace(PACE, holder_id="8"))}, Cause.UNKNOWN),
        ({"surroundings": Surroundings(load=replace(PACE, holder_id="8", open_new_leads=1))}, Cause.UNKNOWN),
        ({"coverage": Coverage(missing=((Fact.OWNER_HISTORY, "not shown"),))}, Cause.UNKNOWN),
        ({"owner_changes": (handed(25),)}, Cause.NOT_CALLED),
        ({"owner_changes": (handed(25.1),)}, Cause.WAITED_FOR_OWNER),
        ({"owner_changes": (handed(31),)}, Cause.WAITED_FOR_OWNER),
        ({"lead": replace(LEAD, owner_id=None)}, Cause.WAITED_FOR_OWNER),
        ({"lead": replace(LEAD, submitted_at=minutes(-24 * 60))}, Cause.NOT_CALLED),
        ({"lead": replace(LEAD, submitted_at=minutes(-24 * 60 - 1))}, Cause.ARRIVED_LATE_FROM_VENDOR),
        (
            {"lead": replace(LEAD, submitted_at=minutes(-3000)), "owner_changes": (handed(31),)},
            Cause.ARRIVED_LATE_FROM_VENDOR,
        ),
        (
            {
                "owner_changes": (handed(29),),
                "surroundings": Surroundings(load=replace(PACE, open_new_leads=40)),
            },
            Cause.WAITED_FOR_OWNER,
        ),
        (
            {
                "lead": replace(LEAD, submitted_at=minutes(-3000)),
                "coverage": Coverage(missing=((Fact.OWNER_HISTORY, "not shown"),)),
            },
            Cause.ARRIVED_LATE_FROM_VENDOR,
        ),
    ],
)
def test_cause(fields: dict[str, Any], cause: Cause, attempted: bool) -> None:
    case = late_case(**fields)
    assert audit(case if attempted else replace(case, activities=()), POLICY).cause is cause


def test_without_a_breach_there_is_no_cause() -> None:
    in_time = late_case(activities=(called(10),), surroundings=Surroundings(load=replace(PACE, open_new_leads=90)))
    assert audit(in_time, POLICY).cause is Cause.NONE
    assert audit(replace(in_time, as_of=minutes(5)), POLICY).cause is Cause.NONE


@pytest.mark.parametrize(("owned_after_min", "cause"), [(5, Cause.NOT_CALLED), (5.1, Cause.WAITED_FOR_OWNER)])
def test_where_the_goal_is_the_promise_half_of_it_counts(owned_after_min: float, cause: Cause) -> None:
    policy = replace(POLICY, targets=(ResponseTarget(name="all", goal_s=600, due_s=600),))
    assert audit(late_case(owner_changes=(handed(owned_after_min),)), policy).cause is cause


def test_an_owner_who_comes_while_it_is_closed_has_the_whole_time() -> None:
    """Received on Saturday, held from Sunday on, due on Monday at 9:30, called at 10:00."""
    saturday = RECEIVED_AT - timedelta(days=2)
    case = late_case(
        lead=replace(LEAD, received_at=saturday, recorded_at=saturday),
        owner_changes=(handed(-24 * 60),),
        activities=(called(0),),
    )
    assert audit(case, POLICY).cause is Cause.NOT_CALLED


def test_the_first_attempt_and_the_first_connection_are_measured_apart() -> None:
    reached = replace(called(45), activity_id="A2", kind=ActivityKind.MEETING)
    facts = audit(late_case(activities=(called(40), reached)), POLICY).facts
    assert (facts.first_attempt_working_s, facts.first_attempt_wall_s) == (2400, 2400)
    assert (facts.first_connection_working_s, facts.first_connection_wall_s) == (2700, 2700)
    by_day = audit(late_case(activities=(called(40), replace(reached, latest_at=minutes(50)))), POLICY).facts
    assert by_day.first_connection_at == minutes(45)
    assert (by_day.first_connection_working_s, by_day.first_connection_wall_s) == (None, None)


@settings(max_examples=60, derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(case=cases(), policy=policies())
def test_exactly_the_breaches_are_explained(case: LeadCase, policy: Policy) -> None:
    whole = audit(case, policy)
    by_id = {finding.rule_id: finding for finding in whole.findings}
    is_late = Outcome.BREACH in (by_id["RT001"].outcome, by_id["RT002"].outcome)
    assert (whole.cause is not Cause.NONE) == is_late
    assert cause_of(case, policy, by_id) is whole.cause
