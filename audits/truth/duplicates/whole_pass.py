"""A whole list at once: clusters of records that are one person, or the pairs that join two lists."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from audits.truth.duplicates.blocks import Candidates, Weakened, candidates
from audits.truth.duplicates.clusters import by_weight, one_to_one, united
from audits.truth.duplicates.compare import FIELDS, LEVELS, Compared, compare
from audits.truth.duplicates.guards import GUARDS, Guard, guarded
from audits.truth.duplicates.model import SAME_PERSON, Model, learned, probability
from audits.truth.duplicates.record import Field
from audits.truth.duplicates.table import Numbers, Table, Weights

#: Pairs compared at once, and pairs from which a model is learned: every so-manieth of all.
_CHUNK = 250_000
_MOST_LEARNED_FROM = 150_000
_BLIND = 12_000
# Far apart in the canonical order, whatever the size: no two neighbours there, no block twice.
_STRIDES = (0.381966011, 0.236067977, 0.145898034, 0.090169944)

Tell = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Reason:
    """What one field says of a pair: at which level both are, and what that weighs (natural log-odds)."""

    field: Field
    level: str
    weight: float


@dataclass(frozen=True, slots=True)
class Match:
    """Two rows with the probability that they are one person, heaviest reasons first. `prior`: what is to be
    overcome, natural log-odds. `guard`: what keeps them apart all the same, None when nothing does."""

    left: int
    right: int
    probability: float
    reasons: tuple[Reason, ...]
    prior: float
    guard: Guard | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """What a whole pass found, in rows of the table. `heads`: for each row the row that stands for its cluster.
    `pairs`: those that are one person, the surest first, with `sums` in natural log-odds; `households`: those that a
    guard kept apart. `compared`: how many pairs were looked at."""

    table: Table
    model: Model
    heads: Numbers
    pairs: tuple[Numbers, Numbers]
    sums: Weights
    households: tuple[Numbers, Numbers]
    compared: int
    weakened: tuple[Weakened, ...]

    def clusters(self) -> Iterator[list[int]]:
        """The rows of each person with more than one record, in canonical order."""
        order = np.argsort(self.heads, kind="stable")
        cuts = np.flatnonzero(np.diff(self.heads[order])) + 1
        for rows in np.split(order, cuts):
            if len(rows) > 1:
                yield rows.tolist()


def find_duplicates(
    table: Table, *, model: Model | None = None, threshold: float = SAME_PERSON, tell: Tell | None = None
) -> Found:
    """Looks for everybody who stands in the table more than once. `model` None: learned from the table itself.
    `threshold`: the probability from which two records are one person. `tell(phase, done, of)` while it goes on.

    The order in which records were added changes no cluster.
    """
    return _passed(table, None, model, threshold, is_one_to_one=False, tell=tell)


def link(
    table: Table,
    left_rows: int,
    *,
    is_one_to_one: bool = True,
    model: Model | None = None,
    threshold: float = SAME_PERSON,
    tell: Tell | None = None,
) -> Found:
    """Joins two lists: the first `left_rows` records of the table and the rest. Pairs within one list are not looked
    at. `is_one_to_one`: nobody stands twice in either list, so that each record has one partner at most."""
    return _passed(table, left_rows, model, threshold, is_one_to_one=is_one_to_one, tell=tell)


def _passed(
    table: Table,
    left_rows: int | None,
    model: Model | None,
    threshold: float,
    *,
    is_one_to_one: bool,
    tell: Tell | None,
) -> Found:
    order = table.in_canon()
    found = candidates(table, order, left_rows, None if tell is None else lambda done, of: tell("keys", done, of))
    if model is None:
        model = _learned(table, order, found, left_rows)
    least = float(np.log(threshold / (1 - threshold)))
    kept: list[tuple[Numbers, Numbers, Weights]] = [(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0))]
    guards: list[tuple[Numbers, Numbers]] = [(np.zeros(0, np.int64), np.zeros(0, np.int64))]
    done, count = 0, found.count
    for left, right in found.chunks(_CHUNK):
        pairs = compare(table, order[left], order[right])
        sums = model.sums(pairs)
        kept_apart = guarded(pairs) > 0
        same = (sums >= least) & ~kept_apart
        kept.append((left[same], right[same], sums[same]))
        guards.append((left[kept_apart], right[kept_apart]))
        done += len(left)
        if tell is not None:
            tell("compare", done, count)
    left, right, sums = (np.concatenate(each) for each in zip(*kept, strict=True))
    apart = tuple(np.concatenate(each) for each in zip(*guards, strict=True))
    if is_one_to_one:
        stays = one_to_one(*_by_side(order, left, right, left_rows or 0), sums)
        left, right, sums = left[stays], right[stays], sums[stays]
    heads = united(len(order), left, right, sums, (apart[0], apart[1]))
    surest = by_weight(left, right, sums)
    of_rows = np.empty(len(order), np.int64)
    of_rows[order] = heads
    return Found(
        table=table,
        model=model,
        heads=order[of_rows] if len(order) else of_rows,
        pairs=(order[left][surest], order[right][surest]),
        sums=sums[surest],
        households=(order[apart[0]], order[apart[1]]),
        compared=count,
        weakened=found.weakened,
    )


def _by_side(order: Numbers, left: Numbers, right: Numbers, left_rows: int) -> tuple[Numbers, Numbers]:
    is_straight = order[left] < left_rows
    return np.where(is_straight, left, right), np.where(is_straight, right, left)


def _learned(table: Table, order: Numbers, found: Candidates, left_rows: int | None) -> Model:
    size = len(order)
    step = max(1, -(-found.count // _MOST_LEARNED_FROM))
    left, right = found.every(step)
    seen = compare(table, order[left], order[right])
    possible = size * (size - 1) / 2 if left_rows is None else left_rows * (size - left_rows)
    return learned(seen, 1 / step, blind_pairs(table, order), size, float(possible))


def blind_pairs(table: Table, order: Numbers) -> Compared:
    """Pairs that nothing but their places brought together, the same for the same records."""
    size = len(order)
    if size < 2:
        return compare(table, np.zeros(0, np.int64), np.zeros(0, np.int64))
    count = min(_BLIND, size * (size - 1) // 2)
    number = np.arange(count)
    one = number % size
    shift = np.array([max(1, int(size * each)) for each in _STRIDES])[number // size % len(_STRIDES)]
    other = (one + shift + number // size // len(_STRIDES)) % size
    apart = one != other
    return compare(table, order[one[apart]], order[other[apart]])


def explained(table: Table, model: Model, left: Numbers, right: Numbers, *, alone: bool = False) -> list[Match]:
    """Each pair of rows with the weight of every field that both have. `alone`: as in `compare`."""
    pairs = compare(table, left, right, alone=alone)
    weights, guards = model.weights(pairs), guarded(pairs)
    chances = probability(weights.sum(axis=0) + model.prior)
    matches = []
    for place in range(len(left)):
        reasons = [
            Reason(field, LEVELS[field][level - 1], round(float(weight), 2))
            for field, level, weight in zip(FIELDS, pairs.levels[:, place], weights[:, place], strict=True)
            if level
        ]
        matches.append(
            Match(
                left=int(left[place]),
                right=int(right[place]),
                probability=round(float(chances[place]), 4),
                reasons=tuple(sorted(reasons, key=lambda each: (-abs(each.weight), each.field))),
                prior=round(model.prior, 2),
                guard=GUARDS[guards[place]],
            )
        )
    return matches
