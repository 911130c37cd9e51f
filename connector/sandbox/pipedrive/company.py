"""One company: its people, pipelines, fields and records, who sees what, and what a change sets in motion."""

from __future__ import annotations

import random
import threading
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final

from connector.sandbox.pipedrive.config import CompanyConfig
from connector.sandbox.pipedrive.customs import as_text
from connector.sandbox.pipedrive.fields import FieldSet
from connector.sandbox.pipedrive.kinds import ACTIVITY, DEAL, KINDS, LEAD, LINKS, PERSON, Kind
from connector.sandbox.pipedrive.records import Change, HistoryLine, Origin, Record, RecordId, User, time_uuid
from connector.sandbox.pipedrive.said import bad, gone_missing, plain_utc
from connector.sandbox.pipedrive.views import webhook_data, webhook_previous
from connector.sandbox.wire import JsonObject, iso, now_ms

_DAY_MS: Final = 86_400_000
#: Deleted deals can be listed for so long.
DELETED_DEALS_MS: Final = 30 * _DAY_MS
#: v1 names of columns that v2 renamed: histories are v1.
HISTORY_KEYS: Final[Mapping[tuple[str, str], str]] = {("deal", "owner_id"): "user_id"}
_KEEPS_HISTORY: Final = frozenset({"deal", "person"})
_DEFAULT_TYPES: Final = ("call", "meeting", "task", "deadline", "email", "lunch")


