"""A stored report is shown again: its JSON values give the same report, and the same bytes."""

import json

import pytest

from audits.reports.handling import HandlingReport, ReportRows, handling_report
from audits.reports.read_back import report_from_json
from tests.reporting.sample import AS_OF, SINCE, UNTIL, ZONE, sample_report


@pytest.mark.parametrize(("n", "weeks"), [(240, 20), (30, 3), (1, 1)])
def test_the_way_there_and_back_gives_the_same(n: int, weeks: int):
    told = sample_report(n=n, weeks=weeks)
    again = report_from_json(json.loads(told.to_bytes()))
    assert again.to_bytes() == told.to_bytes()
    assert again.in_time == told.in_time
    assert again.neglected == told.neglected
    assert again.not_yet_tried == told.not_yet_tried
    assert again.cost_of_delay == told.cost_of_delay
    assert again.months == told.months
    assert again.owner_days == told.owner_days


def test_a_report_without_leads_comes_back():
    nothing = ReportRows(leads=(), attempts_by_hour=((0,) * 24,) * 7)
    told: HandlingReport = handling_report(nothing, since=SINCE, until=UNTIL, as_of=AS_OF, zone=ZONE)
    assert report_from_json(json.loads(told.to_bytes())) == told


def test_what_is_no_report_is_refused():
    with pytest.raises(KeyError):
        report_from_json({"since": "2026-01-01T00:00:00+00:00"})
