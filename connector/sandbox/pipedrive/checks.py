"""The body of a write, held to the columns: unknown names and wrong types are refused, nothing is coerced."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from flask import request

from connector.sandbox.pipedrive.company import Company
from connector.sandbox.pipedrive.customs import checked, checked_at_root, root_keys
from connector.sandbox.pipedrive.kinds import Column, Kind
from connector.sandbox.pipedrive.records import Record
from connector.sandbox.pipedrive.said import bad, is_clock, is_date, parse_rfc3339, refused
from connector.sandbox.wire import JsonObject

_LONGEST_NOTE: Final = 100_000
_CONTACT_SYNC: Final = frozenset({"postal_address", "notes", "im", "birthday", "job_title"})


def json_body() -> JsonObject:
    """The JSON object sent with the content type of JSON. Raises ApiError 400."""
    if not request.is_json:
        raise bad("The Content-Type header must be application/json")
    sent = request.get_json(silent=True)
    if not isinstance(sent, dict):
        raise bad("The request body must be a JSON object")
    return sent


def json_list() -> list[object]:
    """The JSON list sent. Raises ApiError 400."""
    sent = request.get_json(silent=True) if request.is_json else None
    if not isinstance(sent, list):
        raise bad("The request body must be a JSON array")
    return sent


def reject_unknown(sent: Mapping[str, object], allowed: set[str]) -> None:
    """Raises ApiError 400 naming the first name that is not allowed."""
    for name in sent:
        if name not in allowed:
            raise bad(f"'{name}' is not allowed")


def body_of_v2(company: Company, kind: Kind, sent: JsonObject, *, is_new: bool) -> tuple[JsonObject, JsonObject]:
    """(values, custom fields) of a POST or PATCH of version 2. Raises ApiError 400, 403."""
    columns = _writable(kind, is_new)
    has_custom = kind.fields is not None
    if kind.name == "person" and _CONTACT_SYNC & set(sent):
        raise refused(403, "Contact Sync is not enabled for the company")
    reject_unknown(sent, {*columns, *({"custom_fields"} if has_custom else ())})
    values = {name: _value(company, columns[name], sent[name]) for name in sent if name != "custom_fields"}
    custom: JsonObject = {}
    if has_custom and "custom_fields" in sent:
        given = sent["custom_fields"]
        if not isinstance(given, dict):
            raise bad("custom_fields must be an object")
        fields = company.fields[kind.fields or ""].custom
        for code, value in given.items():
            if code not in fields:
                raise bad(f"'custom_fields.{code}' is not allowed")
            custom[code] = checked(fields[code], value, company.exists)
    return values, custom


def body_of_lead(
    company: Company, kind: Kind, sent: JsonObject, lead: Record | None
) -> tuple[JsonObject, JsonObject]:
    """(values, custom fields) of a lead, whose custom fields stand at the root. Raises ApiError 400."""
    columns = _writable(kind, lead is None)
    fields = company.fields["deal"].custom
    keys = {key: found for found in fields.values() for key in root_keys(found)}
    reject_unknown(sent, {*columns, *keys})
    values = {name: _value(company, columns[name], sent[name]) for name in sent if name in columns}
    touched = {keys[name].code: keys[name] for name in sent if name in keys}
    before = {} if lead is None else lead.custom
    custom: JsonObject = {
        code: checked_at_root(found, sent, before.get(code), company.exists) for code, found in touched.items()
    }
    return values, custom


def flat_body(company: Company, kind: Kind, sent: JsonObject, *, is_new: bool) -> JsonObject:
    """Values of a kind without custom fields. Raises ApiError 400."""
    columns = _writable(kind, is_new)
    reject_unknown(sent, set(columns))
    return {name: _value(company, columns[name], sent[name]) for name in sent}


def _writable(kind: Kind, is_new: bool) -> dict[str, Column]:
    return {column.name: column for column in kind.columns if (column.is_set if is_new else column.is_changed)}


def _value(company: Company, column: Column, value: object) -> object:
    type_name = column.type.removesuffix("?")
    if value is None and (column.type.endswith("?") or type_name == "moment"):
        return None
    if type_name == "moment":
        return _moment(column.name, value)
    if type_name in _REFERENCES:
        if not company.exists(type_name, value):
            raise bad(f"{column.name} names no {type_name} that is there")
        return value
    if type_name == "activity_type":
        known = [one["key_string"] for one in company.activity_types if one["active_flag"] is True]
        if value not in known:
            raise bad(f"type must be one of {', '.join(str(one) for one in known)}")
        return value
    if type_name == "label_texts":
        if not isinstance(value, list) or any(one not in company.lead_labels for one in value):
            raise bad(f"{column.name} must be a list of ids of lead labels")
        return value
    if type_name == "visible_text":
        if value not in ("1", "3", "5", "7"):
            raise bad(f"{column.name} must be one of '1', '3', '5', '7'")
        return int(str(value))
    check, told = _TYPES[type_name]
    if not check(value):
        raise bad(f"{column.name} must be {told}")
    return value


def _moment(name: str, value: object) -> int:
    if isinstance(value, str):
        try:
            return parse_rfc3339(value)
        except ValueError as problem:
            raise bad(f"{name} {problem}") from None
    raise bad(f"{name} must be a text")


def _integer(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _amount(value: object) -> bool:
    return (
        isinstance(value, dict)
        and set(value) == {"amount", "currency"}
        and _number(value["amount"])
        and isinstance(value["currency"], str)
    )


def _contacts(value: object) -> bool:
    return isinstance(value, list) and all(
        isinstance(one, dict)
        and not set(one) - {"value", "primary", "label"}
        and isinstance(one.get("value"), str)
        and isinstance(one.get("primary", False), bool)
        and isinstance(one.get("label", ""), str)
        for one in value
    )


def _participants(value: object) -> bool:
    return isinstance(value, list) and all(
        isinstance(one, dict)
        and not set(one) - {"person_id", "primary"}
        and _integer(one.get("person_id"))
        and isinstance(one.get("primary", False), bool)
        for one in value
    )


_REFERENCES: Final = frozenset({"user", "person", "organization", "deal", "lead", "stage", "pipeline"})
_TYPES: Final[Mapping[str, tuple[Callable[[object], bool], str]]] = {
    "text": (lambda value: isinstance(value, str) and len(value) <= _LONGEST_NOTE, "a string"),
    "int": (_integer, "an integer"),
    "number": (_number, "a number"),
    "bool": (lambda value: isinstance(value, bool), "a boolean"),
    "flag": (lambda value: _integer(value) and value in (0, 1), "0 or 1"),
    "date": (is_date, "a date YYYY-MM-DD"),
    "clock": (is_clock, "a time HH:MM"),
    "ints": (lambda value: isinstance(value, list) and all(_integer(one) for one in value), "a list of integers"),
    "object": (lambda value: isinstance(value, dict), "an object"),
    "objects": (
        lambda value: isinstance(value, list) and all(isinstance(one, dict) for one in value),
        "a list of objects",
    ),
    "amount": (_amount, "an object of amount and currency"),
    "contacts": (_contacts, "a list of {value, primary, label}"),
    "participants": (_participants, "a list of {person_id, primary}"),
    "visible": (lambda value: _integer(value) and value in (1, 3, 5, 7), "one of 1, 3, 5, 7"),
    "status": (lambda value: value in ("open", "won", "lost"), "one of open, won, lost"),
    "marketing": (
        lambda value: value in ("no_consent", "unsubscribed", "subscribed", "archived"),
        "one of no_consent, unsubscribed, subscribed, archived",
    ),
}
