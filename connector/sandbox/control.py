"""The control API under /_sandbox/: JSON, guarded by the header X-Sandbox-Control."""

from __future__ import annotations

import dataclasses

from flask import Blueprint, Response

from connector.sandbox.actions import act
from connector.sandbox.control_routes import create_common_control
from connector.sandbox.core import Sandbox, answer, body
from connector.sandbox.kinds import KINDS, find_kind
from connector.sandbox.objects import show
from connector.sandbox.seed import sow
from connector.sandbox.wire import (
    JsonObject,
    as_int,
    as_list,
    as_object,
)


def create_control(sandbox: Sandbox) -> Blueprint:
    """The control endpoints."""
    blueprint = create_common_control(
        sandbox,
        sandbox.dispatcher,
        sandbox.config.control_token,
        sandbox.store.journal.writes,
        sandbox.limiter.reset,
    )

    @blueprint.post("/seed")
    def seed() -> Response:
        document = body()
        portal = sandbox.store.portal(as_int(document.get("portal_id"), "portal_id"))
        return answer(sow(portal, document), 201)

    @blueprint.post("/actions")
    def action() -> Response:
        return answer(act(sandbox, body()))

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
