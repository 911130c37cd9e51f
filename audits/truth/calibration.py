"""Probabilities held against outcomes: how far they can be believed, and how an account's own outcomes mend them.

What a representative found out is a label with noise, so figures here are agreement with what was found out, not
accuracy. An account's curve is isotonic regression (scipy), shrunk towards the shipped sum by as many outcomes as
PRIOR_OUTCOMES, and frozen with a version: what was said once is said again from the same inputs.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy.optimize import isotonic_regression

from audits.statistics.shares import Share

#: Fewer outcomes than this, or fewer of either kind than a fifth of it, make no curve. Ours.
LEAST_OUTCOMES = 100
LEAST_OF_A_KIND = 20
#: The shipped probability counts as much as so many outcomes at each step of the curve. Ours.
PRIOR_OUTCOMES = 20


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one lead: the probability (0 to 1) that was said of it, and whether it proved a pseudo-lead."""

    said: float
    was_pseudo: bool


@dataclass(frozen=True, slots=True)
class ReliabilityBin:
    """Leads of which a probability from `low` to `high` was said: the mean of what was said, and how many of them
    proved so."""

    low: float
    high: float
    mean_said: float
    proved: Share


def brier(outcomes: Sequence[Outcome]) -> float:
    """Mean square of the distance between what was said and what proved true: 0 perfect, 0.25 a coin. Raises
    ValueError without outcomes."""
    if not outcomes:
        raise ValueError("no outcomes")
    return math.fsum((each.said - each.was_pseudo) ** 2 for each in outcomes) / len(outcomes)


def reliability(outcomes: Sequence[Outcome], bins: int = 10) -> tuple[ReliabilityBin, ...]:
    """The curve of reliability in `bins` equal steps from 0 to 1, those without leads left out."""
    sorted_in: dict[int, list[Outcome]] = {}
    for each in outcomes:
        sorted_in.setdefault(min(int(each.said * bins), bins - 1), []).append(each)
    return tuple(_bin(index, bins, sorted_in[index]) for index in sorted(sorted_in))


def _bin(index: int, bins: int, held: list[Outcome]) -> ReliabilityBin:
    return ReliabilityBin(
        low=index / bins,
        high=(index + 1) / bins,
        mean_said=math.fsum(each.said for each in held) / len(held),
        proved=Share(sum(each.was_pseudo for each in held), len(held)),
    )


def curve_of(outcomes: Sequence[Outcome]) -> tuple[tuple[float, ...], tuple[float, ...]] | None:
    """The curve (said, found) that these outcomes bear, by the ends of its levels; None where there are too few of
    them, or of either kind."""
    hits = sum(each.was_pseudo for each in outcomes)
    if len(outcomes) < LEAST_OUTCOMES or min(hits, len(outcomes) - hits) < LEAST_OF_A_KIND:
        return None
    held: dict[float, list[bool]] = {}
    for each in outcomes:
        held.setdefault(each.said, []).append(each.was_pseudo)
    said = sorted(held)
    counts = np.array([len(held[each]) for each in said], dtype=float)
    shares = np.array([sum(held[each]) / len(held[each]) for each in said])
    steps = isotonic_regression(shares, weights=counts)
    # The shrinking is by the outcomes of a whole level of the curve, not of one value said.
    blocks = [int(edge) for edge in steps.blocks]
    ends: list[float] = []
    found: list[float] = []
    for start, end in pairwise(blocks):
        n = float(counts[start:end].sum())
        for index in sorted({start, end - 1}):
            ends.append(said[index])
            found.append((n * float(steps.x[index]) + PRIOR_OUTCOMES * said[index]) / (n + PRIOR_OUTCOMES))
    rising = np.maximum.accumulate(np.array(found))
    return tuple(ends), tuple(round(float(each), 6) for each in rising)
