"""Migrations: they make what the code expects, once, whoever runs them and wherever they are killed."""

from __future__ import annotations

import multiprocessing
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from connector.errors import StorageBusy
from connector.storage.database import Database
from connector.storage.migrate import current_version, newest_version, upgrade
from connector.storage.tables import inbox_metadata, metadata
from tests.conftest import DatabaseUrls

OURS = {*metadata.tables, *inbox_metadata.tables}


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def empty_urls(request: pytest.FixtureRequest, tmp_path: Path) -> DatabaseUrls:
    """Databases without any tables."""
    if request.param == "sqlite":
        return DatabaseUrls(f"sqlite:///{tmp_path}/new/main.sqlite", f"sqlite:///{tmp_path}/new/inbox.sqlite")
    url = request.getfixturevalue("empty_postgres_url")
    return DatabaseUrls(url, url)


def tables_of(url: str) -> set[str]:
    database = Database.open(url)
    with database.read() as conn:
        names = set(sa.inspect(conn).get_table_names())
    database.close()
    return names


@pytest.mark.parametrize("schema", ["main", "inbox"])
def test_the_migrations_make_exactly_the_tables_of_the_code(database_urls: DatabaseUrls, schema: str) -> None:
    url, tables = {
        "main": (database_urls.database_url, metadata),
        "inbox": (database_urls.inbox_url, inbox_metadata),
    }[schema]
    database = Database.open(url)
    with database.read() as conn:
        options = {
            "compare_type": True,
            "include_name": lambda name, kind, _: kind != "table" or name in tables.tables,
        }
        assert compare_metadata(MigrationContext.configure(conn, opts=options), tables) == []
        assert set(tables.tables) <= set(sa.inspect(conn).get_table_names())
        assert current_version(conn, schema) == newest_version(schema)
    database.close()


def test_a_second_upgrade_changes_nothing(empty_urls: DatabaseUrls) -> None:
    upgrade(empty_urls.database_url, empty_urls.inbox_url)
    database = Database.open(empty_urls.database_url)
    with database.write() as conn:
        conn.execute(sa.text("INSERT INTO oauth_states VALUES ('h', 'hubspot', 's', :v, 1)"), {"v": b"v"})
    upgrade(empty_urls.database_url, empty_urls.inbox_url)
    with database.read() as conn:
        assert conn.execute(sa.text("SELECT count(*) FROM oauth_states")).scalar_one() == 1
    database.close()


def test_the_version_is_unknown_before_the_first_upgrade(empty_urls: DatabaseUrls) -> None:
    database = Database.open(empty_urls.database_url)
    with database.read() as conn:
        assert current_version(conn, "main") is None
    database.close()


@pytest.mark.process
def test_processes_that_upgrade_at_once_all_succeed(empty_urls: DatabaseUrls) -> None:
    context = multiprocessing.get_context("spawn")
    workers = [
        context.Process(target=upgrade, args=(empty_urls.database_url, empty_urls.inbox_url)) for _ in range(3)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert [worker.exitcode for worker in workers] == [0, 0, 0]
    assert tables_of(empty_urls.database_url) | tables_of(empty_urls.inbox_url) >= OURS


@pytest.mark.process
def test_an_upgrade_killed_in_the_middle_leaves_nothing_half_done(empty_urls: DatabaseUrls, tmp_path: Path) -> None:
    # The child stops in the middle of the tables and waits there to be killed.
    marker = tmp_path / "in-the-middle"
    program = f"""
import time, pathlib
from alembic import op
from connector.storage.migrate import upgrade
made = 0
create = op.create_table
def stop_halfway(*args, **kwargs):
    global made
    made += 1
    if made == 12:
        pathlib.Path({str(marker)!r}).touch()
        time.sleep(60)
    return create(*args, **kwargs)
op.create_table = stop_halfway
upgrade({empty_urls.database_url!r}, {empty_urls.inbox_url!r})
"""
    child = subprocess.Popen([sys.executable, "-c", program])
    deadline = time.monotonic() + 30
    while not marker.exists():
        assert child.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.02)
    child.send_signal(signal.SIGKILL)
    child.wait()
    assert tables_of(empty_urls.database_url) & OURS == set()
    upgrade(empty_urls.database_url, empty_urls.inbox_url)
    assert tables_of(empty_urls.database_url) >= set(metadata.tables)


def test_an_upgrade_that_cannot_get_the_lock_says_so(tmp_path: Path) -> None:
    path = tmp_path / "locked.sqlite"
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("PRAGMA journal_mode = WAL")
    holder.execute("BEGIN IMMEDIATE")
    with pytest.raises(StorageBusy):
        upgrade(f"sqlite:///{path}", f"sqlite:///{path}", timeout_s=0.2)
    holder.close()
