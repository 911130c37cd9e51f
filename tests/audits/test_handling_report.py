"""The figures of a period: against plain SQL over the same rows; the same bytes whatever their order."""

from __future__ import annotations

import json
import random
import sqlite3
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from audits.causes import Cause
from audits.reports.export_report import Answer
from audits.reports.handling import HandledLead, HandlingReport, handling_report, strata_of
from audits.statistics.comparison import Standing
from audits.statistics.enough import NotEnoughData
from audits.statistics.expectation import Expectation
from audits.statistics.medians import Quantile
from audits.statistics.shares import Rate, Share
from audits.statistics.survival import Survival

SINCE, UNTIL = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC)
AS_OF = datetime(2026, 4, 6, tzinfo=UTC)
DAY_S = 86_400


def some_leads(seed: int, n: int) -> list[HandledLead]:
    drawn = random.Random(seed)
    rows = []
    for number in range(n):
        received_at = SINCE + timedelta(seconds=drawn.randrange(-5 * DAY_S, 95 * DAY_S))
        answer = drawn.choice(list(Answer))
        is_tried = answer in (Answer.IN_TIME, Answer.LATE)
        waited_s = drawn.randrange(30, 90_000)
        first_at = received_at + timedelta(seconds=waited_s) if is_tried else None
        rows.append(
            HandledLead(
                lead_id=f"{number:05}",
                received_at=received_at,
                owner_id=drawn.choice(["", "ann", "bob", "cyd"]),
                answer=answer,
                waited_working_s=waited_s,
                source=drawn.choice(["web", "fair", ""]),
                lead_type=drawn.choice(["demo", ""]),
                cause=drawn.choice(list(Cause)) if answer in (Answer.LATE, Answer.UNANSWERED) else Cause.NONE,
                is_never_called=drawn.random() < 0.2,
                first_attempt_at=first_at,
                first_attempt_wall_s=waited_s * 3 if is_tried else None,
                first_connection_at=first_at if is_tried and drawn.random() < 0.5 else None,
                won_at=AS_OF if drawn.random() < (0.3 if waited_s < 300 else 0.1) else None,
                vendor_leg_wall_s=drawn.choice([None, 5, 500]),
                system_leg_working_s=drawn.randrange(9999),
                load_percent=drawn.choice([None, 10, 50, 51, 100, 150, 200, 201, 900]),
            )
        )
    return rows


def some_attempts(seed: int) -> list[datetime]:
    drawn = random.Random(seed)
    return [SINCE + timedelta(seconds=drawn.randrange(-DAY_S, 91 * DAY_S)) for _ in range(700)]


def report(
    rows: list[HandledLead],
    attempts: list[datetime] | None = None,
    zone: str = "UTC",
    cycle_s: int | None = 20 * DAY_S,
) -> HandlingReport:
    return handling_report(
        rows, attempts or [], since=SINCE, until=UNTIL, as_of=AS_OF, zone=zone, usual_cycle_s=cycle_s
    )


@pytest.fixture(scope="module")
def rows() -> list[HandledLead]:
    return some_leads(1, 1500)


@pytest.fixture(scope="module")
def told(rows: list[HandledLead]) -> HandlingReport:
    return report(rows, some_attempts(2))


@pytest.fixture(scope="module")
def sql(rows: list[HandledLead]) -> sqlite3.Connection:
    """The same rows as a table, the period's alone."""
    conn = sqlite3.connect(":memory:")
    conn.execute(
        "create table leads (received text, owner text, answer text, waited int, wall int, tried int, reached int,"
        " won int, cause text, never int, load int, source text, type text)"
    )
    conn.executemany(
        "insert into leads values (?,?,?,?,?,?,?,?,?,?,?,?,?)",
        [
            (
                f"{row.received_at:%Y-%m-%d %H:%M:%S}",
                row.owner_id,
                row.answer.value,
                row.waited_working_s,
                row.first_attempt_wall_s,
                row.first_attempt_at is not None,
                row.first_connection_at is not None,
                row.won_at is not None,
                row.cause.value,
                row.is_never_called,
                row.load_percent,
                row.source,
                row.lead_type,
            )
            for row in rows
        ],
    )
    conn.execute("delete from leads where received < '2026-01-01' or received >= '2026-04-01'")
    return conn


