"""Local times, clock changes included: the rule is stated, followed and counted."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from connector.exports.mapping import DurationUnit, RepeatedHour, SkippedHour, TimeReading
from connector.exports.sheet import FaultyCell
from connector.exports.times import TimeReader, span_s

BERLIN = TimeReading(zone="Europe/Berlin", formats=("%Y-%m-%d %H:%M", "%d.%m.%Y"))


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)


def test_an_ordinary_time_is_local_to_the_zone():
    reader = TimeReader(BERLIN)
    assert reader.instant("2026-03-02 10:00") == utc(2026, 3, 2, 9)
    assert reader.instant("2026-07-02 10:00") == utc(2026, 7, 2, 8)
    assert (reader.repeated_hours, reader.skipped_hours, reader.days_only) == (0, 0, 0)


@pytest.mark.parametrize(
    ("rule", "expected"),
    [(RepeatedHour.EARLIER, utc(2026, 10, 25, 0, 30)), (RepeatedHour.LATER, utc(2026, 10, 25, 1, 30))],
)
def test_an_hour_that_the_clocks_show_twice(rule: RepeatedHour, expected: datetime):
    reader = TimeReader(TimeReading(zone="Europe/Berlin", formats=BERLIN.formats, repeated_hour=rule))
    assert reader.instant("2026-10-25 02:30") == expected
    assert reader.instant("2026-10-25 03:00") == utc(2026, 10, 25, 2)
    assert reader.repeated_hours == 1


def test_an_hour_that_the_clocks_skip_is_moved_forward():
    reader = TimeReader(BERLIN)
    assert reader.instant("2026-03-29 02:30") == utc(2026, 3, 29, 1, 30), "03:30 summer time"
    assert reader.instant("2026-03-29 03:00") == utc(2026, 3, 29, 1)
    assert reader.skipped_hours == 1


def test_rejecting_what_the_clocks_leave_open():
    how = TimeReading(zone="Europe/Berlin", formats=BERLIN.formats, repeated_hour=RepeatedHour.REJECT,
                      skipped_hour=SkippedHour.REJECT)  # fmt: skip
    reader = TimeReader(how)
    with pytest.raises(ValueError, match="is shown twice by the clocks of Europe/Berlin"):
        reader.instant("2026-10-25 02:30")
    with pytest.raises(ValueError, match="is never shown by the clocks of Europe/Berlin"):
        reader.instant("2026-03-29 02:30")


def test_a_date_alone_is_a_whole_day_and_counted():
    reader = TimeReader(BERLIN)
    assert reader.moment("02.03.2026") == (utc(2026, 3, 1, 23), utc(2026, 3, 2, 22, 59, 59))
    assert reader.moment("29.03.2026") == (utc(2026, 3, 28, 23), utc(2026, 3, 29, 21, 59, 59)), "a day of 23 hours"
    assert reader.moment(datetime(2026, 3, 2)) == reader.moment("02.03.2026"), "a date cell"  # noqa: DTZ001
    assert reader.days_only == 4
    assert reader.moment("2026-03-02 00:00") == (utc(2026, 3, 1, 23), None)


def test_an_offset_in_the_text_beats_the_zone():
    reader = TimeReader(TimeReading(zone="Europe/Berlin"))
    assert reader.instant("2026-10-25T02:30:00+01:00") == utc(2026, 10, 25, 1, 30)
    assert reader.instant("2026-10-25T00:30:00Z") == utc(2026, 10, 25, 0, 30)
    assert reader.repeated_hours == 0
    assert reader.instant("2026-03-02") == utc(2026, 3, 1, 23)
    assert reader.days_only == 1


def test_epochs_and_date_cells():
    reader = TimeReader(TimeReading(zone="Europe/Berlin", formats=("epoch_ms",)))
    assert reader.instant("1772442000000") == utc(2026, 3, 2, 9)
    assert reader.instant(datetime(2026, 3, 2, 10)) == utc(2026, 3, 2, 9)  # noqa: DTZ001  (a date cell of XLSX)
    with pytest.raises(ValueError, match="is no time of the format epoch_ms"):
        reader.instant("02.03.2026")
    assert TimeReader(TimeReading(zone="UTC", formats=("epoch_s",))).instant("1772442000.9") == utc(2026, 3, 2, 9)


@pytest.mark.parametrize("text", ["0001-01-01 00:00", "1899-12-30 00:00", "2999-01-01 00:00", "9999-12-31 23:59"])
def test_placeholder_years_are_no_times(text: str):
    with pytest.raises(ValueError, match="looks like a placeholder"):
        TimeReader(BERLIN).instant(text)


@pytest.mark.parametrize("text", ["", "soon", "2026-02-30 10:00", "2026-03-02 25:00", "\x00"])
def test_no_times(text: str):
    with pytest.raises(ValueError, match=r"is no time of the format %Y-%m-%d %H:%M or %d\.%m\.%Y"):
        TimeReader(BERLIN).instant(text)


def test_a_faulty_cell_tells_its_own_reason():
    with pytest.raises(ValueError, match="holds an error"):
        TimeReader(BERLIN).instant(FaultyCell("#REF!", "holds an error instead of a value"))


@pytest.mark.parametrize(
    ("text", "unit", "seconds"),
    [
        ("90", DurationUnit.SECONDS, 90),
        ("90500", DurationUnit.MILLISECONDS, 90),
        ("1.5", DurationUnit.MINUTES, 90),
        ("01:30", DurationUnit.CLOCK, 90),
        ("1:01:30", DurationUnit.CLOCK, 3690),
        ("02:05", DurationUnit.SECONDS, 125),
    ],
)
def test_durations(text: str, unit: DurationUnit, seconds: int):
    assert span_s(text, unit) == seconds


@pytest.mark.parametrize(
    ("text", "unit"), [("-5", DurationUnit.SECONDS), ("90", DurationUnit.CLOCK), ("long", DurationUnit.SECONDS)]
)
def test_no_durations(text: str, unit: DurationUnit):
    with pytest.raises(ValueError, match="is no duration"):
        span_s(text, unit)
