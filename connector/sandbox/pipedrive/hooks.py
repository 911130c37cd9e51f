"""Webhooks v2: who subscribed, what is sent, when it is tried again, banned, and what became of it."""

from __future__ import annotations

import base64
import heapq
import json
import random
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import requests

from connector.sandbox.delivery import DeliveryThreads
from connector.sandbox.misbehave import Fault, RuleBook
from connector.sandbox.pipedrive.config import PipedriveConfig, PipedriveSettings
from connector.sandbox.pipedrive.records import Change
from connector.sandbox.pipedrive.said import gone_missing, millis_utc, plain_utc, refused
from connector.sandbox.wire import JsonObject, iso, now_ms

#: Seconds before the second, third and fourth try.
RETRY_WAITS_S: Final = (3.0, 30.0, 150.0)
HOOKS_PER_USER: Final = 40
ACTIONS: Final = ("create", "change", "delete", "*")
OBJECTS: Final = (
    "activity", "deal", "lead", "note", "organization", "person", "pipeline", "product", "stage", "user", "*",
)  # fmt: skip


@dataclass(slots=True)
class Hook:
    """One subscription. `*_at` of the ban and of the last success are monotonic seconds."""

    id: int
    company_id: int
    owner_id: int
    user_id: int
    action: str
    entity: str
    url: str
    name: str
    auth_user: str | None
    auth_password: str | None
    add_ms: int
    succeeded_at: float
    fails: int = 0
    banned_until: float = 0.0
    last_delivery_ms: int | None = None
    last_status: int | None = None
    remove_ms: int | None = None
    remove_reason: str | None = None

    @property
    def is_active(self) -> bool:
        return self.remove_ms is None

    def matches(self, change: Change) -> bool:
        return (
            self.company_id == change.company_id
            and self.is_active
            and self.action in ("*", change.action)
            and self.entity in ("*", change.entity)
            and self.user_id in change.permitted_user_ids
        )

    def show(self) -> JsonObject:
        """As the API lists it."""
        return {
            "id": self.id,
            "company_id": self.company_id,
            "owner_id": self.owner_id,
            "user_id": self.user_id,
            "event_action": self.action,
            "event_object": self.entity,
            "subscription_url": self.url,
            "version": "2.0",
            "is_active": int(self.is_active),
            "add_time": plain_utc(self.add_ms),
            "remove_time": None if self.remove_ms is None else plain_utc(self.remove_ms),
            "type": "application",
            "http_auth_user": self.auth_user,
            "http_auth_password": self.auth_password,
            "remove_reason": self.remove_reason,
            "last_delivery_time": None if self.last_delivery_ms is None else plain_utc(self.last_delivery_ms),
            "last_http_status": self.last_status,
            "admin_id": self.owner_id,
            "name": self.name,
        }


@dataclass(slots=True)
class _Delivery:
    id: int
    hook: Hook
    name: str
    envelope: JsonObject
    attempt: int = 1


@dataclass(order=True, slots=True)
class _Due:
    at: float
    order: int
    delivery: _Delivery = field(compare=False)


