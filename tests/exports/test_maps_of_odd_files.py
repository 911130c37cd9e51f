"""Exports as they come: hours in a column of their own, numbers for dates, commas, one file for leads and touches."""

from __future__ import annotations

from datetime import date, time
from io import BytesIO

import openpyxl
import pytest

from tests.exports.conftest import LEADS_HEADER, MAP, TOUCHES_HEADER, RunAudit

AS_OF = ("--as-of", "2026-03-04 12:00")
LEADS = LEADS_HEADER + "1,2026-03-02 10:00,Ann,Berg,ann@berg-bau.de,030 23125101,Kai,new,Web\n"

PLAIN = """
not_used = ["calls", "emails", "meetings", "messages", "tasks"]
[times]
zone = "Europe/Berlin"
formats = {formats}
[leads.columns]
lead_id = "Id"
received_at = "Date"
{more}
[leads.constants]
status = "open"
"""
APART = '[leads.time_of_day]\nreceived_at = "Time"'


def received(ran: object) -> dict[str, str]:
    return {lead["lead_id"]: lead["received_at"] for lead in ran.told["leads"]}


def test_the_hour_stands_in_a_column_of_its_own(run_audit: RunAudit):
    leads = "Id,Date,Time\n1,3/2/2026,2:05 PM\n2,3/2/2026,\n3,3/2/2026,soon\n"
    map_ = PLAIN.format(formats='["%m/%d/%Y %I:%M %p", "%m/%d/%Y"]', more=APART)
    ran = run_audit(leads, None, *AS_OF, map_=map_)
    assert received(ran) == {"1": "2026-03-02T13:05:00+00:00", "2": "2026-03-01T23:00:00+00:00"}
    assert ran.told["files"][0]["days_only"] == 1, "without its hour it is a day"
    assert ran.bad == [("leads.csv", 4, "received_at: is no time of the format %m/%d/%Y %I:%M %p or %m/%d/%Y")]
    assert ran.told["files"][0]["unknown_columns"] == []


def test_an_hour_without_a_column_of_its_date_is_refused(run_audit: RunAudit):
    map_ = PLAIN.format(formats='["iso"]', more='[leads.time_of_day]\nmodified_at = "Time"')
    ran = run_audit("Id,Date,Time\n1,2026-03-02,10:00\n", None, *AS_OF, map_=map_)
    assert ran.code == 2
    assert "[leads.time_of_day], key 'modified_at': needs one column of the date" in ran.err


def test_the_hour_of_a_workbook(run_audit: RunAudit, tmp_path):
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["Id", "Date", "Time"])
    sheet.append([1, date(2026, 3, 2), time(10, 0)])
    sheet.append([2, date(2026, 3, 2), "11:30"])
    sheet.append([3, date(2026, 3, 2), None])
    file = BytesIO()
    book.save(file)
    (tmp_path / "leads.xlsx").write_bytes(file.getvalue())
    map_ = PLAIN.format(formats='["iso"]', more=APART)
    # The last --leads counts.
    ran = run_audit("", None, *AS_OF, "--leads", str(tmp_path / "leads.xlsx"), map_=map_)
    assert ran.code == 0, ran.err
    assert received(ran) == {
        "1": "2026-03-02T09:00:00+00:00",
        "2": "2026-03-02T10:30:00+00:00",
        "3": "2026-03-01T23:00:00+00:00",
    }


@pytest.mark.parametrize(
    ("number", "instant"),
    [
        ("46083.5", "2026-03-02T11:00:00+00:00"),
        ("46083,4375", "2026-03-02T09:30:00+00:00"),
        ("46083.4166666667", "2026-03-02T09:00:00+00:00"),
        ("46083", "2026-03-01T23:00:00+00:00"),
    ],
)
def test_a_date_that_lost_its_format_is_read_as_a_number_of_days(run_audit: RunAudit, number: str, instant: str):
    ran = run_audit(f"Id;Date\n1;{number}\n", None, *AS_OF, map_=PLAIN.format(formats='["excel"]', more=""))
    assert received(ran) == {"1": instant}
    assert ran.told["files"][0]["days_only"] == (number == "46083")


