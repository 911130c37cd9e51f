"""Property definitions and groups of one object type, and the check of a value against its definition."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from connector.sandbox.kinds import CALL_OUTCOMES, KINDS, Kind, builtin_properties
from connector.sandbox.wire import (
    ApiError,
    JsonObject,
    as_int,
    as_list,
    as_object,
    as_text,
    conflict,
    error_body,
    invalid,
    iso,
    not_found,
    parse_moment,
)

PAIRS: Final[dict[str, frozenset[str]]] = {
    "string": frozenset({"text", "textarea", "html", "phonenumber", "file", "calculation_equation"}),
    "number": frozenset({"number", "calculation_equation"}),
    "enumeration": frozenset({"select", "radio", "checkbox", "booleancheckbox", "calculation_equation"}),
    "bool": frozenset({"booleancheckbox", "calculation_equation"}),
    "date": frozenset({"date"}),
    "datetime": frozenset({"date"}),
}
_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,99}")
_EMAIL: Final = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")
_READ_ONLY: Final = re.compile(
    r"hs_object_(id|source.*)|(hs_)?createdate|(hs_)?lastmodifieddate|hs_(calculated_)?merged_.*"
)


@dataclass(frozen=True, slots=True)
class Option:
    label: str
    value: str
    display_order: int = -1
    hidden: bool = False
    description: str = ""


@dataclass(frozen=True, slots=True)
class Definition:
    """One property of one object type."""

    name: str
    label: str
    type: str
    field_type: str
    group: str
    description: str = ""
    options: tuple[Option, ...] = ()
    display_order: int = -1
    hidden: bool = False
    form_field: bool = False
    has_unique_value: bool = False
    hubspot_defined: bool = False
    external_options: bool = False
    referenced_object_type: str | None = None
    archived: bool = False
    created_ms: int = 0
    updated_ms: int = 0
    created_user_id: str | None = None

    @property
    def read_only(self) -> bool:
        return self.hubspot_defined and _READ_ONLY.fullmatch(self.name) is not None

    def as_json(self) -> JsonObject:
        body: JsonObject = {
            "name": self.name,
            "label": self.label,
            "type": self.type,
            "fieldType": self.field_type,
            "groupName": self.group,
            "description": self.description,
            "options": [
                {
                    "label": option.label,
                    "value": option.value,
                    "displayOrder": option.display_order,
                    "hidden": option.hidden,
                    "description": option.description,
                }
                for option in self.options
            ],
            "displayOrder": self.display_order,
            "hidden": self.hidden,
            "formField": self.form_field,
            "hasUniqueValue": self.has_unique_value,
            "hubspotDefined": self.hubspot_defined,
            "externalOptions": self.external_options,
            "calculated": False,
            "archived": self.archived,
            "createdAt": iso(self.created_ms),
            "updatedAt": iso(self.updated_ms),
            "modificationMetadata": {
                "archivable": not self.hubspot_defined,
                "readOnlyDefinition": self.hubspot_defined,
                "readOnlyOptions": self.hubspot_defined,
                "readOnlyValue": self.read_only,
            },
            "dataSensitivity": "non_sensitive",
        }
        if self.created_user_id is not None:
            body["createdUserId"] = self.created_user_id
        if self.referenced_object_type is not None:
            body["referencedObjectType"] = self.referenced_object_type
        return body

    def refusal(self, value: str) -> tuple[str, str] | None:
        """Why this value may not be written: (error code, sentence), or None. An empty text clears and always may."""
        if not value:
            return None
        if self.type == "number":
            try:
                float(value)
            except ValueError:
                return "INVALID_INTEGER", f"{value} was not a valid number."
        elif self.type == "enumeration" and self.options:
            allowed = {option.value for option in self.options}
            chosen = [part for part in value.split(";") if part] if self.field_type == "checkbox" else [value]
            wrong = next((part for part in chosen if part not in allowed), None)
            if wrong is not None:
                return "INVALID_OPTION", f"{wrong} was not one of the allowed options: {sorted(allowed)}"
        elif self.type == "bool" and value not in ("true", "false"):
            return "INVALID_BOOLEAN", f"{value} was not one of true, false."
        elif self.type in ("date", "datetime"):
            try:
                parse_moment(value)
            except ValueError:
                return "INVALID_DATE", f"{value} was not a valid date."
        elif self.name == "email" and self.hubspot_defined and not _EMAIL.fullmatch(value):
            return "INVALID_EMAIL", f"Email address {value} is invalid"
        return None

    def stored(self, value: str) -> str:
        """The form in which a value is kept: moments as ISO-8601, the rest (and bad moments) as it came."""
        if value and self.type == "datetime":
            try:
                return iso(parse_moment(value))
            except ValueError:
                return value
        return value


@dataclass(frozen=True, slots=True)
class Group:
    name: str
    label: str
    display_order: int = -1
    archived: bool = False

    def as_json(self) -> JsonObject:
        return {
            "name": self.name,
            "label": self.label,
            "displayOrder": self.display_order,
            "archived": self.archived,
        }


class Fields:
    """The definitions and groups of one object type in one portal. The caller holds the portal's lock."""

    def __init__(self, kind: Kind) -> None:
        base = f"{kind.singular}information"
        self.kind = kind
        self.groups: dict[str, Group] = {base: Group(base, f"{kind.singular.title()} information", 0)}
        self.definitions: dict[str, Definition] = {
            name: Definition(
                name=name,
                label=name.replace("_", " ").capitalize(),
                type=type_name,
                field_type=_plain_field_type(type_name),
                group=base,
                options=tuple(
                    Option(CALL_OUTCOMES.get(value, value), value, order) for order, value in enumerate(options)
                ),
                hubspot_defined=True,
            )
            for name, type_name, options in builtin_properties(kind)
        }

    def custom_count(self) -> int:
        return sum(1 for entry in self.definitions.values() if not entry.hubspot_defined and not entry.archived)

    def live(self, name: str) -> Definition:
        """Raises ApiError 404 for an unknown or archived property."""
        found = self.definitions.get(name)
        if found is None or found.archived:
            raise not_found(f"Property {name} does not exist.", propertyName=[name])
        return found

    def checked(self, values: Mapping[str, str], is_strict: bool) -> dict[str, str]:
        """The values in their stored form. Strict (the API) refuses bad and read-only ones.

        Raises ApiError 400 naming every refused property; one that does not exist is always refused.
        """
        refused: list[JsonObject] = []
        checked: dict[str, str] = {}
        for name, value in values.items():
            definition = self.definitions.get(name)
            if definition is None or definition.archived:
                if is_strict:
                    refused.append(_refusal(name, "PROPERTY_DOESNT_EXIST", f'Property "{name}" does not exist'))
                    continue
                raise invalid(
                    f"The {self.kind.singular} property {name!r} does not exist in this portal; create it first."
                )
            if is_strict:
                if definition.read_only:
                    refused.append(_refusal(name, "READ_ONLY_VALUE", f'"{name}" is a read only property'))
                    continue
                reason = definition.refusal(value)
                if reason is not None:
                    refused.append(_refusal(name, *reason))
                    continue
            checked[name] = definition.stored(value)
        if refused:
            raise ApiError(
                400,
                error_body(
                    f"Property values were not valid: {json.dumps(refused)}",
                    "VALIDATION_ERROR",
                    errors=[
                        {
                            "message": entry["message"],
                            "code": entry["error"],
                            "context": {"propertyName": [entry["name"]]},
                        }
                        for entry in refused
                    ],
                ),
            )
        return checked

    def create(self, body: JsonObject, at_ms: int, user_id: str | None) -> Definition:
        """Raises ApiError 400 (what is wrong) or 409 (name taken)."""
        definition = self._parsed(body, at_ms, user_id)
        known = self.definitions.get(definition.name)
        if known is not None and not known.archived:
            raise _property_exists(definition.name)
        self.definitions[definition.name] = definition
        return definition

    def update(self, name: str, body: JsonObject, at_ms: int) -> Definition:
        """Label, description, group, options, order, hidden; the name stays for ever."""
        known = self.live(name)
        if known.hubspot_defined:
            raise invalid(f"Property {name} is defined by HubSpot and read-only.")
        merged: JsonObject = {**known.as_json(), **body, "name": name}
        changed = self._parsed(merged, at_ms, known.created_user_id)
        self.definitions[name] = replace(changed, created_ms=known.created_ms)
        return self.definitions[name]

    def add_option(self, name: str, value: str, label: str) -> None:
        """A choice that the account's admin adds, also to a list that HubSpot ships."""
        known = self.live(name)
        option = Option(label, value, len(known.options))
        self.definitions[name] = replace(known, options=(*known.options, option))

    def archive(self, name: str, at_ms: int) -> None:
        known = self.live(name)
        if known.hubspot_defined:
            raise invalid(f"Property {name} is defined by HubSpot and cannot be archived.")
        self.definitions[name] = replace(known, archived=True, updated_ms=at_ms)

    def create_group(self, body: JsonObject) -> Group:
        group = Group(
            name=_name(body.get("name")),
            label=as_text(body.get("label"), "label"),
            display_order=as_int(body.get("displayOrder", -1), "displayOrder"),
        )
        known = self.groups.get(group.name)
        if known is not None and not known.archived:
            raise conflict(f"A property group named '{group.name}' already exists.", "OBJECT_ALREADY_EXISTS")
        self.groups[group.name] = group
        return group

    def live_group(self, name: str) -> Group:
        group = self.groups.get(name)
        if group is None or group.archived:
            raise not_found(f"Property group {name} does not exist.", groupName=[name])
        return group

    def update_group(self, name: str, body: JsonObject) -> Group:
        known = self.live_group(name)
        self.groups[name] = replace(
            known,
            label=as_text(body.get("label", known.label), "label"),
            display_order=as_int(body.get("displayOrder", known.display_order), "displayOrder"),
        )
        return self.groups[name]

    def archive_group(self, name: str) -> None:
        self.groups[name] = replace(self.live_group(name), archived=True)

    def _parsed(self, body: JsonObject, at_ms: int, user_id: str | None) -> Definition:
        name = _name(body.get("name"))
        type_name = as_text(body.get("type"), "type")
        field_type = as_text(body.get("fieldType"), "fieldType")
        if field_type not in PAIRS.get(type_name, frozenset()):
            raise invalid(f"Property {name}: fieldType {field_type} does not go with type {type_name}.")
        group = as_text(body.get("groupName"), "groupName")
        self.live_group_or_invalid(group, name)
        options = tuple(_option(as_object(entry, "options")) for entry in as_list(body.get("options"), "options"))
        external = body.get("externalOptions") is True
        if type_name in ("enumeration", "bool") and not options and not external:
            raise invalid(f"Property {name}: an {type_name} property needs options.")
        referenced = body.get("referencedObjectType")
        return Definition(
            name=name,
            label=as_text(body.get("label"), "label"),
            type=type_name,
            field_type=field_type,
            group=group,
            description=as_text(body.get("description", ""), "description"),
            options=options,
            display_order=as_int(body.get("displayOrder", -1), "displayOrder"),
            hidden=body.get("hidden") is True,
            form_field=body.get("formField") is True,
            has_unique_value=body.get("hasUniqueValue") is True,
            external_options=external,
            referenced_object_type=None if referenced is None else as_text(referenced, "referencedObjectType"),
            created_ms=at_ms,
            updated_ms=at_ms,
            created_user_id=user_id,
        )

    def live_group_or_invalid(self, group: str, name: str) -> None:
        if group not in self.groups or self.groups[group].archived:
            raise invalid(f"Property {name}: group {group} does not exist.", groupName=[group])


