"""A real PostgreSQL server for the tests: in a folder of its own, on a free loopback port, gone at the end."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path

import psycopg

_SUPERUSER = "leadassay"
_ROOM = 4 * 1024**3


class NoServer(RuntimeError):
    """PostgreSQL is not installed: the tests cannot tell what they are there to tell."""


def _binaries() -> Path:
    """The folder with initdb and postgres of the newest version installed."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name), reverse=True)
    on_path = shutil.which("postgres")
    if on_path:
        folders.append(Path(on_path).resolve().parent)
    for folder in folders:
        if (folder / "initdb").exists() and (folder / "postgres").exists():
            return folder
    raise NoServer(
        "The tests need a PostgreSQL server: install the package postgresql (Debian: apt install postgresql)."
    )


def _memory_folder() -> Path | None:
    """A folder in memory with room for the servers of some test processes: a new database costs a quarter there."""
    folder = Path("/dev/shm")
    if folder.is_dir() and os.access(folder, os.W_OK) and shutil.disk_usage(folder).free > _ROOM:
        return folder
    return None


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


class PostgresServer:
    """One server process. `url(name)` gives the URL of a database on it."""

    def __init__(self, *, fsync: bool = False) -> None:
        self._binaries = _binaries()
        self._folder = Path(tempfile.mkdtemp(prefix="leadassay-pg-", dir=None if fsync else _memory_folder()))
        self._data = self._folder / "data"
        self._log = self._folder / "log"
        self._as_user: list[str] = []
        if os.geteuid() == 0:
            # The server refuses to run as root.
            names = {entry.pw_name for entry in pwd.getpwall()}
            account = pwd.getpwnam("postgres" if "postgres" in names else "nobody")
            os.chown(self._folder, account.pw_uid, account.pw_gid)
            self._as_user = ["setpriv", f"--reuid={account.pw_uid}", f"--regid={account.pw_gid}", "--clear-groups"]
        if shutil.which("setpriv"):
            # A killed test run must not leave a server behind.
            self._as_user = [*(self._as_user or ["setpriv"]), "--pdeathsig=INT"]
        self._fsync = fsync
        self.port = _free_port()
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Make the cluster and wait until it answers."""
        self._run(
            "initdb", "-D", str(self._data), "-U", _SUPERUSER, "--auth=trust", "--encoding=UTF8",
            "--locale=C.UTF-8", "--no-sync", "--no-instructions",
        )  # fmt: skip
        settings = {
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
            "fsync": "on" if self._fsync else "off",
            "synchronous_commit": "on" if self._fsync else "off",
            "full_page_writes": "on" if self._fsync else "off",
            "max_connections": "100",
            "shared_buffers": "64MB",
            "autovacuum": "off",
        }
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [*self._as_user, str(self._binaries / "postgres"), "-D", str(self._data), "-p", str(self.port),
                 *options],
                stdout=log, stderr=log, cwd=self._folder,
            )  # fmt: skip
        deadline = time.monotonic() + 30
        while True:
            try:
                psycopg.connect(self._dsn("postgres"), connect_timeout=2).close()
                return
            except psycopg.OperationalError:
                if self._process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError(f"PostgreSQL did not start: {self._log.read_text()[-2000:]}") from None
                time.sleep(0.05)

    def stop(self) -> None:
        """Stop the server and delete its folder."""
        if self._process is not None:
            self._process.terminate()  # "smart" would wait for clients for ever, hence the second signal
            try:
                self._process.wait(timeout=0.2)
            except subprocess.TimeoutExpired:
                self._process.send_signal(2)  # SIGINT: fast shutdown
                try:
                    self._process.wait(timeout=10)
                except subprocess.TimeoutExpired:
                    self._process.kill()
                    self._process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)

    def url(self, name: str) -> str:
        """The SQLAlchemy URL of the database `name`."""
        return f"postgresql+psycopg://{_SUPERUSER}@127.0.0.1:{self.port}/{name}"

    def execute(self, statement: str) -> None:
        """Run one statement outside of any transaction, such as CREATE DATABASE."""
        with psycopg.connect(self._dsn("postgres"), autocommit=True) as connection:
            connection.execute(statement.encode())

    def _dsn(self, name: str) -> str:
        return f"postgresql://{_SUPERUSER}@127.0.0.1:{self.port}/{name}"

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [*self._as_user, str(self._binaries / program), *arguments],
            capture_output=True,
            text=True,
            cwd=self._folder,
        )
        if done.returncode:
            raise RuntimeError(f"{program} failed: {done.stderr or done.stdout}")