class WriteLog:
    """Every write of every company: the oracle of tests."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._lines: list[JsonObject] = []

    def add(self, company_id: int, action: str, origin: Origin, **details: object) -> None:
        """`ts` is the wall clock, not the moment a value is said to have."""
        with self._lock:
            self._lines.append(
                {
                    "seq": len(self._lines) + 1,
                    "ts": iso(now_ms()),
                    "companyId": company_id,
                    "action": action,
                    "door": origin.door,
                    "userId": origin.user_id,
                    "method": origin.method,
                    "path": origin.path,
                    **details,
                }
            )

    def writes(self, since: int = 0) -> list[JsonObject]:
        with self._lock:
            return self._lines[since:]


class Company:
    """All of it is guarded by `lock`; callers hold it for the length of one call."""

    def __init__(
        self,
        config: CompanyConfig,
        first_id: int,
        seed: int,
        log: WriteLog,
        listener: Callable[[Change], None],
    ) -> None:
        self.config = config
        self.id = config.company_id
        self.lock = threading.RLock()
        self.log = log
        self.is_closed = False
        self.other_tools: int = 0
        self._listener = listener
        self._dice = random.Random(f"{seed}:{config.company_id}")
        self._last_id: dict[str, int] = {}
        self._first_id = first_id
        born = now_ms()
        self.users = {
            user.user_id: User(
                user.user_id, user.name, user.email, user.is_admin, user.is_active, user.role_id,
                user.timezone_name, born, born,
            )
            for user in config.users
        }  # fmt: skip
        self.fields = {
            entity: FieldSet(entity, config.custom_field_cap, self._dice, lambda: self.next_id("option"))
            for entity in ("deal", "person", "organization")
        }
        self.records: dict[str, dict[RecordId, Record]] = {kind.name: {} for kind in KINDS}
        self.pipelines: dict[int, JsonObject] = {}
        self.stages: dict[int, JsonObject] = {}
        self.activity_types: list[JsonObject] = []
        self.lead_labels: dict[str, JsonObject] = {}
        self.call_logs: dict[str, JsonObject] = {}
        self.mails: dict[int, JsonObject] = {}
        self.history: dict[tuple[str, RecordId], list[HistoryLine]] = {}
        self._links: dict[tuple[str, str, RecordId], dict[RecordId, None]] = {}
        self._found()

    # -- ids

    def next_id(self, what: str) -> int:
        """The next number of a kind; every kind begins at the same one."""
        self._last_id[what] = self._last_id.get(what, self._first_id - 1) + 1
        return self._last_id[what]

    def uuid(self) -> str:
        return str(uuid.UUID(int=self._dice.getrandbits(128), version=4))

    def take_id(self, kind: Kind, wanted: RecordId | None, at_ms: int) -> RecordId:
        """The wanted id if it is free, else a new one. Ids of leads tell when they were made. Raises ApiError 400."""
        if wanted is None:
            return time_uuid(at_ms, self._dice.getrandbits(62)) if kind is LEAD else self.next_id(kind.name)
        if wanted in self.records[kind.name]:
            raise bad(f"There is a {kind.name} with the id {wanted} already")
        if isinstance(wanted, int):
            self._last_id[kind.name] = max(self._last_id.get(kind.name, self._first_id - 1), wanted)
        return wanted

    # -- reading

    def admin_id(self) -> int:
        """An admin's id, or else anybody's."""
        return next((user.id for user in self.users.values() if user.is_admin), next(iter(self.users), 0))

    def find(self, kind: Kind, record_id: object) -> Record | None:
        """Deleted or not."""
        return self.records[kind.name].get(record_id) if isinstance(record_id, int | str) else None

    def get(self, kind: Kind, record_id: object) -> Record:
        """A record that is not deleted. Raises ApiError 404."""
        found = self.find(kind, record_id)
        if found is None or found.is_deleted:
            raise gone_missing(kind.title)
        return found

    def live(self, kind: Kind) -> Iterator[Record]:
        return (record for record in self.records[kind.name].values() if not record.is_deleted)

    def exists(self, name: str, record_id: object) -> bool:
        """Whether a reference may be written: a user, stage, pipeline or a live record."""
        if isinstance(record_id, bool) or not isinstance(record_id, int | str):
            return False
        if name == "user":
            return record_id in self.users
        if name == "stage":
            return record_id in self.stages
        if name == "pipeline":
            return record_id in self.pipelines
        found = self.records[name].get(record_id)
        return found is not None and not found.is_deleted

    def linked(self, kind: Kind, column: str, record_id: RecordId | None) -> list[Record]:
        """The live records of `kind` that name `record_id` in `column`, oldest first."""
        if record_id is None:
            return []
        ids = self._links.get((kind.name, column, record_id), {})
        found = (self.records[kind.name][one] for one in ids)
        return [record for record in found if not record.is_deleted]

    def sees(self, user_id: int, record: Record) -> bool:
        """Whether the user sees the record: admins all, others what is theirs or shared with them."""
        user = self.users.get(user_id)
        if user is None:
            return False
        owner_id = record.values.get(record.kind.owner_column)
        if user.is_admin or owner_id == user_id:
            return True
        visible_to = record.values.get("visible_to")
        if visible_to is None:
            return any(self.sees(user_id, parent) for parent in self._parents(record))
        if visible_to == 3:
            return True
        owner = self.users.get(owner_id) if isinstance(owner_id, int) else None
        return visible_to in (5, 7) and owner is not None and owner.role_id == user.role_id

    def permitted(self, record: Record) -> tuple[int, ...]:
        return tuple(user_id for user_id in self.users if self.sees(user_id, record))

    def default_stage(self, pipeline_id: object = None) -> int:
        """The first stage of a pipeline, or of the first pipeline."""
        chosen = next(iter(self.pipelines)) if pipeline_id is None else pipeline_id
        stages = [stage for stage in self.stages.values() if stage["pipeline_id"] == chosen]
        first = min(stages, key=lambda stage: (_whole(stage["order_nr"]), _whole(stage["id"])), default=None)
        if first is None:
            raise bad("The pipeline has no stages")
        return _whole(first["id"])

    # -- writing

    def create(
        self,
        kind: Kind,
        values: Mapping[str, object],
        origin: Origin,
        custom: Mapping[str, object] | None = None,
        *,
        at_ms: int | None = None,
        record_id: RecordId | None = None,
        is_quiet: bool = False,
    ) -> Record:
        """A new record; what is not given is the column's default. Quiet: no webhook, no line in the log."""
        at = now_ms() if at_ms is None else at_ms
        full: JsonObject = {
            column.name: list(column.default) if isinstance(column.default, tuple) else column.default
            for column in kind.columns
        }
        full |= {"add_time": at, "update_time": at}
        full |= self._defaults(kind, values, origin)
        full |= values
        record = Record(kind, self.take_id(kind, record_id, at), full, dict(custom or {}))
        full |= self._derived(kind, dict(values), {}, at)
        self.records[kind.name][record.id] = record
        self._index(record, {})
        if not is_quiet:
            self._written("create", record, origin, dict(values), dict(custom or {}))
            self._tell("create", record, origin, at, webhook_data(self, record), None)
        return record

    def update(
        self,
        record: Record,
        values: Mapping[str, object],
        origin: Origin,
        custom: Mapping[str, object] | None = None,
        *,
        at_ms: int | None = None,
        is_quiet: bool = False,
        extra: Mapping[str, object] | None = None,
    ) -> list[str]:
        """Set these values; returns the names that are other now. Nothing other: no new update_time, no webhook."""
        at = now_ms() if at_ms is None else at_ms
        before = dict(record.values)
        wanted = dict(values)
        wanted |= self._derived(record.kind, wanted, before, at)
        changes = {name: value for name, value in wanted.items() if before.get(name) != value}
        customs = {code: value for code, value in (custom or {}).items() if record.custom.get(code) != value}
        if not changes and not customs and not extra:
            return []
        old_custom = {code: record.custom.get(code) for code in customs}
        record.values |= {"update_time": at} | changes
        record.custom |= customs
        self._index(record, before)
        old = {name: before.get(name) for name in ("update_time", *changes)}
        if not is_quiet:
            self._remember(record, old, old_custom, origin, at)
            self._written("update", record, origin, changes, customs)
            previous = webhook_previous(self, record, old, old_custom)
            self._tell("change", record, origin, at, webhook_data(self, record), previous, extra)
        return [*changes, *customs]

    def delete(
        self,
        record: Record,
        origin: Origin,
        *,
        at_ms: int | None = None,
        is_quiet: bool = False,
        extra: Mapping[str, object] | None = None,
    ) -> None:
        """Mark it deleted; the event's data is null and its previous the last state."""
        at = now_ms() if at_ms is None else at_ms
        last = webhook_data(self, record)
        permitted = self.permitted(record)
        record.deleted_ms = at
        record.values["update_time"] = at
        if record.kind is DEAL:
            record.values["status"] = "deleted"
        if not is_quiet:
            self._written("delete", record, origin, {}, {}, **(extra or {}))
            self._tell("delete", record, origin, at, None, last, extra, permitted)

    def merge(self, loser: Record, winner: Record, origin: Origin) -> Record:
        """`loser` goes into `winner`: its links move, gaps of the winner are filled. Two events tell of it."""
        if loser.kind is not winner.kind or loser.id == winner.id:
            raise bad("Two different records of one kind are needed")
        filled: JsonObject = {
            name: value
            for name, value in loser.values.items()
            if winner.values.get(name) in (None, "", ()) and value not in (None, "", ())
        }
        if winner.kind is PERSON:
            for name in ("emails", "phones"):
                filled[name] = _joined(winner.values.get(name), loser.values.get(name))
        custom = {code: value for code, value in loser.custom.items() if winner.custom.get(code) is None}
        self._move_links(loser, winner)
        loser.merged_into = winner.id
        self.delete(loser, origin, extra={"merged_to_id": winner.id})
        self.update(winner, filled, origin, custom, extra={"merged_from_id": loser.id})
        return winner

    def convert(self, lead: Record, origin: Origin, stage_id: int, at_ms: int | None = None) -> Record:
        """A deal of a lead: the lead is marked deleted, its activities and notes move without an event."""
        at = now_ms() if at_ms is None else at_ms
        amount = lead.values.get("value")
        values: JsonObject = {
            "title": lead.values.get("title"),
            "owner_id": lead.values.get("owner_id"),
            "person_id": lead.values.get("person_id"),
            "org_id": lead.values.get("organization_id"),
            "stage_id": stage_id,
            "expected_close_date": lead.values.get("expected_close_date"),
            "visible_to": lead.values.get("visible_to"),
            "origin": lead.values.get("origin"),
            "origin_id": lead.values.get("origin_id"),
            "channel": lead.values.get("channel"),
            "channel_id": lead.values.get("channel_id"),
            "source_lead_id": lead.id,
        }
        if isinstance(amount, dict):
            values |= {"value": amount.get("amount"), "currency": amount.get("currency")}
        deal = self.create(DEAL, values, origin, lead.custom, at_ms=at)
        for kind in (kind for kind in KINDS if ("lead_id" in kind.by_name)):
            for record in self.linked(kind, "lead_id", lead.id):
                before = dict(record.values)
                record.values |= {"lead_id": None, "deal_id": deal.id}
                self._index(record, before)
        for log in self.call_logs.values():
            if log.get("lead_id") == lead.id:
                log |= {"lead_id": None, "deal_id": deal.id}
        self.delete(lead, origin, at_ms=at)
        return deal

    def change_user(self, user: User, values: Mapping[str, object], origin: Origin) -> None:
        """Rename, activate or deactivate; `user` events carry numbers where others carry texts."""
        before = webhook_user(user)
        for name, value in values.items():
            setattr(user, name, value)
        user.modified_ms = now_ms()
        after = webhook_user(user)
        previous = {name: value for name, value in before.items() if after[name] != value}
        self.log.add(self.id, "update", origin, kind="user", recordId=user.id, values=dict(values), custom={})
        self._listener(
            Change(self.id, "user", "change", user.id, user.modified_ms, origin, after, previous, tuple(self.users))
        )

    def add_pipeline(self, name: str, pipeline_id: int | None = None) -> int:
        number = self.next_id("pipeline") if pipeline_id is None else pipeline_id
        self.pipelines[number] = {
            "id": number,
            "name": name,
            "order_nr": len(self.pipelines) + 1,
            "is_deleted": False,
            "is_deal_probability_enabled": False,
            "add_time": now_ms(),
            "update_time": None,
        }
        return number

    def add_stage(
        self,
        name: str,
        pipeline_id: int,
        stage_id: int | None = None,
        order_nr: int | None = None,
        probability: int = 100,
    ) -> int:
        number = self.next_id("stage") if stage_id is None else stage_id
        self.stages[number] = {
            "id": number,
            "order_nr": len(self.stages) + 1 if order_nr is None else order_nr,
            "name": name,
            "is_deleted": False,
            "deal_probability": probability,
            "pipeline_id": pipeline_id,
            "is_deal_rot_enabled": False,
            "days_to_rotten": None,
            "add_time": now_ms(),
            "update_time": None,
        }
        return number

    def add_activity_type(
        self, name: str, key_string: str, icon_key: str = "task", is_active: bool = True, order_nr: int | None = None
    ) -> int:
        """A new type, or the one with that key changed."""
        entry = next((one for one in self.activity_types if one["key_string"] == key_string), None)
        if entry is None:
            entry = {"id": self.next_id("activity_type"), "is_custom_flag": key_string not in _DEFAULT_TYPES}
            self.activity_types.append(entry)
        number = len(self.activity_types) if order_nr is None else order_nr
        entry |= {
            "name": name, "icon_key": icon_key, "color": "FFFFFF", "order_nr": number, "key_string": key_string,
            "active_flag": is_active, "add_time": now_ms(), "update_time": now_ms(),
        }  # fmt: skip
        return _whole(entry["id"])

    def add_lead_label(self, name: str, color: str, label_id: str | None = None) -> str:
        number = self.uuid() if label_id is None else label_id
        at = now_ms()
        self.lead_labels[number] = {"id": number, "name": name, "color": color, "add_time": at, "update_time": at}
        return number

    # -- inside

    def _found(self) -> None:
        """What every new company has."""
        sales = self.add_pipeline("Pipeline")
        for name in ("Qualified", "Contact Made", "Demo Scheduled", "Proposal Made", "Negotiations Started"):
            self.add_stage(name, sales)
        for key in _DEFAULT_TYPES:
            self.add_activity_type(key.capitalize(), key, key)
        for name, color in (("Hot", "red"), ("Warm", "yellow"), ("Cold", "blue")):
            self.add_lead_label(name, color)

    def _defaults(self, kind: Kind, values: Mapping[str, object], origin: Origin) -> JsonObject:
        found: JsonObject = {kind.owner_column: origin.user_id}
        if kind is LEAD:
            found |= {"creator_id": origin.user_id}
            found |= {} if origin.door == "api" else {"source_name": "Manually created"}
        elif kind is DEAL:
            stage = values.get("stage_id") or self.default_stage(values.get("pipeline_id"))
            found |= {"creator_user_id": origin.user_id, "currency": self.config.currency, "stage_id": stage}
            found |= {"pipeline_id": self.stages[_whole(stage)]["pipeline_id"]}
        elif kind is ACTIVITY:
            name = values.get("type") or self.activity_types[0]["key_string"]
            title = next((one["name"] for one in self.activity_types if one["key_string"] == name), name)
            found |= {"creator_user_id": origin.user_id, "type": name, "subject": title}
        return found

    def _derived(self, kind: Kind, wanted: JsonObject, before: JsonObject, at: int) -> JsonObject:
        """What follows from these values, unless it is given itself."""
        made: JsonObject = {}
        if "is_archived" in wanted and wanted["is_archived"] != before.get("is_archived", False):
            made["archive_time"] = at if wanted["is_archived"] else None
        if kind is DEAL:
            made |= self._derived_deal(wanted, before, at)
        if "done" in wanted and wanted["done"] != before.get("done", False):
            made["marked_as_done_time"] = at if wanted["done"] else None
        if kind is ACTIVITY and "participants" in wanted:
            entries = [one for one in _entries(wanted["participants"]) if one.get("person_id") is not None]
            chosen = next((one for one in entries if one.get("primary") is True), entries[0] if entries else None)
            made["person_id"] = None if chosen is None else chosen["person_id"]
        elif kind is ACTIVITY and wanted.get("person_id") is not None:
            made["participants"] = [{"person_id": wanted["person_id"], "primary": True}]
        if kind is PERSON and "name" in wanted:
            first, _, last = str(wanted["name"]).partition(" ")
            made |= {"first_name": first or None, "last_name": last or None}
        return {name: value for name, value in made.items() if wanted.get(name) is None}

    def _derived_deal(self, wanted: JsonObject, before: JsonObject, at: int) -> JsonObject:
        made: JsonObject = {}
        if wanted.get("status", "open") != before.get("status", "open") and "status" in wanted:
            status = wanted["status"]
            made["won_time"] = at if status == "won" else None
            made["lost_time"] = at if status == "lost" else None
            made["close_time"] = at if status in ("won", "lost") else None
        if "stage_id" in wanted and wanted["stage_id"] != before.get("stage_id"):
            made["pipeline_id"] = self.stages[_whole(wanted["stage_id"])]["pipeline_id"]
            made |= {"stage_change_time": at} if before else {}
        elif "pipeline_id" in wanted and before and wanted["pipeline_id"] != before.get("pipeline_id"):
            made |= {"stage_id": self.default_stage(wanted["pipeline_id"]), "stage_change_time": at}
        return made

    def _parents(self, record: Record) -> Iterable[Record]:
        for kind in KINDS:
            for column in ("deal_id", "lead_id", "person_id", "org_id"):
                if record.kind.by_name.get(column) and (record.kind.name, column) in LINKS.get(kind.name, ()):
                    parent = self.find(kind, record.values.get(column))
                    if parent is not None and parent.kind.by_name.get("visible_to"):
                        yield parent

    def _index(self, record: Record, before: Mapping[str, object]) -> None:
        for links in LINKS.values():
            for kind_name, column in links:
                if kind_name != record.kind.name:
                    continue
                old, new = before.get(column), record.values.get(column)
                if isinstance(old, int | str) and old != new:
                    self._links.get((kind_name, column, old), {}).pop(record.id, None)
                if isinstance(new, int | str):
                    self._links.setdefault((kind_name, column, new), {})[record.id] = None

    def _move_links(self, loser: Record, winner: Record) -> None:
        for kind_name, column in LINKS.get(loser.kind.name, ()):
            for record_id in list(self._links.get((kind_name, column, loser.id), {})):
                record = self.records[kind_name][record_id]
                before = dict(record.values)
                record.values[column] = winner.id
                if column == "person_id" and "participants" in record.values:
                    record.values["participants"] = [{"person_id": winner.id, "primary": True}]
                self._index(record, before)
        column = f"{loser.kind.name}_id"
        for entry in (*self.mails.values(), *self.call_logs.values()):
            if entry.get(column) == loser.id:
                entry[column] = winner.id

    def _remember(self, record: Record, old: JsonObject, old_custom: JsonObject, origin: Origin, at: int) -> None:
        if record.kind.name not in _KEEPS_HISTORY:
            return
        lines = self.history.setdefault((record.kind.name, record.id), [])
        for name, value in old.items():
            if name == "update_time":
                continue
            is_moment = name in record.kind.moments
            key = HISTORY_KEYS.get((record.kind.name, name), name)
            texts = (_text(value, is_moment), _text(record.values.get(name), is_moment))
            lines.append(_line(key, texts, origin, at, is_custom=False))
        for code, value in old_custom.items():
            found = self.fields[record.kind.fields or ""].custom.get(code)
            if found is not None:
                texts = (as_text(found, value), as_text(found, record.custom.get(code)))
                lines.append(_line(code, texts, origin, at, is_custom=True))

    def _written(
        self, action: str, record: Record, origin: Origin, values: JsonObject, custom: JsonObject, **more: object
    ) -> None:
        self.log.add(
            self.id, action, origin, kind=record.kind.name, recordId=record.id, values=values, custom=custom, **more
        )

    def _tell(
        self,
        action: str,
        record: Record,
        origin: Origin,
        at: int,
        data: JsonObject | None,
        previous: JsonObject | None,
        extra: Mapping[str, object] | None = None,
        permitted: tuple[int, ...] | None = None,
    ) -> None:
        seen_by = self.permitted(record) if permitted is None else permitted
        told = {name: str(value) for name, value in (extra or {}).items()}
        self._listener(
            Change(self.id, record.kind.name, action, record.id, at, origin, data, previous, seen_by, told)
        )


