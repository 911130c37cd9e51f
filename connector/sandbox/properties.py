"""Property definitions and groups, and the quota of custom properties."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify, request

from connector.sandbox.core import Caller, Sandbox, answer, authorised, body, no_content
from connector.sandbox.fields import Fields
from connector.sandbox.kinds import KINDS, Kind, find_kind
from connector.sandbox.wire import (
    ApiError,
    JsonObject,
    as_list,
    as_object,
    as_text,
    invalid,
    iso,
    now_ms,
    partial_error,
)

BATCH_LIMIT = 100
CUSTOM_LIMIT = 1000
"""Custom properties per object type; the real figure depends on the tier."""


def create_properties(sandbox: Sandbox) -> Blueprint:  # noqa: C901 - a list of routes, each of them short
    """The property endpoints under their dated paths."""
    blueprint = Blueprint("properties", __name__)

    def reader(object_type: str) -> tuple[Caller, Kind, Fields]:
        kind = find_kind(object_type)
        caller = authorised(sandbox, *kind.read_scopes[:1])
        return caller, kind, caller.portal.fields[kind.plural]

    def writer(object_type: str) -> tuple[Caller, Kind, Fields]:
        kind = find_kind(object_type)
        caller = authorised(sandbox, f"crm.schemas.{kind.scope}.write")
        return caller, kind, caller.portal.fields[kind.plural]

    def note(caller: Caller, kind: Kind, action: str, name: str) -> None:
        sandbox.store.journal.log_write(caller.portal.id, action, caller.origin, kind, name=name)

    def user_id(caller: Caller) -> str | None:
        return None if caller.origin.source.user_id is None else str(caller.origin.source.user_id)

    @blueprint.get("/crm/properties/2026-03/<object_type>")
    def list_properties(object_type: str) -> Response:
        caller, _, fields = reader(object_type)
        is_archived = request.args.get("archived", "false").lower() == "true"
        with caller.portal.lock:
            found = [one.as_json() for one in fields.definitions.values() if one.archived == is_archived]
        return answer({"results": found})

    @blueprint.post("/crm/properties/2026-03/<object_type>")
    def create_property(object_type: str) -> Response:
        caller, kind, fields = writer(object_type)
        with caller.portal.lock:
            made = fields.create(body(), now_ms(), user_id(caller))
        note(caller, kind, "create-property", made.name)
        return answer(made.as_json(), 201)

    @blueprint.get("/crm/properties/2026-03/<object_type>/<name>")
    def get_property(object_type: str, name: str) -> Response:
        caller, _, fields = reader(object_type)
        with caller.portal.lock:
            return answer(fields.live(name).as_json())

    @blueprint.patch("/crm/properties/2026-03/<object_type>/<name>")
    def update_property(object_type: str, name: str) -> Response:
        caller, kind, fields = writer(object_type)
        with caller.portal.lock:
            changed = fields.update(name, body(), now_ms())
        note(caller, kind, "update-property", name)
        return answer(changed.as_json())

    @blueprint.delete("/crm/properties/2026-03/<object_type>/<name>")
    def archive_property(object_type: str, name: str) -> Response:
        caller, kind, fields = writer(object_type)
        with caller.portal.lock:
            fields.archive(name, now_ms())
        note(caller, kind, "archive-property", name)
        return no_content()

    @blueprint.post("/crm/properties/2026-03/<object_type>/batch/read")
    def batch_read(object_type: str) -> Response:
        caller, _, fields = reader(object_type)
        sent = body()
        is_archived = sent.get("archived") is True
        started = now_ms()
        results: list[JsonObject] = []
        missing: list[str] = []
        with caller.portal.lock:
            for name in _names(sent):
                found = fields.definitions.get(name)
                if found is None or found.archived != is_archived:
                    missing.append(name)
                else:
                    results.append(found.as_json())
        errors = [
            partial_error("OBJECT_NOT_FOUND", f"Property {name} does not exist.", {"name": [name]})
            for name in missing
        ]
        return _batch(results, errors, started, 200)

    @blueprint.post("/crm/properties/2026-03/<object_type>/batch/create")
    def batch_create(object_type: str) -> Response:
        caller, kind, fields = writer(object_type)
        started = now_ms()
        results: list[JsonObject] = []
        errors: list[JsonObject] = []
        for entry in _inputs(body()):
            try:
                with caller.portal.lock:
                    made = fields.create(entry, started, user_id(caller))
            except ApiError as refused:
                category = str(refused.body["category"])
                context = {"name": [as_text(entry.get("name"), "name")]}
                errors.append(partial_error(category, str(refused.body["message"]), context))
                continue
            note(caller, kind, "create-property", made.name)
            results.append(made.as_json())
        return _batch(results, errors, started, 201)

    @blueprint.post("/crm/properties/2026-03/<object_type>/batch/archive")
    def batch_archive(object_type: str) -> Response:
        caller, kind, fields = writer(object_type)
        for name in _names(body()):
            with caller.portal.lock:
                fields.archive(name, now_ms())
            note(caller, kind, "archive-property", name)
        return no_content()

    @blueprint.get("/crm/properties/2026-03/<object_type>/groups")
    def list_groups(object_type: str) -> Response:
        caller, _, fields = reader(object_type)
        with caller.portal.lock:
            return answer({"results": [group.as_json() for group in fields.groups.values() if not group.archived]})

    @blueprint.post("/crm/properties/2026-03/<object_type>/groups")
    def create_group(object_type: str) -> Response:
        caller, kind, fields = writer(object_type)
        with caller.portal.lock:
            group = fields.create_group(body())
        note(caller, kind, "create-group", group.name)
        return answer(group.as_json(), 201)

    @blueprint.get("/crm/properties/2026-03/<object_type>/groups/<name>")
    def get_group(object_type: str, name: str) -> Response:
        caller, _, fields = reader(object_type)
        with caller.portal.lock:
            return answer(fields.live_group(name).as_json())

    @blueprint.patch("/crm/properties/2026-03/<object_type>/groups/<name>")
    def update_group(object_type: str, name: str) -> Response:
        caller, kind, fields = writer(object_type)
        with caller.portal.lock:
            group = fields.update_group(name, body())
        note(caller, kind, "update-group", name)
        return answer(group.as_json())

    @blueprint.delete("/crm/properties/2026-03/<object_type>/groups/<name>")
    def archive_group(object_type: str, name: str) -> Response:
        caller, kind, fields = writer(object_type)
        with caller.portal.lock:
            fields.archive_group(name)
        note(caller, kind, "archive-group", name)
        return no_content()

    @blueprint.get("/calling/v1/dispositions")
    def call_outcomes() -> Response:
        caller = authorised(sandbox, "crm.objects.contacts.read")
        with caller.portal.lock:
            options = caller.portal.fields["calls"].live("hs_call_disposition").options
        return jsonify([{"id": option.value, "label": option.label, "deleted": False} for option in options])

    @blueprint.get("/crm/limits/2026-03/custom-properties")
    def limits() -> Response:
        caller = authorised(sandbox, "crm.objects.contacts.read")
        with caller.portal.lock:
            usage = [(kind, caller.portal.fields[kind.plural].custom_count()) for kind in KINDS]
        return answer(
            {
                "overallLimit": CUSTOM_LIMIT * len(usage),
                "overallUsage": sum(count for _, count in usage),
                "byObjectType": [
                    {
                        "objectTypeId": kind.type_id,
                        "pluralLabel": kind.plural.title(),
                        "singularLabel": kind.singular.title(),
                        "limit": CUSTOM_LIMIT,
                        "usage": count,
                        "percentage": round(100 * count / CUSTOM_LIMIT, 2),
                    }
                    for kind, count in usage
                ],
            }
        )

    return blueprint


def _inputs(sent: JsonObject) -> list[JsonObject]:
    inputs = [as_object(entry, "inputs") for entry in as_list(sent.get("inputs"), "inputs")]
    if len(inputs) > BATCH_LIMIT:
        raise invalid(f"The maximum number of inputs supported in a batch request is {BATCH_LIMIT}.")
    return inputs


def _names(sent: JsonObject) -> list[str]:
    return [as_text(entry.get("name"), "inputs.name") for entry in _inputs(sent)]


def _batch(results: list[JsonObject], errors: list[JsonObject], started_ms: int, status: int) -> Response:
    content: JsonObject = {
        "status": "COMPLETE",
        "results": results,
        "startedAt": iso(started_ms),
        "completedAt": iso(now_ms()),
    }
    if errors:
        content["numErrors"] = len(errors)
        content["errors"] = errors
        status = 207
    return answer(content, status)