def test_counts_and_shares_are_those_of_plain_sql(told: HandlingReport, sql: sqlite3.Connection) -> None:
    one = lambda query: sql.execute(query).fetchone()  # noqa: E731
    assert one("select count(*) from leads") == (told.arrivals,)
    assert dict(sql.execute("select answer, count(*) from leads group by 1")) == {
        answer.value: n for answer, n in told.answers
    }
    kept = one("select sum(answer = 'in_time'), count(*) from leads where answer in ('in_time','late','unanswered')")
    assert (told.in_time.hits, told.in_time.n) == kept
    assert (told.never_called.hits,) == one("select sum(never) from leads")
    causes = dict(sql.execute("select cause, count(*) from leads where cause != 'none' group by 1"))
    assert {cause.value: n for cause, n in told.causes} == causes
    heat = {
        (int(day) - 1) % 7 * 100 + int(hour): n
        for day, hour, n in sql.execute(
            "select strftime('%w', received), strftime('%H', received), count(*) from leads group by 1, 2"
        )
    }
    assert {
        day * 100 + hour: n for day, row in enumerate(told.arrivals_by_hour) for hour, n in enumerate(row) if n
    } == heat
    assert sum(map(sum, told.attempts_by_hour)) == sum(SINCE <= at < UNTIL for at in some_attempts(2))


def test_medians_are_those_of_plain_sql(told: HandlingReport, sql: sqlite3.Connection) -> None:
    for column, summary in (("waited", told.first_attempt), ("wall", told.first_attempt_wall)):
        (n,) = sql.execute("select count(*) from leads where tried").fetchone()
        (median,) = sql.execute(
            f"select {column} from leads where tried order by 1 limit 1 offset {-(-n // 2) - 1}"
        ).fetchone()
        assert summary.n == n
        assert isinstance(summary.median, Quantile)
        assert summary.median.value == median


def test_the_funnel_by_month_is_that_of_plain_sql(told: HandlingReport, sql: sqlite3.Connection) -> None:
    months = sql.execute(
        "select substr(received, 1, 7), count(*), sum(tried or reached or won), sum(reached or won), sum(won)"
        " from leads group by 1 order by 1"
    ).fetchall()
    assert [(f"{each.month:%Y-%m}", *each.steps) for each in told.cohorts] == months
    # By 6 April the last lead of February is 36 days old, that of March 6: the usual cycle has 20.
    assert [(each.month, each.is_ripe) for each in told.cohorts] == [
        (date(2026, 1, 1), True),
        (date(2026, 2, 1), True),
        (date(2026, 3, 1), False),
    ]
    first = told.cohorts[0]
    assert [(share.hits, share.n) for share in first.conversions()] == list(
        zip(first.steps[1:], first.steps[:-1], strict=True)
    )


def test_load_against_promises_is_that_of_plain_sql(told: HandlingReport, sql: sqlite3.Connection) -> None:
    found = sql.execute(
        "select case when load <= 50 then 0 when load <= 100 then 1 when load <= 200 then 2 else 3 end, count(*),"
        " sum(answer = 'in_time'), sum(answer in ('in_time','late','unanswered'))"
        " from leads where load is not null group by 1 order by 1"
    ).fetchall()
    assert [(n, each.n, each.in_time.hits, each.in_time.n) for n, each in enumerate(told.loads)] == found
    assert (told.unknown_load,) == sql.execute("select sum(load is null) from leads").fetchone()


def test_who_was_charged_is_that_of_plain_sql(told: HandlingReport, sql: sqlite3.Connection) -> None:
    found = sql.execute(
        "select owner, sum(answer = 'in_time'), sum(answer in ('in_time','late','unanswered'))"
        " from leads where owner != '' group by 1 order by 1"
    ).fetchall()
    shares = [(each.owner_id, each.compared.share.hits, each.compared.share.n) for each in told.owners]
    assert shares == found
    expected = [each.expectation for each in told.owners]
    assert all(isinstance(each, Expectation) for each in expected)
    broken = sum(each.observed for each in expected if isinstance(each, Expectation))
    assert sum(each.expected for each in expected if isinstance(each, Expectation)) == pytest.approx(broken, abs=1e-4)


