"""What a lead adds to the periods of those who hold it and those who work on it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from audits.model.activity import OwnerChange
from audits.model.case import Coverage, Fact, LeadCase
from audits.model.lead import LeadStatus
from audits.model.owner_case import OverdueLead
from audits.owner_periods import attempts_of, overdue_of
from tests.factories import make_activity, make_calendar, make_case, make_deal, make_lead, make_policy

#: A Monday; the team works from 9 to 18, and the promise is half an hour.
NINE = datetime(2026, 3, 2, 9, tzinfo=UTC)
DUE = NINE + timedelta(minutes=30)
WEEK = timedelta(days=7)
POLICY = make_policy(calendar=make_calendar("UTC"))


def lead_case(as_of: datetime = NINE + 4 * WEEK, *, lead: Any = None, **facts: Any) -> LeadCase:
    found = make_lead("1", received_at=NINE, recorded_at=NINE, **(lead or {}))
    return replace(make_case(found), as_of=as_of, **facts)


def call(at: datetime, activity_id: str = "call-1", **fields: Any) -> Any:
    return make_activity(activity_id, "1", occurred_at=at, **fields)


def handed(at: datetime, owner_id: str | None) -> OwnerChange:
    return OwnerChange(lead_id="1", occurred_at=at, owner_id=owner_id)


def waited(case: LeadCase, since: datetime = NINE - WEEK) -> tuple[str, datetime, datetime | None] | None:
    found = overdue_of(case, POLICY, since)
    return None if found is None else (found[0], found[1].due_at, found[1].ended_at)


LATER = NINE + timedelta(days=2)
WAITS: dict[str, tuple[LeadCase, object]] = {
    "it is new until the cadence is over": (lead_case(), ("owner-1", DUE, NINE + timedelta(days=15))),
    "it still waits": (lead_case(NINE + WEEK), ("owner-1", DUE, None)),
    "until the first attempt": (lead_case(activities=(call(LATER),)), ("owner-1", DUE, LATER)),
    "until what may be one": (lead_case(activities=(call(LATER, direction=None),)), ("owner-1", DUE, LATER)),
    "until it closed": (
        lead_case(lead={"status": LeadStatus.LOST, "closed_at": LATER}),
        ("owner-1", DUE, LATER),
    ),
    "until it went to somebody else": (
        lead_case(owner_changes=(handed(NINE, "a"), handed(LATER, "b"))),
        ("a", DUE, LATER),
    ),
    "whoever held it when it was due": (
        lead_case(NINE + WEEK, owner_changes=(handed(NINE, "a"), handed(NINE + timedelta(minutes=20), "b"))),
        ("b", DUE, None),
    ),
    "tried in time": (lead_case(activities=(call(NINE + timedelta(minutes=29)),)), None),
    "held by nobody": (lead_case(owner_changes=(handed(LATER, "a"),)), None),
    "not due yet": (lead_case(DUE), None),
    "an import": (lead_case(lead={"is_imported": True}), None),
    "closed nobody knows when": (lead_case(lead={"status": LeadStatus.WON}), None),
    "calls cannot be seen": (lead_case(coverage=Coverage(missing=((Fact.CALLS, "No scope."),))), None),
}


@pytest.mark.parametrize("name", WAITS)
def test_when_a_lead_waited_past_its_time(name: str) -> None:
    case, expected = WAITS[name]
    assert waited(case) == expected


def test_a_wait_that_ended_before_the_period_is_none_of_it() -> None:
    case = lead_case(activities=(call(LATER),))
    assert waited(case, LATER - timedelta(seconds=1)) is not None
    assert waited(case, LATER) is None


def test_a_wait_is_from_the_due_instant_until_just_before_its_end() -> None:
    wait = OverdueLead(lead_id="1", due_at=DUE, ended_at=LATER)
    assert [wait.waited_at(t) for t in (DUE - timedelta(microseconds=1), DUE, LATER)] == [False, True, False]


def test_an_attempt_is_that_of_whoever_made_it_else_of_the_holder() -> None:
    case = lead_case(
        activities=(
            call(LATER, activity_id="a", owner_id="helper"),
            call(LATER, activity_id="b", owner_id=None),
            call(LATER, activity_id="c", direction=None),
            call(LATER, activity_id="d", latest_at=LATER + timedelta(hours=9)),
        )
    )
    found = [(owner_id, each.activity_id) for owner_id, each in attempts_of(case, POLICY, NINE)]
    assert found == [("helper", "a"), ("owner-1", "b")]


def test_an_attempt_counts_from_the_beginning_of_the_period_to_before_its_end() -> None:
    acts = tuple(
        call(at, activity_id=name)
        for name, at in (("before", LATER - timedelta(seconds=1)), ("first", LATER), ("after", LATER + WEEK))
    )
    case = lead_case(LATER + WEEK, activities=acts)
    assert [each.activity_id for _, each in attempts_of(case, POLICY, LATER)] == ["first"]


def test_a_customer_is_one_since_he_or_his_first_deal_was_won() -> None:
    deals = (
        make_deal("d1", "1", status=LeadStatus.WON, closed_at=NINE + timedelta(hours=3)),
        make_deal("d2", "1", status=LeadStatus.LOST, closed_at=NINE + timedelta(hours=1)),
    )
    case = lead_case(
        activities=(call(LATER),), deals=deals, lead={"status": LeadStatus.WON, "closed_at": NINE + WEEK}
    )
    ((_, attempt),) = attempts_of(case, POLICY, NINE)
    assert (attempt.lead_received_at, attempt.lead_won_at) == (NINE, NINE + timedelta(hours=3))
    ((_, open_one),) = attempts_of(lead_case(activities=(call(LATER),)), POLICY, NINE)
    assert open_one.lead_won_at is None
