"""Which activities are attempts, which are contact made, who held the lead, and whose hours count."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audits.clock import NoWorkingHours, case_clock
from audits.model.activity import Activity, ActivityKind, ActivityState, Direction, Disposition, OwnerChange
from audits.model.case import Coverage, Fact, LeadCase
from audits.model.lead import Lead
from audits.model.policy import Policy
from audits.model.working_calendar import Calendar
from audits.model.working_time import combined, working_time
from audits.timeline import AttemptVerdict, attempts, connections, failed_attempt, holder_at, judge_attempt
from tests.rules.strategies import START, cases, policies

RECEIVED = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
AS_OF = RECEIVED + timedelta(days=4)
YES, NO, UNKNOWN = AttemptVerdict.YES, AttemptVerdict.NO, AttemptVerdict.UNKNOWN


def act(kind: str, minutes: float = 10, **fields: Any) -> Activity:
    """A human outbound act that took place, unless `fields` say otherwise."""
    at = RECEIVED + timedelta(minutes=minutes)
    usual: dict[str, Any] = {
        "direction": Direction.OUTBOUND,
        "state": ActivityState.DONE,
        "is_automated": False,
        "recorded_at": at,
    }
    return Activity(
        activity_id=f"{kind}{minutes}", lead_id="L1", kind=ActivityKind(kind), occurred_at=at, **{**usual, **fields}
    )


def case(*activities: Activity, **fields: Any) -> LeadCase:
    lead = Lead(lead_id="L1", received_at=RECEIVED, recorded_at=RECEIVED, owner_id="7")
    return LeadCase(lead=lead, as_of=AS_OF, activities=activities, **fields)


def hours(*weekdays: str, opens: str = "09:00", closes: str = "17:00") -> Calendar:
    return Calendar.from_json({"tz": "UTC", "week": {day: [[opens, closes]] for day in weekdays}})


TEAM = hours("mon", "tue", "wed", "thu", "fri")
POLICY = Policy(version="1", calendar=TEAM)


@pytest.mark.parametrize(
    ("activity", "verdict"),
    [
        (act("call"), YES),
        (act("email"), YES),
        (act("message"), YES),
        (act("meeting"), YES),
        (act("note"), NO),
        (act("call", disposition=Disposition.NO_ANSWER), YES),
        (act("email", disposition=Disposition.BOUNCED), YES),
        (act("meeting", disposition=Disposition.NO_SHOW), YES),
        (act("meeting", direction=None, is_automated=None), YES),
        (act("meeting", direction=Direction.INBOUND), YES),
        (act("meeting", state=ActivityState.PLANNED), NO),
        (act("meeting", state=None), UNKNOWN),
        (act("call", state=ActivityState.CANCELLED), NO),
        (act("email", state=ActivityState.FAILED), NO),
        (act("email", is_automated=True), NO),
        (act("email", is_automated=True, direction=None), NO),
        (act("call", direction=Direction.INBOUND), NO),
        (act("call", direction=Direction.INBOUND, state=None), NO),
        (act("message", direction=None), UNKNOWN),
        (act("email", is_automated=None), UNKNOWN),
        (act("call", state=None), UNKNOWN),
        (act("call", minutes=0), YES),
        (act("call", minutes=-0.001), NO),
        (act("call", minutes=-10, direction=None), NO),
        (act("call", minutes=60 * 24 * 5), NO),
    ],
)
def test_attempt(activity: Activity, verdict: AttemptVerdict) -> None:
    assert judge_attempt(activity, RECEIVED, AS_OF).verdict is verdict
    found = attempts(case(activity), POLICY)
    assert (len(found.sure), len(found.unknown)) == (verdict is YES, verdict is UNKNOWN)


@pytest.mark.parametrize(
    ("activity", "verdict"),
    [
        (act("call", disposition=Disposition.CONNECTED), YES),
        (act("call", disposition=Disposition.CONNECTED, direction=Direction.INBOUND), YES),
        (act("call", disposition=Disposition.CONNECTED, duration_s=20), YES),
        (act("call", disposition=Disposition.CONNECTED, duration_s=19), NO),
        (act("call", disposition=Disposition.CONNECTED, is_automated=True), NO),
        (act("call", disposition=Disposition.VOICEMAIL, duration_s=60), NO),
        (act("call", disposition=Disposition.LEFT_MESSAGE), NO),
        (act("call", duration_s=60), UNKNOWN),
        (act("call", duration_s=5), NO),
        (act("call"), UNKNOWN),
        (act("meeting"), YES),
        (act("meeting", disposition=Disposition.NO_SHOW), NO),
        (act("meeting", state=ActivityState.PLANNED), NO),
        (act("email", direction=Direction.INBOUND), NO),
        (act("email"), NO),
        (act("note"), NO),
    ],
)
def test_connection(activity: Activity, verdict: AttemptVerdict) -> None:
    found = connections(case(activity), POLICY)
    assert (len(found.sure), len(found.unknown)) == (verdict is YES, verdict is UNKNOWN)


@pytest.mark.parametrize(
    ("tried", "reply", "verdict"),
    [
        (act("email", 5), act("email", direction=Direction.INBOUND), YES),
        (act("call", 5, disposition=Disposition.NO_ANSWER), act("message", direction=Direction.INBOUND), YES),
        (act("email", 15), act("email", direction=Direction.INBOUND), NO),
        (act("email", 5), act("email", direction=Direction.INBOUND, is_automated=True), NO),
        (act("email", 5), act("email", direction=Direction.INBOUND, is_automated=None), UNKNOWN),
        (act("email", 5), act("message", direction=None), UNKNOWN),
        (act("message", 5, direction=None), act("email", direction=Direction.INBOUND), UNKNOWN),
        (act("email", 5, is_automated=True), act("email", direction=Direction.INBOUND), NO),
    ],
)
def test_an_answer_in_writing_needs_an_attempt_before_it(
    tried: Activity, reply: Activity, verdict: AttemptVerdict
) -> None:
    both = sorted((tried, reply), key=lambda each: each.occurred_at)
    found = connections(case(*both), POLICY)
    assert (reply in found.sure, reply in [each.activity for each in found.unknown]) == (
        verdict is YES,
        verdict is UNKNOWN,
    )


@pytest.mark.parametrize(
    ("activity", "failed"),
    [
        (act("call", disposition=Disposition.BUSY), True),
        (act("call", disposition=Disposition.CONNECTED), False),
        (act("call", duration_s=3), True),
        (act("call"), None),
        (act("email"), False),
        (act("email", disposition=Disposition.BOUNCED), True),
        (act("meeting", disposition=Disposition.NO_SHOW), True),
    ],
)
def test_failed(activity: Activity, failed: bool | None) -> None:
    assert failed_attempt(activity, POLICY) is failed


def test_holder() -> None:
    changes = tuple(
        OwnerChange(lead_id="L1", occurred_at=RECEIVED + timedelta(hours=hour), owner_id=owner)
        for hour, owner in ((1, "8"), (2, None), (3, "9"))
    )
    handed = case(owner_changes=changes)
    held = [holder_at(handed, RECEIVED + timedelta(hours=hour)) for hour in (0, 1, 1.5, 2, 2.5, 3, 99)]
    assert held == [None, "8", "8", None, None, "9", "9"]
    assert holder_at(case(), RECEIVED) == "7"


def test_clock_follows_the_holders() -> None:
    """Owner 8 works from 13:00; owner 9 keeps the team's hours."""
    policy = replace(POLICY, owner_calendars={"8": hours("mon", "tue", opens="13:00")})
    handed = case(
        owner_changes=(
            OwnerChange(lead_id="L1", occurred_at=RECEIVED - timedelta(days=3), owner_id="8"),
            OwnerChange(lead_id="L1", occurred_at=RECEIVED + timedelta(hours=5), owner_id="9"),
        )
    )
    clock = case_clock(handed, policy)
    assert clock.elapsed(RECEIVED, RECEIVED + timedelta(hours=4)) == 0
    assert clock.elapsed(RECEIVED, RECEIVED + timedelta(hours=6)) == 2 * 3600
    assert clock.after(RECEIVED, 3600) == RECEIVED + timedelta(hours=5)
    assert clock.after(RECEIVED, 3601) == RECEIVED + timedelta(hours=5, seconds=1)
    assert clock.after(RECEIVED, 5 * 3600) == datetime(2026, 3, 3, 10, tzinfo=UTC)


