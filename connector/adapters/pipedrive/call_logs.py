"""The call logs of whoever connected, read once for the leads of a while.

Pipedrive lists all of them or none, 50 a call, and has no call for the log of one activity.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from connector.crm.moments import parse_at
from connector.payloads import JsonObject, find_text

KEPT_FOR = timedelta(minutes=15)
"""How long a list is believed (our choice: the poll's interval)."""
LEAST_BETWEEN = timedelta(minutes=1)
"""A call that was made after the list was read has it read again, so often at most (our choice)."""
MOST_LISTS = 20
"""Lists that are held; the oldest is forgotten first (our choice: 10,000 logs take some 5 MB)."""
_NEEDED = ("outcome", "duration", "start_time", "from_phone_number", "to_phone_number")


@dataclass(frozen=True, slots=True)
class _List:
    read_at: datetime
    logs: Mapping[str, JsonObject]


class CallLogs:
    """Lists by whose they are: (account, user). Safe to share between threads."""

    def __init__(self, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        """`clock`: now, aware UTC."""
        self._clock = clock
        self._lock = threading.Lock()
        self._lists: OrderedDict[tuple[str, str], _List] = OrderedDict()

    def find(
        self, whose: tuple[str, str], activity: JsonObject, read: Callable[[], Iterable[JsonObject]] | None
    ) -> JsonObject | None:
        """The log of an activity, None where there is none. `read` lists them; None = it may not now."""
        activity_id, done_at = find_text(activity, "id") or "", parse_at(find_text(activity, "marked_as_done_time"))
        now = self._clock()
        held = self._held(whose, now)
        log = held.logs.get(activity_id) if held is not None else None
        if log is not None or read is None:
            return log
        if held is not None:
            is_later = done_at is not None and done_at > held.read_at - LEAST_BETWEEN
            if not is_later or now - held.read_at < LEAST_BETWEEN:
                return None
        found = _List(now, {one: _kept(log) for log in read() if (one := find_text(log, "activity_id")) is not None})
        with self._lock:
            self._lists[whose] = found
            self._lists.move_to_end(whose)
            while len(self._lists) > MOST_LISTS:
                self._lists.popitem(last=False)
        return found.logs.get(activity_id)

    def _held(self, whose: tuple[str, str], now: datetime) -> _List | None:
        """The list of `whose`. What is older than KEPT_FOR is forgotten: people's numbers are in it."""
        with self._lock:
            for one in [one for one, listed in self._lists.items() if now - listed.read_at >= KEPT_FOR]:
                del self._lists[one]
            return self._lists.get(whose)


def _kept(log: JsonObject) -> JsonObject:
    return {name: log[name] for name in _NEEDED if name in log}


CALL_LOGS_READ = CallLogs()
"""Those of this process."""
