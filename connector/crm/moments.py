"""Moments as CRMs write them."""

from __future__ import annotations

from datetime import UTC, datetime

_FIRST_YEAR, _LAST_YEAR = 1970, 2199


def is_plausible(moment: datetime) -> bool:
    """Whether this is a time at all: years before 1970 or after 2199 are placeholders of some import."""
    return _FIRST_YEAR <= moment.year <= _LAST_YEAR


def parse_at(text: str | None) -> datetime | None:
    """ISO 8601 → aware UTC; a text without a zone is UTC. None for anything else, and for what is not plausible."""
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return moment if is_plausible(moment) else None