def test_clock_without_history_is_the_teams_and_in_doubt() -> None:
    policy = replace(POLICY, owner_calendars={"7": hours("mon", opens="13:00")})
    blind = case(coverage=Coverage(missing=((Fact.OWNER_HISTORY, "no permission"),)))
    assert case_clock(blind, policy).doubt == "no permission"
    assert case_clock(blind, policy).after(RECEIVED, 60) == RECEIVED + timedelta(minutes=1)
    assert case_clock(blind, POLICY).doubt is None


def test_hours_without_overlap_are_no_clock() -> None:
    policy = replace(POLICY, owner_calendars={"7": hours("sun")})
    with pytest.raises(NoWorkingHours, match="the hours of owner 7 and of the team have nothing in common"):
        case_clock(case(), policy)


@settings(max_examples=60, derandomize=True, deadline=None)
@given(lead_case=cases(), policy=policies(), seconds=st.integers(0, 400_000), share=st.floats(0, 1))
def test_clock_is_additive_and_after_is_its_inverse(
    lead_case: LeadCase, policy: Policy, seconds: int, share: float
) -> None:
    clock = case_clock(lead_case, policy)
    end = START + timedelta(days=20)
    middle = START + (end - START) * share
    assert clock.elapsed(START, middle) + clock.elapsed(middle, end) == clock.elapsed(START, end)
    due = clock.after(START, seconds)
    assert clock.elapsed(START, due) == seconds
    if seconds:
        assert clock.elapsed(START, due - timedelta(seconds=1)) == seconds - 1
    assert clock.elapsed(START, end) <= working_time(policy.calendar).elapsed(START, end)


@settings(max_examples=30, derandomize=True, deadline=None)
@given(lead_case=cases(), policy=policies())
def test_one_holder_is_the_combined_calendar(lead_case: LeadCase, policy: Policy) -> None:
    alone = replace(lead_case, owner_changes=(), coverage=Coverage())
    owner, away = (each.get(alone.lead.owner_id or "") for each in (policy.owner_calendars, policy.absences))
    end = START + timedelta(days=20)
    alike = combined(policy.calendar, owner, away or ())
    assert case_clock(alone, policy).elapsed(START, end) == alike.elapsed(START, end)
