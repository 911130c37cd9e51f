"""What really is in the databases, seen past our own functions, and signed deliveries of a test's own making."""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import requests
import sqlalchemy as sa

from connector.storage import cursors
from connector.storage.installs import Install
from tests.stack import CLIENT_SECRET, PORTAL, Stack
from tests.webhooks.signing import signed_headers

LEAD = {"firstname": "Lena", "lastname": "Sommer", "phone": "+4930123456"}
_numbers = itertools.count(1)


def rows(url: str, query: str, **values: object) -> list[tuple[Any, ...]]:
    """Run `query` on the database at `url` over a connection of its own."""
    engine = sa.create_engine(url)
    try:
        with engine.connect() as connection:
            return [tuple(row) for row in connection.execute(sa.text(query), values)]
    finally:
        engine.dispose()


def count(stack: Stack, query: str, **values: object) -> int:
    """The one number that `query` gives on the main database."""
    [[number]] = rows(stack.settings.database_url, query, **values)
    return int(number)


def contact(stack: Stack, portal: int = PORTAL, **values: str) -> str:
    """A new contact with an e-mail of its own. Returns its id."""
    made = {**LEAD, "email": f"lead{next(_numbers)}@sommer-bau.example", **values}
    return stack.control.create_contact(portal, made)


def event(object_id: str, name: str = "object.creation", *, portal: int = PORTAL, **values: object) -> dict[str, Any]:
    """One event as HubSpot words it, with an eventId of its own unless given."""
    number = next(_numbers)
    return {
        "eventId": 9_000_000 + number,
        "subscriptionId": 7_662_269,
        "portalId": portal,
        "appId": 51_879_189,
        "occurredAt": int(time.time() * 1000) + number,
        "subscriptionType": name,
        "attemptNumber": 0,
        "objectId": int(object_id),
        "objectTypeId": "0-1",
        "changeSource": "CRM_UI",
        **values,
    }


def body_of(events: Iterable[Mapping[str, Any]]) -> bytes:
    return json.dumps(list(events), separators=(",", ":")).encode()


def signed(stack: Stack, body: bytes) -> dict[str, str]:
    """Headers as HubSpot would send them with `body` now."""
    url = f"{stack.settings.public_url}/webhooks/hubspot"
    return signed_headers(body, int(time.time() * 1000), secret=CLIENT_SECRET, url=url)


def post(stack: Stack, body: bytes, headers: Mapping[str, str] | None = None) -> int:
    """Send `body` through the real door, signed unless `headers` are given. Returns the status."""
    url = f"{stack.settings.public_url}/webhooks/hubspot"
    return requests.post(url, data=body, headers=headers or signed(stack, body), timeout=10).status_code


def audited_at(stack: Stack, lead_id: str) -> int:
    """When the lead was audited last, as stored."""
    [[moment]] = rows(
        stack.settings.database_url, "SELECT audited_at FROM lead_audits WHERE lead_id = :lead", lead=lead_id
    )
    return int(moment)


def poll(stack: Stack, install: Install) -> None:
    """Run the install's job with its reconciling poll due; it looks back over the last hour."""
    with stack.context.database.write() as connection:
        cursors.put_cursor(
            connection,
            install.install_id,
            "reconcile",
            cursor=None,
            done=0,
            total=None,
            at=datetime.now(UTC) - timedelta(hours=1),
            is_finished=True,
        )
    stack.advance(install)


def live(stack: Stack, install: Install) -> set[str]:
    """Ids of the leads that we hold as alive."""
    query = "SELECT lead_id FROM leads WHERE install_id = :install AND gone_at IS NULL"
    return {str(lead_id) for (lead_id,) in rows(stack.settings.database_url, query, install=install.install_id)}


def ready(stack: Stack, portal: int = PORTAL) -> Install:
    """An install that is set up, of an account read to its end."""
    install = stack.install(portal)
    stack.advance(install)
    return install
