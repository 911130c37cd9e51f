"""Fixtures: a running sandbox, the app installed in one portal, a listener for webhooks."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import requests

from connector.sandbox import SandboxConfig, SandboxControl, SandboxHandle, run_in_thread

PORTAL = 247_279_312
OTHER_PORTAL = 247_279_313
ADMIN = 98_499_705
REP = 98_499_706


class Api:
    """A caller with a token; paths are relative to the sandbox."""

    def __init__(self, base_url: str, token: str) -> None:
        self.base_url = base_url
        self.session = requests.Session()
        self.session.headers["Authorization"] = f"Bearer {token}"

    def call(self, method: str, path: str, sent: object = None, timeout: float = 10) -> requests.Response:
        return self.session.request(method, self.base_url + path, json=sent, timeout=timeout)

    def get(self, path: str, timeout: float = 10) -> requests.Response:
        return self.call("GET", path, timeout=timeout)

    def post(self, path: str, sent: object, timeout: float = 10) -> requests.Response:
        return self.call("POST", path, sent, timeout)


@dataclass
class Received:
    """One webhook request as it came."""

    headers: dict[str, str]
    body: bytes
    at: float

    @property
    def events(self) -> list[dict[str, object]]:
        events: list[dict[str, object]] = json.loads(self.body)
        return events


@dataclass
class Listener:
    """A webhook target on loopback; `answers` are the statuses of the next requests, then 200."""

    url: str = ""
    received: list[Received] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    pause_s: float = 0.0

    @property
    def events(self) -> list[dict[str, object]]:
        return [event for one in list(self.received) for event in one.events]


@pytest.fixture
def listener() -> Iterator[Listener]:
    found = Listener()

    class Target(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status = found.answers.pop(0) if found.answers else 200
            found.received.append(Received(dict(self.headers.items()), body, time.monotonic()))
            time.sleep(found.pause_s)
            try:
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()
            except OSError:
                self.close_connection = True

        def log_message(self, *args: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Target)
    found.url = f"http://127.0.0.1:{server.server_port}/webhooks/hubspot"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield found
    server.shutdown()
    server.server_close()
    thread.join(5)


@pytest.fixture
def sandbox() -> Iterator[SandboxHandle]:
    with run_in_thread(SandboxConfig()) as handle:
        yield handle


@pytest.fixture
def control(sandbox: SandboxHandle) -> Iterator[SandboxControl]:
    with SandboxControl(sandbox.base_url, sandbox.control_token) as control:
        yield control


@pytest.fixture
def api(sandbox: SandboxHandle, control: SandboxControl) -> Iterator[Api]:
    """The app, installed in PORTAL with every scope."""
    caller = Api(sandbox.base_url, str(control.install(PORTAL)["access_token"]))
    yield caller
    caller.session.close()
