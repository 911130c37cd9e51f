"""The figures of a report against a calculation of its own: plain SQL over the facts, clocks walked hour by hour.

Nothing of the audit is used for what is expected: neither its clock nor its rules, nor the measures it stored.
"""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from audits.reports.handling import HandlingReport
from connector.reporting.figures import handling_figures, what_if_figures
from connector.reporting.making import make_report
from tests.factories import at
from tests.reports.account import ZONE, Account

BERLIN = ZoneInfo(ZONE)
SINCE, UNTIL = at(days=-50), at(days=-1)
DUE_S = {"demo": 30 * 60, "download": 16 * 3600}


@cache
def open_span(day: Any) -> tuple[datetime, datetime] | None:
    """9 to 18 o'clock from Monday to Friday, as aware UTC."""
    if day.weekday() >= 5:
        return None
    ends = [datetime(day.year, day.month, day.day, hour, tzinfo=BERLIN).astimezone(UTC) for hour in (9, 18)]
    return ends[0], ends[1]


def worked_s(start: datetime, end: datetime) -> int:
    """Working seconds in [start, end), day by day."""
    total, day = 0, start.astimezone(BERLIN).date()
    while day <= end.astimezone(BERLIN).date():
        span = open_span(day)
        if span is not None:
            low, high = max(span[0], start), min(span[1], end)
            total += max(0, int((high - low).total_seconds()))
        day += timedelta(days=1)
    return total


@pytest.fixture
def facts(account: Account) -> list[dict[str, Any]]:
    """Each lead with its plain attempts, as stored, read by SQL alone."""
    with account.context.database.read() as conn:
        rows = conn.execute(
            sa.text(
                "select lead_id, received_at, status, lead_type, owner_id from leads"
                " where install_id = :install and gone_at is null order by lead_id"
            ),
            {"install": account.install_id},
        ).mappings()
        leads = {row["lead_id"]: {**row, "attempts": [], "doubts": 0} for row in rows}
        acts = conn.execute(
            sa.text(
                "select lead_id, occurred_at, is_automated, duration_s, disposition, kind from activities"
                " where install_id = :install and direction = 'outbound' and state = 'done' order by occurred_at"
            ),
            {"install": account.install_id},
        ).mappings()
        for act in acts:
            too_short = act["kind"] == "call" and act["disposition"] == "connected" and (act["duration_s"] or 20) < 20
            if too_short:
                continue
            lead = leads[act["lead_id"]]
            if act["is_automated"] is None:
                lead["doubts"] += 1
            else:
                lead["attempts"].append(moment(act["occurred_at"]))
    for lead in leads.values():
        lead["received_at"] = moment(lead["received_at"])
    return list(leads.values())


def moment(micros: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=micros)


@pytest.fixture
def told(account: Account) -> HandlingReport:
    with account.context.database.read() as conn:
        return handling_figures(conn, account.install_id, SINCE, UNTIL, account.now)


def test_arrivals_and_attempts_by_hour(told: HandlingReport, facts: list[dict[str, Any]]) -> None:
    arrivals = Counter(
        (local.weekday(), local.hour)
        for local in (lead["received_at"].astimezone(BERLIN) for lead in facts)
        if SINCE <= local < UNTIL
    )
    attempts = Counter(
        (local.weekday(), local.hour)
        for lead in facts
        for local in (each.astimezone(BERLIN) for each in lead["attempts"])
        if SINCE <= local < UNTIL
    )
    assert sum(arrivals.values()) > 40
    assert sum(attempts.values()) > 40
    assert heat(told.arrivals_by_hour) == arrivals
    assert heat(told.attempts_by_hour) == attempts
    assert told.arrivals == sum(arrivals.values())


def heat(rows: tuple[tuple[int, ...], ...]) -> dict[tuple[int, int], int]:
    return {(day, hour): n for day, row in enumerate(rows) for hour, n in enumerate(row) if n}


def test_promises_first_attempts_and_what_if(
    account: Account, told: HandlingReport, facts: list[dict[str, Any]]
) -> None:
    period = [lead for lead in facts if SINCE <= lead["received_at"] < UNTIL]
    spans = sorted(worked_s(lead["received_at"], lead["attempts"][0]) for lead in period if lead["attempts"])
    assert told.first_attempt.summary.n == len(spans)
    median = told.first_attempt.summary.to_json()["median_s"]
    assert median == spans[-(-len(spans) // 2) - 1]
    sure = [lead for lead in period if not lead["doubts"] and lead["attempts"]]
    kept = {
        lead["lead_id"]: worked_s(lead["received_at"], lead["attempts"][0]) <= DUE_S.get(lead["lead_type"], 1800)
        for lead in sure
    }
    with account.context.database.read() as conn:
        answers = {
            row.lead_id: row.answer
            for row in conn.execute(
                sa.text("select lead_id, answer from lead_audits where install_id = :install"),
                {"install": account.install_id},
            )
        }
        asked = what_if_figures(conn, account.install_id, SINCE, UNTIL, due_s=7200, goal_s=60)
    assert len(kept) > 30
    assert {lead_id: answers[lead_id] == "in_time" for lead_id in kept} == kept
    slow = {lead["lead_id"] for lead in sure if worked_s(lead["received_at"], lead["attempts"][0]) > 7200}
    assert {lead_id for lead_id in asked.broken if lead_id in kept} == slow


def test_the_page_and_the_kept_report_say_the_same(account: Account, told: HandlingReport) -> None:
    """Figures from stored measures, and from judging every case at one instant, the moment of the audits."""
    with account.context.database.read() as conn:
        made = make_report(conn, account.install_id, SINCE, UNTIL, account.now)
    assert made.report == told


def test_one_owner_is_a_part_of_all(account: Account, told: HandlingReport) -> None:
    with account.context.database.read() as conn:
        parts = [
            handling_figures(conn, account.install_id, SINCE, UNTIL, account.now, owner_id)
            for owner_id in ("ann", "bob", "cyd")
        ]
    judged = [owner.compared.share.n for owner in told.owners]
    assert [part.in_time.n for part in parts] == judged
    nobody = told.in_time.n - sum(judged)
    assert nobody >= 0
    assert sum(len(part.neglected) for part in parts) == len(told.neglected)
    breaches = {rule.rule_id: rule.breaches.hits for rule in told.rules}
    for rule_id in ("NC001", "FU004"):
        of_each = [rule.breaches.hits for part in parts for rule in part.rules if rule.rule_id == rule_id]
        assert sum(of_each) == breaches[rule_id]
