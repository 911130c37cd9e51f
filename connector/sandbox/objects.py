"""CRM objects: list, get, create, update, archive, batches, merge, privacy deletion."""

from __future__ import annotations

from flask import Blueprint, Response, request

from connector.sandbox.core import Caller, Sandbox, answer, authorised, body, no_content
from connector.sandbox.kinds import CONTACTS, Kind, find_kind
from connector.sandbox.portal import Portal
from connector.sandbox.record import Record, record_json
from connector.sandbox.search import search
from connector.sandbox.wire import (
    ApiError,
    JsonObject,
    as_int,
    as_list,
    as_object,
    as_text,
    as_texts,
    error_body,
    invalid,
    iso,
    now_ms,
    partial_error,
    property_texts,
)

BATCH_LIMIT = 100
HISTORY_LIMIT = 50


def show(
    portal: Portal,
    record: Record,
    names: list[str],
    history: list[str] | None = None,
    linked: list[str] | None = None,
) -> JsonObject:
    """A record as an answer of this portal, with the associations asked for."""
    url = f"{request.host_url}contacts/{portal.id}/record/{record.kind.type_id}/{record.id}"
    with portal.lock:
        shown = record_json(
            record, names or record.kind.shown, portal.known_names(record.kind), history or (), url=url
        )
        associations: JsonObject = {}
        for name in linked or ():
            other = find_kind(name)
            links = portal.associated(record.kind, record.id, other)
            if links:
                associations[other.plural] = {
                    "results": [
                        {"id": other_id, "type": f"{record.kind.singular}_to_{other.singular}"}
                        for other_id, _ in links
                    ]
                }
        if associations:
            shown["associations"] = associations
        return shown


