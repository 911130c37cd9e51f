"""What an account's tools may spend together in a day, and how much of it is ours. One file for all processes.

Each call has a cost in tokens. The server says with each answer how many are left of the day's limit; between two
answers we count down ourselves. A share stays untouched for the account's other tools.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path

from connector.errors import QuotaSpent, RetryLater

_TABLE = """CREATE TABLE IF NOT EXISTS days
    (name TEXT PRIMARY KEY, day TEXT NOT NULL, day_limit INTEGER NOT NULL, tokens_left INTEGER NOT NULL)"""


def next_reset(now: datetime) -> datetime:
    """When the day's tokens are given anew: the next midnight UTC. `now`: aware UTC."""
    midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight + timedelta(days=1)


class DayQuota:
    """The day's tokens of one account. Safe to share between threads; processes agree through the file."""

    def __init__(
        self,
        path: Path,
        name: str,
        reserve_percent: int,
        *,
        server: str,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """`reserve_percent`: how much of the day's limit stays for others. `clock`: aware UTC now."""
        self._name = name
        self._reserve_percent = reserve_percent
        self._server = server
        self._clock = clock
        self._lock = threading.Lock()
        path.parent.mkdir(parents=True, exist_ok=True)
        self._connection = sqlite3.connect(str(path), timeout=5.0, check_same_thread=False, isolation_level=None)
        # A lost count costs a few calls of the reserve, a sync per call would cost more.
        self._connection.execute("PRAGMA synchronous=OFF").close()
        self._connection.execute(_TABLE).close()

    def take(self, cost: int) -> None:
        """Spend `cost` tokens. Raises QuotaSpent where that would touch what stays for others.

        While the server has said nothing today, every call passes: the first answer tells.
        """
        if cost <= 0:
            return
        limit, left = self._today() or (None, None)
        if limit is None or left is None:
            return
        if left - cost < self._reserve(limit):
            raise self._spent(limit, left)
        self._run(
            "UPDATE days SET tokens_left = tokens_left - ? WHERE name = ? AND day = ?", cost, self._name, self._day()
        )

    def observe(self, limit: int, left: int) -> None:
        """What the server says of the running day."""
        self._run(
            "INSERT INTO days (name, day, day_limit, tokens_left) VALUES (?, ?, ?, ?) ON CONFLICT (name) DO UPDATE "
            "SET day = excluded.day, day_limit = excluded.day_limit, tokens_left = excluded.tokens_left",
            self._name,
            self._day(),
            limit,
            left,
        )

    def refusal(self) -> QuotaSpent | None:
        """What to raise when the server refused a call although the burst was not used up; None while it says that
        tokens are left."""
        today = self._today()
        return self._spent(*today) if today is not None and today[1] <= 0 else None

    @property
    def tokens_left(self) -> int | None:
        """Tokens that are left to us today, those kept for others taken off; None while the server said nothing."""
        today = self._today()
        return None if today is None else max(0, today[1] - self._reserve(today[0]))

    @property
    def day_part(self) -> int | None:
        """What is ours of a whole day's tokens; None while the server said nothing today."""
        today = self._today()
        return None if today is None else today[0] - self._reserve(today[0])

    @property
    def share_left(self) -> float | None:
        """The same as a share (0 to 1) of what is ours in a day."""
        today = self._today()
        if today is None:
            return None
        ours = today[0] - self._reserve(today[0])
        return max(0.0, (today[1] - self._reserve(today[0])) / ours) if ours > 0 else 0.0

    @property
    def reset_s(self) -> float:
        """Seconds until the day's tokens are given anew, one at least."""
        now = self._clock()
        return max(1.0, (next_reset(now) - now).total_seconds())

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._connection.close()

    def _reserve(self, limit: int) -> int:
        return limit * self._reserve_percent // 100

    def _spent(self, limit: int, left: int) -> QuotaSpent:
        why = (
            f"{self._server}'s tokens of today ({limit:,}) are used up"
            if left <= 0
            else f"Of {self._server}'s {limit:,} tokens of today {left:,} are left, and {self._reserve_percent} % of "
            "all stay for the account's other tools"
        )
        return QuotaSpent(f"{why}.", after_s=self.reset_s)

    def _day(self) -> str:
        return next_reset(self._clock()).isoformat()

    def _today(self) -> tuple[int, int] | None:
        rows = self._run(
            "SELECT day_limit, tokens_left FROM days WHERE name = ? AND day = ?", self._name, self._day()
        )
        return (int(rows[0][0]), int(rows[0][1])) if rows else None

    def _run(self, statement: str, *values: str | int) -> list[tuple[int, int]]:
        try:
            with self._lock:
                return self._connection.execute(statement, values).fetchall()
        except sqlite3.DatabaseError as error:
            raise RetryLater(f"The file of the day's tokens cannot be used ({error}).", after_s=1.0) from error


@lru_cache(maxsize=1024)
def open_quota(path: Path, name: str, reserve_percent: int, server: str) -> DayQuota:
    """The quota that all threads of this process share for `name` (an install id), kept in the file at `path`."""
    return DayQuota(path, name, reserve_percent, server=server)
