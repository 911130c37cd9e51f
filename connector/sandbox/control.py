"""The control API under /_sandbox/: JSON, guarded by the header X-Sandbox-Control."""

from __future__ import annotations

import dataclasses
import secrets

from flask import Blueprint, Response, jsonify, request

from connector.sandbox.actions import act
from connector.sandbox.core import Sandbox, answer, body
from connector.sandbox.kinds import KINDS, find_kind
from connector.sandbox.objects import show
from connector.sandbox.seed import sow
from connector.sandbox.wire import (
    ApiError,
    JsonObject,
    as_int,
    as_list,
    as_object,
    error_body,
    invalid,
)

TOKEN_HEADER = "X-Sandbox-Control"  # noqa: S105 - the name of a header


def create_control(sandbox: Sandbox) -> Blueprint:  # noqa: C901 - a list of routes, each of them short
    """The control endpoints."""
    blueprint = Blueprint("control", __name__, url_prefix="/_sandbox")

    @blueprint.before_request
    def guard() -> None:
        sent = request.headers.get(TOKEN_HEADER, "")
        if not secrets.compare_digest(sent.encode(), sandbox.config.control_token.encode()):
            raise ApiError(401, error_body(f"The header {TOKEN_HEADER} is missing or wrong.", "CONTROL"))

    def since() -> int:
        return as_int(request.args.get("since", "0"), "since")

    @blueprint.get("/settings")
    def read_settings() -> Response:
        return answer(dataclasses.asdict(sandbox.settings))

    @blueprint.post("/settings")
    def change_settings() -> Response:
        try:
            changed = sandbox.change_settings(body())
        except ValueError as problem:
            raise invalid(str(problem)) from None
        sandbox.limiter.reset()
        return answer(dataclasses.asdict(changed))

    @blueprint.get("/rules")
    def read_rules() -> Response:
        return answer({"rules": sandbox.rules.report()})

    @blueprint.post("/rules")
    def add_rule() -> Response:
        return answer(sandbox.rules.add(body()).as_json(), 201)

    @blueprint.delete("/rules")
    def clear_rules() -> Response:
        sandbox.rules.clear()
        return answer({"rules": []})

    @blueprint.post("/rules/release")
    def release() -> Response:
        sent = body()
        rule_id = None if sent.get("id") is None else as_int(sent["id"], "id")
        return answer({"released": sandbox.rules.release(rule_id)})

    @blueprint.get("/writes")
    def read_writes() -> Response:
        return answer({"writes": sandbox.store.journal.writes(since())})

    @blueprint.get("/requests")
    def read_requests() -> Response:
        return answer(sandbox.requests.report())

    @blueprint.delete("/requests")
    def clear_requests() -> Response:
        sandbox.requests.clear()
        return answer({})

    @blueprint.post("/seed")
    def seed() -> Response:
        document = body()
        portal = sandbox.store.portal(as_int(document.get("portal_id"), "portal_id"))
        return answer(sow(portal, document), 201)

    @blueprint.post("/actions")
    def action() -> Response:
        return answer(act(sandbox, body()))

    @blueprint.get("/truth")
    def read_truth() -> Response:
        return jsonify(sandbox.truth)

    @blueprint.put("/truth")
    def plant_truth() -> Response:
        sandbox.truth = request.get_json(force=True)
        return jsonify(sandbox.truth)

    @blueprint.get("/webhooks")
    def read_webhooks() -> Response:
        return answer(sandbox.dispatcher.report(since()))

    @blueprint.delete("/webhooks")
    def clear_webhooks() -> Response:
        sandbox.dispatcher.clear()
        return answer({})

    @blueprint.post("/webhooks/redeliver")
    def redeliver() -> Response:
        ids = {as_int(one, "event_ids") for one in as_list(body().get("event_ids"), "event_ids")}
        return answer({"redelivered": sandbox.dispatcher.redeliver(ids)})

    @blueprint.post("/webhooks/send")
    def send() -> Response:
        events: list[JsonObject] = [as_object(one, "events") for one in as_list(body().get("events"), "events")]
        sandbox.dispatcher.send_events(events)
        return answer({"sent": len(events)})

    @blueprint.get("/portals")
    def read_portals() -> Response:
        portals = [
            {
                "portal_id": portal.id,
                "name": portal.config.name,
                "is_installed": sandbox.grants.live_grant(portal.id) is not None,
                "users": [dataclasses.asdict(user) for user in portal.config.users],
                "counts": {kind.plural: portal.count(kind) for kind in KINDS},
            }
            for portal in sandbox.store.portals.values()
        ]
        return answer({"portals": portals})

    @blueprint.get("/records/<int:portal_id>/<object_type>")
    def read_records(portal_id: int, object_type: str) -> Response:
        """Every live record with all its values: the oracle of what the CRM holds now."""
        kind = find_kind(object_type)
        portal = sandbox.store.portal(portal_id)
        with portal.lock:
            records = [show(portal, record, list(record.values)) for record in portal.live(kind)]
        return answer({"records": records})

    return blueprint
