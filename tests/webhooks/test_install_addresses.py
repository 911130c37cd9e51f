"""The door for senders whose secret each install has for itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from connector.storage.inbox import Inbox
from tests.conftest import DatabaseUrls
from webhooks.blueprint import IntakeConfig, webhook_blueprint
from webhooks.receiver import NotProven, RawRequest

KEYS = {("echo", "one"): ("install-1", "s1"), ("echo", "two"): ("install-2", "s2"), ("whole", "one"): ("x", "x")}


class Echo:
    """Proves whoever sends its secret as a header; equal bodies are the same delivery."""

    kept_headers = frozenset[str]()

    def __init__(self, name: str, *, is_per_install: bool) -> None:
        self.name, self.is_per_install = name, is_per_install
        self.urls: list[str] = []

    def verify(self, request: RawRequest, secrets: Sequence[str], now: datetime) -> None:
        self.urls.append(request.url)
        if request.headers.get("x-secret") not in secrets:
            raise NotProven("another secret")

    def delivery_key(self, request: RawRequest) -> str:
        return request.body.decode()


CLOCK = [datetime(2026, 11, 21, 12, 0, tzinfo=UTC)]
ECHO, WHOLE = Echo("echo", is_per_install=True), Echo("whole", is_per_install=False)


@pytest.fixture
def door(database_urls: DatabaseUrls) -> Iterator[tuple[FlaskClient, Inbox]]:
    inbox = Inbox.open(database_urls.inbox_url)
    app = Flask(__name__)
    config = IntakeConfig(
        public_url="https://assay.example",
        secrets={"whole": ("s",), "echo": ("s",)},
        recognise=lambda sender, key: KEYS.get((sender, key)),
        install_deliveries=3,
        install_bytes=1000,
    )
    app.register_blueprint(
        webhook_blueprint(inbox, config, roster={"echo": ECHO, "whole": WHOLE}, now=lambda: CLOCK[0])
    )
    yield app.test_client(), inbox
    inbox.close()


def post(client: FlaskClient, path: str, secret: str, body: bytes = b"same") -> int:
    return client.post(path, data=body, headers={"X-Secret": secret}).status_code


def test_a_delivery_is_kept_for_the_install_whose_secret_proved_it(door: tuple[FlaskClient, Inbox]) -> None:
    client, inbox = door
    assert post(client, "/webhooks/echo/one", "s1") == 204
    assert post(client, "/webhooks/echo/one", "s1") == 204  # the same again
    assert post(client, "/webhooks/echo/two", "s2") == 204  # the same words of another install
    assert post(client, "/webhooks/whole", "s") == 204
    rows = inbox.take_new(10)
    assert [(row.sender, row.install_id, row.body) for row in rows] == [
        ("echo", "install-1", b"same"),
        ("echo", "install-2", b"same"),
        ("whole", "", b"same"),
    ]
    assert ECHO.urls[0] == "https://assay.example/webhooks/echo/one"


@pytest.mark.parametrize(
    ("path", "secret", "status"),
    [
        ("/webhooks/echo/one", "s2", 401),  # another install's secret
        ("/webhooks/echo/one", "", 401),
        ("/webhooks/echo/three", "s1", 404),
        ("/webhooks/echo", "s", 404),  # without a key there is no install
        ("/webhooks/whole/one", "x", 404),  # a sender without keys has no such address
        ("/webhooks/nobody/one", "s1", 404),
    ],
)
def test_nothing_else_gets_in(door: tuple[FlaskClient, Inbox], path: str, secret: str, status: int) -> None:
    client, inbox = door
    assert post(client, path, secret) == status
    assert inbox.take_new(10) == []


def test_one_install_fills_nobody_elses_disk(
    door: tuple[FlaskClient, Inbox], monkeypatch: pytest.MonkeyPatch
) -> None:
    client, inbox = door
    for number in range(9):
        assert post(client, "/webhooks/echo/one", "wrong", str(number).encode()) == 401, "nothing of it counts"
    sent = [post(client, "/webhooks/echo/one", "s1", str(number).encode()) for number in range(5)]
    assert sent == [204, 204, 204, 429, 429]
    refused = client.post("/webhooks/echo/one", data=b"more", headers={"X-Secret": "s1"})
    assert refused.headers["Retry-After"] == "10"
    assert post(client, "/webhooks/echo/two", "s2", b"a" * 800) == 204
    assert post(client, "/webhooks/echo/two", "s2", b"b" * 201) == 429, "too many bytes"
    assert post(client, "/webhooks/echo/two", "s2", b"c" * 200) == 204
    assert [post(client, "/webhooks/whole", "s", str(number).encode()) for number in range(9)] == [204] * 9
    assert len(inbox.take_new(99)) == 3 + 2 + 9
    monkeypatch.setattr(f"{__name__}.CLOCK", [CLOCK[0] + timedelta(minutes=1)])
    assert post(client, "/webhooks/echo/one", "s1", b"3") == 204
