"""The site's documents: inserted, changed, listed and thrown away as Frappe does it, times in the site's zone."""

from __future__ import annotations

import json
import random
import string
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import RLock
from typing import Any
from zoneinfo import ZoneInfo

from tests.frappe_site.meta import CHILD, DOCTYPES, ONCE, SECRET, STANDARD, DocType

Doc = dict[str, Any]
Watcher = Callable[[str, str, Doc, Doc | None], None]
"""(event, doctype, the document now, the document before or None)."""


class Refused(Exception):
    """What Frappe raises. `kind`: the name of its exception."""

    def __init__(self, status: int, kind: str, message: str) -> None:
        super().__init__(message)
        self.status, self.kind, self.message = status, kind, message


@dataclass(frozen=True, slots=True)
class Asked:
    """A list as it was asked for."""

    fields: tuple[str, ...]
    filters: tuple[tuple[str, str, Any], ...]
    order_by: str
    limit: int
    parent: str | None = None


class Store:
    """Everything on the site. Safe to share between threads."""

    def __init__(self, zone: str, clock: Callable[[], datetime], server_zone: str = "UTC") -> None:
        self.zone, self.server_zone, self.clock = ZoneInfo(zone), ZoneInfo(server_zone), clock
        self.documents: dict[str, dict[str, Doc]] = {doctype: {} for doctype in DOCTYPES}
        self.watchers: list[Watcher] = []
        self.is_silent = False
        self.lock = RLock()
        self._random = random.Random(7)
        self._numbers: dict[str, int] = {}
        self._last = datetime(1970, 1, 1, tzinfo=UTC)

    def wall(self, at: datetime) -> str:
        """`at` (aware) on the site's clock, as Frappe stores it."""
        return at.astimezone(self.zone).replace(tzinfo=None).isoformat(sep=" ", timespec="microseconds")

    def meta(self, doctype: str) -> DocType:
        if doctype not in DOCTYPES:
            raise Refused(404, "DoesNotExistError", f"DocType {doctype} not found")
        return DOCTYPES[doctype]

    def custom_fields(self, doctype: str) -> dict[str, Doc]:
        return {one["fieldname"]: one for one in self.documents["Custom Field"].values() if one["dt"] == doctype}

    def field_names(self, doctype: str) -> set[str]:
        meta = self.meta(doctype)
        return {*STANDARD, *meta.fields, *self.custom_fields(doctype), *(CHILD if meta.is_child else ())}

    def get(self, doctype: str, name: str) -> Doc:
        self.meta(doctype)
        with self.lock:
            found = self.documents[doctype].get(name)
            if found is None:
                raise Refused(404, "DoesNotExistError", f"{doctype} {name} not found")
            return dict(found)

    def whole(self, doctype: str, name: str) -> Doc:
        """One document with its child tables, without what is empty and what is secret; as GET answers."""
        doc = self.get(doctype, name)
        shown = {key: one for key, one in doc.items() if one is not None and key not in SECRET.get(doctype, ())}
        shown["doctype"] = doctype
        for table, child in self.meta(doctype).tables.items():
            rows = [
                one for one in self.documents[child].values() if (one["parent"], one["parentfield"]) == (name, table)
            ]
            shown[table] = [{**row, "doctype": child} for row in sorted(rows, key=lambda row: row["idx"])]
        return shown

    def insert(self, doctype: str, values: Mapping[str, Any], *, user: str, at: datetime | None = None) -> str:
        """A new document; its name."""
        meta = self.meta(doctype)
        with self.lock:
            now = self.wall(self._tick(at))
            doc: Doc = dict.fromkeys(meta.fields)
            doc |= meta.ints
            for custom in self.custom_fields(doctype).values():
                doc[custom["fieldname"]] = _default(custom)
            doc |= {name: value for name, value in values.items() if name in self.field_names(doctype)}
            self._validate(doctype, doc)
            doc["name"] = self._name(doctype, meta, values)
            if str(doc["name"]) in self.documents[doctype]:
                raise Refused(409, "DuplicateEntryError", f"{doctype} {doc['name']} already exists")
            doc |= {"owner": user, "creation": now, "modified": now, "modified_by": user, "docstatus": 0, "idx": 0}
            self.documents[doctype][str(doc["name"])] = doc
            self._put_children(doctype, meta, doc, values, now, user)
            if "status_change_log" in meta.tables and doc.get("status"):
                self._log_status(doctype, str(doc["name"]), doc["status"], now, user, at)
            if doctype == "Custom Field":
                for lead in self.documents[doc["dt"]].values():
                    lead[doc["fieldname"]] = _default(doc)
            told = dict(doc)
        for event in ("after_insert", "on_update"):
            self._tell(event, doctype, told, None)
        return str(doc["name"])

    def update(
        self, doctype: str, name: str, values: Mapping[str, Any], *, user: str, at: datetime | None = None
    ) -> None:
        """Change a document, with a row of Version where the doctype is tracked."""
        meta = self.meta(doctype)
        with self.lock:
            before = self.get(doctype, name)
            given = values.get("modified")
            if given is not None and given < before["modified"]:
                raise Refused(417, "TimestampMismatchError", "Document has been modified after you have opened it")
            for once in ONCE.get(doctype, ()):
                if once in values and values[once] != before[once]:
                    raise Refused(417, "CannotChangeConstantError", f"Value cannot be changed for {once}")
            known = self.field_names(doctype) - set(STANDARD)
            doc = {**before, **{key: value for key, value in values.items() if key in known}}
            self._validate(doctype, doc)
            now = self.wall(self._tick(at))
            doc |= {"modified": now, "modified_by": user}
            self.documents[doctype][name] = doc
            self._put_children(doctype, meta, doc, values, now, user)
            changed = [[key, before[key], doc[key]] for key in doc if key in known and before.get(key) != doc[key]]
            if "status_change_log" in meta.tables and before.get("status") != doc.get("status"):
                self._log_status(doctype, name, doc["status"], now, user, at)
            if meta.is_tracked and changed:
                data = {
                    "added": [], "changed": changed, "data_import": None, "removed": [], "row_changed": [],
                    "updater_reference": None,
                }  # fmt: skip
                version = {"ref_doctype": doctype, "docname": name, "data": json.dumps(data)}
                made = self._letters()
                self.documents["Version"][made] = self._bare("Version", made, version, now, user)
            told = dict(doc)
        self._tell("on_update", doctype, told, before)

    def delete(self, doctype: str, name: str) -> None:
        """Throw a document away with its child rows."""
        with self.lock:
            doc = self.get(doctype, name)
            del self.documents[doctype][name]
            for child in self.meta(doctype).tables.values():
                rows = self.documents[child]
                for gone in [
                    key for key, row in rows.items() if (row["parent"], row["parenttype"]) == (name, doctype)
                ]:
                    del rows[gone]
        self._tell("on_trash", doctype, doc, None)

    def rows(self, doctype: str, asked: Asked, user: str) -> list[Doc]:
        """A list as /api/resource gives it."""
        meta = self.meta(doctype)
        if meta.is_child and (asked.parent is None or doctype not in self.meta(asked.parent).tables.values()):
            raise Refused(403, "PermissionError", f"No permission for {doctype}")
        known = self.field_names(doctype)
        for name in (*asked.fields, *(one[0] for one in asked.filters)):
            if name not in known:
                raise Refused(417, "DataError", f"Field not permitted in query: {name}")
        with self.lock:
            found = [
                one
                for one in self.documents[doctype].values()
                if all(_passes(one.get(name), operator, value) for name, operator, value in asked.filters)
                and not (doctype == "Event" and one["event_type"] != "Public" and one["owner"] != user)
            ]
        for part in reversed([part.split() for part in asked.order_by.split(",")]):
            found.sort(key=lambda one, name=part[0]: _sortable(one.get(name)), reverse=part[1:] == ["desc"])
        shown = found[: asked.limit] if asked.limit else found
        return [{name: one.get(name) for name in asked.fields} for one in shown]

    def _validate(self, doctype: str, doc: Doc) -> None:
        meta = self.meta(doctype)
        missing = [name for name in meta.required if not doc.get(name)]
        if missing:
            raise Refused(417, "MandatoryError", f"[{doctype}]: {', '.join(missing)}")
        selects = dict(meta.selects)
        for name, custom in self.custom_fields(doctype).items():
            if custom["fieldtype"] == "Select":
                selects[name] = tuple((custom["options"] or "").split("\n"))
            elif custom["fieldtype"] == "Int":
                doc[name] = int(doc[name] or 0)
        for name, options in selects.items():
            if doc.get(name) and doc[name] not in options:
                raise Refused(417, "ValidationError", f'{name} cannot be "{doc[name]}".')
        if doctype == "CRM Lead":
            person = " ".join(doc[name] for name in ("first_name", "last_name") if doc[name])
            if not person and not doc["organization"] and not doc["email"]:
                raise Refused(
                    417, "ValidationError", "A Lead requires either a person's name or an organization's name"
                )
            doc["lead_name"] = person or doc["organization"] or doc["email"]
            doc["status"] = doc["status"] or "New"
        if doctype == "Communication":
            doc["communication_type"] = doc["communication_type"] or "Communication"
        if doctype == "Event":
            doc["status"], doc["event_type"] = doc["status"] or "Open", doc["event_type"] or "Public"

    def _name(self, doctype: str, meta: DocType, values: Mapping[str, Any]) -> Any:
        if values.get("__newname"):
            return values["__newname"]
        if doctype == "Custom Field":
            return f"{values['dt']}-{values['fieldname']}"
        if doctype == "CRM Fields Layout":
            return f"{values['dt']}-{values['type']}"
        if meta.named_by and values.get(meta.named_by):
            return values[meta.named_by]
        if meta.prefix:
            number = self._numbers[doctype] = self._numbers.get(doctype, 0) + 1
            return number if meta.prefix == "#" else f"{meta.prefix}{number:05d}"
        return self._letters()

    def _put_children(
        self, doctype: str, meta: DocType, doc: Doc, values: Mapping[str, Any], now: str, user: str
    ) -> None:
        for table, child in meta.tables.items():
            if table not in values:
                continue
            rows = self.documents[child]
            mine = [key for key, row in rows.items() if (row["parent"], row["parentfield"]) == (doc["name"], table)]
            for key in mine:
                del rows[key]
            for place, row in enumerate(values[table], start=1):
                self._add_child(doctype, str(doc["name"]), table, child, row, now, user, place)

    def _add_child(
        self, doctype: str, name: str, table: str, child: str, row: Mapping[str, Any], now: str, user: str, place: int
    ) -> None:
        made = self._letters()
        kept = self._bare(child, made, row, now, user)
        kept |= {"parent": name, "parenttype": doctype, "parentfield": table, "idx": place}
        self.documents[child][made] = kept

    def _log_status(self, doctype: str, name: str, status: str, now: str, user: str, at: datetime | None) -> None:
        """As Frappe CRM does it: these rows' dates are the server's, everything else is the site's."""
        child = "CRM Status Change Log"
        server = (at or self._last).astimezone(self.server_zone).replace(tzinfo=None)
        text = server.isoformat(sep=" ", timespec="microseconds")
        mine = [row for row in self.documents[child].values() if row["parent"] == name]
        for row in mine[-1:]:
            row |= {"to": status, "to_date": text}
        row = {"from": status, "to": "", "from_date": text, "log_owner": user}
        self._add_child(doctype, name, "status_change_log", child, row, now, user, len(mine) + 1)

    def _bare(self, doctype: str, name: str, values: Mapping[str, Any], now: str, user: str) -> Doc:
        fields = {field: values.get(field) for field in DOCTYPES[doctype].fields}
        common = {"owner": user, "creation": now, "modified": now, "modified_by": user, "docstatus": 0, "idx": 0}
        return {**fields, "name": name, **common}

    def _tick(self, at: datetime | None) -> datetime:
        """Now, or `at`. Two documents of one moment get different microseconds."""
        if at is not None:
            return at
        self._last = max(self.clock(), self._last)
        return self._last

    def _letters(self) -> str:
        return "".join(self._random.choices(string.ascii_lowercase + string.digits, k=10))

    def _tell(self, event: str, doctype: str, doc: Doc, before: Doc | None) -> None:
        if not self.is_silent:
            for watcher in self.watchers:
                watcher(event, doctype, doc, before)


def _default(custom: Mapping[str, Any]) -> Any:
    return int(custom["default"] or 0) if custom["fieldtype"] == "Int" else None


def _passes(have: Any, operator: str, wanted: Any) -> bool:
    if operator == "in":
        return ("" if have is None else str(have)) in {str(one) for one in wanted}
    if operator == "like":
        return str(have or "").lower().startswith(str(wanted).rstrip("%").lower())
    left, right = _sortable(have), _sortable(wanted)
    if left[0] != right[0]:
        left, right = (1, 0.0, str(have or "")), (1, 0.0, str(wanted))
    return {
        "=": left == right, "!=": left != right, ">": left > right, ">=": left >= right, "<": left < right,
        "<=": left <= right,
    }[operator]  # fmt: skip


def _sortable(value: Any) -> tuple[int, float, str]:
    return (0, float(value), "") if isinstance(value, int | float) else (1, 0.0, str(value or ""))