def webhook_user(user: User) -> JsonObject:
    """A user as webhooks show it."""
    return {
        "id": user.id,
        "name": user.name,
        "email": user.email,
        "active_flag": user.is_active,
        "is_admin": int(user.is_admin),
        "role_id": user.role_id,
        "timezone_name": user.timezone_name,
    }


def _line(key: str, texts: tuple[str | None, str | None], origin: Origin, at: int, *, is_custom: bool) -> HistoryLine:
    return HistoryLine(
        key, texts[0], texts[1], origin.user_id, at, origin.change_source, origin.agent, origin.is_bulk, is_custom
    )


def _text(value: object, is_moment: bool) -> str | None:
    if value is None:
        return None
    if is_moment and isinstance(value, int):
        return plain_utc(value)
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, list | tuple):
        return ",".join(str(one.get("value", one)) if isinstance(one, dict) else str(one) for one in value)
    return str(value)


def _entries(value: object) -> list[JsonObject]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list | tuple) else []


def _joined(winner: object, loser: object) -> list[JsonObject]:
    kept = _entries(winner)
    known = {one.get("value") for one in kept}
    added = [{**one, "primary": not kept} for one in _entries(loser) if one.get("value") not in known]
    return [*kept, *added]


def _whole(value: object) -> int:
    if not isinstance(value, int):
        raise TypeError(f"a number was expected, got {type(value).__name__}")
    return value
