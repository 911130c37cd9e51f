"""Our six Custom Fields on CRM Lead, how their values are written there, and where people see them."""

from __future__ import annotations

import json

from audits.model.score import FollowUpStatus, Verdict
from connector.adapters.frappe.client import FrappeClient
from connector.adapters.frappe.mapping import LEAD
from connector.crm.lead_fields import FieldKind, KnownField
from connector.crm.port import OurField
from connector.errors import CrmError, CrmRejected, PermissionMissing, RecordGone, UnexpectedPayload
from connector.payloads import JsonObject, JsonValue, find_text, parse_json

CUSTOM_FIELD, LAYOUT = "Custom Field", "CRM Fields Layout"
SIDE_PANEL = f"{LEAD}-Side Panel"
SECTION, SECTION_LABEL = "leadassay_section", "Lead Assay"
NOT_EVALUATED = -1
"""Frappe's Int cannot be empty: what is not evaluated would read as 0, the worst score. So it begins as -1."""

_SCORES = frozenset({OurField.LEAD_QUALITY, OurField.HANDLING})
_CHOICES: dict[OurField, tuple[str, ...]] = {
    OurField.LEAD_VERDICT: tuple(word.value for word in Verdict),
    OurField.FOLLOW_UP_STATUS: tuple(word.value for word in FollowUpStatus),
}
_REPAIRED = ("label", "description", "default", "read_only")
_READ = ("name", "fieldname", "fieldtype", "options", *_REPAIRED)


_KINDS = {
    "Datetime": FieldKind.INSTANT,
    "Date": FieldKind.DATE,
    "Check": FieldKind.YES_NO,
    **dict.fromkeys(("Select", "Link", "Autocomplete"), FieldKind.CHOICE),
    **dict.fromkeys(("Data", "Small Text", "Text", "Long Text"), FieldKind.TEXT),
    **dict.fromkeys(("Int", "Float"), FieldKind.NUMBER),
}


def known(client: FrappeClient) -> tuple[KnownField, ...]:
    """The custom fields of CRM Lead that can hold something for us, without our own."""
    ours = {one.value for one in OurField}
    rows = client.iter_rows(CUSTOM_FIELD, ("name", "fieldname", "label", "fieldtype"), [("dt", "=", LEAD)])
    return tuple(
        KnownField(name=name, label=find_text(row, "label") or name, kind=kind)
        for row in rows
        if (name := find_text(row, "fieldname")) is not None
        and name not in ours
        and (kind := _KINDS.get(find_text(row, "fieldtype") or "")) is not None
    )


def ensure(client: FrappeClient) -> tuple[str, ...]:
    """Make the fields that are missing, repair labels and options; returns the names made or repaired.

    Raises CrmRejected naming a field that exists under our name with another type, PermissionMissing.
    """
    there = {
        find_text(row, "fieldname") or "": row
        for row in client.iter_rows(
            CUSTOM_FIELD,
            _READ,
            [("dt", "=", LEAD), ("fieldname", "in", [one.value for one in OurField])],
        )
    }
    done: list[str] = []
    for definition in DEFINITIONS:
        name = str(definition["fieldname"])
        if name in there:
            if _repair(client, definition, there[name]):
                done.append(name)
        elif _make(client, definition):
            done.append(name)
    return tuple(done)


def _make(client: FrappeClient, definition: JsonObject) -> bool:
    try:
        client.create(CUSTOM_FIELD, definition)
    except CrmRejected as refused:
        name = f"{LEAD}-{definition['fieldname']}"
        if refused.status not in {409, 417} or not _exists(client, name):
            raise
        # Another set-up was faster.
        return False
    return True


def _exists(client: FrappeClient, name: str) -> bool:
    try:
        client.document(CUSTOM_FIELD, name)
    except RecordGone:
        return False
    return True


def _repair(client: FrappeClient, definition: JsonObject, there: JsonObject) -> bool:
    name = str(definition["fieldname"])
    if there.get("fieldtype") != definition["fieldtype"]:
        raise CrmRejected(
            f"The Custom Field {name} of CRM Lead is of type {there.get('fieldtype')!r} where we need "
            f"{definition['fieldtype']!r}: delete it in Frappe, then connect again.",
            status=409,
            fields=(name,),
        )
    changes: JsonObject = {
        key: definition[key] for key in _REPAIRED if key in definition and _text(there, key) != str(definition[key])
    }
    if "options" in definition:
        ours, theirs = str(definition["options"]).split("\n"), (find_text(there, "options") or "").split("\n")
        if not set(ours) <= set(theirs):
            changes["options"] = "\n".join([*ours, *(one for one in theirs if one and one not in ours)])
    if not changes:
        return False
    client.update(CUSTOM_FIELD, find_text(there, "name") or f"{LEAD}-{name}", changes)
    return True


def to_site(values: dict[str, str]) -> JsonObject:
    """Our values (OurField value → text, "" = nothing) as CRM Lead holds them."""
    return {name: _to_site(OurField(name), value) for name, value in values.items()}


