"""The list of leads and the numbers above it: filters, orders, search, percentiles, days of a zone."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.engine import Connection

from audits.model.finding import Outcome
from audits.model.said import say
from audits.model.score import FollowUpStatus, Score, ScorePart, Verdict
from connector.storage import findings, lead_lists, page_queries, people, timeline
from connector.storage.database import Database
from connector.storage.lead_lists import LeadFilter, LeadSort
from connector.storage.page_queries import Scope
from tests.factories import NOW, at, make_audit, make_finding, make_install, make_lead, make_owner, make_record


def quality(points: int) -> Score:
    return Score((ScorePart("all", points, 100, say("Fine.")),))


@pytest.fixture
def tenant(database: Database) -> str:
    with database.write() as conn:
        made = make_install(conn).install_id
        people.replace_owners(conn, made, [make_owner("o1", name="Olga"), make_owner("o2", name="Omar")])
        leads = [
            make_lead("1", first_name="Ada", last_name="O'Byron", company="100% Engines", phone="+49 30 901820"),
            make_lead("2", first_name="Straße", last_name="ÉCLAIR", company="under_score", email="x@y.example"),
            make_lead("3", first_name=None, last_name=None, company="1000 Engines"),
        ]
        timeline.store_records(conn, made, [make_record(lead) for lead in leads], NOW)
        findings.store_audits(
            conn,
            made,
            [
                make_audit(
                    "1", owner_id="o1", received_at=at(-30), first_attempt_s=60, quality=quality(90), due_at=at(5),
                    follow_up_status=FollowUpStatus.DUE, verdict=Verdict.PLAUSIBLE,
                ),
                make_audit(
                    "2", owner_id="o2", received_at=at(-20), first_attempt_s=600, quality=quality(10), due_at=at(-5),
                    follow_up_status=FollowUpStatus.OVERDUE, source="fair",
                ),
                make_audit("3", owner_id=None, received_at=at(-10), source=None),
            ],
        )  # fmt: skip
        findings.store_findings(
            conn,
            made,
            [make_finding("1", "RT001"), make_finding("2", "RT001", outcome=Outcome.PASS, reason="in_time")],
            NOW,
        )
        return made


def ids(conn: Connection, tenant: str, **wanted: Any) -> list[str]:
    rows, total = page_queries.list_leads(conn, tenant, Scope(leads=LeadFilter(**wanted)))
    assert total == len(rows)
    return [row.lead_id for row in rows]


def test_a_lead_that_goes_on_as_another_record_is_listed_once_and_a_merged_one_stays(
    database: Database, tenant: str
) -> None:
    with database.write() as conn:
        deal = make_record(make_lead("deal:9", received_at=at(-1)), converted_from="1", merged_ids=("2",))
        timeline.store_records(conn, tenant, [deal], NOW)
        findings.store_audits(conn, tenant, [make_audit("deal:9", owner_id="o1", received_at=at(-30))])
        assert ids(conn, tenant) == ["3", "2", "deal:9"]
        assert ids(conn, tenant, rule_id="RT001", outcome=Outcome.PASS) == ["2"]
        assert ids(conn, tenant, rule_id="RT001") == []


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ({}, ["3", "2", "1"]),
        ({"status": FollowUpStatus.DUE}, ["1"]),
        ({"owner_id": "o1"}, ["1"]),
        ({"owner_id": ""}, ["3"]),
        ({"source": "fair"}, ["2"]),
        ({"source": ""}, ["3"]),
        ({"verdict": Verdict.PLAUSIBLE}, ["1"]),
        ({"rule_id": "RT001"}, ["1"]),
        ({"rule_id": "RT001", "outcome": Outcome.PASS}, ["2"]),
        ({"outcome": Outcome.PASS}, ["2"]),
        ({"received_from": at(-20)}, ["3", "2"]),
        ({"received_to": at(-20)}, ["1"]),
        ({"sort": LeadSort.OLDEST}, ["1", "2", "3"]),
        ({"sort": LeadSort.DUE_FIRST}, ["2", "1", "3"]),
        ({"sort": LeadSort.SLOWEST}, ["2", "1", "3"]),
        ({"sort": LeadSort.LOWEST_QUALITY}, ["2", "1", "3"]),
        ({"search": "o'byron"}, ["1"]),
        ({"search": " STRASSE éclair "}, ["2"]),
        ({"search": "100%"}, ["1"]),
        ({"search": "under_s"}, ["2"]),
        ({"search": "r_s"}, ["2"]),
        ({"search": "d%e"}, []),
        ({"search": "901820"}, ["1"]),
        ({"search": "'; DROP TABLE leads; --"}, []),
        ({"search": "\x00"}, []),
    ],
)
def test_a_filter_shows_what_it_says(
    database: Database, tenant: str, wanted: dict[str, Any], expected: list[str]
) -> None:
    with database.read() as conn:
        assert ids(conn, tenant, **wanted) == expected


def test_pages_of_a_list_are_cut_from_the_whole(database: Database, tenant: str) -> None:
    with database.read() as conn:
        rows, total = page_queries.list_leads(conn, tenant, Scope(leads=LeadFilter(limit=1, offset=1)))
        assert lead_lists.list_sources(conn, tenant) == ["fair", "web form"]
    assert ([row.lead_id for row in rows], total) == (["2"], 3)
    (row,) = rows
    assert (row.name, row.owner_name, row.quality, row.is_gone) == ("Straße ÉCLAIR", "Omar", 10, False)


def test_a_lead_that_is_gone_stays_in_the_list_closed(database: Database, tenant: str) -> None:
    with database.write() as conn:
        timeline.mark_gone(conn, tenant, ["2"], at(1))
        rows, total = page_queries.list_leads(conn, tenant, Scope(leads=LeadFilter()))
    assert total == 3
    assert [(row.lead_id, row.is_gone, row.follow_up_status) for row in rows if row.is_gone] == [
        ("2", True, FollowUpStatus.CLOSED)
    ]


@pytest.mark.parametrize("zone", ["Europe/Berlin", "Asia/Kathmandu", "Pacific/Chatham", "America/St_Johns", "UTC"])
def test_days_are_those_of_the_zone_over_clock_changes(database: Database, zone: str) -> None:
    from zoneinfo import ZoneInfo

    begin, end = datetime(2026, 3, 27, tzinfo=UTC), datetime(2026, 4, 7, tzinfo=UTC)
    moments = [begin + timedelta(minutes=7 * number) for number in range(0, 2200, 3)]
    moments = [moment for moment in moments if moment < end]
    names = [f"{number:04}" for number in range(len(moments))]
    with database.write() as conn:
        tenant = make_install(conn).install_id
        leads = [make_lead(name, email=None, received_at=moment) for name, moment in zip(names, moments, strict=True)]
        timeline.store_records(conn, tenant, [make_record(lead) for lead in leads], end)
        rows = [make_audit(name, received_at=moment) for name, moment in zip(names, moments, strict=True)]
        findings.store_audits(conn, tenant, rows)
        found = page_queries.count_arrivals(conn, tenant, Scope(leads=LeadFilter()), begin, end, zone)
    expected: dict[date, int] = {}
    for moment in moments:
        day = moment.astimezone(ZoneInfo(zone)).date()
        expected[day] = expected.get(day, 0) + 1
    assert {day: count for day, count in found if count} == expected
