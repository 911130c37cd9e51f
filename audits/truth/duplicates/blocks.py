"""Which pairs of a whole list are compared at all: those that share a key. Kind by kind, in packed numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from audits.truth.duplicates.keys import KeyKind, Keys, keys_of
from audits.truth.duplicates.table import Flags, Numbers, Table

#: Of a key that more records have, each is compared with its neighbours by name alone: the key is weakened.
MOST_IN_BLOCK = 32
#: Neighbours on either side in a weakened block.
NEIGHBOURS = 6


@dataclass(frozen=True, slots=True)
class Weakened:
    """A kind of key of which `blocks` values are so common that they were weakened, with the `records` that have
    them; `largest`: how many have the commonest."""

    kind: KeyKind
    blocks: int
    records: int
    largest: int


@dataclass(frozen=True, slots=True)
class Candidates:
    """Pairs of places in the canonical order of `size` records: left * size + right, left before right. Each stands
    once in one of the sorted `parts`, of which there is one for each kind of key. `weakened`: keys that were."""

    size: int
    parts: tuple[Numbers, ...]
    weakened: tuple[Weakened, ...]

    @property
    def count(self) -> int:
        """How many pairs there are."""
        return sum(map(len, self.parts))

    def chunks(self, most: int) -> Iterator[tuple[Numbers, Numbers]]:
        """All pairs as left and right, no more than `most` at once."""
        for part in self.parts:
            for start in range(0, len(part), most):
                chunk = part[start : start + most]
                yield chunk // self.size, chunk % self.size

    def every(self, step: int) -> tuple[Numbers, Numbers]:
        """Each `step`-th pair of each part."""
        chosen = np.concatenate([np.zeros(0, np.int64), *(part[::step] for part in self.parts)])
        return chosen // max(self.size, 1), chosen % max(self.size, 1)


def candidates(
    table: Table,
    order: Numbers,
    left_rows: int | None = None,
    tell: Callable[[int, int], None] | None = None,
) -> Candidates:
    """All pairs that share a key. `order`: the rows in canonical order; `left_rows`: pairs only between the first so
    many rows of the table and the others. `tell(done, of)` is called for each kind."""
    size = len(order)
    parts: list[Numbers] = []
    weakened = []
    is_left = None if left_rows is None else order < left_rows
    for done, (kind, columns) in enumerate(keys_of(table, order), 1):
        columns = [each for each in columns if each.any()]
        if columns:
            found, weak = _pairs_of_kind(kind, columns, size)
            weakened += [weak] if weak is not None else []
            if is_left is not None:
                found = found[is_left[found // size] != is_left[found % size]]
            # Part by part instead of all in one: so there is never a second copy of them all.
            for part in parts:
                found = found[~_among(found, part)]
            parts += [found] if len(found) else []
        if tell is not None:
            tell(done, len(KeyKind))
    return Candidates(size, tuple(parts), tuple(weakened))


def _among(some: Numbers, part: Numbers) -> Flags:
    """Which of `some` stand in `part`, both in order."""
    places = np.searchsorted(part, some)
    places[places == len(part)] = 0
    found: Flags = part[places] == some
    return found


def _pairs_of_kind(kind: KeyKind, columns: list[Keys], size: int) -> tuple[Numbers, Weakened | None]:
    keys = np.stack(columns, axis=1).ravel()
    rows = np.repeat(np.arange(size), len(columns))
    given = keys != 0
    keys, rows = keys[given], rows[given]
    by_key = np.argsort(keys, kind="stable")
    keys, rows = keys[by_key], rows[by_key]
    starts = np.flatnonzero(np.concatenate([[True], keys[1:] != keys[:-1]]))
    lengths = np.diff(np.concatenate([starts, [len(keys)]]))
    is_large = np.repeat(lengths > MOST_IN_BLOCK, lengths)
    found = list(_neighbours(keys, rows, is_large, size))
    large = lengths[lengths > MOST_IN_BLOCK]
    weak = Weakened(kind, len(large), int(large.sum()), int(large.max())) if len(large) else None
    return _once(np.concatenate(found)) if found else np.zeros(0, np.int64), weak


def _once(packed: Numbers) -> Numbers:
    """Each number once, in order; sorted in place, for there may be many."""
    packed.sort()
    fresh = np.ones(len(packed), np.bool_)
    np.not_equal(packed[1:], packed[:-1], out=fresh[1:])
    return packed[fresh]


def _neighbours(keys: Keys, rows: Numbers, is_large: Flags, size: int) -> Iterator[Numbers]:
    """Pairs at distance 1, 2, … in the order of keys, as left * size + right, until no block is that long."""
    at = np.arange(len(keys) - 1)
    for distance in range(1, MOST_IN_BLOCK):
        at = at[at + distance < len(keys)]
        if distance > NEIGHBOURS:
            at = at[~is_large[at]]
        at = at[keys[at] == keys[at + distance]]
        if not len(at):
            return
        one, other = rows[at], rows[at + distance]
        left, right = np.minimum(one, other), np.maximum(one, other)
        apart = left != right
        yield left[apart] * size + right[apart]