def all_fields() -> dict[str, Fields]:
    """A fresh portal's definitions, by plural type name."""
    return {kind.plural: Fields(kind) for kind in KINDS}


def _plain_field_type(type_name: str) -> str:
    plain = {
        "number": "number",
        "enumeration": "select",
        "bool": "booleancheckbox",
        "datetime": "date",
        "date": "date",
    }
    return plain.get(type_name, "text")


def _option(body: JsonObject) -> Option:
    return Option(
        label=as_text(body.get("label"), "options.label"),
        value=as_text(body.get("value"), "options.value"),
        display_order=as_int(body.get("displayOrder", -1), "options.displayOrder"),
        hidden=body.get("hidden") is True,
        description=as_text(body.get("description") or "", "options.description"),
    )


def _name(value: object) -> str:
    name = as_text(value, "name")
    if not _NAME.fullmatch(name):
        raise invalid(f"{name!r} is not a valid internal name: lower case letters, digits and underscores only.")
    return name


def _property_exists(name: str) -> ApiError:
    return ApiError(
        409,
        error_body(
            f"A property named '{name}' already exists.",
            "OBJECT_ALREADY_EXISTS",
            subCategory="Properties.PROPERTY_EXISTS",
        ),
    )


def _refusal(name: str, code: str, message: str) -> JsonObject:
    return {"isValid": False, "message": message, "error": code, "name": name, "localizedErrorMessage": message}
