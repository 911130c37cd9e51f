"""`leadassay budget`: the figures are those of each CRM's economy, and the time keeps to limits and reserve."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from connector.budget import STRETCH
from connector.catalog import CRMS
from connector.cli import main
from connector.crm.economy import Allowance, CallLine, CallPlan, Load, RateLimit


def told(*arguments: str) -> str:
    result = CliRunner().invoke(main, ["budget", *arguments], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def plan_of(calls: int, tokens: int = 0) -> CallPlan:
    return CallPlan(lines=(CallLine(what="x", calls=calls, tokens=tokens),))


@pytest.mark.parametrize("crm", sorted(CRMS))
@pytest.mark.parametrize(("leads", "activities"), [(0, 0), (1, 0), (5_000, 40_000)])
def test_the_forecast_is_the_economy(crm: str, leads: int, activities: int) -> None:
    economy = CRMS[crm].economy
    found = json.loads(told("--crm", crm, "--leads", str(leads), "--activities", str(activities), "--json"))
    first = economy.set_up() + economy.backfill(Load(leads=leads, activities=activities)) + economy.write_back(leads)
    assert (found["calls"], found["tokens"]) == (first.calls, first.tokens)
    assert sum(line["calls"] for name in ("set_up", "backfill", "write_back") for line in found["parts"][name]) == (
        first.calls
    )
    assert found["seconds"] >= first.calls * 0.3 - 0.1
    assert found["assumes"]


@pytest.mark.parametrize("crm", sorted(CRMS))
def test_words_name_the_sum_and_what_is_assumed(crm: str) -> None:
    economy = CRMS[crm].economy
    shown = " ".join(told("--crm", crm, "--leads", "900", "--activities", "3000").split())
    first = economy.set_up() + economy.backfill(Load(leads=900, activities=3000)) + economy.write_back(900)
    assert f"The first reading, written back: {first.calls:,} calls" in shown
    assert f"Assumes {economy.allowance(economy.plans[0], 1).assumes}" in shown


def test_calls_in_turn_take_their_time_and_no_window_takes_more_than_it_may() -> None:
    allowed = Allowance(rate=RateLimit(calls=100, window_s=10.0))
    assert allowed.seconds(plan_of(100), reserve_percent=60, call_s=0.01) == 1.0
    assert allowed.seconds(plan_of(101), reserve_percent=60, call_s=0.01) == 10.0 * STRETCH
    assert allowed.seconds(plan_of(1_000), reserve_percent=60, call_s=0.3) == 300.0
    assert Allowance(rate=None).seconds(plan_of(1_000), reserve_percent=60, call_s=0.0) == 0.0


@pytest.mark.parametrize(("tokens", "days"), [(400, 0), (401, 1), (800, 1), (4_000, 9)])
def test_tokens_beyond_our_share_wait_for_the_next_day(tokens: int, days: int) -> None:
    half = Allowance(rate=None, day_tokens=1_000, past_share=0.5)
    assert half.seconds(plan_of(1, 400), reserve_percent=60, call_s=0.0) == 86_400
    allowed = Allowance(rate=None, day_tokens=1_000)
    seconds = allowed.seconds(plan_of(1, tokens), reserve_percent=60, call_s=0.0)
    assert seconds == days * 86_400


def test_a_reserve_of_everything_leaves_nothing_to_count_with() -> None:
    with pytest.raises(ValueError, match="no tokens"):
        Allowance(rate=None, day_tokens=1).seconds(plan_of(1, 1), reserve_percent=60, call_s=0.0)
    with pytest.raises(SystemExit):
        main(["budget", "--crm", "hubspot", "--leads", "1", "--activities", "1", "--plan", "gold"])


@pytest.mark.parametrize(
    ("leads", "span"),
    [("10", "seconds"), ("400", "1 day, 0:02:21"), ("1000", "2 days")],
    ids=["short", "a_day", "days"],
)
def test_the_time_is_told_as_people_say_it(leads: str, span: str) -> None:
    shown = " ".join(told("--crm", "pipedrive", "--leads", leads, "--activities", "100").split())
    assert f"{span}. Assumes Pipedrive's plan Lite with 1 seat," in shown
