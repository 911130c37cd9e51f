"""Values of custom fields: checked, and in the four shapes in which they travel.

Inside, a simple value is what it is; a compound one (monetary, spans, times, addresses) is an object
`{"value": ..., part: ...}`. Version 2 nests that object; leads carry `<key>` and `<key>_<part>` side by side at the
root; webhooks wrap every value with its type.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from connector.sandbox.pipedrive.fields import Field
from connector.sandbox.pipedrive.said import bad, is_clock, is_date
from connector.sandbox.wire import JsonObject

#: Parts beside `value` of the compound types.
PARTS: Final[Mapping[str, tuple[str, ...]]] = {
    "monetary": ("currency",),
    "daterange": ("until",),
    "time": ("timezone_id",),
    "timerange": ("until", "timezone_id"),
    "address": ("locality", "country", "postal_code", "route", "street_number"),
}
_LENGTHS: Final = {"varchar": 255, "varchar_auto": 255, "phone": 255, "text": 65_000}
_RELATED: Final = {"user": "user", "org": "organization", "people": "person"}

Exists = Callable[[str, object], bool]
"""(kind, id) -> whether there is such a user, organization or person."""


def checked(found: Field, value: object, exists: Exists) -> object:
    """A value as v2 takes it, or None to clear. Raises ApiError 400 naming the field."""
    if value is None:
        return None
    is_right = _CHECKS[found.type](found, value, exists)
    if not is_right:
        raise bad(f"Validation failed: custom field {found.code} of type {found.type} cannot take this value")
    return value


def checked_at_root(found: Field, sent: JsonObject, before: object, exists: Exists) -> object:
    """A lead's value from the root of the body; parts that are not sent stay as they were."""
    parts = PARTS.get(found.type)
    if parts is None:
        return checked(found, sent[found.code], exists)
    if found.code in sent and sent[found.code] is None:
        return None
    whole: JsonObject = dict(before) if isinstance(before, dict) else {}
    if found.code in sent:
        whole["value"] = sent[found.code]
    for part in parts:
        if f"{found.code}_{part}" in sent:
            whole[part] = sent[f"{found.code}_{part}"]
    return checked(found, whole, exists)


def root_keys(found: Field) -> tuple[str, ...]:
    """The keys under which a lead carries the field."""
    return (found.code, *(f"{found.code}_{part}" for part in PARTS.get(found.type, ())))


def at_root(found: Field, value: object) -> JsonObject:
    """As a lead shows it; nothing when it is not set."""
    if value is None:
        return {}
    if isinstance(value, dict):
        return {(found.code if name == "value" else f"{found.code}_{name}"): part for name, part in value.items()}
    return {found.code: value}


def with_labels(found: Field, value: object) -> object:
    """As v2 shows it under include_option_labels."""
    if found.type == "enum" and value is not None:
        option = found.option(value)
        return None if option is None else {"id": option.id, "label": option.label}
    if found.type == "set" and isinstance(value, list | tuple):
        options = [found.option(one) for one in value]
        return [{"id": option.id, "label": option.label} for option in options if option is not None]
    return value


def in_webhook(found: Field, value: object) -> object:
    """As webhooks show it: {type, value}, {type, id} or {type, values}; option labels are never there."""
    if value is None:
        return None
    if found.type in ("enum", "user", "org", "people"):
        return {"type": found.type, "id": value}
    if found.type == "set" and isinstance(value, list | tuple):
        return {"type": "set", "values": [{"id": one} for one in value]}
    if found.type in ("daterange", "timerange") and isinstance(value, dict):
        shown = {"type": found.type, "from": value.get("value"), "until": value.get("until")}
        return shown | ({"timezone_id": value["timezone_id"]} if "timezone_id" in value else {})
    if isinstance(value, dict):
        return {"type": found.type, **value}
    return {"type": found.type, "value": value}


def as_text(found: Field, value: object) -> str | None:
    """As the changelog shows it."""
    if value is None:
        return None
    if isinstance(value, list | tuple):
        return ",".join(str(one) for one in value)
    if isinstance(value, dict):
        return str(value.get("value"))
    return str(value)


def _is_text(found: Field, value: object, exists: Exists) -> bool:
    return isinstance(value, str) and len(value) <= _LENGTHS[found.type]


def _is_number(found: Field, value: object, exists: Exists) -> bool:
    return _number(value)


def _is_option(found: Field, value: object, exists: Exists) -> bool:
    return _integer(value) and found.option(value) is not None


def _is_options(found: Field, value: object, exists: Exists) -> bool:
    """A selection is cleared with null: an empty list is refused."""
    return isinstance(value, list) and bool(value) and all(_is_option(found, one, exists) for one in value)


def _is_related(found: Field, value: object, exists: Exists) -> bool:
    return _integer(value) and exists(_RELATED[found.type], value)


def _is_date(found: Field, value: object, exists: Exists) -> bool:
    return is_date(value)


def _is_compound(found: Field, value: object, exists: Exists) -> bool:
    if not isinstance(value, dict) or "value" not in value or set(value) - {"value", *PARTS[found.type]}:
        return False
    parts = {name: part for name, part in value.items() if part is not None}
    if found.type == "monetary":
        return _number(parts.get("value")) and isinstance(parts.get("currency"), str)
    if found.type == "daterange":
        return is_date(parts.get("value")) and is_date(parts.get("until", parts.get("value")))
    if found.type in ("time", "timerange"):
        return is_clock(parts.get("value")) and is_clock(parts.get("until", parts.get("value")))
    return all(isinstance(part, str) for part in parts.values())


def _number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _integer(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


_CHECKS: Final[Mapping[str, Callable[[Field, object, Exists], bool]]] = {
    "varchar": _is_text, "varchar_auto": _is_text, "text": _is_text, "phone": _is_text, "double": _is_number,
    "enum": _is_option, "set": _is_options, "user": _is_related, "org": _is_related, "people": _is_related,
    "date": _is_date, "monetary": _is_compound, "daterange": _is_compound, "time": _is_compound,
    "timerange": _is_compound, "address": _is_compound,
}  # fmt: skip
