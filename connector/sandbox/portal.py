"""One CRM account: its records, owners, properties and associations. Every method is safe in many threads."""

from __future__ import annotations

import bisect
import threading
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from connector.sandbox.changes import Change, Origin, Owner
from connector.sandbox.config import PortalConfig
from connector.sandbox.fields import Definition, Fields, all_fields
from connector.sandbox.journal import Journal
from connector.sandbox.kinds import CONTACTS, KINDS, LIFECYCLE_STAGES, Kind, association_type_id
from connector.sandbox.links import Links
from connector.sandbox.record import Record, Source
from connector.sandbox.wire import ApiError, error_body, invalid, not_found, now_ms

#: Association types of an account's own begin low; HubSpot's reserved ids are not reached.
_FIRST_LABEL: Final = 31
_MERGE_KEEPS: Final = frozenset({"hs_object_id", "hs_merged_object_ids", "hs_calculated_merged_vids"})


class Portal:
    """One account: its records, associations, properties and owners."""

    def __init__(self, config: PortalConfig, first_id: int, journal: Journal) -> None:
        self.config = config
        self.lock = threading.RLock()
        self.is_gone = False
        self.has_leads_object = config.has_leads_object
        self.grantable_scopes = config.grantable_scopes
        self.fields: dict[str, Fields] = all_fields()
        self.owners: dict[str, Owner] = {}
        self.labels: dict[int, str] = {}
        """Association types of the account's own: id -> what people see."""
        self._journal = journal
        self._records: dict[str, dict[str, Record]] = {kind.plural: {} for kind in KINDS}
        self._order: dict[str, list[int]] = {kind.plural: [] for kind in KINDS}
        self._next_id: dict[str, int] = {kind.plural: first_id for kind in KINDS}
        self._merged: dict[str, dict[str, str]] = {kind.plural: {} for kind in KINDS}
        self._emails: dict[str, str] = {}
        self._links = Links()
        for number, user in enumerate(config.users):
            first, _, last = user.name.partition(" ")
            self.owners[str(7_100_001 + number)] = Owner(
                str(7_100_001 + number), user.user_id, user.email, first, last, now_ms()
            )

    @property
    def id(self) -> int:
        return self.config.portal_id

    # -- reading

    def find(self, kind: Kind, record_id: str, archived: bool = False) -> Record | None:
        """By id; the id of a merged record finds the record it was merged into."""
        with self.lock:
            merged = self._merged[kind.plural]
            while record_id in merged:
                record_id = merged[record_id]
            record = self._records[kind.plural].get(record_id)
            if record is None or (record.archived_ms is not None) != archived:
                return None
            return record

    def find_by(self, kind: Kind, name: str | None, value: str, archived: bool = False) -> Record | None:
        """By id or, with a property name, by that property's value (e-mail addresses in any case)."""
        if name is None or name == "hs_object_id":
            return self.find(kind, value, archived)
        with self.lock:
            if kind is CONTACTS and name == "email" and not archived:
                found = self._emails.get(value.lower())
                return None if found is None else self.find(kind, found)
            for record in self._records[kind.plural].values():
                if record.values.get(name) == value and (record.archived_ms is not None) == archived:
                    return record
        return None

    def get(self, kind: Kind, record_id: str, archived: bool = False) -> Record:
        """Raises ApiError 404."""
        record = self.find(kind, record_id, archived)
        if record is None:
            raise not_found(
                f"Object not found. objectId {record_id} of type {kind.singular} does not exist.", id=[record_id]
            )
        return record

    def page(self, kind: Kind, after: int, limit: int, archived: bool) -> tuple[list[Record], int | None]:
        """Records in ascending id from `after` on, and the cursor of the next page."""
        with self.lock:
            order = self._order[kind.plural]
            found: list[Record] = []
            for position in range(bisect.bisect_left(order, after), len(order)):
                record = self._records[kind.plural][str(order[position])]
                if (record.archived_ms is not None) != archived:
                    continue
                if len(found) == limit:
                    return found, int(record.id)
                found.append(record)
            return found, None

    def live(self, kind: Kind) -> Iterator[Record]:
        """Every record that is not archived, in ascending id. The caller holds the lock."""
        for number in self._order[kind.plural]:
            record = self._records[kind.plural][str(number)]
            if record.archived_ms is None:
                yield record

    def count(self, kind: Kind) -> int:
        with self.lock:
            return sum(1 for _ in self.live(kind))

    def known_names(self, kind: Kind) -> dict[str, Definition]:
        return self.fields[kind.plural].definitions

    # -- writing

    def create(
        self,
        kind: Kind,
        values: Mapping[str, str],
        origin: Origin,
        associations: Iterable[tuple[Kind, str, tuple[int, ...]]] = (),
        at_ms: int | None = None,
        record_id: str | None = None,
        is_quiet: bool = False,
    ) -> Record:
        """Make a record. `at_ms` is its creation moment (now when None); quiet = no log line, no webhook.

        Raises ApiError 400 for bad values, 404 for an unknown record to associate with, 409 for a taken e-mail.
        """
        moment = now_ms() if at_ms is None else at_ms
        targets = list(associations)
        with self.lock:
            checked = self.fields[kind.plural].checked(values, origin.checked)
            if kind is CONTACTS and origin.checked:
                self._refuse_taken_email(checked, None)
            for other_kind, other_id, _ in targets:
                self.get(other_kind, other_id)
            record = Record(self._new_id(kind, record_id), kind, moment, moment)
            source = origin.source
            for name, value in checked.items():
                if value:
                    record.put(name, value, moment, source)
            record.values.setdefault("hs_object_source", source.type)
            if source.id is not None:
                record.values.setdefault("hs_object_source_id", source.id)
            if source.label is not None:
                record.values.setdefault("hs_object_source_label", source.label)
            record.seal()
            self._records[kind.plural][record.id] = record
            bisect.insort(self._order[kind.plural], int(record.id))
            if "email" in record.values and kind is CONTACTS:
                self._emails.setdefault(record.values["email"].lower(), record.id)
            if self._journal.settings.index_lag_s > 0 and not is_quiet:
                record.unindexed.append((now_ms(), None))
            for other_kind, other_id, type_ids in targets:
                self._links.put(kind, record.id, other_kind, other_id, type_ids)
            if not is_quiet:
                self._journal.log_write(
                    self.id,
                    "create",
                    origin,
                    kind,
                    objectId=record.id,
                    properties=dict(checked),
                    changed=dict(checked),
                )
                self._tell(record, "object.creation", moment, source, {"changeFlag": "CREATED"})
                if self._journal.settings.creation_fires_changes:
                    for name, value in checked.items():
                        if value:
                            self._tell_property(record, name, value, moment, source)
            return record

    def update(
        self,
        record: Record,
        values: Mapping[str, str],
        origin: Origin,
        at_ms: int | None = None,
        is_quiet: bool = False,
    ) -> dict[str, str]:
        """Set values; what is equal already gets no history and no webhook. Returns what really changed."""
        moment = now_ms() if at_ms is None else at_ms
        kind = record.kind
        with self.lock:
            checked = self.fields[kind.plural].checked(values, origin.checked)
            if kind is CONTACTS and origin.checked:
                self._refuse_taken_email(checked, record.id)
                self._keep_lifecycle_forward(record, checked)
            changed = {name: value for name, value in checked.items() if record.values.get(name, "") != value}
            if changed:
                self._before_write(record)
                if "email" in changed and kind is CONTACTS:
                    self._move_email(record, changed["email"])
                for name, value in changed.items():
                    record.put(name, value, moment, origin.source)
                record.touch(moment)
            if not is_quiet:
                self._journal.log_write(
                    self.id,
                    "update",
                    origin,
                    kind,
                    objectId=record.id,
                    properties=dict(checked),
                    changed=dict(changed),
                )
                for name, value in changed.items():
                    self._tell_property(record, name, value, moment, origin.source)
            return changed

    def archive(self, record: Record, origin: Origin) -> None:
        """Into the recycle bin: gone from lists and searches, still there with archived=true."""
        moment = now_ms()
        with self.lock:
            if record.archived_ms is not None:
                return
            record.archived_ms = moment
            self._drop_email(record)
            self._journal.log_write(self.id, "archive", origin, record.kind, objectId=record.id)
            self._tell(record, "object.deletion", moment, origin.source, {"changeFlag": "DELETED"})

    def restore(self, record: Record, origin: Origin) -> None:
        moment = now_ms()
        with self.lock:
            record.archived_ms = None
            record.touch(moment)
            if "email" in record.values and record.kind is CONTACTS:
                self._emails.setdefault(record.values["email"].lower(), record.id)
            self._journal.log_write(self.id, "restore", origin, record.kind, objectId=record.id)
            self._tell(record, "object.restore", moment, origin.source, {"changeFlag": "RESTORED"})

    def erase(self, record: Record, origin: Origin) -> None:
        """Privacy deletion: nothing of the record stays; both events fire, the deletion after the erasure."""
        moment = now_ms()
        with self.lock:
            self._forget(record)
            self._journal.log_write(self.id, "gdpr-delete", origin, record.kind, objectId=record.id)
            self._tell(record, "contact.privacyDeletion", moment, origin.source, {})
            self._tell(record, "object.deletion", moment, origin.source, {"changeFlag": "DELETED"})

    def merge(self, primary: Record, other: Record, origin: Origin) -> Record:
        """`other` goes into `primary`: its id finds the primary from now on, empty values are filled from it."""
        moment = now_ms()
        if primary.id == other.id:
            raise invalid("A record cannot be merged with itself.")
        with self.lock:
            kind = primary.kind
            self._before_write(primary)
            moved = {
                name: value
                for name, value in other.values.items()
                if name not in primary.values and name not in _MERGE_KEEPS
            }
            for name, value in moved.items():
                primary.put(name, value, moment, origin.source)
            for linked_kind, linked_id, type_ids in self._links.all_of(kind, other.id):
                self._links.put(kind, primary.id, linked_kind, linked_id, type_ids)
            self._forget(other)
            self._merged[kind.plural][other.id] = primary.id
            merged = [part for part in primary.values.get("hs_merged_object_ids", "").split(";") if part]
            primary.values["hs_merged_object_ids"] = ";".join([*merged, other.id])
            if kind is CONTACTS:
                primary.values["hs_calculated_merged_vids"] = ";".join(
                    f"{part}:{moment}" for part in [*merged, other.id]
                )
            primary.touch(moment)
            self._journal.log_write(
                self.id, "merge", origin, kind, objectId=primary.id, mergedObjectId=other.id, changed=dict(moved)
            )
            self._tell(
                primary,
                "object.merge",
                moment,
                origin.source,
                {
                    "primaryObjectId": int(primary.id),
                    "mergedObjectIds": [int(other.id)],
                    "newObjectId": int(primary.id),
                    "numberOfPropertiesMoved": len(moved),
                },
            )
            return primary

    # -- associations

    def associate(
        self, from_kind: Kind, from_id: str, to_kind: Kind, to_id: str, type_ids: tuple[int, ...], origin: Origin
    ) -> None:
        """Raises ApiError 404 when either record is not there."""
        with self.lock:
            self.get(from_kind, from_id)
            self.get(to_kind, to_id)
            self._links.put(from_kind, from_id, to_kind, to_id, type_ids)
            self._journal.log_write(
                self.id,
                "associate",
                origin,
                from_kind,
                objectId=from_id,
                toObjectType=to_kind.plural,
                toObjectId=to_id,
            )

    def dissociate(self, from_kind: Kind, from_id: str, to_kind: Kind, to_id: str, origin: Origin) -> None:
        with self.lock:
            self._links.drop(from_kind, from_id, to_kind, to_id)
            self._journal.log_write(
                self.id,
                "dissociate",
                origin,
                from_kind,
                objectId=from_id,
                toObjectType=to_kind.plural,
                toObjectId=to_id,
            )

    def associated(self, from_kind: Kind, from_id: str, to_kind: Kind) -> list[tuple[str, list[int]]]:
        """(id, association type ids) of the live records associated, in ascending id."""
        with self.lock:
            links = self._links.of(from_kind, from_id, to_kind)
            records = self._records[to_kind.plural]
            live = [
                (other_id, list(type_ids))
                for other_id, type_ids in links.items()
                if other_id in records and records[other_id].archived_ms is None
            ]
            return sorted(live, key=lambda link: int(link[0]))

    def link_quietly(
        self, from_kind: Kind, from_id: str, to_kind: Kind, to_id: str, label: str | None = None
    ) -> None:
        """The default association both ways, and one of the account's own with that label beside it, without log line
        and webhook (for seeds)."""
        with self.lock:
            type_ids = [association_type_id(from_kind, to_kind)]
            if label is not None:
                known = {words: type_id for type_id, words in self.labels.items()}
                type_ids.append(known.get(label, _FIRST_LABEL + 2 * len(self.labels)))
                self.labels[type_ids[-1]] = label
            self._links.put(from_kind, from_id, to_kind, to_id, tuple(type_ids))

    # -- inside, all under the lock

    def _new_id(self, kind: Kind, record_id: str | None) -> str:
        if record_id is not None:
            if not record_id.isdigit() or record_id in self._records[kind.plural]:
                raise invalid(f"The id {record_id} of a {kind.singular} is taken or not a number.")
            self._next_id[kind.plural] = max(self._next_id[kind.plural], int(record_id) + 1)
            return record_id
        number = self._next_id[kind.plural]
        self._next_id[kind.plural] = number + 1
        return str(number)

    def _refuse_taken_email(self, values: Mapping[str, str], own_id: str | None) -> None:
        email = values.get("email", "").lower()
        holder = self._emails.get(email) if email else None
        if holder is not None and holder != own_id:
            raise ApiError(409, error_body(f"Contact already exists. Existing ID: {holder}", "CONFLICT"))

    def _keep_lifecycle_forward(self, record: Record, values: dict[str, str]) -> None:
        """HubSpot ignores a backward move of the lifecycle stage by the API (clearing it first is allowed)."""
        new, old = values.get("lifecyclestage"), record.values.get("lifecyclestage")
        if (
            new
            and old
            and new in LIFECYCLE_STAGES
            and old in LIFECYCLE_STAGES
            and LIFECYCLE_STAGES.index(new) < LIFECYCLE_STAGES.index(old)
        ):
            del values["lifecyclestage"]

    def _before_write(self, record: Record) -> None:
        if self._journal.settings.index_lag_s > 0:
            record.unindexed.append((now_ms(), dict(record.values)))

    def _move_email(self, record: Record, email: str) -> None:
        self._drop_email(record)
        if email:
            self._emails.setdefault(email.lower(), record.id)

    def _drop_email(self, record: Record) -> None:
        email = record.values.get("email", "").lower()
        if record.kind is CONTACTS and self._emails.get(email) == record.id:
            del self._emails[email]

    def _forget(self, record: Record) -> None:
        self._drop_email(record)
        del self._records[record.kind.plural][record.id]
        order = self._order[record.kind.plural]
        del order[bisect.bisect_left(order, int(record.id))]
        self._links.forget(record.kind, record.id)

    def _tell(self, record: Record, event: str, at_ms: int, source: Source, extra: Mapping[str, object]) -> None:
        self._journal.tell(Change(self.id, record.kind, event, record.id, at_ms, source, extra=extra))

    def _tell_property(self, record: Record, name: str, value: str, at_ms: int, source: Source) -> None:
        self._journal.tell(
            Change(self.id, record.kind, "object.propertyChange", record.id, at_ms, source, name, value)
        )
