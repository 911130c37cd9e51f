"""Fixtures: settings that point at a running sandbox, a vault, and an install made through the sandbox's consent."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest

from connector.oauth.flow import Installed, begin_install, finish_install
from connector.oauth.vault import Vault
from connector.sandbox import SandboxConfig, SandboxControl, SandboxHandle, run_in_thread
from connector.settings import Settings, load_settings
from connector.storage.database import Database
from tests.conftest import DatabaseUrls

PORTAL = 247_279_312
ADMIN = 98_499_705
REP = 98_499_706
SESSION = "a" * 64
KEYS = (("k1", bytes(range(32))), ("k0", bytes(32)))


@pytest.fixture
def sandbox() -> Iterator[SandboxHandle]:
    """A fresh sandbox."""
    with run_in_thread(SandboxConfig()) as handle:
        yield handle


@pytest.fixture
def control(sandbox: SandboxHandle) -> Iterator[SandboxControl]:
    """Steers the sandbox."""
    with SandboxControl(sandbox.base_url, sandbox.control_token) as control:
        control.settings(webhooks_on=False)
        yield control


@pytest.fixture
def vault() -> Vault:
    """A ring of two keys."""
    return Vault(KEYS)


def settings_for(base_url: str, urls: DatabaseUrls, folder: Path, **env: str) -> Settings:
    """Settings whose HubSpot is the sandbox at `base_url`."""
    ring = ",".join(f"{name}:{base64.b64encode(key).decode()}" for name, key in KEYS)
    return load_settings(
        {
            "LEADASSAY_DATA_DIR": str(folder),
            "LEADASSAY_PUBLIC_URL": "http://127.0.0.1:8000",
            "LEADASSAY_KEYS": ring,
            "LEADASSAY_DATABASE_URL": urls.database_url,
            "LEADASSAY_INBOX_URL": urls.inbox_url,
            "HUBSPOT_CLIENT_ID": "sandbox-client-id",
            "HUBSPOT_CLIENT_SECRET": "sandbox-client-secret",
            "HUBSPOT_AUTH_URL": base_url,
            "HUBSPOT_API_URL": base_url,
            **env,
        }
    )


@pytest.fixture
def settings(sandbox: SandboxHandle, database_urls: DatabaseUrls, tmp_path: Path) -> Settings:
    """Settings whose HubSpot is the sandbox."""
    return settings_for(sandbox.base_url, database_urls, tmp_path)


def now() -> datetime:
    """The present, aware UTC."""
    return datetime.now(UTC)


def answered(control: SandboxControl, url: str, user: int = ADMIN, decision: str = "grant") -> dict[str, str]:
    """The query of the callback that the browser is sent to after the consent page."""
    response = control.consent(url, PORTAL, user, decision)
    assert response.status_code == 302, response.text
    return dict(parse_qsl(urlsplit(response.headers["Location"]).query))


def connect(control: SandboxControl, database: Database, vault: Vault, settings: Settings) -> Installed:
    """The whole consent, as a browser would go through it."""
    url = begin_install(database, vault, settings, "hubspot", session_hash=SESSION, now=now())
    params = answered(control, url)
    return finish_install(database, vault, settings, "hubspot", params, session_hash=SESSION, now=now())


@pytest.fixture
def installed(control: SandboxControl, database: Database, vault: Vault, settings: Settings) -> Installed:
    """An install with every scope."""
    return connect(control, database, vault, settings)


def narrowed(settings: Settings, secret: str) -> Settings:
    """The same with another client secret."""
    app = replace(settings.crm_apps["hubspot"], secrets=(secret,))
    return replace(settings, crm_apps={"hubspot": app})