@pytest.mark.parametrize(
    ("written", "is_connection"), [("0,5", True), ("0.5", True), ("0,25", False), ("1,5000", True), ("0", False)]
)
def test_a_decimal_comma_in_a_duration(run_audit: RunAudit, written: str, is_connection: bool):
    map_ = MAP.replace("[[touches]]", "").replace(
        "[touches.columns]", '[touches]\nduration_unit = "min"\n[touches.columns]\nduration = "Length"\n'
    )
    map_ = map_.replace('kind = "call"', 'kind = "call"\ndisposition = "connected"')
    touches = TOUCHES_HEADER.strip() + f',Length\nt1,1,2026-03-02 10:10,out,done,person,"{written}"\n'
    ran = run_audit(LEADS, touches, *AS_OF, map_=map_)
    assert ran.bad == []
    assert (ran.outcome("1", "FU002")[1] == "contact_made") is is_connection, "20 s make a conversation"


def test_a_comma_that_may_be_thousands_is_no_guess(run_audit: RunAudit):
    map_ = MAP.replace("[touches.columns]", '[touches.columns]\nduration = "Length"')
    touches = TOUCHES_HEADER.strip() + ',Length\nt1,1,2026-03-02 10:10,out,done,person,"1,500"\n'
    ran = run_audit(LEADS, touches, *AS_OF, map_=map_)
    assert ran.bad == [("touches.csv", 2, "duration: is no duration in s")]


def test_leads_with_their_first_response_in_one_file(run_audit: RunAudit):
    one = (
        "Id,Received,First response\n"
        "1,2026-03-02 10:00,2026-03-02 10:20\n"
        "2,2026-03-02 10:00,\n"
        "3,2026-03-02 10:00,2026-03-02 14:00\n"
        "4,2026-03-02 10:00,n/a\n"
    )
    map_ = """
        empty = ["n/a"]
        not_used = ["emails", "meetings", "messages", "tasks"]
        [times]
        zone = "Europe/Berlin"
        [leads.columns]
        lead_id = "Id"
        received_at = "Received"
        [leads.constants]
        status = "open"
        [[touches]]
        no_time_no_touch = true
        [touches.columns]
        lead_id = "Id"
        occurred_at = "First response"
        [touches.constants]
        kind = "call"
        direction = "outbound"
        state = "done"
        automated = false
    """
    ran = run_audit(one, one, *AS_OF, map_=map_)
    assert [ran.outcome(lead_id, "RT001")[1] for lead_id in "1234"] == [
        "in_time",
        "no_attempt_yet",
        "late",
        "no_attempt_yet",
    ]
    assert ran.outcome("2", "RT002") == ran.outcome("4", "RT002") == ("breach", "past_target")
    assert ran.bad == []
    assert ran.told["left_out"]["rows_without_touch"] == 2


def test_a_log_without_a_column_of_the_arrival_begins_with_its_first_event(run_audit: RunAudit):
    log = (
        "Case,Who,When\nA,Ann,2026/03/02 10:00:00.000\nA,Ann,2026/03/02 10:05:00.000\nA,Bo,2026/03/02 10:20:00.000\n"
    )
    map_ = """
        not_used = ["calls", "emails", "meetings", "tasks"]
        [times]
        zone = "Europe/Berlin"
        formats = ["%Y/%m/%d %H:%M:%S.%f"]
        [event_log]
        case = "Case"
        event_at = "When"
        actor = "Who"
        touch_kind = "message"
        [event_log.columns]
        received_at = "When"
        [event_log.constants]
        status = "open"
    """
    ran = run_audit(log, None, *AS_OF, map_=map_)
    assert ran.outcome("A", "RT001") == ("pass", "in_time")
    assert ran.lead("A")["facts"]["first_attempt_working_s"] == 20 * 60
    assert ran.told["left_out"]["received_at_differs"] == 0
