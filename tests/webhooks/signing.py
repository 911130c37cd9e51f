"""Sign as HubSpot does, written from its documentation and not from our receiver."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json

PUBLIC_URL = "https://assay.example.com"
SECRET = "a-client-secret-of-the-app"


def signed_headers(body: bytes, now_ms: int, *, secret: str = SECRET, url: str | None = None) -> dict[str, str]:
    """The headers of a webhook that HubSpot sends at `now_ms` to `url` (default: our HubSpot address)."""
    address = url or f"{PUBLIC_URL}/webhooks/hubspot"
    message = b"POST" + address.encode() + body + str(now_ms).encode()
    digest = hmac.new(secret.encode(), message, hashlib.sha256).digest()
    return {
        "Content-Type": "application/json",
        "User-Agent": "HubSpot Connect 2.0",
        "X-HubSpot-Request-Timestamp": str(now_ms),
        "X-HubSpot-Signature-v3": base64.b64encode(digest).decode(),
    }


def events(first: int = 1, count: int = 1, portal: int = 247279312, object_id: int | None = None) -> bytes:
    """A delivery of `count` property changes, as recorded from HubSpot; 100 of them are some 30 KB."""
    return json.dumps(
        [
            {
                "eventId": number,
                "subscriptionId": 7662269,
                "portalId": portal,
                "appId": 51879189,
                "occurredAt": 1788597072520 + number,
                "subscriptionType": "object.propertyChange",
                "attemptNumber": 0,
                "objectId": object_id or 546500061938 + number,
                "objectTypeId": "0-1",
                "propertyName": "email",
                "propertyValue": f"person{number}@example.com",
                "changeSource": "CRM_UI",
                "sourceId": "userId:98499705",
                "isSensitive": False,
            }
            for number in range(first, first + count)
        ],
        separators=(",", ":"),
    ).encode()