def test_the_curve_of_the_not_yet_tried(told: HandlingReport, sql: sqlite3.Connection) -> None:
    curve = told.not_yet_tried
    assert isinstance(curve, Survival)
    assert (curve.happened, curve.n) == sql.execute("select sum(tried), count(*) from leads").fetchone()
    steps = {step.at_s: step for step in curve.steps}
    assert len(steps) < 200
    # At the end of each step of the grid: those who waited longer than the step before it, to the second.
    for at_s, before_s in ((300, 240), (3600, 3540), (3900, 3600), (36_000, 35_700), (39_600, 36_000)):
        watched = sql.execute("select count(*) from leads where waited > ?", (before_s,)).fetchone()
        tried = sql.execute(
            "select sum(tried) from leads where waited > ? and waited <= ?", (before_s, at_s)
        ).fetchone()
        if at_s in steps:
            assert (steps[at_s].at_risk, steps[at_s].happened) == (*watched, *tried)
        else:
            assert tried in ((0,), (None,))
    assert {3900, 39_600} <= set(steps)


def test_the_cost_of_delay_counts_ripe_leads_alone(
    rows: list[HandledLead], told: HandlingReport, sql: sqlite3.Connection
) -> None:
    ripe = sql.execute("select sum(won), count(*) from leads where received <= '2026-03-17 00:00:00'").fetchone()
    classes = told.cost_of_delay.classes
    counted = sum(each.converted.hits for each in classes), sum(each.converted.n for each in classes)
    assert counted == ripe
    unknown = report(rows, cycle_s=None)
    assert unknown.cost_of_delay.difference == NotEnoughData(0)
    assert {each.is_ripe for each in unknown.cohorts} == {None}


def test_hours_and_months_are_those_of_the_zone() -> None:
    lead = HandledLead(
        lead_id="1",
        # Sunday 1 March 00:30 in Berlin, Saturday 28 February in London.
        received_at=datetime(2026, 2, 28, 23, 30, tzinfo=UTC),
        owner_id="ann",
        answer=Answer.IN_TIME,
        waited_working_s=5,
    )
    berlin, london = report([lead], zone="Europe/Berlin"), report([lead], zone="Europe/London")
    assert (berlin.arrivals_by_hour[6][0], london.arrivals_by_hour[5][23]) == (1, 1)
    assert [each.month.month for each in (*berlin.cohorts, *london.cohorts)] == [3, 2]
    assert strata_of(lead, ZoneInfo("America/New_York"))[1] == "weekend"
    assert strata_of(lead, ZoneInfo("UTC")) == ("unknown", "weekend", "", "")


def test_equal_rows_give_equal_bytes_in_whatever_order(rows: list[HandledLead], told: HandlingReport) -> None:
    attempts = some_attempts(2)
    for seed in range(3):
        shuffled = rows.copy()
        random.Random(seed).shuffle(shuffled)
        assert report(shuffled, attempts[::-1]).to_bytes() == told.to_bytes()
    read = json.loads(told.to_bytes())
    assert list(read)[:5] == ["since", "until", "as_of", "zone", "arrivals"]
    assert read["in_time"]["n"] == told.in_time.n


def test_few_leads_say_that_they_are_few() -> None:
    few = report(some_leads(3, 15), [])
    assert few.arrivals < 20
    assert isinstance(few.in_time.rate, NotEnoughData)
    assert isinstance(few.first_attempt.median, NotEnoughData)
    assert isinstance(few.not_yet_tried, NotEnoughData)
    assert few.prior is None
    assert {each.compared.standing for each in few.owners} == {Standing.NOT_ENOUGH_DATA}
    assert all(isinstance(each, NotEnoughData) for _, each in few.legs)
    nothing = report([], [])
    assert (nothing.arrivals, nothing.owners, nothing.cohorts) == (0, (), ())
    assert json.loads(nothing.to_bytes())["not_yet_tried"] == {"n": 0}


def test_somebody_who_breaks_many_more_promises_than_his_leads_explain_is_told_so() -> None:
    def leads(owner_id: str, broken: int, n: int) -> list[HandledLead]:
        return [
            HandledLead(
                lead_id=f"{owner_id}{number:03}",
                received_at=SINCE + timedelta(hours=number),
                owner_id=owner_id,
                answer=Answer.LATE if number < broken else Answer.IN_TIME,
                waited_working_s=60,
            )
            for number in range(n)
        ]

    told = report([*leads("ann", 20, 100), *leads("bob", 22, 100), *leads("cyd", 60, 100), *leads("dan", 9, 10)])
    standing = {each.owner_id: each.compared.standing for each in told.owners}
    assert standing["cyd"] is Standing.WORSE
    assert standing["dan"] is Standing.NOT_ENOUGH_DATA
    cyd = told.owners[2]
    assert isinstance(cyd.expectation, Expectation)
    assert cyd.expectation.low > 1
    assert isinstance(cyd.compared.share.rate, Rate)
    assert cyd.compared.share == Share(40, 100)
