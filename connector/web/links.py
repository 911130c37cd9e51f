"""Addresses of our pages, so that every number can lead to its rows."""

from __future__ import annotations

from datetime import date
from urllib.parse import quote, urlencode


def leads_href(path: str = "/leads", /, **filters: object) -> str:
    """The leads list with `filters` (names of its form); empty ones are left out, `from_` is written from."""
    named = {name.rstrip("_"): _text(value) for name, value in filters.items() if value not in (None, "")}
    return path + ("?" + urlencode(named) if named else "")


def lead_href(lead_id: str) -> str:
    """The page of one lead."""
    return "/leads/" + quote(lead_id, safe="")


def owner_href(owner_id: str) -> str:
    """The page of one owner."""
    return "/owners/" + quote(owner_id, safe="")


def _text(value: object) -> str:
    return value.isoformat() if isinstance(value, date) else str(value)
