"""How often one caller may ask for what costs us: counted in this process, in a bounded table."""

from __future__ import annotations

import threading
from collections import OrderedDict, deque
from datetime import datetime, timedelta


class CallerLimit:
    """At most `most` calls per caller within `span`. Remembers the `room` callers seen last."""

    def __init__(self, *, most: int, span: timedelta, room: int = 10_000) -> None:
        self.most, self.span, self.room = most, span, room
        self._calls: OrderedDict[str, deque[datetime]] = OrderedDict()
        self._lock = threading.Lock()

    def allows(self, caller: str, now: datetime) -> bool:
        """Count a call of `caller` at `now` (aware); False when it is one too many."""
        with self._lock:
            calls = self._calls.setdefault(caller, deque())
            self._calls.move_to_end(caller)
            while len(self._calls) > self.room:
                self._calls.popitem(last=False)
            while calls and calls[0] <= now - self.span:
                calls.popleft()
            if len(calls) >= self.most:
                return False
            calls.append(now)
            return True
