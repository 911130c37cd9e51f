"""Median and 90th percentile as a person may quote them: with their n, and none where n is too small."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from audits.reports.shares import MINIMUM_CASES


@dataclass(frozen=True, slots=True)
class SpanSummary:
    """Median and 90th percentile in seconds over n spans; None when n is below MINIMUM_CASES.

    Nearest rank: the smallest observed span that at least half (nine tenths) of all spans do not exceed.
    """

    n: int
    median_s: int | None
    p90_s: int | None


def nearest_rank(n: int, percent: int) -> int:
    """The place, from 1, of the percentile among n ordered values. Raises ValueError for n = 0."""
    if n < 1 or not 0 < percent <= 100:
        raise ValueError(f"there is no {percent} % of {n}")
    return -(-n * percent // 100)


def span_summary(n: int, ordered: Iterable[int]) -> SpanSummary:
    """The summary of `n` spans in rising order. They are read once and never held, so that n may be large."""
    if n < MINIMUM_CASES:
        return SpanSummary(n, None, None)
    half, nine_tenths = nearest_rank(n, 50), nearest_rank(n, 90)
    median_s = p90_s = None
    for place, value in enumerate(ordered, 1):
        if place == half:
            median_s = value
        if place == nine_tenths:
            p90_s = value
            break
    return SpanSummary(n, median_s, p90_s)
