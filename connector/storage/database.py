"""One door to the database: short transactions, on SQLite one writer at a time, and no endless waiting."""

from __future__ import annotations

import errno
import os
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal
from weakref import WeakValueDictionary

import psycopg
import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import Connection, Engine

from connector.errors import ConfigError, StorageBusy, StorageFailed

DialectName = Literal["sqlite", "postgresql"]

_BEGIN = "leadassay_begin"
_SQLITE_BUSY = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
_SQLITE_BROKEN = frozenset(
    {
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_NOTADB,
    }
)
#: SQLSTATEs: lock timeout, serialization failure, deadlock, statement cancelled by a timeout.
_PG_BUSY = frozenset({"55P03", "40001", "40P01", "57014"})
#: Beginnings of SQLSTATEs: connection lost, disk full, server going down, I/O error, read only, corrupted.
_PG_BROKEN = ("08", "53", "57P", "58", "25006", "XX001", "XX002")


class _WriteLock:
    """The one writer of a SQLite file within this process."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.holder: int | None = None


_write_locks: WeakValueDictionary[str, _WriteLock] = WeakValueDictionary()
_write_locks_guard = threading.Lock()


def _write_lock(path: Path) -> _WriteLock:
    """The lock of a file: two Database objects of one process share it."""
    with _write_locks_guard:
        key = str(path)
        lock = _write_locks.get(key)
        if lock is None:
            lock = _write_locks[key] = _WriteLock()
        return lock


class Database:
    """SQLite or PostgreSQL behind the same two transactions, `read()` and `write()`. Safe to share by threads."""

    def __init__(self, engine: Engine, timeout_s: float, path: Path | None) -> None:
        self.engine = engine
        self.timeout_s = timeout_s
        self.dialect: DialectName = "postgresql" if path is None else "sqlite"
        self._path = path
        self._write_lock = _write_lock(path) if path is not None else None

    @classmethod
    def open(cls, url: str, *, timeout_s: float = 4.0) -> Database:
        """Open `url` (sqlite:///file or postgresql+psycopg://…). `timeout_s`: the longest wait for a transaction.

        A missing SQLite file is made, readable for this user alone. The tables are made by `upgrade`.
        Raises ConfigError for another kind of URL, StorageBusy or StorageFailed when it cannot be opened.
        """
        made = sa.make_url(url)
        if made.get_backend_name() == "sqlite":
            return cls._open_sqlite(made, timeout_s)
        if made.get_backend_name() == "postgresql":
            return cls._open_postgresql(made.set(drivername="postgresql+psycopg"), timeout_s)
        raise ConfigError(f"The database URL begins with {made.drivername!r}: use sqlite:/// or postgresql://.")

    @classmethod
    def _open_sqlite(cls, url: sa.URL, timeout_s: float) -> Database:
        if not url.database or url.database == ":memory:":
            raise ConfigError("The SQLite URL names no file: write sqlite:///path/to/leadassay.sqlite.")
        path = Path(url.database).absolute()
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        except OSError as error:
            # A read-only file can still be read, and may be mended while we run; a write will say StorageFailed.
            if error.errno not in {errno.EACCES, errno.EROFS}:
                raise StorageFailed(f"The database file {path} cannot be made: {error.strerror}.") from error
        engine = sa.create_engine(
            url.set(database=str(path)),
            connect_args={"check_same_thread": False, "timeout": timeout_s, "isolation_level": None},
            pool_size=16,
            max_overflow=48,
            pool_timeout=timeout_s,
            hide_parameters=True,
        )
        event.listen(engine, "connect", _prepare_sqlite(timeout_s))
        event.listen(engine, "begin", _begin_sqlite)
        return cls(engine, timeout_s, path)

    @classmethod
    def _open_postgresql(cls, url: sa.URL, timeout_s: float) -> Database:
        engine = sa.create_engine(
            url,
            connect_args={
                "connect_timeout": max(2, round(timeout_s)),  # libpq knows whole seconds, 2 at the least
                "options": f"-c lock_timeout={int(timeout_s * 1000)} -c timezone=UTC",
                # A server whose machine is gone says nothing; without these a reader waits for it for hours.
                "keepalives_idle": 10,
                "keepalives_interval": 5,
                "keepalives_count": 3,
                "tcp_user_timeout": 20_000,
            },
            pool_size=8,
            max_overflow=24,
            pool_timeout=timeout_s,
            pool_pre_ping=True,
            hide_parameters=True,  # the values are people's data; an error's text goes to the log
        )
        return cls(engine, timeout_s, None)

    def close(self) -> None:
        """Close all connections. The object must not be used any more."""
        self.engine.dispose()

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction that sees one unchanging state of the database and can write nothing.

        Raises StorageBusy or StorageFailed.
        """
        with _named_errors(), self.engine.connect() as connection:
            if self.dialect == "postgresql":
                connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            else:
                _driver(connection).execute("PRAGMA query_only = ON")
            try:
                yield connection
            finally:
                if connection.in_transaction():
                    connection.rollback()
                if self.dialect == "sqlite" and not connection.invalidated:
                    _driver(connection).execute("PRAGMA query_only = OFF")

    @contextmanager
    def write(self, *, timeout_s: float | None = None) -> Iterator[Connection]:
        """One transaction: committed when the block ends well, rolled back when it raises.

        Raises StorageBusy when it cannot begin within `timeout_s` (default: the database's), StorageFailed when the
        database refuses for a reason that waiting does not mend. In both cases nothing was written.
        Never call a CRM inside of it.
        """
        wait_s = self.timeout_s if timeout_s is None else timeout_s
        with _named_errors():
            if self._write_lock is None:
                with self.engine.begin() as connection:
                    yield connection
            else:
                with self._one_writer(self._write_lock, wait_s) as connection:
                    yield connection

    @contextmanager
    def _one_writer(self, lock: _WriteLock, wait_s: float) -> Iterator[Connection]:
        if lock.holder == threading.get_ident():
            raise RuntimeError("write() inside of write() in the same thread would wait for itself")
        deadline = time.monotonic() + wait_s
        if not lock.lock.acquire(timeout=max(0.0, wait_s)):
            raise StorageBusy(f"Another part of this process was writing for {wait_s:g} s. Try again.")
        lock.holder = threading.get_ident()
        try:
            with self.engine.connect() as connection:
                left_ms = max(1, int((deadline - time.monotonic()) * 1000))
                _driver(connection).execute(f"PRAGMA busy_timeout = {left_ms}")
                connection.execution_options(**{_BEGIN: "BEGIN IMMEDIATE"})
                try:
                    with connection.begin():
                        yield connection
                finally:
                    if not connection.closed and not connection.invalidated:
                        _driver(connection).execute(f"PRAGMA busy_timeout = {int(self.timeout_s * 1000)}")
        finally:
            lock.holder = None
            lock.lock.release()

    def scrub(self) -> bool:
        """Make what was deleted unreadable on the disk: after `timeline.forget` or a purge, outside of transactions.

        SQLite: deleted cells are zeroed at once (secure_delete); this empties the write-ahead log, which still holds
        them. PostgreSQL: VACUUM of all tables. False when readers kept the log in use: call again later.
        """
        if self.dialect == "postgresql":
            with _named_errors(), self.engine.connect() as connection:
                connection.execution_options(isolation_level="AUTOCOMMIT")
                connection.exec_driver_sql("VACUUM")
            return True
        with _named_errors(), self.engine.connect() as connection:
            busy, _, _ = _driver(connection).execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        return not busy


def _driver(connection: Connection) -> Any:
    """The sqlite3 connection: statements on it do not begin a transaction."""
    return connection.connection.dbapi_connection


def _prepare_sqlite(timeout_s: float) -> Any:
    def prepare(dbapi_connection: sqlite3.Connection, _record: object) -> None:
        dbapi_connection.execute(f"PRAGMA busy_timeout = {int(timeout_s * 1000)}")
        _switch_to_wal(dbapi_connection, timeout_s)
        # FULL: what was acknowledged survives a power cut; NORMAL does not sync at a commit.
        dbapi_connection.execute("PRAGMA synchronous = FULL")
        dbapi_connection.execute("PRAGMA foreign_keys = ON")
        dbapi_connection.execute("PRAGMA secure_delete = ON")
        dbapi_connection.execute("PRAGMA temp_store = MEMORY")
        dbapi_connection.execute("PRAGMA cache_size = -16000")

    return prepare


def _switch_to_wal(dbapi_connection: sqlite3.Connection, timeout_s: float) -> None:
    """WAL is kept in the file. Two processes that switch at once can get BUSY without any wait: hence the loop."""
    deadline = time.monotonic() + timeout_s
    while True:
        try:
            (mode,) = dbapi_connection.execute("PRAGMA journal_mode").fetchone()
            if mode == "wal":
                return
            dbapi_connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            code = getattr(error, "sqlite_errorcode", 0) & 0xFF
            if code == sqlite3.SQLITE_READONLY:
                return
            if code not in _SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(0.01)


def _begin_sqlite(connection: Connection) -> None:
    connection.exec_driver_sql(connection.get_execution_options().get(_BEGIN, "BEGIN"))


@contextmanager
def _named_errors() -> Iterator[None]:
    """Trouble of the database itself → StorageBusy or StorageFailed; faults of our statements pass as they are."""
    try:
        yield
    except sa.exc.TimeoutError as error:
        raise StorageBusy("All database connections are in use. Try again.") from error
    except sa.exc.DBAPIError as error:
        named = _named(error.orig)
        if named is None:
            raise
        raise named from error
    except sqlite3.OperationalError as error:
        named = _named(error)
        if named is None:
            raise
        raise named from error


def _named(error: BaseException | None) -> StorageBusy | None:
    if isinstance(error, sqlite3.Error):
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if code in _SQLITE_BUSY:
            return StorageBusy("The database file is locked by another process. Try again.")
        if code in _SQLITE_BROKEN:
            return StorageFailed(f"The database file cannot be used: {error}. Check the disk and the file's rights.")
        return None
    sqlstate = getattr(error, "sqlstate", None)
    if sqlstate in _PG_BUSY:
        return StorageBusy("The database waited too long for a lock. Try again.")
    is_connection_lost = sqlstate is None and isinstance(error, psycopg.OperationalError)
    if is_connection_lost or (sqlstate is not None and sqlstate.startswith(_PG_BROKEN)):
        return StorageFailed(f"The database server cannot be used: {str(error).strip()}")
    return None
