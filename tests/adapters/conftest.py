"""Fixtures: a running sandbox, and our adapter on an account of it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from connector.adapters.hubspot import RULES, HubSpotAdapter, HubSpotClient
from connector.crm.first_token import FixedToken
from connector.sandbox import SandboxConfig, SandboxControl, SandboxHandle, run_in_thread
from connector.server_rules import Limits
from connector.transport import Transport

PORTAL = 247_279_312
BASE = f"https://app.hubspot.com/contacts/{PORTAL}/record/0-1/"


@pytest.fixture
def sandbox() -> Iterator[SandboxHandle]:
    """A fresh sandbox with two accounts."""
    with run_in_thread(SandboxConfig()) as handle:
        yield handle


@pytest.fixture
def control(sandbox: SandboxHandle) -> Iterator[SandboxControl]:
    """Steers the sandbox."""
    with SandboxControl(sandbox.base_url, sandbox.control_token) as control:
        control.settings(webhooks_on=False)
        yield control


def client_for(base_url: str, token: str) -> HubSpotClient:
    """A client with short deadlines."""
    limits = Limits(attempt_s=5.0, total_s=8.0, first_pause_s=0.02)
    transport = Transport(
        base_url,
        allowed_origins=frozenset({base_url}),
        rules=RULES,
        tokens=FixedToken(token, "HubSpot"),
        limits=limits,
    )
    return HubSpotClient(transport)


@pytest.fixture
def client(control: SandboxControl) -> HubSpotClient:
    """Our client on PORTAL, with every scope."""
    return client_for(control.base_url, str(control.install(PORTAL)["access_token"]))


@pytest.fixture
def adapter(client: HubSpotClient) -> HubSpotAdapter:
    """Our adapter on PORTAL, with every scope."""
    return HubSpotAdapter(client, record_url_base=BASE)
