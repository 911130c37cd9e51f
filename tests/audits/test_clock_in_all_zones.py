"""The clock in every zone at every kind of clock change, held against a plain walk; and many questions at once.

The walk reads the rules of a calendar anew: it asks of each minute what the clock on the wall shows, and shares no
code with the clock. The changes of a zone are found by looking at every hour of a year.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audits.model.working_calendar import Calendar, EmptyCalendar
from audits.model.working_questions import answer
from audits.model.working_time import NeverOpens, OutOfRange, WorkingTime, combined, never_open, widest
from tests.audits.test_working_time import walk, walked_open

MINUTE = timedelta(minutes=1)
ZONES = sorted(available_timezones() - {"localtime"})
#: A skipped day, half hours, changes at midnight, within Ramadan, of the whole zone, and to the west.
NOTABLE = [
    ("Pacific/Apia", 2011),
    ("Australia/Lord_Howe", 2025),
    ("Africa/Casablanca", 2025),
    ("Asia/Tehran", 2020),
    ("Asia/Kathmandu", 1985),
    ("Asia/Pyongyang", 2018),
    ("America/Caracas", 2016),
    ("Asia/Gaza", 2023),
    ("Europe/Volgograd", 2020),
    ("Africa/Juba", 2021),
    ("Antarctica/Casey", 2023),
    ("Pacific/Kwajalein", 1993),
    ("America/Nuuk", 2024),
]


@cache
def changes(zone: str, year: int) -> tuple[datetime, ...]:
    """The hours of a year, in UTC, at whose end the zone's offset is another."""
    rules, first = ZoneInfo(zone), datetime(year, 1, 1, tzinfo=UTC)
    hours = [first + timedelta(hours=hour) for hour in range(366 * 24)]
    offsets = [hour.astimezone(rules).utcoffset() for hour in hours]
    return tuple(hours[place] for place in range(len(hours) - 1) if offsets[place] != offsets[place + 1])


@st.composite
def moments(draw: st.DrawFn) -> tuple[str, datetime]:
    """A zone and an instant, mostly one at which its clocks change."""
    zone, year = draw(st.one_of(st.sampled_from(NOTABLE), st.tuples(st.sampled_from(ZONES), st.integers(1971, 2036))))
    found = changes(zone, year)
    around = draw(st.sampled_from(found)) if found else datetime(year, 6, 15, tzinfo=UTC)
    return zone, around


starts = st.integers(0, 24 * 12 - 1).map(lambda fives: fives * 300)
ends = st.integers(0, 24 * 12).map(lambda fives: fives * 300)
intervals = st.lists(st.tuples(starts, ends), max_size=3).map(tuple)


@st.composite
def questions(draw: st.DrawFn) -> tuple[Calendar, datetime, datetime, list[tuple[datetime, datetime]]]:
    """Any calendar near a moment, a span over it, and pauses of any kind."""
    zone, around = draw(moments())
    days = st.integers(-2, 3).map(lambda day: around.date() + timedelta(days=day))
    week = draw(st.dictionaries(st.integers(0, 6), intervals, max_size=7))
    week[draw(st.integers(0, 6))] = (draw(st.tuples(starts, ends)),)
    calendar = Calendar(
        "any",
        zone,
        week,
        draw(st.frozensets(days, max_size=2)),
        draw(st.dictionaries(days, intervals, max_size=2)),
        draw(st.dictionaries(days, intervals, max_size=2)),
    )
    instants = st.integers(-1800, 2400).map(lambda minutes: around + minutes * MINUTE)
    a, b = sorted(draw(st.tuples(instants, instants)))
    return calendar, a, b, draw(st.lists(st.tuples(instants, instants), max_size=3))


@settings(max_examples=150, deadline=None)
@given(questions())
def test_elapsed_is_what_a_walk_counts(
    question: tuple[Calendar, datetime, datetime, list[tuple[datetime, datetime]]],
) -> None:
    calendar, a, b, pauses = question
    clock = WorkingTime(calendar)
    counted = walk(calendar, a, b, pauses, MINUTE)
    assert clock.elapsed(a, b, pauses) == counted
    assert clock.is_open(b) == walked_open(calendar, b)
    low, high = (np.array([int(each.timestamp())]) for each in (a, b))
    assert clock.elapsed_batch(low, high).tolist() == [walk(calendar, a, b, [], MINUTE)]
    if counted:
        # The deadline is where the walk's last open minute ends, and no later opening.
        due = clock.after(a, counted, pauses)
        assert due <= b
        assert walk(calendar, a, due, pauses, MINUTE) == counted
        assert walk(calendar, a, due - MINUTE, pauses, MINUTE) == counted - 60


