"""Rows sorted on disk: chunks are sorted in memory, kept in a temporary file and merged when read.

Memory holds one chunk, and one block of each sorted run, however many rows there are.
"""

from __future__ import annotations

import heapq
import marshal
import tempfile
from array import array
from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import islice
from operator import itemgetter
from typing import Any

import numpy as np

#: When it was delivered, by whom, under which id: rows are read in this order.
Key = tuple[datetime, str, str]
Entry = tuple[Any, ...]

_CHUNK, _BLOCK, _MOST_RUNS = 8_192, 128, 128
_key_of = itemgetter(0)


class _Run:
    """A sorted part of the file: where its blocks stand, and its last key."""

    def __init__(self) -> None:
        self.blocks = array("Q")
        self.last: Key | None = None


class Spool:
    """Entries (plain texts, numbers and tuples of them), kept until `close` and read in the order of their keys."""

    def __init__(self, key_of: Callable[[Entry], Key]) -> None:
        """`key_of` makes the key of an entry again."""
        self._file = tempfile.TemporaryFile()  # noqa: SIM115  (closed by `close`)
        self._key_of = key_of
        self._chunk: list[tuple[Key, Entry]] = []
        self._runs: list[_Run] = []
        self._is_sorted = True
        self._end = 0
        self.count = 0

    def add(self, key: Key, entry: Entry) -> None:
        """Keep one entry. Raises OSError when the disk is full."""
        chunk = self._chunk
        if chunk and key < chunk[-1][0]:
            self._is_sorted = False
        chunk.append((key, entry))
        self.count += 1
        if len(chunk) >= _CHUNK:
            self.flush()

    def flush(self) -> None:
        """Sort what was added and write it."""
        if not self._chunk:
            return
        if not self._is_sorted:
            self._chunk.sort(key=_key_of)
        first = self._chunk[0][0]
        fitting = [run for run in self._runs if run.last is not None and run.last <= first]
        # The run that leaves the smallest gap: a file that is nearly in order stays one run.
        run = max(fitting, key=lambda each: each.last or first, default=None)
        if run is None:
            run = _Run()
            self._runs.append(run)
        run.last = self._chunk[-1][0]
        self._write(run, iter([entry for _, entry in self._chunk]))
        self._chunk.clear()
        self._is_sorted = True
        if len(self._runs) > _MOST_RUNS:
            self._join()

    def _write(self, run: _Run, entries: Iterator[Entry]) -> None:
        self._file.seek(self._end)
        while block := list(islice(entries, _BLOCK)):
            packed = marshal.dumps(block)
            self._file.write(packed)
            run.blocks.extend((self._end, len(packed)))
            self._end += len(packed)

    def _join(self) -> None:
        """Make one run of all, so that a file without any order does not need ever more memory."""
        joined = _Run()
        joined.last = max(run.last for run in self._runs if run.last is not None)
        merged = self._merged()
        while some := list(islice(merged, _CHUNK)):
            self._write(joined, iter(some))
        self._runs = [joined]

    def entries(self) -> Iterator[Entry]:
        """All of them, sorted; as often as asked for."""
        self.flush()
        return self._merged()

    def _merged(self) -> Iterator[Entry]:
        if len(self._runs) == 1:
            return self._of_run(self._runs[0])
        return heapq.merge(*map(self._of_run, self._runs), key=self._key_of)

    def _of_run(self, run: _Run) -> Iterator[Entry]:
        blocks = run.blocks
        for place in range(0, len(blocks), 2):
            self._file.seek(blocks[place])
            yield from marshal.loads(self._file.read(blocks[place + 1]))  # noqa: S302  (our own file)

    def close(self) -> None:
        """Drop everything."""
        self._file.close()


class Twins:
    """Tells the numbers that came with several others, in flat memory: which ids stand in rows that differ."""

    _PART = 1 << 17

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile()  # noqa: SIM115  (closed by `close`)
        self._kept = array("q")
        self._count = 0
        self.count_equal = 0

    def add(self, one: int, other: int) -> None:
        """`one` came with `other`; both of 64 bits. Raises OSError when the disk is full."""
        self._kept.append(one)
        self._kept.append(other)
        if len(self._kept) >= 1 << 15:
            self._flush()

    def _flush(self) -> None:
        self._count += len(self._kept) // 2
        self._file.write(self._kept.tobytes())
        del self._kept[:]

    def found(self) -> set[int]:
        """Those that came with at least two that differ. Counts in `count_equal` what only came again."""
        self._flush()
        self.count_equal = 0
        parts = self._count // self._PART + 1
        several: set[int] = set()
        for part in range(parts):
            pairs = np.concatenate([np.empty((0, 2), np.int64), *self._of_part(part, parts)])
            pairs = pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))]
            again = pairs[1:, 0] == pairs[:-1, 0]
            differ = again & (pairs[1:, 1] != pairs[:-1, 1])
            self.count_equal += int(again.sum() - differ.sum())
            several.update(pairs[1:, 0][differ].tolist())
        return several

    def _of_part(self, part: int, parts: int) -> Iterator[np.ndarray[Any, np.dtype[np.int64]]]:
        self._file.seek(0)
        while raw := self._file.read(1 << 20):
            pairs = np.frombuffer(raw, np.int64).reshape(-1, 2)
            yield pairs[pairs[:, 0] % parts == part]

    def close(self) -> None:
        """Drop everything."""
        self._file.close()
