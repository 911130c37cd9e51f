"""Misbehaviour on demand: which answers go wrong, in which way, how often."""

from __future__ import annotations

import fnmatch
import gzip
import json
import random
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from flask import Response, request

from connector.sandbox.wire import ApiError, JsonObject, as_int, as_text, correlation_id, invalid

HOLD_LIMIT_S: Final = 600.0


class Fault(StrEnum):
    """What can go wrong. The last three concern webhooks, the others API answers."""

    RATE_LIMIT = "rate_limit"
    SERVER_ERROR = "server_error"
    DRIP = "drip"
    CUT = "cut"
    RESET = "reset"
    HTML = "html"
    SLOW = "slow"
    HOLD = "hold"
    GZIP_BOMB = "gzip_bomb"
    NULL_BODY = "null_body"
    WEBHOOK_DROP = "webhook_drop"
    WEBHOOK_DOUBLE = "webhook_double"
    WEBHOOK_SHUFFLE = "webhook_shuffle"


WEBHOOK_FAULTS: Final = frozenset({Fault.WEBHOOK_DROP, Fault.WEBHOOK_DOUBLE, Fault.WEBHOOK_SHUFFLE})
_REPLACES: Final = frozenset({Fault.RATE_LIMIT, Fault.SERVER_ERROR, Fault.HTML, Fault.GZIP_BOMB, Fault.NULL_BODY})
_PAUSES: Final = frozenset({Fault.HOLD, Fault.SLOW})


@dataclass(slots=True)
class Rule:
    """One misbehaviour.

    `path` is a shell pattern on the path as called (`/crm/objects/*`) or, for webhooks, on the subscription type
    (`object.creation`); `count` how often it strikes (None = until cleared), `ratio` how likely each time.
    `stage`: before = the call is not carried out; after = it is carried out and only the answer goes wrong.
    """

    id: int
    fault: Fault
    path: str = "*"
    method: str | None = None
    count: int | None = 1
    ratio: float = 1.0
    stage: str = "before"
    status: int = 500
    retry_after_s: int | None = None
    delay_s: float = 1.0
    size_mb: int = 50
    struck: int = 0
    waiting: int = 0
    released: threading.Event = field(default_factory=threading.Event)

    @property
    def replaces(self) -> bool:
        """Whether the whole answer is replaced."""
        return self.fault in _REPLACES

    def as_json(self) -> JsonObject:
        return {
            "id": self.id,
            "fault": self.fault.value,
            "path": self.path,
            "method": self.method,
            "count": self.count,
            "ratio": self.ratio,
            "stage": self.stage,
            "status": self.status,
            "retry_after_s": self.retry_after_s,
            "delay_s": self.delay_s,
            "struck": self.struck,
            "waiting": self.waiting,
        }


@dataclass(frozen=True, slots=True)
class FaultAnswers:
    """How a dialect words the two faults that every CRM words its own way."""

    rate_limit: Callable[[], ApiError]
    server_error: Callable[[int], ApiError]


