"""Bring both schemas to the newest version. Safe to kill at any moment, and to run in several processes at once."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory
from sqlalchemy.engine import Connection

from connector.storage.database import Database

#: Longest wait for another process that migrates at the same time, in seconds.
MIGRATION_TIMEOUT_S = 120.0

_FOLDER = Path(__file__).parent / "migrations"
#: Any constant serves; it only must be the same in every process of ours.
_ADVISORY_LOCK = 0x1EAD_A55A


def upgrade(database_url: str, inbox_url: str, *, timeout_s: float = MIGRATION_TIMEOUT_S) -> None:
    """Make or change the tables of the main schema and of the inbox; both may live in one PostgreSQL database.

    Each schema is one transaction under one lock: a killed run leaves the schema as it was, and of two runs at once
    one waits and then finds nothing to do. Raises StorageBusy or StorageFailed.
    """
    _upgrade(database_url, "main", timeout_s)
    _upgrade(inbox_url, "inbox", timeout_s)


def newest_version(schema: str) -> str:
    """The revision that the code expects of the schema "main" or "inbox"."""
    head = _scripts(schema).get_current_head()
    if head is None:
        raise RuntimeError(f"no migrations for the schema {schema!r} were packaged")
    return head


def current_version(conn: Connection, schema: str) -> str | None:
    """The revision that the database has of the schema "main" or "inbox"; None before the first migration."""
    table = _version_table(schema)
    if not sa.inspect(conn).has_table(table):
        return None
    return conn.execute(sa.select(sa.column("version_num")).select_from(sa.table(table))).scalar_one_or_none()


def _version_table(schema: str) -> str:
    return f"schema_version_{schema}"


def _scripts(schema: str) -> ScriptDirectory:
    return ScriptDirectory(str(_FOLDER), version_locations=[str(_FOLDER / schema)])


def _upgrade(url: str, schema: str, timeout_s: float) -> None:
    database = Database.open(url, timeout_s=timeout_s)
    try:
        with database.write() as conn:
            if database.dialect == "postgresql":
                conn.execute(sa.select(sa.func.pg_advisory_xact_lock(_ADVISORY_LOCK)))
            _run(conn, schema)
    finally:
        database.close()


def _run(conn: Connection, schema: str) -> None:
    scripts = _scripts(schema)
    # The alembic command line is not used, and so neither an ini file nor an env.py.
    environment = EnvironmentContext(
        Config(), scripts, fn=lambda revision, _context: scripts._upgrade_revs("head", revision)
    )
    with environment:
        environment.configure(connection=conn, version_table=_version_table(schema), transactional_ddl=True)
        environment.run_migrations()
