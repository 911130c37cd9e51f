"""A share with the interval that its number of cases allows."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from math import sqrt

#: Below this many cases a comparison says "not enough data" (the convention of the published scorecards).
MINIMUM_CASES = 20
_Z = 1.959964


@dataclass(frozen=True, slots=True)
class Share:
    """`hits` of `n` with the 95 % interval by Wilson's score; shares are of 1. All None when n is 0."""

    hits: int
    n: int
    share: float | None
    low: float | None
    high: float | None


class Comparison(StrEnum):
    """What an interval says about an expected share."""

    TOO_FEW = "too_few"
    CHANCE = "chance"
    ABOVE = "above"
    BELOW = "below"


def share_of(hits: int, n: int) -> Share:
    """The share of `hits` in `n`. Wilson's interval stays within 0 and 1 and holds for few cases too.

    Raises ValueError unless 0 <= hits <= n.
    """
    if not 0 <= hits <= n:
        raise ValueError(f"{hits} of {n} is no share")
    if n == 0:
        return Share(0, 0, None, None, None)
    p, z2 = hits / n, _Z * _Z
    middle = (p + z2 / (2 * n)) / (1 + z2 / n)
    half = _Z * sqrt(p * (1 - p) / n + z2 / (4 * n * n)) / (1 + z2 / n)
    return Share(hits, n, p, max(0.0, middle - half), min(1.0, middle + half))


def compare(own: Share, expected: float | None) -> Comparison:
    """`own` against the `expected` share."""
    if own.n < MINIMUM_CASES or expected is None or own.low is None or own.high is None:
        return Comparison.TOO_FEW
    if own.low > expected:
        return Comparison.ABOVE
    return Comparison.BELOW if own.high < expected else Comparison.CHANCE
