"""The clock of working time against restated facts, against its own laws, and against a plain walk."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from threading import Thread
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audits.model.working_calendar import Calendar, EmptyCalendar
from audits.model.working_questions import answer
from audits.model.working_time import NeverOpens, OutOfRange, WorkingTime, combined, working_time
from audits.model.zones import offset_stretches

CASES = json.loads((Path(__file__).parents[1] / "data" / "business_hours.json").read_text())["cases"]
OFFICE = dict.fromkeys(range(5), ((9 * 3600, 17 * 3600),))
MINUTE = timedelta(minutes=1)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def office(zone: str = "UTC", **parts: object) -> Calendar:
    return Calendar("c", zone, OFFICE, **parts)  # type: ignore[arg-type]


def hours(text: str) -> tuple[int, int]:
    """ "09:00-17:30" as seconds of the day."""
    start, end = (int(part[:2]) * 3600 + int(part[3:]) * 60 for part in text.split("-"))
    return start, end


@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
def test_restated_fact(case: dict[str, object]) -> None:
    expected = next(case[name] for name in ("expected_seconds", "expected_due", "expected_open") if name in case)
    assert answer(case) == expected


def test_all_facts_are_there() -> None:
    assert len(CASES) == 76
    assert {case["kind"] for case in CASES} == {"elapsed", "deadline", "open"}


# --- the plain walk: an own reading of the rules, minute by minute, sharing no code with the clock ---


def walked_open(calendar: Calendar, instant: datetime) -> bool:
    wall = instant.astimezone(ZoneInfo(calendar.zone))
    today, second = wall.date(), wall.hour * 3600 + wall.minute * 60 + wall.second
    before = today - timedelta(days=1)

    def starting(day: date) -> tuple[tuple[int, int], ...]:
        if day in calendar.overrides:
            return calendar.overrides[day]
        return () if day in calendar.holidays else calendar.week.get(day.weekday(), ())

    def hit(own: tuple[tuple[int, int], ...], carried: tuple[tuple[int, int], ...]) -> bool:
        for start, end in own:
            if start <= second and (second < end or end <= start):
                return True
        return any(end <= start and second < end for start, end in carried)

    special = today in calendar.overrides or today in calendar.holidays
    opened = hit(starting(today), () if special else starting(before))
    return opened and not hit(calendar.breaks.get(today, ()), calendar.breaks.get(before, ()))


def walk(
    calendar: Calendar, a: datetime, b: datetime, pauses: list[tuple[datetime, datetime]], step: timedelta
) -> int:
    counted = 0
    while a < b:
        if walked_open(calendar, a) and not any(start <= a < end for start, end in pauses):
            counted += 1
        a += step
    return counted * (step // timedelta(seconds=1))


# Clock changes by an hour, by half an hour, at midnight, a skipped day, offsets of :30 and :45, both hemispheres.
CHANGES = [
    ("Europe/Berlin", "2024-03-31T01:00"),
    ("Europe/Berlin", "2024-10-27T01:00"),
    ("America/New_York", "2024-03-10T07:00"),
    ("America/New_York", "2024-11-03T06:00"),
    ("Australia/Lord_Howe", "2024-04-06T15:00"),
    ("Australia/Lord_Howe", "2024-10-05T15:30"),
    ("America/Sao_Paulo", "2018-11-04T03:00"),
    ("America/Santiago", "2024-04-07T03:00"),
    ("Asia/Beirut", "2024-03-30T22:00"),
    ("America/St_Johns", "2006-10-29T02:31"),
    ("Pacific/Apia", "2011-12-30T10:00"),
    ("Pacific/Chatham", "2024-09-28T14:00"),
    ("Asia/Kathmandu", "1985-12-31T18:30"),
    ("Asia/Kolkata", "2024-01-01T00:00"),
    ("Australia/Eucla", "2009-03-28T17:15"),
    ("Antarctica/Troll", "2024-10-27T01:00"),
    ("Africa/Casablanca", "2024-03-10T02:00"),
    ("UTC", "2024-02-29T00:00"),
]

times = st.integers(0, 24 * 4 - 1).map(lambda quarter: quarter * 900)
ends = st.integers(0, 24 * 4).map(lambda quarter: quarter * 900)
day_hours = st.lists(st.tuples(times, ends), max_size=3).map(tuple)


@st.composite
def plans(draw: st.DrawFn) -> tuple[Calendar, datetime]:
    """A calendar with exceptions around an instant at which its zone does something."""
    zone, text = draw(st.sampled_from(CHANGES))
    around = utc(text)
    near = st.integers(-3, 3).map(lambda days: around.date() + timedelta(days=days))
    week = draw(st.dictionaries(st.integers(0, 6), day_hours, max_size=7))
    week[draw(st.integers(0, 6))] = (draw(st.tuples(times, ends)),)
    calendar = Calendar(
        "random",
        zone,
        week,
        draw(st.frozensets(near, max_size=2)),
        draw(st.dictionaries(near, day_hours, max_size=2)),
        draw(st.dictionaries(near, day_hours, max_size=2)),
    )
    return calendar, around


@st.composite
def questions(
    draw: st.DrawFn, minutes: int = 3000
) -> tuple[Calendar, list[datetime], list[tuple[datetime, datetime]]]:
    """A plan, three instants in order and pauses of any kind, all on whole minutes within `minutes` of the change."""
    calendar, around = draw(plans())
    instants = st.integers(-minutes, minutes).map(lambda offset: around + offset * MINUTE)
    return (
        calendar,
        sorted(draw(st.lists(instants, min_size=3, max_size=3))),
        draw(st.lists(st.tuples(instants, instants), max_size=4)),
    )


@settings(max_examples=120, deadline=None)
@given(questions())
def test_agrees_with_a_walk_by_minutes(
    question: tuple[Calendar, list[datetime], list[tuple[datetime, datetime]]],
) -> None:
    calendar, (a, _, c), pauses = question
    clock = WorkingTime(calendar)
    assert clock.elapsed(a, c, pauses) == walk(calendar, a, c, pauses, MINUTE)
    assert clock.is_open(a) == walked_open(calendar, a)


@settings(max_examples=25, deadline=None)
@given(st.sampled_from(CHANGES), st.integers(0, 86399), st.integers(0, 86400), st.integers(-900, 900))
def test_agrees_with_a_walk_by_seconds(change: tuple[str, str], start: int, end: int, offset: int) -> None:
    calendar = Calendar("seconds", change[0], dict.fromkeys(range(7), ((start, end),)))
    a = utc(change[1]) + timedelta(seconds=offset - 900)
    b = a + timedelta(seconds=2400)
    assert WorkingTime(calendar).elapsed(a, b) == walk(calendar, a, b, [], timedelta(seconds=1))


@settings(max_examples=100, deadline=None)
@given(questions(40_000))
def test_spans_add_up_and_never_shrink(
    question: tuple[Calendar, list[datetime], list[tuple[datetime, datetime]]],
) -> None:
    calendar, (a, b, c), pauses = question
    clock = WorkingTime(calendar)
    assert clock.elapsed(a, b, pauses) + clock.elapsed(b, c, pauses) == clock.elapsed(a, c, pauses)
    assert 0 <= clock.elapsed(a, b, pauses) <= clock.elapsed(a, c, pauses) <= clock.elapsed(a, c)
    assert clock.elapsed(a, c) <= (c - a) // timedelta(seconds=1)
    assert clock.elapsed(c, a, pauses) == 0
    shown = clock.open_intervals(a, c)
    assert sum((end - start) // timedelta(seconds=1) for start, end in shown) == clock.elapsed(a, c)
    assert all(left[1] < right[0] for left, right in itertools.pairwise(shown))
    # The years are built in another order here: the answer must not depend on what was asked before.
    other = WorkingTime(calendar)
    other.elapsed(c + timedelta(days=900), c + timedelta(days=1300))
    other.elapsed(a - timedelta(days=900), a)
    assert other.elapsed(a, c, pauses) == clock.elapsed(a, c, pauses)


@settings(max_examples=100, deadline=None)
@given(questions(10_000), st.integers(1, 400_000))
def test_after_is_the_inverse_of_elapsed(
    question: tuple[Calendar, list[datetime], list[tuple[datetime, datetime]]], seconds: int
) -> None:
    calendar, (a, _, _), pauses = question
    clock = WorkingTime(calendar)
    try:
        due = clock.after(a, seconds, pauses)
    except NeverOpens:
        assert not any(calendar.week.values())
        return
    assert clock.elapsed(a, due, pauses) == seconds
    assert clock.elapsed(a, due - timedelta(seconds=1), pauses) == seconds - 1, "not the earliest instant"
    assert clock.after(a, seconds + 1, pauses) > due


@settings(max_examples=60, deadline=None)
@given(questions())
def test_next_open_is_the_first_open_instant(
    question: tuple[Calendar, list[datetime], list[tuple[datetime, datetime]]],
) -> None:
    calendar, (a, _, _), _ = question
    clock = WorkingTime(calendar)
    opening = clock.next_open(a)
    assert clock.is_open(opening)
    assert clock.elapsed(a, opening) == 0
    assert (opening == a) == clock.is_open(a)


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(st.integers(0, 6), day_hours, min_size=1), st.integers(0, 6), st.integers(-11, 12))
def test_a_zone_with_a_fixed_offset_only_shifts(
    week: dict[int, tuple[tuple[int, int], ...]], day: int, ahead: int
) -> None:
    week = {**week, day: ((8 * 3600, 8 * 3600 + 60),)}
    here = WorkingTime(Calendar("utc", "UTC", week))
    there = WorkingTime(Calendar("far", f"Etc/GMT{-ahead:+d}", week))  # POSIX sign: Etc/GMT-5 is ahead of UTC
    shift = timedelta(hours=ahead)
    a = utc("2024-05-05T12:34:56")
    for days in (0, 1, 3, 400):
        b = a + timedelta(days=days, hours=5)
        assert here.elapsed(a, b) == there.elapsed(a - shift, b - shift)
        assert here.after(b, 4000) - shift == there.after(b - shift, 4000)


@settings(max_examples=60, deadline=None)
@given(questions())
def test_cutting_an_interval_in_two_changes_nothing(
    question: tuple[Calendar, list[datetime], list[tuple[datetime, datetime]]],
) -> None:
    calendar, (a, _, c), pauses = question

    def halves(day: tuple[tuple[int, int], ...]) -> Iterator[tuple[int, int]]:
        for start, end in day:
            middle = (start + end) // 2
            yield from ((start, middle), (middle, end)) if start < middle < end else ((start, end),)

    halved = Calendar(
        "halved",
        calendar.zone,
        {day: tuple(halves(own)) for day, own in calendar.week.items()},
        calendar.holidays,
        calendar.overrides,
        calendar.breaks,
    )
    assert WorkingTime(halved).elapsed(a, c, pauses) == WorkingTime(calendar).elapsed(a, c, pauses)
    assert WorkingTime(halved).open_intervals(a, c) == WorkingTime(calendar).open_intervals(a, c)


@pytest.mark.parametrize(
    ("zone", "day", "length"),
    [
        ("Europe/Berlin", "2024-10-27", 25 * 3600),
        ("Europe/Berlin", "2024-03-31", 23 * 3600),
        ("Australia/Lord_Howe", "2024-04-07", 88_200),
        ("Australia/Lord_Howe", "2024-10-06", 84_600),
        ("America/Sao_Paulo", "2018-11-04", 23 * 3600),
        ("America/Santiago", "2024-04-06", 25 * 3600),
        ("Pacific/Apia", "2011-12-30", 0),
        ("Asia/Kathmandu", "1986-01-01", 86_400 - 15 * 60),
        ("Europe/Berlin", "2024-10-28", 86_400),
    ],
)
def test_a_whole_day_is_as_long_as_the_zone_has_it(zone: str, day: str, length: int) -> None:
    on = date.fromisoformat(day)
    # On that date alone, so that the answer is the length of the date and nothing else.
    calendar = Calendar("day", zone, {}, overrides={on: ((0, 86400),), date(1990, 1, 1): ((0, 60),)})
    noon = datetime(on.year, on.month, on.day, 12, tzinfo=UTC)
    assert WorkingTime(calendar).elapsed(noon - timedelta(days=3), noon + timedelta(days=3)) == length


def cuts_of(zone: str, year: int) -> list[int]:
    """The offset changes inside a year, having checked that the stretches are whole and true to the second."""
    rules = ZoneInfo(zone)
    stretches = offset_stretches(zone, year)
    edges = [start for start, _, _ in stretches] + [stretches[-1][1]]
    assert (edges[0], edges[-1]) == tuple(datetime(at, 1, 1, tzinfo=UTC).timestamp() for at in (year, year + 1))
    for start, end, offset in stretches:
        for instant in (start, (start + end) // 2, end - 1):
            assert datetime.fromtimestamp(instant, rules).utcoffset() == timedelta(seconds=offset), (zone, start)
    assert [end for _, end, _ in stretches] == edges[1:]
    return edges[1:-1]


def test_offsets_of_every_zone_in_one_year() -> None:
    zones = available_timezones() - {"localtime"}
    changing = [zone for zone in zones if cuts_of(zone, 2024)]
    assert len(zones) > 400
    assert len(changing) > 100


@pytest.mark.parametrize(("zone", "text"), [change for change in CHANGES if change[0] not in ("UTC", "Asia/Kolkata")])
def test_offsets_change_at_the_second(zone: str, text: str) -> None:
    moment = utc(text)
    assert moment.timestamp() in cuts_of(zone, moment.year)


def test_skipped_and_repeated_hours_count_as_the_wall_clock_shows_them() -> None:
    day = {6: (hours("02:00-03:00"),)}
    clock = WorkingTime(Calendar("c", "Europe/Berlin", day))
    assert clock.elapsed(utc("2024-03-31T00:00"), utc("2024-04-01T00:00")) == 0
    assert clock.elapsed(utc("2024-10-27T00:00"), utc("2024-10-28T00:00")) == 7200
    half = WorkingTime(Calendar("c", "Europe/Berlin", {6: (hours("02:30-05:00"),)}))
    assert half.open_intervals(utc("2024-10-27T00:00"), utc("2024-10-28T00:00")) == [
        (utc("2024-10-27T00:30"), utc("2024-10-27T01:00")),
        (utc("2024-10-27T01:30"), utc("2024-10-27T04:00")),
    ]


def test_hours_over_midnight() -> None:
    # Friday 22:00 to Saturday 06:00; 2024-06-07 is a Friday.
    week = {4: (hours("22:00-06:00"),)}
    plain = WorkingTime(Calendar("c", "UTC", week))
    night = (utc("2024-06-07T00:00"), utc("2024-06-09T00:00"))
    assert plain.open_intervals(*night) == [(utc("2024-06-07T22:00"), utc("2024-06-08T06:00"))]
    assert plain.after(utc("2024-06-07T23:00"), 3 * 3600) == utc("2024-06-08T02:00")

    def night_with(**parts: object) -> int:
        return WorkingTime(Calendar("c", "UTC", week, **parts)).elapsed(*night)  # type: ignore[arg-type]

    friday, saturday = date(2024, 6, 7), date(2024, 6, 8)
    assert night_with(holidays=frozenset({friday})) == 0
    assert night_with(holidays=frozenset({saturday})) == 2 * 3600
    assert night_with(overrides={saturday: (hours("10:00-11:00"),)}) == 3 * 3600
    assert night_with(overrides={friday: (hours("20:00-02:00"),)}) == 6 * 3600
    assert night_with(breaks={friday: (hours("23:30-00:30"),)}) == 7 * 3600


def test_equal_ends_are_a_whole_day() -> None:
    clock = WorkingTime(Calendar("c", "UTC", {0: (hours("09:00-09:00"),)}))
    assert clock.open_intervals(utc("2024-06-01T00:00"), utc("2024-06-08T00:00")) == [
        (utc("2024-06-03T09:00"), utc("2024-06-04T09:00"))
    ]


def test_an_override_wins_over_a_holiday_and_an_empty_one_closes() -> None:
    monday, tuesday = date(2024, 12, 23), date(2024, 12, 24)
    clock = WorkingTime(office(holidays=frozenset({monday, tuesday}), overrides={tuesday: (hours("10:00-12:00"),)}))
    assert clock.open_intervals(utc("2024-12-23T00:00"), utc("2024-12-25T00:00")) == [
        (utc("2024-12-24T10:00"), utc("2024-12-24T12:00"))
    ]
    closed = WorkingTime(office(overrides={monday: ()}))
    assert closed.next_open(utc("2024-12-22T00:00")) == utc("2024-12-24T09:00")


def test_a_deadline_falls_on_closing_not_on_the_next_opening() -> None:
    clock = WorkingTime(office())
    friday = utc("2024-06-07T09:00")
    assert clock.after(friday, 8 * 3600) == utc("2024-06-07T17:00")
    assert clock.after(friday, 8 * 3600 + 1) == utc("2024-06-10T09:00:01")
    assert clock.after(utc("2024-06-08T12:00"), 0) == utc("2024-06-08T12:00")
    pause = [(utc("2024-06-07T10:00"), utc("2024-06-07T11:00"))]
    assert clock.after(friday, 3600, pause) == utc("2024-06-07T10:00")
    assert clock.after(friday, 3601, pause) == utc("2024-06-07T11:00:01")


def test_pauses_that_overlap_count_once_and_reversed_ones_not_at_all() -> None:
    clock = WorkingTime(office())
    a, b = utc("2024-06-03T09:00"), utc("2024-06-03T17:00")
    pauses = [
        (utc("2024-06-03T10:00"), utc("2024-06-03T12:00")),
        (utc("2024-06-03T11:00"), utc("2024-06-03T13:00")),
        (utc("2024-06-03T11:15"), utc("2024-06-03T11:30")),
        (utc("2024-06-03T16:00"), utc("2024-06-04T08:00")),
        (utc("2024-06-03T15:00"), utc("2024-06-03T14:00")),
    ]
    assert clock.elapsed(a, b, pauses) == 4 * 3600
    assert clock.elapsed(a, b, iter(pauses)) == 4 * 3600
    assert clock.after(a, 4 * 3600 + 1, iter(pauses)) == utc("2024-06-04T09:00:01")


def test_a_pause_for_ever_stops_the_clock_for_ever() -> None:
    clock = WorkingTime(office())
    a = utc("2024-06-03T09:00")
    pauses = [(utc("2024-06-03T10:00"), datetime.max.replace(tzinfo=UTC))]
    assert clock.elapsed(a, utc("2030-01-01T00:00"), pauses) == 3600
    assert clock.after(a, 3600, pauses) == utc("2024-06-03T10:00")
    with pytest.raises(NeverOpens, match="paused for good from 2024-06-03T10:00"):
        clock.after(a, 3601, pauses)


def test_an_owner_who_left_for_good() -> None:
    a = utc("2024-06-03T09:00")
    left = combined(office(), None, [(utc("2024-06-04T10:00"), datetime.max.replace(tzinfo=UTC))])
    assert left.after(a, 9 * 3600) == utc("2024-06-04T10:00")
    assert left.elapsed(a, utc("2044-01-01T00:00")) == 9 * 3600
    for ask in (lambda: left.after(a, 9 * 3600 + 1), lambda: left.next_open(utc("2060-01-01T00:00"))):
        with pytest.raises(NeverOpens, match="end for good"):
            ask()


def test_a_long_absence_ends() -> None:
    away = combined(office(), None, [(utc("2024-01-01T00:00"), utc("2044-01-01T00:00"))])
    assert away.next_open(utc("2024-06-03T09:00")) == utc("2044-01-01T09:00")


def test_combined_hours_are_the_common_ones_less_the_absences() -> None:
    team = office("Europe/London")
    owner = Calendar("o", "America/New_York", {day: (hours("08:00-12:00"),) for day in range(4)})
    monday, end = utc("2024-01-08T00:00"), utc("2024-01-13T00:00")
    both = combined(team, owner)
    # London 09-17 is 09-17 UTC; New York 08-12 is 13-17 UTC.
    assert both.elapsed(monday, end) == 4 * 4 * 3600
    away = [
        (utc("2024-01-09T00:00"), utc("2024-01-10T00:00")),
        (utc("2024-01-09T12:00"), utc("2024-01-10T14:00")),
    ]
    absent = combined(team, owner, away)
    assert absent.elapsed(monday, end) == (4 * 4 - 4 - 1) * 3600
    assert absent.next_open(utc("2024-01-08T17:00")) == utc("2024-01-10T14:00")
    assert combined(team, None, away).elapsed(monday, end) == (5 * 8 - 8 - 5) * 3600
    assert combined(team, None) is working_time(team)
    assert combined(team, Calendar("same", team.zone, team.week)) is working_time(team)
    assert combined(team, owner, away) is combined(team, owner, away[::-1]), "compiled once"
    assert len({clock.fingerprint for clock in (both, absent, combined(team, None, away))}) == 3


@settings(max_examples=40, deadline=None)
@given(questions(), plans())
def test_combined_is_open_when_all_are(
    question: tuple[Calendar, list[datetime], list[tuple[datetime, datetime]]], other: tuple[Calendar, datetime]
) -> None:
    team, (a, b, c), absences = question
    owner = other[0]
    asked = [a, b, c, *(other[1] + hours * 60 * MINUTE for hours in range(-24, 24, 5))]
    try:
        clock = combined(team, owner, absences)
    except EmptyCalendar:
        assert not any(walked_open(team, at) and walked_open(owner, at) for at in asked)
        return
    for instant in asked:
        absent = any(start <= instant < end for start, end in absences)
        assert clock.is_open(instant) == (walked_open(team, instant) and walked_open(owner, instant) and not absent)


def test_hours_that_never_meet_are_refused() -> None:
    early = Calendar("e", "UTC", {0: (hours("08:00-12:00"),)})
    late = Calendar("l", "UTC", {0: (hours("12:00-16:00"),)})
    with pytest.raises(EmptyCalendar, match="in common"):
        combined(early, late)
    once = Calendar("l", "UTC", late.week, overrides={date(2031, 6, 2): (hours("09:00-10:00"),)})
    assert combined(early, once).elapsed(utc("2031-01-01T00:00"), utc("2032-01-01T00:00")) == 3600


@pytest.mark.parametrize(
    "parts",
    [
        {"week": {}},
        {"week": {0: ()}},
        {"week": {}, "overrides": {date(2024, 1, 1): ()}},
        {
            "week": {},
            "overrides": {date(2024, 1, 1): ((3600, 7200),)},
            "breaks": {date(2024, 1, 1): ((0, 86400),)},
        },
    ],
)
def test_a_calendar_that_never_opens_is_an_error(parts: dict[str, object]) -> None:
    with pytest.raises(EmptyCalendar):
        Calendar("empty", "UTC", **parts)  # type: ignore[arg-type]


def test_hours_that_end_for_good_are_an_error_not_an_endless_search() -> None:
    clock = WorkingTime(Calendar("fair", "UTC", {}, overrides={date(2024, 5, 1): (hours("10:00-12:00"),)}))
    assert clock.next_open(utc("2010-01-01T00:00")) == utc("2024-05-01T10:00")
    assert clock.after(utc("2020-01-01T00:00"), 7200) == utc("2024-05-01T12:00")
    assert clock.elapsed(utc("2024-05-02T00:00"), utc("2090-01-01T00:00")) == 0
    for ask in (
        lambda: clock.after(utc("2020-01-01T00:00"), 7201),
        lambda: clock.next_open(utc("2024-05-01T12:00")),
    ):
        with pytest.raises(NeverOpens, match="end for good"):
            ask()


def test_instants_must_be_aware_and_in_range() -> None:
    clock = WorkingTime(office())
    good, naive = utc("2024-01-01T00:00"), datetime(2024, 1, 1)  # noqa: DTZ001 - the naive one is the subject
    for ask in (
        lambda: clock.elapsed(naive, good),
        lambda: clock.elapsed(good, naive),
        lambda: clock.elapsed(good, good, [(good, naive)]),
        lambda: clock.after(naive, 1),
        lambda: clock.is_open(naive),
        lambda: clock.next_open(naive),
        lambda: clock.open_intervals(naive, good),
        lambda: combined(office(), None, [(naive, good)]),
    ):
        with pytest.raises(ValueError, match="time zone"):
            ask()
    for far in (datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)):
        with pytest.raises(OutOfRange, match="placeholder"):
            clock.is_open(far)
    with pytest.raises(ValueError, match="negative"):
        clock.after(good, -1)


def test_instants_of_any_zone_and_fractions_of_seconds() -> None:
    clock = WorkingTime(office())
    tokyo = ZoneInfo("Asia/Tokyo")
    a = datetime(2024, 6, 3, 18, 0, 0, 900_000, tzinfo=tokyo)  # 09:00:00.9 UTC
    assert clock.elapsed(a, a + timedelta(seconds=1)) == 1
    assert clock.after(a, 60) == utc("2024-06-03T09:01:00")
    assert clock.after(a, 60).tzinfo is UTC


def test_json_round_trip_and_fingerprint() -> None:
    data = {
        "tz": "Asia/Kathmandu",
        "week": {"mon": [["09:00", "12:30:15"], ["22:00", "06:00"]], "sun": [["00:00", "24:00"]]},
        "holidays": ["2024-05-01", "2024-01-01"],
        "overrides": {"2024-12-24": [["10:00", "12:00"]], "2024-12-25": []},
        "breaks": {"2024-05-02": [["12:00", "13:00"]]},
    }
    calendar = Calendar.from_json(data, "support")
    written = calendar.to_json()
    again = Calendar.from_json(json.loads(json.dumps(written)), "support")
    assert again == calendar
    assert hash(again) == hash(calendar)
    assert written["week"] == data["week"]
    assert written["holidays"] == sorted(data["holidays"])
    assert Calendar.from_json(written, "other").fingerprint == calendar.fingerprint
    assert working_time(Calendar.from_json(written, "other")) is working_time(calendar)
    moved = Calendar.from_json({**written, "tz": "Asia/Kolkata"})
    assert moved.fingerprint != calendar.fingerprint
    # Written down, so that a fingerprint stored today still names the same hours tomorrow.
    assert office("Europe/Berlin").fingerprint == FINGERPRINT_OF_BERLIN_OFFICE_HOURS


FINGERPRINT_OF_BERLIN_OFFICE_HOURS = "ffbd3e47591bf72541d6cbff819a33a5d56b6e717e332f60052f6af5d520b390"

GOOD = {"tz": "UTC", "week": {"mon": [["09:00", "17:00"]]}}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"week": {"tue": [["09:00", "10:00"], ["25:00", "26:00"]]}}, "week.tue[1]: 25:00 is not a time"),
        ({"week": {"tue": [["09:60", "10:00"]]}}, "week.tue[0]: 09:60 is not a time"),
        ({"week": {"tue": [["9:00", "10:00"]]}}, "week.tue[0]: 9:00 is not a time"),
        ({"week": {"tue": [["09:00", "24:00:01"]]}}, "week.tue[0]: 24:00:01 is not a time"),
        ({"week": {"tue": [["09:00", 17]]}}, "week.tue[0]: 17 is not a time"),
        ({"week": {"tue": [["24:00", "10:00"]]}}, "week.tue[0]: 24:00 can only end"),
        ({"week": {"tue": [["09:00"]]}}, "week.tue[0]: ['09:00'] is not a pair"),
        ({"week": {"tue": "09:00-17:00"}}, "week.tue: '09:00-17:00' is not a list"),
        ({"week": {"tuesday": []}}, "week.tuesday: not a weekday"),
        ({"week": []}, "week: [] is not an object"),
        ({"tz": "Mars/Olympus"}, "tz: 'Mars/Olympus' is not a time zone"),
        ({"tz": "Europe"}, "tz: 'Europe' is not a time zone"),
        ({"tz": "localtime"}, "tz: 'localtime' is not a time zone"),
        ({"tz": ""}, "tz: '' is not a time zone"),
        ({"tz": 1}, "tz: 1 is not text"),
        ({"holidays": ["2024-01-01", "2024-02-30"]}, "holidays[1]: 2024-02-30 is not a date"),
        ({"holidays": ["20240101"]}, "holidays[0]: 20240101 is not a date"),
        ({"holidays": None}, "holidays: None is not a list"),
        ({"holidays": ["9999-12-31"]}, "holidays: 9999-12-31 is outside"),
        ({"overrides": {"24.12.": []}}, "overrides.24.12.: 24.12. is not a date"),
        ({"overrides": {"2024-12-24": [["x", "y"]]}}, "overrides.2024-12-24[0]: x is not a time"),
        ({"breaks": {"2024-12-24": [["12:00", None]]}}, "breaks.2024-12-24[0]: None is not a time"),
        ({"holiday": []}, "holiday: unknown field"),
    ],
)
def test_a_mistake_is_named_with_its_place(change: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError) as caught:
        Calendar.from_json({**GOOD, **change})
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize("missing", ["tz", "week"])
def test_a_missing_field_is_named(missing: str) -> None:
    with pytest.raises(ValueError, match=f"{missing}: missing"):
        Calendar.from_json({name: value for name, value in GOOD.items() if name != missing})


@pytest.mark.parametrize(
    ("week", "message"),
    [
        ({7: ((0, 60),)}, "week: 7 is not a weekday"),
        ({0: ((86400, 60),)}, "week.mon[0]: a start of 86400 s"),
        ({1: ((0, 60), (60, 90_000))}, "week.tue[1]: an end of 90000 s"),
    ],
)
def test_hours_made_in_code_are_checked_too(week: dict[int, tuple[tuple[int, int], ...]], message: str) -> None:
    with pytest.raises(ValueError) as caught:
        Calendar("c", "UTC", week)
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"kind": "guess"}, "kind: 'guess'"),
        ({"start": "2024-01-01T00:00:00"}, "start: '2024-01-01T00:00:00' is not an instant"),
        ({"end": None}, "end: None"),
        ({"pauses": [["2024-01-01T00:00:00Z"]]}, "pauses[0]"),
        ({"kind": "deadline", "add_seconds": 1.5}, "add_seconds: 1.5"),
    ],
)
def test_a_question_that_cannot_be_read_is_named(change: dict[str, object], message: str) -> None:
    question = {**GOOD, "kind": "elapsed", "start": "2024-01-01T00:00:00Z", "end": "2024-01-02T00:00:00Z"}
    assert answer(question) == 8 * 3600
    with pytest.raises(ValueError) as caught:
        answer({**question, **change})
    assert str(caught.value).startswith(message)


def test_threads_that_extend_one_clock_at_once_agree() -> None:
    calendar = office("Europe/Berlin")
    shared = WorkingTime(calendar)
    wrong: list[int] = []

    def ask(year: int) -> None:
        start = datetime(year, 3, 1, tzinfo=UTC)
        due = shared.after(start, 200 * 8 * 3600)
        if WorkingTime(calendar).after(start, 200 * 8 * 3600) != due:
            wrong.append(year)

    threads = [Thread(target=ask, args=(year,)) for year in (2024, 2010, 2035, 2001, 1995, 2040, 1980, 2025)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_years_added_in_front_while_a_deadline_is_worked_out() -> None:
    clock = WorkingTime(office())
    a = utc("2024-06-03T09:00")

    def pauses() -> Iterator[tuple[datetime, datetime]]:
        # What another thread may do in between: the table grows backwards after the counting has begun.
        assert clock.elapsed(utc("2019-01-01T00:00"), a) > 0
        yield (a, a + timedelta(hours=1))

    assert clock.after(a, 3600, pauses()) == a + timedelta(hours=2)
