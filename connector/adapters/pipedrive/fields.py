"""Our six custom fields on Pipedrive's deals (which leads share) and on its persons.

Every company has keys and option ids of its own: they are kept with the install, and only this module reads them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from audits.model.score import FollowUpStatus, Verdict
from connector.adapters.pipedrive.client import PipedriveClient
from connector.adapters.pipedrive.mapping import DEAL, PERSON
from connector.crm.lead_fields import FieldKind, KnownField
from connector.crm.port import FieldSetup, OurField
from connector.errors import CrmRejected
from connector.payloads import JsonObject, JsonValue, find_text, get_text

PREFIX = "Lead Assay: "
_NAMES = {
    OurField.LEAD_QUALITY: "lead quality",
    OurField.HANDLING: "lead handling",
    OurField.LEAD_VERDICT: "lead verdict",
    OurField.FOLLOW_UP_STATUS: "follow-up status",
    OurField.AUDIT_NOTE: "audit note",
    OurField.SUGGESTED_REPAIR: "suggested repair",
}
_WORDS: Mapping[OurField, type[Verdict] | type[FollowUpStatus]] = {
    OurField.LEAD_VERDICT: Verdict,
    OurField.FOLLOW_UP_STATUS: FollowUpStatus,
}
_NUMBERS = frozenset({OurField.LEAD_QUALITY, OurField.HANDLING})
_DESCRIPTIONS = {
    OurField.LEAD_QUALITY: "0-100: is this lead real and reachable? Set by Lead Assay; empty if too little is known.",
    OurField.HANDLING: "0-100: was this lead worked as agreed? Set by Lead Assay; empty if too little is known.",
    OurField.LEAD_VERDICT: "What this lead is, as far as can be told. Set by Lead Assay.",
    OurField.FOLLOW_UP_STATUS: "Where the work on this lead stands. Set by Lead Assay.",
    OurField.AUDIT_NOTE: "The findings in a sentence or two. Set by Lead Assay.",
    OurField.SUGGESTED_REPAIR: "What was probably meant where the lead has an error, as accepted in Lead Assay.",
}
DEAL_FIELDS = ("dealFields", "deal-fields:full")
"""Path of the fields of deals, and the scope that makes them."""
#: Whose fields → (path, scope that makes them).
_ENTITIES = {DEAL: DEAL_FIELDS, PERSON: ("personFields", "contact-fields:full")}


class FieldKeys:
    """What one company calls our fields. An empty one knows none: nothing is shown and nothing can be written."""

    def __init__(self, keys: Mapping[str, str]) -> None:
        """`keys`: as FieldSetup.keys."""
        self._keys = keys

    def find_code(self, entity: str, field: OurField) -> str | None:
        """The key of a field on deals (and leads) or persons."""
        return self._keys.get(_key(entity, field))

    def codes(self) -> frozenset[str]:
        """The keys of all our fields."""
        wanted = {_key(entity, field) for entity in _ENTITIES for field in OurField}
        return frozenset(code for key, code in self._keys.items() if key in wanted)

    def shown(self, customs: Mapping[str, JsonValue]) -> dict[str, str]:
        """The values of our fields on a lead or deal, as they were written; what is empty is left out."""
        found: dict[str, str] = {}
        for field in OurField:
            code = self.find_code(DEAL, field)
            text = self._read(field, customs.get(code)) if code is not None else None
            if text is not None:
                found[field.value] = text
        return found

    def to_write(self, entity: str, values: Mapping[str, str]) -> dict[str, JsonValue]:
        """The values as Pipedrive takes them; "" clears. Raises CrmRejected when a field was never made."""
        sent: dict[str, JsonValue] = {}
        for name, text in values.items():
            field = OurField(name)
            code = self.find_code(entity, field)
            if code is None:
                raise _not_made(field)
            sent[code] = self._written(entity, field, text) if text else None
        return sent

    def _written(self, entity: str, field: OurField, text: str) -> JsonValue:
        if field in _NUMBERS:
            return int(text)
        if field not in _WORDS:
            return text
        option_id = self._keys.get(_option_key(entity, field, text))
        if option_id is None:
            raise _not_made(field)
        return int(option_id)

    def _read(self, field: OurField, value: JsonValue) -> str | None:
        if field in _NUMBERS and isinstance(value, int | float) and not isinstance(value, bool):
            return f"{value:g}"
        text = find_text({"value": value}, "value")
        if text is None or field not in _WORDS:
            return text
        return next(
            (word.value for word in _WORDS[field] if self._keys.get(_option_key(DEAL, field, word.value)) == text),
            # An option that a person added: shown as what it is not, so that it counts as a person's hand.
            f"option {text}",
        )


_KINDS = {
    "date": FieldKind.DATE,
    "boolean": FieldKind.YES_NO,
    "enum": FieldKind.CHOICE,
    "set": FieldKind.CHOICE,
    "varchar": FieldKind.TEXT,
    "varchar_auto": FieldKind.TEXT,
    "text": FieldKind.TEXT,
    "double": FieldKind.NUMBER,
    "int": FieldKind.NUMBER,
}


class OwnFields:
    """The custom fields that a company made for its deals, which its leads share."""

    def __init__(self, definitions: Iterable[JsonObject]) -> None:
        """`definitions`: as Pipedrive lists them."""
        self._by_code = {
            code: one
            for one in definitions
            if one.get("is_custom_field") is True and (code := find_text(one, "field_code")) is not None
        }

    @property
    def codes(self) -> frozenset[str]:
        """The keys of them all."""
        return frozenset(self._by_code)

    def known(self, ours: frozenset[str]) -> tuple[KnownField, ...]:
        """Those that can hold something for us, without `ours`."""
        return tuple(
            KnownField(name=code, label=find_text(one, "field_name") or code, kind=kind)
            for code, one in self._by_code.items()
            if code not in ours and (kind := _KINDS.get(find_text(one, "field_type") or "")) is not None
        )

    def values(self, customs: Mapping[str, JsonValue], names: Iterable[str]) -> dict[str, object]:
        """What the fields `names` hold, options by their labels."""
        return {name: self._value(name, customs.get(name)) for name in names if name in self._by_code}

    def _value(self, name: str, value: JsonValue) -> object:
        listed = self._by_code[name].get("options")
        options = [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
        if not options or value is None:
            return value
        labels = {find_text(one, "id"): find_text(one, "label") for one in options}
        parts = value if isinstance(value, list) else str(value).split(",")
        return ", ".join(labels.get(str(one).strip()) or str(one) for one in parts)


def ensure(client: PipedriveClient, keys: Mapping[str, str]) -> FieldSetup:
    """Make what is missing and give back options that were taken away. `keys`: as found the last time.

    A field is known by the key that was stored, else by our name and type; a person may have renamed it since.
    """
    made: list[str] = []
    found: dict[str, str] = {}
    for entity, (plural, scope) in _ENTITIES.items():
        there = {get_text(one, "field_code", "A field"): one for one in client.list_fields(plural, scope)}
        for field in OurField:
            known = there.get(keys.get(_key(entity, field), "")) or _of_our_name(there.values(), field)
            if known is None:
                known = client.create_field(plural, _definition(entity, field), scope)
                made.append(_key(entity, field))
            elif lost := _lost_labels(known, field):
                code = get_text(known, "field_code", "A field")
                client.add_options(plural, code, lost, scope)
                known = client.read_field(plural, code, scope)
                made.append(_key(entity, field))
            found |= _keys_of(entity, field, known)
    return FieldSetup(made=tuple(made), keys=found)


def _of_our_name(there: Iterable[JsonObject], field: OurField) -> JsonObject | None:
    return next(
        (
            one
            for one in there
            if one.get("is_custom_field") is True
            and one.get("field_name") == PREFIX + _NAMES[field]
            and one.get("field_type") == _type_of(field)
        ),
        None,
    )


def _type_of(field: OurField) -> str:
    if field in _NUMBERS:
        return "double"
    return "enum" if field in _WORDS else "text"


def _definition(entity: str, field: OurField) -> JsonObject:
    definition: JsonObject = {"field_name": PREFIX + _NAMES[field], "field_type": _type_of(field)}
    if field in _WORDS:
        definition["options"] = [{"label": label} for label in _labels(field).values()]
    if entity == DEAL:
        # Pipedrive takes a description for fields of deals only.
        definition["description"] = _DESCRIPTIONS[field]
    return definition


def _labels(field: OurField) -> dict[str, str]:
    """Word → what people see."""
    words = _WORDS.get(field)
    return {word.value: word.value.replace("_", " ").capitalize() for word in words} if words is not None else {}


def _options(definition: JsonObject) -> dict[str, str]:
    """Label → id."""
    listed = definition.get("options")
    found = [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
    return {get_text(one, "label", "An option"): get_text(one, "id", "An option") for one in found}


def _lost_labels(definition: JsonObject, field: OurField) -> list[str]:
    there = _options(definition)
    return [label for label in _labels(field).values() if label not in there]


def _keys_of(entity: str, field: OurField, definition: JsonObject) -> dict[str, str]:
    found = {_key(entity, field): get_text(definition, "field_code", "A field")}
    options = _options(definition)
    for word, label in _labels(field).items():
        option_id = options.get(label)
        if option_id is None:
            raise CrmRejected(f"Pipedrive made the field {PREFIX}{_NAMES[field]} without {label!r}.", status=200)
        found[_option_key(entity, field, word)] = option_id
    return found


def _not_made(field: OurField) -> CrmRejected:
    return CrmRejected(
        f"The field {PREFIX}{_NAMES[field]} is not known in this Pipedrive account: connect again to make it anew.",
        status=404,
        fields=(field.value,),
    )


def _key(entity: str, field: OurField) -> str:
    return f"{entity}/{field.value}"


def _option_key(entity: str, field: OurField, word: str) -> str:
    return f"{entity}/{field.value}/{word}"
