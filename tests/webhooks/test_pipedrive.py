"""Pipedrive's webhooks: HTTP Basic of each install's own, and one row for one event however often it is sent."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime

import pytest

from connector.adapters.pipedrive import hooks
from webhooks.receiver import NotProven, RawRequest
from webhooks.receivers import pipedrive
from webhooks.receivers.pipedrive import PipedriveReceiver

SECRET = "0123456789abcdef" + "f" * 48
OTHER = "fedcba9876543210" + "0" * 48
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def request(header: str | None, body: bytes = b"{}") -> RawRequest:
    headers = {} if header is None else {"authorization": header}
    return RawRequest(method="POST", url="https://a.example/webhooks/pipedrive/abc-1", headers=headers, body=body)


def basic(pair: str, scheme: str = "Basic") -> str:
    return f"{scheme} {base64.b64encode(pair.encode()).decode()}"


def pair_of(secret: str) -> str:
    return f"{secret[:16]}:{secret[16:]}"


@pytest.mark.parametrize("scheme", ["Basic", "basic", "BASIC"])
@pytest.mark.parametrize("secrets", [(SECRET,), (OTHER, SECRET), ("", SECRET)])
def test_the_pair_of_any_secret_proves(scheme: str, secrets: tuple[str, ...]) -> None:
    PipedriveReceiver().verify(request(basic(pair_of(SECRET), scheme)), secrets, NOW)


@pytest.mark.parametrize(
    "header",
    [
        None, "", "Basic", "Basic ", "Basic !!!", "Bearer abc", "Basic \ud800", "Basic é", basic(""), basic(":"),
        basic(pair_of(OTHER)), basic(SECRET), basic(SECRET[:16] + ":"), basic(pair_of(SECRET) + "x"),
        basic(f"{SECRET[16:]}:{SECRET[:16]}"), basic(pair_of(SECRET), "Digest"),
    ],
)  # fmt: skip
def test_anything_else_does_not(header: str | None) -> None:
    with pytest.raises(NotProven):
        PipedriveReceiver().verify(request(header), (SECRET,), NOW)


@pytest.mark.parametrize("secrets", [(), ("",), ("0123456789abcdef",)])
def test_without_a_whole_secret_nothing_is_proven(secrets: tuple[str, ...]) -> None:
    for header in (basic(":"), basic("0123456789abcdef:")):
        with pytest.raises(NotProven):
            PipedriveReceiver().verify(request(header), secrets, NOW)


def test_a_second_try_is_the_same_delivery() -> None:
    def key(**changed: object) -> str:
        meta = {"id": "b18fa830", "attempt": 1, "action": "change"}
        body = {"data": {"title": 'say "attempt": 1'}, "meta": {**meta, **changed}}
        return PipedriveReceiver().delivery_key(request(None, json.dumps(body).encode()))

    assert key(attempt=1) == key(attempt=4)
    assert key() != key(id="other")


def test_what_we_subscribe_with_is_what_we_ask_for() -> None:
    assert hooks.USER_DIGITS == pipedrive.USER_DIGITS
