"""Who differs from what was to be expected: only where the numbers carry it, with the chance of a false alarm held
over all who are compared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from scipy.stats import binomtest, false_discovery_control

from audits.statistics.enough import LEAST_CASES, rounded
from audits.statistics.shares import Rate, Share

#: Of those who are called different, at most this share is expected to be so by chance.
FALSE_DISCOVERIES = 0.05


class Standing(StrEnum):
    """How somebody's share stands to the expected one. NO_DIFFERENCE: none that the numbers carry."""

    NOT_ENOUGH_DATA = "not_enough_data"
    NO_DIFFERENCE = "no_difference"
    BETTER = "better"
    WORSE = "worse"


@dataclass(frozen=True, slots=True)
class Compared:
    """One of those compared: kept promises of all, the share to be expected of him, and how he stands.

    `chance`: Benjamini-Hochberg's adjusted p-value over all compared; None when there is too little to compare.
    """

    share: Share
    expected: float
    standing: Standing
    chance: float | None

    def to_json(self) -> dict[str, object]:
        """The same in fixed order."""
        return {
            **self.share.to_json(),
            "expected": rounded(self.expected),
            "standing": self.standing.value,
            "chance": self.chance,
        }


def compare(shares: Mapping[str, tuple[Share, float]]) -> dict[str, Compared]:
    """Key → (share of promises kept, share to be expected) → key → how it stands; the same keys in the same order.

    BETTER or WORSE needs both: the 95 % interval leaves out the expected share, and the exact binomial test stays
    significant at FALSE_DISCOVERIES after Benjamini-Hochberg over all with LEAST_CASES or more. Raises ValueError for
    an expected share outside of 0 to 1.
    """
    tested = {key: p_value(share, expected) for key, (share, expected) in shares.items() if share.n >= LEAST_CASES}
    chances = dict(zip(tested, adjusted(list(tested.values())), strict=True))
    return {
        key: Compared(share, expected, _standing(share, expected, chances.get(key)), chances.get(key))
        for key, (share, expected) in shares.items()
    }


def p_value(share: Share, expected: float) -> float:
    """Two-sided exact binomial test of `share` against `expected`."""
    if not 0 <= expected <= 1:
        raise ValueError(f"{expected} is no share")
    return float(binomtest(share.hits, share.n, expected).pvalue)


def adjusted(p_values: Sequence[float]) -> list[float]:
    """Benjamini and Hochberg's adjusted p-values, in the same order."""
    if not p_values:
        return []
    return [rounded(each) for each in false_discovery_control(p_values, method="bh")]


def _standing(share: Share, expected: float, chance: float | None) -> Standing:
    rate = share.rate
    if chance is None or not isinstance(rate, Rate):
        return Standing.NOT_ENOUGH_DATA
    if chance > FALSE_DISCOVERIES or rate.low <= expected <= rate.high:
        return Standing.NO_DIFFERENCE
    return Standing.BETTER if rate.low > expected else Standing.WORSE
