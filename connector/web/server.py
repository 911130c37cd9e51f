"""The web server: granian, one process that answers, with threads; a second one watches it and starts it again."""

from __future__ import annotations

import multiprocessing
import os
import resource
import signal
import threading
from collections.abc import Callable, Iterable
from importlib import import_module
from typing import Any

from granian import Granian
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels

from connector.settings import CRM_APPS

#: Requests that are being answered at once. A sender that drips its body holds a thread (this server cannot put an
#: end to a read), so there are more than two cores could use.
DEFAULT_THREADS = 32
#: How long requests that run when we are told to stop may still take; a deploy waits no longer.
STOP_WITHIN_S = 15
#: Headers must be there within this time. It also ends connections that are kept open and idle.
_HEADERS_WITHIN_MS = 10_000
#: Connections at once; others wait in the kernel's queue. Idle ones count too, hence so many: with few, as many slow
#: senders would keep everybody else out until the time for their headers is over.
_CONNECTIONS = 2048
#: The server shows its environment to the app as if it were part of the request: ours holds keys, and a variable
#: HTTP_X would look like a header X.
_HIDDEN = ("LEADASSAY_", "HTTP_", "PG", "SMTP_", *(f"{crm.upper()}_" for crm in CRM_APPS))

WsgiApp = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


def run_web(target: str, host: str, port: int, threads: int = DEFAULT_THREADS) -> None:
    """Serve the WSGI app that the function `target` ("module:function") makes, until SIGTERM or SIGINT.

    The app is made in the process that answers, after it was started, and again whenever it had to be started again.
    """
    _allow_open_files(_CONNECTIONS + 1024)
    server = Granian(
        target,
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        http=HTTPModes.http1,
        websockets=False,
        workers=1,
        blocking_threads=threads,
        backpressure=_CONNECTIONS,
        http1_settings=HTTP1Settings(header_read_timeout=_HEADERS_WITHIN_MS),
        respawn_failed_workers=True,
        workers_kill_timeout=STOP_WITHIN_S,
        log_level=LogLevels.error,
    )
    server.serve(target_loader=_load)


def _allow_open_files(wanted: int) -> None:
    """Every connection is an open file, and the usual limit is 1024. What is not granted stays as it is."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    granted = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < granted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (granted, hard))


def _load(target: str) -> WsgiApp:
    module, _, name = target.partition(":")
    make: Callable[[], WsgiApp] = getattr(import_module(module), name)
    app = make()
    for variable in [name for name in os.environ if name.startswith(_HIDDEN)]:
        del os.environ[variable]
    threading.Thread(target=_end_with_parent, name="parent-watch", daemon=True).start()
    return app


def _end_with_parent() -> None:
    """A killed parent must not leave this process answering on its port, unwatched and unknown."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os.kill(os.getpid(), signal.SIGTERM)