@pytest.mark.parametrize(("zone", "year"), NOTABLE)
def test_the_notable_zones_do_what_they_are_listed_for(zone: str, year: int) -> None:
    assert changes(zone, year)
    # Open around the clock: as long as the wall has it, day by day.
    clock = WorkingTime(Calendar("always", zone, dict.fromkeys(range(7), ((0, 86_400),))))
    first, last = datetime(year, 1, 1, tzinfo=UTC), datetime(year + 1, 1, 1, tzinfo=UTC)
    assert clock.elapsed(first, last) == (last - first) // timedelta(seconds=1)


def test_a_day_that_was_skipped_holds_no_time() -> None:
    """Samoa went from Thursday 29 to Saturday 31 December 2011."""
    week = {4: ((9 * 3600, 17 * 3600),)}
    friday = WorkingTime(Calendar("c", "Pacific/Apia", week))
    a, b = datetime(2011, 12, 26, tzinfo=UTC), datetime(2012, 1, 3, tzinfo=UTC)
    assert friday.elapsed(a, b) == 0
    assert friday.next_open(a) == datetime(2012, 1, 5, 19, tzinfo=UTC), "Friday, 6 January, 9:00 at +14"


# --- unions, clocks that never run, and many questions at once ---

OFFICE = Calendar("office", "UTC", dict.fromkeys(range(5), ((9 * 3600, 17 * 3600),)))
LATE = Calendar("late", "America/New_York", dict.fromkeys(range(5), ((9 * 3600, 17 * 3600),)))


@settings(max_examples=60, deadline=None)
@given(st.lists(questions(), min_size=2, max_size=3))
def test_combined_is_the_intersection_and_widest_the_union(
    drawn: list[tuple[Calendar, datetime, datetime, list[tuple[datetime, datetime]]]],
) -> None:
    calendars, (_, a, _, away) = [each[0] for each in drawn], drawn[0]
    b = a + timedelta(hours=30)
    either, minutes = widest(*calendars), [a + step * MINUTE for step in range(30 * 60)]
    assert either.elapsed(a, b) == 60 * sum(any(walked_open(each, t) for each in calendars) for t in minutes)
    for each in calendars:
        assert combined(each, None).elapsed(a, b) <= either.elapsed(a, b)
    try:
        both = combined(calendars[0], calendars[1], away)
    except EmptyCalendar:
        # Of our years: before a zone moved to the other side of the date line they may have had hours in common.
        of_our_years = [datetime(2024, 6, 3, tzinfo=UTC) + step * 15 * MINUTE for step in range(7 * 24 * 4)]
        assert not any(all(walked_open(each, t) for each in calendars[:2]) for t in of_our_years)
        return
    assert both.elapsed(a, b) == 60 * sum(
        all(walked_open(each, t) for each in calendars[:2]) and not any(start <= t < end for start, end in away)
        for t in minutes
    )


def test_a_clock_that_never_opens() -> None:
    stopped, a = never_open(OFFICE), datetime(2024, 6, 3, 10, tzinfo=UTC)
    assert stopped.elapsed(a, a + timedelta(days=900)) == 0
    assert stopped.after(a, 0) == a
    with pytest.raises(NeverOpens):
        stopped.after(a, 1)


def test_hours_of_other_kinds_have_other_names() -> None:
    clocks = [
        WorkingTime(OFFICE),
        WorkingTime(LATE),
        WorkingTime(OFFICE, LATE),
        WorkingTime(OFFICE, or_else=[LATE]),
        WorkingTime(OFFICE, LATE, or_else=[LATE]),
        never_open(OFFICE),
    ]
    assert len({clock.fingerprint for clock in clocks}) == len(clocks)
    assert WorkingTime(LATE, OFFICE).fingerprint == WorkingTime(OFFICE, LATE).fingerprint
    assert WorkingTime(LATE, or_else=[OFFICE]).fingerprint == WorkingTime(OFFICE, or_else=[LATE]).fingerprint


