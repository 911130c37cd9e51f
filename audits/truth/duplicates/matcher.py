"""One new record against many: only those that share a key with it are looked at, however many there are."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from audits.truth.duplicates.blocks import MOST_IN_BLOCK, NEIGHBOURS
from audits.truth.duplicates.keys import KeyKind, Keys, keys_of
from audits.truth.duplicates.model import SAME_PERSON, Model, shipped
from audits.truth.duplicates.record import Record
from audits.truth.duplicates.table import Numbers, Table
from audits.truth.duplicates.whole_pass import Match, explained

# Rows that wait in dictionaries before they are sorted into a run, and rows added at once by `extend`.
_WAITING, _PORTION = 4096, 100_000
#: Of a key that is too common, so many rows, the newest, are looked through for those that share another one.
MOST_SCANNED = 2000


@dataclass(frozen=True, slots=True)
class WeakKey:
    """A key of the record that is too common: `holders` rows have it, of which `looked_at` were compared."""

    kind: KeyKind
    holders: int
    looked_at: int


@dataclass(frozen=True, slots=True)
class Looked:
    """What was found of one record. `matches`: who is the same person, the surest first; `households`: who shares
    much and is kept apart by a guard; `compared`: how many were compared; `weakened`: keys that were too common."""

    matches: tuple[Match, ...]
    households: tuple[Match, ...]
    compared: int
    weakened: tuple[WeakKey, ...]


@dataclass(frozen=True, slots=True)
class _Run:
    """Keys in their order, with the row of each."""

    keys: Keys
    rows: npt.NDArray[np.int32]


class Matcher:
    """Records to which more are added, and in which one is looked up. `table` holds them in the order of adding; a
    `Match` names the row of a record by its `right`.

    `model`: shipped weights when None. `threshold`: the probability from which two records are one person.
    The same records added in the same order give the same answers. One instance is for one thread.
    """

    def __init__(self, *, model: Model | None = None, threshold: float = SAME_PERSON) -> None:
        self.table = Table()
        self._model = model
        self._threshold = threshold
        self._runs: list[_Run] = []
        self._waiting: dict[int, list[int]] = {}
        self._indexed = 0

    def __len__(self) -> int:
        return len(self.table)

    def add(self, record: Record) -> int:
        """Adds a record; its row. Now and then a part of the index is sorted anew, on average for few rows each."""
        row = self.table.add(record)
        for _, key in _keys(self.table, row):
            self._waiting.setdefault(key, []).append(row)
        if row + 1 - self._indexed >= _WAITING:
            self._sort_in()
        return row

    def extend(self, records: Iterable[Record]) -> None:
        """Adds many, quicker than one by one."""
        for record in records:
            self.table.add(record)
            if len(self.table) - self._indexed >= _PORTION:
                self._sort_in()
        self._sort_in()

    def match(self, record: Record) -> Looked:
        """Who of those added is the person of `record`, which is not added."""
        row = self.table.add(record)
        try:
            rows, weakened = self._sharing(row)
            left = np.full(len(rows), row, np.int64)
            model = self._model or shipped(row + 1)
            found = explained(self.table, model.for_size(row + 1), left, rows)
        finally:
            self.table.remove_last()
        found.sort(key=lambda each: (-each.probability, each.right))
        sure = [each for each in found if each.probability >= self._threshold]
        return Looked(
            matches=tuple(each for each in sure if each.guard is None),
            households=tuple(each for each in sure if each.guard is not None),
            compared=len(rows),
            weakened=weakened,
        )

    def _sharing(self, row: int) -> tuple[Numbers, tuple[WeakKey, ...]]:
        kinds_and_keys = _keys(self.table, row)
        keys = np.array([key for _, key in kinds_and_keys], np.uint64)
        spans = [
            (run.rows, np.searchsorted(run.keys, keys), np.searchsorted(run.keys, keys, "right"))
            for run in self._runs
        ]
        strong: list[Numbers] = []
        weak: list[tuple[KeyKind, int, Numbers]] = []
        for place, (kind, key) in enumerate(kinds_and_keys):
            held = self._waiting.get(key, [])
            parts = [rows[first[place] : end[place]] for rows, first, end in spans if first[place] < end[place]]
            holders = len(held) + sum(map(len, parts))
            if not holders:
                continue
            room = MOST_IN_BLOCK if holders <= MOST_IN_BLOCK else MOST_SCANNED
            rows = np.concatenate([*(part[-room:] for part in parts), held[-room:]]).astype(np.int64)[-room:]
            if holders <= MOST_IN_BLOCK:
                strong.append(rows)
            else:
                weak.append((kind, holders, rows))
        of_strong = np.unique(np.concatenate(strong)) if strong else np.zeros(0, np.int64)
        if not weak:
            return of_strong, ()
        # Of common keys: who shares two of them, and the newest few of each.
        shared, times = np.unique(np.concatenate([np.unique(rows) for _, _, rows in weak]), return_counts=True)
        twice = np.flatnonzero(times > 1)
        chosen = shared[twice[np.lexsort((-shared[twice], -times[twice]))][:MOST_IN_BLOCK]]
        newest = [np.sort(rows)[-NEIGHBOURS:] for _, _, rows in weak]
        every = np.unique(np.concatenate([of_strong, chosen, *newest]))
        told = tuple(WeakKey(kind, holders, int(np.isin(rows, every).sum())) for kind, holders, rows in weak)
        return every, told

    def _sort_in(self) -> None:
        """Sorts the rows that wait into a run, and joins runs of like size, so that there are few."""
        rows = np.arange(self._indexed, len(self.table))
        if not len(rows):
            return
        keys: list[Keys] = []
        holders: list[npt.NDArray[np.int32]] = []
        for _, columns in keys_of(self.table, rows):
            for column in columns:
                given = np.flatnonzero(column)
                keys.append(column[given])
                holders.append(rows[given].astype(np.int32))
        self._runs.append(_sorted(np.concatenate(keys), np.concatenate(holders)))
        self._waiting.clear()
        self._indexed = len(self.table)
        while len(self._runs) > 1 and 2 * len(self._runs[-1].keys) >= len(self._runs[-2].keys):
            last, before = self._runs.pop(), self._runs.pop()
            self._runs.append(
                _sorted(np.concatenate([before.keys, last.keys]), np.concatenate([before.rows, last.rows]))
            )


def _sorted(keys: Keys, rows: npt.NDArray[np.int32]) -> _Run:
    order = np.argsort(keys, kind="stable")
    return _Run(keys[order], rows[order])


def _keys(table: Table, row: int) -> list[tuple[KeyKind, int]]:
    """The different keys of one row."""
    found: dict[int, KeyKind] = {}
    for kind, columns in keys_of(table, np.array([row])):
        for column in columns:
            if column[0]:
                found.setdefault(int(column[0]), kind)
    return [(kind, key) for key, kind in found.items()]
