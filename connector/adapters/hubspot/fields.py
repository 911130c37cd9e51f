"""Our property group and six properties on HubSpot's contacts."""

from __future__ import annotations

from audits.model.score import FollowUpStatus, Verdict
from connector.adapters.hubspot.client import HubSpotClient
from connector.crm.lead_fields import FieldKind, KnownField
from connector.crm.port import OurField
from connector.errors import CrmRejected
from connector.payloads import JsonObject, JsonValue, find_text

GROUP = "leadassay"
GROUP_LABEL = "Lead Assay"
_OPTION = ("label", "value", "description", "displayOrder", "hidden")


def ensure(client: HubSpotClient) -> tuple[str, ...]:
    """Make what is missing, give back options that were taken away; returns the names made or repaired.

    What a person changed otherwise (label, group, order) is left as it is. Raises CrmRejected naming a property
    that exists under our name with another type.
    """
    wanted = {str(definition["name"]): definition for definition in DEFINITIONS}
    there = client.read_contact_properties(list(wanted))
    missing = [definition for name, definition in wanted.items() if name not in there]
    if missing:
        _make(client, missing)
    repaired = [
        name for name, definition in wanted.items() if name in there and _repair(client, definition, there[name])
    ]
    return (*(str(definition["name"]) for definition in missing), *repaired)


def _make(client: HubSpotClient, definitions: list[JsonObject]) -> None:
    try:
        client.create_contact_group(GROUP, GROUP_LABEL)
    except CrmRejected as refused:
        if refused.status != 409:
            raise
    try:
        answer = client.create_contact_properties(definitions)
    except CrmRejected as refused:
        if refused.status == 409:
            return
        raise
    for error in answer.errors:
        if error.category not in {"OBJECT_ALREADY_EXISTS", "CONFLICT"}:
            raise CrmRejected(f"HubSpot refused one of our properties: {error.message[:200]}", status=207)


def _repair(client: HubSpotClient, definition: JsonObject, there: JsonObject) -> bool:
    name = str(definition["name"])
    if there.get("type") != definition["type"]:
        raise CrmRejected(
            f"The HubSpot property {name} is of type {there.get('type')!r} where we need {definition['type']!r}: "
            "archive it in HubSpot, then connect again.",
            status=409,
            fields=(name,),
        )
    ours, theirs = options_of(definition), options_of(there)
    lost = [option for value, option in ours.items() if value not in theirs]
    if not lost:
        return False
    options: list[JsonValue] = [*(_as_sent(option) for option in theirs.values()), *lost]
    client.update_contact_property(name, {"options": options})
    return True


def _as_sent(option: JsonObject) -> JsonObject:
    """An option as it is written; as it is read it may lack what HubSpot wants, and hold what it does not take."""
    told = {"displayOrder": -1, "hidden": False, **option}
    return {name: told[name] for name in _OPTION if told.get(name) is not None}


def options_of(definition: JsonObject) -> dict[str, JsonObject]:
    """The choices of a property, by value."""
    listed = definition.get("options")
    found = [option for option in listed if isinstance(option, dict)] if isinstance(listed, list) else []
    return {value: option for option in found if (value := find_text(option, "value")) is not None}


_KINDS = {
    "datetime": FieldKind.INSTANT,
    "date": FieldKind.DATE,
    "bool": FieldKind.YES_NO,
    "enumeration": FieldKind.CHOICE,
    "string": FieldKind.TEXT,
    "number": FieldKind.NUMBER,
}


def known_field(definition: JsonObject) -> KnownField | None:
    """A property as a field that an admin can name; None for one that is hidden, or of a kind that holds nothing for
    us."""
    name, kind = find_text(definition, "name"), _KINDS.get(find_text(definition, "type") or "")
    if name is None or kind is None or definition.get("hidden") is True:
        return None
    if find_text(definition, "fieldType") == "booleancheckbox":
        kind = FieldKind.YES_NO
    return KnownField(name=name, label=find_text(definition, "label") or name, kind=kind)


def _property(field: OurField, label: str, kind: str, field_type: str, description: str) -> JsonObject:
    return {
        "name": field.value,
        "label": label,
        "groupName": GROUP,
        "type": kind,
        "fieldType": field_type,
        "description": description,
        "displayOrder": -1,
        "hidden": False,
        "formField": False,
    }


def _choices(words: type[Verdict] | type[FollowUpStatus]) -> JsonValue:
    return [
        {
            "label": word.value.replace("_", " ").capitalize(),
            "value": word.value,
            "displayOrder": place,
            "hidden": False,
        }
        for place, word in enumerate(words)
    ]


DEFINITIONS: tuple[JsonObject, ...] = (
    _property(
        OurField.LEAD_QUALITY, "Lead quality", "number", "number",
        "0-100: is this lead real and reachable? Set by Lead Assay; empty while too little is known.",
    ),
    _property(
        OurField.HANDLING, "Lead handling", "number", "number",
        "0-100: was this lead worked as agreed? Set by Lead Assay; empty while too little is known.",
    ),
    {
        **_property(
            OurField.LEAD_VERDICT, "Lead verdict", "enumeration", "select",
            "What this lead is, as far as can be told. Set by Lead Assay.",
        ),
        "options": _choices(Verdict),
    },
    {
        **_property(
            OurField.FOLLOW_UP_STATUS, "Follow-up status", "enumeration", "select",
            "Where the work on this lead stands. Set by Lead Assay.",
        ),
        "options": _choices(FollowUpStatus),
    },
    _property(
        OurField.AUDIT_NOTE, "Audit note", "string", "textarea",
        "The findings in a sentence or two. Set by Lead Assay.",
    ),
    _property(
        OurField.SUGGESTED_REPAIR, "Suggested repair", "string", "text",
        "What was probably meant where the lead has an error, as somebody accepted it in Lead Assay.",
    ),
)  # fmt: skip
"""What HubSpot is asked to make."""
