"""The log of writes, and who is told of changes."""

from __future__ import annotations

import threading
from collections.abc import Callable

from connector.sandbox.changes import Change, Origin
from connector.sandbox.config import Settings
from connector.sandbox.kinds import Kind
from connector.sandbox.wire import JsonObject, iso, now_ms


class Journal:
    """One for all portals; safe to call from many threads."""

    def __init__(self, settings: Callable[[], Settings]) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._writes: list[JsonObject] = []
        self.listeners: list[Callable[[Change], None]] = []

    @property
    def settings(self) -> Settings:
        return self._settings()

    def tell(self, change: Change) -> None:
        for listener in self.listeners:
            listener(change)

    def log_write(self, portal_id: int, action: str, origin: Origin, kind: Kind | None, **details: object) -> None:
        """Add one line to the log of writes; `ts` is the wall clock, not the moment the value is said to have."""
        with self._lock:
            self._writes.append(
                {
                    "seq": len(self._writes) + 1,
                    "ts": iso(now_ms()),
                    "portalId": portal_id,
                    "action": action,
                    "door": origin.door,
                    "sourceType": origin.source.type,
                    "userId": origin.source.user_id,
                    "appId": origin.app_id,
                    "method": origin.method,
                    "path": origin.path,
                    "objectType": None if kind is None else kind.plural,
                    **details,
                }
            )

    def writes(self, since: int = 0) -> list[JsonObject]:
        """Lines of the log with a sequence number above `since`."""
        with self._lock:
            return self._writes[since:]
