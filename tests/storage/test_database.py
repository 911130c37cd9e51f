"""The door to the database: what waits, what is refused, what survives."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
import sqlalchemy as sa

from connector.errors import ConfigError, StorageBusy, StorageFailed
from connector.storage.database import Database
from connector.storage.tables import oauth_states
from tests.conftest import DatabaseUrls
from tests.factories import NOW


def add(conn: sa.Connection, name: str) -> None:
    conn.execute(
        sa.insert(oauth_states).values(
            state_hash=name, crm="hubspot", session_hash="s", sealed_verifier=b"v", expires_at=NOW
        )
    )


def fail_after_adding(conn: sa.Connection) -> None:
    add(conn, "lost")
    raise LookupError


def fill_the_disk(conn: sa.Connection) -> None:
    # A limit on the pages of the file makes SQLite answer exactly as a full disk does.
    pages = conn.exec_driver_sql("PRAGMA page_count").scalar_one()
    conn.exec_driver_sql(f"PRAGMA max_page_count = {pages + 1}")
    for number in range(10_000):
        add(conn, f"{number}-{'x' * 500}")


def count(database: Database) -> int:
    with database.read() as conn:
        return conn.execute(sa.select(sa.func.count()).select_from(oauth_states)).scalar_one()


def test_a_block_that_ends_well_is_committed_and_one_that_raises_is_not(database: Database) -> None:
    with database.write() as conn:
        add(conn, "kept")
    with pytest.raises(LookupError), database.write() as conn:
        fail_after_adding(conn)
    assert count(database) == 1


def test_a_read_sees_one_state_while_others_write(database: Database) -> None:
    with database.read() as conn:
        query = sa.select(sa.func.count()).select_from(oauth_states)
        before = conn.execute(query).scalar_one()
        with database.write() as other:
            add(other, "meanwhile")
        assert conn.execute(query).scalar_one() == before
    assert count(database) == before + 1


def test_nothing_can_be_written_in_a_read(database: Database) -> None:
    with pytest.raises(StorageFailed, match="read"), database.read() as conn:
        add(conn, "x")
    with database.write() as conn:
        add(conn, "the connection can write again")
    assert count(database) == 1


def test_threads_that_write_at_once_all_get_their_turn(database: Database) -> None:
    def work(worker: int) -> None:
        for number in range(5):
            with database.write() as conn:
                add(conn, f"{worker}-{number}")

    threads = [threading.Thread(target=work, args=(worker,)) for worker in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert count(database) == 40


def test_a_writer_that_waits_too_long_is_told_so(sqlite_urls: DatabaseUrls) -> None:
    first, second = (Database.open(sqlite_urls.database_url, timeout_s=0.2) for _ in range(2))
    entered, leave = threading.Event(), threading.Event()

    def hold() -> None:
        with first.write():
            entered.set()
            leave.wait(10)

    holder = threading.Thread(target=hold)
    holder.start()
    entered.wait(10)
    begun = time.monotonic()
    with pytest.raises(StorageBusy), second.write():
        pass
    assert 0.15 < time.monotonic() - begun < 1
    leave.set()
    holder.join()
    with second.write() as conn:
        add(conn, "now")
    assert count(second) == 1


def test_a_file_locked_by_another_process_is_busy_within_the_timeout(sqlite_urls: DatabaseUrls) -> None:
    database = Database.open(sqlite_urls.database_url, timeout_s=0.3)
    path = sqlite_urls.database_url.removeprefix("sqlite:///")
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    begun = time.monotonic()
    with pytest.raises(StorageBusy), database.write():
        pass
    assert 0.2 < time.monotonic() - begun < 1.5
    assert count(database) == 0  # readers go on
    other.execute("ROLLBACK")
    with database.write() as conn:
        add(conn, "free")
    other.close()
    database.close()


@pytest.mark.postgres
def test_a_row_locked_by_another_is_busy_within_the_timeout(postgres_urls: DatabaseUrls) -> None:
    database = Database.open(postgres_urls.database_url, timeout_s=0.3)
    with database.write() as conn:
        add(conn, "row")
    with database.write() as holder:
        holder.execute(sa.update(oauth_states).values(crm="held"))
        begun = time.monotonic()
        with pytest.raises(StorageBusy), database.write() as conn:
            conn.execute(sa.update(oauth_states).values(crm="waits"))
        assert time.monotonic() - begun < 1.5
    database.close()


def test_write_inside_of_write_is_a_fault_and_not_a_deadlock(sqlite_urls: DatabaseUrls) -> None:
    database = Database.open(sqlite_urls.database_url)
    with pytest.raises(RuntimeError, match="inside"), database.write(), database.write():
        pass
    with database.write() as conn:
        add(conn, "goes on")
    database.close()


def test_a_faulty_statement_is_not_called_trouble_of_the_database(database: Database) -> None:
    with pytest.raises(sa.exc.DBAPIError), database.write() as conn:
        conn.execute(sa.text("SELECT * FROM no_such_table"))


def test_a_commit_is_on_the_disk_before_it_returns(sqlite_urls: DatabaseUrls) -> None:
    # Killed at once after the block, without any closing: the row must be there.
    program = f"""
import os
from connector.storage.database import Database
from tests.storage.test_database import add
with Database.open({sqlite_urls.database_url!r}).write() as conn:
    add(conn, "kept")
os.kill(os.getpid(), 9)
"""
    done = subprocess.run([sys.executable, "-c", program], check=False)
    assert done.returncode == -9
    database = Database.open(sqlite_urls.database_url)
    assert count(database) == 1
    with database.read() as conn:
        settings = {
            name: conn.exec_driver_sql(f"PRAGMA {name}").scalar_one()
            for name in ("synchronous", "journal_mode", "foreign_keys", "secure_delete")
        }
    assert settings == {"synchronous": 2, "journal_mode": "wal", "foreign_keys": 1, "secure_delete": 1}
    database.close()


def test_a_full_disk_is_named_and_leaves_nothing_torn(sqlite_urls: DatabaseUrls) -> None:
    database = Database.open(sqlite_urls.database_url)
    with database.write() as conn:
        add(conn, "before")
    with pytest.raises(StorageFailed, match="full"), database.write() as conn:
        fill_the_disk(conn)
    database.close()
    again = Database.open(sqlite_urls.database_url)
    assert count(again) == 1
    with again.read() as conn:
        assert conn.exec_driver_sql("PRAGMA integrity_check").scalar_one() == "ok"
    again.close()


@pytest.mark.postgres
def test_a_server_that_is_not_there_is_named(postgres_server: object) -> None:
    database = Database.open("postgresql+psycopg://nobody@127.0.0.1:1/nothing", timeout_s=1)
    with pytest.raises(StorageFailed, match="server"), database.write():
        pass
    with pytest.raises(StorageFailed), database.read():
        pass


def test_a_new_file_is_readable_for_its_owner_alone(tmp_path: Path) -> None:
    database = Database.open(f"sqlite:///{tmp_path}/deep/er/new.sqlite")
    with database.write() as conn:
        conn.exec_driver_sql("CREATE TABLE t (x)")
    files = list((tmp_path / "deep/er").iterdir())
    assert {oct(path.stat().st_mode & 0o077) for path in files} == {"0o0"}
    assert (tmp_path / "deep/er").stat().st_mode & 0o077 == 0
    database.close()


@pytest.mark.parametrize("url", ["mysql://x/y", "sqlite://", "sqlite:///:memory:"])
def test_other_urls_are_refused_with_a_remedy(url: str) -> None:
    with pytest.raises(ConfigError, match="sqlite:///"):
        Database.open(url)
