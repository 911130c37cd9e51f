"""Public holidays by country and region as choices of a form, and which of them stand in a calendar."""

from __future__ import annotations

import re
from datetime import date
from functools import lru_cache

import holidays

from connector.public_holidays import has_holidays, public_holidays, source_of

#: Public holidays are filled in for the year before this one and so many from this one on.
YEARS_AHEAD = 3

_PLACES = re.compile(r"holidays [^:]+: (.*); (\d{4}) to (\d{4})")


def years_from(now_year: int) -> range:
    """The years for which public holidays are filled in."""
    return range(now_year - 1, now_year + YEARS_AHEAD)


@lru_cache(maxsize=256)
def regions_of(country: str) -> tuple[tuple[str, str], ...]:
    """(code, name) of the regions of a country that have holidays of their own; () where none are known."""
    if not has_holidays(country):
        return ()
    calendar = holidays.country_holidays(country)
    named = {code: name for name, code in getattr(calendar, "subdivisions_aliases", {}).items()}
    return tuple(
        sorted(((code, str(named.get(code, code))) for code in calendar.subdivisions), key=lambda each: each[1])
    )


@lru_cache(maxsize=256)
def days_of(country: str, region: str, first_year: int, last_year: int) -> frozenset[date]:
    """The public holidays of a country or one of its regions ("" = of the whole country); empty for unknown ones."""
    if not has_holidays(country) or (region and region not in {code for code, _ in regions_of(country)}):
        return frozenset()
    return public_holidays(country, region or None, range(first_year, last_year + 1))


def place_in(
    days: frozenset[date], source: str | None, guesses: tuple[str, ...], now_year: int
) -> tuple[str, str, frozenset[date]]:
    """(country, region, its days) whose public holidays stand in `days`; ("", "", nothing) where none do.

    `source`: what the policy says of whence its holidays were taken; the place with most days wins. `guesses`:
    countries to look for where it says nothing.
    """
    found = _PLACES.fullmatch(source or "")
    if found:
        places, first, last = found[1].split(", "), int(found[2]), int(found[3])
    else:
        places, first, last = list(guesses), now_year - 1, now_year + YEARS_AHEAD - 1
    best: tuple[str, str, frozenset[date]] = ("", "", frozenset())
    for place in places:
        country, _, region = place.partition("-")
        public = days_of(country, region, first, last)
        if public and public <= days and len(public) > len(best[2]):
            best = (country, region, public)
    return best


def source_text(places: list[tuple[str, str]], now_year: int) -> str | None:
    """Whence the holidays of these (country, region) come; None for no place."""
    if not places:
        return None
    return source_of([(country, region or None) for country, region in places], years_from(now_year))
