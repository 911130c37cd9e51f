"""Waiting for what other processes do."""

from __future__ import annotations

import time
from collections.abc import Callable


def wait_for(is_so: Callable[[], bool], timeout_s: float = 60.0) -> None:
    """Until `is_so` holds. Fails the test after `timeout_s` seconds."""
    ends = time.monotonic() + timeout_s
    while not is_so():
        assert time.monotonic() < ends, "it did not come about in time"
        time.sleep(0.1)
