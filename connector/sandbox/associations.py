"""Associations between records: per record, and in batches."""

from __future__ import annotations

from flask import Blueprint, Response, request

from connector.sandbox.core import Caller, Sandbox, answer, authorised, body, no_content
from connector.sandbox.kinds import Kind, association_type_id, find_kind
from connector.sandbox.wire import (
    JsonObject,
    as_int,
    as_list,
    as_object,
    as_text,
    invalid,
    iso,
    now_ms,
    partial_error,
)

READ_LIMIT = 1000
CREATE_LIMIT = 2000


def create_associations(sandbox: Sandbox) -> Blueprint:  # noqa: C901 - a list of routes, each of them short
    """The association endpoints under their dated paths."""
    blueprint = Blueprint("associations", __name__)

    def reader(from_kind: Kind, to_kind: Kind) -> Caller:
        return authorised(sandbox, *dict.fromkeys((*from_kind.read_scopes, *to_kind.read_scopes)))

    def writer(from_kind: Kind, to_kind: Kind) -> Caller:
        return authorised(sandbox, *dict.fromkeys((*from_kind.write_scopes, *to_kind.write_scopes)))

    def one_page(
        caller: Caller, from_kind: Kind, from_id: str, to_kind: Kind, after: int, size: int
    ) -> tuple[list[JsonObject], int | None]:
        links = [link for link in caller.portal.associated(from_kind, from_id, to_kind) if int(link[0]) >= after]
        page = [
            {
                "toObjectId": int(to_id),
                "associationTypes": [
                    {
                        "category": "USER_DEFINED" if type_id in caller.portal.labels else "HUBSPOT_DEFINED",
                        "typeId": type_id,
                        "label": caller.portal.labels.get(type_id),
                    }
                    for type_id in type_ids
                ],
            }
            for to_id, type_ids in links[:size]
        ]
        rest = links[size:]
        return list(page), int(rest[0][0]) if rest else None

    @blueprint.get("/crm/objects/2026-03/<from_type>/<from_id>/associations/<to_type>")
    def list_associations(from_type: str, from_id: str, to_type: str) -> Response:
        from_kind, to_kind = find_kind(from_type), find_kind(to_type)
        caller = reader(from_kind, to_kind)
        record = caller.portal.get(from_kind, from_id)
        size = as_int(request.args.get("limit", str(sandbox.settings.association_page_size)), "limit")
        if not 1 <= size <= 500:
            raise invalid(f"limit must be between 1 and 500, got {size}")
        after = as_int(request.args.get("after", "0"), "after")
        results, next_id = one_page(caller, from_kind, record.id, to_kind, after, size)
        content: JsonObject = {"results": results}
        if next_id is not None:
            content["paging"] = {
                "next": {"after": str(next_id), "link": f"{request.base_url}?limit={size}&after={next_id}"}
            }
        return answer(content)

    @blueprint.put("/crm/objects/2026-03/<from_type>/<from_id>/associations/<to_type>/<to_id>")
    def associate(from_type: str, from_id: str, to_type: str, to_id: str) -> Response:
        from_kind, to_kind = find_kind(from_type), find_kind(to_type)
        caller = writer(from_kind, to_kind)
        sent = request.get_json(silent=True, force=True)
        type_ids = _type_ids(as_list(sent, "the body"))
        caller.portal.associate(from_kind, from_id, to_kind, to_id, type_ids, caller.origin)
        return answer(_pair(from_kind, from_id, to_kind, to_id), 201)

    @blueprint.put("/crm/objects/2026-03/<from_type>/<from_id>/associations/default/<to_type>/<to_id>")
    def associate_default(from_type: str, from_id: str, to_type: str, to_id: str) -> Response:
        from_kind, to_kind = find_kind(from_type), find_kind(to_type)
        caller = writer(from_kind, to_kind)
        started = now_ms()
        caller.portal.associate(from_kind, from_id, to_kind, to_id, (), caller.origin)
        return _batch([_default_result(from_kind, from_id, to_kind, to_id)], [], started, 200)

    @blueprint.delete("/crm/objects/2026-03/<from_type>/<from_id>/associations/<to_type>/<to_id>")
    def dissociate(from_type: str, from_id: str, to_type: str, to_id: str) -> Response:
        from_kind, to_kind = find_kind(from_type), find_kind(to_type)
        caller = writer(from_kind, to_kind)
        caller.portal.dissociate(from_kind, from_id, to_kind, to_id, caller.origin)
        return no_content()

    @blueprint.post("/crm/associations/2026-03/<from_type>/<to_type>/batch/read")
    def batch_read(from_type: str, to_type: str) -> Response:
        from_kind, to_kind = find_kind(from_type), find_kind(to_type)
        caller = reader(from_kind, to_kind)
        inputs = _inputs(body(), READ_LIMIT)
        started = now_ms()
        results: list[JsonObject] = []
        errors: list[JsonObject] = []
        for entry in inputs:
            from_id = as_text(entry.get("id"), "inputs.id")
            after = as_int(entry.get("after") or 0, "inputs.after")
            size = sandbox.settings.association_page_size
            found, next_id = one_page(caller, from_kind, from_id, to_kind, after, size)
            if not found:
                errors.append(_no_associations(from_kind, from_id, to_kind))
                continue
            result: JsonObject = {"from": {"id": from_id}, "to": found}
            if next_id is not None:
                result["paging"] = {"next": {"after": str(next_id), "link": f"?after={next_id}"}}
            results.append(result)
        return _batch(results, errors, started, 200)

    @blueprint.post("/crm/associations/2026-03/<from_type>/<to_type>/batch/create")
    def batch_create(from_type: str, to_type: str) -> Response:
        from_kind, to_kind = find_kind(from_type), find_kind(to_type)
        caller = writer(from_kind, to_kind)
        started = now_ms()
        results: list[JsonObject] = []
        for from_id, to_id, entry in _pairs(body()):
            type_ids = _type_ids(as_list(entry.get("types"), "inputs.types"))
            caller.portal.associate(from_kind, from_id, to_kind, to_id, type_ids, caller.origin)
            results.append(_pair(from_kind, from_id, to_kind, to_id))
        return _batch(results, [], started, 201)

    @blueprint.post("/crm/associations/2026-03/<from_type>/<to_type>/batch/associate/default")
    def batch_create_default(from_type: str, to_type: str) -> Response:
        from_kind, to_kind = find_kind(from_type), find_kind(to_type)
        caller = writer(from_kind, to_kind)
        started = now_ms()
        results: list[JsonObject] = []
        for from_id, to_id, _ in _pairs(body()):
            caller.portal.associate(from_kind, from_id, to_kind, to_id, (), caller.origin)
            results.append(_default_result(from_kind, from_id, to_kind, to_id))
        return _batch(results, [], started, 200)

    @blueprint.post("/crm/associations/2026-03/<from_type>/<to_type>/batch/archive")
    def batch_archive(from_type: str, to_type: str) -> Response:
        from_kind, to_kind = find_kind(from_type), find_kind(to_type)
        caller = writer(from_kind, to_kind)
        for entry in _inputs(body(), CREATE_LIMIT):
            from_id = as_text(as_object(entry.get("from"), "inputs.from").get("id"), "inputs.from.id")
            for to in as_list(entry.get("to"), "inputs.to"):
                to_id = as_text(as_object(to, "inputs.to").get("id"), "inputs.to.id")
                caller.portal.dissociate(from_kind, from_id, to_kind, to_id, caller.origin)
        return no_content()

    return blueprint