def _to_site(field: OurField, value: str) -> JsonValue:
    if field in _SCORES:
        return int(value) if value else NOT_EVALUATED
    return _label(value) if field in _CHOICES else value


def from_site(row: JsonObject) -> dict[str, str]:
    """Our fields of a CRM Lead in our words; without those that hold nothing."""
    found: dict[str, str] = {}
    for field in OurField:
        value = find_text(row, field.value)
        if field in _SCORES and value == str(NOT_EVALUATED):
            value = None
        elif field in _CHOICES and value is not None:
            value = next((word for word in _CHOICES[field] if _label(word) == value), value)
        if value is not None:
            found[field.value] = value
    return found


def show(client: FrappeClient) -> str | None:
    """Put our fields into the side panel of a lead; a sentence for an admin where that is refused.

    A custom field alone is seen on the Desk only: the pages under /crm show what their layout names.
    """
    try:
        sections = _sections(client)
        if sections is not None and not _has_ours(sections):
            _save(client, [*_without_ours(sections), _section()])
    except (PermissionMissing, CrmRejected, UnexpectedPayload) as trouble:
        return (
            "Our fields are on CRM Lead, but could not be put into the side panel of /crm: add them there by hand "
            f"(Settings of a lead's page, Edit Side Panel). {trouble}"
        )
    return None


def hide(client: FrappeClient) -> None:
    """Take our section out of the side panel again; what cannot be done is left to the admin."""
    try:
        sections = _sections(client)
        if sections is not None and (left := _without_ours(sections)) != sections:
            _save(client, left)
    except CrmError:
        return


def _sections(client: FrappeClient) -> list[JsonValue] | None:
    """The layout's sections; None where the site has no such layout."""
    try:
        layout = find_text(client.document(LAYOUT, SIDE_PANEL), "layout")
    except RecordGone:
        return None
    sections = parse_json((layout or "[]").encode(), "The layout of the side panel")
    if not isinstance(sections, list):
        raise UnexpectedPayload("The layout of the side panel is no list of sections.")
    return sections


def _save(client: FrappeClient, sections: list[JsonValue]) -> None:
    client.update(LAYOUT, SIDE_PANEL, {"layout": json.dumps(sections)})


def _has_ours(sections: list[JsonValue]) -> bool:
    shown = json.dumps(sections)
    return all(f'"{field.value}"' in shown for field in OurField)


def _without_ours(sections: list[JsonValue]) -> list[JsonValue]:
    return [one for one in sections if not (isinstance(one, dict) and one.get("name") == SECTION)]


def _section() -> JsonObject:
    names: list[JsonValue] = [field.value for field in OurField]
    return {
        "label": SECTION_LABEL,
        "name": SECTION,
        "opened": True,
        "columns": [{"name": "leadassay_column", "fields": names}],
    }


def _label(value: str) -> str:
    """A Select of Frappe shows its values as they are: they are words for people."""
    return value.replace("_", " ").capitalize()


def _text(row: JsonObject, key: str) -> str:
    return find_text(row, key) or ("0" if key == "read_only" else "")


def _field(field: OurField, after: str, label: str, kind: str, description: str, **more: JsonValue) -> JsonObject:
    return {
        "dt": LEAD,
        "fieldname": field.value,
        "label": label,
        "fieldtype": kind,
        "insert_after": after,
        "read_only": 1,
        "no_copy": 1,
        "module": "FCRM",
        "description": description,
        **more,
    }


def _select(field: OurField) -> str:
    return "\n".join(["", *(_label(value) for value in _CHOICES[field])])


DEFINITIONS: tuple[JsonObject, ...] = (
    _field(
        OurField.LEAD_QUALITY, "status", "Lead quality", "Int",
        "0-100: is this lead real and reachable? Set by Lead Assay; -1 while too little is known.",
        default=str(NOT_EVALUATED),
    ),
    _field(
        OurField.HANDLING, OurField.LEAD_QUALITY.value, "Lead handling", "Int",
        "0-100: was this lead worked as agreed? Set by Lead Assay; -1 while too little is known.",
        default=str(NOT_EVALUATED),
    ),
    _field(
        OurField.LEAD_VERDICT, OurField.HANDLING.value, "Lead verdict", "Select",
        "What this lead is, as far as can be told. Set by Lead Assay.",
        options=_select(OurField.LEAD_VERDICT),
    ),
    _field(
        OurField.FOLLOW_UP_STATUS, OurField.LEAD_VERDICT.value, "Follow-up status", "Select",
        "Where the work on this lead stands. Set by Lead Assay.",
        options=_select(OurField.FOLLOW_UP_STATUS),
    ),
    _field(
        OurField.AUDIT_NOTE, OurField.FOLLOW_UP_STATUS.value, "Audit note", "Small Text",
        "The findings in a sentence or two. Set by Lead Assay.",
    ),
    _field(
        OurField.SUGGESTED_REPAIR, OurField.AUDIT_NOTE.value, "Suggested repair", "Small Text",
        "What was probably meant where the lead has an error, as somebody accepted it in Lead Assay.",
    ),
)  # fmt: skip
"""What Frappe is asked to make."""