class Dispatcher(DeliveryThreads):
    """Keeps the subscriptions and delivers from its own threads, one event a request."""

    def __init__(
        self,
        config: PipedriveConfig,
        settings: Callable[[], PipedriveSettings],
        rules: RuleBook,
        dice: random.Random,
    ) -> None:
        super().__init__(config.settings.webhook_concurrency)
        self._config = config
        self._settings = settings
        self._rules = rules
        self._dice = dice
        self._hooks: dict[int, Hook] = {}
        self._due: list[_Due] = []
        self._hosts = {company.company_id: f"{company.domain}.pipedrive.com" for company in config.companies}

    # -- subscriptions

    def subscribe(
        self,
        company_id: int,
        owner_id: int,
        user_id: int,
        *,
        action: str,
        entity: str,
        url: str,
        name: str,
        auth: tuple[str | None, str | None],
    ) -> Hook:
        """A new hook. Raises ApiError 422 above the cap."""
        with self._wake:
            if len([hook for hook in self._owned(company_id, owner_id) if hook.is_active]) >= HOOKS_PER_USER:
                raise refused(422, f"Webhooks limit of {HOOKS_PER_USER} per app user is reached")
            made = Hook(
                4_710_800 + len(self._hooks) + 1, company_id, owner_id, user_id, action, entity, url, name, *auth,
                now_ms(), time.monotonic(),
            )  # fmt: skip
            self._hooks[made.id] = made
            return made

    def listed(self, company_id: int, owner_id: int) -> list[Hook]:
        """The hooks of one app user, those removed by the system among them, with the reason."""
        with self._wake:
            return self._owned(company_id, owner_id)

    def unsubscribe(self, company_id: int, owner_id: int, hook_id: int) -> None:
        """Raises ApiError 404."""
        with self._wake:
            hook = self._hooks.get(hook_id)
            if hook is None or (hook.company_id, hook.owner_id) != (company_id, owner_id):
                raise gone_missing("Webhook")
            self._forget(hook)

    def drop_all(self, company_id: int, owner_id: int | None = None) -> int:
        """All hooks of a company, or of one app user in it, are gone without a trace. Returns how many."""
        with self._wake:
            doomed = [
                hook
                for hook in self._hooks.values()
                if hook.company_id == company_id and owner_id in (None, hook.owner_id)
            ]
            for hook in doomed:
                self._forget(hook)
            return len(doomed)

    def state(self, company_id: int) -> list[JsonObject]:
        """For the control API: each hook with its ban counter."""
        now = time.monotonic()
        with self._wake:
            return [
                {**hook.show(), "fails": hook.fails, "is_banned": hook.banned_until > now}
                for hook in self._hooks.values()
                if hook.company_id == company_id
            ]

    # -- events

    def notice(self, change: Change) -> None:
        """Queue a change for every hook that may hear of it."""
        settings = self._settings()
        if not settings.webhooks_on:
            return
        correlation = str(uuid.uuid4())
        with self._wake:
            for hook in list(self._hooks.values()):
                if hook.matches(change):
                    self._offer(hook, change, correlation, settings)
            self._wake.notify_all()

    def redeliver(self, ids: set[str]) -> int:
        """Send acknowledged events (by meta.id) once more. Returns how many."""
        with self._wake:
            acked = {line["id"]: line for line in self._log if line["status"] == "acked" and line["id"] in ids}
            for line in acked.values():
                hook = self._hooks.get(_whole(line["hookId"]))
                envelope = line["event"]
                if hook is not None and isinstance(envelope, dict):
                    self._push(hook, str(line["name"]), dict(envelope), 0.0)
            self._counts["redelivered"] += len(acked)
            self._wake.notify_all()
            return len(acked)

    def send(self, hook_id: int, envelope: JsonObject) -> None:
        """Send an event of the caller's making through a hook, with its Basic credentials. Raises ApiError 404."""
        with self._wake:
            hook = self._hooks.get(hook_id)
            if hook is None:
                raise gone_missing("Webhook")
            self._push(hook, "made.up", envelope, 0.0)
            self._wake.notify_all()

    def clear(self) -> None:
        """Forget the log and all that is undelivered; the hooks stay."""
        with self._wake:
            self._due.clear()
            self._log.clear()
            self._counts.clear()

    # -- inside

    def _waiting(self) -> int:
        return len(self._due)

    def _owned(self, company_id: int, owner_id: int) -> list[Hook]:
        return [hook for hook in self._hooks.values() if (hook.company_id, hook.owner_id) == (company_id, owner_id)]

    def _forget(self, hook: Hook) -> None:
        hook.remove_ms = now_ms()
        del self._hooks[hook.id]

    def _offer(self, hook: Hook, change: Change, correlation: str, settings: PipedriveSettings) -> None:
        name = f"{change.action}.{change.entity}"
        envelope = self._envelope(hook, change, correlation, settings)
        self._counts["fired"] += 1
        self._remove_if_dead(hook, settings)
        if not hook.is_active or hook.banned_until > time.monotonic():
            self._counts["lost"] += 1
            self._note("lost", hook, name, envelope, 0)
            return
        if self._rules.strike_webhook(Fault.WEBHOOK_DROP, name) is not None:
            self._counts["dropped"] += 1
            self._note("dropped", hook, name, envelope, 0)
            return
        later = 0.0
        if self._rules.strike_webhook(Fault.WEBHOOK_SHUFFLE, name) is not None:
            self._counts["shuffled"] += 1
            later = self._dice.random() * 0.3
        self._push(hook, name, envelope, later)
        if self._rules.strike_webhook(Fault.WEBHOOK_DOUBLE, name) is not None:
            self._counts["doubled"] += 1
            self._push(hook, name, dict(envelope), 0.1 + self._dice.random() * 0.2)

    def _envelope(self, hook: Hook, change: Change, correlation: str, settings: PipedriveSettings) -> JsonObject:
        data, previous = change.data, change.previous
        if change.entity == "lead" and not settings.lead_webhooks_carry_custom_fields:
            data = None if data is None else {**data, "custom_fields": {}}
            previous = (
                None
                if previous is None
                else {name: value for name, value in previous.items() if name != "custom_fields"}
            )
        is_user = change.entity == "user"
        meta: JsonObject = {
            "action": change.action,
            "entity": change.entity,
            "entity_id": str(change.entity_id),
            "company_id": str(change.company_id),
            "user_id": str(change.origin.user_id),
            "webhook_id": str(hook.id),
            "webhook_owner_id": str(hook.owner_id),
            "id": change.entity_id if is_user else str(uuid.uuid4()),
            "correlation_id": correlation,
            "timestamp": change.at_ms // 1000 if is_user else millis_utc(change.at_ms),
            "type": "application",
            "version": "2.0",
            "change_source": change.origin.change_source,
            "is_bulk_edit": change.origin.is_bulk,
            "attempt": 1,
            "host": self._hosts.get(change.company_id, ""),
            "permitted_user_ids": [str(user_id) for user_id in change.permitted_user_ids],
            **change.extra,
        }
        return {"data": data, "previous": previous, "meta": meta}

    def _push(self, hook: Hook, name: str, envelope: JsonObject, later_s: float) -> None:
        self._last_delivery += 1
        delivery = _Delivery(self._last_delivery, hook, name, envelope)
        heapq.heappush(self._due, _Due(time.monotonic() + later_s, delivery.id, delivery))

    def _run(self) -> None:
        while True:
            with self._wake:
                while not self._is_stopping and not self._is_due():
                    self._wake.wait(max(0.0, self._due[0].at - time.monotonic()) if self._due else None)
                if self._is_stopping:
                    return
                while self._is_due():
                    delivery = heapq.heappop(self._due).delivery
                    self._in_flight += 1
                    self._pool.submit(self._send, delivery)

    def _is_due(self) -> bool:
        return bool(self._due) and self._due[0].at <= time.monotonic()

    def _send(self, delivery: _Delivery) -> None:
        settings = self._settings()
        hook = delivery.hook
        meta = delivery.envelope.get("meta")
        if isinstance(meta, dict):
            meta = {**meta, "attempt": delivery.attempt}
        body = json.dumps({**delivery.envelope, "meta": meta}, separators=(",", ":")).encode()
        started = time.monotonic()
        status: int | None = None
        error: str | None = None
        if not hook.is_active or (delivery.attempt > 1 and hook.banned_until > started):
            error = "the hook is gone or banned"
        else:
            try:
                answer = self._session().post(
                    hook.url,
                    data=body,
                    headers=_headers(hook),
                    timeout=settings.webhook_timeout_s,
                    allow_redirects=False,
                )
                status = answer.status_code
            except requests.RequestException as problem:
                error = type(problem).__name__
        self._settle(delivery, status, error, round((time.monotonic() - started) * 1000), settings)

    def _settle(
        self, delivery: _Delivery, status: int | None, error: str | None, took_ms: int, settings: PipedriveSettings
    ) -> None:
        hook = delivery.hook
        is_acked = status is not None and 200 <= status < 300
        now = time.monotonic()
        with self._wake:
            self._in_flight -= 1
            self._counts["sent"] += 1
            hook.last_status = status if status is not None else hook.last_status
            if is_acked:
                hook.succeeded_at, hook.last_delivery_ms = now, now_ms()
            else:
                self._failed(hook, delivery.attempt, now, settings)
            may_retry = hook.is_active and delivery.attempt <= len(RETRY_WAITS_S)
            outcome = "acked" if is_acked else ("retried" if may_retry else "given_up")
            self._counts[outcome] += 1
            self._note(
                outcome, hook, delivery.name, delivery.envelope, delivery.attempt,
                deliveryId=delivery.id, httpStatus=status, error=error, ms=took_ms,
            )  # fmt: skip
            if outcome == "retried" and not self._is_stopping:
                wait_s = RETRY_WAITS_S[delivery.attempt - 1] * settings.webhook_time_scale
                delivery.attempt += 1
                heapq.heappush(self._due, _Due(now + wait_s, delivery.id, delivery))
            self._wake.notify_all()

    def _failed(self, hook: Hook, attempt: int, now: float, settings: PipedriveSettings) -> None:
        if attempt == 1:
            hook.fails += 1
            if hook.fails >= settings.webhook_ban_after:
                hook.fails = 0
                hook.banned_until = now + settings.webhook_ban_s * settings.webhook_time_scale
                self._counts["banned"] += 1
        self._remove_if_dead(hook, settings)

    def _remove_if_dead(self, hook: Hook, settings: PipedriveSettings) -> None:
        idle_s = settings.webhook_remove_after_s * settings.webhook_time_scale
        has_failed = hook.last_status is not None and not 200 <= hook.last_status < 300
        if hook.is_active and (has_failed or hook.fails) and time.monotonic() - hook.succeeded_at > idle_s:
            hook.remove_ms = now_ms()
            hook.remove_reason = "No successful deliveries for 3 days"
            self._counts["removed"] += 1

    def _note(
        self, status: str, hook: Hook, name: str, envelope: JsonObject, attempt: int, **details: object
    ) -> None:
        meta = envelope.get("meta")
        self._log.append(
            {
                "seq": len(self._log) + 1,
                "ts": iso(now_ms()),
                "status": status,
                "attempt": attempt,
                "hookId": hook.id,
                "name": name,
                "id": meta.get("id") if isinstance(meta, dict) else None,
                "event": dict(envelope),
                **details,
            }
        )


def _headers(hook: Hook) -> dict[str, str]:
    headers = {"Content-Type": "application/json", "User-Agent": "Pipedrive Webhooks (sandbox)"}
    if hook.auth_user is not None or hook.auth_password is not None:
        pair = f"{hook.auth_user or ''}:{hook.auth_password or ''}".encode()
        headers["Authorization"] = f"Basic {base64.b64encode(pair).decode()}"
    return headers


def _whole(value: object) -> int:
    return value if isinstance(value, int) else 0
