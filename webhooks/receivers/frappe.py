"""Frappe: HMAC-SHA256 over the raw body, base64, with the secret of the site's own webhook.

Source: frappe/integrations/doctype/webhook/webhook.py, as recorded from a running site. There is no time, id or nonce
in what is signed, so a recorded request can be sent again at any time. It then tells nothing new: the body holds the
document's name and time of change, the delivery key finds the repetition, and a delivery is only a pointer at what
is read anew.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Sequence
from datetime import datetime

from webhooks.receiver import NotProven, RawRequest

_SIGNATURE = "x-frappe-webhook-signature"


class FrappeReceiver:
    """Receiver of the webhooks that we make on our customers' sites."""

    name = "frappe"
    is_per_install = True
    kept_headers: frozenset[str] = frozenset()

    def verify(self, request: RawRequest, secrets: Sequence[str], now: datetime) -> None:
        """Ask for a signature by one of `secrets`. `now` is not used: Frappe signs no time. Raises NotProven."""
        signature = request.headers.get(_SIGNATURE)
        if signature is None:
            raise NotProven("no signature")
        given = signature.encode("utf-8", "surrogatepass")
        # Every secret is tried whatever the one before gave: the time says nothing of which one fitted.
        fits = [
            hmac.compare_digest(given, base64.b64encode(hmac.digest(secret.encode(), request.body, "sha256")))
            for secret in secrets
            if secret
        ]
        if not any(fits):
            raise NotProven("the signature does not fit")

    def delivery_key(self, request: RawRequest) -> str:
        """SHA-256 of the body: Frappe sends the same bytes again, and a later change has another time in it."""
        return hashlib.sha256(request.body).hexdigest()
