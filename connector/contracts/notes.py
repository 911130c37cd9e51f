"""Notes on deliveries, kept in a temporary file: what was found of each the first time they were gone through."""

from __future__ import annotations

import io
import pickle
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import fields
from operator import attrgetter
from typing import Any

from audits.contracts.judging import Note
from audits.model.delivery import Proof
from audits.model.quick import quick
from audits.model.said import Count, Listed, Moment, Money, Said, Span, Term
from audits.model.verdict import Missing

_BATCH = 1_000


def _maker(cls: Any) -> Callable[[tuple[Any, ...]], Any]:
    """Makes one of `cls` of all its fields, which had been checked when it was first made."""
    make = quick(cls, checked=True)
    names = tuple(each.name for each in fields(cls))
    return lambda values: make(**dict(zip(names, values, strict=True)))


# What a dataclass with slots does by itself to be pickled takes ten times as long.
_CLASSES = (Said, Moment, Money, Count, Listed, Span, Term, Proof, Missing)
_MAKERS = tuple(map(_maker, _CLASSES))


def _made(number: int, *values: Any) -> Any:
    return _MAKERS[number](values)


def _reducer(number: int, cls: Any) -> Callable[[Any], tuple[Any, ...]]:
    names = tuple(each.name for each in fields(cls))
    if len(names) == 1:
        only = attrgetter(names[0])
        return lambda each: (_made, (number, only(each)))
    of = attrgetter(*names)
    return lambda each: (_made, (number, *of(each)))


_REDUCERS = {cls: _reducer(number, cls) for number, cls in enumerate(_CLASSES)}


class NoteFile:
    """Notes as `judge_all` keeps them, in flat memory until `close`. Raises OSError when the disk is full."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile()  # noqa: SIM115  (closed by `close`)
        self._batch: list[Note] = []

    def append(self, note: Note, /) -> None:
        """Keep one more."""
        self._batch.append(note)
        if len(self._batch) >= _BATCH:
            self._flush()

    def _flush(self) -> None:
        packed = io.BytesIO()
        pickler = pickle.Pickler(packed, pickle.HIGHEST_PROTOCOL)
        pickler.dispatch_table = _REDUCERS
        pickler.dump(self._batch)
        self._file.write(packed.getbuffer())
        self._batch.clear()

    def __iter__(self) -> Iterator[Note]:
        """All of them, in their order; nothing may be added meanwhile."""
        if self._batch:
            self._flush()
        end = self._file.tell()
        self._file.seek(0)
        while self._file.tell() < end:
            yield from pickle.load(self._file)  # noqa: S301  (our own file)

    def close(self) -> None:
        """Drop everything."""
        self._file.close()
