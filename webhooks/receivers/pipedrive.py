"""Pipedrive: HTTP Basic with a user and a password of each install's own. There is no signature and no time in it."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Sequence
from datetime import datetime

from webhooks.receiver import NotProven, RawRequest

#: How many digits of the secret are the user; the rest is the password.
USER_DIGITS = 16

#: The one value that differs when the same event is sent again. Within a text its quotes would be escaped.
_ATTEMPT = re.compile(rb'"attempt"\s*:\s*[0-9]+')


class PipedriveReceiver:
    """Receiver of Pipedrive's webhooks, version 2.0."""

    name = "pipedrive"
    is_per_install = True
    kept_headers = frozenset[str]()

    def verify(self, request: RawRequest, secrets: Sequence[str], now: datetime) -> None:
        """Ask for the user and password that one of `secrets` (64 hex digits each) stands for. Raises NotProven."""
        given = _credentials(request.headers.get("authorization", ""))
        # Every secret is tried whatever the one before gave: the time says nothing of which one fitted.
        fits = [
            hmac.compare_digest(given, f"{secret[:USER_DIGITS]}:{secret[USER_DIGITS:]}".encode())
            for secret in secrets
            if len(secret) > USER_DIGITS
        ]
        if not any(fits):
            raise NotProven("the user and password do not fit")

    def delivery_key(self, request: RawRequest) -> str:
        """SHA-256 of the body without the number of the attempt, in which a redelivery differs."""
        return hashlib.sha256(_ATTEMPT.sub(b"", request.body)).hexdigest()


def _credentials(header: str) -> bytes:
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != "basic":
        raise NotProven("no HTTP Basic credentials")
    try:
        return base64.b64decode(encoded.strip().encode("utf-8", "surrogateescape"), validate=True)
    except (binascii.Error, ValueError):
        raise NotProven("unreadable HTTP Basic credentials") from None
