"""Webhooks: which events fire, how they are signed, delivered, retried, and what became of them."""

from __future__ import annotations

import base64
import hashlib
import heapq
import hmac
import json
import random
import re
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import requests

from connector.sandbox.changes import Change
from connector.sandbox.config import SandboxConfig, Settings
from connector.sandbox.delivery import DeliveryThreads
from connector.sandbox.grants import Grants
from connector.sandbox.kinds import find_kind
from connector.sandbox.misbehave import Fault, RuleBook
from connector.sandbox.wire import JsonObject, iso, now_ms

# When the retries come, in minutes after the first attempt: ten of them, spread over 24 hours.
_RETRY_AT_MIN: Final = (1, 5, 15, 30, 60, 120, 240, 480, 900, 1430)
_DECODED: Final = {"3A": ":", "2F": "/", "3F": "?", "40": "@", "21": "!", "24": "$", "27": "'",
                   "28": "(", "29": ")", "2A": "*", "2C": ",", "3B": ";"}  # fmt: skip
_ESCAPE: Final = re.compile("%(" + "|".join(_DECODED) + ")", re.IGNORECASE)


@dataclass(slots=True)
class Delivery:
    """A batch of events on its way. `attempt` is the number of tries made so far."""

    id: int
    portal_id: int
    events: list[JsonObject]
    attempt: int = 0


@dataclass(order=True, slots=True)
class _Due:
    at: float
    order: int
    delivery: Delivery = field(compare=False)


def signature_v3(secret: str, method: str, uri: str, body: bytes, timestamp: str) -> str:
    """base64(HMAC-SHA256(secret, METHOD + URI + raw body + timestamp)), the URI with HubSpot's escapes decoded."""
    decoded = _ESCAPE.sub(lambda match: _DECODED[match.group(1).upper()], uri)
    message = method.encode() + decoded.encode() + body + timestamp.encode()
    return base64.b64encode(hmac.new(secret.encode(), message, hashlib.sha256).digest()).decode()


def signed_headers(secret: str, url: str, body: bytes, timestamp_ms: int) -> dict[str, str]:
    """The headers of one webhook request: v3, and v1 beside it as HubSpot sends."""
    return {
        "Content-Type": "application/json",
        "User-Agent": "HubSpot Connect 2.0 (sandbox)",
        "X-HubSpot-Signature": hashlib.sha256(secret.encode() + body).hexdigest(),
        "X-HubSpot-Signature-Version": "v1",
        "X-HubSpot-Request-Timestamp": str(timestamp_ms),
        "X-HubSpot-Signature-v3": signature_v3(secret, "POST", url, body, str(timestamp_ms)),
    }


