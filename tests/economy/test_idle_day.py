"""What a day costs in which nothing happens, where every call is paid from tokens that the account's tools share."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from connector.adapters.pipedrive.adapter import POLLS_SHARE
from connector.adapters.pipedrive.economy import TOKENS_PER_SEAT
from connector.jobs import pump
from connector.storage import health
from connector.storage.installs import Install
from tests.conftest import DatabaseUrls
from tests.sides.pipedrive import FAST, PipedriveSide
from tests.stack import Clock, Stack

DAYS_S = 2 * 24 * 3600


@pytest.fixture
def clock() -> Clock:
    return Clock(datetime.now(UTC))


@pytest.fixture
def stack(limit: int, sqlite_urls: DatabaseUrls, tmp_path: Path, clock: Clock) -> Iterator[Stack]:
    side = PipedriveSide(replace(FAST, daily_token_limit=limit, access_token_ttl_s=DAYS_S))
    with Stack(tmp_path, sqlite_urls.database_url, sqlite_urls.inbox_url, clock=clock, side=side) as made:
        yield made


def live(stack: Stack, install: Install, clock: Clock, hours: int) -> None:
    """Wake the install whenever the worker would, and turn the clock."""
    every_s = stack.settings.reconcile_every_s
    for _ in range(hours * 3600 // every_s):
        clock.forward(seconds=every_s)
        if pump.wake_installs(stack.context, lambda *_: None, with_polls=True):
            stack.advance(install)


def polls(stack: Stack, install: Install) -> int:
    with stack.context.database.read() as connection:
        return health.read_health(connection, install.install_id).count("reconciled")


@pytest.mark.parametrize(
    ("limit", "hours", "least", "most"),
    [
        pytest.param(TOKENS_PER_SEAT, 24, 23, 31, id="one_seat_of_the_smallest_plan"),
        pytest.param(TOKENS_PER_SEAT * 50, 4, 15, 17, id="a_large_company_is_polled_as_often_as_the_setting_says"),
    ],
)
def test_a_day_without_news_leaves_half_of_our_part(
    stack: Stack, clock: Clock, limit: int, hours: int, least: int, most: int
) -> None:
    install = stack.install()
    stack.settle(install)
    for number in range(12):
        stack.side.create_lead(stack.side.account, first_name=f"Änne{number}", phone=f"+49 30 55501{number:02}")
    clock.forward(seconds=5)
    stack.settle(install)
    before = polls(stack, install)
    stack.side.forget_calls()
    live(stack, install, clock, hours)
    made = polls(stack, install) - before
    spent = sum(call.tokens for call in stack.side.calls() if not call.is_oauth)
    told = f"{spent} tokens for {made} polls"
    assert least <= made <= most, told
    ours = limit * (100 - stack.settings.crm_reserve_percent) // 100
    assert 0 < spent <= POLLS_SHARE * ours, told
