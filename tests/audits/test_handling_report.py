"""The figures of a period: against plain SQL over the same rows; the same bytes whatever their order."""

from __future__ import annotations

import json
import random
import sqlite3
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from audits.causes import Cause
from audits.model.finding import Outcome
from audits.model.score import FollowUpStatus, Verdict
from audits.reports.export_report import Answer
from audits.reports.handled import MOST_PERCENT
from audits.reports.handling import (
    HandledLead,
    HandlingReport,
    LoadMet,
    ReportRows,
    handling_report,
    strata_of,
)
from audits.reports.sections import by_hour
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
                first_connection_working_s=waited_s if is_tried else None,
                is_goal_kept=waited_s < 9000 if is_tried else None,
                load=some_load(drawn),
            )
        )
    return rows


def some_load(drawn: random.Random) -> LoadMet | None:
    waiting = drawn.choice([None, 10, 50, 51, 100, 150, 200, 201, 900])
    # A hundred leads fit before the due time: those that wait are the percentage.
    return None if waiting is None else LoadMet(drawn.choice(["ann", "bob"]), waiting, 100_000)


def some_attempts(seed: int) -> list[datetime]:
    drawn = random.Random(seed)
    return [SINCE + timedelta(seconds=drawn.randrange(-DAY_S, 91 * DAY_S)) for _ in range(700)]


def report(
    rows: list[HandledLead],
    attempts: list[datetime] | None = None,
    zone: str = "UTC",
    cycle_s: int | None = 20 * DAY_S,
) -> HandlingReport:
    heat = by_hour((at for at in attempts or [] if SINCE <= at < UNTIL), ZoneInfo(zone))
    return handling_report(
        ReportRows(leads=tuple(rows), attempts_by_hour=heat, usual_cycle_s=cycle_s),
        since=SINCE,
        until=UNTIL,
        as_of=AS_OF,
        zone=zone,
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
                None if row.load is None else row.load.percent,
                row.source,
                row.lead_type,
            )
            for row in rows
        ],
    )
    conn.execute("delete from leads where received < '2026-01-01' or received >= '2026-04-01'")
    return conn


