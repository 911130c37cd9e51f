"""How much one install may send: whoever connects a site of his own gets a secret, and the disk is everybody's."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta

SPAN = timedelta(minutes=1)
_ROOM = 10_000


@dataclass(slots=True)
class _Sent:
    since: datetime
    deliveries: int = 0
    size: int = 0


class Shares:
    """Counts deliveries and their bytes per install and minute, in this process. Safe to share between threads."""

    def __init__(self, *, deliveries: int, size: int) -> None:
        """At most so many deliveries, and so many bytes of bodies, from one install in a minute."""
        self._deliveries = deliveries
        self._size = size
        self._sent: OrderedDict[str, _Sent] = OrderedDict()
        self._lock = threading.Lock()

    def allows(self, install_id: str, size: int, now: datetime) -> bool:
        """Count a proven delivery of `size` bytes at `now` (aware); False, and not counted, when it is too much."""
        with self._lock:
            sent = self._sent.get(install_id)
            # A clock that was set back begins a new minute, too.
            if sent is None or not timedelta() <= now - sent.since < SPAN:
                sent = self._sent[install_id] = _Sent(now)
                self._sent.move_to_end(install_id)
                while len(self._sent) > _ROOM:
                    self._sent.popitem(last=False)
            if sent.deliveries + 1 > self._deliveries or sent.size + size > self._size:
                return False
            sent.deliveries += 1
            sent.size += size
            return True
