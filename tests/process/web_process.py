"""A web server as a process group of its own, to be started, stopped and killed."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import psutil

from tests.webhooks.signing import signed_headers

ROOT = Path(__file__).parents[2]


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


class WebProcess:
    """tests.process.intake_app on a free port. `before`: a command that executes the server as its last argument."""

    def __init__(
        self, inbox_url: str, log: Path, *, before: Sequence[str] = (), env: dict[str, str] | None = None
    ) -> None:
        self.port = free_port()
        self.log = log
        self._command = [*before, sys.executable, "-m", "tests.process.intake_app"]
        self._env = os.environ | {"INTAKE_URL": inbox_url, "INTAKE_PORT": str(self.port)} | (env or {})
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> WebProcess:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._process is not None and self._process.poll() is None:
            self.kill()

    @property
    def pid(self) -> int:
        """The process that watches."""
        assert self._process is not None
        return self._process.pid

    @property
    def answering_pid(self) -> int:
        """The process that answers."""
        [child] = psutil.Process(self.pid).children()
        return child.pid

    def start(self) -> None:
        """Start and wait until it answers."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command, cwd=ROOT, env=self._env, stdout=log, stderr=log, start_new_session=True
            )
        self.wait_until_answering()

    def wait_until_answering(self, within_s: float = 20) -> None:
        deadline = time.monotonic() + within_s
        while True:
            try:
                connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=1)
                connection.request("GET", "/environment")
                connection.getresponse().read()
                connection.close()
                return
            except OSError:
                if time.monotonic() > deadline or self.is_over():
                    raise RuntimeError(f"the server does not answer: {self.log.read_text()[-3000:]}") from None
                time.sleep(0.02)

    def is_over(self) -> bool:
        return self._process is None or self._process.poll() is not None

    def kill(self) -> None:
        """kill -9 of all its processes at once."""
        assert self._process is not None
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def terminate(self) -> None:
        """SIGTERM to the process that watches, as a deploy does."""
        assert self._process is not None
        self._process.terminate()

    def wait(self, within_s: float) -> int:
        """The exit code."""
        assert self._process is not None
        return self._process.wait(within_s)

    def send(self, body: bytes, timeout_s: float = 10) -> tuple[int, float, dict[str, str]]:
        """One signed delivery on a new connection: status (0 = no answer), seconds, headers of the answer."""
        begun = time.monotonic()
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout_s)
        try:
            headers = signed_headers(body, time.time_ns() // 1_000_000)
            connection.request("POST", "/webhooks/hubspot", body, headers)
            answer = connection.getresponse()
            answer.read()
            return answer.status, time.monotonic() - begun, {k.lower(): v for k, v in answer.getheaders()}
        except (OSError, http.client.HTTPException):
            return 0, time.monotonic() - begun, {}
        finally:
            connection.close()
