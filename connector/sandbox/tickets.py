"""One-time numbers of consent pages, whatever the dialect."""

from __future__ import annotations

import secrets
import threading


class Tickets:
    """The numbers of pages shown and not yet answered, so that only a page of ours can say yes."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open: set[str] = set()

    def issue(self) -> str:
        ticket = secrets.token_urlsafe(24)
        with self._lock:
            self._open.add(ticket)
        return ticket

    def spend(self, ticket: str) -> bool:
        """Whether it was open; it is not from then on."""
        with self._lock:
            was_open = ticket in self._open
            self._open.discard(ticket)
            return was_open
