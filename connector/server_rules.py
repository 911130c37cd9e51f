"""What a transport is told of the server it calls: bounds of a call, names of headers, shapes of errors, tokens."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from connector.payloads import JsonObject

LONGEST_PAUSE_S = 86_400.0
"""A server's wish to be left alone is honoured up to a day (HubSpot: an account being moved, up to 24 h)."""
TRANSIENT = frozenset({408, 423, 425, 429, 477, 500, 502, 503, 504, *range(521, 527)})
"""Statuses that ask to try again: busy, locked, being moved, or a fault of the server."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bounds of one call. `attempt_s` holds for one try with its whole answer, `total_s` for all tries and pauses."""

    connect_s: float = 5.0
    attempt_s: float = 20.0
    total_s: float = 60.0
    attempts: int = 4
    max_bytes: int = 32_000_000
    first_pause_s: float = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerRules:
    """What is particular about one server. The functions read an error body, {} when it is no JSON object.

    `pause_s(status, body, attempt)`: seconds to wait where the server sends no Retry-After; None = our own back-off.
    `missing_scope(body)`: the scope that a 403 names. `rejected_fields(body)`: what a 4xx complains of.
    """

    server: str
    remaining_header: str | None = None
    interval_ms_header: str | None = None
    pause_s: Callable[[int, JsonObject, int], float | None] = lambda _status, _body, _attempt: None
    missing_scope: Callable[[JsonObject], str | None] = lambda _body: None
    rejected_fields: Callable[[JsonObject], tuple[str, ...]] = lambda _body: ()


class TokenSource(Protocol):
    """Where access tokens come from."""

    def current(self) -> str:
        """A token that should be good."""
        ...

    def renewed(self, rejected: str) -> str:
        """A token other than `rejected`, which the server refused."""
        ...

    def refused(self) -> None:
        """Even a fresh token was refused: the grant is dead."""
        ...
