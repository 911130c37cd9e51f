"""Spans of the calendar against what the time-zone database says of each instant."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audits.contracts.calendar import SpanCalendar
from audits.model.contract import Per

ZONES = ("UTC", "Europe/Berlin", "Australia/Lord_Howe", "Asia/Kathmandu", "America/St_Johns", "Pacific/Apia")
CALENDARS = {zone: SpanCalendar(zone) for zone in ZONES}
instants = st.integers(1262304000, 1893456000).map(lambda s: datetime.fromtimestamp(s, UTC))


@given(at=instants, zone=st.sampled_from(ZONES))
def test_days_and_weeks_are_those_of_the_zone(at: datetime, zone: str) -> None:
    calendar = CALENDARS[zone]
    local = at.astimezone(ZoneInfo(zone))
    assert calendar.first_day(calendar.number(at, Per.DAY), Per.DAY) == local.date()
    assert calendar.first_day(calendar.number(at, Per.WEEK), Per.WEEK) == local.date() - timedelta(local.weekday())
    assert calendar.first_day(calendar.number(at, Per.MONTH), Per.MONTH) == local.date().replace(day=1)
    assert calendar.number(at, Per.CYCLE) == calendar.number(at, Per.MONTH)
    assert calendar.number(at, Per.TOTAL) == 0


@given(at=instants, zone=st.sampled_from(ZONES), per=st.sampled_from([each for each in Per if each is not Per.TOTAL]))
def test_an_instant_lies_in_its_span_and_spans_meet(at: datetime, zone: str, per: Per) -> None:
    calendar = CALENDARS[zone]
    number = calendar.number(at, per)
    begin, end = calendar.begin(number, per), calendar.end(number, per)
    assert begin is not None
    assert end is not None
    assert begin <= at < end
    assert calendar.number(begin, per) == number
    assert calendar.number(begin - timedelta(seconds=1), per) < number
    assert calendar.number(end - timedelta(seconds=1), per) == number
    assert calendar.number(end, per) > number


def test_the_hour_that_comes_twice_is_two_hours() -> None:
    calendar = CALENDARS["Europe/Berlin"]
    once, again = datetime(2026, 10, 25, 0, 30, tzinfo=UTC), datetime(2026, 10, 25, 1, 30, tzinfo=UTC)
    assert once.astimezone(ZoneInfo("Europe/Berlin")).hour == again.astimezone(ZoneInfo("Europe/Berlin")).hour == 2
    assert calendar.number(once, Per.HOUR) != calendar.number(again, Per.HOUR)


def test_the_total_has_neither_beginning_nor_end() -> None:
    assert CALENDARS["UTC"].begin(0, Per.TOTAL) is None
    assert CALENDARS["UTC"].end(0, Per.TOTAL) is None


def test_a_cycle_of_weeks_is_a_week() -> None:
    at = datetime(2026, 5, 6, 12, tzinfo=UTC)
    calendar = SpanCalendar("UTC", Per.WEEK)
    assert calendar.number(at, Per.CYCLE) == calendar.number(at, Per.WEEK)
    assert calendar.begin(calendar.number(at, Per.CYCLE), Per.CYCLE) == datetime(2026, 5, 4, tzinfo=UTC)


def test_no_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="not a time zone"):
        SpanCalendar("Europe")
