"""The door under faults: real server processes, locks and full disks, kill -9. The database itself is asked."""

from __future__ import annotations

import itertools
import json
import os
import random
import shutil
import signal
import socket
import sqlite3
import subprocess
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psutil
import psycopg
import pytest
import sqlalchemy as sa

from connector.storage.migrate import upgrade
from tests.conftest import DatabaseUrls
from tests.postgres_server import PostgresServer
from tests.process.web_process import WebProcess
from tests.webhooks.signing import events

pytestmark = pytest.mark.process

both = pytest.mark.parametrize(
    "intake_url", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)], indirect=True
)


@pytest.fixture
def intake_url(request: pytest.FixtureRequest) -> str:
    name = "sqlite_urls" if request.param == "sqlite" else "postgres_urls"
    urls: DatabaseUrls = request.getfixturevalue(name)
    return urls.inbox_url


def stored(url: str) -> list[bytes]:
    """The bodies in the database, by a connection of our own."""
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.connect() as conn:
        found = [bytes(body) for (body,) in conn.execute(sa.text("SELECT body FROM inbox ORDER BY inbox_id"))]
    engine.dispose()
    return found


@contextmanager
def locked(url: str) -> Iterator[None]:
    """Another process's exclusive transaction (to both databases, a connection of its own is the same)."""
    if url.startswith("sqlite"):
        other = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)
        other.execute("BEGIN EXCLUSIVE")
        try:
            yield
        finally:
            other.execute("ROLLBACK")
            other.close()
        return
    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        connection.execute("LOCK TABLE inbox IN ACCESS EXCLUSIVE MODE")
        try:
            yield
        finally:
            connection.rollback()


def wait_for(condition: Callable[[], object], within_s: float = 10) -> None:
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


class Sender:
    """Sends numbered deliveries from some threads until each is acknowledged, as a CRM does."""

    def __init__(self, web: WebProcess, threads: int = 6, pause_s: float = 0.0) -> None:
        self.web, self.pause_s = web, pause_s
        self.acknowledged: set[bytes] = set()
        self.refused: set[int] = set()
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._pool = [threading.Thread(target=self._send) for _ in range(threads)]

    def __enter__(self) -> Sender:
        for thread in self._pool:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._pool:
            thread.join()

    def _send(self) -> None:
        while not self._stop.is_set():
            with self._lock:
                body = events(next(self._numbers), count=3)
            while (status := self.web.send(body)[0]) != 204:
                with self._lock:
                    self.refused.add(status)
                time.sleep(0.02)
            with self._lock:
                self.acknowledged.add(body)
            time.sleep(self.pause_s)


@both
def test_killed_before_the_commit_nothing_was_acknowledged(intake_url: str, tmp_path: Path) -> None:
    body = events(1)
    with WebProcess(intake_url, tmp_path / "log") as web, ThreadPoolExecutor(1) as pool:
        with locked(intake_url):
            answer = pool.submit(web.send, body)
            time.sleep(0.5)
            assert not answer.done()
            web.kill()
            assert answer.result()[0] == 0
        assert stored(intake_url) == []
        web.start()
        assert web.send(body)[0] == 204
        assert stored(intake_url) == [body]


@both
def test_killed_after_the_commit_the_duplicate_is_ignored(intake_url: str, tmp_path: Path) -> None:
    body = events(1)
    with WebProcess(intake_url, tmp_path / "log") as web, ThreadPoolExecutor(1) as pool:
        pool.submit(web.send, body)
        wait_for(lambda: stored(intake_url))
        web.kill()  # whether the answer went out or not: the sender did not get it
        web.start()
        assert [web.send(body)[0] for _ in range(3)] == [204, 204, 204]
        assert stored(intake_url) == [body]


@both
def test_killed_at_random_instants_acknowledged_is_stored(intake_url: str, tmp_path: Path) -> None:
    chance = random.Random(20261121)
    with WebProcess(intake_url, tmp_path / "log") as web, Sender(web) as sender:
        for _ in range(4):
            time.sleep(0.1 + chance.random() * 0.4)
            acknowledged = set(sender.acknowledged)
            web.kill()
            assert acknowledged <= set(stored(intake_url))
            web.start()
        sender.__exit__()
        found = stored(intake_url)
        assert len(found) == len(set(found)) >= 20
        assert sender.acknowledged == set(found)
        assert 0 in sender.refused  # the kills did hit requests


@both
def test_sigterm_under_load_loses_nothing(intake_url: str, tmp_path: Path) -> None:
    with WebProcess(intake_url, tmp_path / "log") as web, Sender(web, threads=4, pause_s=0.06) as sender:
        for _ in range(2):
            time.sleep(0.6)
            web.terminate()
            assert web.wait(within_s=10) == 0
            web.start()
        sender.__exit__()
        found = stored(intake_url)
        assert len(found) == len(set(found)) >= 20
        assert sender.acknowledged == set(found)


