"""Calls of cards as the CRMs make them, put together by hand: nothing of ours signs or verifies here."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import datetime
from typing import Any
from urllib.parse import unquote

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

ORIGIN = "http://localhost:8000"
HUBSPOT_SECRET = "secret-1"
PIPEDRIVE_CLIENT, PIPEDRIVE_SECRET = "panel-client", "panel-secret-of-forty-characters-0123456"


def hubspot_signature(secret: str, method: str, url: str, body: bytes, timestamp: str) -> str:
    """Base64 of HMAC-SHA256 over method, address, body and timestamp."""
    message = method.encode() + unquote(url).encode() + body + timestamp.encode()
    return base64.b64encode(hmac.new(secret.encode(), message, hashlib.sha256).digest()).decode()


def ask_hubspot(
    client: FlaskClient,
    *,
    portal: str,
    user: str,
    record: str,
    now: datetime,
    object_type: str = "0-1",
    secret: str = HUBSPOT_SECRET,
    front: str = "",
    body: bytes | None = None,
) -> TestResponse:
    """What hubspot.fetch sends for a card; `front` stands in the address before what HubSpot adds to it."""
    path = f"/cards/hubspot?{front}userId={user}&portalId={portal}&userEmail=rep%40seller.example&appId=7"
    sent = json.dumps({"objectId": record, "objectTypeId": object_type}).encode() if body is None else body
    timestamp = str(int(now.timestamp() * 1000))
    headers = {
        "X-HubSpot-Signature-v3": hubspot_signature(secret, "POST", ORIGIN + path, sent, timestamp),
        "X-HubSpot-Request-Timestamp": timestamp,
        "Content-Type": "application/json",
    }
    return client.post(path, data=sent, headers=headers)


def part(value: dict[str, Any]) -> str:
    """One part of a JWT."""
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def panel_token(claims: dict[str, Any], secret: str = PIPEDRIVE_SECRET, algorithm: str = "HS256") -> str:
    """A JWT; "none" leaves the signature out."""
    signed = part({"alg": algorithm, "typ": "JWT"}) + "." + part(claims)
    if algorithm == "none":
        return signed + "."
    digest = hmac.new(secret.encode(), signed.encode(), hashlib.sha256).digest()
    return signed + "." + base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def basic(user: str = PIPEDRIVE_CLIENT, password: str = PIPEDRIVE_SECRET) -> dict[str, str]:
    """The header of HTTP Basic."""
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


def ask_pipedrive(
    client: FlaskClient,
    *,
    company: str,
    user: str,
    record: str,
    resource: str = "deal",
    headers: dict[str, str] | None = None,
    **more: str,
) -> TestResponse:
    """What Pipedrive's server sends for a panel."""
    query = {
        "resource": resource,
        "view": "details",
        "userId": user,
        "companyId": company,
        "selectedIds": record,
        "isShared": "false",
        **more,
    }
    return client.get("/cards/pipedrive", query_string=query, headers=headers if headers is not None else basic())
