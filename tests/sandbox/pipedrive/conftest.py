"""Fixtures: a running sandbox of Pipedrive's dialect, the app installed by an admin, a listener for what it sends."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from connector.sandbox import PipedriveConfig, PipedriveControl, PipedriveHandle, run_in_thread
from connector.sandbox.pipedrive.config import PipedriveApp
from tests.sandbox.conftest import Api

COMPANY = 7_000_101
OTHER_COMPANY = 7_000_102
ADMIN = 12_094_821
REP = 12_094_822


@dataclass
class Received:
    """One request as it came."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    at: float

    @property
    def event(self) -> dict[str, Any]:
        event: dict[str, Any] = json.loads(self.body)
        return event


@dataclass
class Listener:
    """A target on loopback; `answers` are the statuses of the next requests, then 200, `pauses` their seconds."""

    url: str = ""
    received: list[Received] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    pauses: list[float] = field(default_factory=list)

    @property
    def events(self) -> list[dict[str, Any]]:
        return [one.event for one in list(self.received)]


@pytest.fixture
def listener() -> Iterator[Listener]:
    found = Listener()

    class Target(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status = found.answers.pop(0) if found.answers else 200
            headers = dict(self.headers.items())
            found.received.append(Received(self.command, self.path, headers, body, time.monotonic()))
            time.sleep(found.pauses.pop(0) if found.pauses else 0.0)
            try:
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()
            except OSError:
                self.close_connection = True

        do_DELETE = do_POST

        def log_message(self, *args: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Target)
    found.url = f"http://127.0.0.1:{server.server_port}/hooks/a-secret-part"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield found
    server.shutdown()
    server.server_close()
    thread.join(5)


@pytest.fixture
def sandbox(listener: Listener) -> Iterator[PipedriveHandle]:
    """The app's callback address is the listener's."""
    with run_in_thread(PipedriveConfig(app=PipedriveApp(redirect_uri=listener.url))) as handle:
        yield handle


@pytest.fixture
def control(sandbox: PipedriveHandle) -> Iterator[PipedriveControl]:
    with PipedriveControl(sandbox.base_url, sandbox.control_token) as control:
        yield control


@pytest.fixture
def api(sandbox: PipedriveHandle, control: PipedriveControl) -> Iterator[Api]:
    """The app, installed in COMPANY by its admin with every scope."""
    caller = Api(sandbox.base_url, str(control.install(COMPANY)["access_token"]))
    yield caller
    caller.session.close()


@pytest.fixture
def rep_api(sandbox: PipedriveHandle, control: PipedriveControl) -> Iterator[Api]:
    """The app, installed in COMPANY by a rep who is no admin."""
    caller = Api(sandbox.base_url, str(control.install(COMPANY, user_id=REP)["access_token"]))
    yield caller
    caller.session.close()


def data_of(answer: Any, status: int = 200) -> Any:
    """The `data` of a success. Fails with what was answered instead."""
    assert answer.status_code == status, f"{answer.status_code} {answer.text}"
    content = answer.json()
    assert content["success"] is True
    return content["data"]


def error_of(answer: Any, status: int) -> str:
    """The `error` of a refusal of that status."""
    assert answer.status_code == status, f"{answer.status_code} {answer.text}"
    content = answer.json()
    assert content["success"] is False
    return str(content["error"])
