"""How many calls a CRM account may still get: pyrate-limiter's buckets, shared by all processes through one file.

A lane is a quota of its own at the CRM (HubSpot: ordinary calls, searches). Beside the buckets a budget remembers, in
this process only, what the server said last: a pause it asked for, and whether it is failing at the moment.
"""

from __future__ import annotations

import hashlib
import sqlite3
import time
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from threading import Lock

from pyrate_limiter import AbstractBucket, InMemoryBucket, Limiter, Rate, RateItem, SingleBucketFactory, SQLiteBucket

from connector.errors import RetryLater

#: After so many failures in a row the server is left alone for the next span (our choice).
FAILURES_BEFORE_REST = 8
REST_S = 30.0
#: Our windows are longer than the server's by this factor: two calls may take differently long to get there, and the
#: server counts when they arrive. 4 % costs 4 % of the budget and leaves 80 ms in a window of 2 s (our choice).
STRETCH = 1.04
#: An answer may have been under way for so long when it tells what was left.
_SLOWEST_ANSWER_S = 1.0
#: How long a caller that waited for its place sleeps beyond it.
_OVERSLEEP_MS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """`calls` within any `window_s` seconds, as the server promises them."""

    name: str
    calls: int
    window_s: float


class _SharedBucket(SQLiteBucket):
    """The library's SQLite bucket, made safe between processes: counting and taking are one write transaction."""

    def put(self, item: RateItem) -> bool:
        with self.lock:
            newest = self.peek(0)
            if newest is not None and newest.timestamp > item.timestamp + self.rates[-1].interval:
                # The wall clock was set back: rows of the future would block us until it catches up.
                self.flush()
            self.conn.execute("BEGIN IMMEDIATE")
            try:
                # The library counts from when the caller began to wait plus what it slept; what counts is now.
                item.timestamp = max(item.timestamp, _now_ms(self))
                # Its own clearing up counts first and deletes so many afterwards: two processes would delete twice.
                bound = self._algorithm.leak_bound(self.rates, item.timestamp)
                self.conn.execute(f"DELETE FROM '{self.table}' WHERE item_timestamp < ?", (bound,)).close()  # noqa: S608
                return super().put(item)
            finally:
                if self.conn.in_transaction:
                    self.conn.rollback()


class Budget:
    """The budget of one install. Safe to share between threads; `open_budget` gives each process one per install."""

    def __init__(self, lanes: tuple[Lane, ...], *, path: Path | None = None, name: str = "") -> None:
        """`path` None keeps the count in memory, for tests and for callers of one process."""
        self._lanes = {lane.name: lane for lane in lanes}
        self._buckets = {lane.name: _bucket(lane, path, name) for lane in lanes}
        self._limiters = {
            lane: Limiter(SingleBucketFactory(bucket, schedule_leak=False), buffer_ms=_OVERSLEEP_MS)
            for lane, bucket in self._buckets.items()
        }
        self._lock = Lock()
        self._held_until = 0.0
        self._failures = 0
        self._left: int | None = None

    def take(self, lane: str, timeout_s: float) -> None:
        """Take one call of `lane`, waiting up to `timeout_s` seconds. Raises RetryLater when that is not enough."""
        deadline = time.monotonic() + timeout_s
        held_s = self._held_until - time.monotonic()
        if held_s > timeout_s:
            raise RetryLater("The CRM asked for a pause or is failing; its calls wait.", after_s=held_s)
        if held_s > 0:
            time.sleep(held_s)
        quota = self._lanes[lane]
        try:
            is_taken = self._limiters[lane].try_acquire(lane, timeout=max(0.0, deadline - time.monotonic()))
        except sqlite3.DatabaseError as error:
            raise RetryLater(f"The rate budget's file cannot be used ({error}).", after_s=1.0) from error
        if is_taken is not True:
            raise RetryLater(
                f"The budget of {quota.calls} calls in {quota.window_s:g} s is used up.", after_s=quota.window_s
            )

    def hold(self, seconds: float) -> None:
        """Let no call of this install pass for `seconds`."""
        with self._lock:
            self._held_until = max(self._held_until, time.monotonic() + seconds)

    def observe(self, remaining: int, window_s: float) -> None:
        """What the server counts itself: at nothing left, wait for its window to pass.

        Unless it was we who used all of it: then our own count lets the next call pass in time.
        """
        self._left = remaining
        if remaining <= 0 and not self._is_our_doing():
            self.hold(window_s)

    def resize(self, calls: int) -> None:
        """The main lane holds `calls` in its window from now on: the server said what the account's plan allows."""
        lane = self._lanes[""]
        if calls != lane.calls:
            with self._lock:
                self._lanes[""] = replace(lane, calls=calls)
                self._buckets[""].rates = _rates(self._lanes[""])

    def _is_our_doing(self) -> bool:
        return any(self._is_full(lane) for lane in self._lanes.values())

    def _is_full(self, lane: Lane) -> bool:
        """Whether a lane was used up when a call was sent that is answered only now."""
        bucket = self._buckets[lane.name]
        try:
            oldest = bucket.peek(lane.calls - 1)
        except sqlite3.DatabaseError:
            return False
        if not isinstance(oldest, RateItem):
            return False
        return _now_ms(bucket) - oldest.timestamp <= (lane.window_s * STRETCH + _SLOWEST_ANSWER_S) * 1000

    def succeeded(self) -> None:
        """A call was answered as it should be."""
        self._failures = 0

    def failed(self) -> None:
        """A call ended in a timeout, a cut connection or a 5xx; many in a row let the server rest."""
        with self._lock:
            self._failures += 1
            is_too_many = self._failures >= FAILURES_BEFORE_REST
        if is_too_many:
            self._failures = 0
            self.hold(REST_S)

    @property
    def calls_left(self) -> int | None:
        """Calls left as the server last said; None while it said nothing."""
        return self._left

    def close(self) -> None:
        """Let go of the file."""
        for limiter in self._limiters.values():
            limiter.close()


def _now_ms(bucket: AbstractBucket) -> int:
    """The present by the bucket's own clock, which its entries are stamped with."""
    return int(bucket.now())  # type: ignore[no-untyped-call]


def _rates(lane: Lane) -> list[Rate]:
    return [Rate(lane.calls, round(lane.window_s * STRETCH * 1000))]


def _bucket(lane: Lane, path: Path | None, name: str) -> AbstractBucket:
    rates = _rates(lane)
    if path is None:
        return InMemoryBucket(rates)
    # The table's name goes into SQL as it is, and install ids are not ours to trust with that.
    table = "lane_" + hashlib.sha256(f"{name}\n{lane.name}".encode()).hexdigest()[:24]
    path.parent.mkdir(parents=True, exist_ok=True)
    bucket = _SharedBucket.init_from_file(rates, table=table, db_path=str(path))
    # A lost count costs at most one window's worth of politeness, a sync per call would cost more.
    bucket.conn.execute("PRAGMA synchronous=OFF").close()
    return bucket


@lru_cache(maxsize=1024)
def open_budget(path: Path, name: str, lanes: tuple[Lane, ...]) -> Budget:
    """The budget that all threads of this process share for `name` (an install id), kept in the file at `path`."""
    return Budget(lanes, path=path, name=name)
