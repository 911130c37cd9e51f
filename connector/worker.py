"""The worker process: takes a slot, launches the job engine, and keeps pump, beat and reaper going."""

from __future__ import annotations

import os
import socket
import threading
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

from connector.catalog import CRMS
from connector.errors import LeadAssayError, SlotLost
from connector.jobqueue import JobQueue
from connector.jobs import advance, pump
from connector.jobs.context import make_context, utc_now
from connector.jobs.purge import purge_done, purge_due
from connector.logs import get_logger
from connector.settings import Settings
from connector.storage import worker_slots

PUMP_EVERY_S = 0.25
HEARTBEAT_EVERY_S = 2.0
BEAT_EVERY_S = 3.0
HOUSEKEEPING_EVERY_S = 600.0
#: A worker without a sign of life for this long is taken for dead and its jobs are resumed elsewhere.
DEAD_AFTER_S = 15
JOBS_KEPT = timedelta(hours=1)

_log = get_logger(__name__)


class Worker:
    """One worker process. `run` blocks until `stop` is set."""

    def __init__(self, settings: Settings, *, concurrency: int = 4) -> None:
        self._settings = settings
        self._holder = uuid.uuid4().hex
        self._context = make_context(settings, holder=self._holder)
        self._slot = self._claim_slot()
        self._queue = JobQueue(settings.jobs_url, executor_id=self._slot, concurrency=concurrency)
        self._queue.register(advance.NAME, partial(advance.advance, self._context))
        self._stop = threading.Event()
        self._is_slot_lost = False
        self._parsers = {name: entry.parse_delivery for name, entry in CRMS.items()}

    def run(self, stop: threading.Event) -> None:
        """Work until `stop` is set, then let running jobs end. Raises SlotLost when another took this one's slot."""
        self._stop = stop
        self._queue.launch()
        _log.info("worker_started", slot=self._slot)
        threads = [
            threading.Thread(target=self._every, args=(stop, every_s, task), name=name, daemon=True)
            for name, every_s, task in (
                ("pump", PUMP_EVERY_S, self._pump),
                ("heartbeat", HEARTBEAT_EVERY_S, self._heartbeat),
                ("beat", BEAT_EVERY_S, self._beat),
                ("housekeeping", HOUSEKEEPING_EVERY_S, self._housekeeping),
            )
        ]
        for thread in threads:
            thread.start()
        stop.wait()
        for thread in threads:
            thread.join(timeout=10)
        self._queue.stop()
        with self._context.database.write() as connection:
            worker_slots.release_slot(connection, self._slot, self._holder)
        self._context.inbox.close()
        self._context.database.close()
        _log.info("worker_stopped", slot=self._slot)
        if self._is_slot_lost:
            raise SlotLost(f"The slot {self._slot} was taken by another worker process. Start this one again.")

    def _claim_slot(self) -> str:
        """The slot of the settings, or that name with the next free number; a dead holder's slot is free."""
        now = utc_now()
        host = socket.gethostname()
        with self._context.database.write() as connection:
            held = {slot.slot: slot for slot in worker_slots.list_slots(connection)}
            name, number = self._settings.worker_slot, 1
            while name in held and self._lives(held[name], now, host):
                number += 1
                name = f"{self._settings.worker_slot}.{number}"
            worker_slots.take_slot(
                connection,
                worker_slots.WorkerSlot(slot=name, holder=self._holder, host=host, pid=os.getpid(), seen_at=now),
            )
        return name

    @staticmethod
    def _lives(slot: worker_slots.WorkerSlot, now: datetime, host: str) -> bool:
        if slot.host == host and not _is_running(slot.pid):
            return False
        return worker_slots.is_alive(slot, now, DEAD_AFTER_S)

    def _every(self, stop: threading.Event, every_s: float, task: Callable[[], None]) -> None:
        while not stop.wait(every_s):
            try:
                task()
            except LeadAssayError as trouble:
                _log.warning("worker_task_failed", task=task.__name__, reason=str(trouble))
            except Exception as fault:  # noqa: BLE001  (one bad round must not end the thread; it is logged)
                _log.exception("worker_task_crashed", task=task.__name__, kind=type(fault).__name__)

    def _pump(self) -> None:
        while pump.sort_deliveries(self._context, self._parsers) == pump.ROWS:
            continue
        pump.wake_installs(self._context, self._enqueue, with_polls=False)

    def _enqueue(self, install_id: str, key: str) -> None:
        self._queue.enqueue(advance.NAME, install_id, key)

    def _heartbeat(self) -> None:
        with self._context.database.write() as connection:
            is_held = worker_slots.renew_slot(connection, self._slot, self._holder, utc_now())
        if not is_held:
            # Jobs that we took from now on would bear the name of a living worker, and nobody would resume them.
            _log.error("slot_taken", slot=self._slot)
            self._is_slot_lost = True
            self._stop.set()

    def _beat(self) -> None:
        now = utc_now()
        host = socket.gethostname()
        with self._context.database.read() as connection:
            slots = worker_slots.list_slots(connection)
        self._queue.reap({slot.slot for slot in slots if self._lives(slot, now, host)})
        pump.wake_installs(self._context, self._enqueue, with_polls=True)
        pump.mend_wakes(self._context, self._queue.is_over, advance.NAME)
        purge_due(self._context)
        self._queue.purge(now - JOBS_KEPT)

    def _housekeeping(self) -> None:
        purge_done(self._context)


def _is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
