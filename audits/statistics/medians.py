"""Median and other quantiles as a person may quote them: an observed value, its n, and an exact interval."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from scipy.special import bdtr

from audits.statistics.enough import LEAST_CASES, NotEnoughData
from audits.statistics.ranks import nearest_rank

_TAIL = 0.025


@dataclass(frozen=True, slots=True)
class Quantile:
    """The quantile of `n` observed values: the smallest that at least `percent` % of all do not exceed.

    [low, high] holds the true one with a chance of 95 % or more, whatever the distribution. None: so few values set
    no bound on that side.
    """

    n: int
    percent: int
    value: int
    low: int | None
    high: int | None

    def to_json(self) -> dict[str, object]:
        """The same in fixed order."""
        return {"n": self.n, "percent": self.percent, "value": self.value, "low": self.low, "high": self.high}


@dataclass(frozen=True, slots=True)
class SpanSummary:
    """Median and 90th percentile in seconds over n spans."""

    n: int
    median: Quantile | NotEnoughData
    p90: Quantile | NotEnoughData

    def to_json(self) -> dict[str, object]:
        """The same in fixed order; null where there are not enough spans, or a side has no bound."""
        told: dict[str, object] = {"n": self.n}
        for name, each in (("median", self.median), ("p90", self.p90)):
            known = each if isinstance(each, Quantile) else None
            told[f"{name}_s"] = None if known is None else known.value
            told[f"{name}_low_s"] = None if known is None else known.low
            told[f"{name}_high_s"] = None if known is None else known.high
        return told


@lru_cache(maxsize=1024)
def interval_ranks(n: int, percent: int) -> tuple[int, int]:
    """The places, from 1, of the two order statistics that enclose the quantile with 95 % or more; 0 and n + 1 stand
    for "no bound".

    Of n values, as many as Binomial(n, percent / 100) lie below the true quantile: the l-th and u-th enclose it
    unless fewer than l or at least u lie below. Each of the two has a chance of at most 2.5 %.
    """
    share = percent / 100
    return _first_above(n, share, _TAIL), _first_above(n, share, 1 - _TAIL, at_least=True) + 1


def quantile(values: Iterable[int], percent: int) -> Quantile | NotEnoughData:
    """The quantile of `values`, in any order."""
    return quantile_of_sorted(sorted(values), percent)


def quantile_of_sorted(ordered: list[int], percent: int) -> Quantile | NotEnoughData:
    """The quantile of values in rising order."""
    n = len(ordered)
    if n < LEAST_CASES:
        return NotEnoughData(n)
    low, high = interval_ranks(n, percent)
    return Quantile(
        n=n,
        percent=percent,
        value=ordered[nearest_rank(n, percent) - 1],
        low=ordered[low - 1] if low >= 1 else None,
        high=ordered[high - 1] if high <= n else None,
    )


def span_summary(n: int, ordered: Iterable[int]) -> SpanSummary:
    """The summary of `n` spans in rising order. They are read once and never held, so that n may be large."""
    if n < LEAST_CASES:
        return SpanSummary(n, NotEnoughData(n), NotEnoughData(n))
    places = {percent: (nearest_rank(n, percent), *interval_ranks(n, percent)) for percent in (50, 90)}
    wanted = {place for each in places.values() for place in each}
    last = max(place for place in wanted if place <= n)
    found: dict[int, int] = {}
    for place, value in enumerate(ordered, 1):
        if place in wanted:
            found[place] = value
        if place == last:
            break
    median, p90 = (
        Quantile(n, percent, found[at], found.get(low), found.get(high))
        for percent, (at, low, high) in places.items()
    )
    return SpanSummary(n, median, p90)


def _first_above(n: int, share: float, bound: float, *, at_least: bool = False) -> int:
    """The smallest k in 0…n with P(Binomial(n, share) <= k) > bound (or >= bound)."""
    low, high = 0, n
    while low < high:
        middle = (low + high) // 2
        chance = float(bdtr(middle, n, share))
        if chance > bound or (at_least and chance >= bound):
            high = middle
        else:
            low = middle + 1
    return low
