"""What our own writes did to the moments of change, so that a poll does not read again what nobody else touched.

Kept in this process only: another one reads such a record once more, which costs tokens and changes nothing.
"""

from __future__ import annotations

import threading
from collections import OrderedDict

from connector.payloads import JsonObject, find_text

MOST = 50_000
"""Records that are remembered; the oldest are forgotten first (our choice: some 10 MB)."""


class OwnWrites:
    """The moment of change that each record had after we wrote it. Safe to share between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._moments: OrderedDict[tuple[str, str], str] = OrderedDict()

    def note(self, account: str, our_id: str, record: JsonObject) -> None:
        """Remember a record as the answer to our write shows it."""
        moment = find_text(record, "update_time")
        if moment is None:
            return
        with self._lock:
            self._moments[account, our_id] = moment
            self._moments.move_to_end((account, our_id))
            while len(self._moments) > MOST:
                self._moments.popitem(last=False)

    def is_ours(self, account: str, our_id: str, record: JsonObject) -> bool:
        """Whether a listed record was changed last by a write of ours."""
        moment = find_text(record, "update_time")
        with self._lock:
            return moment is not None and self._moments.get((account, our_id)) == moment


OWN_WRITES = OwnWrites()
"""Those of this process."""
