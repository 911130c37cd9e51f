"""The door as its senders see it: answers, and rows that the database itself shows."""

from __future__ import annotations

import gzip
import json
import sqlite3
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from connector.storage.database import Database
from connector.storage.inbox import Inbox
from tests.conftest import DatabaseUrls
from tests.webhooks.signing import PUBLIC_URL, SECRET, events, signed_headers
from webhooks.blueprint import IntakeConfig, webhook_blueprint

LIMIT = 200_000


@dataclass
class Door:
    """The app, its clock and a second view of its database."""

    client: FlaskClient
    inbox: Inbox
    url: str
    now: list[datetime] = field(default_factory=lambda: [datetime(2026, 11, 21, 12, tzinfo=UTC)])
    secrets: dict[str, tuple[str, ...]] = field(default_factory=lambda: {"hubspot": (SECRET,)})

    @property
    def now_ms(self) -> int:
        return int(self.now[0].timestamp() * 1000)

    def send(self, body: bytes, *, headers: dict[str, str] | None = None, query: str = "") -> TestResponse:
        address = f"/webhooks/hubspot{query}"
        made = signed_headers(body, self.now_ms, url=PUBLIC_URL + address) if headers is None else headers
        return self.client.post(address, data=body, headers=made)

    def rows(self) -> list[tuple]:
        engine = sa.create_engine(self.url)
        with engine.connect() as conn:
            found = conn.execute(
                sa.text("SELECT sender, received_at, headers, body, status FROM inbox ORDER BY inbox_id")
            ).all()
        engine.dispose()
        return [tuple(row) for row in found]


@pytest.fixture
def door(database_urls: DatabaseUrls) -> Iterator[Door]:
    with opened(database_urls.inbox_url) as made:
        yield made


class opened:
    """A door on the database at `url`, closed in the end."""

    def __init__(self, url: str, timeout_s: float = 4.0) -> None:
        self.inbox = Inbox.open(url, timeout_s)
        app = Flask(__name__)
        self.door = Door(client=app.test_client(), inbox=self.inbox, url=url)
        config = IntakeConfig(public_url=PUBLIC_URL, secrets=self.door.secrets, max_body_bytes=LIMIT)
        app.register_blueprint(webhook_blueprint(self.inbox, config, now=lambda: self.door.now[0]))

    def __enter__(self) -> Door:
        return self.door

    def __exit__(self, *_: object) -> None:
        self.inbox.close()


def test_a_proven_delivery_is_one_row_with_its_raw_bytes(door: Door) -> None:
    body = b' \n[ {"eventId":1, "propertyValue":"Zo\xc3\xab \xf0\x9f\x8e\x88", "x":1.0, "u":"\\u00eb\\/" } ]\r\n'
    headers = signed_headers(body, door.now_ms) | {"Cookie": "session=secret", "Authorization": "Bearer secret"}
    answer = door.send(body, headers=headers)
    assert (answer.status_code, answer.data) == (204, b"")
    [(sender, received_at, kept, stored, status)] = door.rows()
    assert (sender, received_at, bytes(stored), status) == ("hubspot", door.now_ms * 1000, body, "new")
    assert json.loads(kept) == {
        "content-type": "application/json",
        "user-agent": "HubSpot Connect 2.0",
        "x-hubspot-request-timestamp": str(door.now_ms),
    }


def test_the_same_again_and_an_hour_later_is_one_row(door: Door) -> None:
    body = events(count=3)
    assert door.send(body).status_code == 204
    assert door.send(body).status_code == 204  # the capture replayed at once
    door.now[0] += timedelta(hours=1)
    assert door.send(body).status_code == 204  # a redelivery, with a new timestamp and signature
    assert [bytes(row[3]) for row in door.rows()] == [body]


def test_twenty_at_once_are_one_row(door: Door) -> None:
    body = events(count=5)
    gate = threading.Barrier(20)

    def send(_: int) -> int:
        gate.wait()
        return door.send(body).status_code

    with ThreadPoolExecutor(20) as pool:
        assert list(pool.map(send, range(20))) == [204] * 20
    assert len(door.rows()) == 1


def test_same_event_id_of_another_object_or_portal_is_kept(door: Door) -> None:
    for portal, object_id in ((1, 10), (1, 11), (2, 10)):
        assert door.send(events(first=7, portal=portal, object_id=object_id)).status_code == 204
    assert len(door.rows()) == 3


def test_an_unknown_portal_is_stored_for_the_worker_to_count(door: Door) -> None:
    assert door.send(events(portal=999_999)).status_code == 204
    assert len(door.rows()) == 1


def test_forged_stale_and_downgraded_are_refused_and_not_stored(door: Door) -> None:
    body = events()
    good = signed_headers(body, door.now_ms)
    v1 = {"X-HubSpot-Signature": "0" * 64, "X-HubSpot-Signature-Version": "v1"}
    hostile = {
        "unsigned": {},
        "other secret": signed_headers(body, door.now_ms, secret="other"),
        "other body": signed_headers(b"[]", door.now_ms),
        "old": signed_headers(body, door.now_ms - 300_001),
        "early": signed_headers(body, door.now_ms + 300_001),
        "downgrade": v1 | {"X-HubSpot-Request-Timestamp": str(door.now_ms)},
        "not ascii": good | {"X-HubSpot-Signature-v3": "\xff\xe9" * 22},
        "no timestamp": {name: value for name, value in good.items() if "Timestamp" not in name},
    }
    for name, headers in hostile.items():
        assert door.send(body, headers=headers).status_code == 401, name
    assert door.rows() == []


