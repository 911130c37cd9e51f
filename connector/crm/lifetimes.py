"""How long an access token is believed to live."""

from __future__ import annotations

from datetime import datetime, timedelta

from connector.payloads import JsonValue

SHORTEST_S = 120
LONGEST_S = 86_400
UNKNOWN_S = 900
"""Where the server does not say: half of the shortest life that the CRMs we know give."""


def expires_at(expires_in: JsonValue, now: datetime) -> datetime:
    """When a token given at `now` (aware UTC) ends, by the server's `expires_in` (seconds, a number or digits).

    Clamped: 0 must not make every call refresh, and 10^12 must not overflow. What dies earlier is met by a 401.
    """
    seconds = _seconds(expires_in)
    return now + timedelta(seconds=min(max(seconds, SHORTEST_S), LONGEST_S))


def _seconds(expires_in: JsonValue) -> int:
    if isinstance(expires_in, str) and expires_in.strip().isdecimal() and len(expires_in) < 20:
        return int(expires_in)
    if isinstance(expires_in, bool) or not isinstance(expires_in, int | float):
        return UNKNOWN_S
    return int(expires_in)
