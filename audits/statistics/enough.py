"""Whether there are cases enough to say anything: an answer of its own, so that nobody can forget to ask."""

from __future__ import annotations

from dataclasses import dataclass

from audits.model.said import Said, say

#: Below this many cases nothing is said (the convention of the published scorecards).
LEAST_CASES = 20
#: Digits after the point of every float that leaves this package.
DIGITS = 6


@dataclass(frozen=True, slots=True)
class NotEnoughData:
    """There are only `n` cases, and `least` are needed."""

    n: int
    least: int = LEAST_CASES

    def said(self) -> Said:
        """`not enough data (7 of 20)`."""
        return say("not enough data ({n} of {least})", n=self.n, least=self.least)


def rounded(value: float) -> float:
    """The float as it leaves: rounded, and never a negative zero."""
    return round(float(value), DIGITS) + 0.0