@settings(max_examples=60, deadline=None)
@given(
    spans=st.lists(st.tuples(st.integers(-(10**8), 10**9), st.integers(-(10**8), 10**9)), max_size=20),
    seed=st.integers(0, 10**9),
)
def test_a_batch_is_each_question_alone(spans: list[tuple[int, int]], seed: int) -> None:
    clock = WorkingTime(OFFICE, LATE)
    clock.elapsed_epochs(seed, seed + 1)  # the table begins anywhere
    found = clock.elapsed_batch(np.array([a for a, _ in spans], np.int64), np.array([b for _, b in spans], np.int64))
    assert found.dtype == np.int64
    assert found.tolist() == [clock.elapsed_epochs(a, b) for a, b in spans]


def test_a_batch_at_the_edges() -> None:
    clock = WorkingTime(OFFICE)
    monday = int(datetime(2024, 6, 3, 9, tzinfo=UTC).timestamp())
    year = [int(datetime(year, 1, 1, tzinfo=UTC).timestamp()) for year in (2024, 2025)]
    edges = np.array([monday - 1, monday, monday + 1, monday + 8 * 3600, *year])
    for a in edges.tolist():
        starts = np.full(len(edges), a)
        assert clock.elapsed_batch(starts, edges).tolist() == [clock.elapsed_epochs(a, b) for b in edges.tolist()]
    assert clock.elapsed_batch(np.array([monday]), np.array([monday])).tolist() == [0]
    assert clock.elapsed_batch(np.array([], np.int64), np.array([], np.int64)).tolist() == []
    with pytest.raises(ValueError, match="different shapes"):
        clock.elapsed_batch(np.array([1]), np.array([1, 2]))
    with pytest.raises(OutOfRange):
        clock.elapsed_batch(np.array([0]), np.array([10**12]))


def test_far_deadlines_are_found_and_ends_are_known() -> None:
    clock, a = WorkingTime(OFFICE), datetime(2024, 6, 3, 9, tzinfo=UTC)
    for years in (3, 40, 120):
        open_s = WorkingTime(OFFICE).elapsed(a, datetime(2024 + years, 6, 3, 9, tzinfo=UTC))
        due = clock.after(a, open_s)
        assert clock.elapsed(a, due) == open_s
        assert clock.is_open(due - timedelta(seconds=1))
    with pytest.raises(NeverOpens):
        clock.after(a, 10**12)


# --- questions as text: whatever a file says, the answer is a value or a sentence ---

junk = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**18), 10**18),
    st.text(max_size=12),
    st.sampled_from(
        [
            "2024-06-03T09:00:00Z",
            "0001-01-01T00:00:00+23:59",
            "9999-12-31T23:59:59-23:59",
            "1899-12-31T23:59:59Z",
            "2199-12-31T23:59:59Z",
            [["09:00", "17:00"]],
            [["24:00", "24:00"]],
            {"mon": [["09:00", "17:00"]]},
            {"mon": []},
            {"2024-06-03": []},
            ["2024-06-03"],
            ["2024-02-30"],
            [["2024-06-03T09:00:00Z", "2024-06-03T10:00:00Z"]],
            "elapsed",
            "deadline",
            "open",
            "Europe/Berlin",
            "../../etc/passwd",
        ]
    ),
)
FIELDS = (
    "id",
    "kind",
    "tz",
    "week",
    "holidays",
    "overrides",
    "breaks",
    "pauses",
    "start",
    "end",
    "add_seconds",
    "at",
)
SOUND = {
    "id": "x",
    "tz": "Europe/Berlin",
    "week": {"mon": [["09:00", "17:00"]]},
    "start": "2024-06-03T09:00:00Z",
    "end": "2024-06-04T09:00:00Z",
    "at": "2024-06-03T09:00:00Z",
    "add_seconds": 60,
}


@settings(max_examples=300, deadline=None)
@given(
    kind=st.sampled_from(["elapsed", "deadline", "open"]),
    change=st.dictionaries(st.sampled_from(FIELDS), junk, max_size=3),
)
def test_a_question_gets_an_answer_or_a_sentence(kind: str, change: dict[str, object]) -> None:
    try:
        found: object = answer({**SOUND, "kind": kind, **change})
    except ValueError as error:
        found = error
    assert isinstance(found, int | str | bool) or len(str(found)) > 10


def test_holidays_may_be_given_as_dates_of_any_year() -> None:
    case = {**SOUND, "kind": "elapsed", "holidays": [date(2024, 6, 3).isoformat(), "1900-01-01", "2199-12-31"]}
    assert answer(case) == 0
