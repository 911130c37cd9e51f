"""How Pipedrive words its refusals and its moments; both differ between the two generations of its API."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import Final

from flask import has_request_context, request

from connector.sandbox.wire import ApiError, JsonObject

V2_PREFIX: Final = "/api/v2/"
_RFC3339: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[+-]\d\d:\d\d)")
_CLOCK: Final = re.compile(r"([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?")


def refused(status: int, error: str, info: str | None = None, **extra: object) -> ApiError:
    """A refusal in the words of the generation that was called; `extra` are further keys (`code`)."""
    told = info or "Please check developers.pipedrive.com"
    if has_request_context() and request.path.startswith(V2_PREFIX):
        body: JsonObject = {"success": False, "error": error, "error_info": told, "data": None}
        body["additional_data"] = None
    else:
        body = {"success": False, "error": error, "errorCode": status, "error_info": told}
        if status in (400, 404, 410):
            body |= {"data": None, "additional_data": None}
    return ApiError(status, {**body, **extra})


def bad(error: str) -> ApiError:
    """400: a parameter or a value is wrong."""
    return refused(400, error)


def gone_missing(what: str) -> ApiError:
    """404."""
    return refused(404, f"{what} not found")


def seconds_utc(at_ms: int) -> str:
    """`2026-11-21T10:00:00Z`, as v2 shows moments."""
    return f"{_moment(at_ms):%Y-%m-%dT%H:%M:%S}Z"


def millis_utc(at_ms: int) -> str:
    """`2026-11-21T10:00:00.000Z`, as leads and webhooks show moments."""
    return f"{_moment(at_ms):%Y-%m-%dT%H:%M:%S}.{at_ms % 1000:03d}Z"


def plain_utc(at_ms: int) -> str:
    """`2026-11-21 10:00:00`: UTC without a zone, as the rest of v1 shows moments."""
    return f"{_moment(at_ms):%Y-%m-%d %H:%M:%S}"


def parse_rfc3339(text: str) -> int:
    """-> milliseconds since 1970 UTC. Raises ValueError for another shape or a missing zone."""
    if not _RFC3339.fullmatch(text):
        raise ValueError("must be a date and time in RFC 3339, as 2026-11-21T10:00:00Z")
    return round(datetime.fromisoformat(text).timestamp() * 1000)


def is_date(value: object) -> bool:
    """Whether it is a text `YYYY-MM-DD` that names a day."""
    if not isinstance(value, str) or len(value) != 10:
        return False
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return True


def is_clock(value: object) -> bool:
    """Whether it is a text `HH:MM` or `HH:MM:SS`."""
    return isinstance(value, str) and _CLOCK.fullmatch(value) is not None


def _moment(at_ms: int) -> datetime:
    return datetime.fromtimestamp(at_ms // 1000, tz=UTC)
