"""What every member of the roster must keep to."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest

from webhooks.receiver import NotProven, RawRequest, Receiver
from webhooks.roster import ROSTER

MEMBERS = pytest.mark.parametrize("receiver", ROSTER.values(), ids=ROSTER.keys())


@MEMBERS
def test_the_name_fits_into_an_address(receiver: Receiver) -> None:
    assert re.fullmatch(r"[a-z0-9][a-z0-9-]*", receiver.name)
    assert ROSTER[receiver.name] is receiver


@MEMBERS
def test_no_secret_is_kept(receiver: Receiver) -> None:
    for header in receiver.kept_headers:
        assert header == header.lower()
        assert not re.search(r"signature$|signature-v\d|auth|cookie|token|hmac", header)


@MEMBERS
@pytest.mark.parametrize("secrets", [(), ("",), ("secret",)])
def test_an_unsigned_request_is_never_proven(receiver: Receiver, secrets: tuple[str, ...]) -> None:
    request = RawRequest(method="POST", url="https://a.example/webhooks/x", headers={}, body=b"[]")
    with pytest.raises(NotProven):
        receiver.verify(request, secrets, datetime(2026, 1, 1, tzinfo=UTC))


@MEMBERS
def test_the_delivery_key_follows_the_delivery(receiver: Receiver) -> None:
    def key(body: bytes) -> str:
        return receiver.delivery_key(
            RawRequest(method="POST", url="https://a.example/webhooks/x", headers={}, body=body)
        )

    assert key(b"[1]") == key(b"[1]") != key(b"[2]")
    assert len(key(b"x" * 10_000)) <= 128
    assert key(b"").isascii()
