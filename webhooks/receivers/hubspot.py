"""HubSpot: signature v3 over method, address, raw body and timestamp. v1 and v2 can be judged but prove nothing here:
they carry no time, so that whoever once saw a request could send it again for ever."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Sequence
from datetime import datetime

from webhooks.receiver import NotProven, RawRequest

#: Older or newer than this is refused. Source: HubSpot's guide "Validating requests" (300,000 ms); that it holds
#: for the future too is stricter than HubSpot's own libraries.
TOLERANCE_MS = 300_000

_SIGNATURE = "x-hubspot-signature"
_SIGNATURE_V3 = "x-hubspot-signature-v3"
_TIMESTAMP = "x-hubspot-request-timestamp"
_VERSION = "x-hubspot-signature-version"
_DIGITS = re.compile(r"[0-9]{1,16}")
#: The only escapes that HubSpot decodes before it signs. Source: the same guide.
_DECODED = re.compile(rb"%(3A|2F|3F|40|21|24|27|28|29|2A|2C|3B)", re.IGNORECASE)


class HubSpotReceiver:
    """Receiver of HubSpot's webhooks (and of the calls of its cards, which are signed alike)."""

    name = "hubspot"
    is_per_install = False
    kept_headers = frozenset({_TIMESTAMP, _VERSION})

    def verify(self, request: RawRequest, secrets: Sequence[str], now: datetime) -> None:
        """Ask for a v3 signature by one of `secrets`, at most five minutes before or after `now` (aware).

        Raises NotProven; also for a request that has a good v1 or v2 signature and no v3.
        """
        signature = request.headers.get(_SIGNATURE_V3)
        if signature is None:
            older = "; v1 and v2 are not accepted" if _SIGNATURE in request.headers else ""
            raise NotProven(f"no v3 signature{older}")
        timestamp = request.headers.get(_TIMESTAMP, "")
        if _DIGITS.fullmatch(timestamp) is None:
            raise NotProven("no timestamp in milliseconds")
        age_ms = _milliseconds(now) - int(timestamp)
        if abs(age_ms) > TOLERANCE_MS:
            raise NotProven(f"timestamp {age_ms / 1000:.0f} s away from our clock")
        message = b"".join((_bytes(request.method), _signed_url(request.url), request.body, _bytes(timestamp)))
        _ask_for(
            signature,
            [base64.b64encode(hmac.digest(secret.encode(), message, "sha256")) for secret in _usable(secrets)],
        )

    def delivery_key(self, request: RawRequest) -> str:
        """SHA-256 of the body: a redelivery has a new timestamp and signature, and the same bytes."""
        return hashlib.sha256(request.body).hexdigest()


def verify_v1(request: RawRequest, secrets: Sequence[str]) -> None:
    """Judge a v1 signature: hex SHA-256 of secret and body. Raises NotProven. For diagnosis, not for the door."""
    _ask_for_older(request, "v1", [_bytes(secret) + request.body for secret in _usable(secrets)])


def verify_v2(request: RawRequest, secrets: Sequence[str]) -> None:
    """Judge a v2 signature: hex SHA-256 of secret, method, address and body. Raises NotProven. For diagnosis."""
    rest = _bytes(request.method) + _bytes(request.url) + request.body
    _ask_for_older(request, "v2", [_bytes(secret) + rest for secret in _usable(secrets)])


def _ask_for_older(request: RawRequest, version: str, messages: Sequence[bytes]) -> None:
    if request.headers.get(_VERSION, version) != version:
        raise NotProven(f"not a {version} signature")
    signature = request.headers.get(_SIGNATURE)
    if signature is None:
        raise NotProven(f"no {version} signature")
    _ask_for(signature, [hashlib.sha256(message).hexdigest().encode() for message in messages])


def _ask_for(signature: str, expected: Sequence[bytes]) -> None:
    given = _bytes(signature)
    # Every secret is tried whatever the one before gave: the time says nothing of which one fitted.
    fits = [hmac.compare_digest(given, one) for one in expected]
    if not any(fits):
        raise NotProven("the signature does not fit")


def _usable(secrets: Sequence[str]) -> list[str]:
    """Without empty ones: with an empty secret everybody could sign."""
    return [secret for secret in secrets if secret]


def _signed_url(url: str) -> bytes:
    return _DECODED.sub(lambda escape: bytes.fromhex(escape[1].decode()), _bytes(url))


def _milliseconds(instant: datetime) -> int:
    return int(instant.timestamp() * 1000)


def _bytes(text: str) -> bytes:
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:  # no sender sends this; it must only not raise
        return text.encode("utf-8", "surrogatepass")
