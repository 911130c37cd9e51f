"""How long until something happens, where for some it has not happened yet (Kaplan-Meier)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, log, sqrt

import numpy as np

from audits.statistics.enough import LEAST_CASES, NotEnoughData, rounded
from audits.statistics.shares import Z


@dataclass(frozen=True, slots=True)
class Waited:
    """One case was watched for `seconds` >= 0; at the end of them it happened, or (censored) it had not yet."""

    seconds: int
    has_happened: bool


@dataclass(frozen=True, slots=True)
class SurvivalStep:
    """From `at_s` on, `waiting` is the share of which it has not happened; `low`, `high`: its 95 % interval.

    `at_risk`: cases still watched right before; `happened`: at this very second.
    """

    at_s: int
    at_risk: int
    happened: int
    waiting: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Survival:
    """The curve: it starts at 1 and falls at each step. `n` cases, of which it happened to `happened`."""

    n: int
    happened: int
    steps: tuple[SurvivalStep, ...]

    def quantile_s(self, percent: int) -> int | None:
        """The first second by which it has happened to at least `percent` %; None = the curve does not get there
        while anybody is watched."""
        left = rounded(1 - percent / 100)
        return next((step.at_s for step in self.steps if step.waiting <= left), None)

    def quantile_of_happened_s(self, percent: int) -> int | None:
        """The first second by which it has happened to at least `percent` % of those to whom it happens at all, as
        far as the curve reaches; None = it happened to nobody."""
        if not self.steps:
            return None
        left = rounded(1 - percent / 100 * (1 - self.steps[-1].waiting))
        return next((step.at_s for step in self.steps if step.waiting <= left), self.steps[-1].at_s)

    def waiting_at(self, seconds: int) -> float:
        """The share of which it has not happened after so many seconds."""
        return next((step.waiting for step in reversed(self.steps) if step.at_s <= seconds), 1.0)

    def to_json(self) -> dict[str, object]:
        """The same in fixed order."""
        return {
            "n": self.n,
            "happened": self.happened,
            "steps": [[s.at_s, s.at_risk, s.happened, s.waiting, s.low, s.high] for s in self.steps],
        }


def kaplan_meier(waits: Sequence[Waited], least: int = LEAST_CASES) -> Survival | NotEnoughData:
    """The curve over `waits`, or that there are fewer than `least` of them.

    The interval is Greenwood's on the log(-log) scale, which stays within 0 and 1; once nobody is left it has no
    width. Raises ValueError for a negative
    wait.
    """
    if len(waits) < least:
        return NotEnoughData(len(waits), least)
    seconds = np.array([each.seconds for each in waits], dtype=np.int64)
    if seconds.size and int(seconds.min()) < 0:
        raise ValueError(f"a wait of {int(seconds.min())} s ends before it begins")
    happened = np.array([each.has_happened for each in waits], dtype=bool)
    events_at, counts = np.unique(seconds[happened], return_counts=True)
    at_risk = len(waits) - np.searchsorted(np.sort(seconds), events_at, side="left")
    left, variance = 1.0, 0.0
    steps = []
    for at_s, risk, count in zip(events_at.tolist(), at_risk.tolist(), counts.tolist(), strict=True):
        left *= (risk - count) / risk
        low = high = left
        if left > 0:
            variance += count / (risk * (risk - count))
            spread = Z * sqrt(variance) / abs(log(left))
            low, high = left ** exp(spread), left ** exp(-spread)
        steps.append(SurvivalStep(at_s, risk, count, rounded(left), rounded(low), rounded(high)))
    return Survival(len(waits), int(happened.sum()), tuple(steps))
