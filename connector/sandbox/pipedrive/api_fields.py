"""Version 2: the fields of deals, persons and organizations, and the options of theirs."""

from __future__ import annotations

from typing import Final

from flask import Blueprint, Response

from connector.sandbox.pipedrive.checks import json_body, json_list
from connector.sandbox.pipedrive.company import Company
from connector.sandbox.pipedrive.core import Caller, Calls, Sandbox, said
from connector.sandbox.pipedrive.fields import FIXED_FIELDS, FieldSet, Option, show_field, show_fixed
from connector.sandbox.pipedrive.queries import PAGE_V2, read_cursor, some_of, write_cursor
from connector.sandbox.pipedrive.records import Origin
from connector.sandbox.pipedrive.said import gone_missing
from connector.sandbox.wire import JsonObject

_INCLUDED: Final = some_of("ui_visibility", "important_fields", "required_fields")
#: entity -> (path, scopes that read, scopes that make fields, scopes that change them)
_ENTITIES: Final = {
    "deal": ("dealFields", ("deals:read", "deals:full"), ("deal-fields:full",), ("deals:full",)),
    "person": ("personFields", ("contacts:read", "contacts:full"), ("contact-fields:full",), ("contacts:full",)),
    "organization": (
        "organizationFields", ("contacts:read", "contacts:full"), ("contact-fields:full",), ("contacts:full",),
    ),
}  # fmt: skip


def create_fields(sandbox: Sandbox) -> tuple[Blueprint, Calls]:
    """The calls and their table of costs."""
    blueprint = Blueprint("fields", __name__)
    calls = Calls(sandbox, blueprint)
    for entity in _ENTITIES:
        _add_reads(calls, entity)
        _add_writes(calls, entity)
        _add_options(calls, entity)
    return blueprint, calls


def _add_reads(calls: Calls, entity: str) -> None:
    path, read, make, _ = _ENTITIES[entity]
    scopes = (*read, *make, "admin")

    @calls.add("GET", f"/api/v2/{path}", 10, scopes, {**PAGE_V2, "include_fields": _INCLUDED})
    def listed(caller: Caller) -> Response:
        found: list[JsonObject] = [show_fixed(*fixed) for fixed in FIXED_FIELDS[entity]]
        found += [show_field(one, entity, _included(caller)) for one in caller.company.fields[entity].custom.values()]
        at = read_cursor(caller.query.get("cursor"), 1)
        start, limit = (0 if at is None else int(str(at[0]))), int(str(caller.query.get("limit", 100)))
        more: JsonObject = {"next_cursor": write_cursor(start + limit) if len(found) > start + limit else None}
        return said(found[start : start + limit], more)

    @calls.add("GET", f"/api/v2/{path}/<code>", 1, scopes, {"include_fields": _INCLUDED})
    def one(caller: Caller, code: str) -> Response:
        custom = caller.company.fields[entity].custom.get(code)
        if custom is not None:
            return said(show_field(custom, entity, _included(caller)))
        fixed = next((one for one in FIXED_FIELDS[entity] if one[0] == code), None)
        if fixed is None:
            raise gone_missing("Field")
        return said(show_fixed(*fixed))


def _add_writes(calls: Calls, entity: str) -> None:
    path, _, make, change_scopes = _ENTITIES[entity]

    @calls.add("POST", f"/api/v2/{path}", 5, (*make, "admin"))
    def add(caller: Caller) -> Response:
        made = caller.company.fields[entity].create(json_body())
        _log(caller.company, caller.origin, "create", entity, made.code, made.name)
        return said(show_field(made, entity), http_status=201)

    @calls.add("PATCH", f"/api/v2/{path}/<code>", 5, (*change_scopes, *make, "admin"))
    def change(caller: Caller, code: str) -> Response:
        found = caller.company.fields[entity].change(code, json_body())
        _log(caller.company, caller.origin, "update", entity, found.code, found.name)
        return said(show_field(found, entity))

    @calls.add("DELETE", f"/api/v2/{path}/<code>", 3, (*make, "admin"))
    def remove(caller: Caller, code: str) -> Response:
        gone = caller.company.fields[entity].remove(code)
        forget_values(caller.company, entity, code)
        _log(caller.company, caller.origin, "delete", entity, gone.code, gone.name)
        return said(show_field(gone, entity))


def _add_options(calls: Calls, entity: str) -> None:
    path, _, make, change_scopes = _ENTITIES[entity]
    scopes = (*change_scopes, *make, "admin")

    def fields(caller: Caller) -> FieldSet:
        return caller.company.fields[entity]

    @calls.add("POST", f"/api/v2/{path}/<code>/options", 5, scopes)
    def add_options(caller: Caller, code: str) -> Response:
        return said(_shown(fields(caller).add_options(code, json_list())))

    @calls.add("PATCH", f"/api/v2/{path}/<code>/options", 5, scopes)
    def rename_options(caller: Caller, code: str) -> Response:
        return said(_shown(fields(caller).rename_options(code, json_list())))

    @calls.add("DELETE", f"/api/v2/{path}/<code>/options", 3, scopes)
    def remove_options(caller: Caller, code: str) -> Response:
        gone = fields(caller).remove_options(code, json_list())
        forget_values(caller.company, entity, code, {option.id for option in gone})
        return said(_shown(gone))


def forget_values(company: Company, entity: str, code: str, options: set[int] | None = None) -> None:
    """Records lose the values of a removed field (None), or those among `options` of it."""
    for records in company.records.values():
        for record in records.values():
            if record.kind.fields != entity or code not in record.custom:
                continue
            value = record.custom[code]
            if options is None or value in options:
                del record.custom[code]
            elif isinstance(value, list) and options & set(value):
                record.custom[code] = [one for one in value if one not in options] or None


def _included(caller: Caller) -> frozenset[str]:
    asked = caller.query.get("include_fields")
    return asked if isinstance(asked, frozenset) else frozenset()


def _shown(options: list[Option]) -> list[JsonObject]:
    return [{"id": option.id, "label": option.label} for option in options]


def _log(company: Company, origin: Origin, action: str, entity: str, code: str, name: str) -> None:
    company.log.add(
        company.id, action, origin, kind=f"{entity}_field", recordId=code, values={"name": name}, custom={}
    )
