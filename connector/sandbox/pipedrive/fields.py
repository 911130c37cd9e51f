"""The fields of one entity of one company: the fixed ones, and the custom ones with keys of 40 hex digits."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from connector.sandbox.pipedrive.said import bad, gone_missing, refused
from connector.sandbox.wire import JsonObject, now_ms

#: What a custom field may be. There is no boolean, no date with time and no address on the web among them.
CUSTOM_TYPES: Final = (
    "varchar", "varchar_auto", "text", "double", "monetary", "enum", "set", "user", "org", "people", "phone", "date",
    "daterange", "time", "timerange", "address",
)  # fmt: skip
WITH_OPTIONS: Final = frozenset({"enum", "set"})
OPTIONS_CAP: Final = 10_000
_SETTINGS: Final = ("ui_visibility", "important_fields", "required_fields")

_DEAL_FIELDS: Final = (
    ("id", "ID", "int"),
    ("title", "Title", "varchar"),
    ("owner_id", "Owner", "user"),
    ("creator_user_id", "Creator", "user"),
    ("person_id", "Contact person", "people"),
    ("org_id", "Organization", "org"),
    ("pipeline_id", "Pipeline", "double"),
    ("stage_id", "Stage", "stage"),
    ("value", "Value", "monetary"),
    ("currency", "Currency of Value", "varchar"),
    ("add_time", "Deal created", "date"),
    ("update_time", "Update time", "date"),
    ("stage_change_time", "Last stage change", "date"),
    ("status", "Status", "status"),
    ("lost_reason", "Lost reason", "varchar_options"),
    ("won_time", "Won time", "date"),
    ("lost_time", "Lost time", "date"),
    ("close_time", "Deal closed on", "date"),
    ("expected_close_date", "Expected close date", "date"),
    ("probability", "Probability", "int"),
    ("visible_to", "Visible to", "visible_to"),
    ("label_ids", "Labels", "set"),
    ("origin", "Source origin", "varchar"),
    ("channel", "Source channel", "enum"),
    ("archive_time", "Archive time", "date"),
)
_PERSON_FIELDS: Final = (
    ("id", "ID", "int"),
    ("name", "Name", "varchar"),
    ("first_name", "First name", "varchar"),
    ("last_name", "Last name", "varchar"),
    ("owner_id", "Owner", "user"),
    ("org_id", "Organization", "org"),
    ("emails", "Email", "varchar"),
    ("phones", "Phone", "phone"),
    ("add_time", "Person created", "date"),
    ("update_time", "Update time", "date"),
    ("visible_to", "Visible to", "visible_to"),
    ("label_ids", "Labels", "set"),
    ("marketing_status", "Marketing status", "enum"),
)
_ORGANIZATION_FIELDS: Final = (
    ("id", "ID", "int"),
    ("name", "Name", "varchar"),
    ("owner_id", "Owner", "user"),
    ("add_time", "Organization created", "date"),
    ("update_time", "Update time", "date"),
)
_LEAD_FIELDS: Final = (
    ("id", "ID", "varchar"),
    ("title", "Title", "varchar"),
    ("owner_id", "Owner", "user"),
    ("creator_id", "Creator", "user"),
    ("person_id", "Contact person", "people"),
    ("organization_id", "Organization", "org"),
    ("label_ids", "Labels", "set"),
    ("value", "Value", "monetary"),
    ("source_name", "Source", "varchar"),
    ("origin", "Source origin", "varchar"),
    ("add_time", "Lead created", "date"),
    ("update_time", "Update time", "date"),
    ("was_seen", "Seen", "boolean"),
)
FIXED_FIELDS: Final[Mapping[str, tuple[tuple[str, str, str], ...]]] = {
    "deal": _DEAL_FIELDS,
    "person": _PERSON_FIELDS,
    "organization": _ORGANIZATION_FIELDS,
    "lead": _LEAD_FIELDS,
}


@dataclass(slots=True)
class Option:
    """One choice of an enum or a set. Values are written as its id."""

    id: int
    label: str


@dataclass(slots=True)
class Field:
    """A custom field."""

    code: str
    name: str
    type: str
    options: list[Option] = field(default_factory=list)
    description: str | None = None
    settings: JsonObject = field(default_factory=dict)
    add_ms: int = field(default_factory=now_ms)
    update_ms: int = field(default_factory=now_ms)

    def option(self, option_id: object) -> Option | None:
        return next((option for option in self.options if option.id == option_id), None)


class FieldSet:
    """The custom fields of one entity (deal, person, organization) in one company."""

    def __init__(self, entity: str, cap: int, dice: random.Random, next_option: Callable[[], int]) -> None:
        self.entity = entity
        self._cap = cap
        self._dice = dice
        self._next_option = next_option
        self.custom: dict[str, Field] = {}

    def get(self, code: str) -> Field:
        """Raises ApiError 404, and 400 for a fixed field."""
        found = self.custom.get(code)
        if found is None:
            if any(code == fixed for fixed, _, _ in FIXED_FIELDS[self.entity]):
                raise bad(f"The field '{code}' is not a custom field")
            raise gone_missing("Field")
        return found

    def create(self, sent: JsonObject, code: str | None = None) -> Field:
        """A new custom field from the body of a POST. Names need not be unique. Raises ApiError 400, 403."""
        allowed = {"field_name", "field_type", "options", *_SETTINGS}
        allowed |= {"description"} if self.entity == "deal" else set()
        _reject_unknown(sent, allowed)
        name, kind = sent.get("field_name"), sent.get("field_type")
        if not isinstance(name, str) or not name.strip() or len(name) > 255:
            raise bad("field_name must be a non-empty string of at most 255 characters")
        if kind not in CUSTOM_TYPES:
            raise bad(f"field_type must be one of {', '.join(CUSTOM_TYPES)}")
        if (kind in WITH_OPTIONS) != bool(sent.get("options")):
            raise bad("options are required for the field types enum and set, and for no other")
        if len(self.custom) >= self._cap:
            raise refused(
                403,
                "The limit of custom fields of your plan is reached",
                code=f"feature_capping_{self.entity}s_custom_fields_limit",
            )
        labels = self._labels(sent.get("options"), []) if kind in WITH_OPTIONS else []
        made = Field(code or f"{self._dice.getrandbits(160):040x}", name.strip(), str(kind))
        made.options = [Option(self._next_option(), label) for label in labels]
        self._describe(made, sent)
        self.custom[made.code] = made
        return made

    def change(self, code: str, sent: JsonObject) -> Field:
        """PATCH: the type stays what it is. Raises ApiError 400, 404."""
        found = self.get(code)
        allowed = {"field_name", *_SETTINGS} | ({"description"} if self.entity == "deal" else set())
        _reject_unknown(sent, allowed)
        name = sent.get("field_name", found.name)
        if not isinstance(name, str) or not name.strip() or len(name) > 255:
            raise bad("field_name must be a non-empty string of at most 255 characters")
        found.name = name.strip()
        self._describe(found, sent)
        found.update_ms = now_ms()
        return found

    def remove(self, code: str) -> Field:
        """Raises ApiError 400, 404."""
        found = self.get(code)
        del self.custom[code]
        return found

    def add_options(self, code: str, sent: object) -> list[Option]:
        """All or none. Returns the new ones. Raises ApiError 400, 404."""
        found = self._with_options(code)
        made = [Option(self._next_option(), label) for label in self._labels(sent, found.options)]
        found.options.extend(made)
        found.update_ms = now_ms()
        return made

    def rename_options(self, code: str, sent: object) -> list[Option]:
        """All or none: [{"id", "label"}]. Returns the renamed ones."""
        found = self._with_options(code)
        pairs: list[tuple[Option, str]] = []
        for entry in _entries(sent):
            _reject_unknown(entry, {"id", "label"})
            pairs.append((_known_option(found, entry.get("id")), _label(entry.get("label"))))
        for option, label in pairs:
            option.label = label
        found.update_ms = now_ms()
        return [option for option, _ in pairs]

    def remove_options(self, code: str, sent: object) -> list[Option]:
        """All or none: [{"id"}]. Returns the removed ones."""
        found = self._with_options(code)
        doomed: list[Option] = []
        for entry in _entries(sent):
            _reject_unknown(entry, {"id"})
            doomed.append(_known_option(found, entry.get("id")))
        if len(doomed) >= len(found.options):
            raise bad("The last option of a field cannot be removed")
        found.options = [option for option in found.options if option not in doomed]
        found.update_ms = now_ms()
        return doomed

    def _with_options(self, code: str) -> Field:
        found = self.get(code)
        if found.type not in WITH_OPTIONS:
            raise bad(f"A field of type {found.type} has no options")
        return found

    def _labels(self, sent: object, there: list[Option]) -> list[str]:
        labels: list[str] = []
        taken = {option.label for option in there}
        for entry in _entries(sent):
            _reject_unknown(entry, {"label"})
            label = _label(entry.get("label"))
            if label in taken:
                raise bad(f"The option '{label}' is there already")
            taken.add(label)
            labels.append(label)
        if len(there) + len(labels) > OPTIONS_CAP:
            raise bad(f"A field has at most {OPTIONS_CAP} options")
        return labels

    def _describe(self, target: Field, sent: JsonObject) -> None:
        for name in _SETTINGS:
            if name in sent:
                if not isinstance(sent[name], dict):
                    raise bad(f"{name} must be an object")
                target.settings[name] = sent[name]
        if "description" in sent:
            if sent["description"] is not None and not isinstance(sent["description"], str):
                raise bad("description must be a string")
            target.description = None if sent["description"] is None else str(sent["description"])


def show_field(found: Field, entity: str, include: frozenset[str] = frozenset()) -> JsonObject:
    """A custom field as v2 shows it; `include` = optional parts asked for."""
    shown: JsonObject = {
        "field_name": found.name,
        "field_code": found.code,
        "field_type": found.type,
        "is_custom_field": True,
        "is_optional_response_field": False,
        "options": [{"id": option.id, "label": option.label} for option in found.options] or None,
        "subfields": None,
    }
    if entity == "deal":
        shown["description"] = found.description
    defaults: JsonObject = {
        "ui_visibility": {"add_visible_flag": False, "details_visible_flag": True},
        "important_fields": {"enabled": False, "stage_ids": []},
        "required_fields": {"enabled": False},
    }
    return shown | {name: found.settings.get(name, defaults[name]) for name in _SETTINGS if name in include}


def show_fixed(code: str, name: str, kind: str) -> JsonObject:
    """A fixed field as v2 shows it."""
    return {
        "field_name": name,
        "field_code": code,
        "field_type": kind,
        "is_custom_field": False,
        "is_optional_response_field": False,
        "options": None,
        "subfields": None,
    }


def _entries(sent: object) -> list[JsonObject]:
    if not isinstance(sent, list) or not sent or not all(isinstance(entry, dict) for entry in sent):
        raise bad("options must be a non-empty list of objects")
    return list(sent)


def _label(value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise bad("label must be a non-empty string")
    return value


def _known_option(found: Field, option_id: object) -> Option:
    option = None if isinstance(option_id, bool) else found.option(option_id)
    if option is None:
        raise bad(f"The field has no option with the id {option_id}")
    return option


def _reject_unknown(sent: JsonObject, allowed: set[str]) -> None:
    for name in sent:
        if name not in allowed:
            raise bad(f"'{name}' is not allowed")
