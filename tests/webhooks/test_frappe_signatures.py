"""Frappe's signatures: those recorded from a running site, and what must never be believed nor raise."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from webhooks.receiver import NotProven, RawRequest
from webhooks.receivers.frappe import FrappeReceiver

SAMPLES = Path(__file__).parents[1] / "adapters/frappe/samples"
SECRET = "lab-webhook-secret"
NOW = datetime(2026, 11, 22, tzinfo=UTC)
RECEIVER = FrappeReceiver()


def recorded(name: str) -> RawRequest:
    told = json.loads((SAMPLES / f"webhook_crm_lead_{name}.json").read_text())
    headers = {key.lower(): value for key, value in told["headers"].items()}
    return RawRequest(
        method="POST", url="https://a.example" + told["path"], headers=headers, body=told["body_raw"].encode()
    )


def changed(request: RawRequest, *, body: bytes | None = None, signature: str | None = None) -> RawRequest:
    headers = dict(request.headers)
    if signature is not None:
        headers["x-frappe-webhook-signature"] = signature
    return RawRequest(method="POST", url=request.url, headers=headers, body=request.body if body is None else body)


def is_proven(request: RawRequest, *secrets: str) -> bool:
    try:
        RECEIVER.verify(request, secrets, NOW)
    except NotProven:
        return False
    return True


@pytest.mark.parametrize("name", ["after_insert", "on_update"])
def test_recorded_deliveries_are_proven(name: str) -> None:
    assert is_proven(recorded(name), SECRET)
    assert is_proven(recorded(name), "the next one", SECRET)


@pytest.mark.parametrize("name", ["after_insert", "on_update"])
def test_an_altered_one_is_not(name: str) -> None:
    request = recorded(name)
    signature = request.headers["x-frappe-webhook-signature"]
    assert not is_proven(request, "another secret")
    assert not is_proven(request, "")
    assert not is_proven(request)
    assert not is_proven(changed(request, body=request.body + b" "), SECRET)
    assert not is_proven(changed(request, body=request.body.replace(b"00001", b"00002")), SECRET)
    assert not is_proven(changed(request, signature=signature[:-2]), SECRET)
    assert not is_proven(changed(request, signature=signature.lower()), SECRET)
    hexed = hmac.new(SECRET.encode(), request.body, hashlib.sha256).hexdigest()
    assert not is_proven(changed(request, signature=hexed), SECRET)
    older = base64.b64encode(hmac.new(SECRET.encode(), request.body, hashlib.sha1).digest()).decode()
    assert not is_proven(changed(request, signature=older), SECRET)


@pytest.mark.parametrize("signature", ["", "é", "\udcff", "\x00", "=" * 10_000, "myN0wk7C\n"])
def test_no_header_makes_it_raise(signature: str) -> None:
    assert not is_proven(changed(recorded("on_update"), signature=signature), SECRET)


def test_a_delivery_sent_again_is_the_same_and_another_is_another() -> None:
    first, second = recorded("after_insert"), recorded("on_update")
    assert RECEIVER.delivery_key(first) == RECEIVER.delivery_key(changed(first, signature="x"))
    assert RECEIVER.delivery_key(first) != RECEIVER.delivery_key(second)
