"""How many broken promises were to be expected of somebody, given what he was dealt: indirect standardisation.

Every case belongs to a cell: its strata (hour of arrival, load, source, type of lead …) taken together. A cell's rate
is that of the whole team in it, and what is expected of one person is the sum of those rates over his own cases. A
ratio above 1 means more broken promises than the team has with the very same mix of cases.

Cells with fewer than LEAST_CASES are put together with their small neighbours under the next coarser cell, the last
stratum first; what is left over of everything joins the smallest cell that stands. So each case has one cell with
cases enough, and over the team expected and observed agree.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from scipy.special import gammaincinv

from audits.model.said import Said, say
from audits.statistics.enough import LEAST_CASES, NotEnoughData, rounded

_TAIL = 0.025
_Cell = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PromiseCase:
    """One promise: whose it was, the strata of its circumstances (the same number in every case, the most telling
    first), and whether it was broken."""

    owner_id: str
    strata: tuple[str, ...]
    is_broken: bool


@dataclass(frozen=True, slots=True)
class Expectation:
    """One person's broken promises against the expected ones. `ratio`: observed / expected as it stands; `shrunk`:
    what is to be believed of it, with its 95 % interval."""

    n: int
    observed: int
    expected: float
    ratio: float
    shrunk: float
    low: float
    high: float

    @property
    def expected_share(self) -> float:
        """The share of promises broken that was to be expected."""
        return rounded(self.expected / self.n)

    def to_json(self) -> dict[str, object]:
        """The same in fixed order."""
        return {
            "n": self.n,
            "observed": self.observed,
            "expected": self.expected,
            "ratio": self.ratio,
            "shrunk": self.shrunk,
            "low": self.low,
            "high": self.high,
        }


@dataclass(frozen=True, slots=True)
class Standardised:
    """Everybody's expectation, by owner id, and `prior`: how many expected broken promises the belief in "no
    difference" weighs."""

    prior: float
    owners: tuple[tuple[str, Expectation | NotEnoughData], ...]

    def to_json(self) -> dict[str, object]:
        """The same in fixed order."""
        return {
            "prior": self.prior,
            "owners": [
                [owner_id, {"n": each.n} if isinstance(each, NotEnoughData) else each.to_json()]
                for owner_id, each in self.owners
            ],
        }


def formula(prior: str) -> Said:
    """The calculation in words, for the page that shows its results. `prior`: as its reader writes numbers."""
    return say(
        "Expected: for each lead of the person, the share of broken promises of the whole team among leads of the "
        "same hour of arrival, load, source and type, added up. Believed ratio = (observed + {prior}) / (expected + "
        "{prior}), where {prior} is learned from how much the ratios of all persons differ beyond chance, and never "
        "more than half of what is expected of a typical person: few leads move the ratio little away from 1. "
        "The interval holds 95 % of the gamma distribution with these two numbers.",
        prior=prior,
    )


def standardised(cases: Sequence[PromiseCase]) -> Standardised | NotEnoughData:
    """Observed against expected for every owner of `cases`, in order of id.

    The believed ratio is the mean of the gamma distribution with shape O + a and rate E + a: O broken promises are
    taken as Poisson around E times the true ratio, which varies among persons as a gamma of mean 1, variance 1 / a.
    That variance is what the ratios vary beyond chance, by moments weighted with E (Marshall 1991); chance is that of
    the cases' own rates, p (1 - p) each. `a` is never above half of what is expected of a typical person: learned
    from few persons it is itself unsure, and a greater one would make the intervals too narrow (simulated coverage
    in the tests). Raises ValueError for unlike numbers of strata.
    """
    if len({len(case.strata) for case in cases}) > 1:
        raise ValueError("the cases do not have the same number of strata")
    if len(cases) < LEAST_CASES:
        return NotEnoughData(len(cases))
    rates = _rates(cases)
    counts: Counter[str] = Counter()
    observed: Counter[str] = Counter()
    expected: defaultdict[str, float] = defaultdict(float)
    chance: defaultdict[str, float] = defaultdict(float)
    for case, rate in zip(cases, rates, strict=True):
        counts[case.owner_id] += 1
        observed[case.owner_id] += case.is_broken
        expected[case.owner_id] += rate
        chance[case.owner_id] += rate * (1 - rate)
    owner_ids = sorted(counts)
    prior = _prior(
        [(float(observed[each]), expected[each], chance[each]) for each in owner_ids if expected[each] > 0]
    )
    return Standardised(
        prior=rounded(prior),
        owners=tuple(
            (
                owner_id,
                _expectation(counts[owner_id], observed[owner_id], expected[owner_id], prior)
                if counts[owner_id] >= LEAST_CASES
                else NotEnoughData(counts[owner_id]),
            )
            for owner_id in owner_ids
        ),
    )


def _expectation(n: int, observed: int, expected: float, prior: float) -> Expectation:
    shape, rate = observed + prior, expected + prior
    if rate <= 0:
        # Nobody broke any promise in any cell: nothing is expected, nothing was observed, and nothing was learned.
        return Expectation(n, observed, 0.0, 1.0, 1.0, 1.0, 1.0)
    return Expectation(
        n=n,
        observed=observed,
        expected=rounded(expected),
        ratio=rounded(observed / expected) if expected > 0 else 1.0,
        shrunk=rounded(shape / rate),
        low=rounded(float(gammaincinv(shape, _TAIL)) / rate),
        high=rounded(float(gammaincinv(shape, 1 - _TAIL)) / rate),
    )


def _prior(owners: Sequence[tuple[float, float, float]]) -> float:
    """`a` of (observed, expected, variance by chance) per owner of whom anything is expected."""
    total = sum(expected for _, expected, _ in owners)
    if not owners:
        return 0.0
    most = total / len(owners) / 2
    spread = sum(expected * (observed / expected - 1) ** 2 for observed, expected, _ in owners) / total
    by_chance = sum(variance / expected for _, expected, variance in owners) / total
    beyond = spread - by_chance
    return min(1 / beyond, most) if beyond > 0 else most


def _rates(cases: Sequence[PromiseCase]) -> list[float]:
    """The rate of each case's cell."""
    cells: list[_Cell] = [case.strata for case in cases]
    for depth in range(len(cases[0].strata), 0, -1):
        sizes = Counter(cells)
        cells = [cell[:-1] if len(cell) == depth and sizes[cell] < LEAST_CASES else cell for cell in cells]
    sizes = Counter(cells)
    if 0 < sizes[()] < LEAST_CASES and len(sizes) > 1:
        # What is left over of everything joins the smallest cell that stands.
        joined = min((size, cell) for cell, size in sizes.items() if cell)[1]
        cells = [cell or joined for cell in cells]
        sizes = Counter(cells)
    broken = Counter(cell for cell, case in zip(cells, cases, strict=True) if case.is_broken)
    return [broken[cell] / sizes[cell] for cell in cells]
