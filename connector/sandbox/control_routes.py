"""The part of the control API under /_sandbox/ that no dialect changes: JSON, guarded by X-Sandbox-Control."""

from __future__ import annotations

import dataclasses
import secrets
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from flask import Blueprint, Response, jsonify, request

from connector.sandbox.misbehave import RuleBook
from connector.sandbox.requestlog import RequestLog
from connector.sandbox.wire import ApiError, JsonObject, as_int, error_body, invalid

TOKEN_HEADER = "X-Sandbox-Control"  # noqa: S105 - the name of a header


class Deliveries(Protocol):
    """The log of webhooks sent."""

    def report(self, since: int = 0) -> JsonObject: ...

    def clear(self) -> None: ...


class Steered(Protocol):
    """What the control API of any dialect reaches."""

    rules: RuleBook
    requests: RequestLog
    truth: object

    @property
    def settings(self) -> Any: ...

    def change_settings(self, values: Mapping[str, object]) -> object: ...


def create_common_control(  # noqa: C901 - a list of routes, each of them short
    steered: Steered,
    deliveries: Deliveries,
    control_token: str,
    writes: Callable[[int], list[JsonObject]],
    after_settings: Callable[[], None],
) -> Blueprint:
    """The blueprint with the shared routes; the dialect adds its own to it.

    `writes` reads the log of writes above a number; `after_settings` runs when settings were changed.
    """
    blueprint = Blueprint("control", __name__, url_prefix="/_sandbox")

    @blueprint.before_request
    def guard() -> None:
        sent = request.headers.get(TOKEN_HEADER, "")
        if not secrets.compare_digest(sent.encode(), control_token.encode()):
            raise ApiError(401, error_body(f"The header {TOKEN_HEADER} is missing or wrong.", "CONTROL"))

    @blueprint.get("/settings")
    def read_settings() -> Response:
        return answer(dataclasses.asdict(steered.settings))

    @blueprint.post("/settings")
    def change_settings() -> Response:
        try:
            steered.change_settings(body())
        except ValueError as problem:
            raise invalid(str(problem)) from None
        after_settings()
        return answer(dataclasses.asdict(steered.settings))

    @blueprint.get("/rules")
    def read_rules() -> Response:
        return answer({"rules": steered.rules.report()})

    @blueprint.post("/rules")
    def add_rule() -> Response:
        return answer(steered.rules.add(body()).as_json(), 201)

    @blueprint.delete("/rules")
    def clear_rules() -> Response:
        steered.rules.clear()
        return answer({"rules": []})

    @blueprint.post("/rules/release")
    def release() -> Response:
        sent = body()
        rule_id = None if sent.get("id") is None else as_int(sent["id"], "id")
        return answer({"released": steered.rules.release(rule_id)})

    @blueprint.get("/writes")
    def read_writes() -> Response:
        return answer({"writes": writes(since())})

    @blueprint.get("/requests")
    def read_requests() -> Response:
        return answer(steered.requests.report())

    @blueprint.delete("/requests")
    def clear_requests() -> Response:
        steered.requests.clear()
        return answer({})

    @blueprint.get("/truth")
    def read_truth() -> Response:
        return jsonify(steered.truth)

    @blueprint.put("/truth")
    def plant_truth() -> Response:
        steered.truth = request.get_json(force=True)
        return jsonify(steered.truth)

    @blueprint.get("/webhooks")
    def read_webhooks() -> Response:
        return answer(deliveries.report(since()))

    @blueprint.delete("/webhooks")
    def clear_webhooks() -> Response:
        deliveries.clear()
        return answer({})

    return blueprint


def since() -> int:
    """The number in `?since=`, 0 when there is none."""
    return as_int(request.args.get("since", "0"), "since")


def body() -> JsonObject:
    """The JSON object sent. Raises ApiError 400."""
    sent = request.get_json(silent=True, force=True)
    if not isinstance(sent, dict):
        raise invalid("Invalid input JSON: an object is expected")
    return sent


def answer(content: Mapping[str, object], status: int = 200) -> Response:
    response = jsonify(content)
    response.status_code = status
    return response
