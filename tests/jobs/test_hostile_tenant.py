"""One tenant's own deliveries, proven by its own secret, that would harm others or outlive their tenant."""

from __future__ import annotations

import base64
import hmac
import json
import random
import string
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import requests

from connector.jobs.purge import purge_due
from connector.jobs.uninstall import end_install
from connector.oauth.hooks import HookKeys
from connector.storage import worklist
from connector.storage.inbox import InboxStatus
from connector.storage.installs import Install
from tests.conftest import DatabaseUrls
from tests.sides.frappe import FrappeSide
from tests.stack import Stack


@pytest.fixture
def stack(database_urls: DatabaseUrls, tmp_path: Path) -> Iterator[Stack]:
    side = FrappeSide()
    with Stack(tmp_path, database_urls.database_url, database_urls.inbox_url, side=side) as ready:
        yield ready


def deliver(stack: Stack, install: Install, name: str) -> int:
    """What the tenant's site can send at any time: whatever it likes, signed."""
    hook = HookKeys(stack.settings.keys, stack.settings.public_url).hook(install.crm, install.install_id)
    body = json.dumps(
        {"doctype": "CRM Lead", "name": name, "event": "on_update", "modified": "2026-11-20 10:00:00"}
    ).encode()
    signature = base64.b64encode(hmac.digest(hook.secret.encode(), body, "sha256")).decode()
    headers = {"Content-Type": "application/json", "X-Frappe-Webhook-Signature": signature}
    return requests.post(hook.url, data=body, headers=headers, timeout=10).status_code


def events_of(stack: Stack, install: Install) -> list[str]:
    with stack.context.database.read() as connection:
        return [event.object_id for event in worklist.take_events(connection, install.install_id, 99)]


def test_an_id_longer_than_any_id_stops_nobodys_deliveries(stack: Stack) -> None:
    """A database takes no index entry of such a size: the row would end the sorting of all that came after it."""
    install = stack.install()
    letters = random.Random(4)
    assert deliver(stack, install, "".join(letters.choices(string.printable[:62], k=20_000))) == 204
    assert deliver(stack, install, "CRM-LEAD-1") == 204
    stack.sort()
    assert events_of(stack, install) == ["CRM-LEAD-1"]
    counts = stack.context.inbox.counts()
    assert (counts[InboxStatus.NEW], counts[InboxStatus.PARKED]) == (0, 0)


def test_a_purged_tenant_goes_on_sending_and_nothing_is_kept(stack: Stack) -> None:
    install = stack.install()
    assert deliver(stack, install, "CRM-LEAD-1") == 204
    stack.sort()
    assert stack.context.inbox.counts()[InboxStatus.DONE] == 1
    purge_at = end_install(stack.context, install.install_id, "left")
    assert purge_due(replace(stack.context, clock=lambda: purge_at + timedelta(minutes=1))) == 1
    assert sum(stack.context.inbox.counts().values()) == 0
    assert deliver(stack, install, "CRM-LEAD-2") == 204
    stack.sort()
    assert sum(stack.context.inbox.counts().values()) == 0
