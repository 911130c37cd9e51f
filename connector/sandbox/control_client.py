"""The part of a control client that no dialect changes: settings, rules, logs, webhooks, truth, consent."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import TypeVar

import requests

from connector.sandbox.wire import JsonObject

_Control = TypeVar("_Control", bound="ControlClient")


class ControlClient:
    """Steers a running sandbox. Every call raises requests.HTTPError when the sandbox refuses it."""

    def __init__(self, base_url: str, token: str) -> None:
        self.base_url = base_url.rstrip("/")
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.headers["X-Sandbox-Control"] = token

    def close(self) -> None:
        self._session.close()

    def __enter__(self: _Control) -> _Control:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def settings(self, **values: object) -> JsonObject:
        """The settings, after changing those given (names as in config.Settings)."""
        return self._call("POST", "settings", values) if values else self._call("GET", "settings")

    def misbehave(self, fault: str, **details: object) -> int:
        """Add a rule (see misbehave.Rule). Returns its id."""
        made = self._call("POST", "rules", {"fault": fault, **details})["id"]
        return number_of(made)

    def rules(self) -> list[JsonObject]:
        return objects_of(self._call("GET", "rules")["rules"])

    def clear_rules(self) -> None:
        self._call("DELETE", "rules")

    def release(self, rule_id: int | None = None) -> None:
        """Let held answers go."""
        self._call("POST", "rules/release", {"id": rule_id})

    def wait_held(self, rule_id: int, count: int = 1, timeout_s: float = 10.0) -> None:
        """Until `count` calls are held by the rule. Raises TimeoutError."""
        self._until(
            lambda: any(rule["id"] == rule_id and number_of(rule["waiting"]) >= count for rule in self.rules()),
            timeout_s,
            f"{count} held calls",
        )

    def writes(self, since: int = 0, **matching: object) -> list[JsonObject]:
        """The log of writes from the sequence number after `since` on, those whose entries equal `matching`."""
        return _matching(objects_of(self._call("GET", f"writes?since={since}")["writes"]), matching)

    def request_log(self) -> JsonObject:
        """{"counts": [{method, path, status, count}], "requests": [the last ones]}."""
        return self._call("GET", "requests")

    def requests_made(self, **matching: object) -> list[JsonObject]:
        """The last requests (ts, method, path, status, whose account) whose entries equal `matching`."""
        return _matching(objects_of(self.request_log()["requests"]), matching)

    def count_requests(self, method: str, path: str) -> int:
        """How often a path shape was called (ids as {id}), whatever the status."""
        return sum(
            number_of(entry["count"])
            for entry in objects_of(self.request_log()["counts"])
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
        return {name: number_of(count) for name, count in counts.items()} if isinstance(counts, dict) else {}

    def deliveries(self, **matching: object) -> list[JsonObject]:
        """The delivery log: status, attempt, httpStatus, error, ms, events; those that equal `matching`."""
        return _matching(objects_of(self.webhooks()["deliveries"]), matching)

    def clear_webhooks(self) -> None:
        self._call("DELETE", "webhooks")

    def wait_for_webhooks(self, timeout_s: float = 10.0) -> None:
        """Until nothing is queued, due or in flight. Raises TimeoutError."""
        self._until(lambda: self.webhooks()["pending"] == 0, timeout_s, "webhooks to be delivered")

    def truth(self) -> object:
        return self._raw("GET", "truth").json()

    def plant_truth(self, truth: object) -> None:
        self._raw("PUT", "truth", truth)

    def consent(
        self, authorize_url: str, account_id: int, user_id: int, decision: str = "grant"
    ) -> requests.Response:
        """Answer the consent page as a user would. Returns the last answer: a redirect back, or a refusal page."""
        page = self._session.get(authorize_url, timeout=10, allow_redirects=False)
        ticket = re.search(r'name="ticket" value="([^"]+)"', page.text)
        if ticket is None:
            return page
        form = {"ticket": ticket.group(1), "account": f"{account_id}:{user_id}", "decision": decision}
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


def objects_of(value: object) -> list[JsonObject]:
    if not isinstance(value, list):
        raise TypeError(f"a list was expected from the sandbox, not {type(value).__name__}")
    return value


def number_of(value: object) -> int:
    if not isinstance(value, int):
        raise TypeError(f"a number was expected from the sandbox, not {type(value).__name__}")
    return value
