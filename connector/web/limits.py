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

    def allows(self, caller: str, now: datetime, *, calls: int = 1) -> bool:
        """Count a call of `caller` at `now` (aware), or several; False, and none counted, when it is one too many."""
        return self.wait_s(caller, now, calls=calls) == 0

    def wait_s(self, caller: str, now: datetime, *, calls: int = 1) -> float:
        """Count as `allows` does and return 0; else, with nothing counted, the seconds until the same would be
        allowed. `calls` is at most `most`."""
        with self._lock:
            counted = self._calls.setdefault(caller, deque())
            self._calls.move_to_end(caller)
            while len(self._calls) > self.room:
                self._calls.popitem(last=False)
            while counted and counted[0] <= now - self.span:
                counted.popleft()
            too_many = len(counted) + calls - self.most
            if too_many > 0:
                return (counted[too_many - 1] + self.span - now).total_seconds()
            counted.extend([now] * calls)
            return 0.0
