"""Public holidays of countries and their regions, worked out when a policy is made: calendars hold plain dates."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from functools import lru_cache
from importlib.metadata import version

import holidays


def public_holidays(country: str, region: str | None, years: range) -> frozenset[date]:
    """Every public holiday of these years; `country` by ISO 3166, `region` None = those of the whole country.

    Raises ValueError with a sentence when the package knows no such country or region.
    """
    try:
        return frozenset(holidays.country_holidays(country, subdiv=region, years=years))
    except NotImplementedError as error:
        raise ValueError(str(error)) from error


def has_holidays(country: str) -> bool:
    """Whether holidays of this country are known, by its code of two letters (ISO 3166)."""
    return country in _countries()


def countries_with_holidays() -> list[str]:
    """ISO 3166 codes of two letters of the countries whose holidays are known."""
    return sorted(_countries())


@lru_cache(maxsize=1)
def _countries() -> frozenset[str]:
    # The package names most countries a second time, by other codes: a list to choose from would hold each twice.
    return frozenset(holidays.list_supported_countries(include_aliases=False))


def source_of(places: Iterable[tuple[str, str | None]], years: range) -> str:
    """Whence the dates come, to be kept with the policy: `holidays 0.109: DE-BE, NO; 2000 to 2050`."""
    named = sorted({country if region is None else f"{country}-{region}" for country, region in places})
    return f"holidays {version('holidays')}: {', '.join(named)}; {years[0]} to {years[-1]}"
