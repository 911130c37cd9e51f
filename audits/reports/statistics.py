"""Shares and spans as a person may quote them: every figure with its n, and none where n is too small."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

#: Below this many observations a share or a percentile says more about chance than about the work (our choice).
MINIMUM_N = 20
#: Two-sided 95 % of the normal distribution.
Z_95 = 1.959963984540054


@dataclass(frozen=True, slots=True)
class Share:
    """`count` of `n`, with the Wilson 95 % interval as fractions; None when n is below MINIMUM_N."""

    count: int
    n: int
    low: float | None
    high: float | None

    @property
    def fraction(self) -> float | None:
        """count / n, or None when n is below MINIMUM_N."""
        return self.count / self.n if self.n >= MINIMUM_N else None


@dataclass(frozen=True, slots=True)
class SpanSummary:
    """Median and 90th percentile in seconds over n spans; None when n is below MINIMUM_N.

    Nearest rank: the smallest observed span that at least half (nine tenths) of all spans do not exceed.
    """

    n: int
    median_s: int | None
    p90_s: int | None


def wilson_interval(count: int, n: int) -> tuple[float, float]:
    """The 95 % score interval for `count` of `n` (E. B. Wilson, JASA 22, 1927). Raises ValueError for no share."""
    if not 0 <= count <= n or n == 0:
        raise ValueError(f"{count} of {n} is no share")
    fraction, z2 = count / n, Z_95 * Z_95
    middle = fraction + z2 / (2 * n)
    half = Z_95 * math.sqrt(fraction * (1 - fraction) / n + z2 / (4 * n * n))
    return max(0.0, (middle - half) / (1 + z2 / n)), min(1.0, (middle + half) / (1 + z2 / n))


def share(count: int, n: int) -> Share:
    """`count` of `n` with its interval, if n is large enough to have one."""
    if n < MINIMUM_N:
        return Share(count, n, None, None)
    return Share(count, n, *wilson_interval(count, n))


def nearest_rank(n: int, percent: int) -> int:
    """The place, from 1, of the percentile among n ordered values. Raises ValueError for n = 0."""
    if n < 1 or not 0 < percent <= 100:
        raise ValueError(f"no {percent} % of {n}")
    return -(-n * percent // 100)


def span_summary(n: int, ordered: Iterable[int]) -> SpanSummary:
    """The summary of `n` spans in rising order. They are read once and never held, so that n may be large."""
    if n < MINIMUM_N:
        return SpanSummary(n, None, None)
    half, tenth = nearest_rank(n, 50), nearest_rank(n, 90)
    median_s = p90_s = None
    for place, value in enumerate(ordered, 1):
        if place == half:
            median_s = value
        if place == tenth:
            p90_s = value
            break
    return SpanSummary(n, median_s, p90_s)
