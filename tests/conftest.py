"""Fixtures for all tests: real databases, each test with a fresh one."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from connector.storage.database import Database
from connector.storage.migrate import upgrade
from tests import needs
from tests.postgres_server import NoServer, PostgresServer

_TEMPLATE = "leadassay_template"
_numbers = itertools.count(1)


@dataclass(frozen=True)
class DatabaseUrls:
    """Where one test's tables are. Both are migrated; on PostgreSQL they are the same database."""

    database_url: str
    inbox_url: str


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """One server per test process."""
    try:
        server = PostgresServer()
    except NoServer as absent:
        needs.missing(str(absent))
    try:
        server.start()
        yield server
    finally:
        server.stop()


@pytest.fixture(scope="session")
def postgres_url(postgres_server: PostgresServer) -> str:
    """URL of an empty database on the running server, for tests that make their own databases."""
    return postgres_server.url("postgres")


@pytest.fixture(scope="session")
def _postgres_template(postgres_server: PostgresServer) -> str:
    postgres_server.execute(f"CREATE DATABASE {_TEMPLATE}")
    upgrade(postgres_server.url(_TEMPLATE), postgres_server.url(_TEMPLATE))
    return _TEMPLATE


@pytest.fixture
def empty_postgres_url(postgres_server: PostgresServer) -> Iterator[str]:
    """A fresh PostgreSQL database without any tables."""
    name = f"empty_{next(_numbers)}"
    postgres_server.execute(f"CREATE DATABASE {name}")
    yield postgres_server.url(name)
    postgres_server.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def postgres_urls(postgres_server: PostgresServer, _postgres_template: str) -> Iterator[DatabaseUrls]:
    """A fresh, migrated PostgreSQL database."""
    name = f"test_{next(_numbers)}"
    postgres_server.execute(f"CREATE DATABASE {name} TEMPLATE {_postgres_template} STRATEGY file_copy")
    yield DatabaseUrls(postgres_server.url(name), postgres_server.url(name))
    postgres_server.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def _sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sqlite_template")
    upgrade(f"sqlite:///{folder}/leadassay.sqlite", f"sqlite:///{folder}/inbox.sqlite")
    return folder


@pytest.fixture
def sqlite_urls(_sqlite_template: Path, tmp_path: Path) -> DatabaseUrls:
    """Fresh, migrated SQLite files in the test's own folder."""
    for name in ("leadassay.sqlite", "inbox.sqlite"):
        shutil.copyfile(_sqlite_template / name, tmp_path / name)
    return DatabaseUrls(f"sqlite:///{tmp_path}/leadassay.sqlite", f"sqlite:///{tmp_path}/inbox.sqlite")


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database_urls(request: pytest.FixtureRequest) -> DatabaseUrls:
    """Fresh, migrated databases; the test runs once on SQLite and once on PostgreSQL."""
    name = "sqlite_urls" if request.param == "sqlite" else "postgres_urls"
    urls: DatabaseUrls = request.getfixturevalue(name)
    return urls


@pytest.fixture
def database(database_urls: DatabaseUrls) -> Iterator[Database]:
    """The main database, open; once on SQLite and once on PostgreSQL."""
    opened = Database.open(database_urls.database_url)
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium, one per test process: Playwright's synchronous driver cannot run twice in one."""
    path = needs.chromium_path()
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=list(needs.CHROMIUM_FLAGS))
        yield started
        started.close()
