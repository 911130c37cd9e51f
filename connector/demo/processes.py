"""The processes of a demo: started on loopback, watched, and all ended together."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

import connector
from connector.errors import ConfigError, LeadAssayError

HOST = "127.0.0.1"
_ROOT = Path(connector.__file__).parent.parent
_OURS = ("LEADASSAY_", "HUBSPOT_", "PIPEDRIVE_")


class DemoFailed(LeadAssayError):
    """The demo could not go on; the sentence says where it stopped and where the log lies."""


@dataclass(slots=True)
class _Running:
    name: str
    process: subprocess.Popen[bytes]
    log: Path


class Crew:
    """Our commands, each a process of its own. Leaving the context ends them all, the last started first."""

    def __init__(self, folder: Path, env: Mapping[str, str]) -> None:
        self._folder = folder
        # Settings of another installation in the caller's environment must not leak into the demo's.
        plain = {name: value for name, value in os.environ.items() if not name.startswith(_OURS)}
        self._env = {
            **plain,
            "PYTHONPATH": os.pathsep.join(filter(None, [str(_ROOT), plain.get("PYTHONPATH", "")])),
            **env,
        }
        self._running: list[_Running] = []

    def __enter__(self) -> Crew:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self, name: str, arguments: Sequence[str]) -> None:
        """Start `leadassay ARGUMENTS`; what it prints goes to `<name>.log` in the folder."""
        log = self._folder / f"{name}.log"
        with log.open("ab") as out:
            process = subprocess.Popen(
                [sys.executable, "-m", "connector.cli", *arguments],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                env=self._env,
                # A Ctrl-C in the terminal is for the demo, which ends the others in their order.
                start_new_session=True,
            )
        self._running.append(_Running(name, process, log))

    def pid(self, name: str) -> int:
        """The process id of one of them."""
        return next(one.process.pid for one in self._running if one.name == name)

    def check(self) -> None:
        """Raise DemoFailed when one of them has ended, with the end of its log."""
        for one in self._running:
            code = one.process.poll()
            if code is not None:
                raise DemoFailed(f"The {one.name} ended with code {code}. The end of {one.log}:\n{_tail(one.log)}")

    def stop(self) -> None:
        """End them: asked first, killed after ten seconds."""
        for one in reversed(self._running):
            _signal_group(one.process, signal.SIGTERM)
        deadline = time.monotonic() + 10
        for one in reversed(self._running):
            try:
                one.process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                _signal_group(one.process, signal.SIGKILL)
                one.process.wait()
        self._running.clear()


def free_port() -> int:
    """A port on loopback that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def check_port(port: int) -> None:
    """Raise ConfigError when the port is taken."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            raise ConfigError(
                f"Port {port} is in use: end what listens there, or choose another with --port."
            ) from None


def _signal_group(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    if process.poll() is None:
        os.killpg(process.pid, number)


def _tail(log: Path, lines: int = 15) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])
