"""What was asked of a sandbox, whatever its dialect."""

from __future__ import annotations

import threading
from collections import Counter, deque

from connector.sandbox.wire import JsonObject, iso, now_ms


class RequestLog:
    """Counts by method, path shape and status, and the last 20,000 requests."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._recent: deque[JsonObject] = deque(maxlen=20_000)
        self._counts: Counter[tuple[str, str, int]] = Counter()

    def add(self, method: str, shape: str, path: str, status: int, **caller: object) -> None:
        """One request; `caller` says whose it was, in the dialect's words."""
        with self._lock:
            self._counts[method, shape, status] += 1
            self._recent.append({"ts": iso(now_ms()), "method": method, "path": path, "status": status, **caller})

    def report(self) -> JsonObject:
        with self._lock:
            return {
                "counts": [
                    {"method": method, "path": shape, "status": status, "count": count}
                    for (method, shape, status), count in sorted(self._counts.items())
                ],
                "requests": list(self._recent),
            }

    def clear(self) -> None:
        with self._lock:
            self._recent.clear()
            self._counts.clear()
