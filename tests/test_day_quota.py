"""The day's tokens that an account's tools share: the reserve, the end of the day, other processes, a lost file."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from connector.budget import Budget, Lane
from connector.day_quota import DayQuota, next_reset
from connector.errors import QuotaSpent, RetryLater
from connector.server_rules import Limits, ServerRules
from connector.transport import Transport
from tests.stack import Clock
from tests.unruly import Reply, Seen, Unruly, answer, unruly

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
RULES = ServerRules(
    server="Test CRM",
    limit_header="X-Limit",
    reset_s_header="X-Reset",
    least_pause_s=0.2,
    day_limit_header="X-Day-Limit",
    day_left_header="X-Day-Left",
    guard_pause_s=30.0,
)


@pytest.fixture
def clock() -> Clock:
    return Clock(NOON)


@pytest.fixture
def quota(tmp_path: Path, clock: Clock) -> Iterator[DayQuota]:
    made = DayQuota(tmp_path / "budget.sqlite", "a", 60, server="Test CRM", clock=clock)
    yield made
    made.close()


def test_before_the_server_says_anything_every_call_passes(quota: DayQuota) -> None:
    for _ in range(1000):
        quota.take(1000)
    assert (quota.tokens_left, quota.share_left, quota.day_part, quota.refusal()) == (None, None, None, None)


def test_calls_stop_where_the_others_part_begins(quota: DayQuota) -> None:
    quota.observe(1000, 620)
    quota.take(10)
    quota.take(10)
    assert (quota.tokens_left, quota.share_left, quota.day_part) == (0, 0.0, 400)
    with pytest.raises(QuotaSpent, match="1,000 tokens of today 600 are left, and 60 %") as spent:
        quota.take(1)
    assert spent.value.after_s == 12 * 3600
    quota.take(0)


def test_a_dear_call_is_refused_where_a_cheap_one_passes(quota: DayQuota) -> None:
    quota.observe(1000, 615)
    with pytest.raises(QuotaSpent):
        quota.take(20)
    quota.take(10)


def test_a_new_day_begins_at_midnight_utc(quota: DayQuota, clock: Clock) -> None:
    quota.observe(1000, 0)
    clock.forward(hours=11, minutes=59, seconds=59)
    with pytest.raises(QuotaSpent, match="used up"):
        quota.take(1)
    clock.forward(seconds=1)
    quota.take(1)
    assert quota.tokens_left is None
    assert next_reset(clock.now) == datetime(2026, 3, 4, tzinfo=UTC)
    assert next_reset(datetime(2026, 3, 2, 23, 30, tzinfo=UTC).astimezone()) == datetime(2026, 3, 3, tzinfo=UTC)


def test_processes_share_what_is_left_and_accounts_do_not(tmp_path: Path, quota: DayQuota, clock: Clock) -> None:
    quota.observe(1000, 700)
    other = DayQuota(tmp_path / "budget.sqlite", "a", 60, server="Test CRM", clock=clock)
    stranger = DayQuota(tmp_path / "budget.sqlite", "b", 60, server="Test CRM", clock=clock)
    other.take(60)
    assert (quota.tokens_left, stranger.tokens_left) == (40, None)
    other.close()
    stranger.close()


def test_a_file_that_cannot_be_used_lets_calls_wait(quota: DayQuota) -> None:
    quota.observe(1000, 700)
    quota.close()
    with pytest.raises(RetryLater, match="cannot be used"):
        quota.take(1)


def told(status: int = 200, left: int = 700, kind: str = "application/json", **headers: str) -> Reply:
    """An answer that says what is left of a day of 1,000 tokens."""

    def reply(handler: BaseHTTPRequestHandler, _seen: Seen) -> None:
        day = {"X-Day-Limit": "1000", "X-Day-Left": str(left)}
        answer(handler, status, b'{"ok": true}', kind, **day, **headers)

    return reply


def in_turn(*replies: Reply) -> Reply:
    """One reply after the other; the last one for ever."""
    waiting = list(replies)

    def reply(handler: BaseHTTPRequestHandler, seen: Seen) -> None:
        (waiting.pop(0) if len(waiting) > 1 else waiting[0])(handler, seen)

    return reply


def transport_to(server: Unruly, quota: DayQuota, budget: Budget | None = None) -> Transport:
    return Transport(
        server.url,
        allowed_origins=frozenset({server.url}),
        rules=RULES,
        quota=quota,
        budget=budget,
        limits=Limits(connect_s=0.5, attempt_s=1.0, total_s=3.0, attempts=3, first_pause_s=0.01),
    )


def test_the_transport_heeds_what_the_server_says_with_each_answer(quota: DayQuota) -> None:
    budget = Budget((Lane(name="", calls=3, window_s=2.0),))
    with unruly(in_turn(told(left=640), told(left=610, X_Limit="7"))) as server:
        transport = transport_to(server, quota, budget)
        transport.request("GET", "/a", cost=20)
        transport.request("GET", "/a", cost=20)
        with pytest.raises(QuotaSpent):
            transport.request("GET", "/a", cost=20)
        assert len(server.seen) == 2
    assert budget._lanes[""].calls == 7


def test_a_wider_plan_lets_more_calls_pass_at_once(quota: DayQuota) -> None:
    budget = Budget((Lane(name="", calls=3, window_s=30.0),))
    with unruly(told(X_Limit="9")) as server:
        transport = transport_to(server, quota, budget)
        for _ in range(9):
            transport.request("GET", "/a")
        with pytest.raises(RetryLater, match="9 calls in 30 s"):
            transport.request("GET", "/a")


def test_a_429_waits_as_long_as_the_burst_lasts(quota: DayQuota) -> None:
    with unruly(in_turn(told(429, X_Reset="1", Retry_After="3000"), told())) as server:
        started = time.monotonic()
        transport_to(server, quota).request("GET", "/a")
        assert 1.0 <= time.monotonic() - started < 2.5
    with unruly(in_turn(told(429), told())) as server:
        started = time.monotonic()
        transport_to(server, quota).request("GET", "/a")
        assert 0.2 <= time.monotonic() - started < 1.0


def test_a_429_of_a_spent_day_is_not_tried_again(quota: DayQuota) -> None:
    with unruly(told(429, left=0, X_Reset="1")) as server:
        with pytest.raises(QuotaSpent):
            transport_to(server, quota).request("GET", "/a")
        assert len(server.seen) == 1


def test_a_page_of_the_guard_ends_the_calls_and_is_no_refusal(quota: DayQuota) -> None:
    budget = Budget((Lane(name="", calls=100, window_s=1.0),))
    with unruly(told(403, kind="text/html; charset=UTF-8")) as server:
        transport = transport_to(server, quota, budget)
        with pytest.raises(RetryLater, match="guard") as turned_away:
            transport.request("GET", "/a")
        assert turned_away.value.after_s == 30.0
        with pytest.raises(RetryLater, match="pause"):
            transport.request("GET", "/a")
        assert len(server.seen) == 1


def test_a_200_may_be_empty_where_the_caller_says_so(quota: DayQuota) -> None:
    def empty(handler: BaseHTTPRequestHandler, _seen: Seen) -> None:
        answer(handler, 200)

    with unruly(empty) as server:
        transport = transport_to(server, quota)
        assert transport.send("POST", "/a", form={}, may_be_empty=True).body is None
        with pytest.raises(RetryLater):
            transport.send("POST", "/a", form={})
