"""One CRM record with the history of its values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from connector.sandbox.kinds import Kind
from connector.sandbox.wire import JsonObject, iso


@dataclass(frozen=True, slots=True)
class Source:
    """Who wrote: HubSpot's source type (CRM_UI, INTEGRATION, IMPORT, FORM ...), its id, a label, the acting user."""

    type: str
    id: str | None = None
    label: str | None = None
    user_id: int | None = None


@dataclass(frozen=True, slots=True)
class Version:
    """One value a property had, from `at_ms` on. An empty text is a cleared value."""

    value: str
    at_ms: int
    source: Source


@dataclass(slots=True)
class Record:
    """A record. `values` holds what is set now, `history` every version, oldest first. Moments in ms since 1970."""

    id: str
    kind: Kind
    created_ms: int
    updated_ms: int
    values: dict[str, str] = field(default_factory=dict)
    history: dict[str, list[Version]] = field(default_factory=dict)
    archived_ms: int | None = None
    unindexed: list[tuple[int, dict[str, str] | None]] = field(default_factory=list)
    """What the search index still shows: (moment of the write, values before it; None = not there yet)."""

    def put(self, name: str, value: str, at_ms: int, source: Source) -> None:
        """Set one value and remember it; an older moment than the newest version is filed where it belongs."""
        versions = self.history.setdefault(name, [])
        versions.append(Version(value, at_ms, source))
        versions.sort(key=lambda version: version.at_ms)
        newest = versions[-1].value
        if newest:
            self.values[name] = newest
        else:
            self.values.pop(name, None)

    def touch(self, at_ms: int) -> None:
        """Move the modified moment forward."""
        self.updated_ms = max(self.updated_ms, at_ms)
        self.values[self.kind.modified] = iso(self.updated_ms)

    def seal(self) -> None:
        """Write the properties that mirror the record itself."""
        self.values["hs_object_id"] = self.id
        self.values[self.kind.created] = iso(self.created_ms)
        self.values[self.kind.modified] = iso(self.updated_ms)

    def indexed_values(self, until_ms: int) -> Mapping[str, str] | None:
        """The values as the search index knew them at `until_ms`; None when it did not know the record."""
        while self.unindexed and self.unindexed[0][0] <= until_ms:
            self.unindexed.pop(0)
        return self.unindexed[0][1] if self.unindexed else self.values


def record_json(
    record: Record,
    names: Iterable[str],
    known: Iterable[str],
    history_names: Iterable[str] = (),
    values: Mapping[str, str] | None = None,
    url: str | None = None,
) -> JsonObject:
    """A record as the API shows it: the properties asked for (those the portal does not know are left out)."""
    shown = record.values if values is None else values
    known_names = known if isinstance(known, set | frozenset | dict) else set(known)
    wanted = {"hs_object_id", record.kind.created, record.kind.modified}
    wanted.update(name for name in names if name in known_names)
    body: JsonObject = {
        "id": record.id,
        "properties": {name: shown.get(name) for name in sorted(wanted)},
        "createdAt": iso(record.created_ms),
        "updatedAt": shown.get(record.kind.modified, iso(record.updated_ms)),
        "archived": record.archived_ms is not None,
    }
    if record.archived_ms is not None:
        body["archivedAt"] = iso(record.archived_ms)
    if url is not None:
        body["url"] = url
    histories = [name for name in history_names if name in known_names]
    if histories:
        body["propertiesWithHistory"] = {
            name: [_version_json(version) for version in reversed(record.history.get(name, []))] for name in histories
        }
    return body


def _version_json(version: Version) -> JsonObject:
    body: JsonObject = {
        "value": version.value,
        "timestamp": iso(version.at_ms),
        "sourceType": version.source.type,
    }
    if version.source.id is not None:
        body["sourceId"] = version.source.id
    if version.source.label is not None:
        body["sourceLabel"] = version.source.label
    if version.source.user_id is not None:
        body["updatedByUserId"] = version.source.user_id
    return body
