"""Fixtures: a running Frappe site, and our adapter on it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from connector.adapters.frappe import RULES, FrappeAdapter, FrappeClient
from connector.crm.first_token import FixedToken
from connector.crm.lead_fields import FieldRoles
from connector.crm.values import ValueMap
from connector.server_rules import Limits
from connector.transport import Transport
from tests.frappe_site import FrappeSite

SAMPLES = Path(__file__).parent / "samples"
QUICK = Limits(attempt_s=5.0, total_s=8.0, first_pause_s=0.02)


def sample(name: str) -> Any:
    """A recorded answer or delivery."""
    return json.loads((SAMPLES / f"{name}.json").read_text())


def adapter_for(
    site: FrappeSite,
    *,
    token: str | None = None,
    missing: tuple[str, ...] = (),
    values: ValueMap | None = None,
    roles: Mapping[str, str] | None = None,
) -> FrappeAdapter:
    """Our adapter with short deadlines, on a fresh grant unless a token is given."""
    tokens = FixedToken(token or site.grant()["access_token"], "The Frappe site")
    transport = Transport(
        site.url,
        allowed_origins=frozenset({site.url}),
        rules=RULES,
        tokens=tokens,
        limits=QUICK,
        private_hosts=frozenset({urlsplit(site.url).hostname or ""}),
    )
    return FrappeAdapter(
        FrappeClient(transport),
        tokens=tokens,
        record_url_base=f"{site.url}/crm/leads/",
        missing_scopes=missing,
        values=values,
        roles=FieldRoles(roles),
        currency="INR",
    )


@pytest.fixture
def site() -> Iterator[FrappeSite]:
    """A fresh site in Kolkata's time, 5:30 h ahead of UTC."""
    with FrappeSite() as running:
        yield running


@pytest.fixture
def adapter(site: FrappeSite) -> FrappeAdapter:
    """Our adapter on the site, with every permission and its fields made."""
    made = adapter_for(site)
    made.ensure_fields()
    site.asked.clear()
    return made