class Dispatcher(DeliveryThreads):
    """Queues events and delivers them from its own threads."""

    def __init__(
        self,
        config: SandboxConfig,
        settings: Callable[[], Settings],
        grants: Grants,
        rules: RuleBook,
        dice: random.Random,
    ) -> None:
        super().__init__(config.settings.webhook_concurrency)
        self._config = config
        self._settings = settings
        self._grants = grants
        self._rules = rules
        self._dice = dice
        self._queue: list[JsonObject] = []
        self._doubles: list[JsonObject] = []
        self._due: list[_Due] = []
        self._event_ids: Counter[int] = Counter()

    # -- from outside

    def notice(self, change: Change) -> None:
        """Turn a change into events, for a portal that has the app installed and the scope for the object."""
        settings = self._settings()
        grant = self._grants.live_grant(change.portal_id)
        if grant is None or not settings.webhooks_on or self.url() is None:
            return
        if any(scope not in grant.scopes for scope in change.kind.read_scopes):
            return
        for number, subscription in enumerate(self._config.app.subscriptions):
            if (
                subscription.event != change.event
                or find_kind(subscription.object_type) is not change.kind
                or subscription.property_name != change.property_name
            ):
                continue
            with self._wake:
                self._enqueue(self._event(change, number))
                self._wake.notify_all()

    def redeliver(self, event_ids: set[int]) -> int:
        """Send events again that were logged before, as a late duplicate. Returns how many."""
        with self._wake:
            found = [
                dict(event)
                for entry in self._log
                for event in _events_of(entry)
                if entry["status"] == "acked" and event.get("eventId") in event_ids
            ]
            self._queue.extend(found)
            self._counts["redelivered"] += len(found)
            self._wake.notify_all()
            return len(found)

    def send_events(self, events: list[JsonObject]) -> None:
        """Put events of the caller's making on their way, as they are."""
        with self._wake:
            self._queue.extend(events)
            self._wake.notify_all()

    def url(self) -> str | None:
        return self._settings().webhook_url or self._config.app.webhook_url

    def clear(self) -> None:
        """Forget the log and all that is undelivered."""
        with self._wake:
            self._queue.clear()
            self._doubles.clear()
            self._due.clear()
            self._log.clear()
            self._counts.clear()

    # -- inside

    def _waiting(self) -> int:
        return len(self._queue) + len(self._doubles) + len(self._due)

    def _event(self, change: Change, subscription_number: int) -> JsonObject:
        with self._wake:
            self._event_ids[change.portal_id] += 1
            number = self._event_ids[change.portal_id]
        app_id = self._config.app.app_id
        source = change.source
        event: JsonObject = {
            "eventId": 1_765_889_000 + number,
            "subscriptionId": 7_662_269 + subscription_number,
            "portalId": change.portal_id,
            "appId": app_id,
            "occurredAt": change.at_ms,
            "subscriptionType": change.event,
            "attemptNumber": 0,
            "objectId": int(change.object_id),
            "objectTypeId": change.kind.type_id,
            "changeSource": source.type,
            "sourceId": f"userId:{source.user_id}" if source.type == "CRM_UI" else (source.id or ""),
            "isSensitive": False,
            **change.extra,
        }
        if change.property_name is not None:
            event["propertyName"] = change.property_name
            event["propertyValue"] = change.property_value
        return event

    def _enqueue(self, event: JsonObject) -> None:
        name = str(event["subscriptionType"])
        self._counts["fired"] += 1
        if self._rules.strike_webhook(Fault.WEBHOOK_DROP, name) is not None:
            self._counts["dropped"] += 1
            self._note("dropped", [event], 0)
            return
        self._queue.append(event)
        if self._rules.strike_webhook(Fault.WEBHOOK_DOUBLE, name) is not None:
            self._counts["doubled"] += 1
            self._doubles.append(dict(event))

    def _run(self) -> None:
        while True:
            with self._wake:
                while not (self._is_stopping or self._queue or self._doubles or self._is_due()):
                    self._wake.wait(self._until_due())
                if self._is_stopping:
                    return
                has_news = bool(self._queue or self._doubles)
            if has_news:
                time.sleep(self._settings().webhook_window_s)
                self._pack()
            self._send_due()

    def _is_due(self) -> bool:
        return bool(self._due) and self._due[0].at <= time.monotonic()

    def _until_due(self) -> float | None:
        return max(0.0, self._due[0].at - time.monotonic()) if self._due else None

    def _pack(self) -> None:
        """Queue -> deliveries of at most a batch each, one portal each; doubles travel apart, a little later."""
        size = min(100, max(1, self._settings().webhook_batch_size))
        with self._wake:
            events, self._queue = self._queue, []
            doubles, self._doubles = self._doubles, []
            is_shuffling = self._rules.is_shuffling()
            if is_shuffling:
                for event in events:
                    self._rules.strike_webhook(Fault.WEBHOOK_SHUFFLE, str(event["subscriptionType"]))
                self._counts["shuffled"] += len(events)
                self._dice.shuffle(events)
            now = time.monotonic()
            for group, base_s in ((events, 0.0), (doubles, 0.1)):
                for portal_events in _by_portal(group):
                    position = 0
                    while position < len(portal_events):
                        step = self._dice.randint(1, min(size, 5)) if is_shuffling else size
                        later = base_s + (self._dice.random() * 0.2 if is_shuffling or base_s else 0.0)
                        self._push(portal_events[position : position + step], now + later)
                        position += step

    def _push(self, events: list[JsonObject], at: float) -> None:
        self._last_delivery += 1
        portal = events[0].get("portalId")
        delivery = Delivery(self._last_delivery, portal if isinstance(portal, int) else 0, events)
        heapq.heappush(self._due, _Due(at, delivery.id, delivery))

    def _send_due(self) -> None:
        with self._wake:
            while self._is_due():
                delivery = heapq.heappop(self._due).delivery
                self._in_flight += 1
                self._pool.submit(self._send, delivery)

    def _send(self, delivery: Delivery) -> None:
        settings = self._settings()
        url = self.url()
        for event in delivery.events:
            event["attemptNumber"] = delivery.attempt
        body = json.dumps(delivery.events, separators=(",", ":")).encode()
        started = time.monotonic()
        status: int | None = None
        error: str | None = None
        if url is None:
            error = "no webhook URL"
        else:
            headers = signed_headers(self._config.app.client_secret, settings.webhook_sign_url or url, body, now_ms())
            try:
                answer = self._session().post(
                    url, data=body, headers=headers, timeout=settings.webhook_timeout_s, allow_redirects=False
                )
                status = answer.status_code
            except requests.RequestException as problem:
                error = type(problem).__name__
        took_ms = round((time.monotonic() - started) * 1000)
        self._settle(delivery, status, error, took_ms, settings)

    def _settle(
        self, delivery: Delivery, status: int | None, error: str | None, took_ms: int, settings: Settings
    ) -> None:
        is_acked = status is not None and 200 <= status < 300
        with self._wake:
            self._in_flight -= 1
            self._counts["sent"] += 1
            may_retry = delivery.attempt < settings.webhook_max_retries
            outcome = "acked" if is_acked else ("retried" if may_retry else "given_up")
            self._counts[outcome] += 1
            self._note(
                outcome, delivery.events, delivery.attempt, deliveryId=delivery.id, httpStatus=status, error=error,
                ms=took_ms,
            )  # fmt: skip
            if not is_acked and may_retry and not self._is_stopping:
                delivery.attempt += 1
                wait_s = _retry_wait_s(delivery.attempt, self._dice) * settings.retry_time_scale
                heapq.heappush(self._due, _Due(time.monotonic() + wait_s, delivery.id, delivery))
            self._wake.notify_all()

    def _note(self, status: str, events: list[JsonObject], attempt: int, **details: object) -> None:
        self._log.append(
            {
                "seq": len(self._log) + 1,
                "ts": iso(now_ms()),
                "status": status,
                "attempt": attempt,
                "events": [dict(event) for event in events],
                **details,
            }
        )


def _retry_wait_s(attempt: int, dice: random.Random) -> float:
    """Seconds between try `attempt` (1 = first retry) and the one before it, with a fifth of jitter."""
    before = _RETRY_AT_MIN[attempt - 2] if attempt > 1 else 0
    at = _RETRY_AT_MIN[min(attempt, len(_RETRY_AT_MIN)) - 1]
    return (at - before) * 60 * dice.uniform(0.8, 1.2)


def _by_portal(events: list[JsonObject]) -> list[list[JsonObject]]:
    groups: dict[object, list[JsonObject]] = {}
    for event in events:
        groups.setdefault(event.get("portalId"), []).append(event)
    return list(groups.values())


def _events_of(entry: JsonObject) -> list[JsonObject]:
    events = entry["events"]
    return [event for event in events if isinstance(event, dict)] if isinstance(events, list) else []
