"""Query parameters: every call names those it takes, with their types; anything else is refused."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Mapping
from typing import Final

from flask import request

from connector.sandbox.pipedrive.said import bad, is_date, parse_rfc3339
from connector.sandbox.wire import JsonObject

Reader = Callable[[str], object]
"""Text -> value. Raises ValueError saying what it must be."""
Query = Mapping[str, Reader]

MOST: Final = 500


def integer(text: str) -> int:
    """A whole number from 0 on."""
    if not text.isdigit():
        raise ValueError("must be an integer")
    return int(text)


def within(least: int, most: int) -> Reader:
    def read(text: str) -> int:
        value = integer(text)
        if not least <= value <= most:
            raise ValueError(f"must be between {least} and {most}")
        return value

    return read


def one_of(*known: str) -> Reader:
    def read(text: str) -> str:
        if text not in known:
            raise ValueError(f"must be one of {', '.join(known)}")
        return text

    return read


def some_of(*known: str) -> Reader:
    """Texts with commas between them."""

    def read(text: str) -> frozenset[str]:
        found = frozenset(text.split(","))
        if found - set(known):
            raise ValueError(f"must hold only {', '.join(known)}")
        return found

    return read


def keys(most: int) -> Reader:
    def read(text: str) -> frozenset[str]:
        found = frozenset(text.split(","))
        if len(found) > most:
            raise ValueError(f"must hold at most {most} keys")
        return found

    return read


def ids(text: str) -> list[int]:
    """At most 100 numbers with commas between them."""
    found = text.split(",")
    if len(found) > 100:
        raise ValueError("must hold at most 100 ids")
    return [integer(one) for one in found]


def truth(text: str) -> bool:
    """`true` or `false`, and nothing like it."""
    if text not in ("true", "false"):
        raise ValueError("must be true or false")
    return text == "true"


def bit(text: str) -> int:
    if text not in ("0", "1"):
        raise ValueError("must be 0 or 1")
    return int(text)


def text(value: str) -> str:
    return value


def moment(value: str) -> int:
    """RFC 3339 -> ms since 1970 UTC."""
    return parse_rfc3339(value)


def day(value: str) -> str:
    if not is_date(value):
        raise ValueError("must be a date YYYY-MM-DD")
    return value


def orders(*columns: str) -> Reader:
    """`name ASC, other DESC` -> [(name, is_descending)]."""

    def read(value: str) -> list[tuple[str, bool]]:
        found: list[tuple[str, bool]] = []
        for part in value.split(","):
            name, _, direction = part.strip().partition(" ")
            if name not in columns or direction.upper() not in ("", "ASC", "DESC"):
                raise ValueError(f"must name columns among {', '.join(columns)}, each with ASC or DESC")
            found.append((name, direction.upper() == "DESC"))
        return found

    return read


def read_query(known: Query) -> dict[str, object]:
    """The query as values. Raises ApiError 400 for an unknown name, a repeated one, or a wrong type."""
    found: dict[str, object] = {}
    for name in request.args:
        if name not in known:
            raise bad(f"Parameter '{name}' is not allowed")
        sent = request.args.getlist(name)
        if len(sent) > 1:
            raise bad(f"Parameter '{name}' is given more than once")
        try:
            found[name] = known[name](sent[0])
        except ValueError as problem:
            raise bad(f"Parameter '{name}' {problem}") from None
    return found


PAGE_V1: Final[Query] = {"start": integer, "limit": within(1, MOST)}
PAGE_V2: Final[Query] = {"cursor": text, "limit": within(1, MOST)}


def page_of(
    found: list[JsonObject], query: Mapping[str, object], default: int = 100
) -> tuple[list[JsonObject], JsonObject]:
    """One page by start and limit, with v1's `additional_data`."""
    start, limit = query.get("start", 0), query.get("limit", default)
    if not isinstance(start, int) or not isinstance(limit, int):
        raise TypeError("start and limit are read as numbers")
    has_more = len(found) > start + limit
    pagination: JsonObject = {"start": start, "limit": limit, "more_items_in_collection": has_more}
    if has_more:
        pagination["next_start"] = start + limit
    return found[start : start + limit], {"pagination": pagination}


def write_cursor(*parts: object) -> str:
    """An opaque text that carries where the next page begins."""
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode()


def read_cursor(value: object, length: int) -> list[object] | None:
    """What a cursor carries; None when there is none. Raises ApiError 400 for one that we never gave."""
    if value is None:
        return None
    try:
        parts = json.loads(base64.urlsafe_b64decode(str(value).encode()))
    except (binascii.Error, ValueError):
        parts = None
    if not isinstance(parts, list) or len(parts) != length:
        raise bad("Parameter 'cursor' is invalid")
    return parts
