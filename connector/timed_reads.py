"""Connections whose reads end at a deadline, and which look at whom they reached before a byte is sent.

A timeout per read alone would let a server that sends a byte a second hold a worker for ever, within the headers as
well as in the body. Here every read from the socket gets what is left of the whole call's time, and no more.

A name can lead to one address when it is checked and to another when it is called. So the address that counts is the
one at the other end of the socket.
"""

from __future__ import annotations

import http.client
import io
import socket
import threading
import time
from collections.abc import Callable

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from connector.errors import UnexpectedPayload


class _Clock(threading.local):
    """Until when this thread's call may last, on the monotonic clock, and whom it may reach."""

    deadline: float = 0.0
    may_reach: Callable[[str], bool] | None = None


clock = _Clock()
"""Set `clock.deadline` (seconds of time.monotonic) and `clock.may_reach` before each call.

`may_reach(address)` is asked about the IP address of each new connection; None = every address will do.
"""


class _TimedRaw(io.RawIOBase):
    """Reads from a socket until the deadline of this thread's call."""

    def __init__(self, raw: io.RawIOBase, sock: socket.socket) -> None:
        self._raw = raw
        self._sock = sock

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int | None:  # type: ignore[override]
        left_s = clock.deadline - time.monotonic()
        if left_s <= 0:
            raise TimeoutError("the deadline of the call has passed")
        self._sock.settimeout(left_s)
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


class _TimedResponse(http.client.HTTPResponse):
    def __init__(
        self, sock: socket.socket, debuglevel: int = 0, method: str | None = None, url: str | None = None
    ) -> None:
        super().__init__(sock, debuglevel, method, url)
        buffered = self.fp
        self.fp = io.BufferedReader(_TimedRaw(buffered.detach(), sock))


class _Connection(HTTPConnection):
    response_class = _TimedResponse

    def _new_conn(self) -> socket.socket:
        return _reached(super()._new_conn())


class _SecureConnection(HTTPSConnection):
    response_class = _TimedResponse

    def _new_conn(self) -> socket.socket:
        return _reached(super()._new_conn())


def _reached(sock: socket.socket) -> socket.socket:
    """The socket, if its other end may be talked to; else it is closed before anything is sent."""
    may_reach = clock.may_reach
    if may_reach is not None and not may_reach(str(sock.getpeername()[0])):
        sock.close()
        raise UnexpectedPayload(
            "The host leads to an address inside a private network, which it may not. Nothing was sent there. "
            "If that is meant, name the host in LEADASSAY_PRIVATE_CRM_HOSTS."
        )
    return sock


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _SecureConnection


POOLS = {"http": _Pool, "https": _SecurePool}
"""What urllib3's PoolManager takes as `pool_classes_by_scheme`."""
