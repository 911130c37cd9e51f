"""A real HTTP server on loopback that answers as a test tells it to, byte by byte where need be."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Seen:
    """One request as it arrived."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


Reply = Callable[[BaseHTTPRequestHandler, Seen], None]


@dataclass
class Unruly:
    """`reply` answers every request; `seen` holds them in order of arrival."""

    reply: Reply
    url: str = ""
    seen: list[Seen] = field(default_factory=list)


def answer(
    handler: BaseHTTPRequestHandler, status: int, body: bytes = b"", kind: str = "application/json", **headers: str
) -> None:
    """A plain answer; underscores in header names become hyphens."""
    handler.send_response(status)
    for name, value in headers.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.send_header("Content-Type", kind)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


def answer_json(handler: BaseHTTPRequestHandler, value: object, status: int = 200, **headers: str) -> None:
    """A JSON answer."""
    answer(handler, status, json.dumps(value).encode(), **headers)


@contextmanager
def unruly(reply: Reply) -> Iterator[Unruly]:
    """Run the server for the length of a test."""
    state = Unruly(reply)
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _any(self) -> None:
            length = int(self.headers.get("Content-Length", "0"))
            seen = Seen(self.command, self.path, dict(self.headers.items()), self.rfile.read(length))
            with lock:
                state.seen.append(seen)
            try:
                state.reply(self, seen)
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _any

        def log_message(self, *_: object) -> None:
            """Tests print nothing."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        block_on_close = False

    server = Server(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    state.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