def create_objects(sandbox: Sandbox) -> Blueprint:  # noqa: C901 - a list of routes, each of them short
    """The object endpoints under their dated paths."""
    blueprint = Blueprint("objects", __name__, url_prefix="/crm/objects/2026-03")

    def reader(kind: Kind) -> Caller:
        return authorised(sandbox, *kind.read_scopes)

    def writer(kind: Kind) -> Caller:
        return authorised(sandbox, *kind.write_scopes)

    @blueprint.get("/<object_type>")
    def list_records(object_type: str) -> Response:
        kind = find_kind(object_type)
        portal = reader(kind).portal
        history = _listed("propertiesWithHistory")
        limit = _limit(HISTORY_LIMIT if history else BATCH_LIMIT, 10)
        after = as_int(request.args.get("after", "0"), "after")
        found, next_id = portal.page(kind, after, limit, _is_archived())
        content: JsonObject = {
            "results": [
                show(portal, record, _listed("properties"), history, _listed("associations")) for record in found
            ]
        }
        if next_id is not None:
            link = f"{request.base_url}?limit={limit}&after={next_id}"
            content["paging"] = {"next": {"after": str(next_id), "link": link}}
        return answer(content)

    @blueprint.post("/<object_type>")
    def create_record(object_type: str) -> Response:
        kind = find_kind(object_type)
        caller = writer(kind)
        record = _create(caller, kind, body())
        return answer(show(caller.portal, record, list(record.values)), 201)

    @blueprint.get("/<object_type>/<record_id>")
    def get_record(object_type: str, record_id: str) -> Response:
        kind = find_kind(object_type)
        portal = reader(kind).portal
        record = portal.find_by(kind, request.args.get("idProperty"), record_id, _is_archived())
        if record is None:
            record = portal.get(kind, record_id, _is_archived())
        shown = show(portal, record, _listed("properties"), _listed("propertiesWithHistory"), _listed("associations"))
        return answer(shown)

    @blueprint.patch("/<object_type>/<record_id>")
    def update_record(object_type: str, record_id: str) -> Response:
        kind = find_kind(object_type)
        caller = writer(kind)
        record = caller.portal.find_by(kind, request.args.get("idProperty"), record_id)
        if record is None:
            record = caller.portal.get(kind, record_id)
        values = property_texts(body().get("properties"))
        caller.portal.update(record, values, caller.origin)
        return answer(show(caller.portal, record, list(values)))

    @blueprint.delete("/<object_type>/<record_id>")
    def archive_record(object_type: str, record_id: str) -> Response:
        kind = find_kind(object_type)
        caller = writer(kind)
        record = caller.portal.find(kind, record_id)
        if record is not None:
            caller.portal.archive(record, caller.origin)
        return no_content()

    @blueprint.post("/<object_type>/search")
    def search_records(object_type: str) -> Response:
        kind = find_kind(object_type)
        caller = authorised(sandbox, *kind.read_scopes, is_search=True)
        return answer(search(caller.portal, kind, body(), len(request.get_data()), sandbox.settings))

    @blueprint.post("/<object_type>/batch/read")
    def batch_read(object_type: str) -> Response:
        kind = find_kind(object_type)
        portal = reader(kind).portal
        sent = body()
        history = as_texts(sent.get("propertiesWithHistory"), "propertiesWithHistory")
        inputs = _inputs(sent, HISTORY_LIMIT if history else BATCH_LIMIT)
        id_property = sent.get("idProperty")
        by = None if id_property is None else as_text(id_property, "idProperty")
        names = as_texts(sent.get("properties"), "properties")
        started = now_ms()
        results: list[JsonObject] = []
        missing: list[str] = []
        seen: set[str] = set()
        for entry in inputs:
            wanted = as_text(entry.get("id"), "inputs.id")
            record = portal.find_by(kind, by, wanted, _is_archived())
            if record is None:
                missing.append(wanted)
            elif record.id not in seen:
                seen.add(record.id)
                results.append(show(portal, record, names, history))
        return _batch_answer(results, _missing_errors(kind, missing), started, 200)

    @blueprint.post("/<object_type>/batch/create")
    def batch_create(object_type: str) -> Response:
        kind = find_kind(object_type)
        caller = writer(kind)
        inputs = _inputs(body(), BATCH_LIMIT)
        _refuse_twin_emails(kind, inputs)
        started = now_ms()
        records = [_create(caller, kind, entry) for entry in inputs]
        return _batch_answer(
            [show(caller.portal, record, list(record.values)) for record in records], [], started, 201
        )

    @blueprint.post("/<object_type>/batch/update")
    def batch_update(object_type: str) -> Response:
        kind = find_kind(object_type)
        caller = writer(kind)
        inputs = _inputs(body(), BATCH_LIMIT)
        ids = [as_text(entry.get("id"), "inputs.id") for entry in inputs]
        twins = sorted({one for one in ids if ids.count(one) > 1})
        if twins:
            raise invalid("Duplicate IDs found in batch input: " + ", ".join(twins), ids=twins)
        started = now_ms()
        results: list[JsonObject] = []
        errors: list[JsonObject] = []
        missing: list[str] = []
        for wanted, entry in zip(ids, inputs, strict=True):
            by = entry.get("idProperty")
            record = caller.portal.find_by(kind, None if by is None else as_text(by, "idProperty"), wanted)
            if record is None:
                missing.append(wanted)
                continue
            values = property_texts(entry.get("properties"), "inputs.properties")
            try:
                caller.portal.update(record, values, caller.origin)
            except ApiError as refused:
                if not sandbox.settings.partial_on_invalid:
                    raise
                category = str(refused.body.get("category", "VALIDATION_ERROR"))
                errors.append(partial_error(category, str(refused.body["message"]), {"ids": [wanted]}))
                continue
            shown = show(caller.portal, record, list(values))
            trace = entry.get("objectWriteTraceId")
            if isinstance(trace, str):
                shown["objectWriteTraceId"] = trace
            results.append(shown)
        return _batch_answer(results, [*_missing_errors(kind, missing), *errors], started, 200)

    @blueprint.post("/<object_type>/batch/upsert")
    def batch_upsert(object_type: str) -> Response:
        kind = find_kind(object_type)
        caller = writer(kind)
        started = now_ms()
        results: list[JsonObject] = []
        for entry in _inputs(body(), BATCH_LIMIT):
            wanted = as_text(entry.get("id"), "inputs.id")
            by = as_text(entry.get("idProperty"), "inputs.idProperty")
            values = property_texts(entry.get("properties"), "inputs.properties")
            record = caller.portal.find_by(kind, by, wanted)
            is_new = record is None
            if record is None:
                record = caller.portal.create(kind, {by: wanted, **values}, caller.origin)
            else:
                caller.portal.update(record, values, caller.origin)
            results.append({**show(caller.portal, record, list(values)), "new": is_new})
        return _batch_answer(results, [], started, 200)

    @blueprint.post("/<object_type>/batch/archive")
    def batch_archive(object_type: str) -> Response:
        kind = find_kind(object_type)
        caller = writer(kind)
        for entry in _inputs(body(), BATCH_LIMIT):
            record = caller.portal.find(kind, as_text(entry.get("id"), "inputs.id"))
            if record is not None:
                caller.portal.archive(record, caller.origin)
        return no_content()

    @blueprint.post("/<object_type>/merge")
    def merge_records(object_type: str) -> Response:
        kind = find_kind(object_type)
        caller = writer(kind)
        sent = body()
        primary = caller.portal.get(kind, as_text(sent.get("primaryObjectId"), "primaryObjectId"))
        other = caller.portal.get(kind, as_text(sent.get("objectIdToMerge"), "objectIdToMerge"))
        caller.portal.merge(primary, other, caller.origin)
        return answer(show(caller.portal, primary, ["hs_merged_object_ids", "hs_calculated_merged_vids"]))

    @blueprint.post("/<object_type>/gdpr-delete")
    def gdpr_delete(object_type: str) -> Response:
        kind = find_kind(object_type)
        caller = writer(kind)
        sent = body()
        by = sent.get("idProperty")
        wanted = as_text(sent.get("objectId"), "objectId")
        record = caller.portal.find_by(kind, None if by is None else as_text(by, "idProperty"), wanted)
        if record is not None:
            caller.portal.erase(record, caller.origin)
        return no_content()

    return blueprint


