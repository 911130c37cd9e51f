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


def _plain_complaint(body: JsonObject) -> str | None:
    said = body.get("message") or body.get("error_description") or body.get("error")
    return said if isinstance(said, str) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerRules:
    """What is particular about one server. The functions read an error body, {} when it is no JSON object.

    `complaint(body)`: the server's own words for people, None where it has none; they are redacted and cut.
    `pause_s(status, body, attempt)`: seconds to wait where the server sends no Retry-After; None = our own back-off.
    `missing_scope(body)`: the scope that a 403 names. `rejected_fields(body)`: what a 4xx complains of.
    `limit_header`: calls that the server allows in the window of the main lane, where that is the plan's to say.
    `reset_s_header`: seconds until a call that got a 429 may be made, at least `least_pause_s`. `day_limit_header`
    and `day_left_header`: the tokens that all tools of the account may spend in a day, and those left.
    `guard_pause_s`: a 403 that is a page and no JSON comes from a guard in front of the server, who wants to be left
    alone for so many seconds. `hides_paths`: paths name people, and are in no log.
    """

    server: str
    remaining_header: str | None = None
    interval_ms_header: str | None = None
    limit_header: str | None = None
    reset_s_header: str | None = None
    least_pause_s: float = 0.0
    day_limit_header: str | None = None
    day_left_header: str | None = None
    guard_pause_s: float | None = None
    hides_paths: bool = False
    pause_s: Callable[[int, JsonObject, int], float | None] = lambda _status, _body, _attempt: None
    missing_scope: Callable[[JsonObject], str | None] = lambda _body: None
    rejected_fields: Callable[[JsonObject], tuple[str, ...]] = lambda _body: ()
    complaint: Callable[[JsonObject], str | None] = _plain_complaint


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


class RefreshTokenSource(TokenSource, Protocol):
    """Tokens of an install, with the one that ends the whole grant when it is revoked."""

    def refresh_token(self) -> str:
        """The refresh token as it is stored now."""
        ...