def _inputs(sent: JsonObject, limit: int) -> list[JsonObject]:
    inputs = [as_object(entry, "inputs") for entry in as_list(sent.get("inputs"), "inputs")]
    if len(inputs) > limit:
        raise invalid(f"The maximum number of inputs supported in a batch request is {limit}, got {len(inputs)}.")
    return inputs


def _pairs(sent: JsonObject) -> list[tuple[str, str, JsonObject]]:
    return [
        (
            as_text(as_object(entry.get("from"), "inputs.from").get("id"), "inputs.from.id"),
            as_text(as_object(entry.get("to"), "inputs.to").get("id"), "inputs.to.id"),
            entry,
        )
        for entry in _inputs(sent, CREATE_LIMIT)
    ]


def _type_ids(types: list[object]) -> tuple[int, ...]:
    return tuple(as_int(as_object(one, "types").get("associationTypeId"), "associationTypeId") for one in types)


def _pair(from_kind: Kind, from_id: str, to_kind: Kind, to_id: str) -> JsonObject:
    return {
        "fromObjectTypeId": from_kind.type_id,
        "fromObjectId": from_id,
        "toObjectTypeId": to_kind.type_id,
        "toObjectId": to_id,
        "labels": [],
    }


def _default_result(from_kind: Kind, from_id: str, to_kind: Kind, to_id: str) -> JsonObject:
    return {
        "from": {"id": from_id},
        "to": {"id": to_id},
        "associationSpec": {
            "associationCategory": "HUBSPOT_DEFINED",
            "associationTypeId": association_type_id(from_kind, to_kind),
        },
    }


def _no_associations(from_kind: Kind, from_id: str, to_kind: Kind) -> JsonObject:
    """HubSpot reports a record without associations as an error of a 207, not as an empty result."""
    return partial_error(
        "OBJECT_NOT_FOUND",
        f"No {to_kind.singular} is associated with {from_kind.singular} {from_id}.",
        {
            "fromObjectId": [from_id],
            "fromObjectType": [from_kind.singular],
            "toObjectType": [to_kind.singular],
        },
        "crm.associations.NO_ASSOCIATIONS_FOUND",
    )


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
