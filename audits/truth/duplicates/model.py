"""What each level of likeness weighs: the log of how much more often it is seen of one person than of two.

`m`: how often two records of one person are at that level; `u`: how often two records of two persons are. Both are
shipped, and learned from the records themselves without labels where there are enough: `u` from pairs that have
nothing to do with one another, `m` by expectation and maximisation on pairs that share a key. A value that many have
weighs less: there `u` is how common that value is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from audits.truth.duplicates.compare import FIELDS, LEVELS, PLACE, Compared
from audits.truth.duplicates.record import Field
from audits.truth.duplicates.table import Weights

#: From this probability on two records are one person; see docs/duplicates.md.
SAME_PERSON = 0.5

# (m, u) of each level, level 1 first. Ours: how people err when they write their own data twice.
_SHIPPED: dict[Field, tuple[tuple[float, float], ...]] = {
    Field.FIRST_NAME: ((0.80, 5e-3), (0.07, 2e-3), (0.06, 2e-2), (0.07, 0.973)),
    Field.LAST_NAME: ((0.84, 2e-3), (0.07, 1e-3), (0.05, 1.5e-2), (0.04, 0.982)),
    # Two persons agree by chance one way round as often as the other: their names have weighed that already.
    Field.ORDER: ((0.97, 1.0), (0.03, 1.0)),
    Field.EMAIL: ((0.70, 1e-6), (0.02, 1e-4), (0.05, 1e-4), (0.05, 5e-5), (0.18, 0.99975)),
    Field.PHONE: ((0.75, 3e-6), (0.05, 2e-5), (0.20, 0.99998)),
    Field.BIRTH_DATE: ((0.84, 5e-5), (0.09, 1e-3), (0.02, 3e-3), (0.02, 3e-2), (0.03, 0.966)),
    Field.STREET: (
        (0.62, 2e-5), (0.06, 1e-4), (0.14, 2e-4), (0.05, 2e-3), (0.04, 1e-2), (0.02, 2e-2), (0.07, 0.968),
    ),
    Field.LINE2: ((0.65, 1e-3), (0.15, 2e-3), (0.20, 0.997)),
    Field.AREA: (
        (0.72, 5e-4), (0.03, 5e-4), (0.05, 5e-4), (0.07, 3e-4), (0.03, 5e-3), (0.04, 5e-3), (0.02, 5e-3),
        (0.04, 0.98),
    ),
    Field.COMPANY: ((0.60, 1e-3), (0.15, 2e-3), (0.25, 0.997)),
}  # fmt: skip
#: Of these levels `u` is how common the value is, on which both agree.
_COMMON: dict[Field, tuple[int, ...]] = {
    Field.FIRST_NAME: (1,),
    Field.LAST_NAME: (1,),
    Field.EMAIL: (1, 2),
    Field.PHONE: (1,),
    Field.LINE2: (1,),
    Field.AREA: (1, 2, 3, 4, 5, 6),
    Field.COMPANY: (1,),
}
# So many pairs of each kind would have to be seen before what is learned weighs as much as what is shipped.
_SHIPPED_MATCHES, _SHIPPED_OTHERS = 50.0, 2000.0
# What is shipped is never outweighed by more than this: among many records, people of one name look like one person,
# and whoever learns from that alone learns that a person has many numbers.
_SHIPPED_SHARE = 0.5
# Of a value that was seen, so many more people have it than the file shows.
_UNSEEN_HOLDERS = 1.0
# So many records with one address or number may be one person's; of other values the two that are compared.
_OWN_HOLDERS = {Field.EMAIL: 10, Field.PHONE: 10}
_ROUNDS = 12
# A list is taken for a part of at least so many people.
_LEAST_SIZE = 1000
_LEAST_RARE = 1e-7


@dataclass(frozen=True, slots=True)
class Model:
    """`m` and `u` per field and level; `size`: how many records the counts of values are out of; `prior`: natural
    log-odds that two records taken blindly are one person."""

    m: Mapping[Field, tuple[float, ...]]
    u: Mapping[Field, tuple[float, ...]]
    size: int
    prior: float

    def for_size(self, size: int) -> Model:
        """The same weights among another number of records: the more there are, the less likely is each of them."""
        fewer = max(self.size, _LEAST_SIZE) / max(size, _LEAST_SIZE)
        return replace(self, size=size, prior=self.prior + float(np.log(fewer)))

    def weights(self, pairs: Compared) -> Weights:
        """Natural log-odds of each field (rows, in the order of FIELDS) for each pair; 0 where nothing is known."""
        found = np.zeros(pairs.levels.shape, np.float64)
        for field in FIELDS:
            place = PLACE[field]
            table = np.array([0.0, *(np.log(np.divide(self.m[field], self.u[field])))])
            levels = pairs.levels[place]
            found[place] = table[levels]
            for level in _COMMON.get(field, ()):
                there = np.flatnonzero((levels == level) & (pairs.holders[place] > 0))
                if len(there):
                    common = self._common(field, level, pairs.holders[place][there])
                    found[place][there] = np.log(self.m[field][level - 1]) - np.log(common)
        return found

    def _common(self, field: Field, level: int, holders: Weights) -> Weights:
        """How often two persons share a value that so many records have, those of one person taken off."""
        shipped, size = _SHIPPED[field][level - 1][1], max(self.size, _LEAST_SIZE)
        own = _OWN_HOLDERS.get(field, 2)
        others = np.maximum(holders.astype(np.float64) - own, 0) + _UNSEEN_HOLDERS * min(1.0, size * shipped)
        return np.maximum(others / size, _LEAST_RARE)

    def sums(self, pairs: Compared) -> Weights:
        """Natural log-odds that each pair is one person."""
        total: Weights = self.weights(pairs).sum(axis=0) + self.prior
        return total


def shipped(size: int, prior: float | None = None) -> Model:
    """The model before anything was learned, for `size` records of which one in five has a double."""
    m = {field: tuple(each for each, _ in rows) for field, rows in _SHIPPED.items()}
    u = {field: tuple(each for _, each in rows) for field, rows in _SHIPPED.items()}
    return Model(m, u, size, float(np.log(0.2 / max(size, _LEAST_SIZE))) if prior is None else prior)


def learned(candidates: Compared, share: float, blind: Compared, size: int, pairs: float) -> Model:
    """The model that explains these records best.

    `candidates`: pairs that share a key, `share` of all such; `blind`: pairs taken without looking; `size`: records;
    `pairs`: how many pairs could be made of them.
    """
    model = shipped(size)
    if size < 2:
        return model
    # Of a short list as much is asked as of a longer one: who stands in it was not chosen for being alike.
    pairs *= max(1.0, _LEAST_SIZE / size)
    blind, times = _patterns(blind)
    for _ in range(_ROUNDS):
        is_match = probability(model.sums(candidates))
        is_other = times * (1 - probability(model.sums(blind)))
        m = {each: _blended(candidates, is_match, each, 0, _SHIPPED_MATCHES, _SHIPPED_SHARE) for each in FIELDS}
        u = {
            each: model.u[each] if each is Field.ORDER else _blended(blind, is_other, each, 1, _SHIPPED_OTHERS)
            for each in FIELDS
        }
        matches = is_match.sum() / share + 0.02 * size
        model = Model(m, u, size, float(np.log(matches / max(pairs - matches, 1.0))))
    return model


def _patterns(pairs: Compared) -> tuple[Compared, Weights]:
    """One pair of each pattern of levels, and how many pairs have it: strangers differ in few ways."""
    packed = np.zeros(len(pairs.left), np.int64)
    for row in pairs.levels:
        packed = packed * 16 + row
    _, first, times = np.unique(packed, return_index=True, return_counts=True)
    return pairs.taken(first), times.astype(np.float64)


def _blended(
    pairs: Compared, weight: Weights, field: Field, side: int, trust: float, share: float = 0.0
) -> tuple[float, ...]:
    """How often each level is seen in these pairs, with `trust` pairs of what is shipped among them, and as many more
    as make up the `share`."""
    prior = np.array([each[side] for each in _SHIPPED[field]])
    seen = np.bincount(pairs.of(field), weights=weight, minlength=len(LEVELS[field]) + 1)[1:]
    trust = max(trust, seen.sum() * share / (1 - share))
    blended = seen + trust * prior / prior.sum()
    return tuple((blended / blended.sum()).tolist())


def probability(log_odds: Weights) -> Weights:
    """Of natural log-odds."""
    found: Weights = 1 / (1 + np.exp(-np.clip(log_odds, -40, 40)))
    return found