def test_the_host_header_does_not_matter_and_the_query_does(door: Door) -> None:
    body = events()
    address = "/webhooks/hubspot?a=%40b&c=%20%ff"
    headers = signed_headers(body, door.now_ms, url=f"{PUBLIC_URL}/webhooks/hubspot?a=@b&c=%20%ff")
    hostile = {"Host": "evil.example", "X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "http"}
    assert door.client.post(address, data=body, headers=headers | hostile).status_code == 204
    assert door.client.post("/webhooks/hubspot?a=c", data=body, headers=headers).status_code == 401


def test_secrets_rotate(door: Door) -> None:
    by_new = [signed_headers(events(n), door.now_ms, secret="the-new-one") for n in (1, 2)]
    assert door.send(events(1), headers=by_new[0]).status_code == 401
    door.secrets["hubspot"] = ("the-new-one", SECRET)
    assert door.send(events(1), headers=by_new[0]).status_code == 204
    assert door.send(events(3)).status_code == 204
    door.secrets["hubspot"] = ("the-new-one",)
    assert door.send(events(4)).status_code == 401
    assert door.send(events(2), headers=by_new[1]).status_code == 204


def test_other_addresses_and_methods(door: Door) -> None:
    assert door.client.post("/webhooks/nobody", data=b"[]").status_code == 404
    assert door.client.post("/webhooks/HubSpot", data=b"[]").status_code == 404
    assert door.client.get("/webhooks/hubspot").status_code == 405
    door.secrets.clear()
    missing = door.send(events())
    assert (missing.status_code, missing.headers["Retry-After"]) == (503, "10")
    assert door.rows() == []


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "gzip, identity"])
def test_compressed_bodies_are_refused_unread(door: Door, coding: str) -> None:
    bomb = gzip.compress(b"0" * 10_000_000)
    headers = signed_headers(bomb, door.now_ms) | {"Content-Encoding": coding}
    assert door.send(bomb, headers=headers).status_code == 415
    assert door.rows() == []


def test_size_limit_is_exact_and_a_full_batch_fits(door: Door) -> None:
    largest = events(count=100) + b" " * (LIMIT - len(events(count=100)))
    assert door.send(largest).status_code == 204
    assert door.send(largest + b" ").status_code == 413
    assert len(door.rows()) == 1


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 100_000,
        b'{"a":' * 30_000 + b"1" + b"}" * 30_000,
        b'[{"portalId":1,"portalId":2}]',
        b"[NaN]",
        b"[" + b"9" * 5_000 + b"]",
        b"",
        b"\x00\xff\xfe",
        b"not json",
    ],
    ids=["depth", "objects", "twice", "nan", "digits", "empty", "bytes", "text"],
)
def test_what_is_proven_is_stored_unparsed_and_at_once(door: Door, body: bytes) -> None:
    begun = time.monotonic()
    assert door.send(body).status_code == 204
    assert time.monotonic() - begun < 1.0
    assert [bytes(row[3]) for row in door.rows()] == [body]


def test_locked_storage_is_503_in_time_and_recovers(sqlite_urls: DatabaseUrls) -> None:
    with opened(sqlite_urls.inbox_url, timeout_s=0.6) as door:
        assert door.send(events(1)).status_code == 204
        other = sqlite3.connect(Path(sqlite_urls.inbox_url.removeprefix("sqlite:///")), isolation_level=None)
        other.execute("BEGIN EXCLUSIVE")
        with ThreadPoolExecutor(8) as pool:
            spans = list(pool.map(lambda n: timed(door, events(n)), range(10, 34)))
        assert {status for status, _ in spans} == {503}
        # The first wait for the lock; those who come when it is known to be down are answered at once.
        assert max(span for _, span in spans) < 1.5
        assert last_waited(spans) < 0.4
        other.execute("ROLLBACK")
        other.close()
        assert retried(door, events(2)) == 204
        stored = [bytes(row[3]) for row in door.rows()]
        assert stored.count(events(1)) == stored.count(events(2)) == 1


def timed(door: Door, body: bytes) -> tuple[int, float]:
    begun = time.monotonic()
    answer = door.send(body)
    assert answer.status_code != 503 or answer.headers["Retry-After"]
    return answer.status_code, time.monotonic() - begun


def last_waited(spans: list[tuple[int, float]]) -> float:
    return max(span for _, span in spans[-8:])


def retried(door: Door, body: bytes) -> int:
    for _ in range(50):
        status = door.send(body).status_code
        if status != 503:
            return status
    return 503


@pytest.mark.postgres
def test_server_that_is_gone_is_503(postgres_urls: DatabaseUrls) -> None:
    gone = sa.make_url(postgres_urls.inbox_url).set(port=1).render_as_string(hide_password=False)
    with opened(gone) as door:
        status, span = timed(door, events())
        assert (status, span < 5) == (503, True)


def test_missing_table_is_our_trouble_and_never_4xx(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/inbox.sqlite"
    Database.open(url).close()
    with opened(url) as door:
        assert door.send(events()).status_code >= 500
