"""Several worker processes of one install that call its CRM as fast as the shared budget lets them."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from connector.errors import RetryLater
from connector.jobs.context import make_context
from connector.logs import configure_logs
from connector.settings import load_settings
from connector.storage import installs
from tests.processes import process_context
from tests.sides.side import Call


def call_for(env: Mapping[str, str], install_id: str, seconds: float, threads: int = 2) -> None:
    """Ask for the account again and again for `seconds`, as one process does with its own adapter."""
    settings = load_settings(env)
    configure_logs(settings.log_level)
    context = make_context(settings, holder=f"caller-{threading.get_native_id()}")
    with context.database.read() as connection:
        install = installs.get_install(connection, install_id)
    ends_at = time.monotonic() + seconds

    def call() -> None:
        adapter = context.adapter_for(install)
        while time.monotonic() < ends_at:
            try:
                adapter.account()
            except RetryLater as later:
                time.sleep(min(later.after_s, max(0.0, ends_at - time.monotonic())))

    workers = [threading.Thread(target=call) for _ in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    context.inbox.close()
    context.database.close()


def call_together(env: Mapping[str, str], install_id: str, seconds: float, processes: int) -> None:
    """`call_for` in so many processes at once. Raises AssertionError when one of them failed."""
    context = process_context()
    workers = [
        context.Process(target=call_for, args=(dict(env), install_id, seconds), daemon=True) for _ in range(processes)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(seconds + 60)
    assert [worker.exitcode for worker in workers] == [0] * processes


@dataclass(frozen=True, slots=True)
class Use:
    """What a log of calls shows of a rolling window: `refused` 429s, and by how much the rest filled it.

    `share`: 1.0 = every call came exactly when the server would take it. Taken over all pairs of calls that are
    `limit` apart: the server lets the second pass once the window has passed since the first.
    """

    made: int
    refused: int
    share: float
    first_window: int


def use_of(calls: Sequence[Call], limit: int, window_s: float) -> Use:
    """How `limit` calls in `window_s` seconds were used. Raises ValueError for less than one window of calls."""
    moments = sorted(call.at.timestamp() for call in calls if call.at is not None and call.status != 429)
    gaps = [later - earlier for earlier, later in zip(moments, moments[limit:], strict=False)]
    if not gaps:
        raise ValueError(f"{len(moments)} calls do not fill one window of {limit}")
    return Use(
        made=len(moments),
        refused=sum(call.status == 429 for call in calls),
        share=window_s / (sum(gaps) / len(gaps)),
        first_window=sum(moment < moments[0] + window_s for moment in moments),
    )