def _create(caller: Caller, kind: Kind, sent: JsonObject) -> Record:
    values = property_texts(sent.get("properties"))
    if kind.created == "hs_createdate" and kind.plural != "leads" and not values.get("hs_timestamp"):
        raise invalid('Property values were not valid: "hs_timestamp" is required', propertyName=["hs_timestamp"])
    targets: list[tuple[Kind, str, tuple[int, ...]]] = []
    for entry in as_list(sent.get("associations"), "associations"):
        association = as_object(entry, "associations")
        to_id = as_text(as_object(association.get("to"), "associations.to").get("id"), "associations.to.id")
        type_ids = tuple(
            as_int(as_object(one, "types").get("associationTypeId"), "associationTypeId")
            for one in as_list(association.get("types"), "associations.types")
        )
        targets.append((_target_kind(kind, type_ids), to_id, type_ids))
    if kind.plural == "leads" and not any(target[0] is CONTACTS for target in targets):
        raise invalid("A lead must be associated to a contact.")
    return caller.portal.create(kind, values, caller.origin, targets)


def _target_kind(from_kind: Kind, type_ids: tuple[int, ...]) -> Kind:
    from connector.sandbox.kinds import KINDS, association_type_id

    for other in KINDS:
        if association_type_id(from_kind, other) in type_ids:
            return other
    raise invalid(f"No association type of {from_kind.plural} has one of the ids {list(type_ids)}.")


def _inputs(sent: JsonObject, limit: int) -> list[JsonObject]:
    inputs = [as_object(entry, "inputs") for entry in as_list(sent.get("inputs"), "inputs")]
    if len(inputs) > limit:
        raise invalid(f"The maximum number of inputs supported in a batch request is {limit}, got {len(inputs)}.")
    return inputs


def _refuse_twin_emails(kind: Kind, inputs: list[JsonObject]) -> None:
    if kind is not CONTACTS:
        return
    emails = [
        property_texts(entry.get("properties"), "inputs.properties").get("email", "").lower() for entry in inputs
    ]
    twins = sorted({email for email in emails if email and emails.count(email) > 1})
    if twins:
        raise ApiError(
            409, error_body("Duplicate e-mail addresses in the batch", "CONFLICT", context={"emails": twins})
        )


def _missing_errors(kind: Kind, missing: list[str]) -> list[JsonObject]:
    if not missing:
        return []
    name = kind.singular.upper()
    message = f"Could not get some {name} objects, they may be deleted or not exist. Check that ids are valid."
    return [partial_error("OBJECT_NOT_FOUND", message, {"ids": missing})]


def _batch_answer(results: list[JsonObject], errors: list[JsonObject], started_ms: int, status: int) -> Response:
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


def _is_archived() -> bool:
    return request.args.get("archived", "false").lower() == "true"


def _listed(name: str) -> list[str]:
    """A query parameter given once with commas or several times."""
    return [part.strip() for value in request.args.getlist(name) for part in value.split(",") if part.strip()]


def _limit(most: int, default: int) -> int:
    limit = as_int(request.args.get("limit", str(default)), "limit")
    if not 1 <= limit <= most:
        raise invalid(f"limit must be between 1 and {most}, got {limit}")
    return limit
