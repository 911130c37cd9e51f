"""A client of the sandbox's control API, for tests and the demo."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType

import requests

from connector.sandbox.wire import JsonObject


class SandboxControl:
    """Steers a running sandbox. Every call raises requests.HTTPError when the sandbox refuses it."""

    def __init__(self, base_url: str, token: str) -> None:
        self.base_url = base_url.rstrip("/")
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.headers["X-Sandbox-Control"] = token

    def close(self) -> None:
        self._session.close()

    def __enter__(self) -> SandboxControl:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def settings(self, **values: object) -> JsonObject:
        """The settings, after changing those given (names as in config.Settings)."""
        return self._call("POST", "settings", values) if values else self._call("GET", "settings")

    def seed(self, document: Mapping[str, object]) -> JsonObject:
        """Load a population (see seed.py). Returns {"owners": {ref: id}, "records": {ref: id}, "count": n}."""
        return self._call("POST", "seed", document, timeout=120)

    def act(self, action: str, portal_id: int, **details: object) -> JsonObject:
        """One action (see actions.py)."""
        return self._call("POST", "actions", {"action": action, "portal_id": portal_id, **details})

    def install(self, portal_id: int, **details: object) -> JsonObject:
        """Grant the app without the consent page. Returns access_token, refresh_token, scopes ..."""
        return self.act("install", portal_id, **details)

    def create_contact(self, portal_id: int, properties: Mapping[str, object], **details: object) -> str:
        """Add a contact as a person would, firing webhooks. Returns its id."""
        return str(self.act("create_contact", portal_id, properties=dict(properties), **details)["id"])

    def log_call(self, portal_id: int, contact_id: str, properties: Mapping[str, object] | None = None) -> str:
        """Log an outbound call on a contact, firing webhooks. Returns its id."""
        sent = dict(properties or {})
        return str(self.act("log_call", portal_id, type="calls", contact_id=contact_id, properties=sent)["id"])

    def set_properties(
        self, portal_id: int, record_id: str, properties: Mapping[str, object], **details: object
    ) -> None:
        """Change values of a contact (or type=...), firing webhooks."""
        self.act("set", portal_id, id=record_id, properties=dict(properties), **details)

    def misbehave(self, fault: str, **details: object) -> int:
        """Add a rule (see misbehave.Rule). Returns its id."""
        made = self._call("POST", "rules", {"fault": fault, **details})["id"]
        return _number(made)

    def rules(self) -> list[JsonObject]:
        return _objects(self._call("GET", "rules")["rules"])

    def clear_rules(self) -> None:
        self._call("DELETE", "rules")

    def release(self, rule_id: int | None = None) -> None:
        """Let held answers go."""
        self._call("POST", "rules/release", {"id": rule_id})

    def wait_held(self, rule_id: int, count: int = 1, timeout_s: float = 10.0) -> None:
        """Until `count` calls are held by the rule. Raises TimeoutError."""
        self._until(
            lambda: any(rule["id"] == rule_id and _number(rule["waiting"]) >= count for rule in self.rules()),
            timeout_s,
            f"{count} held calls",
        )

    def writes(self, since: int = 0, **matching: object) -> list[JsonObject]:
        """The log of writes from the sequence number after `since` on, those whose entries equal `matching`."""
        return _matching(_objects(self._call("GET", f"writes?since={since}")["writes"]), matching)

    def request_log(self) -> JsonObject:
        """{"counts": [{method, path, status, count}], "requests": [the last ones]}."""
        return self._call("GET", "requests")

    def requests_made(self, **matching: object) -> list[JsonObject]:
        """The last requests (ts, method, path, status, portalId) whose entries equal `matching`."""
        return _matching(_objects(self.request_log()["requests"]), matching)

    def count_requests(self, method: str, path: str) -> int:
        """How often a path shape was called (ids as {id}), whatever the status."""
        return sum(
            _number(entry["count"])
            for entry in _objects(self.request_log()["counts"])
            if entry["method"] == method and entry["path"] == path
        )

    def clear_requests(self) -> None:
        self._call("DELETE", "requests")

    def webhooks(self, since: int = 0) -> JsonObject:
        """{"pending": n, "counts": {...}, "deliveries": [...]}."""
        return self._call("GET", f"webhooks?since={since}")

    def webhook_counts(self) -> dict[str, int]:
        """fired, dropped, doubled, shuffled, redelivered (events); sent, acked, retried, given_up (deliveries)."""
        counts = self.webhooks()["counts"]
        return {name: _number(count) for name, count in counts.items()} if isinstance(counts, dict) else {}

    def deliveries(self, **matching: object) -> list[JsonObject]:
        """The delivery log: status, attempt, httpStatus, error, ms, events; those that equal `matching`."""
        return _matching(_objects(self.webhooks()["deliveries"]), matching)

    def clear_webhooks(self) -> None:
        self._call("DELETE", "webhooks")

    def wait_for_webhooks(self, timeout_s: float = 10.0) -> None:
        """Until nothing is queued, due or in flight. Raises TimeoutError."""
        self._until(lambda: self.webhooks()["pending"] == 0, timeout_s, "webhooks to be delivered")

    def redeliver(self, event_ids: Sequence[int]) -> None:
        """Send acknowledged events once more."""
        self._call("POST", "webhooks/redeliver", {"event_ids": list(event_ids)})

    def send_events(self, events: Sequence[Mapping[str, object]]) -> None:
        """Send events of the caller's making, signed like all others."""
        self._call("POST", "webhooks/send", {"events": [dict(event) for event in events]})

    def truth(self) -> object:
        return self._raw("GET", "truth").json()

    def plant_truth(self, truth: object) -> None:
        self._raw("PUT", "truth", truth)

    def portals(self) -> list[JsonObject]:
        return _objects(self._call("GET", "portals")["portals"])

    def records(self, portal_id: int, object_type: str = "contacts") -> list[JsonObject]:
        """Every live record of a type with all values."""
        return _objects(self._call("GET", f"records/{portal_id}/{object_type}")["records"])

    def consent(self, authorize_url: str, portal_id: int, user_id: int, decision: str = "grant") -> requests.Response:
        """Answer the consent page as a user would. Returns the last answer: a redirect back, or a refusal page."""
        page = self._session.get(authorize_url, timeout=10, allow_redirects=False)
        ticket = re.search(r'name="ticket" value="([^"]+)"', page.text)
        if ticket is None:
            return page
        form = {"ticket": ticket.group(1), "account": f"{portal_id}:{user_id}", "decision": decision}
        return self._session.post(authorize_url, data=form, timeout=10, allow_redirects=False)

    def _call(self, method: str, path: str, sent: object = None, timeout: float = 30) -> JsonObject:
        content = self._raw(method, path, sent, timeout).json()
        if not isinstance(content, dict):
            raise TypeError(f"the sandbox answered {type(content).__name__} to {method} {path}, not an object")
        return content

    def _raw(self, method: str, path: str, sent: object = None, timeout: float = 30) -> requests.Response:
        answer = self._session.request(method, f"{self.base_url}/_sandbox/{path}", json=sent, timeout=timeout)
        if not answer.ok:
            raise requests.HTTPError(f"{answer.status_code} {answer.text}", response=answer)
        return answer

    def _until(self, is_done: Callable[[], bool], timeout_s: float, what: str) -> None:
        deadline = time.monotonic() + timeout_s
        while not is_done():
            if time.monotonic() > deadline:
                raise TimeoutError(f"waited {timeout_s} s in vain for {what}")
            time.sleep(0.02)


def _matching(entries: list[JsonObject], wanted: Mapping[str, object]) -> list[JsonObject]:
    return [entry for entry in entries if all(entry.get(name) == value for name, value in wanted.items())]


def _objects(value: object) -> list[JsonObject]:
    if not isinstance(value, list):
        raise TypeError(f"a list was expected from the sandbox, not {type(value).__name__}")
    return value


def _number(value: object) -> int:
    if not isinstance(value, int):
        raise TypeError(f"a number was expected from the sandbox, not {type(value).__name__}")
    return value
