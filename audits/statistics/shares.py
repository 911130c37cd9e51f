"""A share with the interval that its number of cases allows."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

from audits.statistics.enough import LEAST_CASES, NotEnoughData, rounded

#: The 97.5 % point of the normal distribution.
Z = 1.959963984540054


@dataclass(frozen=True, slots=True)
class Rate:
    """A share of 1 with its 95 % interval."""

    share: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Share:
    """`hits` of `n`: the bare counts. What they are worth as a share is `rate`. Raises ValueError unless
    0 <= hits <= n."""

    hits: int
    n: int

    def __post_init__(self) -> None:
        if not 0 <= self.hits <= self.n:
            raise ValueError(f"{self.hits} of {self.n} is no share")

    @property
    def rate(self) -> Rate | NotEnoughData:
        """The share with its 95 % interval by Wilson's score, or that there are fewer than LEAST_CASES."""
        if self.n < LEAST_CASES:
            return NotEnoughData(self.n)
        low, high = wilson(self.hits, self.n)
        return Rate(rounded(self.hits / self.n), rounded(low), rounded(high))

    def to_json(self) -> dict[str, object]:
        """Counts always; the share and its interval are null where there are not enough cases."""
        rate = self.rate
        known = rate if isinstance(rate, Rate) else None
        return {
            "count": self.hits,
            "n": self.n,
            "share": None if known is None else known.share,
            "low": None if known is None else known.low,
            "high": None if known is None else known.high,
        }


def wilson(hits: int, n: int) -> tuple[float, float]:
    """Wilson's 95 % interval of `hits` in `n` >= 1: within 0 and 1, and it holds for few cases too."""
    p, z2 = hits / n, Z * Z
    middle = (p + z2 / (2 * n)) / (1 + z2 / n)
    half = Z * sqrt(p * (1 - p) / n + z2 / (4 * n * n)) / (1 + z2 / n)
    return (0.0 if hits == 0 else max(0.0, middle - half)), (1.0 if hits == n else min(1.0, middle + half))


def difference(first: Share, second: Share) -> Rate | NotEnoughData:
    """How much greater the share of `first` is than that of `second`, from -1 to 1, with Newcombe's 95 % interval
    (1998, method 10: from the two Wilson intervals)."""
    for each in (first, second):
        if each.n < LEAST_CASES:
            return NotEnoughData(each.n)
    p, q = first.hits / first.n, second.hits / second.n
    (p_low, p_high), (q_low, q_high) = wilson(first.hits, first.n), wilson(second.hits, second.n)
    low = p - q - sqrt((p - p_low) ** 2 + (q_high - q) ** 2)
    high = p - q + sqrt((p_high - p) ** 2 + (q - q_low) ** 2)
    return Rate(rounded(p - q), rounded(low), rounded(high))