class RuleBook:
    """The rules in force, in the order they were made; the first that fits strikes."""

    def __init__(self, dice: random.Random, answers: FaultAnswers) -> None:
        self.answers = answers
        self._dice = dice
        self._lock = threading.Lock()
        self._rules: list[Rule] = []
        self._last_id = 0

    def add(self, document: Mapping[str, object]) -> Rule:
        """A rule from JSON (names as in Rule). Raises ApiError 400 naming what is wrong."""
        unknown = set(document) - {
            "fault", "path", "method", "count", "ratio", "stage", "status", "retry_after_s", "delay_s", "size_mb",
        }  # fmt: skip
        if unknown:
            raise invalid(f"Unknown keys in the rule: {', '.join(sorted(unknown))}")
        try:
            fault = Fault(as_text(document.get("fault"), "fault"))
        except ValueError:
            raise invalid(f"Unknown fault; known are {', '.join(Fault)}") from None
        count = document.get("count", 1)
        retry_after = document.get("retry_after_s")
        method = document.get("method")
        stage = as_text(document.get("stage", "before" if fault in _REPLACES else "after"), "stage")
        if stage not in ("before", "after"):
            raise invalid("stage must be before or after")
        if stage == "before" and fault not in _REPLACES | _PAUSES:
            raise invalid(f"{fault} spoils an answer worked out in earnest: its stage can only be after")
        with self._lock:
            self._last_id += 1
            rule = Rule(
                id=self._last_id,
                fault=fault,
                path=as_text(document.get("path", "*"), "path"),
                method=None if method is None else as_text(method, "method").upper(),
                count=None if count is None else as_int(count, "count"),
                ratio=float(as_text(document.get("ratio", 1.0), "ratio")),
                stage=stage,
                status=as_int(document.get("status", 200 if fault is Fault.HTML else 500), "status"),
                retry_after_s=None if retry_after is None else as_int(retry_after, "retry_after_s"),
                delay_s=float(as_text(document.get("delay_s", 1.0), "delay_s")),
                size_mb=as_int(document.get("size_mb", 50), "size_mb"),
            )
            self._rules.append(rule)
            return rule

    def strike(self, method: str, paths: tuple[str, ...]) -> Rule | None:
        """The rule this API call falls under, if any; counts it."""
        return self._strike(lambda rule: rule.fault not in WEBHOOK_FAULTS, method, paths)

    def strike_webhook(self, fault: Fault, event: str) -> Rule | None:
        """The rule of this webhook fault an event falls under, if any; counts it."""
        return self._strike(lambda rule: rule.fault is fault, None, (event,))

    def is_shuffling(self) -> bool:
        with self._lock:
            return any(
                rule.fault is Fault.WEBHOOK_SHUFFLE and (rule.count is None or rule.struck < rule.count)
                for rule in self._rules
            )

    def release(self, rule_id: int | None) -> int:
        """Let held answers go, of one rule or (None) of all. Returns how many were waiting."""
        with self._lock:
            waiting = 0
            for rule in self._rules:
                if rule_id is None or rule.id == rule_id:
                    waiting += rule.waiting
                    rule.released.set()
            return waiting

    def clear(self) -> None:
        """Remove all rules; held answers go."""
        self.release(None)
        with self._lock:
            self._rules.clear()

    def report(self) -> list[JsonObject]:
        with self._lock:
            return [rule.as_json() for rule in self._rules]

    def pause(self, rule: Rule) -> None:
        """Wait the rule's delay, or for a hold until the rule is released."""
        if rule.fault is Fault.SLOW:
            time.sleep(rule.delay_s)
            return
        with self._lock:
            rule.waiting += 1
        try:
            rule.released.wait(HOLD_LIMIT_S)
        finally:
            with self._lock:
                rule.waiting -= 1

    def _strike(self, fits: Callable[[Rule], bool], method: str | None, paths: tuple[str, ...]) -> Rule | None:
        with self._lock:
            for rule in self._rules:
                if not fits(rule) or (rule.count is not None and rule.struck >= rule.count):
                    continue
                if rule.method is not None and method is not None and rule.method != method:
                    continue
                if not any(fnmatch.fnmatchcase(path, rule.path) for path in paths):
                    continue
                if rule.ratio < 1.0 and self._dice.random() >= rule.ratio:
                    continue
                rule.struck += 1
                return rule
        return None


def replaced(book: RuleBook, rule: Rule) -> Response:
    """The answer given instead of the real one (rate limit, server error, HTML, gzip bomb, null)."""
    response = Response()
    if rule.fault is Fault.RATE_LIMIT:
        response = _refusal(book.answers.rate_limit())
    elif rule.fault is Fault.SERVER_ERROR:
        response = _refusal(book.answers.server_error(rule.status))
    elif rule.fault is Fault.HTML:
        page = (
            "<!DOCTYPE html><html><head><title>Just a moment...</title></head>"
            f"<body>Please wait ({correlation_id()})</body></html>"
        )
        response = Response(page, rule.status, content_type="text/html; charset=utf-8")
    elif rule.fault is Fault.GZIP_BOMB:
        packed = gzip.compress(b" " * (rule.size_mb * 1024 * 1024))
        response = Response(packed, 200, content_type="application/json")
        response.headers["Content-Encoding"] = "gzip"
    elif rule.fault is Fault.NULL_BODY:
        response = Response("null", 200, content_type="application/json")
    if rule.retry_after_s is not None:
        response.headers["Retry-After"] = str(rule.retry_after_s)
    return response


def spoilt(book: RuleBook, rule: Rule, response: Response) -> Response:
    """What becomes of an answer that was worked out in earnest."""
    if rule.fault in _REPLACES:
        return replaced(book, rule)
    if rule.fault in _PAUSES:
        book.pause(rule)
        return response
    content = response.get_data()
    connection = request.environ.get("werkzeug.socket")
    if rule.fault is Fault.DRIP:
        spoiled = Response(_drip(content, rule.delay_s), response.status_code)
    elif rule.fault is Fault.CUT:
        spoiled = Response(_cut(content[: len(content) // 2], connection), response.status_code)
    else:
        if isinstance(connection, socket.socket):
            connection.shutdown(socket.SHUT_RDWR)
        return response
    for name, value in response.headers.items():
        if name.lower() != "content-length":
            spoiled.headers.add(name, value)
    spoiled.headers["Content-Length"] = str(len(content))
    return spoiled


def _drip(content: bytes, delay_s: float) -> Iterator[bytes]:
    for position in range(len(content)):
        yield content[position : position + 1]
        time.sleep(delay_s)


def _cut(content: bytes, connection: object) -> Iterator[bytes]:
    """Part of the body, then the connection is closed although Content-Length promised more."""
    if content:
        yield content
    if isinstance(connection, socket.socket):
        connection.shutdown(socket.SHUT_RDWR)
    yield b""


def _refusal(refusal: ApiError) -> Response:
    response = Response(json.dumps(refusal.body), refusal.status, content_type="application/json")
    response.headers.update(refusal.headers)
    return response