def test_counts_and_shares_are_those_of_plain_sql(told: HandlingReport, sql: sqlite3.Connection) -> None:
    def one(query: str) -> tuple[object, ...]:
        return tuple(sql.execute(query).fetchone())

    assert one("select count(*) from leads") == (told.arrivals,)
    assert dict(sql.execute("select answer, count(*) from leads group by 1")) == {
        answer.value: n for answer, n in told.answers
    }
    kept = one("select sum(answer = 'in_time'), count(*) from leads where answer in ('in_time','late','unanswered')")
    assert (told.in_time.hits, told.in_time.n) == kept
    assert (told.never_called.hits,) == one("select sum(never) from leads where answer != 'imported'")
    causes = dict(sql.execute("select cause, count(*) from leads where cause != 'none' group by 1"))
    assert {cause.value: n for cause, n in told.causes} == causes
    heat = {
        (int(day) - 1) % 7 * 100 + int(hour): n
        for day, hour, n in sql.execute(
            "select strftime('%w', received), strftime('%H', received), count(*) from leads"
            " where answer != 'imported' group by 1, 2"
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
        assert summary.summary.n == n == sum(summary.bins)
        assert isinstance(summary.summary.median, Quantile)
        assert summary.summary.median.value == median


def test_the_funnel_by_month_is_that_of_plain_sql(told: HandlingReport, sql: sqlite3.Connection) -> None:
    months = sql.execute(
        "select substr(received, 1, 7), count(*), sum(tried or reached or won), sum(reached or won), sum(won)"
        " from leads where answer != 'imported' group by 1 order by 1"
    ).fetchall()
    assert [(f"{each.begins_on:%Y-%m}", *each.steps) for each in told.months] == months
    # By 6 April the last lead of February is 36 days old, that of March 6: the usual cycle has 20.
    assert [(each.begins_on, each.is_ripe) for each in told.months] == [
        (date(2026, 1, 1), True),
        (date(2026, 2, 1), True),
        (date(2026, 3, 1), False),
    ]
    first = told.months[0]
    assert [(share.hits, share.n) for share in first.conversions()] == list(
        zip(first.steps[1:], first.steps[:-1], strict=True)
    )


def test_load_against_promises_is_that_of_plain_sql(told: HandlingReport, sql: sqlite3.Connection) -> None:
    found = sql.execute(
        "select case when load <= 50 then 0 when load <= 100 then 1 when load <= 200 then 2 else 3 end, count(*),"
        " sum(answer = 'in_time'), sum(answer in ('in_time','late','unanswered'))"
        " from leads where load is not null and answer != 'imported' group by 1 order by 1"
    ).fetchall()
    assert [(n, each.n, each.in_time.hits, each.in_time.n) for n, each in enumerate(told.loads)] == found
    assert (told.unknown_load,) == sql.execute(
        "select sum(load is null) from leads where answer != 'imported'"
    ).fetchone()


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
    assert (curve.happened, curve.n) == sql.execute(
        "select sum(tried), count(*) from leads where answer != 'imported'"
    ).fetchone()
    steps = {step.at_s: step for step in curve.steps}
    assert len(steps) < 200
    # At the end of each step of the grid: those who waited longer than the step before it, to the second.
    for at_s, before_s in ((300, 240), (3600, 3540), (3900, 3600), (36_000, 35_700), (39_600, 36_000)):
        watched = sql.execute(
            "select count(*) from leads where answer != 'imported' and waited > ?", (before_s,)
        ).fetchone()
        tried = sql.execute(
            "select sum(tried) from leads where answer != 'imported' and waited > ? and waited <= ?", (before_s, at_s)
        ).fetchone()
        if at_s in steps:
            assert (steps[at_s].at_risk, steps[at_s].happened) == (*watched, *tried)
        else:
            assert tried in ((0,), (None,))
    assert 39_600 in steps
    assert any(3600 < at_s < 36_000 and at_s % 300 == 0 for at_s in steps)


def test_the_cost_of_delay_counts_ripe_leads_alone(
    rows: list[HandledLead], told: HandlingReport, sql: sqlite3.Connection
) -> None:
    ripe = sql.execute(
        "select sum(won), count(*) from leads where answer != 'imported' and received <= '2026-03-17 00:00:00'"
    ).fetchone()
    classes = told.cost_of_delay.classes
    counted = sum(each.converted.hits for each in classes), sum(each.converted.n for each in classes)
    assert counted == ripe
    unknown = report(rows, cycle_s=None)
    assert unknown.cost_of_delay.difference == NotEnoughData(0)
    assert {each.is_ripe for each in unknown.months} == {None}


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
    assert [each.begins_on.month for each in (*berlin.months, *london.months)] == [3, 2]
    assert strata_of(lead, ZoneInfo("America/New_York"))[1] == "weekend"
    assert strata_of(lead, ZoneInfo("UTC")) == ("unknown", "weekend", "", "")


def test_equal_rows_give_equal_bytes_in_whatever_order(rows: list[HandledLead], told: HandlingReport) -> None:
    attempts = some_attempts(2)
    for seed in range(3):
        shuffled = rows.copy()
        random.Random(seed).shuffle(shuffled)
        assert report(shuffled, attempts[::-1]).to_bytes() == told.to_bytes()
    read = json.loads(told.to_bytes())
    assert list(read)[:5] == ["since", "until", "as_of", "zone", "scope"]
    assert read["in_time"]["n"] == told.in_time.n


def test_few_leads_say_that_they_are_few() -> None:
    few = report(some_leads(3, 15), [])
    assert few.arrivals < 20
    assert isinstance(few.in_time.rate, NotEnoughData)
    assert isinstance(few.first_attempt.summary.median, NotEnoughData)
    assert isinstance(few.not_yet_tried, NotEnoughData)
    assert few.prior is None
    assert {each.compared.standing for each in few.owners} == {Standing.NOT_ENOUGH_DATA}
    assert all(isinstance(each, NotEnoughData) for _, each in few.legs)
    nothing = report([], [])
    assert (nothing.arrivals, nothing.owners, nothing.months) == (0, (), ())
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


def test_the_goal_is_counted_where_the_hour_of_the_attempt_is_known(rows: list[HandledLead]) -> None:
    told = report(rows)
    known = [
        row
        for row in rows
        if SINCE <= row.received_at < UNTIL and row.answer in (Answer.IN_TIME, Answer.LATE, Answer.UNANSWERED)
    ]
    kept = sum(row.is_goal_kept is True for row in known)
    assert told.in_goal == Share(kept, len(known))
    unknown = report([replace(row, is_goal_kept=None) for row in known])
    assert unknown.in_goal == Share(0, sum(row.answer is Answer.UNANSWERED for row in known))


def test_neglected_leads_come_in_the_order_of_what_can_still_be_saved() -> None:
    def lead(name: str, **values: Any) -> HandledLead:
        plain = HandledLead(
            lead_id=name,
            received_at=SINCE - timedelta(days=40),
            owner_id="ann",
            holder_id="bob",
            answer=Answer.UNANSWERED,
            waited_working_s=1,
            follow_up_status=FollowUpStatus.OVERDUE,
            verdict=Verdict.PLAUSIBLE,
        )
        return replace(plain, **values)

    leads = [
        lead("long ago", due_at=AS_OF - timedelta(days=3)),
        lead("just now", due_at=AS_OF - timedelta(hours=1)),
        lead("no buyer", due_at=AS_OF - timedelta(minutes=1), verdict=Verdict.PSEUDO),
        lead("nobody knows", follow_up_status=FollowUpStatus.NEGLECTED),
        lead("worked on", follow_up_status=FollowUpStatus.IN_PROGRESS, due_at=AS_OF),
    ]
    told = report(leads)
    assert [each.lead_id for each in told.neglected] == ["just now", "long ago", "nobody knows", "no buyer"]
    assert [each.overdue_wall_s for each in told.neglected] == [3600, 3 * DAY_S, None, 60]
    assert told.arrivals == 0


def test_each_rule_is_counted_with_what_it_could_not_answer() -> None:
    told = handling_report(
        ReportRows(
            leads=(),
            attempts_by_hour=by_hour((), ZoneInfo("UTC")),
            judged={
                ("NC001", Outcome.BREACH): 7,
                ("NC001", Outcome.PASS): 33,
                ("NC001", Outcome.NOT_EVALUATED): 2,
                ("NC001", Outcome.NOT_APPLICABLE): 50,
                ("AG001", Outcome.PASS): 3,
            },
            contested={"NC001": 1, "NC007": 2},
            decided={("NC001", "upheld"): 2},
        ),
        since=SINCE,
        until=UNTIL,
        as_of=AS_OF,
        zone="UTC",
    )
    # A rule on persons judges no lead: it is here for its contests alone.
    assert [each.rule_id for each in told.rules] == ["AG001", "NC001", "NC007"]
    assert (told.rules[2].looked_at, told.rules[2].contested) == (0, 2)
    never_called = told.rules[1]
    assert (never_called.looked_at, never_called.breaches, never_called.not_evaluated) == (42, Share(7, 40), 2)
    assert (told.contested, told.decided) == (3, (("NC001", "upheld", 2),))


def test_one_owner_sees_his_own_leads_against_what_all_let_expect(rows: list[HandledLead]) -> None:
    everybody = report(rows)
    heat = by_hour((), ZoneInfo("UTC"))
    mine = handling_report(
        ReportRows(leads=tuple(rows), attempts_by_hour=heat, usual_cycle_s=20 * DAY_S),
        since=SINCE,
        until=UNTIL,
        as_of=AS_OF,
        zone="UTC",
        scope="ann",
    )
    assert mine.owners == tuple(each for each in everybody.owners if each.owner_id == "ann")
    assert mine.arrivals == sum(row.owner_id == "ann" and SINCE <= row.received_at < UNTIL for row in rows)
    assert mine.in_time == mine.owners[0].compared.share


def test_a_day_shows_the_greatest_load_of_its_owner() -> None:
    def lead(number: int, load: LoadMet | None) -> HandledLead:
        return HandledLead(
            lead_id=str(number),
            received_at=SINCE + timedelta(hours=number),
            owner_id="ann",
            answer=Answer.IN_TIME,
            waited_working_s=5,
            load=load,
        )

    leads = [lead(1, LoadMet("ann", 2, 4000)), lead(2, LoadMet("ann", 3, 1500)), lead(3, LoadMet("bob", 1, None))]
    days = report([*leads, lead(4, LoadMet("cyd", 1, 0)), lead(5, None)]).owner_days
    assert [(each.owner_id, each.arrivals, each.waiting, each.fits_milli, each.percent) for each in days] == [
        ("ann", 2, 3, 1500, 200),
        ("bob", 1, 1, None, None),
        ("cyd", 1, 1, 0, MOST_PERCENT),
    ]
