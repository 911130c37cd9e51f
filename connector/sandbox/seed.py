"""Bulk-load a population without webhooks and without lines in the log of writes.

The document (moments as epoch milliseconds or ISO-8601):

    {"portal_id": 247279312,
     "groups":   [{"object": "contacts", "name": "vendor", "label": "Vendor"}],
     "properties": [{"object": "contacts", "name": "lead_vendor", "label": "Vendor", "type": "string",
                     "fieldType": "text", "groupName": "vendor"}],
     "options":  [{"object": "contacts", "property": "hs_lead_status", "value": "PARKED", "label": "Parked"}],
     "owners":   [{"ref": "rep1", "email": "...", "first_name": "...", "last_name": "...", "user_id": 1,
                   "is_archived": false, "created_at": "...",
                   "teams": [{"id": "1", "name": "East", "primary": true}]}],
     "records":  [{"type": "contacts", "ref": "lead1", "created_at": "...", "modified_at": "...",
                   "source": {"type": "FORM", "id": "...", "label": "...", "user_id": 1},
                   "properties": {"email": "...", "hubspot_owner_id": {"ref": "rep1"}},
                   "history": {"hubspot_owner_id": [{"value": {"ref": "rep1"}, "at": "...", "source": {...}}]},
                   "associations": [{"type": "contacts", "ref": "lead1", "label": "Decision maker"}],
                   "is_archived": false}]}

`{"ref": name}` stands for the id of an owner or record of this document; records may also name an `id`. A property
with a history shows its newest version. The answer maps every ref to the id it got.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from connector.sandbox.changes import Origin, Owner
from connector.sandbox.kinds import find_kind
from connector.sandbox.portal import Portal
from connector.sandbox.record import Record, Source
from connector.sandbox.wire import (
    JsonObject,
    as_int,
    as_list,
    as_object,
    as_text,
    invalid,
    now_ms,
    parse_moment,
)


@dataclass(slots=True)
class _Refs:
    owners: dict[str, str] = field(default_factory=dict)
    records: dict[str, tuple[str, str]] = field(default_factory=dict)
    """ref -> (plural type name, id)"""

    def value(self, value: object, where: str) -> str:
        if value is None:
            return ""
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, dict):
            ref = as_text(value.get("ref"), f"{where}.ref")
            if ref in self.owners:
                return self.owners[ref]
            if ref in self.records:
                return self.records[ref][1]
            raise invalid(f"{where}: there is no owner or record with the ref {ref!r} above it.")
        return as_text(value, where)


def sow(portal: Portal, document: JsonObject) -> JsonObject:
    """Load the document. Returns {"owners": {ref: id}, "records": {ref: id}, "count": n}. Raises ApiError 400."""
    refs = _Refs()
    with portal.lock:
        _sow_properties(portal, document)
        for entry in as_list(document.get("owners"), "owners"):
            _sow_owner(portal, as_object(entry, "owners"), refs)
        count = 0
        for entry in as_list(document.get("records"), "records"):
            _sow_record(portal, as_object(entry, "records"), refs)
            count += 1
    return {
        "owners": dict(refs.owners),
        "records": {ref: record_id for ref, (_, record_id) in refs.records.items()},
        "count": count,
    }


def moment(value: object, where: str) -> int:
    """A moment in milliseconds since 1970 UTC. Raises ApiError 400 naming the place."""
    try:
        return parse_moment(value)
    except ValueError as problem:
        raise invalid(f"{where}: {problem}") from None


def read_source(value: object, default: Source) -> Source:
    """A source from JSON, or the default."""
    if value is None:
        return default
    sent = as_object(value, "source")
    user_id = sent.get("user_id")
    return Source(
        type=as_text(sent.get("type", default.type), "source.type"),
        id=None if sent.get("id") is None else as_text(sent["id"], "source.id"),
        label=None if sent.get("label") is None else as_text(sent["label"], "source.label"),
        user_id=None if user_id is None else as_int(user_id, "source.user_id"),
    )


def _sow_properties(portal: Portal, document: JsonObject) -> None:
    for entry in as_list(document.get("groups"), "groups"):
        sent = as_object(entry, "groups")
        fields = portal.fields[find_kind(as_text(sent.get("object", "contacts"), "groups.object")).plural]
        if as_text(sent.get("name"), "groups.name") not in fields.groups:
            fields.create_group(sent)
    for entry in as_list(document.get("properties"), "properties"):
        sent = as_object(entry, "properties")
        fields = portal.fields[find_kind(as_text(sent.get("object", "contacts"), "properties.object")).plural]
        if as_text(sent.get("name"), "properties.name") not in fields.definitions:
            fields.create(sent, now_ms(), None)
    for entry in as_list(document.get("options"), "options"):
        sent = as_object(entry, "options")
        fields = portal.fields[find_kind(as_text(sent.get("object", "contacts"), "options.object")).plural]
        value, label = as_text(sent.get("value"), "options.value"), as_text(sent.get("label"), "options.label")
        fields.add_option(as_text(sent.get("property"), "options.property"), value, label)


def _sow_owner(portal: Portal, sent: JsonObject, refs: _Refs) -> None:
    known = [int(owner_id) for owner_id in portal.owners]
    owner_id = as_text(sent["id"], "owners.id") if "id" in sent else str(max([*known, 7_100_000]) + 1)
    user_ids = [owner.user_id for owner in portal.owners.values()]
    user_id = as_int(sent["user_id"], "owners.user_id") if "user_id" in sent else max([*user_ids, 98_600_000]) + 1
    teams = tuple(
        (as_text(team.get("id"), "teams.id"), as_text(team.get("name"), "teams.name"), team.get("primary") is True)
        for team in (as_object(entry, "teams") for entry in as_list(sent.get("teams"), "teams"))
    )
    portal.owners[owner_id] = Owner(
        id=owner_id,
        user_id=user_id,
        email=as_text(sent.get("email"), "owners.email"),
        first_name=as_text(sent.get("first_name", ""), "owners.first_name"),
        last_name=as_text(sent.get("last_name", ""), "owners.last_name"),
        created_ms=moment(sent.get("created_at", now_ms()), "owners.created_at"),
        archived=sent.get("is_archived") is True,
        teams=teams,
    )
    if "ref" in sent:
        refs.owners[as_text(sent["ref"], "owners.ref")] = owner_id


def _sow_record(portal: Portal, sent: JsonObject, refs: _Refs) -> None:
    kind = find_kind(as_text(sent.get("type", "contacts"), "records.type"))
    where = f"records {sent.get('ref', '')!r}"
    source = read_source(sent.get("source"), Source("CRM_UI"))
    origin = Origin(source, "seed")
    created = moment(sent.get("created_at", now_ms()), f"{where}.created_at")
    histories = as_object(sent.get("history", {}), f"{where}.history")
    values = {
        name: refs.value(value, f"{where}.{name}")
        for name, value in as_object(sent.get("properties", {}), f"{where}.properties").items()
        if name not in histories
    }
    record_id = None if sent.get("id") is None else as_text(sent["id"], f"{where}.id")
    record = portal.create(kind, values, origin, at_ms=created, record_id=record_id, is_quiet=True)
    if "ref" in sent:
        refs.records[as_text(sent["ref"], "records.ref")] = (kind.plural, record.id)
    for name, versions in histories.items():
        _sow_history(portal, record, name, as_list(versions, f"{where}.history.{name}"), source, refs)
    if "modified_at" in sent:
        record.updated_ms = created
        record.touch(moment(sent["modified_at"], f"{where}.modified_at"))
    for entry in as_list(sent.get("associations"), f"{where}.associations"):
        link = as_object(entry, "associations")
        other = find_kind(as_text(link.get("type", "contacts"), "associations.type"))
        other_id = refs.value({"ref": link["ref"]} if "ref" in link else link.get("id"), "associations")
        portal.get(other, other_id)
        label = None if link.get("label") is None else as_text(link["label"], "associations.label")
        portal.link_quietly(kind, record.id, other, other_id, label)
    if sent.get("is_archived") is True:
        record.archived_ms = record.updated_ms


def _sow_history(
    portal: Portal, record: Record, name: str, versions: list[object], default: Source, refs: _Refs
) -> None:
    entries = sorted(
        (as_object(entry, f"history.{name}") for entry in versions),
        key=lambda entry: moment(entry.get("at"), f"history.{name}.at"),
    )
    for entry in entries:
        at_ms = moment(entry.get("at"), f"history.{name}.at")
        source = read_source(entry.get("source"), default)
        value = refs.value(entry.get("value"), f"history.{name}.value")
        portal.update(record, {name: value}, Origin(source, "seed"), at_ms=at_ms, is_quiet=True)