def test_sigterm_lets_a_running_request_finish(sqlite_urls: DatabaseUrls, tmp_path: Path) -> None:
    with WebProcess(sqlite_urls.inbox_url, tmp_path / "log") as web, ThreadPoolExecutor(1) as pool:
        with locked(sqlite_urls.inbox_url):
            answer = pool.submit(web.send, events(1))
            time.sleep(0.3)
            web.terminate()
            time.sleep(0.5)
            assert not answer.done()
        assert answer.result()[0] == 204
        assert web.wait(within_s=10) == 0
        assert stored(sqlite_urls.inbox_url) == [events(1)]


@both
def test_locked_storage_is_503_within_5_s_under_load(intake_url: str, tmp_path: Path) -> None:
    numbers = itertools.count(1)
    answers: list[tuple[int, float, dict[str, str]]] = []
    with WebProcess(intake_url, tmp_path / "log") as web:
        assert web.send(events(next(numbers)))[0] == 204

        def send_for(seconds: float) -> None:
            until = time.monotonic() + seconds
            while time.monotonic() < until:
                answers.append(web.send(events(next(numbers))))
                time.sleep(0.2)

        with locked(intake_url), ThreadPoolExecutor(30) as pool:  # more senders than the server has threads
            list(pool.map(send_for, [6.0] * 30))
        assert len(answers) > 100
        assert {status for status, _, _ in answers} == {503}
        assert all(int(headers["retry-after"]) > 0 for _, _, headers in answers)
        assert max(span for _, span, _ in answers) < 5.0
        wait_for(lambda: web.send(events(0))[0] == 204, within_s=2)
        assert events(0) in stored(intake_url)


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[list[str]]:
    """The beginning of a command that sees a disk of `size` at `folder`, in a mount namespace of its own."""
    for unshare in (["unshare", "--mount"], ["unshare", "--map-root-user", "--mount"]):
        if subprocess.run([*unshare, "true"], capture_output=True).returncode == 0:
            break
    else:
        pytest.skip(
            "This machine allows no mount namespaces (a container or chroot): no small disk can be made here."
        )
    mount = f'mount -t tmpfs -o size={size} none {folder} && cp {folder}.seed/* {folder}/ && exec "$@"'
    yield [*unshare, "sh", "-ec", mount, "sh"]


def seen_by(web: WebProcess, folder: Path) -> Path:
    """The folder as the server process sees it."""
    return Path(f"/proc/{web.answering_pid}/root{folder}")


def seeded(tmp_path: Path, filler_bytes: int) -> Path:
    """A folder for a disk, and beside it what is to be copied onto it."""
    folder, seed = tmp_path / "disk", tmp_path / "disk.seed"
    folder.mkdir()
    seed.mkdir()
    upgrade(f"sqlite:///{tmp_path}/main.sqlite", f"sqlite:///{seed}/inbox.sqlite")
    for leftover in seed.glob("inbox.sqlite-*"):
        leftover.unlink()
    (seed / "filler").write_bytes(b"\1" * filler_bytes)
    return folder


def test_full_disk_is_503_without_torn_rows_and_recovers(tmp_path: Path) -> None:
    folder = seeded(tmp_path, 600_000)
    url = f"sqlite:///{folder}/inbox.sqlite"
    with small_disk(folder, "2m") as before, WebProcess(url, tmp_path / "log", before=before) as web:
        acknowledged: set[bytes] = set()
        refusals: list[float] = []
        for number in range(1, 200):
            body = events(number * 100, count=100)
            status, span, _ = web.send(body)
            assert status in {204, 503}
            if status == 503:
                refusals.append(span)
            else:
                acknowledged.add(body)
            if len(refusals) > 10:
                break
        assert len(acknowledged) >= 5
        assert len(refusals) > 10
        assert max(refusals) < 5.0
        disk = seen_by(web, folder)
        (disk / "filler").unlink()
        late = events(1_000_000, count=100)
        wait_for(lambda: web.send(late)[0] == 204)
        shutil.copytree(disk, tmp_path / "copy")
        connection = sqlite3.connect(tmp_path / "copy" / "inbox.sqlite")
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        found = [bytes(body) for (body,) in connection.execute("SELECT body FROM inbox")]
        connection.close()
        # A delivery that was told 503 may be there too: its row was written, and the answer was late.
        assert acknowledged | {late} <= set(found)
        assert len(found) == len(set(found))
        assert all(body.startswith(b"[{") and body.endswith(b"}]") for body in found)


