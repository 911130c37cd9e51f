"""Deals by stage, without a customer, and by manager: small rows, and a folder of real ones against plain SQL."""

from __future__ import annotations

import csv
import os
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from audits.model.lead import LeadStatus
from audits.reports.deals import DealRow, by_manager, stage_ageing, without_account
from audits.statistics.enough import NotEnoughData
from audits.statistics.medians import Quantile
from audits.statistics.shares import Share

AS_OF = datetime(2017, 12, 31, tzinfo=UTC)
_FOLDER = "LEADASSAY_MAVEN_DIR"
_STATUS = {"Won": LeadStatus.WON, "Lost": LeadStatus.LOST}


def deal(deal_id: str, stage: str = "Offer", status: LeadStatus = LeadStatus.OPEN, **fields: object) -> DealRow:
    return DealRow(deal_id=deal_id, stage=stage, status=status, **fields)  # type: ignore[arg-type]


def test_open_deals_age_by_stage() -> None:
    rows = [deal(str(days), since=AS_OF - timedelta(days=days)) for days in range(1, 21)]
    rows += [deal("undated"), deal("later", since=AS_OF + timedelta(days=1)), deal("won", status=LeadStatus.WON)]
    offer, talk = stage_ageing([*rows, deal("t", "Talk", since=AS_OF)], AS_OF)
    assert (offer.stage, offer.n, offer.undated) == ("Offer", 22, 2)
    assert isinstance(offer.wall.median, Quantile)
    assert offer.wall.median.value == 10 * 86_400
    assert isinstance(talk.wall.median, NotEnoughData)


def test_open_deals_without_a_customer_are_named() -> None:
    rows = [deal("b"), deal("a", account_id=""), deal("c", account_id="9"), deal("d", status=LeadStatus.LOST)]
    assert without_account(rows).share == Share(2, 3)
    assert without_account(rows).deal_ids == ("a", "b")


def test_deals_are_rolled_up_by_manager() -> None:
    begun = AS_OF - timedelta(days=9)
    rows = [
        deal("1", status=LeadStatus.WON, owner_id="ann", amount_minor=500, since=begun, closed_at=AS_OF),
        deal("2", status=LeadStatus.LOST, owner_id="bob"),
        deal("3", owner_id="bob", account_id="9"),
        deal("4", owner_id="stranger"),
    ]
    nobody, eve, max_ = by_manager(rows, {"ann": "eve", "bob": "eve", "idle": "max"})
    assert (nobody.manager, nobody.people, nobody.open, nobody.open_unlinked) == ("", 1, 1, 1)
    assert (eve.people, eve.open, eve.open_unlinked, eve.won, eve.won_minor) == (2, 1, 0, Share(1, 2), 500)
    assert eve.cycle_wall.n == 1
    assert (max_.people, max_.open, max_.won) == (1, 0, Share(0, 0))


@pytest.fixture(scope="module")
def folder() -> Path:
    """A folder with sales_pipeline.csv and sales_teams.csv, as of the public CRM practice data of Maven Analytics."""
    named = os.environ.get(_FOLDER)
    if not named:
        pytest.skip(f"{_FOLDER} names no folder: the data may be used, but not be kept with the project")
    return Path(named)


def read(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8-sig") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def rows(folder: Path) -> list[DealRow]:
    def at(text: str) -> datetime | None:
        return datetime.strptime(text, "%m/%d/%Y").replace(tzinfo=UTC) if text else None

    return [
        DealRow(
            deal_id=row["opportunity_id"],
            stage=row["deal_stage"],
            status=_STATUS.get(row["deal_stage"], LeadStatus.OPEN),
            owner_id=row["sales_agent"],
            account_id=row["account"] or None,
            since=at(row["engage_date"]),
            closed_at=at(row["close_date"]),
            amount_minor=round(float(row["close_value"]) * 100) if row["close_value"] else None,
        )
        for row in read(folder / "sales_pipeline.csv")
    ]


@pytest.fixture(scope="module")
def sql(folder: Path) -> sqlite3.Connection:
    conn = sqlite3.connect(":memory:")
    conn.execute("create table deals (id, agent, account, stage, engaged, closed, value)")
    conn.execute("create table teams (agent, manager)")

    def iso(text: str) -> str | None:
        month, day, year = text.split("/") if text else ("", "", "")
        return f"{year}-{month:0>2}-{day:0>2}" if text else None

    for row in read(folder / "sales_pipeline.csv"):
        days = (iso(row["engage_date"]), iso(row["close_date"]))
        plain = [row[name] for name in ("opportunity_id", "sales_agent", "account", "deal_stage")]
        conn.execute("insert into deals values (?,?,?,?,?,?,?)", (*plain, *days, row["close_value"] or None))
    for row in read(folder / "sales_teams.csv"):
        conn.execute("insert into teams values (?,?)", (row["sales_agent"], row["manager"]))
    return conn


def test_stage_ageing_of_the_folder_is_that_of_plain_sql(rows: list[DealRow], sql: sqlite3.Connection) -> None:
    told = stage_ageing(rows, AS_OF)
    plain = sql.execute(
        "select stage, count(*), sum(engaged is null or engaged > '2017-12-31') from deals"
        " where stage not in ('Won','Lost') group by 1 order by 1"
    ).fetchall()
    assert [(each.stage, each.n, each.undated) for each in told] == plain
    assert len(plain) > 1
    for each in told:
        (n,) = sql.execute(
            "select count(*) from deals where stage = ? and engaged <= '2017-12-31'", (each.stage,)
        ).fetchone()
        assert each.wall.n == n
        for quantile, percent in ((each.wall.median, 50), (each.wall.p90, 90)):
            if n < 20:
                assert isinstance(quantile, NotEnoughData)
                continue
            (days,) = sql.execute(
                "select cast(julianday('2017-12-31') - julianday(engaged) as int) from deals where stage = ?"
                " and engaged <= '2017-12-31' order by 1 limit 1 offset ?",
                (each.stage, -(-n * percent // 100) - 1),
            ).fetchone()
            assert isinstance(quantile, Quantile)
            assert quantile.value == days * 86_400


def test_open_deals_without_account_of_the_folder_are_those_of_plain_sql(
    rows: list[DealRow], sql: sqlite3.Connection
) -> None:
    told = without_account(rows)
    open_deals = "from deals where stage not in ('Won','Lost')"
    assert (told.share.hits, told.share.n) == sql.execute(
        f"select sum(account = ''), count(*) {open_deals}"
    ).fetchone()
    ids = [each for (each,) in sql.execute(f"select id {open_deals} and account = '' order by id")]
    assert list(told.deal_ids) == ids
    assert ids


def test_the_roll_up_by_manager_of_the_folder_is_that_of_plain_sql(
    folder: Path, rows: list[DealRow], sql: sqlite3.Connection
) -> None:
    managers = {row["sales_agent"]: row["manager"] for row in read(folder / "sales_teams.csv")}
    told = by_manager(rows, managers)
    plain = sql.execute(
        "select manager, (select count(*) from teams t where t.manager = teams.manager),"
        " sum(stage not in ('Won','Lost')), sum(stage not in ('Won','Lost') and account = ''), sum(stage = 'Won'),"
        " sum(stage in ('Won','Lost')), cast(round(sum(case when stage = 'Won' then value end) * 100) as int)"
        " from deals join teams using (agent) group by manager order by manager"
    ).fetchall()
    figures = [
        (each.manager, each.people, each.open, each.open_unlinked, each.won.hits, each.won.n, each.won_minor)
        for each in told
    ]
    assert figures == plain
    assert len(plain) > 2
