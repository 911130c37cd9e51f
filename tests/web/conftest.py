"""The real app on real databases, and browsers that are signed in."""

from __future__ import annotations

import base64
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from connector.app import create_app
from connector.jobs.context import JobContext
from connector.settings import Settings, load_settings
from connector.storage import web_sessions
from connector.storage.database import Database
from connector.storage.inbox import Inbox
from connector.web.sessions import secret_hash
from connector.web.site import Site
from tests.conftest import DatabaseUrls
from tests.web.seed import NOW, Tenant, seed_tenant

KEYS = "k1:" + base64.b64encode(b"0123456789abcdef0123456789abcdef").decode()
CSRF = re.compile(r'name="csrf_token" value="([^"]+)"')


class Clock:
    """A clock that stands until it is set."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


@dataclass
class WebApp:
    """The app with what a test needs of it."""

    app: Flask
    site: Site
    clock: Clock

    @property
    def context(self) -> JobContext:
        return self.site.jobs

    @property
    def database(self) -> Database:
        return self.site.database

    def visitor(self) -> FlaskClient:
        return self.app.test_client()

    def signed_in(self, tenant: Tenant, user_id: str) -> FlaskClient:
        """A browser with a live session of that user."""
        client, token = self.app.test_client(), f"s-{tenant.install_id}-{user_id}-".ljust(48, "x")[:90]
        with self.database.write() as connection:
            web_sessions.delete_session(connection, secret_hash(token))
            web_sessions.create_session(
                connection,
                secret_hash(token),
                install_id=tenant.install_id,
                user_id=user_id,
                role="rep",
                data=f'{{"begun_at": {int(self.clock.now.timestamp())}}}',
                expires_at=self.clock.now.replace(year=2030),
            )
        client.set_cookie("assay", token, domain="localhost")
        return client


def csrf_of(client: FlaskClient, path: str) -> str:
    """The token in the first form of a page."""
    found = CSRF.search(client.get(path).text)
    assert found, f"no form on {path}"
    return found.group(1)


def post(client: FlaskClient, path: str, data: dict[str, str] | None = None, *, form_on: str | None = None):
    """Send a form with the token of the page that it stands on."""
    return client.post(path, data={"csrf_token": csrf_of(client, form_on or path), **(data or {})})


def settings_for(urls: DatabaseUrls, folder: Path, **env: str) -> Settings:
    return load_settings(
        {
            "LEADASSAY_KEYS": KEYS,
            "LEADASSAY_PUBLIC_URL": "http://localhost:8000",
            "LEADASSAY_DATA_DIR": str(folder),
            "LEADASSAY_DATABASE_URL": urls.database_url.replace("postgresql+psycopg", "postgresql"),
            "LEADASSAY_INBOX_URL": urls.inbox_url.replace("postgresql+psycopg", "postgresql"),
            "HUBSPOT_CLIENT_ID": "client-1",
            "HUBSPOT_CLIENT_SECRET": "secret-1",
            **env,
        }
    )


def open_web(urls: DatabaseUrls, folder: Path, **env: str) -> WebApp:
    """The app on given databases."""
    settings, clock = settings_for(urls, folder, **env), Clock()
    database, inbox = Database.open(settings.database_url), Inbox.open(settings.inbox_url)
    app = create_app(settings, database=database, inbox=inbox, clock=clock)
    app.testing = True
    site = app.extensions["leadassay"]
    assert isinstance(site, Site)
    return WebApp(app, site, clock)


def close_web(web: WebApp) -> None:
    """Let go of everything."""
    web.site.links.close()
    web.context.inbox.close()
    web.database.close()


@pytest.fixture
def make_web(tmp_path: Path) -> Iterator[Callable[..., WebApp]]:
    """Builds the app on given databases; all are closed at the end."""
    opened: list[WebApp] = []

    def make(urls: DatabaseUrls, **env: str) -> WebApp:
        opened.append(open_web(urls, tmp_path, **env))
        return opened[-1]

    yield make
    for web in opened:
        close_web(web)


@pytest.fixture
def web(make_web: Callable[..., WebApp], sqlite_urls: DatabaseUrls) -> WebApp:
    """The app on empty SQLite files."""
    return make_web(sqlite_urls)


@pytest.fixture
def tenant(web: WebApp) -> Tenant:
    """A small account."""
    return seed_tenant(web.context, leads=25)


@pytest.fixture(scope="module")
def seeded(tmp_path_factory: pytest.TempPathFactory, _sqlite_template: Path) -> Iterator[tuple[WebApp, Tenant]]:
    """A small account for tests that only read; one per module."""
    folder = tmp_path_factory.mktemp("seeded")
    for name in ("leadassay.sqlite", "inbox.sqlite"):
        shutil.copyfile(_sqlite_template / name, folder / name)
    urls = DatabaseUrls(f"sqlite:///{folder}/leadassay.sqlite", f"sqlite:///{folder}/inbox.sqlite")
    opened = open_web(urls, folder)
    yield opened, seed_tenant(opened.context, leads=20)
    close_web(opened)
