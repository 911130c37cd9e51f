"""What our own writes did to the moments of change, so that a poll does not read again what nobody else touched.

Kept in this process only: another one reads such a record once more, which costs tokens and changes nothing.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping
from typing import TypeVar

from connector.payloads import JsonObject, find_text

_Held = TypeVar("_Held", str, int)
MOST = 50_000
"""Records that are remembered; the oldest are forgotten first (our choice: some 10 MB)."""


class OwnWrites:
    """The moment of change that each record had after we wrote it, and what we wrote to it last. Safe to share
    between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._moments: OrderedDict[tuple[str, str], str] = OrderedDict()
        self._values: OrderedDict[tuple[str, str], int] = OrderedDict()

    def note(self, account: str, our_id: str, record: JsonObject) -> None:
        """Remember a record as the answer to our write shows it."""
        moment = find_text(record, "update_time")
        if moment is None:
            return
        with self._lock:
            _put(self._moments, (account, our_id), moment)

    def note_values(self, account: str, our_id: str, values: Mapping[str, str]) -> None:
        """Remember what a record took."""
        with self._lock:
            _put(self._values, (account, our_id), _mark(values))

    def has_values(self, account: str, our_id: str, values: Mapping[str, str]) -> bool:
        """Whether the very same was what we wrote to it last."""
        with self._lock:
            return self._values.get((account, our_id)) == _mark(values)

    def is_ours(self, account: str, our_id: str, record: JsonObject) -> bool:
        """Whether a listed record was changed last by a write of ours."""
        moment = find_text(record, "update_time")
        with self._lock:
            return moment is not None and self._moments.get((account, our_id)) == moment


def _put(held: OrderedDict[tuple[str, str], _Held], key: tuple[str, str], value: _Held) -> None:
    held[key] = value
    held.move_to_end(key)
    while len(held) > MOST:
        held.popitem(last=False)


def _mark(values: Mapping[str, str]) -> int:
    return hash(frozenset(values.items()))


OWN_WRITES = OwnWrites()
"""Those of this process."""
