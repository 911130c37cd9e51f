"""Pipedrive's three limits: calls of a token in a rolling window, tokens of a company a day, and the guard behind."""

from __future__ import annotations

import math
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from connector.sandbox.pipedrive.config import PLANS, TOKENS_PER_SEAT, CompanyConfig, PipedriveSettings
from connector.sandbox.pipedrive.said import refused
from connector.sandbox.wire import ApiError, now_ms

_DAY_MS: Final = 86_400_000
_REFUSALS_WITHIN_S: Final = 60.0


class Blocked(Exception):
    """The network's guard stands before the API: 403, a page, no JSON."""


@dataclass(slots=True)
class _Day:
    """Tokens spent by everybody in one company on one day (days since 1970, UTC)."""

    day: int = 0
    spent: int = 0


@dataclass(slots=True)
class _Token:
    calls: deque[float] = field(default_factory=deque)
    refusals: deque[float] = field(default_factory=deque)
    blocked_until: float = 0.0


class Limiter:
    """Counts calls by access token and tokens by company. Bursts run on the monotonic clock, days on UTC."""

    def __init__(self, settings: Callable[[], PipedriveSettings]) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._tokens: dict[str, _Token] = {}
        self._days: dict[int, _Day] = {}

    def take(self, token: str, company: CompanyConfig, cost: int) -> dict[str, str]:
        """Count one call of `cost` tokens. Returns the answer's headers. Raises ApiError 429, and Blocked."""
        settings = self._settings()
        limit = PLANS[company.plan][1] if settings.burst_limit is None else settings.burst_limit
        daily = self.daily_limit(company)
        now = time.monotonic()
        with self._lock:
            used = self._tokens.setdefault(token, _Token())
            if used.blocked_until > now:
                raise Blocked
            while used.calls and used.calls[0] <= now - settings.burst_window_s:
                used.calls.popleft()
            day = self._today(company.company_id)
            is_spent = day.spent + cost > daily
            is_burst = len(used.calls) >= limit
            if not is_spent and not is_burst:
                used.calls.append(now)
                day.spent += cost
            oldest = used.calls[0] if used.calls else now
            headers = {
                "x-ratelimit-limit": str(limit),
                "x-ratelimit-remaining": str(max(0, limit - len(used.calls))),
                "x-ratelimit-reset": str(max(1, math.ceil(oldest + settings.burst_window_s - now))),
            }
            if settings.daily_headers:
                headers["x-daily-ratelimit-token-limit"] = str(daily)
                headers["x-daily-ratelimit-token-remaining"] = str(max(0, daily - day.spent) if not is_spent else 0)
            if not is_spent and not is_burst:
                return headers
            self._refuse(used, now, settings)
        if settings.retry_after_on_429:
            headers["Retry-After"] = headers["x-ratelimit-reset"]
        refusal = too_many()
        refusal.headers = headers
        raise refusal

    def spend(self, company_id: int, tokens: int) -> int:
        """What other tools of the company use up. Returns what is spent today."""
        with self._lock:
            day = self._today(company_id)
            day.spent += tokens
            return day.spent

    def spent(self, company_id: int) -> int:
        with self._lock:
            return self._today(company_id).spent

    def daily_limit(self, company: CompanyConfig) -> int:
        """Tokens that all tools of the company may spend a day."""
        wanted = self._settings().daily_token_limit
        return TOKENS_PER_SEAT * PLANS[company.plan][0] * company.seats if wanted is None else wanted

    def new_day(self, company_id: int) -> None:
        """As at midnight."""
        with self._lock:
            self._days.pop(company_id, None)

    def reset(self) -> None:
        """Forget the calls and refusals of all tokens; what was spent today stays spent."""
        with self._lock:
            self._tokens.clear()

    def _today(self, company_id: int) -> _Day:
        day = now_ms() // _DAY_MS
        found = self._days.setdefault(company_id, _Day(day))
        if found.day != day:
            found.day, found.spent = day, 0
        return found

    def _refuse(self, used: _Token, now: float, settings: PipedriveSettings) -> None:
        while used.refusals and used.refusals[0] <= now - _REFUSALS_WITHIN_S:
            used.refusals.popleft()
        used.refusals.append(now)
        if len(used.refusals) >= settings.block_after:
            used.blocked_until = now + settings.block_s
            used.refusals.clear()


def too_many() -> ApiError:
    """The 429 answer; which of the two limits it was, only the headers tell."""
    return refused(429, "request over limit")
