"""Take one person's events out of a delivered body, whoever sent it: for privacy deletion."""

from __future__ import annotations

import json
from collections.abc import Set
from typing import Any


def without(body: bytes, wanted: Set[str]) -> bytes | None:
    """`body` (JSON, UTF-8) without the list entries that name all the `wanted` ids as a value, at whatever depth.

    The very same bytes when no entry does; None when nothing is left, when the body is a single thing that names
    all, or when it is no JSON and so cannot be taken apart.
    """
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        return None
    if not isinstance(content, list):
        return None if wanted <= _values(content) else body
    rest = [entry for entry in content if not wanted <= _values(entry)]
    if len(rest) == len(content):
        return body
    return json.dumps(rest, ensure_ascii=False, separators=(",", ":")).encode() if rest else None


def _values(content: Any) -> set[str]:
    """All numbers and texts in `content`, as text."""
    found: set[str] = set()
    pending = [content]
    while pending:
        thing = pending.pop()
        if isinstance(thing, dict):
            pending.extend(thing.values())
        elif isinstance(thing, list):
            pending.extend(thing)
        elif isinstance(thing, (str, int, float)):
            found.add(str(thing))
    return found
