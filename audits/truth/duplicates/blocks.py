"""Which pairs of a whole list are compared at all: those that share a key. Kind by kind, in packed numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from audits.truth.duplicates.keys import KeyKind, Keys, keys_of
from audits.truth.duplicates.table import Flags, Numbers, Table

#: Of a key that more records have, each is compared with its neighbours by name alone: the key is weakened.
MOST_IN_BLOCK = 60
#: Neighbours on either side in a weakened block.
NEIGHBOURS = 8


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
    """Pairs of places in the canonical order, left before right, each once; and the keys that were weakened."""

    left: Numbers
    right: Numbers
    weakened: tuple[Weakened, ...]


def candidates(table: Table, order: Numbers, tell: Callable[[int, int], None] | None = None) -> Candidates:
    """All pairs that share a key. `order`: the rows in canonical order. `tell(done, of)` is called for each kind."""
    size = len(order)
    packed = np.zeros(0, np.int64)
    weakened = []
    for done, (kind, columns) in enumerate(keys_of(table, order), 1):
        columns = [each for each in columns if each.any()]
        if columns:
            found, weak = _pairs_of_kind(kind, columns, size)
            packed = _once(np.concatenate([packed, found]))
            weakened += [weak] if weak is not None else []
        if tell is not None:
            tell(done, len(KeyKind))
    return Candidates(packed // size if size else packed, packed % size if size else packed, tuple(weakened))


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
