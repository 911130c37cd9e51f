"""The door for webhooks: prove the sender on the raw bytes, store one row, answer. Nothing is parsed here."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import structlog
from flask import Blueprint, Response, request

from connector.errors import StorageBusy
from connector.storage.inbox import Inbox, InboxItem
from webhooks.body import BodyRefused, read_body
from webhooks.receiver import NotProven, RawRequest, Receiver
from webhooks.roster import ROSTER
from webhooks.shares import Shares

#: Seconds after which a sender that asks for our wish may try again.
RETRY_AFTER_S = 10
_KEPT_OF_ALL = frozenset({"content-type", "user-agent"})
_MAX_KEPT_CHARS = 200

_log: structlog.typing.FilteringBoundLogger = structlog.get_logger(module=__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class IntakeConfig:
    """`public_url`: scheme and host under which senders call us; they sign it. `secrets`: per sender, the current one
    first, then those being rotated out. `body_timeout_s`: how long a body may take to arrive, in seconds.
    `recognise(sender, key)`: for senders with a secret per install: (install id, secret) behind the last part of the
    address, None for a key that we never gave out. It must not wait for anything. `install_deliveries`,
    `install_bytes`: what one install may send in a minute through one process; the polls find what is refused."""

    public_url: str
    secrets: Mapping[str, tuple[str, ...]]
    max_body_bytes: int = 1_000_000
    body_timeout_s: float = 4.0
    install_deliveries: int = 6_000
    install_bytes: int = 60_000_000
    recognise: Callable[[str, str], tuple[str, str] | None] = lambda _sender, _key: None


def webhook_blueprint(
    inbox: Inbox,
    config: IntakeConfig,
    *,
    roster: Mapping[str, Receiver] = ROSTER,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Blueprint:
    """POST /webhooks/<sender>, or /webhooks/<sender>/<key> where each install has a secret.

    The app must exempt this blueprint from CSRF checks and from sessions.
    204 stored, or already stored · 401 not proven, nothing stored · 404 unknown sender or key · 400, 408, 411, 413,
    415 the body cannot be taken · 429 with Retry-After the install sends more than its share · 503 with Retry-After
    our own trouble, so that the sender tries again.
    """
    blueprint = Blueprint("webhooks", __name__)
    shares = Shares(deliveries=config.install_deliveries, size=config.install_bytes)

    @blueprint.post("/webhooks/<sender>")
    def receive(sender: str) -> Response:
        receiver = roster.get(sender)
        if receiver is None or receiver.is_per_install:
            return _answer(404, "Unknown sender.")
        return _take(receiver, sender, config.secrets.get(sender, ()), "")

    @blueprint.post("/webhooks/<sender>/<key>")
    def receive_for_install(sender: str, key: str) -> Response:
        receiver = roster.get(sender)
        found = config.recognise(sender, key) if receiver is not None and receiver.is_per_install else None
        if receiver is None or found is None:
            return _answer(404, "Unknown address.")
        install_id, secret = found
        return _take(receiver, f"{sender}/{key}", (secret,), install_id)

    def _take(receiver: Receiver, path: str, secrets: tuple[str, ...], install_id: str) -> Response:
        sender = receiver.name
        if not any(secrets):
            _log.error("webhook_without_secret", sender=sender)
            return _answer(503, "Not set up yet.")
        if request.headers.get("Content-Encoding", "identity").strip().lower() not in {"", "identity"}:
            return _answer(415, "Send the body without compression.")
        try:
            body = read_body(request.environ, max_bytes=config.max_body_bytes, timeout_s=config.body_timeout_s)
        except BodyRefused as refusal:
            _log.info("webhook_body_refused", sender=sender, status=refusal.status)
            return _answer(refusal.status, str(refusal))
        raw = _raw_request(config.public_url, path, body)
        received_at = now()
        try:
            receiver.verify(raw, secrets, received_at)
        except NotProven as reason:
            _log.info("webhook_not_proven", sender=sender, reason=str(reason))
            return _answer(401, "Not proven.")
        # Only what is proven counts: nobody else can use up an install's share.
        if install_id and not shares.allows(install_id, len(body), received_at):
            _log.warning("webhook_beyond_share", sender=sender, install_id=install_id)
            return _answer(429, "Too many deliveries: try again later.")
        item = InboxItem(
            sender=sender,
            delivery_key=_delivery_key(receiver, raw, install_id),
            install_id=install_id,
            received_at=received_at,
            headers=_kept(raw.headers, receiver),
            body=body,
        )
        try:
            stored = inbox.put(item)
        except StorageBusy as trouble:
            _log.error("webhook_not_stored", sender=sender, reason=str(trouble))
            return _answer(503, "Try again later.")
        _log.debug("webhook_stored", sender=sender, outcome=stored.value, size_bytes=len(body))
        return Response(status=204)

    return blueprint


def _delivery_key(receiver: Receiver, raw: RawRequest, install_id: str) -> str:
    key = receiver.delivery_key(raw)
    # Two installs may be told the same: what one of them sent must not make the other's look like a repetition.
    return hashlib.sha256(f"{install_id}\n{key}".encode()).hexdigest() if install_id else key


def _raw_request(public_url: str, path: str, body: bytes) -> RawRequest:
    # The host is the configured one: behind a proxy the request's own is another, and anybody can forge it.
    query = request.environ.get("QUERY_STRING", "").encode("latin-1").decode("utf-8", "surrogateescape")
    return RawRequest(
        method=request.method,
        url=f"{public_url}/webhooks/{path}" + (f"?{query}" if query else ""),
        headers={name.lower(): value for name, value in request.headers.items()},
        body=body,
    )


def _kept(headers: Mapping[str, str], receiver: Receiver) -> dict[str, str]:
    names = _KEPT_OF_ALL | receiver.kept_headers
    return {name: headers[name][:_MAX_KEPT_CHARS] for name in sorted(names) if name in headers}


def _answer(status: int, sentence: str) -> Response:
    response = Response(sentence + "\n", status=status, mimetype="text/plain")
    if status in {429, 503}:
        response.headers["Retry-After"] = str(RETRY_AFTER_S)
    return response
