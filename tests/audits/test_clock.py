"""The clock of one lead: whose hours hold when, holds, and what is due by it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audits.clock import CaseClock, NoWorkingHours, case_clock, follow_up_clock, team_clock
from audits.dues import (
    response_due,
    response_goal_due,
    response_goal_s,
    response_start,
    response_target,
    response_target_s,
)
from audits.holds import holds, pauses
from audits.model.activity import Activity, Direction, Disposition, Owner, OwnerChange, StageChange
from audits.model.case import Coverage, Fact, LeadCase
from audits.model.policy import Hours, Policy, ResponseTarget
from audits.model.working_calendar import Calendar
from tests.audits.test_working_time import walked_open
from tests.factories import make_activity, make_lead

#: A Monday, 10:00 UTC.
RECEIVED = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
MISSING = "the permission was not granted"


def hours(opens: int, closes: int, days: str = "01234", zone: str = "UTC") -> Calendar:
    return Calendar("c", zone, {int(day): ((opens * 3600, closes * 3600),) for day in days})


def on(day: int, hour: float = 0) -> datetime:
    """An instant of March 2026; the 2nd is a Monday."""
    return datetime(2026, 3, day, tzinfo=UTC) + timedelta(hours=hour)


OFFICE = hours(9, 17)
POLICY = Policy(version="1", calendar=OFFICE)


def owner(owner_id: str, team: str | None) -> Owner:
    return Owner(owner_id=owner_id, user_id=None, email=None, name=owner_id, team=team)


def given_to(owner_id: str | None, at: datetime) -> OwnerChange:
    return OwnerChange(lead_id="1", occurred_at=at, owner_id=owner_id)


def case(*changes: OwnerChange, **fields: Any) -> LeadCase:
    lead = make_lead(received_at=RECEIVED, owner_id="7", **fields.pop("lead", {}))
    return LeadCase(lead=lead, as_of=fields.pop("as_of", on(30)), owner_changes=changes, **fields)


def blind(*facts: Fact) -> Coverage:
    return Coverage(missing=tuple((fact, MISSING) for fact in facts))


# --- teams ---


def test_the_hours_are_those_of_the_holders_team() -> None:
    policy = replace(POLICY, team_calendars={"North": hours(6, 14)})
    people = (owner("7", "North"), owner("8", "South"), owner("9", None))
    assert case_clock(case(owners=people), policy).elapsed(RECEIVED, on(3)) == 4 * 3600
    # A team without hours of its own, no team, nobody known by that id, nobody at all: the general hours.
    for holder in ("8", "9", "5", None):
        handed = case(given_to(holder, RECEIVED), owners=people)
        assert case_clock(handed, policy).elapsed(RECEIVED, on(3)) == 7 * 3600


def test_a_team_is_left_with_the_lead() -> None:
    policy = replace(POLICY, team_calendars={"North": hours(6, 14), "South": hours(12, 20)})
    handed = case(
        given_to("7", RECEIVED), given_to("8", on(2, 13)), owners=(owner("7", "North"), owner("8", "South"))
    )
    clock = case_clock(handed, policy)
    assert clock.elapsed(RECEIVED, on(3)) == (3 + 7) * 3600
    assert clock.after(RECEIVED, 3 * 3600) == on(2, 13)
    assert clock.after(RECEIVED, 10 * 3600) == on(2, 20)
    assert clock.after(RECEIVED, 10 * 3600 + 1) == on(3, 12) + timedelta(seconds=1)


def test_own_hours_are_cut_to_those_of_the_team() -> None:
    policy = replace(POLICY, team_calendars={"North": hours(6, 14)}, owner_calendars={"7": hours(12, 16)})
    clock = case_clock(case(owners=(owner("7", "North"),)), policy)
    assert clock.elapsed(RECEIVED, on(3)) == 2 * 3600
    assert [clock.is_open(on(2, hour)) for hour in (11, 12, 13, 14)] == [False, True, True, False]


def test_the_open_spans_are_those_of_each_holder() -> None:
    policy = replace(POLICY, owner_calendars={"8": hours(12, 16)})
    clock = case_clock(case(given_to("7", RECEIVED), given_to("8", on(2, 14))), policy)
    assert clock.open_intervals(on(2), on(4)) == [
        (on(2, 9), on(2, 14)),
        (on(2, 14), on(2, 16)),
        (on(3, 12), on(3, 16)),
    ]
    assert clock.open_intervals(on(4), on(2)) == []
    with pytest.raises(NoWorkingHours):
        clock.open_intervals(datetime(1601, 1, 1, tzinfo=UTC), on(2))


# --- absences ---


def test_an_absence_stops_the_clock_of_its_owner_alone() -> None:
    policy = replace(POLICY, absences={"8": ((on(2, 11), on(4)), (on(4, 9), on(4, 10)))})
    assert case_clock(case(), policy).elapsed(RECEIVED, on(5)) == (7 + 8 + 8) * 3600
    away = case(given_to("8", RECEIVED))
    assert case_clock(away, policy).elapsed(RECEIVED, on(5)) == (1 + 7) * 3600
    assert case_clock(away, policy).after(RECEIVED, 3601) == on(4, 10) + timedelta(seconds=1)
    assert team_clock(away, policy).elapsed(RECEIVED, on(5)) == (7 + 8 + 8) * 3600
    handed = case(given_to("8", RECEIVED), given_to("7", on(3, 9)))
    assert case_clock(handed, policy).elapsed(RECEIVED, on(5)) == (1 + 8 + 8) * 3600


def test_away_for_good_keeps_what_was_due_before() -> None:
    policy = replace(POLICY, absences={"7": ((on(2, 12), datetime.max.replace(tzinfo=UTC)),)})
    clock = case_clock(case(), policy)
    assert clock.after(RECEIVED, 2 * 3600) == on(2, 12)
    assert clock.elapsed(RECEIVED, on(30)) == 2 * 3600
    with pytest.raises(NoWorkingHours, match="Working time cannot be counted"):
        clock.after(RECEIVED, 2 * 3600 + 1)
    taken_over = case(given_to("7", RECEIVED), given_to("8", on(5, 9)))
    assert case_clock(taken_over, policy).after(RECEIVED, 2 * 3600 + 60) == on(5, 9) + MINUTE


def test_a_holder_without_common_hours_stands_still_for_as_long_as_he_holds() -> None:
    policy = replace(POLICY, owner_calendars={"8": hours(9, 17, days="6")})
    handed = case(given_to("8", RECEIVED), given_to("7", on(2, 15)))
    assert case_clock(handed, policy).elapsed(RECEIVED, on(3)) == 2 * 3600
    back = case(given_to("7", RECEIVED), given_to("8", on(2, 15)))
    assert case_clock(back, policy).after(RECEIVED, 5 * 3600) == on(2, 15)
    with pytest.raises(NoWorkingHours):
        case_clock(back, policy).after(RECEIVED, 5 * 3600 + 1)
    with pytest.raises(NoWorkingHours, match="the hours of owner 8 and of the team have nothing in common"):
        case_clock(case(given_to("8", RECEIVED)), policy)
    assert team_clock(case(given_to("8", RECEIVED)), policy).elapsed(RECEIVED, on(3)) == 7 * 3600


# --- hours that came into force later ---


def test_later_hours_count_from_their_beginning() -> None:
    later = (
        Hours(valid_from=on(4), calendar=hours(9, 12), owner_calendars={"8": hours(9, 10)}),
        Hours(valid_from=on(3), calendar=hours(9, 13)),
    )
    policy = replace(POLICY, later_hours=later)
    assert [case_clock(case(), policy).elapsed(on(day), on(day + 1)) // 3600 for day in (2, 3, 4, 5)] == [8, 4, 3, 3]
    second = case(given_to("7", RECEIVED), given_to("8", on(5)))
    assert case_clock(second, policy).elapsed(RECEIVED, on(6)) == (7 + 4 + 3 + 1) * 3600
    assert case_clock(second, policy).after(RECEIVED, 15 * 3600) == on(5, 10)
    # What began before the lead came holds from the beginning; of two at one instant the last listed.
    old = replace(POLICY, later_hours=(Hours(valid_from=on(1), calendar=hours(9, 13)),) * 2)
    assert case_clock(case(), old).elapsed(RECEIVED, on(3)) == 3 * 3600
    both = (Hours(valid_from=on(3), calendar=OFFICE), Hours(valid_from=on(3), calendar=hours(9, 10)))
    assert case_clock(case(), replace(POLICY, later_hours=both)).elapsed(on(3), on(4)) == 3600


# --- what is not known ---


def test_unknown_holders_are_given_the_widest_hours() -> None:
    policy = replace(POLICY, team_calendars={"North": hours(6, 14), "South": hours(12, 20)})
    for fact in (Fact.OWNER_HISTORY, Fact.OWNERS):
        clock = case_clock(case(coverage=blind(fact)), policy)
        assert clock.doubt == MISSING
        assert clock.elapsed(on(2), on(3)) == 14 * 3600
    assert case_clock(case(coverage=blind(Fact.OWNERS)), replace(POLICY, owner_calendars={"9": OFFICE})).doubt is None
    assert case_clock(case(coverage=blind(Fact.STAGE_HISTORY)), policy).doubt is None


def test_doubt_only_where_hours_differ_in_the_time_of_the_lead() -> None:
    def doubt(*away: tuple[datetime, datetime]) -> str | None:
        return case_clock(
            case(coverage=blind(Fact.OWNER_HISTORY), as_of=on(10)), replace(POLICY, absences={"9": away})
        ).doubt

    assert doubt((on(3), on(4))) == MISSING
    assert doubt((on(1), RECEIVED)) is None
    assert doubt((on(10), on(12))) is None
    later = replace(POLICY, later_hours=(Hours(valid_from=on(4), calendar=OFFICE, owner_calendars={"9": OFFICE}),))
    assert case_clock(case(coverage=blind(Fact.OWNER_HISTORY)), later).doubt == MISSING
    assert team_clock(case(coverage=blind(Fact.OWNER_HISTORY)), later).doubt is None


# --- the whole of it against a walk by minutes ---

calendars = st.builds(
    lambda opens, length, days, zone: hours(opens, opens + length, days, zone),
    st.integers(0, 12),
    st.integers(1, 12),
    st.sampled_from(["01234", "0246", "56"]),
    st.sampled_from(["UTC", "Asia/Kathmandu", "America/St_Johns"]),
)
quarters = st.integers(-96, 96 * 3).map(lambda quarter: RECEIVED + quarter * 15 * MINUTE)
away = st.lists(st.tuples(quarters, quarters).map(sorted).map(tuple).filter(lambda t: t[0] < t[1]), max_size=2).map(
    tuple
)
versions = st.builds(
    Hours,
    valid_from=quarters,
    calendar=calendars,
    team_calendars=st.dictionaries(st.sampled_from(["North", "South"]), calendars, max_size=2),
    owner_calendars=st.dictionaries(st.sampled_from(["7", "8"]), calendars, max_size=2),
    absences=st.dictionaries(st.sampled_from(["7", "8"]), away, max_size=2),
)


def walked(lead_case: LeadCase, versions: list[Hours], a: datetime, b: datetime) -> int:
    """Minute by minute: who holds the lead, which version is in force, and is he at work?"""
    teams = {each.owner_id: each.team for each in lead_case.owners}
    counted = 0
    while a < b:
        # Before the lead arrived nobody asks; its hours are those at its arrival.
        t = max(a, lead_case.lead.received_at)
        in_force = [each for each in versions if each.valid_from <= t][-1]
        holder = lead_case.lead.owner_id
        if lead_case.owner_changes:
            holder = next(
                (each.owner_id for each in reversed(lead_case.owner_changes) if each.occurred_at <= t), None
            )
        team = in_force.team_calendars.get(teams.get(holder or "") or "", in_force.calendar)
        own = in_force.owner_calendars.get(holder or "", team)
        spans = in_force.absences.get(holder or "", ())
        if holder is None:
            team = own = in_force.calendar
        is_away = any(start <= a < end for start, end in spans)
        counted += 60 * (walked_open(team, a) and walked_open(own, a) and not is_away)
        a += MINUTE
    return counted


@settings(max_examples=60, deadline=None)
@given(
    first=versions,
    later=st.lists(versions, max_size=2),
    changes=st.lists(st.tuples(quarters, st.sampled_from([None, "7", "8"])), max_size=3),
    span=st.tuples(quarters, quarters).map(sorted),
)
def test_the_clock_of_a_case_is_what_a_walk_counts(
    first: Hours, later: list[Hours], changes: list[tuple[datetime, str | None]], span: list[datetime]
) -> None:
    policy = replace(
        POLICY,
        calendar=first.calendar,
        team_calendars=first.team_calendars,
        owner_calendars=first.owner_calendars,
        absences=first.absences,
        later_hours=tuple(later),
    )
    handed = [given_to(holder, at) for at, holder in sorted(changes, key=lambda each: each[0])]
    lead_case = case(*handed, owners=(owner("7", "North"), owner("8", "South")))
    start = max(span[0], RECEIVED)
    in_order = [replace(first, valid_from=on(1)), *sorted(later, key=lambda each: max(each.valid_from, on(1)))]
    try:
        clock = case_clock(lead_case, policy)
    except NoWorkingHours:
        assert walked(lead_case, in_order, RECEIVED, RECEIVED + timedelta(days=4)) == 0
        return
    counted = walked(lead_case, in_order, start, max(start, span[1]))
    assert clock.elapsed(start, span[1]) == counted
    if counted:
        due = clock.after(start, counted)
        assert due <= span[1]
        assert clock.elapsed(start, due) == counted
    middle = start + (max(start, span[1]) - start) / 3
    assert clock.elapsed(start, middle) + clock.elapsed(middle, span[1]) == counted


# --- holds ---

WAITING = replace(POLICY, waiting_statuses=("Waiting", "On hold"), hold_message_s=86_400)


def status(raw_status: str, at: datetime, field: str = "status") -> StageChange:
    return StageChange(lead_id="1", occurred_at=at, field=field, raw_status=raw_status)


def called(at: datetime, **fields: Any) -> Activity:
    return replace(make_activity(f"call-{at:%d%H}", occurred_at=at), duration_s=60, **fields)


def test_a_hold_stops_the_clock_of_follow_up_and_no_other() -> None:
    held = case(
        activities=(called(on(2, 11)),), stage_changes=(status("waiting", on(2, 12)), status("Open", on(3, 12)))
    )
    assert pauses(held, WAITING) == ((on(2, 12), on(3, 12)),)
    assert follow_up_clock(held, WAITING).elapsed(RECEIVED, on(4)) == (2 + 5) * 3600
    assert case_clock(held, WAITING).elapsed(RECEIVED, on(4)) == (7 + 8) * 3600
    assert follow_up_clock(held, POLICY).elapsed(RECEIVED, on(4)) == (7 + 8) * 3600
    assert follow_up_clock(replace(held, coverage=blind(Fact.STAGE_HISTORY)), WAITING).doubt == MISSING
    assert follow_up_clock(replace(held, coverage=blind(Fact.STAGE_HISTORY)), POLICY).doubt is None


def test_a_hold_counts_from_the_first_word_said() -> None:
    changes = (status("Waiting", on(3, 12)), status("Open", on(5, 12)))

    def counted(*activities: Activity, policy: Policy = WAITING) -> list[datetime | None]:
        return [each.counts_from for each in holds(case(activities=activities, stage_changes=changes), policy)]

    assert counted() == [None]
    assert counted(called(on(3, 11))) == [on(3, 12)]
    assert counted(called(on(2, 11))) == [None], "more than a day before"
    assert counted(called(on(2, 11)), policy=replace(WAITING, hold_message_s=90_000)) == [on(3, 12)]
    assert counted(called(on(2, 11)), called(on(4, 9))) == [on(4, 9)]
    assert counted(called(on(5, 12))) == [None], "after it ended"
    talk = called(on(3, 11), direction=Direction.INBOUND, disposition=Disposition.CONNECTED)
    assert counted(talk) == [on(3, 12)], "the lead called, and they talked"
    assert counted(replace(talk, disposition=Disposition.NO_ANSWER)) == [None]


def test_one_stay_in_waiting_statuses_is_one_hold() -> None:
    changes = (
        status("Waiting", on(3, 12)),
        status("Deal", on(3, 13), field="stage"),
        status("On hold", on(4, 12)),
        status("Open", on(5, 12)),
        status("Waiting", on(6, 12)),
    )
    found = holds(case(activities=(called(on(3, 11)),), stage_changes=changes), WAITING)
    assert [(each.started_at, each.ended_at, each.counts_from) for each in found] == [
        (on(3, 12), on(5, 12), on(3, 12)),
        (on(6, 12), None, None),
    ]
    # Only what had happened.
    early = holds(case(activities=(called(on(3, 11)),), stage_changes=changes, as_of=on(5)), WAITING)
    assert [(each.started_at, each.ended_at) for each in early] == [(on(3, 12), None)]


def test_a_hold_without_an_end_lasts() -> None:
    held = case(activities=(called(on(3, 11)),), stage_changes=(status("Waiting", on(3, 12)),))
    clock = follow_up_clock(held, WAITING)
    assert clock.elapsed(RECEIVED, on(30)) == (7 + 3) * 3600
    assert clock.after(RECEIVED, 10 * 3600) == on(3, 12)
    with pytest.raises(NoWorkingHours, match="paused for good"):
        clock.after(RECEIVED, 10 * 3600 + 1)


# --- what was agreed, and from when on ---

TARGETS = (
    ResponseTarget(name="north", goal_s=60, due_s=600, lead_types=("Demo",), countries=("NO", "SE")),
    ResponseTarget(name="demo", goal_s=120, due_s=1200, lead_types=("demo", "callback")),
    ResponseTarget(name="fair, high", goal_s=0, due_s=0, sources=("Fair",), priorities=("high",)),
)


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"lead_type": "demo", "country": "no"}, "north"),
        ({"lead_type": "DEMO", "country": "DK"}, "demo"),
        ({"lead_type": "demo"}, "demo"),
        ({"country": "NO"}, None),
        ({"source": "fair", "priority": "High"}, "fair, high"),
        ({"source": "fair", "priority": None}, None),
        ({}, None),
    ],
)
def test_the_first_target_that_fits_holds(fields: dict[str, Any], name: str | None) -> None:
    found = response_target(case(lead=fields), replace(POLICY, targets=TARGETS))
    assert (found.name if found else None) == name


def test_without_a_target_the_general_figures_hold() -> None:
    policy = replace(POLICY, targets=TARGETS, response_goal_s=900, response_target_s=1800)
    assert (response_goal_s(case(), policy), response_target_s(case(), policy)) == (900, 1800)
    fits = case(lead={"lead_type": "demo"})
    assert (response_goal_s(fits, policy), response_target_s(fits, policy)) == (120, 1200)
    # A goal is never later than what is promised.
    assert response_goal_s(case(), replace(policy, response_target_s=300)) == 300


@pytest.mark.parametrize(
    ("preferred_at", "starts_at", "due_at"),
    [
        (None, RECEIVED, on(2, 11)),
        (on(1), RECEIVED, on(2, 11)),
        (on(2, 10.5), on(2, 10.5), on(2, 11.5)),
        (on(2, 15), on(2, 15), on(2, 16)),
        (on(2, 20), on(2, 20), on(3, 10)),
        (on(7, 12), on(7, 12), on(9, 10)),
    ],
)
def test_the_time_the_person_asked_for_starts_the_target(
    preferred_at: datetime | None, starts_at: datetime, due_at: datetime
) -> None:
    policy = replace(POLICY, targets=(ResponseTarget(name="all", goal_s=1800, due_s=3600),))
    wished = case(lead={"preferred_at": preferred_at})
    clock = case_clock(wished, policy)
    assert response_start(wished.lead) == starts_at
    assert response_due(wished, policy, clock) == due_at
    assert response_goal_due(wished, policy, clock) == due_at - timedelta(minutes=30)


def test_of_a_day_without_a_time_the_end_starts_the_target() -> None:
    day_only = make_lead(received_at=on(2), received_latest_at=on(2, 24), preferred_at=on(2, 9))
    assert response_start(day_only) == on(2, 24)


def test_times_that_are_no_real_ones() -> None:
    clock: CaseClock = case_clock(case(), POLICY)
    with pytest.raises(NoWorkingHours, match="Working time cannot be counted"):
        clock.is_open(datetime(1601, 1, 1, tzinfo=UTC))
