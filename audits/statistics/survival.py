"""How long until something happens, where for some it has not happened yet (Kaplan-Meier)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import CensoredData, ecdf

from audits.statistics.enough import LEAST_CASES, NotEnoughData, rounded


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

    The interval is Greenwood's on the log(-log) scale, which stays within 0 and 1. Raises ValueError for a negative
    wait.
    """
    if len(waits) < least:
        return NotEnoughData(len(waits), least)
    seconds = np.array([each.seconds for each in waits], dtype=np.int64)
    if seconds.size and int(seconds.min()) < 0:
        raise ValueError(f"a wait of {int(seconds.min())} s ends before it begins")
    happened = np.array([each.has_happened for each in waits], dtype=bool)
    if not happened.any():
        return Survival(len(waits), 0, ())
    sample = CensoredData(uncensored=seconds[happened], right=seconds[~happened])
    curve = ecdf(sample).sf
    with np.errstate(divide="ignore", invalid="ignore"):
        bounds = curve.confidence_interval(confidence_level=0.95, method="log-log")
    ordered = np.sort(seconds)
    events_at, counts = np.unique(seconds[happened], return_counts=True)
    places = np.searchsorted(curve.quantiles, events_at)
    steps = []
    for at_s, count, place in zip(events_at, counts, places, strict=True):
        waiting = float(curve.probabilities[place])
        low, high = float(bounds.low.probabilities[place]), float(bounds.high.probabilities[place])
        # At 0 and 1 the scale has no value: nothing is left to be unsure of, or nothing has happened.
        steps.append(
            SurvivalStep(
                at_s=int(at_s),
                at_risk=len(waits) - int(np.searchsorted(ordered, at_s, side="left")),
                happened=int(count),
                waiting=rounded(waiting),
                low=rounded(waiting if np.isnan(low) else low),
                high=rounded(waiting if np.isnan(high) else high),
            )
        )
    return Survival(len(waits), int(happened.sum()), tuple(steps))
