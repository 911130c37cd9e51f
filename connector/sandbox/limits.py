"""Rate limits as HubSpot's: a rolling window per account for the app, and a second one for searches."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable

from connector.sandbox.config import Settings
from connector.sandbox.wire import ApiError, correlation_id


class Limiter:
    """Counts calls per portal. Time is the monotonic clock."""

    def __init__(self, settings: Callable[[], Settings]) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._calls: dict[int, deque[float]] = {}
        self._searches: dict[int, deque[float]] = {}

    def take(self, portal_id: int) -> dict[str, str]:
        """Count one call. Returns the rate headers of the answer. Raises ApiError 429."""
        settings = self._settings()
        with self._lock:
            left = _take(self._calls.setdefault(portal_id, deque()), settings.rate_limit, settings.rate_window_s)
        headers = {
            "x-hubspot-ratelimit-max": str(settings.rate_limit),
            "x-hubspot-ratelimit-remaining": str(max(left, 0)),
            "x-hubspot-ratelimit-interval-milliseconds": str(round(settings.rate_window_s * 1000)),
            "x-hubspot-ratelimit-secondly": str(max(1, round(settings.rate_limit / settings.rate_window_s))),
            "x-hubspot-ratelimit-secondly-remaining": str(
                max(0, min(left, round(settings.rate_limit / settings.rate_window_s)))
            ),
        }
        if left < 0:
            raise too_many("ten_secondly_rolling", "TEN_SECONDLY_ROLLING", headers)
        return headers

    def take_search(self, portal_id: int) -> None:
        """Count one search; searches carry no rate headers. Raises ApiError 429."""
        settings = self._settings()
        with self._lock:
            calls = self._searches.setdefault(portal_id, deque())
            left = _take(calls, settings.search_limit, settings.search_window_s)
        if left < 0:
            raise too_many("secondly", "SECONDLY", {})

    def reset(self) -> None:
        """Forget all calls made so far."""
        with self._lock:
            self._calls.clear()
            self._searches.clear()


def too_many(limit_name: str, policy: str, headers: dict[str, str]) -> ApiError:
    """The 429 answer."""
    return ApiError(
        429,
        {
            "status": "error",
            "message": f"You have reached your {limit_name} limit.",
            "errorType": "RATE_LIMIT",
            "correlationId": correlation_id(),
            "policyName": policy,
        },
        headers,
    )


def _take(calls: deque[float], limit: int, window_s: float) -> int:
    """Calls left after this one; -1 = refused and not counted."""
    now = time.monotonic()
    while calls and calls[0] <= now - window_s:
        calls.popleft()
    if len(calls) >= limit:
        return -1
    calls.append(now)
    return limit - len(calls)
