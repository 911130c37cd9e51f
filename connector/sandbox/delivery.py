"""What every dialect's sender of webhooks shares: its threads, its connections, its log."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import requests

from connector.sandbox.wire import JsonObject


class DeliveryThreads(ABC):
    """Base of a dispatcher: one thread runs `_run`, a pool sends; all state is guarded by `_wake`."""

    def __init__(self, concurrency: int) -> None:
        self._wake = threading.Condition()
        self._in_flight = 0
        self._last_delivery = 0
        self._log: list[JsonObject] = []
        self._counts: Counter[str] = Counter()
        self._is_stopping = False
        self._local = threading.local()
        self._sessions: list[requests.Session] = []
        self._pool = ThreadPoolExecutor(concurrency, thread_name_prefix="sandbox-webhook")
        self._thread = threading.Thread(target=self._run, name="sandbox-dispatcher", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """End the threads; what is undelivered stays so."""
        with self._wake:
            self._is_stopping = True
            self._wake.notify_all()
        if self._thread.is_alive():
            self._thread.join(10)
        self._pool.shutdown(wait=True, cancel_futures=True)
        for session in self._sessions:
            session.close()

    def report(self, since: int = 0) -> JsonObject:
        """What is pending, how often what happened, and the deliveries from the `since`-th on."""
        with self._wake:
            return {
                "pending": self._waiting() + self._in_flight,
                "counts": dict(self._counts),
                "deliveries": self._log[since:],
            }

    @abstractmethod
    def _run(self) -> None:
        """The dispatcher's loop, until `_is_stopping`."""

    @abstractmethod
    def _waiting(self) -> int:
        """How many events wait to be sent; called with `_wake` held."""

    def _session(self) -> requests.Session:
        """The calling thread's own connections."""
        session: requests.Session | None = getattr(self._local, "session", None)
        if session is None:
            session = requests.Session()
            session.trust_env = False
            self._local.session = session
            with self._wake:
                self._sessions.append(session)
        return session
