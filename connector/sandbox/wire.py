"""What the sandbox says and hears: moments, JSON bodies, error bodies.

Moments inside the sandbox are whole milliseconds since 1970 in UTC, HubSpot's own unit; on the wire they are
ISO-8601 UTC with milliseconds and Z.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

JsonObject = dict[str, object]


class ApiError(Exception):
    """An answer that is not a success: HTTP status, JSON body, extra headers."""

    def __init__(self, status: int, body: Mapping[str, object], headers: Mapping[str, str] | None = None) -> None:
        super().__init__(f"{status} {body.get('message', '')}")
        self.status = status
        self.body = body
        self.headers = dict(headers or {})


def now_ms() -> int:
    """The wall clock in milliseconds since 1970 UTC."""
    return time.time_ns() // 1_000_000


def iso(at_ms: int) -> str:
    """Milliseconds since 1970 UTC -> `2026-11-21T10:00:00.000Z`."""
    moment = datetime.fromtimestamp(at_ms // 1000, tz=UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{at_ms % 1000:03d}Z"


def parse_moment(value: object) -> int:
    """A moment as epoch milliseconds (number or digits) or ISO-8601 -> milliseconds since 1970 UTC.

    A text without a zone is read as UTC, a bare date as its midnight in UTC. Raises ValueError.
    """
    if isinstance(value, bool):
        raise ValueError("a truth value is not a moment")
    if isinstance(value, int | float):
        return int(value)
    if not isinstance(value, str) or not value.strip():
        raise ValueError("a moment must be epoch milliseconds or an ISO-8601 text")
    text = value.strip()
    if text.lstrip("-").isdigit():
        return int(text)
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return round(moment.timestamp() * 1000)


def correlation_id() -> str:
    return str(uuid.uuid4())


def error_body(message: str, category: str, **extra: object) -> JsonObject:
    """The usual error body: status, message, correlationId, category."""
    return {
        "status": "error",
        "message": message,
        "correlationId": correlation_id(),
        "category": category,
        **extra,
    }


def invalid(message: str, **context: Iterable[str]) -> ApiError:
    """400 VALIDATION_ERROR."""
    extra: JsonObject = {"context": {name: list(values) for name, values in context.items()}} if context else {}
    return ApiError(400, error_body(message, "VALIDATION_ERROR", **extra))


def not_found(message: str, **context: Iterable[str]) -> ApiError:
    """404 OBJECT_NOT_FOUND."""
    extra: JsonObject = {"context": {name: list(values) for name, values in context.items()}} if context else {}
    return ApiError(404, error_body(message, "OBJECT_NOT_FOUND", **extra))


def conflict(message: str, category: str = "CONFLICT") -> ApiError:
    """409, the thing is there already."""
    return ApiError(409, error_body(message, category))


def partial_error(
    category: str, message: str, context: Mapping[str, list[str]], sub: str | None = None
) -> JsonObject:
    """One entry of `errors` in a 207 answer."""
    entry: JsonObject = {
        "status": "error",
        "category": category,
        "message": message,
        "context": dict(context),
        "links": {},
        "errors": [],
    }
    if sub is not None:
        entry["subCategory"] = sub
    return entry


def as_object(value: object, what: str = "the body") -> JsonObject:
    if not isinstance(value, dict):
        raise invalid(f"Invalid input JSON: {what} must be an object")
    return value


def as_list(value: object, what: str) -> list[object]:
    if value is None:
        return []
    if not isinstance(value, list):
        raise invalid(f"Invalid input JSON: {what} must be a list")
    return value


def as_texts(value: object, what: str) -> list[str]:
    return [as_text(item, what) for item in as_list(value, what)]


def as_text(value: object, what: str) -> str:
    """A text, or a number written as one (HubSpot takes ids both ways)."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise invalid(f"Invalid input JSON: {what} must be a string")
    return str(value)


def as_int(value: object, what: str) -> int:
    if isinstance(value, bool):
        raise invalid(f"Invalid input JSON: {what} must be a number")
    if isinstance(value, int):
        return value
    if isinstance(value, str) and value.lstrip("-").isdigit():
        return int(value)
    raise invalid(f"Invalid input JSON: {what} must be a number")


def property_texts(value: object, what: str = "properties") -> dict[str, str]:
    """The `properties` of a write: name -> text; null means clear, numbers and truth values become their text."""
    texts: dict[str, str] = {}
    for name, entry in as_object(value, what).items():
        if entry is None:
            texts[name] = ""
        elif isinstance(entry, bool):
            texts[name] = "true" if entry else "false"
        else:
            texts[name] = as_text(entry, f"{what}.{name}")
    return texts
