"""The job engine behind our port: its known traps, each on both databases with real processes."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from connector.jobqueue import APPLICATION_VERSION, POLLING_INTERVAL_S, QUEUE

pytestmark = pytest.mark.process


class Processes:
    """Starts queue processes on one store and reads their log."""

    def __init__(self, url: str, log: Path) -> None:
        self.url, self.log = url, log
        self.running: list[subprocess.Popen[bytes]] = []

    def start(
        self, executor: str, wanted: str = "", seconds: float = 0.0, alive: str = "-"
    ) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "tests.jobs.queue_process",
                self.url,
                executor,
                str(self.log),
                wanted,
                str(seconds),
                alive,
            ],
            stderr=subprocess.DEVNULL,
        )
        self.running.append(process)
        self.wait_for(lambda lines: f"ready {executor}" in lines)
        return process

    def lines(self) -> list[str]:
        return self.log.read_text().splitlines() if self.log.exists() else []

    def wait_for(self, seen: Callable[[list[str]], bool], timeout_s: float = 40.0) -> list[str]:
        ends = time.monotonic() + timeout_s
        while not seen(self.lines()):
            assert time.monotonic() < ends, self.lines()
            time.sleep(0.05)
        return self.lines()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def processes(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Processes]:
    url = (
        f"sqlite:///{tmp_path}/jobs.sqlite"
        if request.param == "sqlite"
        else request.getfixturevalue("empty_postgres_url")
    )
    started = Processes(url, tmp_path / "log")
    yield started
    for process in started.running:
        process.kill()
        process.wait()


def test_jobs_of_one_install_never_overlap_and_the_same_key_is_one_job(processes):
    wanted = "a:1,a:1,a:2,a:3,b:1,a:1"
    processes.start("w1", wanted, seconds=0.2)
    lines = processes.wait_for(lambda lines: sum(line.startswith("end") for line in lines) >= 4)
    of_a = [line.split()[0] for line in lines if ":a:" in line]
    assert of_a == ["start", "end"] * 3
    assert sum("advance:a:1 " in line for line in lines) == 2


def test_killed_in_the_middle_the_slot_runs_it_again_at_its_next_start(processes):
    first = processes.start("w1", "a:1", seconds=60)
    processes.wait_for(lambda lines: "start advance:a:1 w1" in lines)
    first.send_signal(signal.SIGKILL)
    first.wait()
    processes.log.unlink()
    processes.start("w1", seconds=0.1)
    lines = processes.wait_for(lambda lines: "end advance:a:1 w1" in lines)
    assert lines.count("end advance:a:1 w1") == 1


def test_killed_for_good_another_worker_reaps_it(processes):
    first = processes.start("w1", "a:1", seconds=60)
    processes.wait_for(lambda lines: "start advance:a:1 w1" in lines)
    first.send_signal(signal.SIGKILL)
    first.wait()
    processes.start("w2", seconds=0.1, alive="w2")
    lines = processes.wait_for(lambda lines: "end advance:a:1 w2" in lines)
    assert "end advance:a:1 w1" not in lines


def test_a_living_workers_job_is_left_alone(processes):
    processes.start("w1", "a:1", seconds=4)
    processes.wait_for(lambda lines: "start advance:a:1 w1" in lines)
    processes.start("w2", seconds=0.1, alive="w1,w2")
    lines = processes.wait_for(lambda lines: any(line.startswith("end advance:a:1") for line in lines))
    assert [line for line in lines if "advance:a:1" in line] == ["start advance:a:1 w1", "end advance:a:1 w1"]


def test_version_is_pinned_polling_is_fast_and_sqlite_is_in_wal_mode(processes):
    processes.start("w1", "a:1", seconds=0)
    processes.wait_for(lambda lines: "end advance:a:1 w1" in lines)
    engine = sa.create_engine(processes.url)
    schema = "" if processes.url.startswith("sqlite") else "dbos."
    with engine.connect() as connection:
        versions = set(
            connection.execute(sa.text(f"SELECT application_version FROM {schema}workflow_status")).scalars()
        )
        polling = connection.execute(
            sa.text(f"SELECT polling_interval_sec FROM {schema}queues WHERE name = :name"), {"name": QUEUE}
        ).scalar_one()
    engine.dispose()
    assert versions == {APPLICATION_VERSION}
    assert polling == POLLING_INTERVAL_S
    if not schema:
        connection = sqlite3.connect(processes.url.removeprefix("sqlite:///"))
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        connection.close()