def test_read_only_storage_is_503_and_recovers(tmp_path: Path) -> None:
    folder = seeded(tmp_path, 0)
    url = f"sqlite:///{folder}/inbox.sqlite"
    with small_disk(folder, "4m") as before:
        before[-2] = before[-2].replace("exec", f"mount -o remount,ro {folder} && exec")
        with WebProcess(url, tmp_path / "log", before=before) as web:
            for number in range(3):
                status, span, _ = web.send(events(number))
                assert (status, span < 5.0) == (503, True)
            enter = ["nsenter", "--target", str(web.answering_pid), "--mount"]
            if (Path("/proc/self/ns/user").readlink()) != Path(f"/proc/{web.answering_pid}/ns/user").readlink():
                enter.insert(-1, "--user")
            subprocess.run([*enter, "mount", "-o", "remount,rw", str(folder)], check=True)
            wait_for(lambda: web.send(events(9))[0] == 204)


def test_file_without_the_right_to_write_is_503_and_recovers(sqlite_urls: DatabaseUrls, tmp_path: Path) -> None:
    # Root may write everywhere: without these two rights it is treated as anybody is.
    before = ["setpriv", "--bounding-set", "-dac_override,-dac_read_search"] if os.geteuid() == 0 else []
    file = Path(sqlite_urls.inbox_url.removeprefix("sqlite:///"))
    file.chmod(0o400)
    with WebProcess(sqlite_urls.inbox_url, tmp_path / "log", before=before) as web:
        for number in range(3):
            status, span, _ = web.send(events(number))
            assert (status, span < 5.0) == (503, True)
        for part in file.parent.glob("inbox.sqlite*"):  # the log beside it was made with the file's own rights
            part.chmod(0o600)
        wait_for(lambda: web.send(events(9))[0] == 204)
        assert events(9) in stored(sqlite_urls.inbox_url)


def test_too_many_connections_for_the_open_files_is_survived(sqlite_urls: DatabaseUrls, tmp_path: Path) -> None:
    before = ["prlimit", "--nofile=80:80"]
    with WebProcess(sqlite_urls.inbox_url, tmp_path / "log", before=before) as web:
        with ExitStack() as stack:
            for _ in range(150):
                stack.enter_context(socket.create_connection(("127.0.0.1", web.port), timeout=5))
            time.sleep(0.5)
            answering = web.answering_pid
        wait_for(lambda: web.send(events(1))[0] == 204)
        assert web.answering_pid == answering
        assert stored(sqlite_urls.inbox_url) == [events(1)]


@pytest.mark.postgres
def test_postgres_that_hangs_and_comes_back(
    postgres_server: PostgresServer, postgres_urls: DatabaseUrls, tmp_path: Path
) -> None:
    with WebProcess(postgres_urls.inbox_url, tmp_path / "log") as web:
        assert web.send(events(1))[0] == 204
        server = psutil.Process(postgres_server._process.pid)
        frozen = [server, *server.children(recursive=True)]
        for process in frozen:
            os.kill(process.pid, signal.SIGSTOP)
        try:
            with ThreadPoolExecutor(8) as pool:
                answers = list(pool.map(lambda n: web.send(events(n)), range(10, 34)))
        finally:
            for process in frozen:
                os.kill(process.pid, signal.SIGCONT)
        assert {status for status, _, _ in answers} == {503}
        assert max(span for _, span, _ in answers) < 5.0
        wait_for(lambda: web.send(events(2))[0] == 204)
        assert {events(1), events(2)} <= set(stored(postgres_urls.inbox_url))


def test_a_crashed_server_is_started_again(sqlite_urls: DatabaseUrls, tmp_path: Path) -> None:
    with WebProcess(sqlite_urls.inbox_url, tmp_path / "log") as web:
        time.sleep(0.2)
        first = web.answering_pid
        os.kill(first, signal.SIGKILL)
        wait_for(lambda: web.send(events(1))[0] == 204, within_s=15)
        assert web.answering_pid != first


def test_the_answering_process_ends_with_the_watching_one(sqlite_urls: DatabaseUrls, tmp_path: Path) -> None:
    with WebProcess(sqlite_urls.inbox_url, tmp_path / "log") as web:
        answering = psutil.Process(web.answering_pid)
        os.kill(web.pid, signal.SIGKILL)
        answering.wait(timeout=10)
        assert web.send(events(1))[0] == 0


def test_keys_are_not_in_the_request_environment(sqlite_urls: DatabaseUrls, tmp_path: Path) -> None:
    env = {"LEADASSAY_KEYS": "k1:secret", "HUBSPOT_CLIENT_SECRET": "secret", "HTTP_X_FORGED": "1"}
    with (
        WebProcess(sqlite_urls.inbox_url, tmp_path / "log", env=env) as web,
        urllib.request.urlopen(f"http://127.0.0.1:{web.port}/environment") as answer,
    ):
        seen = json.load(answer)
    assert "PATH" in seen["request"]
    assert not {"LEADASSAY_KEYS", "HUBSPOT_CLIENT_SECRET", "HTTP_X_FORGED"} & {*seen["request"], *seen["process"]}
    assert "X-Forged" not in seen["headers"]
