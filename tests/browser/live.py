"""The real processes for browser tests: sandbox, web and worker, on loopback ports."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from urllib.error import URLError

from connector.sandbox import SandboxConfig, SandboxControl, run_in_thread
from connector.sandbox.config import ClientApp
from connector.sandbox.config import Settings as SandboxSettings
from tests.stack import CLIENT_SECRET, KEYS


def free_port() -> int:
    """A port that is free at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Live:
    """Use as a context manager; `url` is the app's address, `control` steers the sandbox."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        app = ClientApp(
            client_secret=CLIENT_SECRET,
            redirect_uris=(f"{self.url}/oauth/hubspot/callback",),
            webhook_url=f"{self.url}/webhooks/hubspot",
        )
        fast = SandboxSettings(rate_limit=5000, search_limit=500, retry_time_scale=0.00002)
        self.sandbox = run_in_thread(SandboxConfig(app=app, settings=fast))
        self.control = SandboxControl(self.sandbox.base_url, self.sandbox.control_token)
        self.env = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("LEADASSAY_", "HUBSPOT_"))},
            "LEADASSAY_PUBLIC_URL": self.url,
            "LEADASSAY_KEYS": KEYS,
            "LEADASSAY_DATA_DIR": str(directory),
            "LEADASSAY_CRM_CALLS_PER_10S": "5000",
            "HUBSPOT_CLIENT_ID": app.client_id,
            "HUBSPOT_CLIENT_SECRET": CLIENT_SECRET,
            "HUBSPOT_AUTH_URL": self.sandbox.base_url,
            "HUBSPOT_API_URL": self.sandbox.base_url,
        }
        self.processes = [self._start("serve", "--port", str(port))]
        try:
            self.wait(self._answers, 60)
            self.processes.append(self._start("worker"))
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Live:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop everything."""
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self.control.close()
        self.sandbox.stop()

    def mails(self) -> list[str]:
        """Texts of all mails in the file mailbox, oldest first."""
        box = self.directory / "mailbox"
        return [path.read_text() for path in sorted(box.glob("[!.]*"), key=lambda path: path.stat().st_mtime_ns)]

    def sign_in_link(self) -> str:
        """The link in the newest mail."""
        text = self.mails()[-1].replace("=\n", "").replace("=3D", "=")
        found = re.search(rf"{re.escape(self.url)}/sign-in/\S+", text)
        assert found, text
        return found.group(0)

    def wait(self, is_so: Callable[[], bool], timeout_s: float = 60.0) -> None:
        """Until `is_so` holds; fails with the processes' last words."""
        ends = time.monotonic() + timeout_s
        while not is_so():
            assert time.monotonic() < ends, self.log()
            time.sleep(0.2)

    def log(self) -> str:
        """The end of what the processes logged."""
        return "\n".join(path.read_text()[-3000:] for path in sorted(self.directory.glob("*.log")))

    def _start(self, *command: str) -> subprocess.Popen[bytes]:
        with (self.directory / f"{command[0]}.log").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "connector.cli", *command], env=self.env, stdout=log, stderr=log
            )

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/healthz", timeout=2) as answer:
                return bool(answer.status == 200)
        except (URLError, OSError):
            return False
