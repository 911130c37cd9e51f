"""When windows of a contract begin and end, in days of its calendar, hours, business days and cycles."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audits.contracts.windows import Timing, opening, part_of_day
from audits.model.contract import Contract, Duration, Hours
from tests.contracts.make import OFFICE, at, make_contract

_ZONES = ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "Africa/Cairo", "Pacific/Apia")
_INSTANTS = st.integers(0, 18 * 365 * 86_400).map(lambda second: at("2011-06-01") + timedelta(seconds=second))


def with_window(timezone: str = "Europe/Berlin", **window: object) -> Contract:
    return make_contract(hours=OFFICE, timezone=timezone, returns={"window": window, "reasons": ["BOT"]})


def ends(counts_at: str, contract: Contract) -> datetime | None:
    window = Timing(contract).claim_window(at(counts_at))
    assert window is not None
    return window.ends_at


class TestCalendarDaysAndHours:
    def test_days_keep_the_time_of_day_when_clocks_go_forward(self) -> None:
        # 28 March, 10:00 in Berlin; on the 29th an hour is skipped.
        assert ends("2026-03-28T09:00", with_window(until="P10D")) == at("2026-04-07T08:00")

    def test_days_keep_the_time_of_day_when_clocks_go_back(self) -> None:
        assert ends("2026-10-24T08:00", with_window(until="P2D")) == at("2026-10-26T09:00")

    def test_hours_are_exact_whatever_clocks_do(self) -> None:
        assert ends("2026-03-28T09:00", with_window(until="PT48H")) == at("2026-03-30T09:00")

    def test_not_before_and_until_are_both_in_it(self) -> None:
        window = Timing(with_window(not_before="P7D", until="P14D")).claim_window(at("2026-06-01T08:00"))
        assert window is not None
        assert window.holds(at("2026-06-08T08:00"))
        assert window.holds(at("2026-06-15T08:00"))
        assert not window.holds(at("2026-06-08T07:59:59"))
        assert not window.holds(at("2026-06-15T08:00:01"))

    def test_without_until_it_does_not_end(self) -> None:
        window = Timing(with_window()).claim_window(at("2026-06-01T08:00"))
        assert window is not None
        assert window.ends_at is None
        assert window.holds(at("2099-01-01"))

    def test_without_returns_there_is_none(self) -> None:
        assert Timing(make_contract()).claim_window(at("2026-06-01")) is None

    @given(_INSTANTS, st.sampled_from(_ZONES), st.integers(0, 40))
    def test_a_day_more_never_ends_earlier(self, start: datetime, zone: str, days: int) -> None:
        timing = Timing(make_contract(timezone=zone))
        first, second = timing.after(start, Duration(days)), timing.after(start, Duration(days + 1))
        assert first is not None
        assert second is not None
        # Samoa left out a whole date.
        assert timedelta(0) <= second - first <= timedelta(hours=25)

    @given(_INSTANTS, st.sampled_from(_ZONES), st.integers(0, 40), st.integers(0, 10**6))
    def test_the_wall_clock_shows_the_same_time_of_day(
        self, start: datetime, zone: str, days: int, seconds: int
    ) -> None:
        timing = Timing(make_contract(timezone=zone))
        end = timing.after(start, Duration(days))
        assert end is not None
        local, then = start.astimezone(ZoneInfo(zone)), end.astimezone(ZoneInfo(zone))
        planned = local.replace(tzinfo=None) + timedelta(days=days)
        # Only a time of day that the clocks skip becomes another one.
        is_skipped = planned.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC).astimezone(ZoneInfo(zone)) != (
            planned.replace(tzinfo=ZoneInfo(zone))
        )
        assert then.replace(tzinfo=None) == planned or is_skipped
        assert timing.after(start, Duration(days, seconds)) == end + timedelta(seconds=seconds)


class TestBusinessDays:
    @pytest.mark.parametrize(
        ("start", "days", "end"),
        [
            ("2026-03-06T09:00", 1, "2026-03-09T09:00"),
            ("2026-03-06T09:00", 5, "2026-03-13T09:00"),
            ("2026-03-07T09:00", 1, "2026-03-09T09:00"),
            ("2026-03-07T09:00", 5, "2026-03-13T09:00"),
            ("2026-03-08T09:00", 10, "2026-03-20T09:00"),
            ("2026-03-27T09:00", 1, "2026-03-30T08:00"),
        ],
    )
    def test_weekends_are_none(self, start: str, days: int, end: str) -> None:
        assert ends(start, with_window(until=f"P{days}D", business_days=True)) == at(end)

    def test_holidays_are_none(self) -> None:
        hours = {**OFFICE, "holidays": ["2026-04-03", "2026-04-06"]}
        window = {"until": "P1D", "business_days": True}
        contract = make_contract(hours=hours, returns={"window": window})
        assert ends("2026-04-02T08:00", contract) == at("2026-04-07T08:00")

    def test_without_hours_every_day_is_one(self) -> None:
        contract = make_contract(returns={"window": {"until": "P3D", "business_days": True}})
        assert ends("2026-03-06T09:00", contract) == at("2026-03-09T09:00")

    @given(_INSTANTS, st.integers(1, 60), st.lists(st.dates(date(2011, 6, 1), date(2030, 1, 1)), max_size=3))
    def test_counted_one_by_one_they_are_the_same(self, start: datetime, days: int, holidays: list[date]) -> None:
        zone = ZoneInfo("Europe/Berlin")
        hours = {**OFFICE, "holidays": holidays}
        end = Timing(make_contract(hours=hours)).after(start, Duration(days), in_business=True)
        assert end is not None
        day = start.astimezone(zone).date()
        for _ in range(days):
            day += timedelta(days=1)
            while day.weekday() > 4 or day in holidays:
                day += timedelta(days=1)
        assert end.astimezone(zone).date() == day

    def test_hours_in_business_time_are_open_ones(self) -> None:
        timing = Timing(make_contract(hours=OFFICE))
        # Friday 16:00 in Berlin: one hour on Friday, one on Monday.
        assert timing.after(at("2026-03-06T15:00"), Duration(0, 7200), in_business=True) == at("2026-03-09T09:00")

    def test_open_hours_that_never_pass_have_no_end(self) -> None:
        timing = Timing(make_contract(hours=OFFICE))
        assert timing.after(at("2026-03-06T15:00"), Duration(0, 999_999 * 3600), in_business=True) is None


class TestMonthsAndCycles:
    def test_the_fifth_of_the_next_month_ends_with_that_day(self) -> None:
        contract = with_window(until="day_of_next_month:5")
        assert ends("2026-05-31T21:59", contract) == at("2026-06-05T22:00")
        # Already the first of June in Berlin.
        assert ends("2026-05-31T22:00", contract) == at("2026-07-05T22:00")
        assert ends("2026-12-31T12:00", contract) == at("2027-01-05T23:00")

    def test_the_fifth_business_day_of_the_next_month(self) -> None:
        # 1 and 2 August 2026 are a weekend.
        assert ends("2026-07-10", with_window(until="day_of_next_month:5", business_days=True)) == at(
            "2026-08-07T22:00"
        )

    def test_days_after_the_end_of_the_cycle(self) -> None:
        contract = with_window(start="cycle_end", until="P5D")
        assert ends("2026-05-02T10:00", contract) == at("2026-06-05T22:00")

    def test_business_days_after_the_end_of_the_cycle(self) -> None:
        # May ends on a Sunday.
        contract = with_window(start="cycle_end", until="P5D", business_days=True)
        assert ends("2026-05-02T10:00", contract) == at("2026-06-05T22:00")

    def test_a_day_of_the_month_after_a_cycle_is_that_after_delivery(self) -> None:
        contract = with_window(start="cycle_end", until="day_of_next_month:5")
        assert ends("2026-05-02T10:00", contract) == at("2026-06-05T22:00")

    def test_a_cycle_of_weeks_ends_on_sunday(self) -> None:
        contract = make_contract(cycle="week", returns={"window": {"start": "cycle_end", "until": "P1D"}})
        assert ends("2026-03-04T10:00", contract) == at("2026-03-09T23:00")


class TestHours:
    def test_open_instants_are_kept_and_closed_ones_moved(self) -> None:
        opens = opening(Hours.model_validate(OFFICE), "Europe/Berlin")
        assert opens(at("2026-03-02T08:00")) == at("2026-03-02T08:00")
        assert opens(at("2026-03-02T15:59:59.5")) == at("2026-03-02T15:59:59.5")
        assert opens(at("2026-03-02T16:00")) == at("2026-03-03T08:00")
        assert opens(at("2026-03-06T16:00")) == at("2026-03-09T08:00")
        # Asked back in time, and over a change of the clocks.
        assert opens(at("2026-03-02T07:59:59")) == at("2026-03-02T08:00")
        assert opens(at("2026-03-28T12:00")) == at("2026-03-30T07:00")

    def test_parts_of_the_day_are_those_of_the_zone(self) -> None:
        contract = make_contract(dayparts=["00:00", "12:00", "17:00"])
        instants = (
            "2026-07-01T09:59",
            "2026-07-01T10:00",
            "2026-07-01T14:59",
            "2026-07-01T15:00",
            "2026-07-01T22:00",
        )
        assert [part_of_day(at(each), contract) for each in instants] == [1, 2, 2, 3, 1]


@given(_INSTANTS, st.sampled_from(_ZONES), st.integers(0, 60), st.integers(0, 10**6))
def test_looking_back_never_goes_forward(start: datetime, zone: str, days: int, seconds: int) -> None:
    timing = Timing(make_contract(timezone=zone))
    before = timing.before(start, Duration(days, seconds))
    gone = start - before
    assert timedelta(0) <= gone
    assert abs(gone - timedelta(days=days, seconds=seconds)) <= timedelta(hours=25)
