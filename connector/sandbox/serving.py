"""What every dialect's server shares: the thread, the misbehaviour around each call, the log of requests."""

from __future__ import annotations

import threading
from collections.abc import Callable
from types import TracebackType
from typing import Final, Protocol, TypeVar

from flask import Flask, Response, g, request
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from connector.sandbox.misbehave import Rule, RuleBook, replaced, spoilt

HOST: Final = "127.0.0.1"
CONTROL_PREFIX: Final = "/_sandbox"

_Handle = TypeVar("_Handle", bound="ServerHandle")


class Deliverer(Protocol):
    """What sends webhooks from threads of its own."""

    def start(self) -> None: ...

    def stop(self) -> None: ...


class ServerHandle:
    """A running sandbox: `.base_url`, `.control_token`, `.stop()`; also a context manager."""

    def __init__(self, app: Flask, port: int, control_token: str, rules: RuleBook, deliverer: Deliverer) -> None:
        self._rules = rules
        self._deliverer = deliverer
        self._server: BaseWSGIServer = make_server(HOST, port, app, threaded=True, request_handler=_Handler)
        self.base_url = f"http://{HOST}:{self._server.server_port}"
        self.control_token = control_token
        deliverer.start()
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), name="sandbox", daemon=True)
        self._thread.start()

    def join(self) -> None:
        """Wait until the server ends."""
        self._thread.join()

    def stop(self) -> None:
        """Let held answers go, end the threads, close the port. May be called twice."""
        self._rules.clear()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(10)
        self._deliverer.stop()

    def __enter__(self: _Handle) -> _Handle:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


class _Handler(WSGIRequestHandler):
    """Quiet, and without Nagle's wait between head and body of an answer."""

    disable_nagle_algorithm = True

    def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002 - the base names it so
        """The sandbox keeps its own log of requests."""


def around_each_call(
    app: Flask, rules: RuleBook, path_as_called: Callable[[], str], log_call: Callable[[Response], None]
) -> None:
    """Make the app misbehave by `rules`, and `log_call` for each call but those of the control API."""

    @app.before_request
    def misbehave_first() -> Response | None:
        if request.path.startswith(CONTROL_PREFIX):
            return None
        rule = rules.strike(request.method, tuple(dict.fromkeys((path_as_called(), request.path))))
        if rule is not None and rule.stage == "before":
            if rule.replaces:
                return replaced(rules, rule)
            rules.pause(rule)
            return None
        g.rule = rule
        return None

    @app.after_request
    def finish(response: Response) -> Response:
        for name, value in g.pop("rate_headers", {}).items():
            response.headers[name] = value
        rule: Rule | None = g.pop("rule", None)
        if rule is not None:
            response = spoilt(rules, rule, response)
        if not request.path.startswith(CONTROL_PREFIX):
            log_call(response)
        return response
